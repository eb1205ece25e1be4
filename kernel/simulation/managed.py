"""The simulator's loop for documents of version 2: plain Python that asks the bots' own decision at every close.

Fills, rounding and costs are those of kernel.simulation.loop. The average entry price after several purchases is the
mean price of all of them, in ticks, rounded half up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars
from kernel.simulation.costs import CostRates
from kernel.simulation.loop import FillColumns
from kernel.strategy import Account, CompiledStrategy, DecisionParameters, Memory, Moment, Signals, decide_managed
from kernel.strategy.compiler import HistorySignals
from kernel.strategy.decision import (
    ENTRY_REASONS,
    REASONS,
    REFUSALS,
    Intent,
    multiplied_ceil,
    multiplied_floor,
    worth_ceil,
    worth_floor,
)


@dataclass(slots=True)
class ManagedRun:
    """What a run has come to: money in 10^-8 quote, `paid` the sum of lots × ticks of what is held."""

    cash: int
    lots: int = 0
    paid: int = 0
    unpaid: int = 0
    refused: list[int] = field(default_factory=lambda: [0, 0, 0])
    rows: list[tuple[int, int, int, int, int]] = field(default_factory=list)

    @property
    def average(self) -> int:
        """The average entry price in ticks, rounded half up; 0 while flat."""
        return (2 * self.paid + self.lots) // (2 * self.lots) if self.lots else 0

    def columns(self) -> FillColumns:
        """The fills as int64 arrays."""
        table = np.array(self.rows, np.int64).reshape(-1, len(FillColumns._fields))
        return FillColumns(*(table[:, place].copy() for place in range(table.shape[1])))


def run_managed(
    bars: Bars,
    compiled: CompiledStrategy,
    signals: HistorySignals,
    first_bar: int,
    rules: tuple[DecisionParameters, CostRates],
    *,
    run: ManagedRun,
    equity: NDArray[np.int64],
    on_bar: Callable[[int], None],
) -> None:
    """Run all bars, writing `equity` and the fills of `run`; decisions are taken from bar `first_bar` on.

    `on_bar(done)` is called before each bar. Raises OverflowError when the equity leaves 64 bits.
    """
    memory, pending = Memory(), None
    parameters, rates = rules
    rows = signal_rows(signals, len(bars))
    for bar, (row, said) in enumerate(zip(bars.rows(), rows, strict=True)):
        on_bar(bar)
        ts, opening, close = row[0], row[1], row[4]
        if pending is not None:
            _fill(run, bar, opening, pending, parameters, rates)
            pending = None
        worth = run.cash + worth_floor(run.lots, close, parameters.unit_numerator, parameters.unit_denominator)
        if worth >= 2**62:
            raise OverflowError("the position or the cash has grown beyond 64 bits")
        equity[bar] = worth
        if bar < first_bar:
            continue
        account = Account(run.lots, run.cash, run.average)
        decision = decide_managed(compiled.document, parameters, memory, account, Moment(ts, close, said))
        pending = decision.intent
        if decision.refusal is not None:
            run.refused[REFUSALS.index(decision.refusal) - 1] += 1


def signal_rows(signals: HistorySignals, count: int) -> list[Signals]:
    """The signals of a history bar by bar, as a bot would have them."""
    entry, exit_ = signals.entry.tolist(), signals.exit.tolist()
    more = [column.tolist() for column in signals.more]
    ranges = {bars: column.tolist() for bars, column in signals.ranges.items()}
    return [
        Signals(
            True,
            entry[bar],
            exit_[bar],
            tuple(column[bar] for column in more),
            {bars: column[bar] for bars, column in ranges.items()},
        )
        for bar in range(count)
    ]


def _fill(
    run: ManagedRun, bar: int, opening: int, intent: Intent, parameters: DecisionParameters, rates: CostRates
) -> None:
    buys = intent.reason in ENTRY_REASONS
    unit, per, scale = parameters.unit_numerator, parameters.unit_denominator, rates.slippage_denominator
    if buys:
        ticks = multiplied_ceil(opening, scale + rates.slippage_numerator, scale)
        value = worth_ceil(intent.lots, ticks, unit, per)
    else:
        ticks = max(1, multiplied_floor(opening, scale - rates.slippage_numerator, scale))
        value = worth_floor(intent.lots, ticks, unit, per)
    fee = multiplied_ceil(value, rates.fee_numerator, rates.fee_denominator)
    if buys and value + fee > run.cash:
        run.unpaid += 1
        return
    run.cash += -value - fee if buys else value - fee
    run.lots += intent.lots if buys else -intent.lots
    run.paid = run.paid + intent.lots * ticks if buys else 0
    run.rows.append((bar, REASONS.index(intent.reason), intent.lots, ticks, fee))
