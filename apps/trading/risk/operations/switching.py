"""Kill switches: engaging is one row and holds at once; lifting takes a second factor or a second person."""

from typing import Any
from uuid import UUID

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.clock import now
from apps.core.models import Approval
from apps.core.operation import operation
from apps.trading.risk.choices import Scope
from apps.trading.risk.errors import ChangedSinceAsked, HeldByStaff, NothingToChange, SwitchMissing
from apps.trading.risk.live import announce
from apps.trading.risk.models import KillSwitch, PlatformSwitch
from apps.trading.risk.operations.limiting import checked_own_subject, checked_subject
from apps.trading.risk.operations.permissions import (
    APPROVE,
    APPROVE_PLATFORM,
    CLAIM,
    HALT,
    HALT_PLATFORM,
    MANAGE_OWN,
)
from kernel.events.risk import PlatformSwitchMoved, SwitchEngaged, SwitchLifted

LIFT, LIFT_PLATFORM = "risk.lift_switch", "risk.lift_platform_switch"


@operation("risk.engage_own_switch", permission=MANAGE_OWN, audited=("scope", "subject_id", "flatten"))
def engage_own_switch(
    *, actor: Actor, scope: str, subject_id: UUID | None = None, flatten: bool = True, reason: str = ""
) -> KillSwitch:
    """Engage the switch of one's own account or bot: from this commit on only reducing orders are let through.

    Engaging an engaged one changes nothing but `flatten`, which may be added. Raises SubjectMissing.
    """
    subject = checked_own_subject(actor, scope, subject_id)
    return _engage(actor, scope, subject, actor.id, flatten=flatten, by_staff=False)


@operation("risk.lift_own_switch", permission=MANAGE_OWN, audited=("switch_id",))
def lift_own_switch(*, actor: Actor, switch_id: UUID) -> KillSwitch:
    """Lift a switch that one engaged oneself; faces call it after the second factor (`require_recent_2fa`).

    Raises SwitchMissing, HeldByStaff, NothingToChange.
    """
    row = KillSwitch.objects.select_for_update(of=("self",)).filter(pk=switch_id, owner_id=actor.id).first()
    if row is None:
        raise SwitchMissing
    if row.by_staff:
        raise HeldByStaff
    return _lift(row, actor)


@operation("risk.engage_switch", permission=HALT, audited=("scope", "subject_id", "flatten"))
def engage_switch(
    *, actor: Actor, scope: str, reason: str, subject_id: UUID | None = None, flatten: bool = True
) -> KillSwitch:
    """Engage the switch of a bot, a customer or the whole tenant, as staff. Raises SubjectMissing."""
    subject, owner = checked_subject(scope, subject_id)
    return _engage(actor, scope, subject, owner, flatten=flatten, by_staff=True)


@operation("risk.ask_lift", permission=HALT, audited=("switch_id",))
def ask_lift(*, actor: Actor, switch_id: UUID, reason: str) -> Approval:
    """Ask for lifting a switch of the tenant; it is lifted when a second person says yes with a fresh code.

    Raises SwitchMissing, NothingToChange.
    """
    row = KillSwitch.objects.filter(pk=switch_id).exclude(scope=Scope.PLATFORM).first()
    if row is None:
        raise SwitchMissing
    if not row.is_engaged:
        raise NothingToChange
    payload = {"switch": str(row.pk), "what": str(row), "times": row.times}
    return request_approval(actor=actor, action=LIFT, payload=payload, reason=reason)


@approvable(LIFT, permission=APPROVE, title="Lift a kill switch")
def run_lift(actor: Actor, payload: dict[str, Any]) -> None:
    """Lift the switch, if it is still the same engagement."""
    row = KillSwitch.objects.select_for_update(of=("self",)).get(pk=payload["switch"])
    if not row.is_engaged or row.times != payload["times"]:
        raise ChangedSinceAsked
    _lift(row, actor)


@operation("risk.engage_platform_switch", permission=HALT_PLATFORM, audited=("flatten",))
def engage_platform_switch(*, actor: Actor, reason: str, flatten: bool = True) -> PlatformSwitch:
    """Engage the platform's switch, in the public schema: every tenant's orders stop at once, its own work follows."""
    row = _platform_row()
    if row.is_engaged and row.flattens >= flatten:
        return row
    if not row.is_engaged:
        row.times, row.engaged_at = row.times + 1, now()
    row.is_engaged, row.flattens = True, flatten
    row.save()
    outbox.publish(PlatformSwitchMoved(is_engaged=True, flatten=flatten), actor=actor)
    return row


@operation("risk.ask_lift_platform", permission=HALT_PLATFORM)
def ask_lift_platform(*, actor: Actor, reason: str) -> Approval:
    """Ask for lifting the platform's switch. Raises NothingToChange."""
    row = _platform_row()
    if not row.is_engaged:
        raise NothingToChange
    payload = {"what": str(row), "times": row.times}
    return request_approval(actor=actor, action=LIFT_PLATFORM, payload=payload, reason=reason)


@approvable(LIFT_PLATFORM, permission=APPROVE_PLATFORM, title="Lift the kill switch of the platform")
def run_lift_platform(actor: Actor, payload: dict[str, Any]) -> None:
    """Lift it, if it is still the same engagement."""
    row = _platform_row()
    if not row.is_engaged or row.times != payload["times"]:
        raise ChangedSinceAsked
    row.is_engaged, row.lifted_at = False, now()
    row.save(update_fields=["is_engaged", "lifted_at"])
    outbox.publish(PlatformSwitchMoved(is_engaged=False, flatten=False), actor=actor)


@operation("risk.follow_platform", permission=CLAIM, trail=False)
def follow_platform(*, actor: Actor) -> KillSwitch:
    """Bring this tenant's copy of the platform's switch up to date, and tell who cancels and flattens."""
    wanted = PlatformSwitch.objects.first()
    row = _row(Scope.PLATFORM.value, None, None)
    if wanted is None or (row.is_engaged, row.times) == (wanted.is_engaged, wanted.times):
        return row
    row.times = wanted.times - 1 if wanted.is_engaged else wanted.times
    if not wanted.is_engaged:
        row.save(update_fields=["times"])
        return _lift(row, actor) if row.is_engaged else row
    row.is_engaged = False
    return _engage_row(row, actor, flatten=wanted.flattens, by_staff=True)


def _engage(
    actor: Actor, scope: str, subject: UUID | None, owner: UUID | None, *, flatten: bool, by_staff: bool
) -> KillSwitch:
    return _engage_row(_row(scope, subject, owner), actor, flatten=flatten, by_staff=by_staff)


def _engage_row(row: KillSwitch, actor: Actor, *, flatten: bool, by_staff: bool) -> KillSwitch:
    if row.is_engaged and row.flattens >= flatten and row.by_staff >= by_staff:
        return row
    if not row.is_engaged:
        row.times, row.engaged_at, row.by_staff, row.flattens = row.times + 1, now(), by_staff, flatten
    row.is_engaged = True
    row.flattens, row.by_staff = row.flattens or flatten, row.by_staff or by_staff
    row.save()
    outbox.publish(
        SwitchEngaged(switch_id=row.pk, scope=row.scope, subject_id=row.subject_id, flatten=row.flattens), actor=actor
    )
    _tell(row)
    return row


def _lift(row: KillSwitch, actor: Actor) -> KillSwitch:
    if not row.is_engaged:
        raise NothingToChange
    row.is_engaged, row.by_staff, row.lifted_at = False, False, now()
    row.save(update_fields=["is_engaged", "by_staff", "lifted_at"])
    outbox.publish(SwitchLifted(switch_id=row.pk, scope=row.scope, subject_id=row.subject_id), actor=actor)
    _tell(row)
    return row


def _tell(row: KillSwitch) -> None:
    if row.owner_id is not None:
        announce(row.owner_id)


def _row(scope: str, subject: UUID | None, owner: UUID | None) -> KillSwitch:
    key = {"scope": scope, "subject_id": subject}
    KillSwitch.objects.bulk_create([KillSwitch(owner_id=owner, **key)], ignore_conflicts=True)
    return KillSwitch.objects.select_for_update(of=("self",)).get(**key)


def _platform_row() -> PlatformSwitch:
    PlatformSwitch.objects.bulk_create([PlatformSwitch()], ignore_conflicts=True)
    return PlatformSwitch.objects.select_for_update().get()
