"""Connections at the trading desk, venues at the platform's console."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, OperationAction, desk_admin
from apps.platform.rate_limiting.errors import LimitsUnavailable
from apps.trading.exchanges import operations, queries
from apps.trading.exchanges.choices import BreakerState, ConnectionState
from apps.trading.exchanges.models import (
    Connection,
    ConnectionBalance,
    KeyActivity,
    Venue,
    VenueMaintenance,
    VenueMarkets,
    VenueState,
    VenueStateChange,
)
from apps.trading.exchanges.operations import call_off_maintenance


@desk_admin(Connection)
class ConnectionAdmin(DeskAdmin):
    """Connections of the tenant's customers; keys are never shown."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "label",
        "owner_id",
        "venue",
        "mode",
        "state",
        "key_hint",
        "last_checked_at",
        "last_error",
    ]
    list_filter: ClassVar = ["state", "mode"]
    list_select_related: ClassVar = ["venue"]
    exclude: ClassVar = [
        "api_key", "api_secret", "passphrase", "next_key", "next_secret", "next_passphrase", "key_digest",
    ]  # fmt: skip
    operations = (
        OperationAction(
            name="revoke",
            label="Revoke connection",
            permission=operations.CONNECT,
            run=lambda actor, row, given: operations.revoke_connection(
                actor=actor, connection_id=row.pk, reason=given["reason"]
            ),
            available=lambda row: row.state != ConnectionState.REVOKED,
            is_dangerous=True,
        ),
    )


@desk_admin(ConnectionBalance)
class ConnectionBalanceAdmin(DeskAdmin):
    """Balances as last seen at the venues."""

    desk = Desk.TRADING
    list_display: ClassVar = ["connection", "asset", "free", "locked", "seen_at"]
    list_select_related: ClassVar = ["connection"]


def in_words(code: str) -> str:
    """Return a request budget as staff read it; "not known" while the counters do not answer."""
    try:
        gauge = operations.read_gauge(code)
    except LimitsUnavailable:
        return "not known"
    frozen = f", frozen for {-(-gauge.frozen_ms // 1_000)} s" if gauge.frozen_ms else ""
    return f"{gauge.used:,} of {gauge.limit:,}{frozen}" if gauge.limit else f"no limit{frozen}"


def hosts_in_words(code: str) -> str:
    """Return the hosts of an exchange that were asked in the last two hours, one that pauses with its seconds."""
    words = []
    for host, breaker in operations.list_breakers(code).items():
        pause = {
            BreakerState.CLOSED: "",
            BreakerState.OPEN: f" (pauses {-(-breaker.wait_ms // 1_000)} s)",
            BreakerState.HALF_OPEN: " (one request is tried)",
        }[breaker.state]
        words.append(f"{host}{pause}")
    return ", ".join(words)


class OfVenue(DeskAdmin):
    """Rows that belong to an exchange."""

    desk = Desk.TRADING
    list_select_related: ClassVar = ["venue"]


@desk_admin(Venue, site="console")
class VenueAdmin(DeskAdmin):
    """The venues of this installation."""

    desk = Desk.TRADING
    list_display: ClassVar = ["code", "title", "ccxt_id", "mode"]


@desk_admin(KeyActivity)
class KeyActivityAdmin(DeskAdmin):
    """What happened to customers' keys; never the keys."""

    desk = Desk.TRADING
    list_display: ClassVar = ["created_at", "connection", "event", "key_hint", "actor_kind", "detail"]
    list_filter: ClassVar = ["event"]
    list_select_related: ClassVar = ["connection"]
    ordering: ClassVar = ["-id"]


@desk_admin(VenueState, site="console")
class VenueStateAdmin(OfVenue):
    """How the exchanges are now."""

    list_display: ClassVar = [
        "venue", "condition", "reason", "since", "checked_at", "p50_ms", "p95_ms", "error_percent", "clock_offset_ms",
        "stream_lag_ms", "budget", "hosts",
    ]  # fmt: skip
    list_filter: ClassVar = ["condition"]

    @admin.display(description="Request budget")
    def budget(self, row: VenueState) -> str:
        """Return how much of the budget of this server's address is used now, and for how long it is frozen."""
        return in_words(row.venue.code)

    @admin.display(description="Hosts")
    def hosts(self, row: VenueState) -> str:
        """Return the hosts that were asked lately, with those to which requests pause."""
        return hosts_in_words(row.venue.code)


@desk_admin(VenueStateChange, site="console")
class VenueStateChangeAdmin(OfVenue):
    """When the condition of an exchange changed."""

    list_display: ClassVar = ["began_at", "venue", "condition", "reason"]
    list_filter: ClassVar = ["condition"]
    ordering: ClassVar = ["-began_at"]


class MaintenanceForm(forms.Form):
    """Which exchange is closed, and when (UTC)."""

    venue = forms.ChoiceField(label="Exchange")
    begins_at = forms.DateTimeField(label="From (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    ends_at = forms.DateTimeField(label="Until (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    note = forms.CharField(max_length=200, label="What customers read")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["venue"]
        field.choices = [(row.code, row.title) for row in queries.list_venues()]


def _announce(actor: Actor, _row: Any, given: dict[str, Any]) -> Any:
    return operations.announce_maintenance(
        actor=actor,
        venue=given["venue"],
        begins_at=given["begins_at"],
        ends_at=given["ends_at"],
        note=given["note"],
    )


@desk_admin(VenueMaintenance, site="console")
class VenueMaintenanceAdmin(OfVenue):
    """Times in which exchanges are closed."""

    list_display: ClassVar = ["venue", "begins_at", "ends_at", "note", "cancelled_at"]
    ordering: ClassVar = ["-begins_at"]
    table_operations = (
        OperationAction("announce", "Enter a maintenance", operations.MANAGE, _announce, form=MaintenanceForm),
    )
    operations = (
        OperationAction(
            name="call_off",
            label="Call off",
            permission=operations.MANAGE,
            run=lambda actor, row, given: call_off_maintenance(
                actor=actor, maintenance_id=row.pk, reason=given["reason"]
            ),
            available=lambda row: row.cancelled_at is None,
        ),
    )


@desk_admin(VenueMarkets, site="console")
class VenueMarketsAdmin(OfVenue):
    """Versions of the exchanges' markets and filters."""

    list_display: ClassVar = ["venue", "version", "count", "created_at", "checked_at"]
    exclude: ClassVar = ["payload"]
    ordering: ClassVar = ["-id"]
