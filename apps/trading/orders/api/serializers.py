"""What the API takes and says about orders. Amounts are decimal texts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api.amounts import PositiveDecimalField, StrictDecimalField
from apps.trading.orders.choices import HeldBy, Kind, OrderState, TimeInForce
from apps.trading.orders.models import ExternalOrder, Fill, Order
from apps.trading.orders.operations import NewOrder
from apps.trading.positions.choices import PositionSide
from kernel.instruments import Side


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True, **more)


class FillSerializer(serializers.ModelSerializer[Fill]):
    """One execution."""

    quantity = amount()
    price = amount()
    fee = amount()

    class Meta:
        model = Fill
        fields: ClassVar = ["id", "trade_id", "side", "quantity", "price", "fee", "fee_asset", "is_maker", "at"]


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order. `filled` is booked; `realised` is what it brought in quote, null for one that opened only."""

    quantity = amount()
    price = amount(allow_null=True)
    wanted_price = amount(allow_null=True)
    filled = amount()
    average_price = amount(allow_null=True)
    realised = amount(allow_null=True)
    stop_price = amount(allow_null=True)
    triggered_price = amount(allow_null=True)
    extreme_price = amount(allow_null=True)
    trail_percent = serializers.DecimalField(max_digits=4, decimal_places=2, allow_null=True, normalize_output=True)
    fees = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Order
        fields: ClassVar = [
            "id", "connection_id", "symbol", "side", "kind", "quantity", "price", "time_in_force", "wanted_price",
            "client_id", "origin_kind", "origin_id", "state", "venue_order_id", "filled", "average_price", "fees",
            "realised", "reject_code", "reject_message", "created_at", "sent_at", "answered_at", "first_fill_at",
            "ended_at", "cancel_requested_at", "stop_price", "trail_percent", "post_only", "reduce_only", "good_until",
            "max_slippage_bps", "held_by", "extreme_price", "triggered_at", "triggered_price", "group_id", "leg",
            "replaces_id", "position_side",
        ]  # fmt: skip


class OrderDetailSerializer(OrderSerializer):
    """An order with its executions."""

    fills = FillSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields: ClassVar = [*OrderSerializer.Meta.fields, "fills"]


def given_amount() -> StrictDecimalField:
    """Return a field for a price that may be left out."""
    return PositiveDecimalField(max_digits=38, decimal_places=18, required=False, allow_null=True, default=None)


class NewOrderSerializer(serializers.Serializer[dict[str, Any]]):
    """An order to place.

    `price` and `time_in_force` for kinds with a limit, `stop_price` for those that wait for a price, `trail_percent`
    (0.1 to 20) for a trailing stop, `good_until` with GTD. `max_slippage_bps` gives an order at market a worst price.
    `held_by` "platform" keeps the trigger from the exchange. A contract's symbol ends with PERP ("BTCUSDTPERP");
    `position_side` is for accounts in hedge mode.
    """

    connection_id = serializers.UUIDField()
    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}\Z")
    side = serializers.ChoiceField(choices=[side.value for side in Side])
    kind = serializers.ChoiceField(choices=Kind.choices)
    quantity = PositiveDecimalField(max_digits=38, decimal_places=18)
    price = given_amount()
    time_in_force = serializers.ChoiceField(choices=TimeInForce.choices, required=False, allow_blank=True, default="")
    stop_price = given_amount()
    trail_percent = PositiveDecimalField(max_digits=4, decimal_places=2, required=False, allow_null=True, default=None)
    post_only = serializers.BooleanField(required=False, default=False)
    reduce_only = serializers.BooleanField(required=False, default=False)
    good_until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    max_slippage_bps = serializers.IntegerField(
        min_value=1, max_value=5000, required=False, allow_null=True, default=None
    )
    held_by = serializers.ChoiceField(choices=HeldBy.choices, required=False, allow_blank=True, default="")
    position_side = serializers.ChoiceField(choices=PositionSide.choices, required=False, default="")


def new_order(given: Mapping[str, Any]) -> NewOrder:
    """Return the order of a valid NewOrderSerializer."""
    facts = {key: value for key, value in given.items() if key != "connection_id"}
    return NewOrder(**{**facts, "side": Side(given["side"]), "kind": Kind(given["kind"])})


class OrderFilter(serializers.Serializer[dict[str, Any]]):
    """What a list of orders can be narrowed by."""

    state = serializers.ChoiceField(choices=OrderState.choices, required=False)
    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}\Z", required=False)
    bot_id = serializers.UUIDField(required=False)


class ResetSerializer(serializers.Serializer[dict[str, Any]]):
    """A paper account that is being set anew."""

    id = serializers.UUIDField()
    state = serializers.CharField()


class ExternalOrderSerializer(serializers.ModelSerializer[ExternalOrder]):
    """An open order on one of the caller's accounts that was not placed here."""

    quantity = amount()
    filled = amount()
    price = amount(allow_null=True)

    class Meta:
        model = ExternalOrder
        fields: ClassVar = [
            "id", "connection_id", "symbol", "venue_order_id", "client_id", "side", "kind", "status", "quantity",
            "filled", "price", "seen_at",
        ]  # fmt: skip
