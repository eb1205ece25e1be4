"""Instruments, candles and random strategy documents for the kernel's tests."""

from decimal import Decimal
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from kernel.indicators import OWN
from kernel.instruments import Bars, InstrumentSpec
from kernel.strategy import StrategyDocument, parse_document

BUNDLED = Path(__file__).resolve().parents[2] / "apps" / "trading" / "instruments" / "bundled"

BTC = InstrumentSpec(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick=Decimal("0.01"),
    lot=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal("9000"),
    min_notional=Decimal("5"),
)
# One lot at one tick is a tenth of 10^-8 quote, so values have to be rounded.
CROSS = InstrumentSpec(
    symbol="ETHBTC",
    base="ETH",
    quote="BTC",
    tick=Decimal("0.00001"),
    lot=Decimal("0.0001"),
    min_quantity=Decimal("0.0001"),
    max_quantity=Decimal("1000"),
    min_notional=Decimal("0.0001"),
)


def bundled(symbol="BTCUSDT", count=None):
    """The first `count` recorded candles of a symbol."""
    with np.load(BUNDLED / f"{symbol}_5m_2024.npz") as data:
        columns = {name: data[name][:count] for name in ("ts", "open", "high", "low", "close", "volume")}
    return Bars(**columns)


def bars_of(closes, *, opens=None, spread=0, volume=10**8, step=60_000):
    """Bars with these closes; opens default to the close before."""
    closes = np.asarray(closes, np.int64)
    opens = np.concatenate((closes[:1], closes[:-1])) if opens is None else np.asarray(opens, np.int64)
    return Bars(
        ts=step * np.arange(len(closes), dtype=np.int64),
        open=opens,
        high=np.maximum(opens, closes) + spread,
        low=np.maximum(np.minimum(opens, closes) - spread, 1),
        close=closes,
        volume=np.broadcast_to(np.asarray(volume, np.int64), closes.shape).copy(),
    )


@st.composite
def wild_bars(draw, most=120):
    """Short histories with ties, flat stretches and jumps."""
    count = draw(st.one_of(st.just(most), st.integers(1, most)))
    level = draw(st.sampled_from([90_000, 90_000, 6_000_000, 40]))
    move = draw(st.sampled_from([1, 2, level // 20, level // 20]))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    steps = random.integers(-move, move + 1, count) * (random.random(count) < draw(st.sampled_from([0.2, 0.9])))
    closes = np.maximum(1, level + np.cumsum(steps))
    opens = np.maximum(1, closes + random.integers(-move, move + 1, count))
    return bars_of(closes, opens=opens, spread=move, volume=random.integers(0, 10**11, count))


_PRICES = st.sampled_from(["open", "high", "low", "close"])
_SHIFT = st.sampled_from([0, 0, 1, 3])
_DECIMALS = st.decimals("-50", "80", places=2).map(lambda value: format(value, "f"))


@st.composite
def _indicator(draw, unit):
    name, output = draw(st.sampled_from(_OUTPUTS[unit]))
    params = {item.name: draw(st.integers(int(item.minimum), 7)) for item in OWN[name].parameters}
    if name == "MACD":
        params["slow"] = params["fast"] + draw(st.integers(1, 5))
    if name == "BBANDS":
        params["deviations"] = draw(st.sampled_from(["0.5", "2", "2.25"]))
    node = {"kind": "indicator", "name": name, "params": params, "output": output, "shift": draw(_SHIFT)}
    if OWN[name].takes_source:
        node["source"] = draw(_PRICES) if unit != "volume" else "volume"
    return node


_OUTPUTS = {
    "price": [(item.name, out.name) for item in OWN.values() for out in item.outputs if out.unit != "pure"],
    "pure": [("RSI", "value"), ("ROC", "value")],
    "volume": [(name, "value") for name in ("SMA", "EMA", "WMA", "HIGHEST", "LOWEST", "STDDEV", "MOM")],
}


@st.composite
def _number(draw, unit, depth):
    choice = draw(st.integers(0, 6))
    if depth > 0 and choice == 0:
        return _pair(draw(st.sampled_from(["add", "subtract"])), *(draw(_number(unit, depth - 1)) for _ in "12"))
    if depth > 0 and choice == 1:
        factor = {"kind": "constant", "value": draw(st.sampled_from(["2", "0.5", "-1.1", "0.333", "3"]))}
        return _pair(draw(st.sampled_from(["multiply", "divide"])), draw(_number(unit, depth - 1)), factor)
    if depth > 0 and choice == 2 and unit == "pure":
        other = draw(st.sampled_from(["price", "volume"]))
        return _pair("divide", draw(_number(other, depth - 1)), draw(_number(other, depth - 1)))
    if choice == 3 and unit != "pure":
        field = draw(_PRICES) if unit == "price" else "volume"
        return {"kind": "price", "field": field, "shift": draw(_SHIFT)}
    return draw(_indicator(unit))


def _pair(kind, left, right):
    return {"kind": kind, "left": left, "right": right}


@st.composite
def conditions(draw, depth=2):
    """Random conditions as JSON data, with consistent units."""
    choice = draw(st.integers(0, 5)) if depth else 5
    if choice == 0:
        parts = draw(st.lists(conditions(depth=depth - 1), min_size=1, max_size=3))
        return {"kind": draw(st.sampled_from(["and", "or"])), "conditions": parts}
    if choice == 1:
        return {"kind": "not", "condition": draw(conditions(depth=depth - 1))}
    if choice == 2:
        kind = draw(st.sampled_from(["all", "any"]))
        return {"kind": kind, "condition": draw(conditions(depth=depth - 1)), "bars": draw(st.integers(1, 5))}
    unit = draw(st.sampled_from(["price", "price", "pure", "volume"]))
    kind = draw(st.sampled_from(["gt", "gte", "lt", "lte", "eq", "crosses_above", "crosses_below"]))
    sides = [draw(_number(unit, 2)), draw(_number(unit, 2))]
    if draw(st.integers(0, 3)) == 0:
        sides[draw(st.integers(0, 1))] = {"kind": "constant", "value": draw(_DECIMALS)}
    return _pair(kind, *sides)


@st.composite
def documents(draw) -> StrategyDocument:
    """Random valid strategy documents."""
    sizing = draw(
        st.sampled_from(
            [
                {"kind": "fixed_quote", "amount": "25.5"},
                {"kind": "fixed_quantity", "quantity": "0.0123"},
                {"kind": "percent_equity", "percent": "33.3333"},
                {"kind": "percent_equity", "percent": "100"},
            ]
        )
    )
    return parse_document(
        {
            "version": 1,
            "name": "random",
            "timeframe": "1m",
            "entry": draw(conditions()),
            "exit": draw(conditions()),
            "sizing": sizing,
            "stop_loss_percent": draw(st.sampled_from([None, "0.5", "12.3456"])),
            "take_profit_percent": draw(st.sampled_from([None, "0.5", "7.7"])),
        }
    )
