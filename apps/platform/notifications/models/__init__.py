"""The inbox, and mail that waits to be sent."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.sealing import Ring, SealedField
from apps.core.triggers import state_machine


class InboxItem(BaseModel):
    """One message to one person. Texts are made when it is read: the row holds the topic and its params."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "topic": DataCategory.OPERATIONAL,
        "params": DataCategory.PERSONAL,
        "dedupe_key": DataCategory.OPERATIONAL,
        "read_at": DataCategory.OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=120)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "dedupe_key"], name="one_inbox_item_per_cause"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="inbox_by_owner"),
            models.Index(fields=["owner"], condition=models.Q(read_at__isnull=True), name="inbox_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} to {self.owner_id}"


class MailState(models.TextChoices):
    """Where a mail stands."""

    WAITING = "waiting"
    """Not handed over yet."""
    SENT = "sent"
    """The mail server took it; its text is gone from here."""
    FAILED = "failed"
    """The mail server refused it too often."""


class OutgoingMail(BaseModel):
    """A mail until the mail server has it. Address and text are sealed; sending empties them."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "recipient": DataCategory.PERSONAL,
        "subject": DataCategory.PERSONAL,
        "text": DataCategory.SECRET,
        "state": DataCategory.OPERATIONAL,
        "attempts": DataCategory.OPERATIONAL,
        "sent_at": DataCategory.OPERATIONAL,
        "last_error": DataCategory.OPERATIONAL,
    }

    recipient = SealedField(ring=Ring.PERSONAL, default=b"")
    subject = SealedField(ring=Ring.PERSONAL, default=b"")
    text = SealedField(ring=Ring.PERSONAL, default=b"")
    state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        triggers: ClassVar = [state_machine("outgoingmail", "state", [("waiting", "sent"), ("waiting", "failed")])]

    def __str__(self) -> str:
        return f"mail {self.state}"
