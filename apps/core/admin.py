"""Desk pages of the core: requests for approval, and events and timers that could not be worked off."""

from typing import Any, ClassVar

from django.urls import reverse

from apps.core import approvals
from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, OperationAction, Queue, add_queue, desk_admin
from apps.core.models import Approval, ApprovalState, OutboxEvent, Timer, TimerState
from apps.core.permissions import declare

CHECK = declare("core.check_approvals", "Approve or reject what somebody else asked for")


def _decide(agrees: bool) -> Any:
    def run(actor: Actor, row: Approval, data: dict[str, Any]) -> Approval:
        return approvals.decide(actor=actor, approval_id=row.pk, agrees=agrees, reason=data["reason"])

    return run


def _is_pending(row: Approval) -> bool:
    return row.state == ApprovalState.PENDING


@desk_admin(Approval)
class ApprovalAdmin(DeskAdmin):
    """Four eyes: the maker never sees a way to check."""

    desk = Desk.PLATFORM
    list_display: ClassVar = ("action", "state", "reason", "maker_id", "required", "expires_at", "created_at")
    list_filter: ClassVar = ("state", "action")
    operations = (
        OperationAction("approve", "Approve", CHECK, _decide(True), available=_is_pending),
        OperationAction("reject", "Reject", CHECK, _decide(False), available=_is_pending, is_dangerous=True),
    )


@desk_admin(OutboxEvent)
class OutboxAdmin(LedgerAdmin):
    """Events, newest first; those that wait show why."""

    desk = Desk.PLATFORM
    list_display: ClassVar = ("name", "uid", "created_at", "dispatched_at", "attempts", "last_error")
    list_filter: ClassVar = ("name",)
    ordering: ClassVar = ("-id",)


@desk_admin(Timer)
class TimerAdmin(LedgerAdmin):
    """Work that is due later."""

    desk = Desk.PLATFORM
    list_display: ClassVar = ("name", "key", "due_at", "state", "attempts", "last_error")
    list_filter: ClassVar = ("state", "name")
    ordering: ClassVar = ("-due_at",)


add_queue(
    Queue(
        Desk.PLATFORM,
        "requests for approval",
        lambda: Approval.objects.filter(state=ApprovalState.PENDING).count(),
        lambda: reverse("admin:core_approval_changelist"),
    )
)
add_queue(
    Queue(
        Desk.PLATFORM,
        "timers that gave up",
        lambda: Timer.objects.filter(state=TimerState.FAILED).count(),
        lambda: reverse("admin:core_timer_changelist"),
    )
)
