"""What the API takes and says about instruments, watchlists and alerts."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.trading.instruments.choices import AlertState, AssetClass, Rearm
from apps.trading.instruments.models import Alert, Instrument, Watchlist
from apps.trading.instruments.queries import symbols_of
from apps.trading.instruments.wording import alert_sentence


class InstrumentSerializer(serializers.ModelSerializer[Instrument]):
    """An instrument; steps and limits are decimal texts, `hours` is the code of its trading hours."""

    class Meta:
        model = Instrument
        extra_kwargs: ClassVar = {
            name: {"normalize_output": True} for name in ("tick", "lot", "min_quantity", "max_quantity", "min_notional")
        }
        fields: ClassVar = [
            "symbol", "name", "asset_class", "market", "base", "quote", "tick", "lot", "min_quantity", "max_quantity",
            "min_notional", "hours", "status",
        ]  # fmt: skip


class InstrumentListSerializer(serializers.Serializer[dict[str, object]]):
    """All instruments that match."""

    results = InstrumentSerializer(many=True)


class InstrumentQuerySerializer(serializers.Serializer[dict[str, object]]):
    """Filters of the list; with `search` the best match comes first, near misses last."""

    search = serializers.CharField(required=False, allow_blank=True, default="", max_length=32)
    asset_class = serializers.ChoiceField(choices=AssetClass.choices, required=False)
    limit = serializers.IntegerField(required=False, default=500, min_value=1, max_value=500)


class NameSerializer(serializers.Serializer[dict[str, Any]]):
    """The name of a list."""

    name = serializers.CharField(max_length=60)


class WatchlistSerializer(serializers.ModelSerializer[Watchlist]):
    """A watchlist with its symbols in order."""

    symbols = serializers.SerializerMethodField()

    class Meta:
        model = Watchlist
        fields: ClassVar = ["id", "name", "position", "symbols", "created_at"]

    def get_symbols(self, row: Watchlist) -> list[str]:
        """Return the symbols in their order."""
        return symbols_of(row)


class WatchlistsSerializer(serializers.Serializer[dict[str, Any]]):
    """All lists of a person (at most 20)."""

    results = WatchlistSerializer(many=True)


class AlertQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """Filters of the alerts."""

    symbol = serializers.RegexField(r"\A[A-Z0-9]{2,32}\Z", required=False)
    state = serializers.ChoiceField(choices=AlertState.choices, required=False)


class AlertWriteSerializer(serializers.Serializer[dict[str, Any]]):
    """A new alert: `condition` is a tree of kernel.rules over price, change_percent, spread, imbalance, volume…"""

    symbol = serializers.RegexField(r"\A[A-Z0-9]{2,32}\Z")
    name = serializers.CharField(max_length=80)
    condition = serializers.JSONField()
    rearm = serializers.ChoiceField(choices=Rearm.choices, default=Rearm.ONCE)
    pause_seconds = serializers.IntegerField(min_value=10, max_value=604_800, default=300)


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """An alert; `sentence` is its condition in words."""

    sentence = serializers.SerializerMethodField()

    class Meta:
        model = Alert
        fields: ClassVar = [
            "id", "symbol", "name", "condition", "sentence", "rearm", "pause_seconds", "state", "fired_count",
            "last_fired_at", "created_at",
        ]  # fmt: skip

    def get_sentence(self, row: Alert) -> str:
        """Return the condition in words."""
        return alert_sentence(row.condition)
