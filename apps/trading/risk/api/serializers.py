"""What the API says and takes about risk. Amounts are decimal texts; worths in USDT."""

from typing import Any

from rest_framework import serializers

from apps.trading.risk.choices import PROFILES, RuleName, Scope, State
from apps.trading.risk.models import KillSwitch, RiskLimit, RiskMeasure
from apps.trading.risk.queries import LimitUse, Overview

MODES = ["paper", "live"]
OWN_SCOPES = [Scope.CUSTOMER.value, Scope.BOT.value]


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=60, decimal_places=30, normalize_output=True, **more)


def given_amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount that comes in."""
    return serializers.DecimalField(max_digits=38, decimal_places=18, **more)


class ModeFilter(serializers.Serializer[dict[str, Any]]):
    """Paper or live trading: they are measured apart."""

    mode = serializers.ChoiceField(choices=MODES, default="paper")


class LimitUseSerializer(serializers.Serializer[LimitUse]):
    """A limit and how much of it is used; `value` and `part` are null where it has no meaning yet."""

    scope = serializers.ChoiceField(choices=Scope.choices)
    rule = serializers.ChoiceField(choices=RuleName.choices)
    target = serializers.CharField()
    unit = serializers.CharField()
    limit = amount()
    value = amount(allow_null=True)
    part = amount(allow_null=True)
    limit_id = serializers.UUIDField(allow_null=True)


class OverviewSerializer(serializers.Serializer[Overview]):
    """Where the caller stands."""

    is_live = serializers.BooleanField()
    state = serializers.ChoiceField(choices=State.choices)
    state_rule = serializers.CharField()
    state_reason = serializers.CharField()
    by_staff = serializers.BooleanField()
    engaged = serializers.CharField()
    equity = amount(allow_null=True)
    exposure = amount()
    result = amount()
    is_exact = serializers.BooleanField()
    lost_today = amount(allow_null=True)
    drawdown = amount(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    uses = LimitUseSerializer(many=True)


class RiskLimitSerializer(serializers.Serializer[RiskLimit]):
    """An own limit; `next_value` (null: none) holds from `next_at` on."""

    id = serializers.UUIDField()
    scope = serializers.CharField()
    subject_id = serializers.UUIDField()
    rule = serializers.CharField()
    target = serializers.CharField()
    value = amount(allow_null=True)
    next_value = amount(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
    by_staff = serializers.BooleanField()


class LimitsSerializer(serializers.Serializer[dict[str, Any]]):
    """All own limits."""

    results = RiskLimitSerializer(many=True)


class NewLimitSerializer(serializers.Serializer[dict[str, Any]]):
    """A limit to set; `value` null takes it away."""

    scope = serializers.ChoiceField(choices=OWN_SCOPES, default=Scope.CUSTOMER.value)
    subject_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    rule = serializers.ChoiceField(choices=RuleName.choices)
    target = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")
    value = given_amount(allow_null=True)


class ProfileSerializer(serializers.Serializer[dict[str, Any]]):
    """A ready profile."""

    profile = serializers.ChoiceField(choices=[(item.value, item.label) for item in PROFILES])


class SwitchSerializer(serializers.Serializer[KillSwitch]):
    """A kill switch over the caller."""

    id = serializers.UUIDField()
    scope = serializers.CharField()
    subject_id = serializers.UUIDField(allow_null=True)
    is_engaged = serializers.BooleanField()
    flattens = serializers.BooleanField()
    by_staff = serializers.BooleanField()
    engaged_at = serializers.DateTimeField(allow_null=True)
    lifted_at = serializers.DateTimeField(allow_null=True)


class SwitchesSerializer(serializers.Serializer[dict[str, Any]]):
    """All switches over the caller that were ever engaged."""

    results = SwitchSerializer(many=True)


class EngageSerializer(serializers.Serializer[dict[str, Any]]):
    """Which switch to engage; `flatten` also closes what is open."""

    scope = serializers.ChoiceField(choices=OWN_SCOPES, default=Scope.CUSTOMER.value)
    subject_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    flatten = serializers.BooleanField(default=True)


class RiskMeasuresSerializer(serializers.Serializer[Any]):
    """Figures of the caller's portfolio with the time, the definition and the source of each."""

    at = serializers.DateTimeField()
    is_live = serializers.BooleanField()
    worth = amount()
    definition = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field may have this name too
    figures = serializers.DictField()


class KeptMeasuresSerializer(serializers.ModelSerializer[RiskMeasure]):
    """Figures that the monitor kept."""

    class Meta:
        model = RiskMeasure
        fields = ("at", "is_live", "worth", "definition", "source", "figures")


class ShocksSerializer(serializers.Serializer[dict[str, Any]]):
    """Shocks by symbol, in percent; symbols without one stay."""

    mode = serializers.ChoiceField(choices=MODES, default="paper")
    shocks = serializers.DictField(child=serializers.DecimalField(max_digits=9, decimal_places=4, min_value=-100))

    def validate_shocks(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return at most 100 shocks."""
        if not 1 <= len(value) <= 100:
            raise serializers.ValidationError("Name 1 to 100 symbols.")
        return value


class StressedSerializer(serializers.Serializer[Any]):
    """What a scenario would come to; a gain is positive."""

    name = serializers.CharField()
    kind = serializers.CharField()
    result = amount()
    worst = amount()
    detail = serializers.CharField()


class SizeSerializer(serializers.Serializer[dict[str, Any]]):
    """What a size is worked out from; percentages in percent, volatility as a part a year."""

    method = serializers.ChoiceField(choices=["fixed", "percent", "kelly", "volatility", "atr"])
    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}$")
    quantity = given_amount(required=False)
    equity = given_amount(required=False)
    percent = given_amount(required=False)
    price = given_amount(required=False)
    win_rate = given_amount(required=False)
    payoff = given_amount(required=False)
    cap = given_amount(required=False)
    target = given_amount(required=False)
    volatility = given_amount(required=False)
    risk_percent = given_amount(required=False)
    atr = given_amount(required=False)
    multiple = given_amount(required=False)


class SizedSerializer(serializers.Serializer[dict[str, Any]]):
    """A size in base, cut down to whole lots."""

    method = serializers.CharField()
    symbol = serializers.CharField()
    quantity = amount()
    lot = amount()
