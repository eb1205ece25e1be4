"""The sandbox provider's own books: its chains, what was sent to its addresses, what it paid, and faults on order.

Only `gateways/sandbox.py` writes here. To the rest of the product it is the outside world.
"""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.finance.wallets.choices import NETWORK_CHOICES
from apps.finance.wallets.models.saving import quantity

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL


class SimulatedChain(BaseModel):
    """A chain and its height; one more block with each look at it, or on demand."""

    data_categories: ClassVar = {"network": OPERATIONAL, "height": OPERATIONAL}

    network = models.CharField(max_length=16, choices=NETWORK_CHOICES, unique=True)
    height = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.network} at {self.height}"


class SimulatedAddress(BaseModel):
    """An address the sandbox gave out, by our id."""

    data_categories: ClassVar = {"client_id": OPERATIONAL, "network": OPERATIONAL, "address": FINANCIAL}

    client_id = models.CharField(max_length=48, unique=True)
    network = models.CharField(max_length=16, choices=NETWORK_CHOICES)
    address = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.address


class IncomingState(models.TextChoices):
    """Where a payment to the sandbox stands."""

    FLOATING = "floating"
    """In no block."""
    MINED = "mined"
    """In a block."""
    DROPPED = "dropped"
    """Gone for good."""


class SimulatedIncoming(BaseModel):
    """A payment to an address of the sandbox. `mined_at` is the height of its block, `changed` orders the changes."""

    data_categories: ClassVar = {
        "network": OPERATIONAL,
        "asset": FINANCIAL,
        "address": FINANCIAL,
        "amount": FINANCIAL,
        "txid": FINANCIAL,
        "vout": FINANCIAL,
        "state": OPERATIONAL,
        "mined_at": OPERATIONAL,
        "changed": OPERATIONAL,
    }

    network = models.CharField(max_length=16, choices=NETWORK_CHOICES)
    asset = models.CharField(max_length=16)
    address = models.CharField(max_length=100)
    amount = quantity()
    txid = models.CharField(max_length=120)
    vout = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=IncomingState.choices, default=IncomingState.FLOATING)
    mined_at = models.PositiveBigIntegerField(null=True)
    changed = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["network", "txid", "vout"], name="one_simulated_output"),
        ]

    def __str__(self) -> str:
        return f"{self.txid[:12]} ({self.state})"


class SimulatedPayout(BaseModel):
    """A payout the sandbox took: sent when the chain reaches `sent_at`, and proven with the block after it.

    With a `code` it is refused for good with that block instead.
    """

    data_categories: ClassVar = {
        "client_id": OPERATIONAL,
        "network": OPERATIONAL,
        "asset": FINANCIAL,
        "address": FINANCIAL,
        "amount": FINANCIAL,
        "code": OPERATIONAL,
        "sent_at": OPERATIONAL,
    }

    client_id = models.CharField(max_length=48, unique=True)
    network = models.CharField(max_length=16, choices=NETWORK_CHOICES)
    asset = models.CharField(max_length=16)
    address = models.CharField(max_length=100)
    amount = quantity()
    code = models.CharField(max_length=40, blank=True, default="")
    sent_at = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.client_id


class FaultKind(models.TextChoices):
    """What the sandbox does wrong when it is told to."""

    REFUSE = "refuse"
    """Refuses the next payout, and nothing leaves."""
    TIMEOUT_AFTER = "timeout_after"
    """Takes the next payout and gives no answer."""
    TIMEOUT_BEFORE = "timeout_before"
    """Does not hear the next payout and gives no answer."""
    DELAY = "delay"
    """Takes the next payout and sends it three blocks later."""
    LATE_REFUSAL = "late_refusal"
    """Takes the next payout and proves one block later that it could not be sent."""
    DOWN = "down"
    """Answers nothing at all, once."""


class SimulatedFault(BaseModel):
    """A fault on order, used up once."""

    data_categories: ClassVar = {"kind": OPERATIONAL}

    kind = models.CharField(max_length=16, choices=FaultKind.choices)

    def __str__(self) -> str:
        return self.kind
