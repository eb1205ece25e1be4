"""Measures of a series of simple returns and of the falls of a curve. Floats: ratios, never money.

Returns are float64[n], one a period; a measure that is not defined (too few periods, a divisor of zero) is None.
Sums run in one fixed order, so equal inputs give equal figures.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TAIL: Final = 0.05
"""The share of the worst periods that value at risk, expected shortfall and the tail ratio look at."""


@dataclass(frozen=True, slots=True)
class Falls:
    """Falls below an earlier peak: `deepest` and `ulcer` as shares, the rest in periods.

    `longest` is the most periods in a row below a peak; `falling` leads from the peak to the bottom of the deepest
    fall, `recovery` from there back to the peak, None while that has not happened.
    """

    deepest: float
    longest: int
    falling: int
    recovery: int | None
    ulcer: float


def returns_of(equity: NDArray[np.int64]) -> Floats:
    """Return the n − 1 changes of int64[n] as shares; nothing or a debt before counts as no change."""
    before = equity[:-1].astype(np.float64)
    out = np.ones(len(before))
    np.divide(equity[1:], before, out=out, where=before > 0)
    out -= 1.0
    return out


def ratio(numerator: float, denominator: float) -> float | None:
    """Return the quotient, or None for a divisor of zero."""
    return numerator / denominator if denominator else None


def annual_growth(growth: float, years: float) -> float | None:
    """Return the steady growth a year as a share; `growth` is last value ÷ first. None when too large for a float."""
    if growth <= 0:
        return -1.0
    exponent = math.log(growth) / years if years > 0 else math.inf
    return math.expm1(exponent) if exponent < 700 else None


def deviation(returns: Floats) -> float:
    """Return the sample standard deviation (n − 1); 0 for fewer than two returns."""
    return float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0


def downside(returns: Floats) -> float:
    """Return the root of the mean square of the negative returns, all periods counted."""
    return math.sqrt(float(np.mean(np.square(np.minimum(returns, 0.0))))) if len(returns) else 0.0


def sharpe(returns: Floats, per_year: float) -> float | None:
    """Return mean ÷ deviation × √(periods a year)."""
    return ratio(_mean(returns) * math.sqrt(per_year), deviation(returns))


def sortino(returns: Floats, per_year: float) -> float | None:
    """Return mean ÷ downside deviation × √(periods a year)."""
    return ratio(_mean(returns) * math.sqrt(per_year), downside(returns))


def adjusted_sharpe(returns: Floats, per_year: float) -> float | None:
    """Return the annual Sharpe ratio when each return depends on the one before (Lo 2002, AR(1))."""
    single, link = ratio(_mean(returns), deviation(returns)), autocorrelation(returns)
    if single is None or link is None or abs(link) >= 1:
        return None
    within = 1 + 2 * link / (1 - link) * (1 - (1 - link**per_year if link > 0 else 1.0) / (per_year * (1 - link)))
    return single * math.sqrt(per_year / within) if within > 0 else None


def autocorrelation(returns: Floats) -> float | None:
    """Return the correlation of each return with the one before it."""
    if len(returns) < 3:
        return None
    apart = returns - _mean(returns)
    return ratio(float(np.sum(apart[1:] * apart[:-1])), float(np.sum(apart * apart)))


def sharpe_probability(returns: Floats, target: float = 0.0) -> float | None:
    """Return the probability (0 … 1) that the true Sharpe ratio of a period exceeds `target`.

    It takes skewness and kurtosis of the returns into account.
    """
    count = len(returns)
    if count < 3 or not deviation(returns):
        return None
    apart = returns - _mean(returns)
    squares = apart * apart
    variance = float(np.mean(squares))
    skew = float(np.mean(squares * apart)) / variance**1.5
    kurtosis = float(np.mean(squares * squares)) / variance**2
    single = _mean(returns) / deviation(returns)
    spread = 1 - skew * single + (kurtosis - 1) / 4 * single * single
    if spread <= 0:
        return None
    return 0.5 * (1 + math.erf((single - target) * math.sqrt((count - 1) / spread) / math.sqrt(2)))


def omega(returns: Floats) -> float | None:
    """Return the sum of the gains ÷ the sum of the losses."""
    return ratio(float(np.sum(np.maximum(returns, 0.0))), -float(np.sum(np.minimum(returns, 0.0))))


def value_at_risk(returns: Floats, share: float = TAIL) -> float | None:
    """Return the quantile `share` of the returns (linear between neighbours), mostly negative."""
    return float(np.percentile(returns, 100 * share)) if len(returns) else None


def expected_shortfall(returns: Floats, share: float = TAIL) -> float | None:
    """Return the mean of the worst returns: the lowest floor((n − 1) × share) + 1 of them."""
    if not len(returns):
        return None
    count = int((len(returns) - 1) * share) + 1
    return float(np.mean(np.sort(returns)[:count]))


def tail_ratio(returns: Floats, share: float = TAIL) -> float | None:
    """Return the size of the upper tail's quantile ÷ that of the lower one's."""
    if not len(returns):
        return None
    upper, lower = np.percentile(returns, [100 * (1 - share), 100 * share]).tolist()
    return ratio(abs(upper), abs(lower))


def falls_of(equity: NDArray[np.int64]) -> Falls:
    """Return the falls of int64[n], n >= 0; positive values."""
    count = len(equity)
    if not count:
        return Falls(0.0, 0, 0, None, 0.0)
    peak = np.maximum.accumulate(equity)
    tops = np.flatnonzero(equity == peak)
    fall = np.zeros(count)
    np.divide(equity, peak, out=fall, where=peak > 0)
    np.subtract(1.0, fall, out=fall, where=peak > 0)
    bottom = int(np.argmax(fall))
    deepest = float(fall[bottom])
    place = int(np.searchsorted(tops, bottom, side="right"))
    back = int(tops[place]) - bottom if deepest and place < len(tops) else None
    return Falls(
        deepest=deepest,
        longest=int(np.diff(tops, append=count).max()) - 1,
        falling=bottom - int(tops[place - 1]) if deepest else 0,
        recovery=back,
        ulcer=math.sqrt(float(np.mean(fall * fall))),
    )


def _mean(returns: Floats) -> float:
    return float(np.mean(returns)) if len(returns) else 0.0
