"""The parent orders that algorithms work off."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import no_delete
from apps.trading.orders.algos.choices import AlgoClock, AlgoKind, AlgoStatus, CatchUpRule, RestRule
from apps.trading.orders.models.orders import amount_field
from apps.trading.positions.choices import PositionSide

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


class AlgoOrder(BaseModel):
    """A large order and how far it is. Its children are orders with origin "algo" and this key.

    Times are in ms of `clock`. `seed` makes the jitter. The second part is the state of kernel.execution, written by
    one step at a time under this row's lock. `volume` is what the market traded since the start, in base;
    `market_until_ms` how far its candles were read; `child_ms` when
    each child was decided. `arrival_price` is the price at the start,
    `guard_price` that from which the slippage guard measures the children from `guard_from` on.
    A contract goes by the market that it follows.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            (
                "symbol", "side", "algo", "quantity", "limit_price", "display_quantity", "participation_bps", "filled",
                "average_price", "arrival_price", "guard_price", "volume", "schedule_error_bps", "share_bps", "weights",
                "reduce_only", "position_side",
            ),
            FINANCIAL,
        ),
        **dict.fromkeys(
            (
                "owner", "book", "connection", "clock", "start_ms", "end_ms", "time_jitter_bps", "size_jitter_bps",
                "seed", "catch_up", "rest", "status", "why", "next_number", "slice", "goal", "sent_ms", "turned_down",
                "trusted_from", "guard_bps", "guard_from", "market_until_ms", "child_ms", "last_refusal",
                "advanced_at", "ended_at",
            ),
            OPERATIONAL,
        ),
    }  # fmt: skip

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    symbol = models.CharField(max_length=32)
    side = models.CharField(max_length=4)
    algo = models.CharField(max_length=8, choices=AlgoKind.choices)
    reduce_only = models.BooleanField(default=False)
    position_side = models.CharField(max_length=5, choices=PositionSide.choices, blank=True, default="")
    quantity = amount_field()
    limit_price = amount_field(null=True)
    display_quantity = amount_field(null=True)
    participation_bps = models.PositiveIntegerField(default=0)
    guard_bps = models.PositiveIntegerField(default=0)
    weights = models.JSONField(default=list)
    clock = models.CharField(max_length=6, choices=AlgoClock.choices)
    start_ms = models.BigIntegerField()
    end_ms = models.BigIntegerField(default=0)
    time_jitter_bps = models.PositiveIntegerField(default=0)
    size_jitter_bps = models.PositiveIntegerField(default=0)
    seed = models.BigIntegerField(default=0)
    catch_up = models.CharField(max_length=8, choices=CatchUpRule.choices, default=CatchUpRule.AT_ONCE)
    rest = models.CharField(max_length=8, choices=RestRule.choices, default=RestRule.FINISH)

    status = models.CharField(max_length=8, choices=AlgoStatus.choices, default=AlgoStatus.WORKING)
    why = models.CharField(max_length=16, blank=True)
    next_number = models.PositiveIntegerField(default=0)
    slice = models.IntegerField(default=-1)
    goal = models.BigIntegerField(default=0)
    sent_ms = models.BigIntegerField(null=True)
    turned_down = models.PositiveIntegerField(default=0)
    trusted_from = models.PositiveIntegerField(default=0)
    guard_from = models.PositiveIntegerField(default=0)
    guard_price = amount_field(null=True)

    filled = amount_field(default=0)
    average_price = amount_field(null=True)
    arrival_price = amount_field(null=True)
    volume = amount_field(default=0)
    market_until_ms = models.BigIntegerField()
    child_ms = models.JSONField(default=list)
    schedule_error_bps = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    share_bps = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    last_refusal = models.CharField(max_length=300, blank=True)
    advanced_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "orders"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, filled__gte=0, filled__lte=models.F("quantity")),
                name="algo_never_fills_more_than_wanted",
            ),
            models.CheckConstraint(
                condition=models.Q(status=AlgoStatus.DONE.value, ended_at__isnull=False)
                | ~models.Q(status=AlgoStatus.DONE.value) & models.Q(ended_at__isnull=True),
                name="algo_over_has_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="algo_by_owner"),
            models.Index(fields=["id"], condition=~models.Q(status=AlgoStatus.DONE.value), name="algo_not_over"),
        ]
        triggers: ClassVar = [no_delete("algoorder")]

    def __str__(self) -> str:
        return f"{self.algo} {self.side} {self.quantity.normalize():f} {self.symbol}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more is sent."""
        return self.status == AlgoStatus.DONE
