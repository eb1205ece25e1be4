"""Where money comes in and where it may go: deposit addresses, the address book, and the owner's waiting times."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.models import Asset
from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.sealing import Ring, SealedField
from apps.core.triggers import no_delete, no_truncate
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices import (
    ENTRY_STATES,
    MOST_LOCK_DAYS,
    NETWORK_CHOICES,
    PLACE_STATES,
    SANDBOX,
    EntryState,
    PlaceState,
)

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL
PAPER_STAYS_IN_THE_SANDBOX = Q(mode=Mode.LIVE.value) | Q(provider=SANDBOX)
"""Play money never meets a provider that has real money."""
MOST_PROOF_ATTEMPTS = 5


def asset_field(**more: Any) -> "models.ForeignKey[Any, Any]":
    """Return a column with the code of an asset."""
    options: dict[str, Any] = {"db_index": False, "on_delete": models.PROTECT, "related_name": "+", **more}
    return models.ForeignKey(Asset, to_field="code", db_column="asset", **options)


def owner_field() -> "models.ForeignKey[Any, Any]":
    """Return a column with the customer a row belongs to."""
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")


def fixed(name: str, *columns: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses to change columns once they are written."""
    return pgtrigger.Protect(name=f"{name}_keeps_its_terms", operation=pgtrigger.UpdateOf(*columns))  # type: ignore[no-untyped-call]


class DepositAddress(BaseModel):
    """An address at a provider to which one customer pays in one asset. Empty until the provider has answered.

    The provider is asked by the row's id, so that asking again gives the same address.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "asset": FINANCIAL,
        "network": OPERATIONAL,
        "mode": OPERATIONAL,
        "provider": OPERATIONAL,
        "address": FINANCIAL,
        "state": OPERATIONAL,
    }

    owner = owner_field()
    asset = asset_field()
    network = models.CharField(max_length=16, choices=NETWORK_CHOICES)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    provider = models.CharField(max_length=32)
    address = models.CharField(max_length=100, blank=True, default="", db_collation="C")
    state = models.CharField(max_length=8, choices=PlaceState.choices, default=PlaceState.ASKED)

    class Meta:
        verbose_name_plural = "deposit addresses"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "asset", "network", "mode"], name="one_deposit_address"),
            models.UniqueConstraint(
                fields=["provider", "network", "address"], condition=~Q(address=""), name="deposit_address_is_one_place"
            ),
            models.CheckConstraint(condition=PAPER_STAYS_IN_THE_SANDBOX, name="deposit_address_of_paper_is_sandbox"),
            models.CheckConstraint(
                condition=Q(state=PlaceState.ASKED.value, address="")
                | (Q(state=PlaceState.OPEN.value) & ~Q(address="")),
                name="deposit_address_is_there_when_open",
            ),
        ]
        triggers: ClassVar = [
            PLACE_STATES.trigger("depositaddress"),
            pgtrigger.Protect(
                name="depositaddress_is_set_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="open"),
            ),
            no_delete("depositaddress"),
            no_truncate("depositaddress"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} on {self.network}"


class AddressEntry(BaseModel):
    """An address of a customer's book. What it stands for never changes; another address is another entry.

    `fingerprint` is a hash of owner, network and address: it tells entries apart without opening them. Money leaves to
    an active entry from `active_after` on.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "asset": FINANCIAL,
        "network": OPERATIONAL,
        "address": DataCategory.PERSONAL,
        "label": DataCategory.CONTENT,
        "fingerprint": DataCategory.EVIDENCE,
        "state": OPERATIONAL,
        "proof_hash": DataCategory.SECRET,
        "proof_until": OPERATIONAL,
        "proof_attempts": OPERATIONAL,
        "verified_at": OPERATIONAL,
        "active_after": OPERATIONAL,
        "removed_at": OPERATIONAL,
    }

    owner = owner_field()
    asset = asset_field()
    network = models.CharField(max_length=16, choices=NETWORK_CHOICES)
    address = SealedField(ring=Ring.PERSONAL)
    label = SealedField(ring=Ring.PERSONAL)
    fingerprint = models.CharField(max_length=64, db_collation="C")
    state = models.CharField(max_length=16, choices=EntryState.choices, default=EntryState.PENDING_PROOF)
    proof_hash = models.CharField(max_length=64, blank=True, default="")
    proof_until = models.DateTimeField(null=True)
    proof_attempts = models.PositiveSmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True)
    active_after = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "address entries"
        indexes: ClassVar = [models.Index(fields=["owner", "-id"], name="address_by_owner")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "asset", "fingerprint"],
                condition=~Q(state=EntryState.REMOVED.value),
                name="one_entry_per_address",
            ),
            models.CheckConstraint(
                condition=~Q(state=EntryState.ACTIVE.value)
                | Q(verified_at__isnull=False, active_after__isnull=False, active_after__gt=F("verified_at")),
                name="address_is_proved_and_cooled",
            ),
            models.CheckConstraint(
                condition=Q(proof_attempts__lte=MOST_PROOF_ATTEMPTS), name="address_proof_has_few_attempts"
            ),
        ]
        triggers: ClassVar = [
            ENTRY_STATES.trigger("addressentry"),
            fixed("addressentry", "owner_id", "asset", "network", "address", "fingerprint"),
            pgtrigger.Protect(
                name="addressentry_cools_once",
                operation=pgtrigger.UpdateOf("verified_at", "active_after"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Q(old__verified_at__isnull=False),
            ),
            no_delete("addressentry"),
            no_truncate("addressentry"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} on {self.network} ({self.state})"


class WalletGuard(BaseModel):
    """What makes a customer's payouts wait: the lock, and the newest change of a credential or sign-in of a device.

    `lock_days` 1 to 30: nothing leaves. A lower number, or 0, is `next_lock_days` and holds from `next_lock_from` on,
    which is as many days ahead as the lock it replaces. Moments only move forward.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "lock_days": OPERATIONAL,
        "next_lock_days": OPERATIONAL,
        "next_lock_from": OPERATIONAL,
        "credential_changed_at": OPERATIONAL,
        "new_device_at": OPERATIONAL,
    }

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lock_days = models.PositiveSmallIntegerField(default=0)
    next_lock_days = models.PositiveSmallIntegerField(null=True)
    next_lock_from = models.DateTimeField(null=True)
    credential_changed_at = models.DateTimeField(null=True)
    new_device_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(lock_days__lte=MOST_LOCK_DAYS), name="wallet_lock_is_30_days_at_most"),
            models.CheckConstraint(
                condition=Q(next_lock_days__isnull=True, next_lock_from__isnull=True)
                | Q(next_lock_days__isnull=False, next_lock_from__isnull=False, next_lock_days__lt=F("lock_days")),
                name="wallet_lock_is_lowered_later",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="walletguard_moves_forward",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF NEW.owner_id <> OLD.owner_id
                       OR coalesce(NEW.credential_changed_at < OLD.credential_changed_at, FALSE)
                       OR coalesce(NEW.new_device_at < OLD.new_device_at, FALSE)
                       OR (OLD.credential_changed_at IS NOT NULL AND NEW.credential_changed_at IS NULL)
                       OR (OLD.new_device_at IS NOT NULL AND NEW.new_device_at IS NULL) THEN
                        RAISE EXCEPTION 'a waiting time is never shortened' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            no_delete("walletguard"),
            no_truncate("walletguard"),
        ]

    def __str__(self) -> str:
        return f"guard of {self.owner_id}"
