"""Measures of portfolios: time-weighted return, falls, volatility; periods of a calendar."""

from kernel.portfolio.performance import Performance, Point, measure
from kernel.portfolio.periods import Period, Span, day_span, days_of, hours_of, month_span, name_of

__all__ = [
    "Performance",
    "Period",
    "Point",
    "Span",
    "day_span",
    "days_of",
    "hours_of",
    "measure",
    "month_span",
    "name_of",
]
