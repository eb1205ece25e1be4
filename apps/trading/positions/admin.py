"""Positions at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, desk_admin
from apps.trading.positions.models import Position, PositionEntry


@desk_admin(Position)
class PositionAdmin(DeskAdmin):
    """What stands in the books of the tenant's customers."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "symbol",
        "book",
        "quantity",
        "cost",
        "realised_average",
        "fees",
        "version",
        "last_fill_at",
    ]
    list_filter: ClassVar = ["symbol"]
    list_select_related: ClassVar = ["book"]


@desk_admin(PositionEntry)
class PositionEntryAdmin(LedgerAdmin):
    """What each fill did."""

    desk = Desk.TRADING
    list_display: ClassVar = ["position", "version", "side", "quantity", "price", "fee_quote", "realised_fifo", "at"]
    list_select_related: ClassVar = ["position"]
