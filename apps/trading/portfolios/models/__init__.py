"""Portfolios and what belongs to them."""

from apps.trading.portfolios.models.alerts import ResultAlert
from apps.trading.portfolios.models.journal import JournalEntry, JournalImage, Preference
from apps.trading.portfolios.models.portfolios import CashFlow, NavSample, Portfolio, PortfolioBook
from apps.trading.portfolios.models.rebalancing import RebalanceLine, RebalancePlan, TargetWeight
from apps.trading.portfolios.models.scheduling import RebalanceSchedule
from apps.trading.portfolios.models.webhooks import ResultWebhook, WebhookDelivery

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
    "RebalanceSchedule",
    "ResultAlert",
    "ResultWebhook",
    "TargetWeight",
    "WebhookDelivery",
]
