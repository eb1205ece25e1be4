"""Where a customer wants the results of each day to be sent, and what was sent."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.sealing import SealedField
from apps.trading.portfolios.choices import DeliveryState

OPERATIONAL, FINANCIAL, PERSONAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL, DataCategory.PERSONAL


class ResultWebhook(BaseModel):
    """An address of a customer, with the secret that signs what is sent there. `next_day` is sent when it is over."""

    data_categories: ClassVar = {
        **dict.fromkeys(("owner", "next_day", "paused_at"), OPERATIONAL),
        **dict.fromkeys(("url", "secret"), PERSONAL),
    }

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    url = SealedField()
    secret = SealedField()
    next_day = models.DateField()
    paused_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"webhook of {self.owner_id}"


class WebhookDelivery(BaseModel):
    """The results of one day, as they are sent: the same bytes and the same id each time it is tried."""

    data_categories: ClassVar = {
        **dict.fromkeys(
            ("owner", "day", "state", "attempts", "next_attempt_at", "answered", "error", "ended_at"), OPERATIONAL
        ),
        "body": FINANCIAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    body = models.TextField()
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    answered = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "day"], name="one_webhook_delivery_per_day"),
        ]

    def __str__(self) -> str:
        return f"results of {self.day}"
