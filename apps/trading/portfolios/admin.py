"""Portfolios at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, desk_admin
from apps.trading.portfolios.models import (
    CashFlow,
    JournalEntry,
    JournalImage,
    NavSample,
    Portfolio,
    PortfolioBook,
    Preference,
    RebalanceLine,
    RebalancePlan,
    RebalanceSchedule,
    ResultAlert,
    ResultWebhook,
    TargetWeight,
    WebhookDelivery,
)


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


@desk_admin(JournalEntry)
class JournalEntryAdmin(DeskAdmin):
    """Notes of customers: that they exist, not what they say."""

    desk = Desk.TRADING
    fields: ClassVar = ("owner", "about", "symbol", "day", "created_at", "changed_at")
    list_display: ClassVar = ("owner", "about", "symbol", "day", "changed_at")
    list_filter: ClassVar = ("about",)
    list_select_related: ClassVar = ("owner",)


@desk_admin(JournalImage)
class JournalImageAdmin(DeskAdmin):
    """Pictures of notes: that they exist, not what they show."""

    desk = Desk.TRADING
    fields: ClassVar = ("entry_id", "kind", "size", "created_at")
    list_display: ClassVar = ("id", "kind", "size", "created_at")


@desk_admin(Preference)
class PreferenceAdmin(DeskAdmin):
    """Time zones that customers chose."""

    desk = Desk.TRADING
    list_display: ClassVar = ("owner", "zone")
    list_select_related: ClassVar = ("owner",)


@desk_admin(TargetWeight)
class TargetWeightAdmin(DeskAdmin):
    """Target weights of portfolios."""

    desk = Desk.TRADING
    list_display: ClassVar = ("portfolio", "asset", "percent")
    list_select_related: ClassVar = ("portfolio",)


@desk_admin(RebalancePlan)
class RebalancePlanAdmin(DeskAdmin):
    """Runs that bring portfolios to their weights."""

    desk = Desk.TRADING
    list_display: ClassVar = ("portfolio", "state", "value", "fees", "created_at", "started_at", "ended_at")
    list_filter: ClassVar = ("state",)
    list_select_related: ClassVar = ("portfolio",)


@desk_admin(RebalanceLine)
class RebalanceLineAdmin(DeskAdmin):
    """Orders of rebalancing, line by line."""

    desk = Desk.TRADING
    list_display: ClassVar = ("plan", "number", "side", "quantity", "symbol", "state", "reason", "order_id")
    list_filter: ClassVar = ("state",)


@desk_admin(RebalanceSchedule)
class RebalanceScheduleAdmin(DeskAdmin):
    """Portfolios that are rebalanced by schedule."""

    desk = Desk.TRADING
    list_display: ClassVar = (
        "portfolio", "every", "day", "hour", "zone", "band", "most_worth", "next_at", "last_at", "last_words",
    )  # fmt: skip
    list_filter: ClassVar = ("every",)
    list_select_related: ClassVar = ("portfolio",)


@desk_admin(ResultAlert)
class ResultAlertAdmin(DeskAdmin):
    """When customers want to be told of the result of a day."""

    desk = Desk.TRADING
    list_display: ClassVar = ("owner", "portfolio", "book", "bound", "gain_told_on", "loss_told_on")
    list_select_related: ClassVar = ("owner", "portfolio", "book")


@desk_admin(ResultWebhook)
class ResultWebhookAdmin(DeskAdmin):
    """Addresses that results are sent to: that they exist, not where they lead."""

    desk = Desk.TRADING
    fields: ClassVar = ("owner", "next_day", "paused_at")
    list_display: ClassVar = ("owner", "next_day", "paused_at")
    list_select_related: ClassVar = ("owner",)


@desk_admin(WebhookDelivery)
class WebhookDeliveryAdmin(DeskAdmin):
    """How sending the results of days went."""

    desk = Desk.TRADING
    list_display: ClassVar = ("owner", "day", "state", "attempts", "answered", "error", "next_attempt_at")
    list_filter: ClassVar = ("state",)
    list_select_related: ClassVar = ("owner",)
