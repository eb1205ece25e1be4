"""What the API takes and gives of back-tests."""

from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from apps.trading.backtests.choices import RunState
from apps.trading.backtests.models import BacktestRun
from kernel.simulation import Fill, Trade

MOST_POINTS = 20_000


class BacktestWriteSerializer(serializers.Serializer[dict[str, Any]]):
    """What to simulate: open times [start, end), the fee as a share (0.001 is 0.1 %)."""

    version = serializers.UUIDField()
    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}$")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    cash = serializers.DecimalField(max_digits=20, decimal_places=8, min_value=Decimal(1), max_value=Decimal(10) ** 9)
    taker_fee = serializers.DecimalField(
        max_digits=10, decimal_places=8, min_value=Decimal(0), max_value=Decimal("0.1"), default=Decimal("0.001")
    )
    slippage_bps = serializers.DecimalField(
        max_digits=8, decimal_places=4, min_value=Decimal(0), max_value=Decimal(1000), default=Decimal(2)
    )
    adjusted = serializers.BooleanField(default=False, help_text="Candles as they are after splits and dividends.")


class BacktestFilterSerializer(serializers.Serializer[dict[str, Any]]):
    """Filters of the list."""

    state = serializers.ChoiceField(choices=RunState.choices, required=False)
    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}$", required=False)
    strategy = serializers.UUIDField(required=False)


class BacktestSerializer(serializers.ModelSerializer[BacktestRun]):
    """A back-test: what was asked for and how far it is."""

    version = serializers.UUIDField(source="version_id")
    strategy = serializers.UUIDField(source="version.strategy_id")

    class Meta:
        model = BacktestRun
        fields: ClassVar = [
            "id", "strategy", "version", "document_hash", "symbol", "interval", "start", "end", "cash", "taker_fee",
            "slippage_bps", "adjustment", "state", "cancel_requested", "bars_done", "bars_total", "error_code",
            "error_message", "created_at", "started_at", "finished_at",
        ]  # fmt: skip


class MetricSerializer(serializers.Serializer[dict[str, Any]]):
    """One figure; null where it is not defined for this run."""

    name = serializers.CharField()
    title = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    unit = serializers.ChoiceField(choices=["percent", "ratio", "quote", "bars", "count"])
    definition = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the field of the reply is called like an option


class MonthSerializer(serializers.Serializer[dict[str, Any]]):
    """The change of equity over a month in percent."""

    year = serializers.IntegerField()
    month = serializers.IntegerField()
    percent = serializers.CharField()


class BacktestResultSerializer(serializers.Serializer[dict[str, Any]]):
    """What a back-test came to; equal hashes mean equal candles and equal results."""

    data_hash = serializers.CharField()
    result_hash = serializers.CharField()
    facts = serializers.DictField()
    statistics = MetricSerializer(many=True)
    months = MonthSerializer(many=True)


class BacktestDetailSerializer(BacktestSerializer):
    """A back-test with its result, null until it is done."""

    result = BacktestResultSerializer(allow_null=True)

    class Meta(BacktestSerializer.Meta):
        fields: ClassVar = [*BacktestSerializer.Meta.fields, "result"]


class SliceSerializer(serializers.Serializer[dict[str, Any]]):
    """Which part of a long list: `offset` from the oldest."""

    offset = serializers.IntegerField(min_value=0, max_value=10**7, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=200)


class PointsSerializer(serializers.Serializer[dict[str, Any]]):
    """How many points at most."""

    points = serializers.IntegerField(min_value=4, max_value=MOST_POINTS, default=2000)


class TradeSerializer(serializers.Serializer[Trade]):
    """A round trip; profit is after both fees."""

    entry_ts = serializers.IntegerField()
    exit_ts = serializers.IntegerField()
    entry_bar = serializers.IntegerField()
    exit_bar = serializers.IntegerField()
    quantity = serializers.CharField()
    entry_price = serializers.CharField()
    exit_price = serializers.CharField()
    fees = serializers.CharField()
    profit = serializers.CharField()
    profit_percent = serializers.CharField()
    bars_held = serializers.IntegerField()
    reason = serializers.CharField()


class TradeListSerializer(serializers.Serializer[dict[str, Any]]):
    """Some round trips of all."""

    count = serializers.IntegerField()
    results = TradeSerializer(many=True)


class BacktestFillSerializer(serializers.Serializer[Fill]):
    """An execution."""

    ts = serializers.IntegerField()
    bar = serializers.IntegerField()
    side = serializers.CharField()
    quantity = serializers.CharField()
    price = serializers.CharField()
    fee = serializers.CharField()
    reason = serializers.CharField()


class FillListSerializer(serializers.Serializer[dict[str, Any]]):
    """Some executions of all."""

    count = serializers.IntegerField()
    results = BacktestFillSerializer(many=True)


class CurvesSerializer(serializers.Serializer[dict[str, Any]]):
    """Curves as columns: open times in Unix ms, quote as text, drawdowns in percent (zero or negative)."""

    bars = serializers.IntegerField()
    ts = serializers.ListField(child=serializers.IntegerField())
    equity = serializers.ListField(child=serializers.CharField())
    holding = serializers.ListField(child=serializers.CharField())
    drawdown = serializers.ListField(child=serializers.CharField())
    holding_drawdown = serializers.ListField(child=serializers.CharField())


class BacktestReportSerializer(serializers.Serializer[dict[str, Any]]):
    """A report: one self-contained HTML page, the same text for the same result."""

    name = serializers.CharField()
    content_type = serializers.CharField()
    content = serializers.CharField()
