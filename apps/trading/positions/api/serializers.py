"""What the API says about positions. Amounts are decimal texts."""

from typing import Any

from rest_framework import serializers

from apps.trading.positions.queries import PositionValue


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True, **more)


class PositionSerializer(serializers.Serializer[PositionValue]):
    """A position with its worth; `mark`, `unrealised`, `percent` and `net` are null while no price is known."""

    id = serializers.UUIDField(source="position.id")
    book_id = serializers.UUIDField(source="position.book_id")
    purpose = serializers.CharField(source="position.book.purpose")
    purpose_id = serializers.UUIDField(source="position.book.purpose_id", allow_null=True)
    connection_id = serializers.UUIDField(source="position.book.connection_id")
    symbol = serializers.CharField(source="position.symbol")
    position_side = serializers.CharField(source="position.position_side")
    is_contract = serializers.BooleanField(source="position.is_contract")
    quantity = amount(source="position.quantity")
    entry = amount(allow_null=True)
    cost = amount(source="position.cost")
    realised = amount(source="position.realised_average")
    realised_fifo = amount(source="position.realised_fifo")
    fees = amount(source="position.fees")
    other_fees = serializers.DictField(source="position.other_fees", child=serializers.CharField())
    other_fees_worth = amount(source="other_fees", allow_null=True)
    funding = amount(source="position.funding")
    unrealised = amount(allow_null=True)
    percent = serializers.DecimalField(max_digits=20, decimal_places=4, allow_null=True)
    net = amount(allow_null=True)
    mark = amount(source="mark.price", allow_null=True, default=None)
    mark_at = serializers.DateTimeField(source="mark.at", allow_null=True, default=None)
    mark_is_stale = serializers.BooleanField(source="mark.is_stale", default=True)
    fills = serializers.IntegerField(source="position.version")
    last_fill_at = serializers.DateTimeField(source="position.last_fill_at", allow_null=True)


class PositionFilter(serializers.Serializer[dict[str, Any]]):
    """What a list of positions can be narrowed by."""

    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}$", required=False)
    open = serializers.BooleanField(required=False, allow_null=True, default=None)
