"""Orders and their fills."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete
from apps.trading.orders.choices import FINAL, IN_FLIGHT, ORDER_STATES, Kind, OrderState, Origin, TimeInForce

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


def amount_field(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for an amount: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18, **more)


class Order(BaseModel):
    """One order from intent to end. `filled` is the sum of its booked fills; `reported_filled` is the venue's word.

    `sent_at` is the moment it was claimed for sending, and the timestamp of the signed request: `LATEST_ACCEPTANCE`
    after it the venue can no longer take it. `wanted_price` is the price seen when it was decided.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            (
                "symbol", "side", "kind", "quantity", "price", "time_in_force", "wanted_price", "filled",
                "reported_filled", "average_price", "fees", "realised",
            ),
            FINANCIAL,
        ),
        **dict.fromkeys(
            (
                "owner", "book", "connection", "client_id", "origin_kind", "origin_id", "epoch", "sequence", "state",
                "venue_order_id", "reject_code", "reject_message", "attempts", "expires_at", "decided_at", "sent_at",
                "answered_at", "first_fill_at", "ended_at", "cancel_requested_at", "check_at", "checks",
            ),
            OPERATIONAL,
        ),
    }  # fmt: skip

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    symbol = models.CharField(max_length=32)
    side = models.CharField(max_length=4)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    quantity = amount_field()
    price = amount_field(null=True)
    time_in_force = models.CharField(max_length=3, choices=TimeInForce.choices, blank=True)
    wanted_price = amount_field(null=True)
    client_id = models.CharField(max_length=32, unique=True)
    origin_kind = models.CharField(max_length=8, choices=Origin.choices)
    origin_id = models.UUIDField(null=True)
    epoch = models.BigIntegerField(default=0)
    sequence = models.BigIntegerField(default=0)
    state = models.CharField(max_length=16, choices=OrderState.choices, default=OrderState.INTENT)
    venue_order_id = models.CharField(max_length=64, blank=True)
    filled = amount_field(default=0)
    reported_filled = amount_field(default=0)
    average_price = amount_field(null=True)
    fees = models.JSONField(default=dict)
    realised = amount_field(null=True)
    reject_code = models.CharField(max_length=32, blank=True)
    reject_message = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    first_fill_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    check_at = models.DateTimeField(null=True)
    checks = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "symbol", "venue_order_id"],
                condition=~models.Q(venue_order_id=""),
                name="one_order_per_venue_order",
            ),
            models.UniqueConstraint(
                fields=["origin_id", "sequence"],
                condition=models.Q(origin_kind=Origin.BOT.value),
                name="one_order_per_bot_and_number",
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, filled__gte=0, reported_filled__gte=0), name="order_amounts_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(kind=Kind.LIMIT.value, price__gt=0) & ~models.Q(time_in_force="")
                | models.Q(kind=Kind.MARKET.value, price__isnull=True, time_in_force=""),
                name="order_price_fits_kind",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=OrderState.FILLED.value) | models.Q(filled__gte=models.F("quantity")),
                name="order_filled_means_all_booked",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=IN_FLIGHT) | models.Q(sent_at__isnull=False),
                name="order_in_flight_has_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="order_by_owner"),
            models.Index(fields=["origin_id", "-id"], name="order_by_origin"),
            models.Index(fields=["connection", "state"], condition=~models.Q(state__in=FINAL), name="order_not_over"),
            models.Index(fields=["check_at"], condition=models.Q(check_at__isnull=False), name="order_to_check"),
        ]
        triggers: ClassVar = [ORDER_STATES.trigger("order"), no_delete("order")]

    def __str__(self) -> str:
        return f"{self.side} {self.quantity.normalize():f} {self.symbol}"

    @property
    def is_final(self) -> bool:
        """Whether the order is over (late fills may still come)."""
        return self.state in FINAL

    @property
    def needs_settling(self) -> bool:
        """Whether the venue must be asked before anything else may be decided on this order."""
        return self.state in IN_FLIGHT or self.state == OrderState.CANCELLING or self.reported_filled > self.filled


class Fill(BaseModel):
    """One execution of one of our orders. Two accounts of ours may share a trade id: each has its own leg."""

    data_categories: ClassVar = {
        **dict.fromkeys(("order", "connection", "venue", "trade_id", "at"), OPERATIONAL),
        **dict.fromkeys(("symbol", "side", "quantity", "price", "fee", "fee_asset", "is_maker"), FINANCIAL),
    }

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fills")
    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    venue = models.CharField(max_length=32)
    symbol = models.CharField(max_length=32)
    trade_id = models.CharField(max_length=64)
    side = models.CharField(max_length=4)
    quantity = amount_field()
    price = amount_field()
    fee = amount_field()
    fee_asset = models.CharField(max_length=16, blank=True)
    is_maker = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "trade_id"], name="one_fill_per_order_and_trade"),
            models.UniqueConstraint(fields=["connection", "symbol", "trade_id", "side"], name="one_fill_per_trade_leg"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0, price__gt=0), name="fill_is_positive"),
        ]
        indexes: ClassVar = [models.Index(fields=["order", "id"], name="fill_by_order")]
        triggers: ClassVar = append_only("fill")

    def __str__(self) -> str:
        return f"{self.symbol} trade {self.trade_id}"
