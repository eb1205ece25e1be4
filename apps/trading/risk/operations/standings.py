"""The row of a customer or bot: the lock of its claims and the place of its state."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core import audit, outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.transitions import transition
from apps.trading.risk.choices import STATES, Scope, State
from apps.trading.risk.live import announce
from apps.trading.risk.models import RiskStanding
from kernel.events.risk import RiskStateChanged


def locked_standing(scope: Scope, subject_id: UUID, owner_id: UUID, *, is_live: bool) -> RiskStanding:
    """Return the row of a subject, locked until the end of the transaction; made when it is its first."""
    key = {"scope": scope.value, "subject_id": subject_id, "is_live": is_live}
    locked = RiskStanding.objects.select_for_update(no_key=True, of=("self",)).filter(**key)
    found = locked.first()
    if found is None:
        RiskStanding.objects.bulk_create([RiskStanding(owner_id=owner_id, **key)], ignore_conflicts=True)
        found = locked.get()
    return found


def move(row: RiskStanding, event: str, actor: Actor, *, rule: str, reason: str, by_staff: bool) -> None:
    """Move a locked row by an event of its states, with the reason; tells whoever listens."""
    before = row.state
    changes: dict[str, Any] = {"state_rule": rule, "state_reason": reason[:200], "by_staff": by_staff}
    transition(row, event, table=STATES, expected=before, actor=actor, state_since=now(), **changes)
    audit.record(
        actor=actor,
        operation=f"risk.{event}",
        subject=row,
        reason=reason,
        data={"from": before, "to": row.state, "rule": rule, "scope": row.scope, "is_live": row.is_live},
    )
    outbox.publish(
        RiskStateChanged(
            scope=row.scope,
            subject_id=row.subject_id,
            owner_id=row.owner_id,
            is_live=row.is_live,
            state=row.state,
            rule=rule,
        ),
        actor=actor,
    )
    announce(row.owner_id)


def note_result(row: RiskStanding, result: Decimal, today: date) -> None:
    """Take a result into a locked row: the day's start, and the highest so far. The caller saves it."""
    if row.day != today:
        row.day, row.day_result = today, row.result if row.result is not None else result
    if row.peak_result is None or result > row.peak_result:
        row.peak_result = result
    row.result = result


def is_free(row: RiskStanding) -> bool:
    """Whether everything within the limits may be traded."""
    return row.state == State.ACTIVE
