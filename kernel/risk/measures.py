"""Measures of many portfolios at once, in NumPy.

Shapes: `returns` is (days, assets), simple returns of a day; `worths` is (portfolios, assets) or (assets,), signed
worths in one currency; results are one number a portfolio, losses as positive numbers in that currency. Levels are
parts (0.95). Each definition is named; `Definition` gives the words.
"""

from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DAYS_A_YEAR = 365
"""Crypto trades every day."""


class Definition(StrEnum):
    """Which VaR and CVaR a figure is."""

    ORDER_STATISTIC = "historical, order statistic; CVaR is the mean of the k worst days"  # of the sample itself
    INTERPOLATED = "historical, interpolated quantile; CVaR by fractional tail"  # between two days
    PARAMETRIC = "normal distribution with the sample's mean and covariance"  # by formula
    MONTE_CARLO = "seeded draws of a normal distribution; order statistic; CVaR is the mean of the k worst"  # by draws


@dataclass(frozen=True, slots=True)
class TailRisk:
    """VaR and CVaR, one number a portfolio; losses are positive, a gain is negative."""

    var: Floats
    cvar: Floats


def historical(returns: Floats, worths: Floats, *, level: float = 0.95) -> TailRisk:
    """Return VaR and CVaR of the sample's own days (Definition.ORDER_STATISTIC).

    With losses sorted upwards, VaR is the ⌈level·n⌉-th: the smallest loss that at least `level` of the days do not
    pass (P. Jorion, "Value at Risk", 3rd ed. 2006, ch. 10). CVaR is the mean of it and all worse ones.
    """
    pnl = _pnl(returns, worths)
    return _tail(pnl, _worst_count(pnl.shape[1], level))


def historical_interpolated(returns: Floats, worths: Floats, *, level: float = 0.95) -> TailRisk:
    """Return VaR by linear interpolation and CVaR by the fractional tail (Definition.INTERPOLATED).

    VaR is Hyndman and Fan's type 7 ("Sample Quantiles in Statistical Packages", 1996). CVaR is Rockafellar and
    Uryasev's for discrete distributions ("Conditional value-at-risk for general loss distributions", 2002, prop. 8):
    ((k/n − level)·L(k) + Σ worse/n) / (1 − level) with k = ⌈level·n⌉.
    """
    _check_level(level)
    losses = np.sort(-_pnl(returns, worths), axis=1)
    days = losses.shape[1]
    place = _rank(days, level)
    tail = losses[:, place:].sum(axis=1) / days
    cvar = ((place / days - level) * losses[:, place - 1] + tail) / (1 - level)
    return TailRisk(np.quantile(losses, level, axis=1), cvar)


def parametric(returns: Floats, worths: Floats, *, level: float = 0.95) -> TailRisk:
    """Return VaR z·σ − μ and CVaR σ·φ(z)/(1 − level) − μ of a normal distribution (Definition.PARAMETRIC).

    σ² = w'Σw with the sample covariance (n − 1). RiskMetrics Technical Document, 4th ed. 1996, with the mean kept; the
    expected shortfall is McNeil, Frey, Embrechts, "Quantitative Risk Management", 2005, example 2.18.
    """
    _check_level(level)
    held = _rows(worths)
    mean = held @ returns.mean(axis=0)
    deviation = np.sqrt(((held @ covariance(returns)) * held).sum(axis=1).clip(min=0))
    quantile = NormalDist().inv_cdf(level)
    density = NormalDist().pdf(quantile) / (1 - level)
    return TailRisk(deviation * quantile - mean, deviation * density - mean)


def monte_carlo(returns: Floats, worths: Floats, *, seed: int, paths: int = 10_000, level: float = 0.95) -> TailRisk:
    """Return VaR and CVaR over `paths` seeded draws of one day for all portfolios together (Definition.MONTE_CARLO).

    The draws are normal with the sample's mean and covariance, by its symmetric square root, so that assets which move
    exactly together are no trouble. Equal seeds give equal figures (NumPy's PCG64).
    """
    drawn = draw_returns(returns, seed=seed, paths=paths)
    return historical(drawn, worths, level=level)


def draw_returns(returns: Floats, *, seed: int, paths: int) -> Floats:
    """Return (paths, assets) seeded normal draws with the sample's mean and covariance."""
    values, vectors = np.linalg.eigh(covariance(returns))
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    normal = np.random.default_rng(seed).standard_normal((paths, returns.shape[1]))
    drawn: Floats = normal @ root + returns.mean(axis=0)
    return drawn


def covariance(returns: Floats) -> Floats:
    """Return the sample covariance (assets, assets), divided by n − 1."""
    centred = returns - returns.mean(axis=0)
    found: Floats = centred.T @ centred / (len(returns) - 1)
    return found


def correlation(returns: Floats) -> Floats:
    """Return Pearson's correlations (assets, assets); 0 beside an asset that did not move, 1 on the diagonal."""
    found = covariance(returns)
    deviation = np.sqrt(np.diag(found))
    scale = np.outer(deviation, deviation)
    joined: Floats = np.divide(found, scale, out=np.zeros_like(found), where=scale > 0).clip(-1, 1)
    np.fill_diagonal(joined, 1.0)
    return joined


def volatility(returns: Floats, worths: Floats) -> Floats:
    """Return the standard deviation of a year's result: that of a day (n − 1) × √365."""
    found: Floats = _pnl(returns, worths).std(axis=1, ddof=1) * np.sqrt(DAYS_A_YEAR)
    return found


def beta(returns: Floats, worths: Floats, market: Floats) -> Floats:
    """Return covariance with a market's returns (days,) over its variance, in currency for a market move of 1.

    W. F. Sharpe, "Capital Asset Prices", 1964. Divide by the worth for the usual
    number. 0 where the market stood still.
    """
    centred = market - market.mean()
    spread = centred @ centred
    found: Floats = (_pnl(returns, worths) @ centred) / spread if spread > 0 else np.zeros(len(_rows(worths)))
    return found


def drawdown(returns: Floats, worths: Floats, equity: Floats) -> Floats:
    """Return the deepest fall from a high, as a part of the high, of `equity` with the worths held as they are.

    The curve is equity + running results of a day, not compounded; (portfolios,) equities, each above 0.
    """
    curve = equity[:, None] + np.cumsum(_pnl(returns, worths), axis=1)
    curve = np.concatenate([equity[:, None], curve], axis=1)
    high = np.maximum.accumulate(curve, axis=1)
    found: Floats = ((high - curve) / high).max(axis=1)
    return found


def liquidity_horizon(worths: Floats, daily_turnover: Floats, *, participation: float = 0.1) -> Floats:
    """Return days to close each portfolio when each asset may be `participation` of its daily turnover (assets,).

    The slowest asset decides; ∞ for one that is held and not traded. The rule of linear liquidation at a fixed share
    of volume, as in Basel Committee, "Minimum capital requirements for market risk", MAR31 (liquidity horizons).
    """
    held = np.abs(_rows(worths))
    capacity = participation * daily_turnover
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(held > 0, held / capacity, 0.0)
    found: Floats = days.max(axis=1)
    return found


def component_var(returns: Floats, worths: Floats, *, level: float = 0.95) -> Floats:
    """Return each asset's part of the parametric VaR (portfolios, assets); the parts of a row add up to it.

    Euler's allocation (D. Tasche, "Risk contributions and performance measurement", 1999): z·w·(Σw)/σ − w·μ.
    """
    _check_level(level)
    held = _rows(worths)
    moved = held @ covariance(returns)
    deviation = np.sqrt((moved * held).sum(axis=1, keepdims=True).clip(min=0))
    share = np.divide(moved, deviation, out=np.zeros_like(moved), where=deviation > 0)
    found: Floats = held * (NormalDist().inv_cdf(level) * share - returns.mean(axis=0))
    return found


def _pnl(returns: Floats, worths: Floats) -> Floats:
    """Return results (portfolios, days)."""
    found: Floats = _rows(worths) @ returns.T
    return found


def _rows(worths: Floats) -> Floats:
    return worths[None, :] if worths.ndim == 1 else worths


def _tail(pnl: Floats, count: int) -> TailRisk:
    worst = np.partition(pnl, count - 1, axis=1)[:, :count]
    return TailRisk(-worst[:, -1], -worst.mean(axis=1))


def _worst_count(days: int, level: float) -> int:
    return days - _rank(days, level) + 1


def _rank(days: int, level: float) -> int:
    """Return ⌈level·days⌉, at least 1; what is a whole number but for rounding counts as it."""
    _check_level(level)
    return max(1, int(np.ceil(round(level * days, 9))))


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError("a level is between 0 and 1")
