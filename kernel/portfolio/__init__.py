"""Measures of portfolios: time-weighted return, falls, volatility; periods of a calendar; target weights."""

from kernel.portfolio.performance import Performance, Point, measure

__all__ = ["Performance", "Point", "measure"]
