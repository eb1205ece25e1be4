"""Writes on settings."""

from apps.platform.configurations.operations.values import MANAGE_SETTINGS, set_value

__all__ = ["MANAGE_SETTINGS", "set_value"]
