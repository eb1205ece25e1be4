"""Portfolios and what belongs to them."""

from apps.trading.portfolios.models.portfolios import CashFlow, NavSample, Portfolio, PortfolioBook

__all__ = ["CashFlow", "NavSample", "Portfolio", "PortfolioBook"]
