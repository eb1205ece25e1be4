"""Back-tests at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, desk_admin
from apps.trading.backtests.models import BacktestResult, BacktestRun, Study, StudyPart, StudyTrial


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


@desk_admin(Study)
class StudyAdmin(DeskAdmin):
    """Who studies what, and how far it is."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "id", "owner", "kind", "symbol", "interval", "state", "trials_done", "trials_total", "error_code", "created_at",
    ]  # fmt: skip
    list_filter: ClassVar = ["state", "kind"]
    list_select_related: ClassVar = ["owner"]


@desk_admin(StudyPart)
class StudyPartAdmin(DeskAdmin):
    """Which part of a study is done, and who holds it until when."""

    desk = Desk.TRADING
    list_display: ClassVar = ["study", "number", "fold", "state", "attempts", "lease_until"]
    list_filter: ClassVar = ["state"]
    list_select_related: ClassVar = ["study"]
    exclude: ClassVar = ["series"]


@desk_admin(StudyTrial)
class StudyTrialAdmin(LedgerAdmin):
    """What each trial came to."""

    desk = Desk.TRADING
    list_display: ClassVar = ["study", "fold", "number", "score"]
    list_select_related: ClassVar = ["study"]
    exclude: ClassVar = ["sums"]
