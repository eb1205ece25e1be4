"""What an account chose for a contract: leverage and margin mode, as the venue shows them and as they are wanted."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import no_delete
from apps.trading.positions.models.contracts import MarginAccount

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


class ContractTerms(BaseModel):
    """`leverage` and `is_isolated` hold at the venue; `wanted_…` are on their way, `words` why the last were refused.

    `symbol` is the venue's name ("BTCUSDT"). `tiers` are rows of (cap or "", most leverage, maintenance rate).
    """

    data_categories: ClassVar = {
        "account": OPERATIONAL,
        "symbol": FINANCIAL,
        "leverage": FINANCIAL,
        "is_isolated": OPERATIONAL,
        "wanted_leverage": FINANCIAL,
        "wanted_isolated": OPERATIONAL,
        "tiers": OPERATIONAL,
        "words": OPERATIONAL,
    }

    account = models.ForeignKey(MarginAccount, on_delete=models.PROTECT, related_name="terms")
    symbol = models.CharField(max_length=32)
    leverage = models.PositiveSmallIntegerField()
    is_isolated = models.BooleanField()
    wanted_leverage = models.PositiveSmallIntegerField(null=True)
    wanted_isolated = models.BooleanField(null=True)
    tiers = models.JSONField(default=list)
    words = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "contract terms"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "symbol"], name="one_choice_of_terms_per_contract"),
            models.CheckConstraint(
                condition=models.Q(wanted_leverage__isnull=True, wanted_isolated__isnull=True)
                | models.Q(wanted_leverage__gt=0, wanted_isolated__isnull=False),
                name="contract_terms_are_wanted_together",
            ),
        ]
        triggers: ClassVar = [no_delete("contractterms")]

    def __str__(self) -> str:
        return f"{self.symbol} {self.leverage}×"

    @property
    def is_pending(self) -> bool:
        """Whether other terms are on their way to the venue."""
        return self.wanted_leverage is not None
