"""The compiled loop of the simulator.

numba's cache notices changes of this file only, not of kernel.strategy.decision, whose functions are compiled into it:
a deployment keeps NUMBA_CACHE_DIR per release, and whoever edits the decision touches this file, too.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernel.compiled import njit, register_jitable
from kernel.simulation.costs import CostRates
from kernel.strategy.decision import (
    Account,
    DecisionParameters,
    decide_integers,
    may_act,
    multiplied_ceil,
    multiplied_floor,
    worth_ceil,
    worth_floor,
)

# Slots of the state array that goes from chunk to chunk.
CASH = 0
LOTS = 1
AVERAGE = 2
PENDING_REASON = 3
PENDING_LOTS = 4
UNPAID = 5  # entries that the cash could not pay at the fill
REFUSED = 6  # three slots: by refusal code 1 … 3
STATE_SLOTS = 10

_ENTRY = 1


class Limits(NamedTuple):
    """Bounds under which no product in the loop can leave int64."""

    lots: int
    cash: int


class FillColumns(NamedTuple):
    """int64 arrays the loop writes fills into; one fill a bar is the most there can be."""

    bar: NDArray[np.int64]
    reason: NDArray[np.int64]
    lots: NDArray[np.int64]
    ticks: NDArray[np.int64]
    fee: NDArray[np.int64]


def empty_columns(size: int) -> FillColumns:
    """Columns with room for `size` fills."""
    return FillColumns(*(np.empty(size, np.int64) for _ in FillColumns._fields))


def initial_state(cash: int) -> NDArray[np.int64]:
    """The state before the first bar: no position, no order, `cash` in 10^-8 quote."""
    state = np.zeros(STATE_SLOTS, np.int64)
    state[CASH] = cash
    return state


class Span(NamedTuple):
    """Bars `first` … `last` − 1 are run; decisions are taken from bar `start` on."""

    first: int
    last: int
    start: int


class Market(NamedTuple):
    """What the loop reads: opens and closes in ticks (int64[n]) and the signals at each close (bool[n])."""

    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    enters: NDArray[np.bool_]
    leaves: NDArray[np.bool_]


class Rules(NamedTuple):
    """The numbers that do not change during a run."""

    parameters: DecisionParameters
    rates: CostRates
    limits: Limits


@register_jitable
def _buy(state: NDArray[np.int64], open_ticks: int, rules: Rules) -> tuple[int, int]:
    """Fill the pending entry: (price in ticks, fee); (0, 0) if the cash does not pay it, (-1, 0) on overflow."""
    parameters, rates, lots = rules.parameters, rules.rates, state[PENDING_LOTS]
    if lots > rules.limits.lots:
        return -1, 0
    worse = rates.slippage_denominator + rates.slippage_numerator
    ticks = multiplied_ceil(open_ticks, worse, rates.slippage_denominator)
    cost = worth_ceil(lots, ticks, parameters.unit_numerator, parameters.unit_denominator)
    fee = multiplied_ceil(cost, rates.fee_numerator, rates.fee_denominator)
    if cost + fee > state[CASH]:
        return 0, 0
    state[CASH] -= cost + fee
    state[LOTS] = lots
    state[AVERAGE] = ticks
    return ticks, fee


@register_jitable
def _sell(state: NDArray[np.int64], open_ticks: int, rules: Rules) -> tuple[int, int]:
    """Fill the pending exit: (price in ticks, fee); (-1, 0) on overflow."""
    parameters, rates, lots = rules.parameters, rules.rates, state[PENDING_LOTS]
    worse = rates.slippage_denominator - rates.slippage_numerator
    ticks = max(1, multiplied_floor(open_ticks, worse, rates.slippage_denominator))
    proceeds = worth_floor(lots, ticks, parameters.unit_numerator, parameters.unit_denominator)
    fee = multiplied_ceil(proceeds, rates.fee_numerator, rates.fee_denominator)
    state[CASH] += proceeds - fee
    state[LOTS] = 0
    state[AVERAGE] = 0
    if state[CASH] > rules.limits.cash:
        return -1, 0
    return ticks, fee


@register_jitable
def _fill(state: NDArray[np.int64], bar: int, open_ticks: int, rules: Rules, fills: FillColumns, count: int) -> int:
    """Fill the pending order at the open and record it; the new number of fills, or -1 on overflow."""
    reason = state[PENDING_REASON]
    ticks, fee = _buy(state, open_ticks, rules) if reason == _ENTRY else _sell(state, open_ticks, rules)
    state[PENDING_REASON] = 0
    if ticks < 0:
        return -1
    if ticks == 0:
        state[UNPAID] += 1
        return count
    fills.bar[count] = bar
    fills.reason[count] = reason
    fills.lots[count] = state[PENDING_LOTS]
    fills.ticks[count] = ticks
    fills.fee[count] = fee
    return count + 1


@njit(cache=True)
def run_chunk(
    span: Span,
    market: Market,
    rules: Rules,
    state: NDArray[np.int64],
    equity: NDArray[np.int64],
    fills: FillColumns,
) -> int:
    """Run the bars of `span` from `state`, writing `equity` and `fills`; the number of fills, or -1 on overflow.

    Order of events in a bar: the order decided at the bar before fills at the open; the bar closes and is marked; from
    bar `start` on a new decision is taken.
    """
    parameters, count, pending = rules.parameters, 0, state[PENDING_REASON]
    # Taken out of their tuple once: numba counts references, atomically, each time an array is taken.
    opens, closes, enters, leaves = market.opens, market.closes, market.enters, market.leaves
    account = Account(state[LOTS], state[CASH], state[AVERAGE])
    for bar in range(span.first, span.last):
        if pending:
            state[PENDING_REASON], pending = pending, 0
            count = _fill(state, bar, opens[bar], rules, fills, count)
            if count < 0:
                return -1
            account = Account(state[LOTS], state[CASH], state[AVERAGE])
        close = closes[bar]
        worth = worth_floor(account.position, close, parameters.unit_numerator, parameters.unit_denominator)
        equity[bar] = account.cash + worth
        enter, leave = enters[bar], leaves[bar]
        if bar < span.start or not may_act(parameters, enter, leave, account.position):
            continue
        reason, wanted, refusal = decide_integers(parameters, enter, leave, account, close)
        if refusal:
            state[REFUSED + refusal - 1] += 1
        elif reason:
            pending, state[PENDING_LOTS] = reason, wanted
    state[PENDING_REASON] = pending
    return count
