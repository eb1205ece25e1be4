"""Audit: reading the trail that core writes."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """App `audit`."""

    name = "apps.platform.audit"
    label = "audit"

    def ready(self) -> None:
        """Make the reading permission known."""
        from apps.platform.audit import queries  # noqa: F401 - declares it
