"""Portfolios and what belongs to them."""

from apps.trading.portfolios.models.journal import JournalEntry, JournalImage, Preference
from apps.trading.portfolios.models.portfolios import CashFlow, NavSample, Portfolio, PortfolioBook
from apps.trading.portfolios.models.rebalancing import RebalanceLine, RebalancePlan, TargetWeight

__all__ = [
    "CashFlow",
    "JournalEntry",
    "JournalImage",
    "NavSample",
    "Portfolio",
    "PortfolioBook",
    "Preference",
    "RebalanceLine",
    "RebalancePlan",
    "TargetWeight",
]
