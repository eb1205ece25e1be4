"""States of strategies."""

from django.db import models

from apps.core.transitions import StateTable


class StrategyState(models.TextChoices):
    """Whether a strategy is in use."""

    ACTIVE = "active"
    """It can be changed, back-tested and run."""
    ARCHIVED = "archived"
    """Put away: kept with all versions and results, not offered any more."""


STRATEGY_STATES = StateTable(
    field="state",
    moves={
        "archive": {StrategyState.ACTIVE: StrategyState.ARCHIVED},
        "restore": {StrategyState.ARCHIVED: StrategyState.ACTIVE},
    },
)
