"""Accounts: where amounts stand. Balances are stored and only the posting function moves them."""

from decimal import Decimal
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from apps.core.guards import no_delete, no_truncate, refuse, state_machine
from apps.core.models import Asset
from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.finance.ledger.choices import ACCOUNT_STATES, AccountKind, AccountState, Book, Mode
from kernel.money.exact import negate, subtract


def amount_field(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for an amount: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18, **more)


def sided(side: int, amount: Decimal) -> Decimal:
    """Return side × amount without the rounding to 28 digits that Python's own operators do."""
    return amount if side > 0 else negate(amount)


class Account(BaseModel):
    """An amount of one asset: signed `balance` (credits less debits), and the part of it that is `held`.

    `side` is +1 for accounts that normally stand in credit (what we owe), −1 for those in debit (what we have); the
    natural balance is side × balance. `floor` (or none) is the least that natural balance less held may be.
    """

    data_categories: ClassVar = {
        "book": DataCategory.OPERATIONAL,
        "mode": DataCategory.OPERATIONAL,
        "kind": DataCategory.OPERATIONAL,
        "asset": DataCategory.FINANCIAL,
        "holder": DataCategory.OPERATIONAL,
        "subject_id": DataCategory.OPERATIONAL,
        "stripe": DataCategory.OPERATIONAL,
        "side": DataCategory.OPERATIONAL,
        "precision": DataCategory.OPERATIONAL,
        "floor": DataCategory.FINANCIAL,
        "state": DataCategory.OPERATIONAL,
        "balance": DataCategory.FINANCIAL,
        "held": DataCategory.FINANCIAL,
        "version": DataCategory.OPERATIONAL,
    }

    book = models.CharField(max_length=8, choices=Book.choices)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    kind = models.CharField(max_length=16, choices=AccountKind.choices)
    asset = models.ForeignKey(
        Asset, to_field="code", db_column="asset", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    subject_id = models.UUIDField(null=True)
    stripe = models.PositiveSmallIntegerField(default=0)
    side = models.SmallIntegerField()
    precision = models.PositiveSmallIntegerField()
    floor = amount_field(null=True)
    state = models.CharField(max_length=8, choices=AccountState.choices, default=AccountState.OPEN)
    balance = amount_field(default=Decimal(0))
    held = amount_field(default=Decimal(0))
    version = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "mode", "asset", "holder", "subject_id", "stripe"],
                nulls_distinct=False,
                name="one_account_of_a_kind",
            ),
            models.CheckConstraint(condition=models.Q(side__in=(1, -1)), name="account_has_a_normal_side"),
            models.CheckConstraint(condition=models.Q(precision__lte=18), name="account_precision_fits"),
            models.CheckConstraint(condition=models.Q(held__gte=0), name="account_held_is_not_negative"),
            models.CheckConstraint(
                condition=models.Q(floor__isnull=True)
                | models.Q(floor__lte=models.F("side") * models.F("balance") - models.F("held")),
                name="account_is_not_below_its_floor",
            ),
            models.CheckConstraint(
                condition=models.Q(stripe=0) | models.Q(floor__isnull=True), name="account_with_floor_has_one_stripe"
            ),
        ]
        triggers: ClassVar = [
            state_machine(
                "ledgeraccount", "state", [pair for moves in ACCOUNT_STATES.moves.values() for pair in moves.items()]
            ),
            refuse(
                "ledgeraccount_starts_empty",
                "an account starts empty",
                operation=pgtrigger.Insert,
                when="NEW.balance <> 0 OR NEW.held <> 0 OR NEW.version <> 0",
            ),
            refuse(
                "ledgeraccount_keeps_its_name",
                "what an account stands for never changes",
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "book", "mode", "kind", "asset", "holder_id", "subject_id", "stripe", "side", "precision"
                ),
            ),
            no_delete("ledgeraccount"),
            no_truncate("ledgeraccount"),
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.kind} {self.asset_id}"

    @property
    def natural(self) -> Decimal:
        """Balance on the account's normal side."""
        return sided(self.side, self.balance)

    @property
    def available(self) -> Decimal:
        """Natural balance less what is held."""
        return subtract(self.natural, self.held)
