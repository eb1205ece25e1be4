"""What staff decide with four eyes: amounts and numbers per tier, thresholds of screening."""

from typing import ClassVar

from django.db import models

from apps.compliance.limits.choices import ANY_ASSET, Tier, Verb, Window
from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import no_delete

CODE = r"^[A-Z][A-Z0-9]{1,15}$"
CODE_OR_ANY = rf"{CODE}|^\{ANY_ASSET}$"
KNOWN_TIER = models.Q(tier__in=Tier.values)


class LimitRow(BaseModel):
    """How much of an asset a tier may move in a window; 0 closes it, no row at all closes it too."""

    data_categories: ClassVar = dict.fromkeys(("tier", "verb", "asset", "window", "amount"), DataCategory.OPERATIONAL)

    tier = models.PositiveSmallIntegerField(choices=Tier.choices)
    verb = models.CharField(max_length=12, choices=Verb.choices)
    asset = models.CharField(max_length=16)
    window = models.CharField(max_length=8, choices=Window.choices)
    amount = models.DecimalField(max_digits=38, decimal_places=18)

    class Meta:
        verbose_name = "limit"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tier", "verb", "asset", "window"], name="one_limit_per_window"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="limit_not_negative"),
            models.CheckConstraint(condition=KNOWN_TIER, name="limit_of_a_known_tier"),
            models.CheckConstraint(condition=models.Q(verb__in=Verb.values), name="limit_of_a_known_verb"),
            models.CheckConstraint(condition=models.Q(window__in=Window.values), name="limit_over_a_known_window"),
            models.CheckConstraint(condition=models.Q(asset__regex=CODE_OR_ANY), name="limit_asset_is_a_code"),
        ]
        triggers: ClassVar = [no_delete("limitrow")]

    def __str__(self) -> str:
        return f"tier {self.tier}, {self.verb} {self.asset}, {self.window}"


class VelocityRow(BaseModel):
    """How many times a tier may do something in a window; no row: as often as the amounts allow."""

    data_categories: ClassVar = dict.fromkeys(("tier", "verb", "window", "max_count"), DataCategory.OPERATIONAL)

    tier = models.PositiveSmallIntegerField(choices=Tier.choices)
    verb = models.CharField(max_length=12, choices=Verb.choices)
    window = models.CharField(max_length=8, choices=Window.choices)
    max_count = models.PositiveIntegerField()

    class Meta:
        verbose_name = "limit of number"
        verbose_name_plural = "limits of number"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tier", "verb", "window"], name="one_velocity_per_window"),
            models.CheckConstraint(condition=KNOWN_TIER, name="velocity_of_a_known_tier"),
            models.CheckConstraint(condition=models.Q(verb__in=Verb.values), name="velocity_of_a_known_verb"),
            models.CheckConstraint(
                condition=models.Q(window__in=[Window.DAY.value, Window.WEEK.value, Window.MONTH.value]),
                name="velocity_over_a_rolling_window",
            ),
        ]
        triggers: ClassVar = [no_delete("velocityrow")]

    def __str__(self) -> str:
        return f"tier {self.tier}, {self.verb}, {self.window}"


class ScreeningThreshold(BaseModel):
    """The amount of an asset above which a person looks at a movement; without a row, at every one."""

    data_categories: ClassVar = dict.fromkeys(("asset", "amount"), DataCategory.OPERATIONAL)

    asset = models.CharField(max_length=16, unique=True)
    amount = models.DecimalField(max_digits=38, decimal_places=18)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="threshold_not_negative"),
            models.CheckConstraint(condition=models.Q(asset__regex=CODE), name="threshold_asset_is_a_code"),
        ]
        triggers: ClassVar = [no_delete("screeningthreshold")]

    def __str__(self) -> str:
        return self.asset
