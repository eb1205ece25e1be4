"""Differences between our books and a venue: noted once, kept open until they are gone."""

from collections.abc import Collection
from uuid import UUID

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.trading.exchanges.queries import get_connection
from apps.trading.orders.choices import IncidentKind
from apps.trading.orders.models import ReconcileIncident
from kernel.events.trading import ReconcileDiffered

SYSTEM = Actor.system("orders")


def note_incident(
    *, connection_id: UUID, kind: IncidentKind, subject: str, expected: str = "", found: str = ""
) -> ReconcileIncident:
    """Keep a difference, in the caller's transaction; one that is open already is brought up to date, not doubled."""
    facts = {"expected": expected[:120], "found": found[:120], "seen_at": now()}
    row, is_new = ReconcileIncident.objects.update_or_create(
        connection_id=connection_id, kind=kind, subject=subject[:80], resolved_at=None, defaults=facts
    )
    if is_new:
        owner_id = get_connection(connection_id).owner_id
        outbox.publish(
            ReconcileDiffered(incident_id=row.pk, connection_id=connection_id, owner_id=owner_id, kind=kind.value),
            actor=SYSTEM,
        )
    return row


def resolve_incidents(*, connection_id: UUID, kind: IncidentKind, still: Collection[str] = ()) -> int:
    """Close the open differences of a kind except those of the subjects in `still`; return how many were closed."""
    found = ReconcileIncident.objects.filter(connection_id=connection_id, kind=kind, resolved_at=None)
    return found.exclude(subject__in=still).update(resolved_at=now())
