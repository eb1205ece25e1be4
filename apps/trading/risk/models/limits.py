"""Limits, groups of symbols that move together, and the standing of each customer and bot."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import no_delete
from apps.trading.risk.choices import STATES, RuleName, Scope, State

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL


def amount_field(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for an amount: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18, **more)


class RiskLimit(BaseModel):
    """A limit of a rule for a bot, a customer, or each customer of the tenant (no subject).

    `value` None: none (kept for a change that waits). `next_at`: when `next_value` (None: none) takes effect.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            ("scope", "subject_id", "owner", "rule", "target", "next_at", "changed_at", "by_staff"), OPERATIONAL
        ),
        **dict.fromkeys(("value", "next_value"), FINANCIAL),
    }

    scope = models.CharField(max_length=8, choices=Scope.choices)
    subject_id = models.UUIDField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    rule = models.CharField(max_length=20, choices=RuleName.choices)
    target = models.CharField(max_length=32, blank=True)
    value = amount_field(null=True)
    next_value = amount_field(null=True)
    next_at = models.DateTimeField(null=True)
    by_staff = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "risk limit"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scope", "subject_id", "rule", "target"], name="one_risk_limit_per_rule", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(scope=Scope.TENANT.value, subject_id__isnull=True)
                | models.Q(scope__in=[Scope.BOT.value, Scope.CUSTOMER.value], subject_id__isnull=False),
                name="risk_limit_has_its_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(value__gte=0) | models.Q(value__isnull=True), name="risk_limit_not_negative"
            ),
        ]
        triggers: ClassVar = [no_delete("risklimit")]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.get_rule_display()} {self.target}".strip()


class PlatformRiskLimit(BaseModel):
    """A limit that the platform sets for each customer of every tenant."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        **dict.fromkeys(("rule", "target", "changed_at"), OPERATIONAL),
        "value": FINANCIAL,
    }

    rule = models.CharField(max_length=20, choices=RuleName.choices)
    target = models.CharField(max_length=32, blank=True)
    value = amount_field(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "platform's risk limit"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "target"], name="one_platform_limit_per_rule"),
            models.CheckConstraint(
                condition=models.Q(value__gte=0) | models.Q(value__isnull=True), name="platform_limit_not_negative"
            ),
        ]
        triggers: ClassVar = [no_delete("platformrisklimit")]

    def __str__(self) -> str:
        return f"{self.get_rule_display()} {self.target}".strip()


class CorrelationGroup(BaseModel):
    """Symbols that move together, under a name that limits may speak of."""

    data_categories: ClassVar = dict.fromkeys(("name", "symbols"), OPERATIONAL)

    name = models.CharField(max_length=32, unique=True)
    symbols = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class RiskStanding(BaseModel):
    """How a customer or bot stands in paper or in live trading: the lock of its claims, its state, its high and low.

    Results are realised + unrealised − fees of all its positions since ever, in the reference currency, so that
    deposits and withdrawals do not move them. `day_result` is the one at the start of `day` (UTC).
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            ("scope", "subject_id", "owner", "is_live", "state", "state_rule", "state_reason", "by_staff",
             "state_since", "day", "reviewed_at", "is_exact", "warned"), OPERATIONAL,
        ),
        **dict.fromkeys(("day_result", "peak_result", "result", "equity", "exposure", "most_used"), FINANCIAL),
    }  # fmt: skip

    scope = models.CharField(max_length=8, choices=Scope.choices)
    subject_id = models.UUIDField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_live = models.BooleanField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    state_rule = models.CharField(max_length=20, blank=True)
    state_reason = models.CharField(max_length=200, blank=True)
    by_staff = models.BooleanField(default=False)
    state_since = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    day_result = amount_field(null=True)
    peak_result = amount_field(null=True)
    result = amount_field(null=True)
    equity = amount_field(null=True)
    exposure = amount_field(null=True)
    most_used = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    is_exact = models.BooleanField(default=True)
    warned = models.JSONField(default=dict)
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "standing"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "subject_id", "is_live"], name="one_standing_per_subject"),
        ]
        indexes: ClassVar = [models.Index(fields=["owner", "is_live"], name="standing_by_owner")]
        triggers: ClassVar = [STATES.trigger("riskstanding"), no_delete("riskstanding")]

    def __str__(self) -> str:
        return f"{self.get_scope_display()} {self.subject_id}, {'live' if self.is_live else 'paper'}"
