"""How a position is managed, in words: what documents of version 2 add."""

from collections.abc import Iterator
from decimal import Decimal

from kernel.rules import describe
from kernel.rules.nodes import plain_text
from kernel.strategy import ExitRule, Kelly, RangeStop, RiskedRange, ScaleIn, Sizing, StrategyDocument


def risk_words(sizing: Sizing) -> str:
    """Return how much one entry buys where that follows from risk."""
    if isinstance(sizing, RiskedRange):
        away = f"{plain_text(sizing.multiple)} × the mean true range of {sizing.bars} bars"
        return f"as much as loses {plain_text(sizing.risk_percent)} % of the funds on a fall of {away}"
    assert isinstance(sizing, Kelly)
    assumed = f"a win rate of {plain_text(sizing.win_rate)} and a payoff of {plain_text(sizing.payoff)}"
    most = f"at most {plain_text(sizing.cap_percent)} % of the funds"
    return f"{plain_text(sizing.share)} of Kelly's stake for {assumed}, {most}"


def management_words(document: StrategyDocument) -> list[str]:
    """Return a sentence for each part of the management of a position; nothing for version 1."""
    return [*_named(document), *_stops(document), *_rules(document), *_limits(document)]


def _named(document: StrategyDocument) -> Iterator[str]:
    for name, number in document.indicators.items():
        yield f"“{name}” is {describe(number)}."


def _stops(document: StrategyDocument) -> Iterator[str]:
    if document.trailing_stop_percent is not None:
        yield f"Sell at a close {plain_text(document.trailing_stop_percent)} % below the highest close since the entry."
    if document.range_stop is not None:
        yield _range_words(document.range_stop)
    if document.max_bars_held is not None:
        yield f"Sell after {document.max_bars_held} bars."


def _range_words(stop: RangeStop) -> str:
    below = "the entry price" if stop.anchor == "entry" else "the highest close since the entry"
    return f"Sell at a close {plain_text(stop.multiple)} × the mean true range of {stop.bars} bars below {below}."


def _rules(document: StrategyDocument) -> Iterator[str]:
    for rule in document.exits:
        yield f"Sell also when {describe(rule.condition)}{_guards(rule)}."
    scale = document.scale_in
    if scale is not None:
        after = f"{scale.bars_between} bars or more after the last purchase"
        yield f"Buy again, {scale.entries} times in all, {after}, when {describe(scale.condition)}{_guards(scale)}."


def _guards(rule: ExitRule | ScaleIn) -> str:
    words = []
    if isinstance(rule, ExitRule) and rule.held_bars is not None:
        words.append(f"it was held for {rule.held_bars} bars")
    words.extend(_distances(rule.profit_percent, rule.loss_percent))
    return "".join(f", and {part}" for part in words)


def _distances(profit: Decimal | None, loss: Decimal | None) -> Iterator[str]:
    if profit is not None:
        yield f"the close is {plain_text(profit)} % or more above the entry price"
    if loss is not None:
        yield f"the close is {plain_text(loss)} % or more below the entry price"


def _limits(document: StrategyDocument) -> Iterator[str]:
    if document.cool_down_bars is not None:
        yield f"Rest {document.cool_down_bars} bars after a sale."
    if document.max_entries_per_day is not None:
        yield f"Buy at most {document.max_entries_per_day} times a day (UTC)."
    if document.max_drawdown_percent is not None:
        most = plain_text(document.max_drawdown_percent)
        yield f"Buy nothing while the funds are {most} % or more below their highest value."
