"""What is known of an account beside its orders: cursors, foreign orders, differences, the stream's lease."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.trading.orders.choices import IncidentKind
from apps.trading.orders.models.orders import amount_field

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


class FillCursor(BaseModel):
    """Up to which trade the executions of a symbol were read. It trails behind, so that late ones are seen again."""

    data_categories: ClassVar = dict.fromkeys(("connection", "symbol", "trade_id"), OPERATIONAL)

    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    symbol = models.CharField(max_length=32)
    trade_id = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "symbol"], name="one_cursor_per_symbol"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} from {self.trade_id}"


class ExternalOrder(BaseModel):
    """An order on the account that we did not place. It is shown and never touched."""

    data_categories: ClassVar = {
        **dict.fromkeys(("connection", "venue_order_id", "client_id", "status", "is_open", "seen_at"), OPERATIONAL),
        **dict.fromkeys(("symbol", "side", "kind", "quantity", "filled", "price"), FINANCIAL),
    }

    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    symbol = models.CharField(max_length=32)
    venue_order_id = models.CharField(max_length=64)
    client_id = models.CharField(max_length=64, blank=True)
    side = models.CharField(max_length=4)
    kind = models.CharField(max_length=20)
    status = models.CharField(max_length=16)
    is_open = models.BooleanField(default=True)
    quantity = amount_field()
    filled = amount_field()
    price = amount_field(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "symbol", "venue_order_id"], name="one_external_order"),
        ]

    def __str__(self) -> str:
        return f"external {self.side} {self.symbol}"


class BalanceBaseline(BaseModel):
    """What an account held of an asset before our first fill: the venue's first figure less what was booked of it.

    `created_at` is when that figure was seen.
    """

    data_categories: ClassVar = {"connection": OPERATIONAL, "asset": FINANCIAL, "amount": FINANCIAL}

    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    asset = models.CharField(max_length=16)
    amount = amount_field()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "asset"], name="one_baseline_per_asset"),
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.amount.normalize():f}"


class ReconcileIncident(BaseModel):
    """A difference between our books and a venue, open until it is gone. Nothing is repaired by inventing a fill."""

    data_categories: ClassVar = {
        **dict.fromkeys(("connection", "kind", "subject", "seen_at", "resolved_at"), OPERATIONAL),
        **dict.fromkeys(("expected", "found"), FINANCIAL),
    }

    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=IncidentKind.choices)
    subject = models.CharField(max_length=80)
    expected = models.CharField(max_length=120, blank=True)
    found = models.CharField(max_length=120, blank=True)
    seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "kind", "subject"],
                condition=models.Q(resolved_at__isnull=True),
                name="one_open_incident_per_subject",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-id"], condition=models.Q(resolved_at__isnull=True), name="incident_open")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


class AccountStream(BaseModel):
    """Which process follows an account's private stream, and what it last saw."""

    data_categories: ClassVar = dict.fromkeys(
        ("connection", "owner", "epoch", "until", "snapshot_at", "event_at", "last_error"), OPERATIONAL
    )

    connection = models.OneToOneField("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    owner = models.CharField(max_length=80)
    epoch = models.BigIntegerField(default=1)
    until = models.DateTimeField()
    snapshot_at = models.DateTimeField(null=True)
    event_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"stream of {self.connection_id}"
