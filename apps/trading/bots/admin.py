"""Bots at the trading desk: seen, and stopped."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, OperationAction, desk_admin
from apps.trading.bots import operations
from apps.trading.bots.choices import Desired
from apps.trading.bots.models import Bot, BotLog, BotSignal


@desk_admin(Bot)
class BotAdmin(DeskAdmin):
    """Bots of the tenant's customers; staff stop, they never start."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "name",
        "owner_id",
        "symbol",
        "interval",
        "desired_state",
        "activity",
        "step_at",
        "failures",
    ]
    list_filter: ClassVar = ["desired_state", "activity", "symbol"]
    exclude: ClassVar = ["strategy_state"]
    operations = (
        OperationAction(
            name="halt",
            label="Stop bot",
            permission=operations.HALT,
            run=lambda actor, row, given: operations.halt_bot(actor=actor, bot_id=row.pk, reason=given["reason"]),
            available=lambda row: row.desired_state in (Desired.RUNNING, Desired.PAUSED),
            is_dangerous=True,
        ),
    )


@desk_admin(BotLog)
class BotLogAdmin(LedgerAdmin):
    """What bots told their owners."""

    desk = Desk.TRADING
    list_display: ClassVar = ["at", "bot", "tone", "title", "text"]
    list_select_related: ClassVar = ["bot"]


@desk_admin(BotSignal)
class BotSignalAdmin(DeskAdmin):
    """What bots decided, and on what."""

    desk = Desk.TRADING
    list_display: ClassVar = ["created_at", "bot", "ts", "decision", "reason", "close", "detail"]
    list_filter: ClassVar = ["decision"]
    list_select_related: ClassVar = ["bot"]
