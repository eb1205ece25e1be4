"""The journal: what a person writes about trades, positions and days, with pictures."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.trading.portfolios.choices import ImageKind, JournalAbout

OPERATIONAL, CONTENT = DataCategory.OPERATIONAL, DataCategory.CONTENT


class Preference(BaseModel):
    """How a person wants results shown: the time zone of the calendar and of the journal's days."""

    data_categories: ClassVar = {"owner": OPERATIONAL, "zone": OPERATIONAL}

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    zone = models.CharField(max_length=64, default="UTC")

    def __str__(self) -> str:
        return self.zone


class JournalEntry(BaseModel):
    """A note. `about` says what of: an order, a position (`about_id`), or a day; `day` is the day it stands under."""

    data_categories: ClassVar = {
        **dict.fromkeys(("owner", "about", "about_id", "symbol", "day", "changed_at"), OPERATIONAL),
        **dict.fromkeys(("title", "text", "tags"), CONTENT),
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=8, choices=JournalAbout.choices)
    about_id = models.UUIDField(null=True)
    symbol = models.CharField(max_length=32, blank=True)
    day = models.DateField()
    title = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    tags = models.JSONField(default=list)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(about=JournalAbout.DAY.value, about_id__isnull=True)
                | ~models.Q(about=JournalAbout.DAY.value) & models.Q(about_id__isnull=False),
                name="journal_about_something",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-day", "-id"], name="journal_by_day"),
            models.Index(fields=["about_id"], name="journal_by_subject"),
        ]

    def __str__(self) -> str:
        return self.title


class JournalImage(BaseModel):
    """A picture of an entry: the bytes lie in the tenant's media under `path`; the kind is what they are."""

    data_categories: ClassVar = {
        **dict.fromkeys(("entry", "kind", "size", "path"), OPERATIONAL),
        "label": CONTENT,
    }

    entry = models.ForeignKey(JournalEntry, on_delete=models.CASCADE, related_name="images")
    kind = models.CharField(max_length=5, choices=ImageKind.choices)
    size = models.PositiveIntegerField()
    path = models.CharField(max_length=120, unique=True)
    label = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(size__gt=0), name="journal_image_has_bytes")]

    def __str__(self) -> str:
        return self.label or f"{self.kind} picture"
