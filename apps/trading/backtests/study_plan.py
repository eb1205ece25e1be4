"""What a study's settings mean: the numbers to try, the candles, the folds, and how the work is cut into parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from apps.trading.backtests.candles import Material
from apps.trading.backtests.choices import StudyKind, StudyMethod
from apps.trading.backtests.errors import BadSpace, StudyTooLarge
from kernel.lab import Dimension, Fold, Ground, Objective, Space, SpaceError, walk_forward_folds
from kernel.simulation import Costs

ENGINE: Final = 1
"""Rises with every change by which equal requests could come to other figures."""
MOST_TRIALS: Final = 1_000
MOST_WORK: Final = 400_000_000
"""Candles over all trials: some seconds of one worker for each hundred million."""
_PART_WORK: Final = 20_000_000
_PART_TRIALS: Final = 50


@dataclass(frozen=True, slots=True)
class Axis:
    """One number to try: its places in the document and low, low + step … high."""

    name: str
    paths: tuple[str, ...]
    low: Decimal
    high: Decimal
    step: Decimal


@dataclass(frozen=True, slots=True)
class Search:
    """How numbers are tried and judged. `budget` bounds the trials (Monte Carlo: the paths).

    The walk forward has `folds` parts to try on, each fitted on `fit_ratio` times as many candles, with `embargo`
    candles between them.
    """

    axes: tuple[Axis, ...] = ()
    method: StudyMethod = StudyMethod.GRID
    objective: Objective = Objective.SHARPE
    seed: int = 1
    budget: int = 200
    least_trades: int = 5
    folds: int = 4
    fit_ratio: int = 3
    anchored: bool = False
    embargo: int = 0

    def stored(self) -> dict[str, Any]:
        """Return the settings as JSON."""
        axes = [
            {
                "name": item.name,
                "paths": list(item.paths),
                **{name: format(getattr(item, name), "f") for name in ("low", "high", "step")},
            }
            for item in self.axes
        ]
        names = ("seed", "budget", "least_trades", "folds", "fit_ratio", "anchored", "embargo")
        kept = {name: getattr(self, name) for name in names}
        return {"axes": axes, "method": str(self.method), "objective": str(self.objective), "engine": ENGINE, **kept}

    @classmethod
    def restored(cls, data: dict[str, Any]) -> "Search":
        """Return the reverse of `stored`."""
        given = {name: value for name, value in data.items() if name != "engine"}
        axes = tuple(
            Axis(
                item["name"],
                tuple(item["paths"]),
                *(Decimal(item[name]) for name in ("low", "high", "step")),
            )
            for item in given.pop("axes")
        )
        method, objective = StudyMethod(given.pop("method")), Objective(given.pop("objective"))
        return cls(axes=axes, method=method, objective=objective, **given)


@dataclass(frozen=True, slots=True)
class PartPlan:
    """The trials `first` … `last` − 1 of a fold; none: the verdict."""

    fold: int
    first: int
    last: int


class Plan:
    """A study over its candles."""

    def __init__(self, kind: StudyKind, search: Search, material: Material, costs: Costs, cash: Decimal) -> None:
        self.kind, self.search, self.material = kind, search, material
        self.ground = Ground(
            material.bars,
            material.start_index,
            material.spec,
            costs,
            cash,
            search.objective,
            search.least_trades,
        )
        self.data: dict[str, Any] = material.compiled.document.model_dump(mode="json")

    @cached_property
    def space(self) -> Space:
        """The numbers to try. Raises BadSpace."""
        try:
            made = Space(
                tuple(
                    Dimension.stepped(axis.name, axis.paths, axis.low, axis.high, axis.step)
                    for axis in self.search.axes
                )
            )
            made.document(self.data, 0)
        except SpaceError as refusal:
            raise BadSpace(field="axes", reason=f"{refusal}."[:1].upper() + f"{refusal}."[1:]) from None
        return made

    @cached_property
    def points(self) -> Sequence[int]:
        """The points that are tried, in the order of the trials. Raises BadSpace."""
        budget = self.search.budget
        if self.kind == StudyKind.MONTE_CARLO:
            return range(budget)
        if self.search.method == StudyMethod.RANDOM:
            return self.space.drawn(self.search.seed, budget)
        if self.space.size > budget:
            raise BadSpace(
                field="budget",
                reason=f"These ranges have {self.space.size:,} combinations, more than the {budget:,} trials allowed. "
                "Allow more, widen the steps, or let them be drawn.",
            )
        return range(self.space.size)

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """The steps of the walk forward, counted from the first candle of the span. Raises BadSpace."""
        if self.kind != StudyKind.WALK_FORWARD:
            return ()
        search = self.search
        try:
            return walk_forward_folds(
                len(self.material.span),
                folds=search.folds,
                fit_ratio=search.fit_ratio,
                anchored=search.anchored,
                embargo=search.embargo,
            )
        except ValueError:
            raise BadSpace(
                field="folds",
                reason=f"{len(self.material.span):,} candles are too few for {search.folds} parts. Use fewer parts, or "
                "a longer span.",
            ) from None

    def parts(self) -> list[PartPlan]:
        """Return the parts of the work, the verdict last. Raises BadSpace and StudyTooLarge."""
        trials, bars = len(self.points), len(self.material.bars)
        work = trials * bars + trials * sum(fold.fit_last - fold.fit_first for fold in self.folds)
        if trials > MOST_TRIALS or work > MOST_WORK:
            raise StudyTooLarge(field="budget", trials=trials, bars=bars, most_trials=MOST_TRIALS, most_work=MOST_WORK)
        step = max(1, min(_PART_TRIALS, _PART_WORK // bars))
        cut = [PartPlan(0, first, min(first + step, trials)) for first in range(0, trials, step)]
        cut += [PartPlan(fold.number, 0, trials) for fold in self.folds]
        return [*cut, PartPlan(0, trials, trials)]
