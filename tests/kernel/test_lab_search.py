"""Searches: what is fitted never sees what it is tried on, noise does not pass the guard, and an edge does."""

import numpy as np
import pytest

from kernel.instruments import Bars
from kernel.lab import (
    Objective,
    best_point,
    judge,
    out_of_sample,
    run_point,
    run_points,
    source_of,
    walk,
    walk_forward_folds,
)
from tests.kernel.lab_samples import MOMENTUM, START, ground, momentum_space, wandering
from tests.kernel.market_samples import BTC

BARS = 3_000
EDGE = 0.003
EMBARGO = 40


def folds_of(bars, **more):
    return walk_forward_folds(len(bars) - START, folds=4, embargo=EMBARGO, **more)


def poisoned(bars, first):
    """The bars with garbage from `first` on: prices jump by a factor of up to a hundred."""
    garbage = np.random.default_rng(99).integers(10_000, 90_000_000, len(bars) - first)
    columns = {name: getattr(bars, name).copy() for name in ("open", "high", "low", "close")}
    for column in columns.values():
        column[first:] = garbage
    return Bars(bars.ts, columns["open"], columns["high"], columns["low"], columns["close"], bars.volume)


@pytest.mark.parametrize("anchored", [False, True])
def test_poisoned_tests_change_no_fit(anchored):
    bars, space = wandering(4, 1_500, EDGE), momentum_space()
    source = source_of(MOMENTUM, space, BTC)
    points = space.drawn(1, 12)
    tried = 0
    for fold in folds_of(bars, anchored=anchored):
        clean = walk(source, points, ground(bars), fold)
        dirty = walk(source, points, ground(poisoned(bars, START + fold.fit_last)), fold)
        assert clean.point == dirty.point
        assert clean.fitted and dirty.fitted and clean.tried and dirty.tried  # noqa: PT018
        assert clean.fitted.digest == dirty.fitted.digest
        tried += clean.tried.digest != dirty.tried.digest
        # The other way round it must show: the poison is strong enough.
        earlier = walk(source, points, ground(poisoned(bars, START + fold.fit_last - 100)), fold)
        assert earlier.fitted is not None
        assert earlier.fitted.digest != clean.fitted.digest
    assert tried == 4


def test_the_tests_join_without_a_gap():
    bars, space = wandering(4, 1_500, EDGE), momentum_space()
    folds = folds_of(bars)
    steps = [walk(source_of(MOMENTUM, space, BTC), [0, 5], ground(bars), fold) for fold in folds]
    joined = out_of_sample(steps)
    assert len(joined) == sum(fold.test_last - fold.test_first for fold in folds)
    assert len(joined) == len(bars) - START - folds[0].test_first


def test_equal_inputs_give_equal_trials():
    bars, space = wandering(8, 800, EDGE), momentum_space()
    first, second = (run_points(source_of(MOMENTUM, space, BTC), range(24), ground(bars)) for _ in range(2))
    assert [trial.digest for trial in first.values()] == [trial.digest for trial in second.values()]
    assert [trial.score for trial in first.values()] == [trial.score for trial in second.values()]


def test_objectives_rank_by_their_figure():
    bars, space = wandering(8, 800, EDGE), momentum_space()
    source = source_of(MOMENTUM, space, BTC)
    figures = {
        Objective.SHARPE: lambda trial: trial.sharpe,
        Objective.TOTAL_RETURN: lambda trial: trial.growth,
        Objective.RETURN_OVER_FALL: lambda trial: (trial.growth - 1) / trial.deepest_fall,
    }
    for objective, figure in figures.items():
        trials = run_points(source, range(24), ground(bars, objective=objective))
        assert best_point(trials) == max(trials, key=lambda point: (figure(trials[point]), -point))
    # Nobody trades a thousand times in 800 bars: nothing can be judged, nothing is chosen.
    silent = run_points(source, range(24), ground(bars, least_trades=1_000))
    assert best_point(silent) is None
    step = walk(source, range(24), ground(bars, least_trades=1_000), folds_of(bars)[0])
    assert (step.point, step.tried, float(step.returns.sum())) == (None, None, 0.0)


def test_a_warm_up_longer_than_the_candles_is_no_trial():
    space = momentum_space()
    assert run_point(source_of(MOMENTUM, space, BTC), space.size - 1, ground(wandering(1, 41, 0.0))) is None


def passes(seed, edge):
    bars, space = wandering(seed, BARS, edge), momentum_space()
    source, points = source_of(MOMENTUM, space, BTC), range(momentum_space().size)
    trials = run_points(source, points, ground(bars))
    steps = [walk(source, points, ground(bars), fold) for fold in folds_of(bars)]
    verdict = judge(space, trials, out_of_sample(steps))
    assert not judge(space, trials, None).passed
    return verdict.passed


def test_noise_does_not_pass_the_guard():
    assert sum(passes(seed, 0.0) for seed in range(20)) <= 1


def test_a_planted_edge_passes_the_guard():
    assert sum(passes(seed, EDGE) for seed in range(20)) >= 18
