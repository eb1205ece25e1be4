"""Requests for studies of the moving-average cross."""

from decimal import Decimal
from typing import Any

from apps.trading.backtests.choices import StudyKind
from apps.trading.backtests.operations import StudyRequest
from apps.trading.backtests.study_execution import work_on
from apps.trading.backtests.study_plan import Axis, Search
from tests.apps.trading.backtests.prepared import request_for

FAST = Axis("fast", ("entry.left.params.period", "exit.left.params.period"), Decimal(10), Decimal(25), Decimal(5))
SLOW = Axis("slow", ("entry.right.params.period", "exit.right.params.period"), Decimal(30), Decimal(60), Decimal(10))


def study_of(version: Any, kind: StudyKind = StudyKind.OPTIMISE, **search: Any) -> StudyRequest:
    """Return a request over the cross's two periods: 16 combinations, two months of hours."""
    axes = () if kind == StudyKind.MONTE_CARLO else (FAST, SLOW)
    given = {"axes": axes, "least_trades": 2, **search}
    return StudyRequest(request_for(version), kind, Search(**given))


def work_off(study: Any) -> int:
    """Do all parts that can be done now; return how many there were."""
    count = 0
    while work_on(study.pk):
        count += 1
    return count
