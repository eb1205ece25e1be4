"""The decision of documents of version 2, in whole numbers of any size: one function for back-tests and bots."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from kernel.risk.sizing import kelly_fraction
from kernel.strategy.compiler import Signals
from kernel.strategy.decision import (
    ENTRY_REASONS,
    HEADROOM_DENOMINATOR,
    HEADROOM_NUMERATOR,
    Account,
    Decision,
    DecisionParameters,
    Intent,
    Reason,
    Refusal,
    side_of,
    worth_floor,
)
from kernel.strategy.document import StrategyDocument
from kernel.strategy.management import ExitRule, Kelly, RangeStop, RiskedRange, ScaleIn
from kernel.strategy.memory import Memory

_HUNDRED: Final = 100


@dataclass(frozen=True, slots=True)
class Moment:
    """A close: open time of its bar in ms, close in ticks, what the conditions say there."""

    ts: int
    close: int
    signals: Signals


def decide_managed(
    document: StrategyDocument, parameters: DecisionParameters, memory: Memory, account: Account, moment: Moment
) -> Decision:
    """What to do at a close, given that no order is open; `memory` takes the close in first.

    Units are those of kernel.strategy.decision. Exits sell everything.
    """
    worth = worth_floor(account.position, moment.close, parameters.unit_numerator, parameters.unit_denominator)
    equity = account.cash + worth
    memory.follow(moment.ts, account.position, moment.close, equity)
    if not moment.signals.ready:
        return Decision()
    if account.position > 0:
        reason = next(_exits(document, memory, account, moment), None)
        if reason is not None:
            return _judged(parameters, reason, account.position, account.cash, moment.close)
    wanted = _purchase(document, memory, account, moment, equity)
    if wanted is None:
        return Decision()
    lots = _size(document, parameters, account.cash, equity, moment)
    return _judged(parameters, wanted, lots, account.cash, moment.close)


def _exits(document: StrategyDocument, memory: Memory, account: Account, moment: Moment) -> Iterator[Reason]:
    """Every reason to sell now, the one that goes first first."""
    yield from _stops(document, memory, account.average, moment)
    if _gained(document.take_profit_percent, moment.close, account.average):
        yield Reason.TAKE_PROFIT
    if moment.signals.exit:
        yield Reason.EXIT
    for rule, holds in zip(document.exits, moment.signals.more, strict=False):
        if holds and _guards_hold(rule, memory, moment.close, account.average):
            yield Reason.EXIT_RULE


def _stops(document: StrategyDocument, memory: Memory, average: int, moment: Moment) -> Iterator[Reason]:
    if _lost(document.stop_loss_percent, moment.close, average):
        yield Reason.STOP_LOSS
    if document.range_stop is not None and _below_range(document.range_stop, memory, average, moment):
        yield Reason.RANGE_STOP
    if _lost(document.trailing_stop_percent, moment.close, memory.peak_close):
        yield Reason.TRAILING_STOP
    if document.max_bars_held is not None and memory.held + 1 >= document.max_bars_held:
        yield Reason.TIME_STOP


def _below_range(stop: RangeStop, memory: Memory, average: int, moment: Moment) -> bool:
    anchor = average if stop.anchor == "entry" else memory.peak_close
    distance = Fraction(stop.multiple) * moment.signals.ranges[stop.bars] / stop.bars
    return moment.close <= anchor - distance


def _guards_hold(rule: ExitRule | ScaleIn, memory: Memory, close: int, average: int) -> bool:
    if isinstance(rule, ExitRule) and rule.held_bars is not None and memory.held + 1 < rule.held_bars:
        return False
    if rule.profit_percent is not None and not _gained(rule.profit_percent, close, average):
        return False
    return rule.loss_percent is None or _lost(rule.loss_percent, close, average)


def _lost(percent: Decimal | None, value: int, base: int) -> bool:
    """Whether `value` is by `percent` or more below `base`."""
    return percent is not None and value * _HUNDRED <= base * (_HUNDRED - Fraction(percent))


def _gained(percent: Decimal | None, value: int, base: int) -> bool:
    return percent is not None and value * _HUNDRED >= base * (_HUNDRED + Fraction(percent))


def _purchase(
    document: StrategyDocument, memory: Memory, account: Account, moment: Moment, equity: int
) -> Reason | None:
    """The reason to buy now, or None."""
    wanted = _entry(document, memory, account, moment)
    if wanted is None:
        return None
    if document.max_entries_per_day is not None and memory.entries_today >= document.max_entries_per_day:
        return None
    return None if _lost(document.max_drawdown_percent, equity, memory.peak_equity) else wanted


def _entry(document: StrategyDocument, memory: Memory, account: Account, moment: Moment) -> Reason | None:
    if not account.position:
        resting = document.cool_down_bars is not None and memory.since_exit is not None
        if resting and memory.since_exit < document.cool_down_bars:  # type: ignore[operator]
            return None
        return Reason.ENTRY if moment.signals.entry and not moment.signals.exit else None
    scale = document.scale_in
    if scale is None or not moment.signals.more[-1] or memory.purchases >= scale.entries:
        return None
    if memory.since_purchase < scale.bars_between:
        return None
    return Reason.SCALE_IN if _guards_hold(scale, memory, moment.close, account.average) else None


def _size(document: StrategyDocument, parameters: DecisionParameters, cash: int, equity: int, moment: Moment) -> int:
    """Lots of one purchase."""
    unit = Fraction(parameters.unit_numerator, parameters.unit_denominator)
    sizing = document.sizing
    if isinstance(sizing, RiskedRange):
        distance = Fraction(sizing.multiple) * moment.signals.ranges[sizing.bars] / sizing.bars
        lots = _affordable(cash, moment.close, unit)
        return (
            min(lots, int(equity * Fraction(sizing.risk_percent) / (_HUNDRED * distance * unit))) if distance else lots
        )
    if parameters.sizing == 1:
        return parameters.amount
    if parameters.sizing == 0:
        return int(parameters.amount / (moment.close * unit))
    share = Fraction(parameters.amount, 1_000_000)
    if isinstance(sizing, Kelly):
        full = kelly_fraction(sizing.win_rate, sizing.payoff, cap=Decimal(1))
        share = min(Fraction(full) * Fraction(sizing.share), Fraction(sizing.cap_percent) / _HUNDRED)
    return min(int(int(equity * share) / (moment.close * unit)), _affordable(cash, moment.close, unit))


def _affordable(cash: int, close: int, unit: Fraction) -> int:
    return int(cash * HEADROOM_NUMERATOR // HEADROOM_DENOMINATOR / (close * unit))


def _judged(parameters: DecisionParameters, reason: Reason, lots: int, cash: int, close: int) -> Decision:
    refusal = None
    unit = Fraction(parameters.unit_numerator, parameters.unit_denominator)
    if not parameters.min_lots <= lots <= parameters.max_lots:
        refusal = Refusal.LOT_SIZE
    elif reason in ENTRY_REASONS and lots > _affordable(cash, close, unit):
        refusal = Refusal.INSUFFICIENT_CASH
    elif int(lots * close * unit) < parameters.min_notional:
        refusal = Refusal.NOTIONAL
    if refusal is not None:
        return Decision(refusal=refusal, wanted=reason)
    return Decision(intent=Intent(side_of(reason), lots, reason), wanted=reason)
