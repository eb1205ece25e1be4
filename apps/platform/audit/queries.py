"""Reading the trail."""

from dataclasses import dataclass

from django.db.models import QuerySet

from apps.core.models import AuditEvent, AuditSeal
from apps.core.permissions import declare

READ_AUDIT = declare("audit.read", "Read the audit trail")


@dataclass(frozen=True, slots=True)
class SealState:
    """How far the trail is sealed."""

    rows: int
    unsealed: int
    seals: int
    newest_hash: str


def list_events() -> QuerySet[AuditEvent]:
    """Return audit rows with their seals, newest first."""
    return AuditEvent.objects.select_related("seal").order_by("-id")


def get_seal_state() -> SealState:
    """Return how many rows there are, how many wait for a seal, and the newest seal's hash."""
    newest = AuditSeal.objects.order_by("-number").first()
    return SealState(
        rows=AuditEvent.objects.count(),
        unsealed=AuditEvent.objects.filter(seal__isnull=True).count(),
        seals=newest.number if newest is not None else 0,
        newest_hash=newest.hash if newest is not None else "",
    )
