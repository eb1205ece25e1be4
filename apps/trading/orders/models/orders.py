"""Orders and their fills."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete
from apps.trading.orders.choices import (
    FINAL,
    IN_FLIGHT,
    LIMITED,
    ORDER_STATES,
    WAITING,
    GroupKind,
    GroupState,
    HeldBy,
    Kind,
    Leg,
    OrderState,
    Origin,
    TimeInForce,
)
from apps.trading.positions.choices import PositionSide

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


def amount_field(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for an amount: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18, **more)


class Order(BaseModel):
    """One order from intent to end. `filled` is the sum of its booked fills; `reported_filled` is the venue's word.

    `sent_at` is the moment it was claimed for sending, and the timestamp of the signed request: `LATEST_ACCEPTANCE`
    after it the venue can no longer take it. `wanted_price` is the price seen when it was decided.

    `stop_price` is the trigger; a trailing stop has `trail_percent` instead. Where the platform holds the order,
    `extreme_price` is the best checked price since it was placed, and `triggered_at` is set once, by whoever decided.
    A market order with `max_slippage_bps` has its worst price in `price`. `good_until` ends DAY and GTD orders.
    `position_side` belongs to contracts of an account in hedge mode.
    `replaces` is the order that this one took the place of.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            (
                "symbol", "side", "kind", "quantity", "price", "time_in_force", "wanted_price", "filled",
                "reported_filled", "average_price", "fees", "realised", "stop_price", "trail_percent",
                "extreme_price", "triggered_price", "max_slippage_bps", "post_only", "reduce_only", "position_side",
            ),
            FINANCIAL,
        ),
        **dict.fromkeys(
            (
                "owner", "book", "connection", "client_id", "origin_kind", "origin_id", "epoch", "sequence", "state",
                "venue_order_id", "reject_code", "reject_message", "attempts", "expires_at", "decided_at", "sent_at",
                "answered_at", "first_fill_at", "ended_at", "cancel_requested_at", "check_at", "checks",
                "held_by", "triggered_at", "good_until", "replaces", "group", "leg",
            ),
            OPERATIONAL,
        ),
    }  # fmt: skip

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    symbol = models.CharField(max_length=32)
    side = models.CharField(max_length=4)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    quantity = amount_field()
    price = amount_field(null=True)
    stop_price = amount_field(null=True)
    trail_percent = models.DecimalField(max_digits=4, decimal_places=2, null=True)
    max_slippage_bps = models.PositiveSmallIntegerField(null=True)
    post_only = models.BooleanField(default=False)
    reduce_only = models.BooleanField(default=False)
    position_side = models.CharField(max_length=5, choices=PositionSide.choices, blank=True, default="")
    held_by = models.CharField(max_length=8, choices=HeldBy.choices, default=HeldBy.VENUE)
    extreme_price = amount_field(null=True)
    triggered_at = models.DateTimeField(null=True)
    triggered_price = amount_field(null=True)
    good_until = models.DateTimeField(null=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    group = models.ForeignKey("orders.OrderGroup", on_delete=models.PROTECT, null=True, related_name="orders")
    leg = models.CharField(max_length=12, choices=Leg.choices, blank=True)
    time_in_force = models.CharField(max_length=3, choices=TimeInForce.choices, blank=True)
    wanted_price = amount_field(null=True)
    client_id = models.CharField(max_length=32, unique=True)
    origin_kind = models.CharField(max_length=12, choices=Origin.choices)
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
            models.UniqueConstraint(
                fields=["origin_kind", "origin_id", "sequence"],
                condition=~models.Q(origin_kind__in=(Origin.BOT.value, Origin.MANUAL.value)),
                name="one_order_per_origin_and_number",
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, filled__gte=0, reported_filled__gte=0), name="order_amounts_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=LIMITED, price__gt=0) & ~models.Q(time_in_force="")
                | ~models.Q(kind__in=LIMITED)
                & (models.Q(price__isnull=True) | models.Q(price__gt=0, max_slippage_bps__isnull=False)),
                name="order_price_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=WAITING, stop_price__gt=0, trail_percent__isnull=True)
                | models.Q(kind=Kind.TRAILING_STOP.value, stop_price__isnull=True, trail_percent__gt=0)
                | models.Q(kind__in=(Kind.MARKET, Kind.LIMIT), stop_price__isnull=True, trail_percent__isnull=True),
                name="order_trigger_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(good_until__isnull=False, time_in_force__in=("DAY", "GTD"))
                | models.Q(good_until__isnull=True) & ~models.Q(time_in_force__in=("DAY", "GTD")),
                name="order_end_fits_time_in_force",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=OrderState.HELD.value) | models.Q(held_by=HeldBy.PLATFORM.value),
                name="order_held_by_the_platform",
            ),
            models.CheckConstraint(
                condition=models.Q(group__isnull=True, leg="") | models.Q(group__isnull=False) & ~models.Q(leg=""),
                name="order_in_a_group_has_a_leg",
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
            models.Index(fields=["owner", "symbol", "-id"], name="order_by_owner_and_symbol"),
            models.Index(fields=["origin_id", "-id"], name="order_by_origin"),
            models.Index(fields=["connection", "state"], condition=~models.Q(state__in=FINAL), name="order_not_over"),
            models.Index(fields=["symbol"], condition=models.Q(state=OrderState.HELD.value), name="order_held"),
            models.Index(fields=["group"], condition=models.Q(group__isnull=False), name="order_by_group"),
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


class OrderGroup(BaseModel):
    """Orders that belong together: two exits of one position, with or without the entry that opens it.

    `quantity` is what the exits may close at most (of a bracket: what the entry wants), `covered` what they may close
    now: of a bracket what the entry brought. `side` is the exits'. `check_at`: somebody must look.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(("symbol", "side", "quantity", "covered"), FINANCIAL),
        **dict.fromkeys(
            ("owner", "book", "connection", "kind", "state", "is_native", "check_at", "done_at"), OPERATIONAL
        ),
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    symbol = models.CharField(max_length=32)
    side = models.CharField(max_length=4)
    kind = models.CharField(max_length=8, choices=GroupKind.choices)
    quantity = amount_field()
    covered = amount_field(default=0)
    state = models.CharField(max_length=8, choices=GroupState.choices, default=GroupState.WORKING)
    is_native = models.BooleanField(default=False)
    check_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0, covered__gte=0), name="group_has_a_size")
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="group_by_owner"),
            models.Index(fields=["check_at"], condition=models.Q(check_at__isnull=False), name="group_to_check"),
        ]
        triggers: ClassVar = [no_delete("ordergroup")]

    def __str__(self) -> str:
        return f"{self.kind} {self.symbol}"


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
        indexes: ClassVar = [
            models.Index(fields=["order", "id"], name="fill_by_order"),
            models.Index(fields=["connection", "-id"], name="fill_by_connection"),
        ]
        triggers: ClassVar = append_only("fill")

    def __str__(self) -> str:
        return f"{self.symbol} trade {self.trade_id}"
