"""What the API takes and says of commissions. Amounts are decimal texts."""

from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api.amounts import StrictDecimalField
from apps.finance.ledger.choices import Mode
from apps.trading.orders.commissions.choices import EVERY, ChargedIn
from apps.trading.orders.commissions.models import CommissionCharge, CommissionSchedule


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


MARKET = r"^([A-Z0-9]{1,32}|\*)\Z"
MOST_LINES = 200


def _share(most: int, places: int) -> StrictDecimalField:
    return StrictDecimalField(max_digits=38, decimal_places=places, min_value=Decimal(0), max_value=Decimal(most))


class CommissionRateInput(serializers.Serializer[dict[str, Any]]):
    """From a worth in 30 days on (USDT): shares for makers and takers, 0.001 is 0.1 %; `symbol` * is all markets."""

    symbol = serializers.RegexField(MARKET)
    from_volume = StrictDecimalField(max_digits=36, decimal_places=18, min_value=Decimal(0))
    maker = _share(1, 8)
    taker = _share(1, 8)


class CommissionPromotionInput(serializers.Serializer[dict[str, Any]]):
    """Percent off for orders placed from `starts` to before `ends`; `symbol` * is all markets."""

    symbol = serializers.RegexField(MARKET)
    starts = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    percent_off = _share(100, 2)


class CommissionReasonInput(serializers.Serializer[dict[str, Any]]):
    """Why it is asked for or done."""

    reason = serializers.CharField(max_length=500)


class CommissionScheduleInput(CommissionReasonInput):
    """A whole schedule. One rate is for all markets from 0 on: `*`, `0`."""

    name = serializers.CharField(max_length=80)
    mode = serializers.ChoiceField(choices=[(mode.value, mode.value) for mode in Mode])
    charged_in = serializers.ChoiceField(choices=ChargedIn.choices)
    rates = serializers.ListField(child=CommissionRateInput(), max_length=MOST_LINES)
    promotions = serializers.ListField(
        child=CommissionPromotionInput(), required=False, default=list, max_length=MOST_LINES
    )


class CommissionScheduleSerializer(serializers.ModelSerializer[CommissionSchedule]):
    """A schedule: it never changes but for its state."""

    rates = CommissionRateSerializer(many=True)
    promotions = CommissionPromotionSerializer(many=True)

    class Meta:
        model = CommissionSchedule
        fields: ClassVar = [
            "id", "name", "mode", "charged_in", "state", "active_from", "ended_at", "rates", "promotions",
            "created_at",
        ]  # fmt: skip


class CommissionProposalSerializer(serializers.Serializer[Any]):
    """What waits for a second person; `payload` is exactly what will be put in force or ended."""

    id = serializers.UUIDField(source="pk")
    action = serializers.CharField()
    state = serializers.CharField()
    payload = serializers.DictField()
    expires_at = serializers.DateTimeField()
