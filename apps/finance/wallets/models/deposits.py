"""Money that comes in."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import no_delete, no_truncate
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices import DEPOSIT_STATES, NETWORK_CHOICES, DepositKind, DepositState
from apps.finance.wallets.models.places import DepositAddress, asset_field, fixed, owner_field
from apps.finance.wallets.models.saving import quantity

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL


class Deposit(BaseModel):
    """One payment to us.

    By bank: announced under a `reference`, confirmed by staff, who write what arrived (`credited`). On a chain: one
    output, told apart by network, transaction and output number; `confirmations` of `required`.
    `problem` is a code that staff look at; it stays empty while all is well.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "kind": OPERATIONAL,
        "asset": FINANCIAL,
        "network": OPERATIONAL,
        "mode": OPERATIONAL,
        "amount": FINANCIAL,
        "credited": FINANCIAL,
        "reference": OPERATIONAL,
        "place": OPERATIONAL,
        "txid": FINANCIAL,
        "vout": FINANCIAL,
        "confirmations": OPERATIONAL,
        "required": OPERATIONAL,
        "state": OPERATIONAL,
        "confirmer_id": OPERATIONAL,
        "approval_id": OPERATIONAL,
        "reject_code": OPERATIONAL,
        "problem": OPERATIONAL,
        "ended_at": OPERATIONAL,
    }

    owner = owner_field()
    kind = models.CharField(max_length=8, choices=DepositKind.choices)
    asset = asset_field()
    network = models.CharField(max_length=16, choices=NETWORK_CHOICES)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    amount = quantity()
    credited = quantity(null=True)
    reference = models.CharField(max_length=24, db_collation="C")
    place = models.ForeignKey(DepositAddress, null=True, on_delete=models.PROTECT, related_name="+")
    txid = models.CharField(max_length=120, blank=True, default="", db_collation="C")
    vout = models.PositiveIntegerField(null=True)
    confirmations = models.PositiveIntegerField(default=0)
    required = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=12, choices=DepositState.choices, default=DepositState.ANNOUNCED)
    confirmer_id = models.UUIDField(null=True)
    approval_id = models.UUIDField(null=True)
    reject_code = models.CharField(max_length=40, blank=True, default="")
    problem = models.CharField(max_length=40, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="deposit_by_owner"),
            models.Index(fields=["state", "-id"], name="deposit_by_state"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reference"], name="deposit_has_one_reference"),
            models.UniqueConstraint(
                fields=["network", "txid", "vout"], condition=~Q(txid=""), name="deposit_output_counts_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="deposit_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(kind=DepositKind.MANUAL.value, txid="", place__isnull=True, mode=Mode.LIVE.value)
                | (
                    Q(kind=DepositKind.CRYPTO.value, vout__isnull=False, place__isnull=False, required__gte=1)
                    & ~Q(txid="")
                ),
                name="deposit_is_by_bank_or_on_a_chain",
            ),
            models.CheckConstraint(
                condition=Q(state=DepositState.CREDITED.value, credited__gt=0, ended_at__isnull=False)
                | (~Q(state=DepositState.CREDITED.value) & Q(credited__isnull=True)),
                name="deposit_says_what_was_credited",
            ),
            models.CheckConstraint(
                condition=~Q(state=DepositState.CREDITED.value)
                | Q(kind=DepositKind.MANUAL.value, confirmer_id__isnull=False)
                | Q(kind=DepositKind.CRYPTO.value, confirmations__gte=models.F("required")),
                name="deposit_is_credited_on_proof",
            ),
        ]
        triggers: ClassVar = [
            DEPOSIT_STATES.trigger("deposit"),
            fixed("deposit", "owner_id", "kind", "asset", "network", "mode", "amount", "reference", "place_id"),
            pgtrigger.Protect(
                name="deposit_keeps_its_output",
                operation=pgtrigger.UpdateOf("txid", "vout"),  # type: ignore[no-untyped-call]
            ),
            no_delete("deposit"),
            no_truncate("deposit"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} ({self.state})"
