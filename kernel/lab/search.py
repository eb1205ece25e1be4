"""Optimising and walking forward, as plain loops over trials: what workers do in parts, in one piece."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kernel.lab.overfit import Floats
from kernel.lab.trial import Ground, Source, TooFewBars, Trial, judged, run_compiled
from kernel.lab.windows import Fold


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A fold walked: the point that fitted best, its trial there, and the trial on the bars that came after.

    `point` is None when no trial could be judged: then nothing is traded in the test, and `returns` are zeros.
    """

    fold: Fold
    point: int | None
    fitted: Trial | None
    tried: Trial | None
    returns: Floats


def run_points(source: Source, points: Iterable[int], ground: Ground) -> dict[int, Trial]:
    """Trials of those points whose numbers go together and whose warm-up fits."""
    found = {}
    for point in points:
        trial = run_point(source, point, ground)
        if trial is not None:
            found[point] = trial
    return found


def run_point(source: Source, point: int, ground: Ground) -> Trial | None:
    """The trial of a point; None where its numbers do not go together or need more bars than there are."""
    compiled = source(point)
    if compiled is None:
        return None
    try:
        return judged(run_compiled(compiled, ground), ground)
    except TooFewBars:
        return None


def best_point(trials: dict[int, Trial]) -> int | None:
    """The point with the highest score, the lowest number among equals; None when none has a score."""
    scored = [(trial.score, -point) for point, trial in trials.items() if trial.score is not None]
    return -max(scored)[1] if scored else None


def walk(source: Source, points: Sequence[int], ground: Ground, fold: Fold) -> Step:
    """Fit on the fold's fit bars, try the best on its test bars.

    The fitting gets a slice that ends where the fit ends. The test may warm up on bars before it, as a bot would.
    """
    trials = run_points(source, points, fit_ground(ground, fold))
    return step_forward(source, best_point(trials), trials, ground, fold)


def fit_ground(ground: Ground, fold: Fold) -> Ground:
    """What the fitting of a fold may see (counted from the start of the span): no bar after the fit."""
    first, last = (ground.start_index + edge for edge in (fold.fit_first, fold.fit_last))
    return ground.part(first, last, first)


def step_forward(source: Source, point: int | None, trials: dict[int, Trial], ground: Ground, fold: Fold) -> Step:
    """Try the chosen point on the test bars of a fold."""
    compiled = None if point is None else source(point)
    if point is None or compiled is None:
        return Step(fold, None, None, None, np.zeros(fold.test_last - fold.test_first))
    first, last = (ground.start_index + edge for edge in (fold.test_first, fold.test_last))
    # One bar more before the test: its close is what the first return of the test is counted from.
    part = ground.part(first - 1, last, compiled.memory)
    tried = judged(run_compiled(compiled, part), part)
    return Step(fold, point, trials.get(point), tried, tried.returns)


def out_of_sample(steps: Sequence[Step]) -> Floats:
    """The returns of all tests, one after the other, float64[n]."""
    return np.concatenate([step.returns for step in steps]) if steps else np.empty(0)
