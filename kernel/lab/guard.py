"""The verdict on a search: five checks, each a number against a bound, with words and a source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kernel.lab.overfit import Floats, deflated_sharpe, moments, probabilistic_sharpe, probability_of_overfitting
from kernel.lab.plateau import plateau
from kernel.lab.search import best_point
from kernel.lab.space import Space
from kernel.lab.trial import Trial

LEAST_DEFLATED: Final = 0.95
MOST_OVERFITTING: Final = 0.30
MOST_LOSS: Final = 0.05
LEAST_PLATEAU: Final = 0.50
LEAST_FORWARD: Final = 0.95


@dataclass(frozen=True, slots=True)
class Check:
    """One number against a bound; `value` is None when it could not be worked out, and then it is not passed.

    `at_least` tells the good side of the bound; `note` is a sentence about this very search, mostly empty.
    """

    name: str
    title: str
    value: float | None
    bound: float
    at_least: bool
    passed: bool
    definition: str
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of a search. `walked` tells whether it was also tried on bars it was not fitted on."""

    checks: tuple[Check, ...]
    walked: bool

    @property
    def passed(self) -> bool:
        """Trusted only when every check is passed, the walk forward among them."""
        return self.walked and all(item.passed for item in self.checks)


def judge(space: Space, trials: Mapping[int, Trial], forward: Floats | None) -> Verdict:
    """Judge a search over the whole span, and its walk forward when there was one.

    `trials` are of all points that were tried (every one counts, or the deflation is a lie); `forward` is float64[n],
    the returns of the bars that nothing was fitted on.
    """
    tried = dict(trials)
    best = best_point(tried)
    checks = [_deflated(tried, best), _overfitting(list(tried.values())), _plateau(space, tried, best)]
    if forward is not None:
        checks += [_forward(forward), _gained(forward)]
    return Verdict(tuple(checks), forward is not None)


def _deflated(trials: Mapping[int, Trial], best: int | None) -> Check:
    value = None
    if best is not None:
        variance = float(np.var([trial.found.sharpe for trial in trials.values()], ddof=1)) if len(trials) > 1 else 0.0
        value = deflated_sharpe(trials[best].found, variance, len(trials))
    return _at_least(
        "deflated_sharpe",
        "Better than luck",
        value,
        LEAST_DEFLATED,
        "Probability that the best of all trials is better than the best of as many worthless ones would be.",
        "D. Bailey and M. López de Prado, The Deflated Sharpe Ratio, Journal of Portfolio Management 40(5), 2014",
    )


def _overfitting(trials: Sequence[Trial]) -> Check:
    """The one check with an excuse: where all numbers are alike, the best is below the middle half the time.

    That is a plateau, not over-fitting, and the choice loses nothing by it. So a high probability is let through when
    the chosen numbers hardly ever lost money on the other half (the paper's probability of loss).
    """
    found = probability_of_overfitting(np.array([trial.sums for trial in trials])) if len(trials) > 1 else None
    good = found is not None and found.probability <= MOST_OVERFITTING
    excused = found is not None and not good and found.loss <= MOST_LOSS
    note = f"The chosen numbers lost money on {found.loss * 100:.0f} % of the other halves." if found else ""
    if excused:
        note += " All numbers did about equally well, so which of them was chosen matters little."
    return Check(
        name="overfitting",
        title="Stays good elsewhere",
        value=found.probability if found else None,
        bound=MOST_OVERFITTING,
        at_least=False,
        passed=good or excused,
        definition="How often the numbers that were best on one half of the candles were below the middle on the other "
        f"half, over all ways to halve them. A higher value passes when they lost money on {MOST_LOSS * 100:.0f} % of "
        "the other halves or fewer.",
        source="D. Bailey, J. Borwein, M. López de Prado and Q. Zhu, The Probability of Backtest Overfitting, "
        "Journal of Computational Finance 20(4), 2017",
        note=note,
    )


def _plateau(space: Space, trials: Mapping[int, Trial], best: int | None) -> Check:
    value = None
    if best is not None:
        near = plateau(space, {point: trial.score for point, trial in trials.items()}, best)
        value = near.share if near.tried else None
    return _at_least(
        "plateau",
        "Neighbours are good, too",
        value,
        LEAST_PLATEAU,
        "Share of the neighbouring numbers that reach at least half the score of the best.",
        "R. Pardo, The Evaluation and Optimization of Trading Strategies, 2nd ed. 2008, chapter 10",
    )


def _forward(forward: Floats) -> Check:
    return _at_least(
        "forward_sharpe",
        "Good on unseen candles",
        probabilistic_sharpe(moments(forward)),
        LEAST_FORWARD,
        "Probability that the true Sharpe ratio of the walk forward is above zero.",
        "D. Bailey and M. López de Prado, The Sharpe Ratio Efficient Frontier, Journal of Risk 15(2), 2012",
    )


def _gained(forward: Floats) -> Check:
    return _at_least(
        "forward_return",
        "Gained on unseen candles",
        float(np.prod(1.0 + forward) - 1.0),
        0.0,
        "Return of all parts of the walk forward one after the other, after costs.",
        "arithmetic",
    )


def _at_least(name: str, title: str, value: float | None, bound: float, *words: str) -> Check:
    definition, source = words
    passed = value is not None and value >= bound
    return Check(name, title, value, bound, True, passed=passed, definition=definition, source=source)
