"""Writes on users."""

from apps.platform.users.operations.accounts import deactivate_user, register_user

__all__ = ["deactivate_user", "register_user"]
