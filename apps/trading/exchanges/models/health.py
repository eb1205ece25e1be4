"""How the exchanges are, and what they list: public facts, shared by all tenants."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import append_only
from apps.trading.exchanges.choices import VenueCondition


class VenueState(BaseModel):
    """How an exchange is now: one row for each, renewed every minute. Times of requests in ms; None: not measured."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "venue": DataCategory.PUBLIC_FACT,
        "condition": DataCategory.PUBLIC_FACT,
        "reason": DataCategory.PUBLIC_FACT,
        "since": DataCategory.PUBLIC_FACT,
        "checked_at": DataCategory.PUBLIC_FACT,
        "p50_ms": DataCategory.PUBLIC_FACT,
        "p95_ms": DataCategory.PUBLIC_FACT,
        "error_percent": DataCategory.PUBLIC_FACT,
        "clock_offset_ms": DataCategory.PUBLIC_FACT,
        "stream_lag_ms": DataCategory.PUBLIC_FACT,
    }

    venue = models.OneToOneField("exchanges.Venue", on_delete=models.PROTECT, related_name="health")
    condition = models.CharField(max_length=12, choices=VenueCondition.choices, default=VenueCondition.UNKNOWN)
    reason = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    checked_at = models.DateTimeField()
    p50_ms = models.IntegerField(null=True)
    p95_ms = models.IntegerField(null=True)
    error_percent = models.SmallIntegerField(default=0)
    clock_offset_ms = models.IntegerField(null=True)
    stream_lag_ms = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.get_condition_display()


class VenueStateChange(BaseModel):
    """When an exchange began to be in a condition, and why; never changed."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "venue": DataCategory.PUBLIC_FACT,
        "condition": DataCategory.PUBLIC_FACT,
        "reason": DataCategory.PUBLIC_FACT,
        "began_at": DataCategory.PUBLIC_FACT,
    }

    venue = models.ForeignKey("exchanges.Venue", on_delete=models.PROTECT, related_name="changes")
    condition = models.CharField(max_length=12, choices=VenueCondition.choices)
    reason = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["venue", "-began_at"], name="venue_changes_newest")]
        triggers: ClassVar = append_only("venue_state_change")

    def __str__(self) -> str:
        return self.get_condition_display()


class VenueMaintenance(BaseModel):
    """A time in which an exchange announced to be closed."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "venue": DataCategory.PUBLIC_FACT,
        "begins_at": DataCategory.PUBLIC_FACT,
        "ends_at": DataCategory.PUBLIC_FACT,
        "note": DataCategory.PUBLIC_FACT,
        "cancelled_at": DataCategory.PUBLIC_FACT,
    }

    venue = models.ForeignKey("exchanges.Venue", on_delete=models.PROTECT, related_name="maintenance")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="maintenance_ends_after_it_begins"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["venue", "ends_at"], name="venue_maintenance_by_end")]

    def __str__(self) -> str:
        return self.note


class VenueMarkets(BaseModel):
    """The markets and filters of an exchange as read at a time: a new version when something changed."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "venue": DataCategory.PUBLIC_FACT,
        "version": DataCategory.PUBLIC_FACT,
        "digest": DataCategory.PUBLIC_FACT,
        "payload": DataCategory.PUBLIC_FACT,
        "count": DataCategory.PUBLIC_FACT,
        "checked_at": DataCategory.PUBLIC_FACT,
    }

    venue = models.ForeignKey("exchanges.Venue", on_delete=models.PROTECT, related_name="market_versions")
    version = models.IntegerField()
    digest = models.CharField(max_length=64)
    payload = models.BinaryField()
    """The unified markets as JSON, zlib."""
    count = models.IntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["venue", "version"], name="one_row_per_version_of_markets")
        ]

    def __str__(self) -> str:
        return f"version {self.version}"
