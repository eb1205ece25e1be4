"""What a customer keeps an eye on."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory


class Watchlist(BaseModel):
    """A named list of symbols; `position` orders a person's lists."""

    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "name": DataCategory.CONTENT,
        "position": DataCategory.OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "name"], name="watchlist_name_per_owner"),
        ]

    def __str__(self) -> str:
        return self.name


class WatchlistItem(BaseModel):
    """A symbol of a list; lower positions come first."""

    data_categories: ClassVar = {
        "watchlist": DataCategory.OPERATIONAL,
        "symbol": DataCategory.OPERATIONAL,
        "position": DataCategory.OPERATIONAL,
    }

    watchlist = models.ForeignKey(Watchlist, on_delete=models.CASCADE, related_name="items")
    symbol = models.CharField(max_length=32)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["watchlist", "symbol"], name="symbol_once_per_watchlist"),
        ]

    def __str__(self) -> str:
        return self.symbol
