"""Figures over trades and prices; float64 arrays in, floats out, None where a figure does not exist."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
YEAR_SECONDS: Final = 365 * 86_400


def vwap(prices: Array, quantities: Array) -> float | None:
    """Volume-weighted average price: Σ pᵢqᵢ ÷ Σ qᵢ (Berkowitz, Logue & Noser 1988); None without volume."""
    volume = quantities.sum()
    return float(prices @ quantities / volume) if volume > 0 else None


def twap(prices: Array, times: Array, end: float) -> float | None:
    """Time-weighted average price: each price counts from its time to the next one's, the last one to `end`.

    `times` do not fall. Where no time passes at all it is the last price; None without prices.
    """
    if not len(prices):
        return None
    spans = np.diff(np.append(times, max(end, times[-1])))
    total = spans.sum()
    return float(prices @ spans / total) if total > 0 else float(prices[-1])


def trade_pressure(quantities: Array, is_sell: NDArray[np.bool_]) -> float | None:
    """(buys − sells) ÷ (buys + sells) of taker volume, −1…1 (Chordia, Roll & Subrahmanyam 2002); None without."""
    total = quantities.sum()
    return float((total - 2 * quantities[is_sell].sum()) / total) if total > 0 else None


def kyle_lambda(price_changes: Array, signed_volumes: Array) -> float | None:
    """Price impact λ of Δp = α + λq + ε by least squares: cov(Δp, q) ÷ var(q) (Kyle 1985; Hasbrouck 2009).

    Price per unit of signed taker volume, buys positive; None for fewer than 3 pairs or volumes that do not vary.
    """
    if len(price_changes) < 3:
        return None
    centred = signed_volumes - signed_volumes.mean()
    spread = centred @ centred
    return float(centred @ price_changes / spread) if spread > 0 else None


def realised_volatility(prices: Array, step_seconds: float) -> float | None:
    """Annualised √(Σ r² ÷ n × steps a year) of log returns r over equal steps (Andersen & Bollerslev 1998).

    A fraction (0.5 = 50 % a year of 365 days); None for fewer than 2 prices.
    """
    if len(prices) < 2:
        return None
    returns = np.diff(np.log(prices))
    return math.sqrt(float(returns @ returns) / len(returns) * YEAR_SECONDS / step_seconds)


@dataclass(frozen=True, slots=True)
class PriceStatistics:
    """Moments of a sample. `deviation` divides by n − 1; skewness and excess kurtosis are the sample moments g₁, g₂."""

    mean: float
    deviation: float
    skewness: float
    kurtosis: float
    low: float
    median: float
    high: float


def price_statistics(prices: Array) -> PriceStatistics | None:
    """Moments and order statistics of prices (Joanes & Gill 1998 for g₁ and g₂); None for fewer than 2."""
    count = len(prices)
    if count < 2:
        return None
    centred = prices - prices.mean()
    second = float(np.mean(centred**2))
    scale = second or 1.0
    return PriceStatistics(
        mean=float(prices.mean()),
        deviation=math.sqrt(second * count / (count - 1)),
        skewness=float(np.mean(centred**3)) / scale**1.5,
        kurtosis=float(np.mean(centred**4)) / scale**2 - 3 if second else 0.0,
        low=float(prices.min()),
        median=float(np.median(prices)),
        high=float(prices.max()),
    )
