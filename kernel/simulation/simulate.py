"""Running a compiled strategy over candles."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars, InstrumentSpec
from kernel.simulation import loop
from kernel.simulation.costs import CostRates, Costs
from kernel.simulation.managed import ManagedRun, run_managed
from kernel.simulation.result import Fills, SimulationResult, Trades
from kernel.strategy import QUOTE_SCALE, CompiledStrategy, DecisionParameters, decision_parameters
from kernel.strategy.decision import ENTRY_REASONS, REASONS, REFUSALS

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
    first_bar = max(start_index, compiled.warm_up)
    equity = np.empty(len(bars), np.int64)
    signals = compiled.history(bars)
    if compiled.document.is_managed:
        run = ManagedRun(initial_cash)
        tell = _teller(len(bars), chunk, on_progress)
        rules_of_run = (parameters, rates)
        run_managed(bars, compiled, signals, first_bar, rules_of_run, run=run, equity=equity, on_bar=tell)
        tell(len(bars))
        end = _End(run.cash, run.lots, run.average, run.unpaid, run.refused)
        return _result(
            bars, spec, costs, (initial_cash, first_bar), end, _joined([run.columns()], bars, spec), equity=equity
        )
    state = loop.initial_state(initial_cash)
    market = loop.Market(bars.open, bars.close, signals.entry, signals.exit)
    # One buffer for all chunks: fresh memory would cost more than the loop that fills it.
    buffer = loop.empty_columns(min(chunk, len(bars)))
    parts: list[loop.FillColumns] = []
    for first, last in _chunks(len(bars), chunk, on_progress):
        count = loop.run_chunk(loop.Span(first, last, first_bar), market, rules, state, equity, buffer)
        if count < 0:
            raise OverflowError("the position or the cash has grown beyond 64 bits")
        parts.append(loop.FillColumns(*(column[:count].copy() for column in buffer)))
    refused = [int(state[loop.REFUSED + place]) for place in range(len(REFUSALS) - 1)]
    end = _End(int(state[loop.CASH]), int(state[loop.LOTS]), int(state[loop.AVERAGE]), int(state[loop.UNPAID]), refused)
    return _result(bars, spec, costs, (initial_cash, first_bar), end, _joined(parts, bars, spec), equity=equity)


class _End(NamedTuple):
    """What is left after the last bar."""

    cash: int
    lots: int
    average: int
    unpaid: int
    refused: list[int]


def _result(
    bars: Bars,
    spec: InstrumentSpec,
    costs: Costs,
    begin: tuple[int, int],
    end: _End,
    fills: Fills,
    *,
    equity: NDArray[np.int64],
) -> SimulationResult:
    initial_cash, first_bar = begin
    unit = Fraction(spec.tick) * Fraction(spec.lot) * QUOTE_SCALE
    return SimulationResult(
        spec=spec,
        costs=costs,
        ts=bars.ts,
        first_bar=min(first_bar, len(bars)),
        initial_cash=initial_cash,
        cash=end.cash,
        position_lots=end.lots,
        average_entry_ticks=end.average,
        fills=fills,
        trades=_round_trips(fills, unit),
        equity=equity,
        holding=_holding(bars, first_bar + 1, initial_cash, unit, costs.rates()),
        unpaid=end.unpaid,
        refused={str(item): count for item, count in zip(REFUSALS[1:], end.refused, strict=True)},
    )


def _teller(total: int, chunk: int, on_progress: Callable[[int, int], None] | None) -> Callable[[int], None]:
    """Tell the progress every `chunk` bars and at the end."""

    def tell(done: int) -> None:
        if on_progress is not None and done and (done % chunk == 0 or done == total):
            on_progress(done, total)

    return tell


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
        buys=np.isin(reason, [REASONS.index(item) for item in ENTRY_REASONS]),
        lots=lots,
        ticks=ticks,
        fee=fee,
        reason=reason,
    )


def _round_trips(fills: Fills, unit: Fraction) -> Trades:
    # A sale always sells everything, so each sale ends a trade that began after the sale before it.
    leave = np.flatnonzero(~fills.buys)
    first = np.concatenate(([0], leave[:-1] + 1)).astype(np.int64)[: len(leave)]
    closed = int(leave[-1]) + 1 if len(leave) else 0
    values = fills.lots[:closed] * fills.ticks[:closed]
    costs = np.where(fills.buys[:closed], -(-(values * unit.numerator) // unit.denominator) + fills.fee[:closed], 0)
    bought = np.where(fills.buys[:closed], values, 0)
    lots = fills.lots[leave]
    invested, paid = _summed(costs, first), _summed(bought, first)
    returned = lots * fills.ticks[leave] * unit.numerator // unit.denominator - fills.fee[leave]
    return Trades(
        spec=fills.spec,
        entry_bar=fills.bar[first],
        exit_bar=fills.bar[leave],
        entry_ts=fills.ts[first],
        exit_ts=fills.ts[leave],
        lots=lots,
        # The mean price of all purchases, rounded half up.
        entry_ticks=(2 * paid + lots) // (2 * lots),
        exit_ticks=fills.ticks[leave],
        fees=_summed(fills.fee[:closed], first),
        invested=invested,
        profit=returned - invested,
        reason=fills.reason[leave],
    )


def _summed(values: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums from each of `first` to before the next."""
    return np.add.reduceat(values, first) if len(first) else np.empty(0, np.int64)


def _holding(bars: Bars, first: int, cash: int, unit: Fraction, rates: CostRates) -> NDArray[np.int64]:
    """Equity of buying at the open of bar `first` all the lots the cash pays, and holding them."""
    curve = np.full(len(bars), cash, np.int64)
    if first >= len(bars):
        return curve
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
