"""Strategies and their versions."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete
from apps.trading.strategies.choices import STRATEGY_STATES, StrategyState
from kernel.strategy import StrategyDocument, parse_document


class Strategy(BaseModel):
    """A customer's strategy. Its rules are in its versions; `name` is the newest version's."""

    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "name": DataCategory.CONTENT,
        "state": DataCategory.OPERATIONAL,
        "latest_number": DataCategory.OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=StrategyState.choices, default=StrategyState.ACTIVE)
    latest_number = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner", "state", "-id"], name="strategy_by_owner")]
        triggers: ClassVar = [STRATEGY_STATES.trigger("strategy"), no_delete("strategy")]

    def __str__(self) -> str:
        return self.name


class StrategyVersion(BaseModel):
    """Rules as they once were. Append-only: bots and back-tests refer to a version and can rely on it."""

    data_categories: ClassVar = {
        "strategy": DataCategory.OPERATIONAL,
        "number": DataCategory.OPERATIONAL,
        "document": DataCategory.CONTENT,
        "document_hash": DataCategory.OPERATIONAL,
    }

    strategy = models.ForeignKey(Strategy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    document_hash = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["strategy", "number"], name="strategy_version_number"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="strategy_version_counts_from_one"),
        ]
        triggers: ClassVar = append_only("strategyversion")

    def __str__(self) -> str:
        return f"version {self.number}"

    def parsed(self) -> StrategyDocument:
        """Return the rules as the kernel takes them."""
        return parse_document(self.document)
