"""Ready strategies to start from: valid documents that trade on the bundled candles."""

from dataclasses import dataclass
from typing import Any, Final

from kernel.strategy.document import StrategyDocument, parse_document


@dataclass(frozen=True, slots=True)
class Example:
    """A ready document with what it tries to do, in plain words."""

    key: str
    title: str
    idea: str
    document: StrategyDocument


def _constant(value: str) -> dict[str, Any]:
    return {"kind": "constant", "value": value}


def _price(field: str = "close", shift: int = 0) -> dict[str, Any]:
    return {"kind": "price", "field": field, "shift": shift}


def _indicator(
    name: str, *, output: str | None = None, source: str | None = None, shift: int = 0, **params: Any
) -> Any:
    node = {"kind": "indicator", "name": name, "params": params, "shift": shift}
    return {**node, **({"output": output} if output else {}), **({"source": source} if source else {})}


def _two(kind: str, left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "left": left, "right": right}


def _both(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "and", "conditions": list(conditions)}


_HALF: Final = {"kind": "percent_equity", "percent": "50"}


def _example(key: str, title: str, idea: str, **document: Any) -> Example:
    return Example(key, title, idea, parse_document({"version": 1, "name": title, **document}))


def _moving_average_cross() -> Example:
    fast, slow = _indicator("SMA", source="close", period=20), _indicator("SMA", source="close", period=50)
    return _example(
        "moving_average_cross",
        "Moving-average cross",
        "Buys when the short average overtakes the long one and sells when it falls back. Loses in calm markets.",
        timeframe="1h",
        entry=_two("crosses_above", fast, slow),
        exit=_two("crosses_below", fast, slow),
        sizing=_HALF,
    )


def _rsi_reversion() -> Example:
    rsi = _indicator("RSI", source="close", period=14)
    return _example(
        "rsi_reversion",
        "RSI reversion",
        "Buys when a fall looks exhausted (RSI back above 30) and sells once the index is past 60 or the loss is 4 %.",
        timeframe="1h",
        entry=_two("crosses_above", rsi, _constant("30")),
        exit=_two("gt", rsi, _constant("60")),
        sizing=_HALF,
        stop_loss_percent="4",
    )


def _bollinger_breakout() -> Example:
    upper = _indicator("BBANDS", output="upper", source="close", period=20, deviations="2")
    middle = _indicator("BBANDS", output="middle", source="close", period=20, deviations="2")
    return _example(
        "bollinger_breakout",
        "Bollinger breakout",
        "Buys when the close leaves the upper band, a sign of a strong move, and sells below the middle line.",
        timeframe="1h",
        entry=_two("crosses_above", _price(), upper),
        exit=_two("lt", _price(), middle),
        sizing=_HALF,
        stop_loss_percent="3",
    )


def _macd_cross() -> Example:
    periods = {"fast": 12, "slow": 26, "signal": 9}
    line = _indicator("MACD", output="macd", source="close", **periods)
    signal = _indicator("MACD", output="signal", source="close", **periods)
    return _example(
        "macd_cross",
        "MACD cross",
        "Buys when the MACD line overtakes its signal line and sells when it falls below it again.",
        timeframe="1h",
        entry=_two("crosses_above", line, signal),
        exit=_two("crosses_below", line, signal),
        sizing=_HALF,
    )


def _ema_trend() -> Example:
    fast, slow = _indicator("EMA", source="close", period=21), _indicator("EMA", source="close", period=55)
    range_share = _two("divide", _indicator("ATR", period=14), _price())
    return _example(
        "ema_trend",
        "EMA trend with ATR filter",
        "Buys an up-trend (fast average above the slow one, close above both) only while bars move 0.3 % or more.",
        timeframe="1h",
        entry=_both(
            _two("gt", fast, slow), _two("crosses_above", _price(), fast), _two("gt", range_share, _constant("0.003"))
        ),
        exit=_two("lt", _price(), slow),
        sizing=_HALF,
        stop_loss_percent="5",
        take_profit_percent="10",
    )


def _donchian_breakout() -> Example:
    return _example(
        "donchian_breakout",
        "Donchian breakout",
        "Buys above the highest high of the 20 bars before and sells below the lowest low of the 10 bars before.",
        timeframe="4h",
        entry=_two("gt", _price(), _indicator("HIGHEST", source="high", shift=1, period=20)),
        exit=_two("lt", _price(), _indicator("LOWEST", source="low", shift=1, period=10)),
        sizing={"kind": "fixed_quote", "amount": "1000"},
    )


def _volume_momentum() -> Example:
    usual = _two("multiply", _indicator("SMA", source="volume", period=24), _constant("1.5"))
    return _example(
        "volume_momentum",
        "Momentum on volume",
        "Buys a rise of 1 % over six bars that comes with half as much volume again as usual; sells when it is spent.",
        timeframe="1h",
        entry=_both(
            _two("gt", _indicator("ROC", source="close", period=6), _constant("1")), _two("gt", _price("volume"), usual)
        ),
        exit=_two("lt", _indicator("ROC", source="close", period=6), _constant("0")),
        sizing=_HALF,
        stop_loss_percent="3",
        take_profit_percent="6",
    )


EXAMPLES: Final[tuple[Example, ...]] = (
    _moving_average_cross(),
    _rsi_reversion(),
    _bollinger_breakout(),
    _macd_cross(),
    _ema_trend(),
    _donchian_breakout(),
    _volume_momentum(),
)
"""Seven ready strategies, simplest first."""
