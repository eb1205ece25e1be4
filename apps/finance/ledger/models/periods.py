"""Closed periods: nothing that counts before the line may be posted any more."""

from typing import ClassVar

from django.db import models

from apps.core.guards import no_delete, no_truncate, set_once
from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory


class PeriodClose(BaseModel):
    """The books are closed up to `until` (exclusive), unless the closing was undone."""

    data_categories: ClassVar = {
        "until": DataCategory.FINANCIAL,
        "closed_by": DataCategory.OPERATIONAL,
        "reason": DataCategory.CONTENT,
        "reopened_at": DataCategory.OPERATIONAL,
    }

    until = models.DateTimeField()
    closed_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=300)
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["until"], condition=models.Q(reopened_at__isnull=True), name="one_closing_per_moment"
            ),
        ]
        triggers: ClassVar = [set_once("periodclose", "reopened_at"), no_delete("periodclose"), no_truncate("pclose")]

    def __str__(self) -> str:
        return f"closed until {self.until:%Y-%m-%d}"
