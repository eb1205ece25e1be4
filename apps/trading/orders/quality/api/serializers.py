"""What the API takes and says of execution quality."""

from typing import Any

from rest_framework import serializers

from apps.trading.orders.quality.queries import By


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=60, decimal_places=36, normalize_output=True, **more)


class QualityFilter(serializers.Serializer[dict[str, Any]]):
    """What the report is divided by, and its period: `start` is included, `end` is not."""

    by = serializers.ChoiceField(choices=By.choices, required=False, default=By.VENUE)
    start = serializers.DateTimeField(required=False, default=None)
    end = serializers.DateTimeField(required=False, default=None)


class LegSerializer(serializers.Serializer[Any]):
    """Milliseconds of one leg; null where none was measured."""

    p50 = amount(allow_null=True)
    p99 = amount(allow_null=True)


class QualitySerializer(serializers.Serializer[Any]):
    """Executions of one exchange, market, origin or algorithm; `slippage_bps` is weighted by worth."""

    key = serializers.CharField()
    orders = serializers.IntegerField()
    measured = serializers.IntegerField()
    worth = amount()
    slippage_bps = amount(allow_null=True)
    worst_bps = amount(allow_null=True)
    shortfall = amount()
    decision = LegSerializer()
    send = LegSerializer()
    answer = LegSerializer()
    fill = LegSerializer()


class BoundsSerializer(serializers.Serializer[Any]):
    """When the caller is told of an execution; null is no bound."""

    worst_slippage_bps = serializers.IntegerField(min_value=0, max_value=10_000, allow_null=True)
    slowest_answer_ms = serializers.IntegerField(min_value=1, max_value=600_000, allow_null=True)
