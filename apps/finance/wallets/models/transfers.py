"""Money that goes from one customer to another."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.sealing import Ring, SealedField
from apps.core.triggers import no_delete, no_truncate
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices import TRANSFER_STATES, TransferState
from apps.finance.wallets.models.places import asset_field, fixed, owner_field
from apps.finance.wallets.models.saving import quantity

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL


class Transfer(BaseModel):
    """`amount` held at the sender until it is delivered or comes back. `written` is the address the sender wrote.

    `recipient` is filled with the delivery, and never where nobody has that address. `worth` is in USDT, if known.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "recipient": OPERATIONAL,
        "written": DataCategory.PERSONAL,
        "asset": FINANCIAL,
        "mode": OPERATIONAL,
        "amount": FINANCIAL,
        "worth": FINANCIAL,
        "hold_id": OPERATIONAL,
        "state": OPERATIONAL,
        "ended_at": OPERATIONAL,
    }

    owner = owner_field()
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    written = SealedField(ring=Ring.PERSONAL)
    asset = asset_field()
    mode = models.CharField(max_length=8, choices=Mode.choices)
    amount = quantity()
    worth = quantity(null=True)
    hold_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=8, choices=TransferState.choices, default=TransferState.HELD)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="transfer_by_owner"),
            models.Index(fields=["recipient", "-id"], name="transfer_by_recipient"),
            models.Index(fields=["id"], condition=Q(state="held"), name="transfer_to_deliver"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(recipient__isnull=True) | ~Q(recipient=F("owner")), name="transfer_is_between_two_people"
            ),
            models.CheckConstraint(
                condition=Q(state=TransferState.DONE.value, recipient__isnull=False, ended_at__isnull=False)
                | Q(state=TransferState.RETURNED.value, recipient__isnull=True, ended_at__isnull=False)
                | Q(state=TransferState.HELD.value, recipient__isnull=True, ended_at__isnull=True),
                name="transfer_done_has_a_recipient",
            ),
        ]
        triggers: ClassVar = [
            TRANSFER_STATES.trigger("transfer"),
            fixed("transfer", "owner_id", "written", "asset", "mode", "amount", "hold_id"),
            no_delete("transfer"),
            no_truncate("transfer"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} ({self.state})"


class PaperReset(BaseModel):
    """A customer set play money anew."""

    data_categories: ClassVar = {"owner": OPERATIONAL}

    owner = owner_field()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner", "-id"], name="paper_reset_by_owner")]
        triggers: ClassVar = [no_delete("paperreset"), no_truncate("paperreset")]

    def __str__(self) -> str:
        return f"play money of {self.owner_id}"
