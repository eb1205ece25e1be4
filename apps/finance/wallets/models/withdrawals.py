"""Money that leaves: the withdrawal, what happened to it step by step, and each attempt at the provider."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete, no_truncate
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices import (
    CALL_STATES,
    ENDED,
    NETWORK_CHOICES,
    WITHDRAWAL_STATES,
    CallState,
    WithdrawalState,
)
from apps.finance.wallets.models.places import (
    PAPER_STAYS_IN_THE_SANDBOX,
    AddressEntry,
    asset_field,
    fixed,
    owner_field,
)
from apps.finance.wallets.models.saving import quantity
from kernel.money.exact import subtract

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL


class Withdrawal(BaseModel):
    """`amount` leaves the wallet, `fee` of it stays with the house, the rest arrives at the address.

    The address is that of an entry of the book, which never changes. All of `amount` is held (`hold_id`) from the
    request to the end. `txid` is there once the provider has sent it.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "asset": FINANCIAL,
        "network": OPERATIONAL,
        "mode": OPERATIONAL,
        "amount": FINANCIAL,
        "fee": FINANCIAL,
        "entry": OPERATIONAL,
        "fingerprint": DataCategory.EVIDENCE,
        "provider": OPERATIONAL,
        "hold_id": OPERATIONAL,
        "state": OPERATIONAL,
        "confirm_by": OPERATIONAL,
        "confirmed_at": OPERATIONAL,
        "screening_code": OPERATIONAL,
        "required": OPERATIONAL,
        "approval_id": OPERATIONAL,
        "stopped_by": OPERATIONAL,
        "txid": FINANCIAL,
        "end_code": OPERATIONAL,
        "ended_at": OPERATIONAL,
    }

    owner = owner_field()
    asset = asset_field()
    network = models.CharField(max_length=16, choices=NETWORK_CHOICES)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    amount = quantity()
    fee = quantity()
    entry = models.ForeignKey(AddressEntry, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64, db_collation="C")
    provider = models.CharField(max_length=32)
    hold_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=12, choices=WithdrawalState.choices, default=WithdrawalState.REQUESTED)
    confirm_by = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    screening_code = models.CharField(max_length=80, blank=True, default="")
    required = models.PositiveSmallIntegerField(default=0)
    approval_id = models.UUIDField(null=True)
    stopped_by = models.UUIDField(null=True)
    txid = models.CharField(max_length=120, blank=True, default="", db_collation="C")
    end_code = models.CharField(max_length=80, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="withdrawal_by_owner"),
            models.Index(fields=["state", "-id"], name="withdrawal_by_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(fee__gte=0, amount__gt=F("fee")), name="withdrawal_leaves_something_after_the_fee"
            ),
            models.CheckConstraint(condition=PAPER_STAYS_IN_THE_SANDBOX, name="withdrawal_of_paper_is_sandbox"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=False)
                | Q(state__in=[WithdrawalState.REQUESTED.value, WithdrawalState.CANCELLED.value]),
                name="withdrawal_goes_on_when_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(state=WithdrawalState.CONFIRMED.value) | ~Q(txid=""), name="withdrawal_is_done_on_proof"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ENDED], ended_at__isnull=False)
                | (~Q(state__in=[state.value for state in ENDED]) & Q(ended_at__isnull=True)),
                name="withdrawal_end_has_a_moment",
            ),
        ]
        triggers: ClassVar = [
            WITHDRAWAL_STATES.trigger("withdrawal"),
            fixed(
                "withdrawal", "owner_id", "asset", "network", "mode", "amount", "fee", "entry_id", "fingerprint",
                "provider", "hold_id",
            ),
            no_delete("withdrawal"),
            no_truncate("withdrawal"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.asset_id} {self.state}"

    @property
    def payout(self) -> Decimal:
        """What arrives: the amount less the fee."""
        return subtract(self.amount, self.fee)


class WithdrawalStep(BaseModel):
    """A withdrawal came into a state: when, through whom, why."""

    data_categories: ClassVar = {
        "withdrawal": OPERATIONAL,
        "state": OPERATIONAL,
        "code": OPERATIONAL,
        "actor_kind": OPERATIONAL,
        "actor_id": OPERATIONAL,
    }

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=12, choices=WithdrawalState.choices)
    code = models.CharField(max_length=80, blank=True, default="")
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)

    class Meta:
        triggers: ClassVar = append_only("withdrawalstep")

    def __str__(self) -> str:
        return f"{self.state} {self.code}".strip()


class ProviderCall(BaseModel):
    """One attempt to have a withdrawal paid: written down before the provider hears of it, and answered after.

    `client_id` is our name for it. The provider takes it until `valid_until` and never later, so that "not found" after
    that moment proves that nothing left. A withdrawal has one attempt that is not refused.
    """

    data_categories: ClassVar = {
        "withdrawal": OPERATIONAL,
        "attempt": OPERATIONAL,
        "provider": OPERATIONAL,
        "client_id": OPERATIONAL,
        "state": OPERATIONAL,
        "sent_at": OPERATIONAL,
        "valid_until": OPERATIONAL,
        "answered_at": OPERATIONAL,
        "txid": FINANCIAL,
        "network_fee": FINANCIAL,
        "code": OPERATIONAL,
        "checks": OPERATIONAL,
        "check_at": OPERATIONAL,
    }

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="calls")
    attempt = models.PositiveSmallIntegerField()
    provider = models.CharField(max_length=32)
    client_id = models.CharField(max_length=48, unique=True, db_collation="C")
    state = models.CharField(max_length=8, choices=CallState.choices, default=CallState.INTENT)
    sent_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    txid = models.CharField(max_length=120, blank=True, default="", db_collation="C")
    network_fee = quantity(null=True)
    code = models.CharField(max_length=80, blank=True, default="")
    checks = models.PositiveIntegerField(default=0)
    check_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["check_at"],
                condition=~Q(state__in=[CallState.PAID.value, CallState.REFUSED.value]),
                name="provider_call_to_check",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["withdrawal", "attempt"], name="one_provider_call_per_attempt"),
            models.UniqueConstraint(
                fields=["withdrawal"], condition=~Q(state=CallState.REFUSED.value), name="one_provider_call_may_pay"
            ),
            models.CheckConstraint(
                condition=Q(state=CallState.INTENT.value, sent_at__isnull=True)
                | (~Q(state=CallState.INTENT.value) & Q(sent_at__isnull=False, valid_until__isnull=False)),
                name="provider_call_is_dated_when_sent",
            ),
            models.CheckConstraint(
                condition=~Q(state=CallState.PAID.value) | ~Q(txid=""), name="provider_call_paid_has_a_transaction"
            ),
        ]
        triggers: ClassVar = [
            CALL_STATES.trigger("providercall"),
            fixed("providercall", "withdrawal_id", "attempt", "provider", "client_id"),
            no_delete("providercall"),
            no_truncate("providercall"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} ({self.state})"
