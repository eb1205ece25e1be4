"""Words with a fixed meaning."""

from django.db.models import TextChoices


class TenantStatus(TextChoices):
    """Where a tenant stands."""

    PROVISIONING = "provisioning"
    """Its schema is being made."""
    ACTIVE = "active"
    """Its hosts answer."""
    SUSPENDED = "suspended"
    """Its hosts say that it is suspended; nothing is lost."""
