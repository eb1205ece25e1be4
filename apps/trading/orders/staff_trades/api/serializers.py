"""What the API takes and says of trades booked by staff. Amounts are decimal texts."""

from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api.amounts import StrictDecimalField
from apps.trading.orders.models import StaffTrade
from apps.trading.orders.staff_trades.choices import InBalance
from kernel.instruments import Side

SMALLEST = Decimal(1).scaleb(-18)


def amount(**more: Any) -> StrictDecimalField:
    """Return a field for an amount above zero."""
    return StrictDecimalField(max_digits=36, decimal_places=18, min_value=SMALLEST, **more)


class StaffTradeInput(serializers.Serializer[dict[str, Any]]):
    """A trade that a customer made elsewhere: fee null is none, its asset empty is the quote, book null is by hand."""

    customer_id = serializers.UUIDField()
    connection_id = serializers.UUIDField()
    book_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    symbol = serializers.RegexField(r"^[A-Z0-9]{1,32}\Z")
    side = serializers.ChoiceField(choices=[(side.value, side.value) for side in Side])
    quantity = amount()
    price = amount()
    fee = amount(required=False, allow_null=True, default=None)
    fee_asset = serializers.RegexField(r"^[A-Z0-9]{0,16}\Z", required=False, default="", allow_blank=True)
    traded_at = serializers.DateTimeField()
    in_balance = serializers.ChoiceField(choices=InBalance.choices, default=InBalance.SHOWN)
    reason = serializers.CharField(max_length=500)


class CounterTradeInput(serializers.Serializer[dict[str, Any]]):
    """Why a booked trade is taken back."""

    reason = serializers.CharField(max_length=500)


class StaffTradeRequestSerializer(serializers.Serializer[Any]):
    """A trade that waits for another person; `payload` is exactly what will be booked."""

    id = serializers.UUIDField(source="pk")
    action = serializers.CharField()
    state = serializers.CharField()
    payload = serializers.DictField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()


class StaffTradeSerializer(serializers.ModelSerializer[StaffTrade]):
    """A booked trade."""

    quantity = serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True)
    price = serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True)
    fee = serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True)

    class Meta:
        model = StaffTrade
        fields: ClassVar = [
            "id", "owner_id", "connection_id", "book_id", "order_id", "symbol", "side", "quantity", "price", "fee",
            "fee_asset", "in_balance", "traded_at", "reason", "asked_by", "approved_by", "reverses_id", "created_at",
        ]  # fmt: skip
