"""Measures of portfolios: time-weighted return, falls, volatility; periods of a calendar; target weights."""

from kernel.portfolio.performance import Performance, Point, measure
from kernel.portfolio.periods import Period, Span, day_span, days_of, hours_of, month_span, name_of
from kernel.portfolio.weights import Drift, drifts

__all__ = [
    "Drift",
    "Performance",
    "Period",
    "Point",
    "Span",
    "day_span",
    "days_of",
    "drifts",
    "hours_of",
    "measure",
    "month_span",
    "name_of",
]
