"""Desk pages of the core: requests for approval, reports of the proofs, events and timers that did not get done."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from apps.core import approvals
from apps.core.actors import Actor
from apps.core.desk import (
    PERMISSIONS,
    Alarm,
    Desk,
    DeskAdmin,
    LedgerAdmin,
    OperationAction,
    Queue,
    add_alarm,
    add_queue,
    desk_admin,
)
from apps.core.models import Approval, ApprovalState, OutboxEvent, ProofReport, Timer, TimerState
from apps.core.permissions import allows, declare, may
from apps.core.proofs import PROVE, count_unproven_days, is_signed, newest_report, prove_and_store

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
        OperationAction(
            "approve", "Approve", CHECK, _decide(True), available=_is_pending, confirms=approvals.thing_to_confirm
        ),
        OperationAction("reject", "Reject", CHECK, _decide(False), available=_is_pending, is_dangerous=True),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person sees the platform desk, or checks requests of any desk."""
        if super().has_view_permission(request, obj):
            return True
        return may(request, CHECK)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        """Return all requests for the platform desk; for others those they may check and those they made."""
        rows: QuerySet[Approval] = super().get_queryset(request)
        actor = Actor.of(request.user)
        if allows(actor, PERMISSIONS[Desk.PLATFORM]):
            return rows
        return rows.filter(Q(action__in=approvals.list_actions_for(actor)) | Q(maker_id=actor.id))


class ProofReportAdmin(DeskAdmin):
    """What the proofs found, newest first. A report whose signature does not fit was changed after it was made."""

    list_display: ClassVar = ("ran_at", "is_clean", "faults", "duration", "signature_holds", "what_failed")
    list_filter: ClassVar = ("is_clean", "ran_at")
    ordering: ClassVar = ("-ran_at", "-id")
    table_operations = (
        OperationAction(
            "run",
            "Run the proofs now",
            PROVE,
            lambda actor, _row, given: prove_and_store(actor=actor, reason=given["reason"]),
        ),
    )

    @admin.display(boolean=True, description="Signature holds")
    def signature_holds(self, row: ProofReport) -> bool:
        """Return whether the report is what was signed."""
        return is_signed(row)

    @admin.display(description="Took, ms")
    def duration(self, row: ProofReport) -> int:
        """Return how long the run took."""
        return row.duration_ms

    @admin.display(description="What failed")
    def what_failed(self, row: ProofReport) -> str:
        """Return the proofs with faults."""
        return ", ".join(f"{name} ({found['count']})" for name, found in row.report["proofs"].items() if found["count"])


@desk_admin(ProofReport)
class TenantProofReportAdmin(ProofReportAdmin):
    """At the finance desk of a tenant."""

    desk = Desk.FINANCE


@desk_admin(ProofReport, site="console")
class ConsoleProofReportAdmin(ProofReportAdmin):
    """On the platform's console: the proofs of public."""

    desk = Desk.PLATFORM


def _red_proof() -> Alarm | None:
    newest = newest_report()
    if newest is None or (newest.is_clean and is_signed(newest)):
        return None
    url = reverse("admin:core_proofreport_change", args=[newest.pk])
    if not is_signed(newest):
        return Alarm("The newest proof report was changed after it was signed. Run the proofs again.", url)
    words = "1 thing does" if newest.faults == 1 else f"{newest.faults} things do"
    return Alarm(f"The proof of {newest.ran_at:%-d %b, %H:%M} UTC is red: {words} not hold.", url)


add_alarm(Desk.FINANCE, _red_proof)
UNPROVEN_SPAN = 30
add_queue(
    Queue(
        Desk.FINANCE,
        f"of the last {UNPROVEN_SPAN} days without a clean proof",
        lambda: count_unproven_days(UNPROVEN_SPAN),
        lambda: reverse("admin:core_proofreport_changelist"),
    )
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
