"""Savings goals, and what became of each due date of their schedules."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models import Asset
from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.sealing import Ring, SealedField
from apps.core.triggers import append_only, no_delete, no_truncate
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices_earning import GOAL_STATES, ContributionOutcome, Every, GoalState, SkipReason

OPERATIONAL, FINANCIAL, CONTENT = DataCategory.OPERATIONAL, DataCategory.FINANCIAL, DataCategory.CONTENT


def quantity(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for an amount as the ledger writes it: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18, **more)


class SavingsGoal(BaseModel):
    """What a customer saves for. The money is in the ledger account of kind savings whose subject is the goal.

    With a schedule, `amount` goes in on each due day (see `calendar_days.next_due`); `next_due_on` is the next one,
    empty while nothing is due. `target` and `amount` are in the asset.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "name": CONTENT,
        "asset": FINANCIAL,
        "mode": OPERATIONAL,
        "target": FINANCIAL,
        "deadline": FINANCIAL,
        "amount": FINANCIAL,
        "every": OPERATIONAL,
        "anchor_day": OPERATIONAL,
        "next_due_on": OPERATIONAL,
        "state": OPERATIONAL,
        "reached_at": OPERATIONAL,
        "closed_at": OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = SealedField(ring=Ring.PERSONAL)
    asset = models.ForeignKey(
        Asset, to_field="code", db_column="asset", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    mode = models.CharField(max_length=8, choices=Mode.choices)
    target = quantity()
    deadline = models.DateField(null=True)
    amount = quantity(null=True)
    every = models.CharField(max_length=8, choices=Every.choices, blank=True, default="")
    anchor_day = models.PositiveSmallIntegerField(null=True)
    next_due_on = models.DateField(null=True)
    state = models.CharField(max_length=8, choices=GoalState.choices, default=GoalState.ACTIVE)
    reached_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="goal_by_owner"),
            models.Index(fields=["next_due_on"], condition=Q(next_due_on__isnull=False), name="goal_by_due_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(target__gt=0), name="goal_target_is_positive"),
            models.CheckConstraint(
                condition=Q(every="", amount__isnull=True, anchor_day__isnull=True, next_due_on__isnull=True)
                | Q(every=Every.DAY.value, amount__gt=0, anchor_day__isnull=True)
                | Q(every=Every.WEEK.value, amount__gt=0, anchor_day__gte=1, anchor_day__lte=7)
                | Q(every=Every.MONTH.value, amount__gt=0, anchor_day__gte=1, anchor_day__lte=31),
                name="goal_schedule_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(next_due_on__isnull=True) | Q(state=GoalState.ACTIVE.value),
                name="goal_due_only_while_active",
            ),
            models.CheckConstraint(
                condition=Q(state=GoalState.CLOSED.value, closed_at__isnull=False)
                | (~Q(state=GoalState.CLOSED.value) & Q(closed_at__isnull=True)),
                name="goal_closed_has_a_moment",
            ),
        ]
        triggers: ClassVar = [GOAL_STATES.trigger("savingsgoal"), no_delete("savingsgoal"), no_truncate("savingsgoal")]

    def __str__(self) -> str:
        return f"savings goal {self.pk}"


class GoalContribution(BaseModel):
    """What became of one due date: executed with an amount, or skipped with a reason. One row a date, for ever."""

    data_categories: ClassVar = {
        "goal": OPERATIONAL,
        "due_on": OPERATIONAL,
        "outcome": OPERATIONAL,
        "reason": OPERATIONAL,
        "amount": FINANCIAL,
    }

    goal = models.ForeignKey(SavingsGoal, on_delete=models.PROTECT, related_name="contributions", db_index=False)
    due_on = models.DateField()
    outcome = models.CharField(max_length=8, choices=ContributionOutcome.choices)
    reason = models.CharField(max_length=16, choices=SkipReason.choices, blank=True, default="")
    amount = quantity()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["goal", "due_on"], name="one_contribution_per_due_day"),
            models.CheckConstraint(
                condition=Q(outcome=ContributionOutcome.EXECUTED.value, reason="", amount__gt=0)
                | (Q(outcome=ContributionOutcome.SKIPPED.value, amount=0) & ~Q(reason="")),
                name="contribution_moved_or_says_why",
            ),
        ]
        triggers: ClassVar = append_only("goalcontribution")

    def __str__(self) -> str:
        return f"{self.due_on:%Y-%m-%d} {self.outcome}"
