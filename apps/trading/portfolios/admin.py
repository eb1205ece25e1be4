"""Portfolios at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, desk_admin
from apps.trading.portfolios.models import CashFlow, NavSample, Portfolio, PortfolioBook


@desk_admin(Portfolio)
class PortfolioAdmin(DeskAdmin):
    """Portfolios of customers."""

    desk = Desk.TRADING
    list_display: ClassVar = ("name", "owner", "mode", "currency", "is_default", "units", "sampled_at", "archived_at")
    list_filter: ClassVar = ("mode", "is_default")
    list_select_related: ClassVar = ("owner",)


@desk_admin(PortfolioBook)
class PortfolioBookAdmin(DeskAdmin):
    """Books of portfolios."""

    desk = Desk.TRADING
    list_display: ClassVar = ("portfolio", "book")
    list_select_related: ClassVar = ("portfolio", "book")


@desk_admin(CashFlow)
class CashFlowAdmin(LedgerAdmin):
    """What came into portfolios and left them."""

    desk = Desk.TRADING
    list_display: ClassVar = ("portfolio", "kind", "asset", "quantity", "amount", "value_before", "at")
    list_filter: ClassVar = ("kind",)
    list_select_related: ClassVar = ("portfolio",)


@desk_admin(NavSample)
class NavSampleAdmin(DeskAdmin):
    """Noted values of portfolios."""

    desk = Desk.TRADING
    list_display: ClassVar = ("portfolio", "resolution", "at", "value", "units")
    list_filter: ClassVar = ("resolution",)
    list_select_related: ClassVar = ("portfolio",)
