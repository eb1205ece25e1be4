"""Closing the books up to a moment, and undoing the newest closing with four eyes."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.clock import now
from apps.core.models import Approval
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.finance.ledger.errors import PeriodNotClosed, PeriodTooYoung
from apps.finance.ledger.models import PeriodClose

CLOSE = declare("ledger.close_period", "Close periods of the books, and ask to reopen them")
APPROVE = declare("ledger.approve", "Approve reversals, adjustments and reopened periods of the ledger")
LOCK = 7894
"""The advisory lock that back-dated postings share (see the posting function)."""
YOUNGEST = timedelta(hours=1)
REOPEN = "ledger.reopen_period"


@operation("ledger.close_period", permission=CLOSE, audited=("until",))
def close_period(*, actor: Actor, until: datetime, reason: str) -> PeriodClose:
    """Close the books up to `until` (exclusive). What counts before it can no longer be posted.

    Raises PeriodTooYoung when the end is less than one hour ago. Closing the same moment again returns what stands.
    """
    if until > now() - YOUNGEST:
        raise PeriodTooYoung(field="until")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
    standing = PeriodClose.objects.filter(reopened_at__isnull=True, until__gte=until).order_by("-until").first()
    return standing or PeriodClose.objects.create(until=until, closed_by=actor.id, reason=reason)


@operation("ledger.ask_to_reopen_period", permission=CLOSE, audited=("period_id",))
def ask_to_reopen_period(*, actor: Actor, period_id: UUID, reason: str) -> Approval:
    """Ask another person to undo the newest closing. Raises PeriodNotClosed."""
    _newest(period_id)
    return request_approval(actor=actor, action=REOPEN, payload={"period_id": str(period_id)}, reason=reason)


@approvable(REOPEN, permission=APPROVE, title="Reopen a closed period")
def _reopen(actor: Actor, payload: dict[str, Any]) -> None:
    period = _newest(UUID(payload["period_id"]))
    PeriodClose.objects.filter(pk=period.pk).update(reopened_at=now())


def _newest(period_id: UUID) -> PeriodClose:
    newest = PeriodClose.objects.filter(reopened_at__isnull=True).order_by("-until").first()
    if newest is None or newest.pk != period_id:
        raise PeriodNotClosed
    return newest
