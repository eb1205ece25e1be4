"""Writing the audit trail. Operations do it through `operation`; refusals of a face go through `record_refusal`."""

import hashlib
import json
from typing import Any

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_request_id
from apps.core.models import AuditEvent, AuditOutcome
from apps.core.models.audit import HASHED


def record(
    *,
    actor: Actor,
    operation: str,
    outcome: AuditOutcome = AuditOutcome.DONE,
    subject: Any = None,
    reason: str = "",
    error_code: str = "",
    data: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one audit row in the caller's transaction; `subject` is the model row that was touched."""
    event = AuditEvent(
        at=now(),
        operation=operation,
        outcome=outcome,
        error_code=error_code,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_label=actor.label,
        object_type=subject._meta.label_lower if subject is not None else "",
        object_id=str(subject.pk) if subject is not None else "",
        reason=reason[:500],
        request_id=current_request_id(),
        data=data or {},
    )
    event.content_hash = content_hash(event)
    event.save(force_insert=True)
    return event


def content_hash(event: AuditEvent) -> str:
    """Return SHA-256 over the canonical JSON of the row's facts."""
    facts = {name: str(getattr(event, name)) for name in HASHED if name not in ("data", "at")}
    facts["at"] = event.at.isoformat()
    canonical = json.dumps({**facts, "data": event.data}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
