"""The transactional outbox: events are rows of the producer's own transaction; receipts say who has handled them."""

from typing import ClassVar

from django.db import models

from apps.core.clock import now
from apps.core.models.base import BaseModel, EntryModel
from apps.core.placement import DataCategory, Placement


class OutboxEvent(EntryModel):
    """One domain event. `id` orders delivery, `uid` is the event's name to the outside."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "name": DataCategory.OPERATIONAL,
        "version": DataCategory.OPERATIONAL,
        "payload": DataCategory.OPERATIONAL,
        "actor_kind": DataCategory.OPERATIONAL,
        "actor_id": DataCategory.OPERATIONAL,
        "request_id": DataCategory.OPERATIONAL,
        "dispatched_at": DataCategory.OPERATIONAL,
        "attempts": DataCategory.OPERATIONAL,
        "next_attempt_at": DataCategory.OPERATIONAL,
        "last_error": DataCategory.OPERATIONAL,
    }

    name = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField()
    payload = models.JSONField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    dispatched_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=now)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"], condition=models.Q(dispatched_at__isnull=True), name="outbox_waiting"
            ),
            models.Index(fields=["name", "id"], name="outbox_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.uid}"


class EventReceipt(BaseModel):
    """Proof that a handler has done its work for an event; UNIQUE makes delivery effectively once."""

    placement = Placement.BOTH
    data_categories: ClassVar = {"event": DataCategory.OPERATIONAL, "handler": DataCategory.OPERATIONAL}

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="receipts")
    handler = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["event", "handler"], name="one_receipt_per_handler")]

    def __str__(self) -> str:
        return f"{self.handler} ← {self.event_id}"
