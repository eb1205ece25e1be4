"""Reading roles; the answer to core's question about permissions."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.permissions import declared
from apps.platform.authentication.queries import hash_of_session
from apps.platform.security.choices import GRANTS, OWNER_LACKS, Role
from apps.platform.security.errors import StepUpMissing
from apps.platform.security.models import RoleAssignment, StepUpGrant


class RolePermissions:
    """Roles of the person → permissions. A customer has the customer's role without a row."""

    def allows(self, actor: Actor, permission: str) -> bool:
        """Return whether an active person's roles include the permission."""
        if actor.id is None:
            return False
        return any(permission in permissions_of(role) for role in list_roles(actor.id))


def list_roles(user_id: UUID) -> list[Role]:
    """Return the roles of an active person in this schema; none for a disabled or unknown one."""
    rows = list(
        get_user_model()
        .objects.filter(pk=user_id, is_active=True)
        .values_list("is_staff", "role_assignments__role", "role_assignments__revoked_at")
    )
    roles = [Role(role) for _, role, revoked_at in rows if role is not None and revoked_at is None]
    return roles if not rows or rows[0][0] else [Role.CUSTOMER, *roles]


def permissions_of(role: Role) -> frozenset[str]:
    """Return the permissions a role gives."""
    return _owner_permissions(len(declared())) if role is Role.OWNER else GRANTS[role]


@lru_cache(maxsize=4)
def _owner_permissions(_count: int) -> frozenset[str]:
    return frozenset(declared()) - OWNER_LACKS


def list_holders(permission: str) -> list[UUID]:
    """Return active people whose rows give them the permission."""
    roles = [role for role in Role if permission in permissions_of(role)]
    rows = RoleAssignment.objects.filter(role__in=roles, revoked_at__isnull=True, user__is_active=True)
    return list(rows.values_list("user_id", flat=True).distinct())


def get_step_up(request: Any, challenge_id: UUID) -> StepUpGrant:
    """Return an open challenge of the request's person and session, or raise StepUpMissing."""
    row = StepUpGrant.objects.filter(
        pk=challenge_id,
        user_id=request.user.pk,
        session_hash=hash_of_session(request) or "",
        used_at__isnull=True,
        expires_at__gt=now(),
    ).first()
    if row is None:
        raise StepUpMissing
    return row
