"""Stored replies: the same key gives the same bytes, and one effect."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement


class IdempotencyRecord(BaseModel):
    """The first reply to (actor, operation, key)."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "actor_id": DataCategory.OPERATIONAL,
        "operation": DataCategory.OPERATIONAL,
        "key": DataCategory.OPERATIONAL,
        "request_hash": DataCategory.OPERATIONAL,
        "reply_status": DataCategory.OPERATIONAL,
        "reply_body": DataCategory.OPERATIONAL,
    }

    actor_id = models.UUIDField()
    operation = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    reply_status = models.PositiveSmallIntegerField(null=True)
    reply_body = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["actor_id", "operation", "key"], name="one_reply_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
