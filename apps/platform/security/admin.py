"""People and their rights at the platform desk."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, OperationAction, desk_admin
from apps.platform.security.choices import Role
from apps.platform.security.models import RoleAssignment
from apps.platform.security.operations import MANAGE_ROLES, grant_role, revoke_role
from apps.platform.security.queries import list_roles
from apps.platform.users.operations import deactivate_user
from apps.platform.users.operations.accounts import MANAGE_USERS


class RoleForm(forms.Form):
    """Which role."""

    role = forms.ChoiceField(choices=[], widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in Role]  # type: ignore[attr-defined]


def _grant(actor: Actor, row: Any, data: dict[str, Any]) -> None:
    grant_role(actor=actor, user_id=row.pk, role=data["role"], reason=data["reason"])


def _close(actor: Actor, row: Any, data: dict[str, Any]) -> None:
    deactivate_user(actor=actor, user_id=row.pk, reason=data["reason"])


def _revoke(actor: Actor, row: RoleAssignment, data: dict[str, Any]) -> None:
    revoke_role(actor=actor, user_id=row.user_id, role=row.role, reason=data["reason"])


@desk_admin(get_user_model())
@desk_admin(get_user_model(), site="console")
class UserAdmin(DeskAdmin):
    """Accounts. A new role may wait for a second person."""

    desk = Desk.PLATFORM
    list_display = ("email", "is_staff", "is_active", "roles", "created_at", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email",)
    fields = ("email", "is_staff", "is_active", "language", "last_login", "created_at", "roles")
    ordering = ("email",)
    operations = (
        OperationAction("grant", "Give a role", MANAGE_ROLES, _grant, form=RoleForm),
        OperationAction(
            "deactivate",
            "Close the account",
            MANAGE_USERS,
            _close,
            available=lambda row: row.is_active,
            is_dangerous=True,
        ),
    )

    def roles(self, user: Any) -> str:
        """Return the person's roles in words."""
        return ", ".join(role.label for role in list_roles(user.pk)) or "–"


@desk_admin(RoleAssignment)
@desk_admin(RoleAssignment, site="console")
class RoleAssignmentAdmin(DeskAdmin):
    """Who has which role since when, and who had."""

    desk = Desk.PLATFORM
    list_display = ("user", "role", "granted_by", "created_at", "revoked_at")
    list_filter = ("role",)
    list_select_related = ("user",)
    ordering = ("-id",)
    operations = (
        OperationAction(
            "revoke",
            "Take the role",
            MANAGE_ROLES,
            _revoke,
            available=lambda row: row.revoked_at is None,
            is_dangerous=True,
        ),
    )
