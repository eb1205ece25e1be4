"""Instruments at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, desk_admin
from apps.trading.instruments.models import Instrument


@desk_admin(Instrument)
class InstrumentAdmin(DeskAdmin):
    """Instruments with grid and limits."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "base", "quote", "tick", "lot", "min_notional", "is_active"]
    search_fields: ClassVar = ["symbol"]
