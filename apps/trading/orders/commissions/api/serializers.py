"""What the API takes and says of commissions. Amounts are decimal texts."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.finance.ledger.choices import Mode
from apps.trading.orders.commissions.choices import EVERY, ChargedIn
from apps.trading.orders.commissions.models import CommissionCharge


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=60, decimal_places=36, normalize_output=True, **more)


class CommissionFilter(serializers.Serializer[dict[str, Any]]):
    """For which money and market."""

    mode = serializers.ChoiceField(choices=[(mode.value, mode.value) for mode in Mode], default=Mode.LIVE.value)
    symbol = serializers.RegexField(r"^([A-Z0-9]{1,32}|\*)\Z", default=EVERY)


class CommissionRateSerializer(serializers.Serializer[Any]):
    """From a worth in 30 days on (USDT): shares for maker and taker; `symbol` * is all without own rows."""

    symbol = serializers.CharField()
    from_volume = amount()
    maker = amount()
    taker = amount()


class CommissionPromotionSerializer(serializers.Serializer[Any]):
    """Percent off for orders placed from `starts` to before `ends`."""

    symbol = serializers.CharField()
    starts = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    percent_off = amount()


class CommissionTermsSerializer(serializers.Serializer[Any]):
    """What an order placed now is charged for its fills: shares after the promotion."""

    schedule = serializers.CharField(source="schedule.name")
    charged_in = serializers.ChoiceField(choices=ChargedIn.choices, source="schedule.charged_in")
    maker = amount()
    taker = amount()
    percent_off = amount()
    volume = amount()


class CommissionInForceSerializer(serializers.Serializer[Any]):
    """`terms` is null while the tenant charges nothing."""

    terms = CommissionTermsSerializer(allow_null=True)
    rates = CommissionRateSerializer(many=True)
    promotions = CommissionPromotionSerializer(many=True)


class CommissionChargeSerializer(serializers.ModelSerializer[CommissionCharge]):
    """What one fill was charged; `due` is tried again until the wallet has it."""

    share = amount()
    amount = amount()
    order_id = serializers.UUIDField(source="fill.order_id")
    symbol = serializers.CharField(source="fill.symbol")

    class Meta:
        model = CommissionCharge
        fields: ClassVar = [
            "id", "order_id", "fill_id", "symbol", "mode", "asset", "share", "amount", "state", "created_at",
            "booked_at",
        ]  # fmt: skip
