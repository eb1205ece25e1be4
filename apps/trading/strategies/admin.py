"""Strategies at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, desk_admin
from apps.trading.strategies.models import Strategy, StrategyVersion


@desk_admin(Strategy)
class StrategyAdmin(DeskAdmin):
    """Whose strategies there are."""

    desk = Desk.TRADING
    list_display: ClassVar = ["name", "owner", "state", "latest_number", "created_at"]
    list_filter: ClassVar = ["state"]
    search_fields: ClassVar = ["name"]
    list_select_related: ClassVar = ["owner"]


@desk_admin(StrategyVersion)
class StrategyVersionAdmin(LedgerAdmin):
    """What a strategy said at any time."""

    desk = Desk.TRADING
    list_display: ClassVar = ["strategy", "number", "document_hash", "created_at"]
    list_select_related: ClassVar = ["strategy"]
