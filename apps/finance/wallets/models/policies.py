"""What staff decide with four eyes: how many must approve, fees, numbers, and the bank accounts money comes in on."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import no_delete
from apps.finance.wallets.choices import NETWORK_CHOICES, RuleName, Subject
from apps.finance.wallets.models.places import asset_field
from apps.finance.wallets.models.saving import quantity

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL
CODE_OR_ANY = r"^[A-Z][A-Z0-9]{1,15}$|^\*$"
MOST_APPROVERS = 5


class ApprovalPolicy(BaseModel):
    """Above so much, so many people approve. The highest row below the amount counts; amounts of `*` are in USDT.

    An asset with a row of its own is not looked up under `*`. Without any row one person approves everything.
    """

    data_categories: ClassVar = dict.fromkeys(("subject", "asset", "above", "required"), OPERATIONAL)

    subject = models.CharField(max_length=12, choices=Subject.choices)
    asset = models.CharField(max_length=16)
    above = quantity()
    required = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "approval policies"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "asset", "above"], name="one_approval_policy_per_amount"),
            models.CheckConstraint(
                condition=Q(above__gte=0, required__lte=MOST_APPROVERS), name="approval_policy_is_possible"
            ),
            models.CheckConstraint(condition=Q(asset__regex=CODE_OR_ANY), name="approval_policy_asset_is_a_code"),
        ]
        triggers: ClassVar = [no_delete("approvalpolicy")]

    def __str__(self) -> str:
        return f"{self.subject} {self.asset} above {self.above.normalize():f}"


class WithdrawalFee(BaseModel):
    """What a withdrawal costs: `fixed` and `share` of the amount (0.001 is 0.1 %); and the least that is paid out."""

    data_categories: ClassVar = dict.fromkeys(("asset", "network", "fixed", "share", "minimum"), FINANCIAL)

    asset = asset_field()
    network = models.CharField(max_length=16, choices=NETWORK_CHOICES)
    fixed = quantity()
    share = models.DecimalField(max_digits=9, decimal_places=8)
    minimum = quantity()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["asset", "network"], name="one_withdrawal_fee_per_network"),
            models.CheckConstraint(
                condition=Q(fixed__gte=0, share__gte=0, share__lt=1, minimum__gt=0), name="withdrawal_fee_is_a_fee"
            ),
        ]
        triggers: ClassVar = [no_delete("withdrawalfee")]

    def __str__(self) -> str:
        return f"{self.asset_id} on {self.network}"


class WalletRule(BaseModel):
    """A number that differs from its default; see RuleName."""

    data_categories: ClassVar = {"name": OPERATIONAL, "value": OPERATIONAL}

    name = models.CharField(max_length=32, choices=RuleName.choices, unique=True)
    value = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(name__in=RuleName.values), name="wallet_rule_is_known"),
        ]
        triggers: ClassVar = [no_delete("walletrule")]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class PayInAccount(BaseModel):
    """The house's bank account to which customers send one currency."""

    data_categories: ClassVar = dict.fromkeys(("asset", "holder", "iban", "bank"), OPERATIONAL)

    asset = asset_field()
    holder = models.CharField(max_length=80)
    iban = models.CharField(max_length=34)
    bank = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["asset"], name="one_pay_in_account_per_currency"),
        ]
        triggers: ClassVar = [no_delete("payinaccount")]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.iban[-4:]}"


class ProviderStanding(BaseModel):
    """How a provider answers: how far its deposits were read (`cursor`), and its last answer and failure."""

    data_categories: ClassVar = dict.fromkeys(
        ("provider", "cursor", "answered_at", "failed_at", "failures", "last_error"), OPERATIONAL
    )

    provider = models.CharField(max_length=32, unique=True)
    cursor = models.CharField(max_length=120, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "provider"

    def __str__(self) -> str:
        return self.provider
