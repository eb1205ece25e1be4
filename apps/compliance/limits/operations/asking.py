"""Requests for approval that a newer decision replaces."""

from typing import Any

from apps.core import approvals
from apps.core.actors import Actor
from apps.core.models import Approval, ApprovalState


def void_open(action: str, target: dict[str, Any]) -> None:
    """Call off the waiting requests of an action about the same thing (`target` is part of their payload)."""
    waiting = Approval.objects.filter(action=action, state=ApprovalState.PENDING, payload__contains=target)
    for approval_id in list(waiting.values_list("pk", flat=True)):
        approvals.void(
            actor=Actor.system("limits"), approval_id=approval_id, reason="Replaced by a newer decision about the same."
        )
