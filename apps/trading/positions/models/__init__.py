"""Books, and what stands in them: positions, FIFO lots and the entries that made them."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel, EntryModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete
from apps.trading.positions.choices import PositionSide, Purpose
from apps.trading.positions.models.columns import amount_field
from apps.trading.positions.models.contracts import (
    ContractPosition,
    ContractRequest,
    FundingPayment,
    HedgeRule,
    MarginAccount,
)
from apps.trading.positions.models.corrections import PositionCorrection
from apps.trading.positions.models.terms import ContractTerms

__all__ = [
    "Book",
    "ContractPosition",
    "ContractRequest",
    "ContractTerms",
    "FundingPayment",
    "HedgeRule",
    "MarginAccount",
    "Position",
    "PositionCorrection",
    "PositionEntry",
    "PositionLot",
]


class Book(BaseModel):
    """Connection × purpose: the unit of netting and lots."""

    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "connection": DataCategory.OPERATIONAL,
        "purpose": DataCategory.OPERATIONAL,
        "purpose_id": DataCategory.OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    purpose_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=models.Q(purpose=Purpose.MANUAL.value),
                name="one_manual_book_per_connection",
            ),
            models.UniqueConstraint(
                fields=["connection"],
                condition=models.Q(purpose=Purpose.CONTRACT.value),
                name="one_contract_book_per_connection",
            ),
            models.UniqueConstraint(
                fields=["purpose", "purpose_id"],
                condition=models.Q(purpose_id__isnull=False),
                name="one_book_per_purpose",
            ),
            models.CheckConstraint(
                condition=models.Q(purpose=Purpose.MANUAL.value, purpose_id__isnull=True)
                | models.Q(purpose=Purpose.BOT.value, purpose_id__isnull=False)
                | models.Q(purpose=Purpose.CONTRACT.value, purpose_id__isnull=True),
                name="book_purpose_has_its_id",
            ),
        ]
        triggers: ClassVar = [no_delete("book")]

    def __str__(self) -> str:
        return f"{self.purpose} book {self.pk}"


class Position(BaseModel):
    """One instrument in one book, as kernel.lots keeps it. `version` counts the fills; all amounts are signed sums.

    `quantity` is in base; cost, cash flow, results and fees are in quote. A fee paid in base reduces the quantity and
    stands in `fees` at the fill's price; fees in any other asset stand in `other_fees` by asset, valued when shown.
    A contract's fees never change its quantity; `funding` is what funding brought (negative: paid), outside the lots.
    """

    data_categories: ClassVar = {
        "book": DataCategory.OPERATIONAL,
        "symbol": DataCategory.FINANCIAL,
        "position_side": DataCategory.FINANCIAL,
        "is_contract": DataCategory.OPERATIONAL,
        "funding": DataCategory.FINANCIAL,
        "base": DataCategory.FINANCIAL,
        "quote": DataCategory.FINANCIAL,
        "quantity": DataCategory.FINANCIAL,
        "cost": DataCategory.FINANCIAL,
        "cash_flow": DataCategory.FINANCIAL,
        "realised_fifo": DataCategory.FINANCIAL,
        "realised_average": DataCategory.FINANCIAL,
        "fees": DataCategory.FINANCIAL,
        "other_fees": DataCategory.FINANCIAL,
        "version": DataCategory.OPERATIONAL,
        "last_side": DataCategory.OPERATIONAL,
        "last_fill_at": DataCategory.OPERATIONAL,
    }

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="positions")
    symbol = models.CharField(max_length=32)
    position_side = models.CharField(max_length=5, choices=PositionSide.choices, blank=True, default="")
    is_contract = models.BooleanField(default=False)
    base = models.CharField(max_length=16)
    quote = models.CharField(max_length=16)
    quantity = amount_field(default=0)
    cost = amount_field(default=0)
    cash_flow = amount_field(default=0)
    realised_fifo = amount_field(default=0)
    realised_average = amount_field(default=0)
    fees = amount_field(default=0)
    funding = amount_field(default=0)
    other_fees = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    last_side = models.CharField(max_length=4, blank=True)
    last_fill_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "symbol", "position_side"], name="one_position_per_symbol_side")
        ]
        triggers: ClassVar = [no_delete("position")]

    def __str__(self) -> str:
        return f"{self.symbol} {self.quantity.normalize():f}"


class PositionLot(BaseModel):
    """A part of a position opened by one fill: `quantity` at first, `remaining` now; the oldest is closed first."""

    data_categories: ClassVar = {
        "position": DataCategory.OPERATIONAL,
        "sequence": DataCategory.OPERATIONAL,
        "fill_id": DataCategory.OPERATIONAL,
        "quantity": DataCategory.FINANCIAL,
        "remaining": DataCategory.FINANCIAL,
        "price": DataCategory.FINANCIAL,
        "opened_at": DataCategory.OPERATIONAL,
        "closed_at": DataCategory.OPERATIONAL,
    }

    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="lots")
    sequence = models.PositiveIntegerField()
    fill_id = models.UUIDField()
    quantity = amount_field()
    remaining = amount_field()
    price = amount_field()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["position", "sequence"], name="one_lot_per_version"),
            models.CheckConstraint(
                condition=models.Q(remaining__gte=0, remaining__lte=models.F("quantity"), quantity__gt=0),
                name="lot_remaining_within_quantity",
            ),
            models.CheckConstraint(
                condition=models.Q(remaining=0, closed_at__isnull=False)
                | models.Q(remaining__gt=0, closed_at__isnull=True),
                name="lot_closed_when_used_up",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["position", "sequence"], condition=models.Q(remaining__gt=0), name="lot_open_by_age")
        ]
        triggers: ClassVar = [no_delete("positionlot")]

    def __str__(self) -> str:
        return f"lot {self.sequence}"


class PositionEntry(EntryModel):
    """What one fill did to a position. UNIQUE(fill_id) makes booking a fill twice impossible."""

    data_categories: ClassVar = {
        "position": DataCategory.OPERATIONAL,
        "version": DataCategory.OPERATIONAL,
        "fill_id": DataCategory.OPERATIONAL,
        "side": DataCategory.FINANCIAL,
        "quantity": DataCategory.FINANCIAL,
        "price": DataCategory.FINANCIAL,
        "fee_quote": DataCategory.FINANCIAL,
        "realised_fifo": DataCategory.FINANCIAL,
        "realised_average": DataCategory.FINANCIAL,
        "quantity_after": DataCategory.FINANCIAL,
        "at": DataCategory.OPERATIONAL,
    }

    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="entries")
    version = models.PositiveIntegerField()
    fill_id = models.UUIDField(unique=True)
    side = models.CharField(max_length=4)
    quantity = amount_field()
    price = amount_field()
    fee_quote = amount_field()
    realised_fifo = amount_field()
    realised_average = amount_field()
    quantity_after = amount_field()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["position", "version"], name="one_entry_per_version"),
        ]
        triggers: ClassVar = append_only("positionentry")

    def __str__(self) -> str:
        return f"{self.side} {self.quantity}"
