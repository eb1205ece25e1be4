"""What every table of ours has: a time-ordered key, a moment of birth, a place, and a category for each field."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models

from apps.core.clock import now
from apps.core.ids import uuid7
from apps.core.placement import DataCategory, Placement


class PlacedModel(models.Model):
    """States placement and data categories; chooses its own key."""

    placement: ClassVar[Placement] = Placement.TENANT
    data_categories: ClassVar[Mapping[str, DataCategory]] = {}
    """Field name → category, for every field that the class itself declares."""

    class Meta:
        abstract = True


class BaseModel(PlacedModel):
    """The usual row: UUIDv7 key and created_at."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        abstract = True


class EntryModel(PlacedModel):
    """A row of a hot append-only table: bigint identity for order, UUID for the outside."""

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid7, editable=False, unique=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        abstract = True


INHERITED_CATEGORIES: Mapping[str, DataCategory] = {
    "id": DataCategory.OPERATIONAL,
    "uid": DataCategory.OPERATIONAL,
    "created_at": DataCategory.OPERATIONAL,
}


def category_of(model: type[models.Model], field: "models.Field[Any, Any]") -> DataCategory | None:
    """Return the category of a field of one of our models, or None when its class does not say."""
    for ancestor in model.__mro__:
        named: Mapping[str, DataCategory] = ancestor.__dict__.get("data_categories", {})
        if field.name in named:
            return named[field.name]
    return INHERITED_CATEGORIES.get(field.name)
