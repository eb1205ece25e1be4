"""One trial: a document with other numbers over the same candles, and the figures by which trials are compared."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import numpy as np

from kernel.instruments import Bars, InstrumentSpec
from kernel.lab.overfit import Floats, Moments, block_sums, moments
from kernel.lab.space import Space
from kernel.simulation import Costs, SimulationResult, simulate
from kernel.strategy import CompiledStrategy, InvalidDocumentError, compile_strategy, parse_document

BLOCKS: Final = 12
"""Stretches of the cross-validation: 924 halves."""
_KEPT: Final = 2_000
_YEAR_MS: Final = 365 * 86_400_000


class Objective(StrEnum):
    """What is made as large as possible."""

    SHARPE = "sharpe"  # mean return of a bar over its standard deviation, a year
    TOTAL_RETURN = "total_return"  # final equity over initial cash, minus one
    RETURN_OVER_FALL = "return_over_fall"  # the total return over the deepest fall


class TooFewBars(ValueError):
    """There is no bar left to decide on after the warm-up."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What all trials share: candles, where decisions start, instrument, costs, cash and how trials are judged.

    `least_trades` closed trades are needed for a score: a rule that traded once by luck is not better than one that
    traded a hundred times.
    """

    bars: Bars
    start_index: int
    spec: InstrumentSpec
    costs: Costs
    cash: Decimal
    objective: Objective = Objective.SHARPE
    least_trades: int = 5

    def part(self, first: int, last: int, history: int) -> "Ground":
        """The same over bars `first` … `last` − 1, with up to `history` bars before them to warm up on.

        Nothing from `last` on is in what is returned.
        """
        begin = max(0, first - history)
        return replace(self, bars=self.bars[begin:last], start_index=first - begin)

    def over(self, bars: Bars) -> "Ground":
        """The same over other candles of the same times."""
        return replace(self, bars=bars)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Figures of one run. `score` is None when it cannot be judged; `growth` is final equity over cash.

    `returns` is float64[n], one a bar from the first decision on; `sums` is float64[BLOCKS, 3] of them for the
    cross-validation; `digest` is the SHA-256 of equity and fills.
    """

    score: float | None
    growth: float
    sharpe: float
    deepest_fall: float
    trades: int
    found: Moments
    sums: Floats
    returns: Floats
    digest: str


Source = Callable[[int], CompiledStrategy | None]
"""A point of the space -> its compiled rules, or None where the numbers do not go together."""


def source_of(data: dict[str, Any], space: Space, spec: InstrumentSpec) -> Source:
    """The rules of each point, compiled once however many spans they are run over.

    Raises SpaceError (when called) for a place that the document does not have.
    """

    @lru_cache(maxsize=_KEPT)
    def compiled(point: int) -> CompiledStrategy | None:
        try:
            document = parse_document(space.document(data, point))
        except InvalidDocumentError:
            return None
        return compile_strategy(document, spec)

    return compiled


def run_compiled(compiled: CompiledStrategy, ground: Ground) -> SimulationResult:
    """Simulate over the ground. Raises TooFewBars, OverflowError and ValueError (see simulate)."""
    if len(ground.bars) - max(ground.start_index, compiled.warm_up) < 2:
        raise TooFewBars("too few bars after the warm-up")
    return simulate(ground.bars, compiled, ground.spec, ground.costs, ground.cash, start_index=ground.start_index)


def judged(result: SimulationResult, ground: Ground) -> Trial:
    """The figures of a run.

    Scores count from `ground.start_index`, also where a longer warm-up let decisions begin later: trials are compared
    over the same bars.
    """
    equity = result.equity[ground.start_index :].astype(np.float64)
    returns = np.diff(equity) / np.maximum(equity[:-1], 1.0)
    found = moments(returns)
    growth = float(equity[-1]) / max(result.initial_cash, 1)
    fall = float((1.0 - equity / np.maximum(np.maximum.accumulate(equity), 1.0)).max())
    interval = int(np.diff(result.ts).min()) if len(result.ts) > 1 else _YEAR_MS
    sharpe = found.sharpe * math.sqrt(_YEAR_MS / interval)
    digest = hashlib.sha256(result.equity.tobytes())
    for column in (result.fills.bar, result.fills.lots, result.fills.ticks, result.fills.fee, result.fills.reason):
        digest.update(column.tobytes())
    return Trial(
        score=_score(ground, len(result.trades), sharpe, growth - 1.0, fall),
        growth=growth,
        sharpe=sharpe,
        deepest_fall=fall,
        trades=len(result.trades),
        found=found,
        sums=block_sums(returns, BLOCKS),
        returns=returns,
        digest=digest.hexdigest(),
    )


def _score(ground: Ground, trades: int, sharpe: float, gained: float, fall: float) -> float | None:
    if trades < ground.least_trades:
        return None
    if ground.objective is Objective.SHARPE:
        return sharpe
    if ground.objective is Objective.TOTAL_RETURN:
        return gained
    return gained / fall if fall > 0 else None
