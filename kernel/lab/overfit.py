"""How likely a good back-test is luck: probabilistic and deflated Sharpe ratio, probability of over-fitting.

Sharpe ratios here are per bar, not annualised; returns are simple returns of a bar.
"""

import math
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EULER: Final = 0.5772156649015329
_NORMAL: Final = NormalDist()
_AT_ONCE: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Moments:
    """Length, Sharpe ratio per bar, skewness and kurtosis (3 for the normal distribution) of returns."""

    count: int
    sharpe: float
    skewness: float
    kurtosis: float


def moments(returns: Floats) -> Moments:
    """Moments of float64[n]; a constant series has a Sharpe ratio of zero."""
    count = len(returns)
    if count < 2:
        return Moments(count, 0.0, 0.0, 3.0)
    mean = float(returns.mean())
    away = returns - mean
    second = float(np.mean(away**2))
    if second <= 1e-30:
        return Moments(count, 0.0, 0.0, 3.0)
    deviation = math.sqrt(second * count / (count - 1))
    third, fourth = float(np.mean(away**3)), float(np.mean(away**4))
    return Moments(count, mean / deviation, third / second**1.5, fourth / second**2)


def probabilistic_sharpe(found: Moments, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio per bar is above `benchmark`.

    D. Bailey and M. López de Prado, The Sharpe Ratio Efficient Frontier, Journal of Risk 15(2), 2012, equation 11.
    """
    if found.count < 2:
        return 0.0
    sharpe = found.sharpe
    spread = 1 - found.skewness * sharpe + (found.kurtosis - 1) / 4 * sharpe**2
    if spread <= 0:
        return 0.0
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt(found.count - 1) / math.sqrt(spread))


def expected_best_sharpe(variance: float, trials: int) -> float:
    """The Sharpe ratio that the best of `trials` worthless strategies reaches on average.

    `variance` is that of the trials' Sharpe ratios. D. Bailey and M. López de Prado, The Deflated Sharpe Ratio, Journal
    of Portfolio Management 40(5), 2014, equation 1.
    """
    if trials < 2 or variance <= 0:
        return 0.0
    first, second = _NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - EULER) * first + EULER * second)


def deflated_sharpe(found: Moments, variance: float, trials: int) -> float:
    """Probability that the best of `trials` is better than the best of as many worthless strategies (ibid., 2)."""
    return probabilistic_sharpe(found, expected_best_sharpe(variance, trials))


@dataclass(frozen=True, slots=True)
class Overfitting:
    """Outcome of the cross-validation: `probability` that the best in-sample is below the median out-of-sample.

    `logits` is one number a split: log(rank ÷ (1 − rank)) of the chosen trial out-of-sample; `loss` the share of splits
    on which it lost money there.
    """

    probability: float
    loss: float
    logits: Floats


def block_sums(returns: Floats, blocks: int) -> Floats:
    """float64[blocks, 3]: number, sum and sum of squares of the returns in each of `blocks` equal stretches."""
    edges = np.linspace(0, len(returns), blocks + 1).astype(np.int64)
    parts = [returns[first:last] for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)]
    return np.array([(len(part), float(part.sum()), float((part * part).sum())) for part in parts], np.float64)


def probability_of_overfitting(sums: Floats) -> Overfitting:
    """Combinatorially symmetric cross-validation over `sums`, float64[trials, blocks, 3] of `block_sums`.

    Every half of the blocks is once in-sample; the trial with the best Sharpe ratio there is ranked on the other half.
    D. Bailey, J. Borwein, M. López de Prado, Q. Zhu, The Probability of Backtest Overfitting, Journal of Computational
    Finance 20(4), 2017, section 3. Raises ValueError for fewer than 2 trials or an odd or too small number of blocks.
    """
    trials, blocks, _ = sums.shape
    if trials < 2 or blocks < 2 or blocks % 2:
        raise ValueError("needs two or more trials and an even number of blocks")
    halves = np.zeros((math.comb(blocks, blocks // 2), blocks))
    for row, chosen in enumerate(combinations(range(blocks), blocks // 2)):
        halves[row, list(chosen)] = 1.0
    logits, lost = [], 0
    for part in np.array_split(halves, max(1, len(halves) * trials // _AT_ONCE)):
        inside, outside = _sharpes(part, sums), _sharpes(1.0 - part, sums)
        best = np.argmax(inside, axis=1)
        value = outside[np.arange(len(part)), best][:, None]
        # Ties share their ranks; the chosen one is its own equal.
        rank = (outside < value).sum(axis=1) + ((outside == value).sum(axis=1) + 1) / 2
        share = rank / (trials + 1)
        logits.append(np.log(share / (1 - share)))
        lost += int((value < 0).sum())
    joined = np.concatenate(logits)
    return Overfitting(float(np.mean(joined <= 1e-12)), lost / len(joined), joined)


def _sharpes(halves: Floats, sums: Floats) -> Floats:
    """float64[halves, trials]: Sharpe ratio per bar over the blocks of each half."""
    count, total, squares = (halves @ sums[:, :, column].T for column in range(3))
    mean = total / np.maximum(count, 1)
    variance = np.maximum(squares / np.maximum(count, 1) - mean**2, 0.0)
    sharpe: Floats = np.divide(mean, np.sqrt(variance), out=np.zeros_like(mean), where=variance > 1e-24)
    return sharpe
