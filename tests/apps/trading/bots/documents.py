"""Strategies that trade often, for tests that compare trades."""

from typing import Any

from apps.core.actors import Actor
from apps.trading.bots.models import Bot
from apps.trading.bots.operations import BotWish, create_bot
from apps.trading.strategies.operations import create_strategy
from apps.trading.strategies.queries import get_numbered_version
from kernel.strategy import StrategyDocument, parse_document


def price(field: str = "close") -> dict[str, Any]:
    return {"kind": "price", "field": field}


def indicator(name: str, *, output: str | None = None, source: str | None = "close", **params: Any) -> dict[str, Any]:
    node: dict[str, Any] = {"kind": "indicator", "name": name, "params": params}
    if source is not None:
        node["source"] = source
    return node if output is None else {**node, "output": output}


def two(kind: str, left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "left": left, "right": right}


def constant(value: str) -> dict[str, Any]:
    return {"kind": "constant", "value": value}


def document(name: str, entry: Any, exit_: Any, **more: Any) -> StrategyDocument:
    sizing = more.pop("sizing", {"kind": "percent_equity", "percent": "50"})
    base = {"version": 1, "name": name, "timeframe": "5m", "entry": entry, "exit": exit_, "sizing": sizing}
    return parse_document({**base, **more})


FAST, SLOW = indicator("SMA", period=2), indicator("SMA", period=5)
CROSS = document("Cross", two("crosses_above", FAST, SLOW), two("crosses_below", FAST, SLOW))
BANDS = document(
    "Bands",
    two("lt", price(), indicator("BBANDS", output="lower", period=8, deviations="1")),
    two("gt", price(), indicator("BBANDS", output="middle", period=8, deviations="1")),
    sizing={"kind": "fixed_quote", "amount": "2500"},
    stop_loss_percent="0.3",
    take_profit_percent="0.4",
)
MOMENTUM = document(
    "Momentum",
    two("gt", indicator("RSI", period=5), constant("60")),
    two("lt", indicator("RSI", period=5), constant("45")),
    sizing={"kind": "fixed_quantity", "quantity": "0.01234"},
    stop_loss_percent="0.2",
)
SLOWER = document(
    "Quarter hours",
    two("gt", indicator("EMA", period=3), indicator("EMA", period=6)),
    two("lt", indicator("EMA", period=3), indicator("EMA", period=6)),
    timeframe="15m",
    sizing={"kind": "percent_equity", "percent": "100"},
)
ALWAYS_TURNING = document(
    "Turning",
    two("gt", price(), price("open")),
    two("lt", price(), price("open")),
    sizing={"kind": "fixed_quote", "amount": "500"},
)
LONGER = {"kind": "on_timeframe", "timeframe": "15m", "value": indicator("EMA", period=2)}
SCALING = document(
    "Buying more",
    two("gt", price(), LONGER),
    two("lt", price(), two("multiply", LONGER, constant("0.999"))),
    version=2,
    sizing={"kind": "percent_equity", "percent": "20"},
    trailing_stop_percent="0.4",
    max_bars_held=6,
    scale_in={"condition": two("lt", price(), price("open")), "entries": 3},
)
RISKING = document(
    "By risk",
    {
        "kind": "sequence",
        "conditions": [two("lt", price(), price("open")), two("gt", price(), price("open"))],
        "bars": 3,
    },
    two("lt", indicator("STOCH", output="slowk", source=None), constant("20")),
    version=2,
    sizing={"kind": "risked_range", "risk_percent": "0.1", "bars": 4, "multiple": "2"},
    range_stop={"bars": 4, "multiple": "1.5", "anchor": "peak"},
    max_bars_held=4,
    cool_down_bars=1,
    exits=[{"condition": two("gt", price(), price("open")), "held_bars": 2}],
)


def make_bot(owner: Any, connection_id: Any, rules: StrategyDocument, *, budget: str = "10000", **more: Any) -> Bot:
    """Return a stopped bot that trades `rules` on BTCUSDT."""
    actor = Actor.of(owner)
    strategy = create_strategy(actor=actor, owner_id=owner.pk, document=rules)
    version = get_numbered_version(strategy.pk, owner.pk)
    from decimal import Decimal

    wish = BotWish(
        name=rules.name,
        strategy_version_id=version.pk,
        connection_id=connection_id,
        symbol=more.pop("symbol", "BTCUSDT"),
        budget=Decimal(budget),
        **more,
    )
    return create_bot(actor=actor, owner_id=owner.pk, wish=wish)
