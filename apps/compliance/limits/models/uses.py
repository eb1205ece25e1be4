"""The tier of a customer, which is the lock of what the customer uses up, and the uses themselves."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from apps.compliance.limits.choices import Tier, TierBasis, Verb
from apps.compliance.limits.models.policy import CODE, KNOWN_TIER
from apps.core.models.base import BaseModel, EntryModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete


class CustomerTier(BaseModel):
    """The tier of a customer. Who uses up a limit locks this row first."""

    data_categories: ClassVar = dict.fromkeys(("owner", "tier", "basis", "changed_at"), DataCategory.OPERATIONAL)

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    tier = models.PositiveSmallIntegerField(choices=Tier.choices, default=Tier.UNVERIFIED)
    basis = models.CharField(max_length=12, choices=TierBasis.choices, default=TierBasis.START)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "customer's tier"
        constraints: ClassVar = [models.CheckConstraint(condition=KNOWN_TIER, name="customer_has_a_known_tier")]
        triggers: ClassVar = [no_delete("customertier")]

    def __str__(self) -> str:
        return f"{self.owner_id}: tier {self.tier}"


class LimitUse(EntryModel):
    """An amount that was used up, or the row that gives one back: exactly one of `key` and `reverses` is set."""

    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "verb": DataCategory.OPERATIONAL,
        "asset": DataCategory.FINANCIAL,
        "amount": DataCategory.FINANCIAL,
        "value": DataCategory.FINANCIAL,
        "key": DataCategory.OPERATIONAL,
        "reverses": DataCategory.OPERATIONAL,
        "at": DataCategory.OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=12, choices=Verb.choices)
    asset = models.CharField(max_length=16)
    amount = models.DecimalField(max_digits=38, decimal_places=18)
    value = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    """Worth in the reference currency when it was used, as far as the caller knew it."""
    key = models.CharField(max_length=255, unique=True, null=True)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "use of a limit"
        verbose_name_plural = "uses of limits"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="use_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(value__isnull=True) | models.Q(value__gt=0), name="use_value_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(key__isnull=False, reverses__isnull=True)
                | models.Q(key__isnull=True, reverses__isnull=False),
                name="use_has_a_key_or_reverses",
            ),
            models.CheckConstraint(condition=models.Q(asset__regex=CODE), name="use_asset_is_a_code"),
        ]
        indexes: ClassVar = [models.Index(fields=["owner", "verb", "at"], name="uses_by_owner")]
        triggers: ClassVar = [
            *append_only("limituse"),
            pgtrigger.Trigger(
                name="limituse_reverses_like",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM limits_limituse u
                        WHERE u.id = NEW.reverses_id AND u.reverses_id IS NULL AND u.owner_id = NEW.owner_id
                          AND u.verb = NEW.verb AND u.asset = NEW.asset AND u.amount = NEW.amount) THEN
                        RAISE EXCEPTION 'what is given back equals what was used' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.amount.normalize():f} {self.asset}"
