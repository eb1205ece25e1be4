"""What the API takes and says about portfolios. Amounts are decimal texts in the portfolio's currency."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.trading.exchanges.choices import Mode
from apps.trading.portfolios.models import CashFlow, NavSample, Portfolio
from apps.trading.portfolios.performing import RANGES
from apps.trading.portfolios.queries import Summary
from apps.trading.portfolios.valuing import AssetWorth

SYMBOL = r"\A[A-Z0-9]{2,32}\Z"
Given = dict[str, Any]


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True, **more)


def figure(**more: Any) -> serializers.DecimalField:
    """Return a field for a measure: at most eight decimals."""
    options = {"rounding": "ROUND_HALF_EVEN", "allow_null": True, **more}
    return serializers.DecimalField(max_digits=None, decimal_places=8, normalize_output=True, **options)


class PortfolioSerializer(serializers.ModelSerializer[Portfolio]):
    """A portfolio."""

    benchmark_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = Portfolio
        fields: ClassVar = [
            "id", "name", "mode", "currency", "is_default", "benchmark_symbol", "benchmark_id", "created_at",
        ]  # fmt: skip


class PortfolioListSerializer(serializers.Serializer[Given]):
    """All portfolios of a person (at most 50 and the two of everything)."""

    results = PortfolioSerializer(many=True)


class NewPortfolioSerializer(serializers.Serializer[Given]):
    """A new portfolio, for paper or for live books."""

    name = serializers.CharField(max_length=60)
    mode = serializers.ChoiceField(choices=Mode.choices, default=Mode.PAPER)


class PortfolioChangeSerializer(serializers.Serializer[Given]):
    """Another name, or what to compare with: a market, another portfolio, or (both empty) nothing."""

    name = serializers.CharField(max_length=60, required=False)
    benchmark_symbol = serializers.RegexField(SYMBOL, required=False, allow_blank=True)
    benchmark_id = serializers.UUIDField(required=False, allow_null=True)


class PortfolioWorthSerializer(serializers.Serializer[AssetWorth]):
    """So much of an asset; `price` and `worth` are null where no price is known. `source`: where it is known from."""

    asset = serializers.CharField()
    quantity = amount()
    price = figure(source="price.price", default=None)
    priced_at = serializers.DateTimeField(source="price.at", default=None, allow_null=True)
    is_stale = serializers.BooleanField(source="price.is_stale", default=True)
    source = serializers.CharField(source="price.source", default="none")  # type: ignore[assignment]  # a name of ours
    worth = figure()


class SummarySerializer(serializers.Serializer[Summary]):
    """What a portfolio is worth and has brought, in `currency`; null where a price is missing."""

    portfolio = PortfolioSerializer()
    currency = serializers.CharField()
    at = serializers.DateTimeField()
    value = figure()
    priced_at = serializers.DateTimeField(allow_null=True)
    is_stale = serializers.BooleanField()
    missing = serializers.ListField(child=serializers.CharField())
    allocation = PortfolioWorthSerializer(many=True)
    flows = figure()
    result = figure()
    realised = figure()
    unrealised = figure()
    fees = figure()
    day_result = figure()
    day_percent = figure()
    day_since = serializers.DateTimeField(allow_null=True)


class FlowSerializer(serializers.ModelSerializer[CashFlow]):
    """What came in (positive) or went out."""

    class Meta:
        model = CashFlow
        extra_kwargs: ClassVar = {name: {"normalize_output": True} for name in ("quantity", "amount", "value_before")}
        fields: ClassVar = ["uid", "kind", "book_id", "asset", "quantity", "amount", "value_before", "note", "at"]


class NewFlowSerializer(serializers.Serializer[Given]):
    """Money assigned to a portfolio, or taken out (`is_deposit` false)."""

    asset = serializers.RegexField(r"\A[A-Z0-9]{2,16}\Z")
    quantity = amount()
    is_deposit = serializers.BooleanField(default=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class RangeSerializer(serializers.Serializer[Given]):
    """How far back."""

    range = serializers.ChoiceField(choices=list(RANGES), default="1D")


class SampleSerializer(serializers.ModelSerializer[NavSample]):
    """A noted value."""

    class Meta:
        model = NavSample
        extra_kwargs: ClassVar = {name: {"normalize_output": True} for name in ("value", "units")}
        fields: ClassVar = ["seen_at", "value", "units"]


class MeasuresSerializer(serializers.Serializer[Any]):
    """Percentages over the range; see the definitions on the page."""

    twr = figure()
    worst_fall = figure()
    fall_now = figure()
    volatility = figure()


class PerformanceSerializer(serializers.Serializer[Any]):
    """Noted values, the measures of the portfolio, and those of what it is compared with."""

    since = serializers.DateTimeField(allow_null=True)
    samples = SampleSerializer(many=True)
    own = MeasuresSerializer(source="own.measures", allow_null=True)
    benchmark = MeasuresSerializer(source="benchmark.measures", allow_null=True, default=None)
    benchmark_label = serializers.CharField(source="benchmark.label", default="")
