"""Who did what, when, to which thing: rows that nobody can change, sealed in chained batches."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel, EntryModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import append_only, no_delete, no_truncate, set_once


class AuditOutcome(models.TextChoices):
    """How an operation ended."""

    DONE = "done"
    """It took effect."""
    REFUSED = "refused"
    """It was refused and changed nothing."""


class AuditSeal(BaseModel):
    """A batch of audit rows under one hash, chained to the batch before."""

    placement = Placement.BOTH
    data_categories: ClassVar = dict.fromkeys(
        ("number", "row_count", "first_id", "last_id", "previous_hash", "hash"), DataCategory.EVIDENCE
    )

    number = models.BigIntegerField(unique=True)
    row_count = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        triggers: ClassVar = append_only("auditseal")

    def __str__(self) -> str:
        return f"seal {self.number}"


HASHED = (
    "uid", "at", "operation", "outcome", "error_code", "actor_kind", "actor_id", "actor_label", "object_type",
    "object_id", "reason", "request_id", "data",
)  # fmt: skip
"""Fields that the content hash of a row covers."""


class AuditEvent(EntryModel):
    """One operation: its actor, its object, its outcome. `data` holds ids, states and numbers, never personal text."""

    placement = Placement.BOTH
    data_categories: ClassVar = dict.fromkeys((*HASHED[1:], "content_hash", "seal"), DataCategory.EVIDENCE)

    at = models.DateTimeField()
    operation = models.CharField(max_length=80)
    outcome = models.CharField(max_length=8, choices=AuditOutcome.choices)
    error_code = models.CharField(max_length=80, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    seal = models.ForeignKey(AuditSeal, null=True, on_delete=models.PROTECT, related_name="events")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id", "id"], name="audit_by_object"),
            models.Index(fields=["actor_id", "id"], name="audit_by_actor"),
            models.Index(fields=["id"], condition=models.Q(seal__isnull=True), name="audit_unsealed"),
        ]
        triggers: ClassVar = [
            set_once("auditevent", "seal_id"),
            no_delete("auditevent"),
            no_truncate("auditevent"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.outcome}"
