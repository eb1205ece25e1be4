"""Giving and taking roles. The highest ones take two people; where there is one person only, they take a day."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.core import outbox, timers
from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.clock import now
from apps.core.context import PUBLIC, current_schema
from apps.core.models import Approval, Timer
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.platform.authentication.operations import end_sockets
from apps.platform.security.choices import EXCLUDING, GUARDED_ROLES, PLATFORM_ROLES, Role
from apps.platform.security.errors import LastOwner, NotStaff, OwnRole, RoleMissing, RolesExclude, UnknownRole
from apps.platform.security.models import RoleAssignment
from apps.platform.security.queries import list_holders
from apps.platform.users.queries import get_user
from kernel.events.platform import RoleChanged

MANAGE_ROLES = declare("security.manage_roles", "Give and take roles")
APPROVE_ROLES = declare("security.approve_roles", "Approve the giving of owner and administrator")
ACTION = "security.grant_role"
DELAY = timedelta(hours=24)


@operation("security.grant_role", permission=MANAGE_ROLES, audited=("user_id", "role"))
def grant_role(*, actor: Actor, user_id: UUID, role: str, reason: str) -> RoleAssignment | Approval | Timer:
    """Give a person a role.

    Returns the assignment; for owner, administrator and platform security the request that another person has to
    approve, or, when nobody else can, the timer that gives it after 24 h unless it is cancelled. The product itself
    (seeding) gives at once. Raises UnknownRole, NotStaff, OwnRole, RolesExclude.
    """
    wanted = _checked(role)
    user = get_user(user_id)
    _check_person(actor, user, wanted)
    existing = RoleAssignment.objects.filter(user=user, role=wanted, revoked_at__isnull=True).first()
    if existing is not None:
        return existing
    payload = {"user_id": str(user_id), "role": wanted.value}
    if actor.is_system or wanted not in GUARDED_ROLES:
        return _assign(actor, user, wanted, reason)
    if [holder for holder in list_holders(APPROVE_ROLES) if holder not in (actor.id, user_id)]:
        return request_approval(actor=actor, action=ACTION, payload=payload, reason=reason)
    facts = {**payload, "reason": reason, "maker_id": str(actor.id)}
    return timers.schedule(name=ACTION, key=f"{user_id}:{wanted.value}", due_at=now() + DELAY, payload=facts)


@operation("security.revoke_role", permission=MANAGE_ROLES, audited=("user_id", "role"))
def revoke_role(*, actor: Actor, user_id: UUID, role: str, reason: str) -> RoleAssignment:
    """Take a role from a person, from the next request on. Raises RoleMissing, OwnRole, LastOwner."""
    wanted = _checked(role)
    if actor.id == user_id:
        raise OwnRole
    # Owners are locked together, so that two of them cannot take the last two ownerships at the same moment.
    owners = list(
        RoleAssignment.objects.select_for_update().filter(
            role=Role.OWNER, revoked_at__isnull=True, user__is_active=True
        )
    )
    row = (
        RoleAssignment.objects.select_for_update().filter(user_id=user_id, role=wanted, revoked_at__isnull=True).first()
    )
    if row is None:
        raise RoleMissing
    if wanted is Role.OWNER and [owner.user_id for owner in owners] == [user_id]:
        raise LastOwner
    row.revoked_at = now()
    row.save(update_fields=["revoked_at"])
    outbox.publish(RoleChanged(user_id=user_id, role=wanted.value, granted=False), actor=actor)
    end_sockets(user_id)
    return row


@approvable(ACTION, permission=APPROVE_ROLES, title="Give a role")
def run_grant(actor: Actor, payload: dict[str, Any]) -> None:
    """Give the role that a second person approved (or that waited its day)."""
    user, wanted = get_user(UUID(payload["user_id"])), _checked(payload["role"])
    _check_exclusion(user, wanted)
    _assign(actor, user, wanted, "approved")


def _assign(actor: Actor, user: Any, role: Role, reason: str) -> RoleAssignment:
    try:
        with transaction.atomic():
            row = RoleAssignment.objects.create(user=user, role=role, granted_by=actor.id, reason=reason)
    except IntegrityError:
        return RoleAssignment.objects.get(user=user, role=role, revoked_at__isnull=True)
    outbox.publish(RoleChanged(user_id=user.pk, role=role.value, granted=True), actor=actor)
    return row


def _checked(role: str) -> Role:
    if role not in Role.values:
        raise UnknownRole(field="role", role=role)
    found = Role(role)
    if (found in PLATFORM_ROLES) != (current_schema() == PUBLIC):
        raise UnknownRole(field="role", role=role)
    return found


def _check_person(actor: Actor, user: Any, role: Role) -> None:
    if actor.id == user.pk:
        raise OwnRole
    if not user.is_staff and role is not Role.CUSTOMER:
        raise NotStaff(field="user_id")
    _check_exclusion(user, role)


def _check_exclusion(user: Any, role: Role) -> None:
    other = EXCLUDING.get(role)
    if other and RoleAssignment.objects.filter(user=user, role=other, revoked_at__isnull=True).exists():
        raise RolesExclude(field="role", role=role.label, other=other.label)
