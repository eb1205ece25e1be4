"""Reading candles adjusted for splits and dividends; the raw ones stay as they are."""

from fractions import Fraction

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from apps.trading.market_data.models import AdjustmentVersion, CorporateAction
from apps.trading.market_data.queries.candles import load_bars
from kernel.instruments import Bars

EXACT = 2**62


def list_actions(symbol: str) -> QuerySet[CorporateAction]:
    """Return the splits and dividends of a symbol, oldest first."""
    return CorporateAction.objects.filter(symbol=symbol).order_by("ex_day", "kind")


def get_adjustment(symbol: str, version: int | None = None) -> AdjustmentVersion | None:
    """Return the newest (or the named) version of a symbol's factors, or None."""
    found = AdjustmentVersion.objects.filter(symbol=symbol).order_by("-version")
    return (found if version is None else found.filter(version=version)).first()


def load_adjusted_bars(
    symbol: str,
    interval: str,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    venue: str | None = None,
    version: int | None = None,
) -> Bars:
    """Return candles as `load_bars`, with prices and volumes multiplied by the factors of a version (None: the newest).

    Prices are rounded half to even to whole ticks, at least one tick. Without factors the raw candles.
    """
    return adjusted(symbol, load_bars(symbol, interval, start_ms, end_ms, venue=venue), version=version)


def adjusted(symbol: str, bars: Bars, *, version: int | None = None) -> Bars:
    """Return candles of a symbol as `load_adjusted_bars` returns them."""
    found = get_adjustment(symbol, version)
    if found is None or not len(bars):
        return bars
    columns = {name: getattr(bars, name).copy() for name in ("open", "high", "low", "close", "volume")}
    left = 0
    for step in found.steps:
        right = int(np.searchsorted(bars.ts, step["before_ts"]))
        for name, column in columns.items():
            factor = Fraction(step["volume" if name == "volume" else "price"])
            least = 0 if name == "volume" else 1
            column[left:right] = np.maximum(_scaled(column[left:right], factor), least)
        left = right
    return Bars(bars.ts, **columns)


def _scaled(values: NDArray[np.int64], factor: Fraction) -> NDArray[np.int64]:
    """Return integers times a fraction, rounded half to even; exact, by Python's integers where int64 is too short."""
    above, below = factor.numerator, factor.denominator
    if len(values) and int(values.max()) * above * 2 < EXACT and below < EXACT:
        whole, rest = np.divmod(values * above, below)
        doubled = 2 * rest
        up = (doubled > below) | ((doubled == below) & (whole % 2 == 1))
        return np.asarray(whole + up, np.int64)
    return np.array([round(value * factor) for value in values.tolist()], np.int64)
