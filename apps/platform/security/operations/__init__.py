"""Writes of security."""

from apps.platform.security.operations.roles import APPROVE_ROLES, MANAGE_ROLES, grant_role, revoke_role
from apps.platform.security.operations.step_up import CodeAtTheDesk, Summary, confirm_step_up, require_recent_2fa

__all__ = [
    "APPROVE_ROLES",
    "MANAGE_ROLES",
    "CodeAtTheDesk",
    "Summary",
    "confirm_step_up",
    "grant_role",
    "require_recent_2fa",
    "revoke_role",
]
