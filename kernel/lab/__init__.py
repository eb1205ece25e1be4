"""The lab: spaces of numbers, optimising, walking forward, Monte Carlo, and the guard against over-fitting."""

from kernel.lab.guard import Check, Verdict, judge
from kernel.lab.overfit import (
    Floats,
    Moments,
    Overfitting,
    block_sums,
    deflated_sharpe,
    expected_best_sharpe,
    moments,
    probabilistic_sharpe,
    probability_of_overfitting,
)
from kernel.lab.plateau import Plateau, heat_map, plateau
from kernel.lab.resample import (
    Fan,
    block_bootstrap,
    deepest_falls,
    fan_of,
    noisy_bars,
    shuffled_trades,
    stationary_bootstrap,
)
from kernel.lab.search import Step, best_point, fit_ground, out_of_sample, run_point, run_points, step_forward, walk
from kernel.lab.space import MOST_POINTS, Dimension, Space, SpaceError, read_number
from kernel.lab.trial import BLOCKS, Ground, Objective, TooFewBars, Trial, judged, run_compiled, source_of
from kernel.lab.tunable import Tunable, tunables
from kernel.lab.windows import Fold, walk_forward_folds

__all__ = [
    "BLOCKS",
    "MOST_POINTS",
    "Check",
    "Dimension",
    "Fan",
    "Floats",
    "Fold",
    "Ground",
    "Moments",
    "Objective",
    "Overfitting",
    "Plateau",
    "Space",
    "SpaceError",
    "Step",
    "TooFewBars",
    "Trial",
    "Tunable",
    "Verdict",
    "best_point",
    "block_bootstrap",
    "block_sums",
    "deepest_falls",
    "deflated_sharpe",
    "expected_best_sharpe",
    "fan_of",
    "fit_ground",
    "heat_map",
    "judge",
    "judged",
    "moments",
    "noisy_bars",
    "out_of_sample",
    "plateau",
    "probabilistic_sharpe",
    "probability_of_overfitting",
    "read_number",
    "run_compiled",
    "run_point",
    "run_points",
    "shuffled_trades",
    "source_of",
    "stationary_bootstrap",
    "step_forward",
    "tunables",
    "walk",
    "walk_forward_folds",
]
