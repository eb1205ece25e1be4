"""What the API takes and says of the limits of real money. Amounts are decimal texts in USDT."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.core.api.amounts import StrictDecimalField
from apps.trading.orders.choices import SelfMatch
from apps.trading.orders.limits.queries import NAMES, OWN, PLATFORM


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=60, decimal_places=36, normalize_output=True, **more)


def wish() -> StrictDecimalField:
    """Return a field for an own limit: more than zero, at most two decimals; null is the platform's."""
    return StrictDecimalField(
        max_digits=14, decimal_places=2, min_value=Decimal("0.01"), required=False, allow_null=True
    )


class OwnOrderLimitsSerializer(serializers.Serializer[Any]):
    """Own limits to set; what is left out stays as it is, null is the platform's."""

    confirm_above = wish()
    most_per_order = wish()
    most_per_day = wish()
    self_match = serializers.ChoiceField(choices=SelfMatch.choices, required=False)


class OrderLimitSerializer(serializers.Serializer[Any]):
    """One limit: in force is the lower one of the own (null: none) and the platform's."""

    name = serializers.ChoiceField(choices=[(name, name) for name in NAMES])
    value = amount()
    own = amount(allow_null=True)
    platform = amount()
    set_by = serializers.ChoiceField(choices=[(OWN, OWN), (PLATFORM, PLATFORM)])


class OrderLimitsSerializer(serializers.Serializer[Any]):
    """What the caller's live orders are held to, and what is used of today (UTC)."""

    limits = OrderLimitSerializer(many=True)
    self_match = serializers.ChoiceField(choices=SelfMatch.choices)
    used_today = amount()
    left_today = amount()
