"""The one decision: what to do at the close of a bar, in whole numbers, for back-tests and for bots.

Units: prices in ticks, quantities in lots, money in 10^-8 quote. The jitable functions below are one source: numba
compiles them into the simulator's loop (which bounds its numbers), and `decide` calls them as plain Python, where
integers cannot overflow.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from kernel.compiled import register_jitable
from kernel.instruments import InstrumentSpec, Side
from kernel.strategy.compiler import Signals
from kernel.strategy.document import FixedQuantity, FixedQuote, PercentEquity, Sizing, StrategyDocument

QUOTE_SCALE: Final = 10**8
"""Money in the kernel's loops is a whole number of 10^-8 quote."""

HEADROOM_NUMERATOR: Final = 995
HEADROOM_DENOMINATOR: Final = 1_000
"""A buy may cost at most 99.5 % of the cash at the close: the rest pays the fee and a worse price at the fill."""

_UNLIMITED: Final = 2**62


class Reason(StrEnum):
    """Why an order is wanted."""

    ENTRY = "entry"  # flat, and the entry condition holds
    EXIT = "exit"  # holding, and the exit condition holds
    STOP_LOSS = "stop_loss"  # holding, and the close is at or below the stop distance
    TAKE_PROFIT = "take_profit"  # holding, and the close is at or above the target distance
    RANGE_STOP = "range_stop"  # holding, and the close is a multiple of the usual range below its anchor
    TRAILING_STOP = "trailing_stop"  # holding, and the close is a distance below the highest one since the entry
    TIME_STOP = "time_stop"  # held for as many bars as are allowed
    EXIT_RULE = "exit_rule"  # holding, and one of the further exit rules holds
    SCALE_IN = "scale_in"  # holding, and the condition for buying more holds


class Refusal(StrEnum):
    """Why an order that a signal asks for is not placed."""

    LOT_SIZE = "LOT_SIZE"  # the quantity is below the venue's minimum (or a lot) or above its maximum
    NOTIONAL = "NOTIONAL"  # the order's value is below the venue's minimum
    INSUFFICIENT_CASH = "INSUFFICIENT_CASH"  # the cash, less the headroom, does not pay the order


@dataclass(frozen=True, slots=True)
class Intent:
    """A market order that should be placed now."""

    side: Side
    lots: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decision:
    """At most one of the two is set: an intent, or the refusal of the one that `wanted` names. None: nothing to do."""

    intent: Intent | None = None
    refusal: Refusal | None = None
    wanted: Reason | None = None


class Account(NamedTuple):
    """What the strategy owns: the position in lots, free cash in 10^-8 quote, the average entry in ticks."""

    position: int
    cash: int
    average: int


class DecisionParameters(NamedTuple):
    """The document's sizing and exits and the instrument's filters as whole numbers.

    One lot at one tick is worth unit_numerator ÷ unit_denominator × 10^-8 quote.
    """

    sizing: int  # 0 fixed quote, 1 fixed quantity, 2 percent of equity
    amount: int  # 10^-8 quote, or lots, or 10^-4 percent
    stop_numerator: int  # the stop is at average × numerator ÷ denominator; -1: none
    stop_denominator: int
    target_numerator: int  # likewise
    target_denominator: int
    unit_numerator: int
    unit_denominator: int
    min_lots: int
    max_lots: int
    min_notional: int  # 10^-8 quote, rounded up


REASONS: Final = (
    None,
    Reason.ENTRY,
    Reason.EXIT,
    Reason.STOP_LOSS,
    Reason.TAKE_PROFIT,
    Reason.RANGE_STOP,
    Reason.TRAILING_STOP,
    Reason.TIME_STOP,
    Reason.EXIT_RULE,
    Reason.SCALE_IN,
)
ENTRY_REASONS: Final = (Reason.ENTRY, Reason.SCALE_IN)
REFUSALS: Final = (None, Refusal.LOT_SIZE, Refusal.NOTIONAL, Refusal.INSUFFICIENT_CASH)
_ENTRY: Final = 1
_EXIT: Final = 2
_STOP: Final = 3
_TARGET: Final = 4


@register_jitable
def multiplied_floor(value: int, numerator: int, denominator: int) -> int:
    """⌊value × numerator ÷ denominator⌋ for value >= 0, without the large product."""
    return value // denominator * numerator + value % denominator * numerator // denominator


@register_jitable
def multiplied_ceil(value: int, numerator: int, denominator: int) -> int:
    """⌈value × numerator ÷ denominator⌉ for value >= 0, without the large product."""
    return value // denominator * numerator - (-(value % denominator * numerator) // denominator)


@register_jitable
def worth_floor(lots: int, ticks: int, unit_numerator: int, unit_denominator: int) -> int:
    """Value of `lots` at `ticks` in 10^-8 quote, rounded down (what a sale brings, what a position is marked at)."""
    worth = lots * ticks * unit_numerator
    # The division costs more than everything else in the simulator's loop, and most instruments need none.
    return worth if unit_denominator == 1 else worth // unit_denominator


@register_jitable
def worth_ceil(lots: int, ticks: int, unit_numerator: int, unit_denominator: int) -> int:
    """Value of `lots` at `ticks` in 10^-8 quote, rounded up (what a purchase costs)."""
    return -(-(lots * ticks * unit_numerator) // unit_denominator)


@register_jitable
def may_act(parameters: DecisionParameters, enter: bool, leave: bool, position: int) -> bool:
    """False when `decide_integers` cannot ask for anything; small enough to be inlined into a loop before its call."""
    if position > 0:
        return leave or parameters.stop_numerator >= 0 or parameters.target_numerator >= 0
    return enter and not leave


@register_jitable
def _wanted_exit(parameters: DecisionParameters, leave: bool, average: int, close: int) -> int:
    if parameters.stop_numerator >= 0 and close * parameters.stop_denominator <= average * parameters.stop_numerator:
        return _STOP
    if (
        parameters.target_numerator >= 0
        and close * parameters.target_denominator >= average * parameters.target_numerator
    ):
        return _TARGET
    return _EXIT if leave else 0


@register_jitable
def _entry_lots(parameters: DecisionParameters, cash: int, close: int) -> int:
    if parameters.sizing == 1:
        return parameters.amount
    budget = parameters.amount
    if parameters.sizing == 2:
        budget = min(
            multiplied_floor(cash, parameters.amount, 1_000_000),
            multiplied_floor(cash, HEADROOM_NUMERATOR, HEADROOM_DENOMINATOR),
        )
    return multiplied_floor(budget, parameters.unit_denominator, close * parameters.unit_numerator)


@register_jitable
def _refusal(parameters: DecisionParameters, reason: int, lots: int, cash: int, close: int) -> int:
    if lots < parameters.min_lots or lots > parameters.max_lots:
        return 1
    if reason == _ENTRY:
        # By division, because lots × close could leave int64 before the cash has bounded the lots.
        spendable = multiplied_floor(cash, HEADROOM_NUMERATOR, HEADROOM_DENOMINATOR)
        if lots > multiplied_floor(spendable, parameters.unit_denominator, close * parameters.unit_numerator):
            return 3
    worth = worth_floor(lots, close, parameters.unit_numerator, parameters.unit_denominator)
    return 2 if worth < parameters.min_notional else 0


@register_jitable
def decide_integers(
    parameters: DecisionParameters, enter: bool, leave: bool, account: Account, close: int
) -> tuple[int, int, int]:
    """(reason code, lots, refusal code) at the close of a bar; codes index REASONS and REFUSALS, 0 is none.

    A refused order has its lots, too. `close` is in ticks.
    """
    if not may_act(parameters, enter, leave, account.position):
        return 0, 0, 0
    if account.position > 0:
        reason, lots = _wanted_exit(parameters, leave, account.average, close), account.position
    else:
        reason, lots = _ENTRY, _entry_lots(parameters, account.cash, close)
    if reason == 0:
        return 0, 0, 0
    return reason, lots, _refusal(parameters, reason, lots, account.cash, close)


def decide(
    signals: Signals,
    *,
    document: StrategyDocument,
    spec: InstrumentSpec,
    position_lots: int,
    cash: int,
    average_entry_ticks: int,
    close_ticks: int,
) -> Decision:
    """What to do at the close of a bar, given that no order is open.

    `position_lots` >= 0; `cash` is the free quote in whole 10^-8; `average_entry_ticks` is the average entry price in
    ticks, rounded half up (ignored while flat). Documents of version 2 are decided by kernel.strategy.managed, not here
    (ValueError). Entries are sized at the close and must leave 0.5 % of the cash for the
    fee and a worse fill. Exits sell the whole position.
    """
    if document.is_managed:
        raise ValueError("a document of version 2 is decided with a memory")
    reason_code, lots, refusal_code = decide_integers(
        decision_parameters(document, spec),
        signals.entry,
        signals.exit,
        Account(position_lots, cash, average_entry_ticks),
        close_ticks,
    )
    reason, refusal = REASONS[reason_code], REFUSALS[refusal_code]
    if reason is None:
        return Decision()
    if refusal is not None:
        return Decision(refusal=refusal, wanted=reason)
    return Decision(intent=Intent(side_of(reason), lots, reason), wanted=reason)


def side_of(reason: Reason) -> Side:
    """Whether an order for this reason buys or sells."""
    return Side.BUY if reason in ENTRY_REASONS else Side.SELL


def _sizing(sizing: Sizing, spec: InstrumentSpec) -> tuple[int, int]:
    if isinstance(sizing, FixedQuote):
        return 0, _floor(Fraction(sizing.amount) * QUOTE_SCALE)
    if isinstance(sizing, FixedQuantity):
        return 1, _floor(Fraction(sizing.quantity) / Fraction(spec.lot))
    # The sizes of version 2 are worked out from the document itself.
    return 2, int(Fraction(sizing.percent) * 10_000) if isinstance(sizing, PercentEquity) else 0


def decision_parameters(document: StrategyDocument, spec: InstrumentSpec) -> DecisionParameters:
    """The numbers `decide_integers` works with. A fixed quantity is rounded down to the lot."""
    sizing, amount = _sizing(document.sizing, spec)
    stop = _distance(document.stop_loss_percent, -1)
    target = _distance(document.take_profit_percent, 1)
    unit = Fraction(spec.tick) * Fraction(spec.lot) * QUOTE_SCALE
    return DecisionParameters(
        sizing=sizing,
        amount=amount,
        stop_numerator=stop[0],
        stop_denominator=stop[1],
        target_numerator=target[0],
        target_denominator=target[1],
        unit_numerator=unit.numerator,
        unit_denominator=unit.denominator,
        min_lots=max(1, spec.lots(spec.min_quantity)),
        max_lots=min(spec.lots(spec.max_quantity), _UNLIMITED),
        min_notional=-_floor(-Fraction(spec.min_notional) * QUOTE_SCALE),
    )


def notional_units(spec: InstrumentSpec, lots: int, ticks: int, *, round_up: bool = False) -> int:
    """Value of `lots` at `ticks` in 10^-8 quote; rounded down unless `round_up` (a purchase's cost)."""
    unit = Fraction(spec.tick) * Fraction(spec.lot) * QUOTE_SCALE
    worth = worth_ceil if round_up else worth_floor
    return int(worth(lots, ticks, unit.numerator, unit.denominator))


def _distance(percent: Decimal | None, sign: int) -> tuple[int, int]:
    if percent is None:
        return -1, 1
    factor = 1 + sign * Fraction(percent) / 100
    return factor.numerator, factor.denominator


def _floor(value: Fraction) -> int:
    return value.numerator // value.denominator
