"""Keys for programs."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement


class ApiKey(BaseModel):
    """A key with the rights of its scopes, for its owner's things. We keep a hash: the key itself is shown once."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "name": DataCategory.CONTENT,
        "prefix": DataCategory.OPERATIONAL,
        "secret_hash": DataCategory.SECRET,
        "scopes": DataCategory.OPERATIONAL,
        "cidrs": DataCategory.PERSONAL,
        "expires_at": DataCategory.OPERATIONAL,
        "last_used_at": DataCategory.OPERATIONAL,
        "revoked_at": DataCategory.OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    cidrs = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "API key"
        indexes: ClassVar = [models.Index(fields=["owner", "id"], name="api_keys_by_owner")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("created_at")), name="api_key_lives"),
        ]

    def __str__(self) -> str:
        return f"ck_{self.prefix}…"
