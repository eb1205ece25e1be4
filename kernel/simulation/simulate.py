"""Running a compiled strategy over candles."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars, InstrumentSpec
from kernel.simulation import loop
from kernel.simulation.costs import CostRates, Costs
from kernel.simulation.result import Fills, SimulationResult, Trades
from kernel.strategy import QUOTE_SCALE, CompiledStrategy, DecisionParameters, decision_parameters
from kernel.strategy.decision import REASONS, REFUSALS, Reason

_CHUNK: Final = 1 << 16
_ROOM: Final = 2**62


def simulate(
    bars: Bars,
    compiled: CompiledStrategy,
    spec: InstrumentSpec,
    costs: Costs,
    cash: Decimal,
    *,
    start_index: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
    chunk: int = _CHUNK,
) -> SimulationResult:
    """Trade `compiled` over `bars` with `cash` quote.

    The decision of bar t (from `start_index` and the end of the warm-up on; earlier bars only feed the indicators)
    fills at the open of bar t + 1, slippage included, as a market order with the taker fee. Rounding: slippage to the
    next worse tick; a purchase's cost and every fee up, a sale's proceeds and marks down, to 10^-8 quote. An entry
    whose cost and fee exceed the cash at the fill is dropped, like an exchange's refusal.

    `on_progress(done, total)` is called after every `chunk` bars; what it raises ends the run. Raises ValueError for
    negative cash, cash below 10^-8, or a strategy compiled for another tick, and OverflowError when an amount could
    leave 64 bits.
    """
    if compiled.tick is not None and compiled.tick != spec.tick:
        raise ValueError("the strategy was compiled for another tick")
    if start_index < 0 or chunk < 1:
        raise ValueError("start_index or chunk is out of range")
    initial_cash = _units(cash)
    parameters, rates = decision_parameters(compiled.document, spec), costs.rates()
    rules = loop.Rules(parameters, rates, _limits(bars, parameters, rates, initial_cash))
    state = loop.initial_state(initial_cash)
    first_bar = max(start_index, compiled.warm_up)
    equity = np.empty(len(bars), np.int64)
    signals = compiled.history(bars)
    market = loop.Market(bars.open, bars.close, signals.entry, signals.exit)
    # One buffer for all chunks: fresh memory would cost more than the loop that fills it.
    buffer = loop.empty_columns(min(chunk, len(bars)))
    parts: list[loop.FillColumns] = []
    for first, last in _chunks(len(bars), chunk, on_progress):
        count = loop.run_chunk(loop.Span(first, last, first_bar), market, rules, state, equity, buffer)
        if count < 0:
            raise OverflowError("the position or the cash has grown beyond 64 bits")
        parts.append(loop.FillColumns(*(column[:count].copy() for column in buffer)))
    fills = _joined(parts, bars, spec)
    return SimulationResult(
        spec=spec,
        costs=costs,
        ts=bars.ts,
        first_bar=min(first_bar, len(bars)),
        initial_cash=initial_cash,
        cash=int(state[loop.CASH]),
        position_lots=int(state[loop.LOTS]),
        average_entry_ticks=int(state[loop.AVERAGE]),
        fills=fills,
        trades=_round_trips(fills, parameters),
        equity=equity,
        holding=_holding(bars, first_bar + 1, initial_cash, parameters, rates),
        unpaid=int(state[loop.UNPAID]),
        refused={str(item): int(state[loop.REFUSED + code - 1]) for code, item in enumerate(REFUSALS) if item},
    )


def _units(cash: Decimal) -> int:
    units = Fraction(cash) * QUOTE_SCALE
    if units.denominator != 1 or units < 0:
        raise ValueError("cash is not a whole number of 10^-8 quote, or negative")
    return units.numerator


def _chunks(total: int, chunk: int, on_progress: Callable[[int, int], None] | None) -> Iterator[tuple[int, int]]:
    """Ranges of at most `chunk` bars; progress is told after each."""
    for first in range(0, total, chunk):
        last = min(first + chunk, total)
        yield first, last
        if on_progress is not None:
            on_progress(last, total)


def _limits(bars: Bars, parameters: DecisionParameters, rates: CostRates, cash: int) -> loop.Limits:
    """Bounds of lots and cash that keep every product below 2^62; refuses bars for which there are none."""
    highest = int(bars.high.max()) + 1 if len(bars) else 1
    lowest = int(bars.low.min()) if len(bars) else 1
    # A fill can be a tenth worse than the open.
    worst = highest * 11 // 10 + 1
    unit, per = parameters.unit_numerator, parameters.unit_denominator
    largest_factor = max(
        parameters.stop_denominator,
        parameters.target_numerator,
        parameters.target_denominator,
        rates.slippage_denominator * 2,
        unit * per,
    )
    limits = loop.Limits(_ROOM // (worst * unit), min(_ROOM, _ROOM * lowest * unit // per))
    if worst * largest_factor >= _ROOM or cash > limits.cash or parameters.amount >= _ROOM:
        raise OverflowError("prices and amounts are too large for 64 bits at this tick and lot")
    return limits


def _joined(parts: list[loop.FillColumns], bars: Bars, spec: InstrumentSpec) -> Fills:
    empty = np.empty(0, np.int64)
    bar, reason, lots, ticks, fee = (
        np.concatenate([empty, *(getattr(part, name) for part in parts)]) for name in loop.FillColumns._fields
    )
    return Fills(
        spec=spec,
        bar=bar,
        ts=bars.ts[bar],
        buys=reason == REASONS.index(Reason.ENTRY),
        lots=lots,
        ticks=ticks,
        fee=fee,
        reason=reason,
    )


def _round_trips(fills: Fills, parameters: DecisionParameters) -> Trades:
    # Fills alternate: there is one position, opened and closed whole.
    closed = len(fills) // 2 * 2
    entry, leave = slice(0, closed, 2), slice(1, closed, 2)
    lots = fills.lots[entry]
    unit, per = parameters.unit_numerator, parameters.unit_denominator
    invested = -(-(lots * fills.ticks[entry] * unit) // per) + fills.fee[entry]
    returned = lots * fills.ticks[leave] * unit // per - fills.fee[leave]
    return Trades(
        spec=fills.spec,
        entry_bar=fills.bar[entry],
        exit_bar=fills.bar[leave],
        entry_ts=fills.ts[entry],
        exit_ts=fills.ts[leave],
        lots=lots,
        entry_ticks=fills.ticks[entry],
        exit_ticks=fills.ticks[leave],
        fees=fills.fee[entry] + fills.fee[leave],
        invested=invested,
        profit=returned - invested,
        reason=fills.reason[leave],
    )


def _holding(bars: Bars, first: int, cash: int, parameters: DecisionParameters, rates: CostRates) -> NDArray[np.int64]:
    """Equity of buying at the open of bar `first` all the lots the cash pays, and holding them."""
    curve = np.full(len(bars), cash, np.int64)
    if first >= len(bars):
        return curve
    unit = Fraction(parameters.unit_numerator, parameters.unit_denominator)
    slipped = Fraction(rates.slippage_numerator + rates.slippage_denominator, rates.slippage_denominator)
    ticks = -(-int(bars.open[first]) * slipped.numerator // slipped.denominator)
    fee_share = Fraction(rates.fee_numerator, rates.fee_denominator)
    # Two units stay back for the rounding up of cost and fee.
    lots = max(0, int((cash - 2) / (ticks * unit * (1 + fee_share))))
    cost = -int(-(lots * ticks * unit) // 1)
    spent = cost - int(-(cost * fee_share) // 1)
    if lots * int(bars.high.max()) * unit.numerator >= _ROOM:
        raise OverflowError("the holding benchmark leaves 64 bits")
    worth = bars.close[first:] * (lots * unit.numerator)
    if unit.denominator > 1:
        worth //= unit.denominator
    curve[first:] = worth + (cash - spent)
    return curve
