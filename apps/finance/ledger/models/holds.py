"""Holds: parts of an account that are reserved for something that has not happened yet."""

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models

from apps.core.guards import no_delete, no_truncate, refuse, state_machine
from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.finance.ledger.choices import HoldPurpose, HoldState
from apps.finance.ledger.models.accounts import Account, amount_field


class Hold(BaseModel):
    """`amount` = `remaining` (still held) + `settled` (used by journals) + `released` (given back)."""

    data_categories: ClassVar = {
        "account": DataCategory.FINANCIAL,
        "key": DataCategory.OPERATIONAL,
        "input_hash": DataCategory.EVIDENCE,
        "purpose": DataCategory.OPERATIONAL,
        "subject_id": DataCategory.OPERATIONAL,
        "amount": DataCategory.FINANCIAL,
        "remaining": DataCategory.FINANCIAL,
        "settled": DataCategory.FINANCIAL,
        "released": DataCategory.FINANCIAL,
        "state": DataCategory.OPERATIONAL,
        "expires_at": DataCategory.OPERATIONAL,
        "ended_at": DataCategory.OPERATIONAL,
    }

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    key = models.CharField(max_length=160, db_collation="C")
    input_hash = models.CharField(max_length=64)
    purpose = models.CharField(max_length=12, choices=HoldPurpose.choices)
    subject_id = models.UUIDField(null=True)
    amount = amount_field()
    remaining = amount_field()
    settled = amount_field(default=Decimal(0))
    released = amount_field(default=Decimal(0))
    state = models.CharField(max_length=8, choices=HoldState.choices, default=HoldState.OPEN)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="one_hold_per_key"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, remaining__gte=0, settled__gte=0, released__gte=0),
                name="hold_amounts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(amount=models.F("remaining") + models.F("settled") + models.F("released")),
                name="hold_parts_make_the_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(state=HoldState.OPEN.value, remaining__gt=0, ended_at__isnull=True)
                | (~models.Q(state=HoldState.OPEN.value) & models.Q(remaining=0, ended_at__isnull=False)),
                name="hold_is_open_while_something_remains",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account"], condition=models.Q(state="open"), name="hold_open_by_account"),
            models.Index(fields=["expires_at"], condition=models.Q(state="open"), name="hold_open_by_expiry"),
            models.Index(fields=["subject_id"], condition=models.Q(subject_id__isnull=False), name="hold_subject"),
        ]
        triggers: ClassVar = [
            state_machine("hold", "state", [("open", to) for to in HoldState.values if to != "open"]),
            refuse(
                "hold_keeps_its_terms",
                "the terms of a hold never change",
                operation=pgtrigger.UpdateOf("account_id", "key", "amount", "purpose"),  # type: ignore[no-untyped-call]
            ),
            no_delete("hold"),
            no_truncate("hold"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.remaining}"
