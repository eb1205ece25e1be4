"""What the API says of the history. Amounts are decimal texts."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.trading.orders.choices import Origin
from apps.trading.orders.history.choices import Outcome, Wanted
from apps.trading.orders.models import Fill
from kernel.instruments import Side


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=60, decimal_places=36, normalize_output=True, **more)


class HistoryFilter(serializers.Serializer[dict[str, Any]]):
    """What a history can be narrowed by; `start` is included, `end` is not."""

    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}\Z", required=False)
    side = serializers.ChoiceField(choices=[side.value for side in Side], required=False)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False)
    origin = serializers.ChoiceField(choices=Origin.choices, required=False)
    origin_id = serializers.UUIDField(required=False)
    connection_id = serializers.UUIDField(required=False)
    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)


def wanted_of(query: dict[str, Any]) -> Wanted:
    """Return the filter of a query; raises ValidationError."""
    given = HistoryFilter(data=query)
    given.is_valid(raise_exception=True)
    return Wanted(**given.validated_data)


class OrderTradeSerializer(serializers.ModelSerializer[Fill]):
    """One execution of one of the caller's orders."""

    quantity = amount()
    price = amount()
    fee = amount()
    origin_kind = serializers.CharField(source="order.origin_kind")
    origin_id = serializers.UUIDField(source="order.origin_id", allow_null=True)

    class Meta:
        model = Fill
        fields: ClassVar = [
            "id", "order_id", "connection_id", "venue", "symbol", "trade_id", "side", "quantity", "price", "fee",
            "fee_asset", "is_maker", "at", "origin_kind", "origin_id",
        ]  # fmt: skip


class OrderSumSerializer(serializers.Serializer[Any]):
    """Sums over some orders, in the quote of the symbol."""

    key = serializers.CharField()
    name = serializers.CharField(source="label")
    orders = serializers.IntegerField()
    filled = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    rejected = serializers.IntegerField()
    worth = amount()
    realised = amount()


class OrderStatisticsSerializer(serializers.Serializer[Any]):
    """What came of the orders of a period; rates are shares of those that are over."""

    orders = serializers.IntegerField()
    over = serializers.IntegerField()
    fills = serializers.IntegerField()
    fill_rate = amount(allow_null=True)
    cancel_rate = amount(allow_null=True)
    reject_rate = amount(allow_null=True)
    maker_share = amount(allow_null=True)
    worth = serializers.DictField(child=amount())
    fees = serializers.DictField(child=amount())
    realised = serializers.DictField(child=amount())
    by_day = OrderSumSerializer(many=True)
    by_symbol = OrderSumSerializer(many=True)
    by_origin = OrderSumSerializer(many=True)
