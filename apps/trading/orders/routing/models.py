"""Orders that are shared out over several accounts of a customer."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import no_delete
from apps.trading.orders.models.orders import amount_field
from apps.trading.orders.routing.choices import OVER, RouteStatus

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


class RoutedOrder(BaseModel):
    """An order over several accounts and how far it is. Its children are orders with origin "route" and this key.

    `connection_ids` are the accounts that were named (none: all of the mode). `limit_price` is the customer's worst
    price; `worst_price` the one in force: without the customer's own, the worst of the first decision. `parts` are
    `parts.RoutedPart`s, written by one step at a time under this row's lock. `expected_price` is the mean price of the
    first decision, `single_net` what a unit would have cost or brought after fees on the best single account then;
    `saved` is how much better the fills were, in quote. What an exchange books after it said that an order is over
    counts too.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            (
                "symbol", "side", "quantity", "limit_price", "worst_price", "parts", "expected_price", "single_net",
                "filled", "average_price", "fees", "saved",
            ),
            FINANCIAL,
        ),
        **dict.fromkeys(
            (
                "owner", "mode", "connection_ids", "status", "why", "round", "round_at", "single_connection",
                "advanced_at", "ended_at",
            ),
            OPERATIONAL,
        ),
    }  # fmt: skip

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8)
    connection_ids = models.JSONField(default=list)
    symbol = models.CharField(max_length=32)
    side = models.CharField(max_length=4)
    quantity = amount_field()
    limit_price = amount_field(null=True)
    worst_price = amount_field()

    status = models.CharField(max_length=8, choices=RouteStatus.choices, default=RouteStatus.WORKING)
    why = models.CharField(max_length=16, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    round_at = models.DateTimeField()
    parts = models.JSONField(default=list)

    expected_price = amount_field(null=True)
    single_connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, null=True, related_name="+")
    single_net = amount_field(null=True)
    filled = amount_field(default=0)
    average_price = amount_field(null=True)
    fees = models.JSONField(default=dict)
    saved = amount_field(null=True)
    advanced_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "orders"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, filled__gte=0, worst_price__gt=0), name="route_amounts_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=OVER, ended_at__isnull=False)
                | ~models.Q(status__in=OVER) & models.Q(ended_at__isnull=True),
                name="route_over_has_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="route_by_owner"),
            models.Index(fields=["id"], condition=~models.Q(status__in=OVER), name="route_not_over"),
        ]
        triggers: ClassVar = [no_delete("routedorder")]

    def __str__(self) -> str:
        return f"{self.side} {self.quantity.normalize():f} {self.symbol} over accounts"

    @property
    def is_over(self) -> bool:
        """Whether nothing more is sent."""
        return self.status in OVER
