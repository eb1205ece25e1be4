"""Back-tests at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, desk_admin
from apps.trading.backtests.models import BacktestResult, BacktestRun


@desk_admin(BacktestRun)
class BacktestRunAdmin(DeskAdmin):
    """Who runs what, and what failed."""

    desk = Desk.TRADING
    list_display: ClassVar = ["id", "owner", "symbol", "interval", "state", "error_code", "created_at", "finished_at"]
    list_filter: ClassVar = ["state", "symbol"]
    list_select_related: ClassVar = ["owner"]


@desk_admin(BacktestResult)
class BacktestResultAdmin(LedgerAdmin):
    """What came out."""

    desk = Desk.TRADING
    list_display: ClassVar = ["run", "result_hash", "created_at"]
    list_select_related: ClassVar = ["run"]
    exclude: ClassVar = ["series", "fills", "trades"]
