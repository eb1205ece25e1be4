"""Connections at the trading desk, venues at the platform's console."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, OperationAction, desk_admin
from apps.trading.exchanges import operations
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.models import Connection, ConnectionBalance, Venue


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
    exclude: ClassVar = ["api_key", "api_secret"]
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


@desk_admin(Venue, site="console")
class VenueAdmin(DeskAdmin):
    """The venues of this installation."""

    desk = Desk.TRADING
    list_display: ClassVar = ["code", "title", "ccxt_id", "mode"]
