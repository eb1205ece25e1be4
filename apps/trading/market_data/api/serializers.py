"""What the API takes and says about candles and quotes."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.trading.market_data.models import HistorySync
from kernel.instruments import INTERVALS

FIRST_MS, LAST_MS = 0, 4_102_444_800_000  # 1970 to 2100
MOST = 2_000


class CandleQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """Which candles: `start` and `end` are open times in Unix ms, both included; without `start` the newest."""

    symbol = serializers.RegexField(r"\A[A-Z0-9]{2,32}\Z")
    interval = serializers.ChoiceField(choices=list(INTERVALS))
    start = serializers.IntegerField(required=False, min_value=FIRST_MS, max_value=LAST_MS)
    end = serializers.IntegerField(required=False, min_value=FIRST_MS, max_value=LAST_MS)
    limit = serializers.IntegerField(required=False, default=500, min_value=1, max_value=MOST)
    adjusted = serializers.BooleanField(default=False, help_text="For splits and dividends.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a start after the end."""
        if "start" in attrs and "end" in attrs and attrs["start"] > attrs["end"]:
            raise serializers.ValidationError({"start": "The start is after the end."})
        return attrs


class CandlesSerializer(serializers.Serializer[dict[str, Any]]):
    """Closed candles, oldest first: [open time in Unix ms, open, high, low, close, volume]; amounts are texts."""

    symbol = serializers.CharField()
    interval = serializers.CharField()
    candles = serializers.ListField(child=serializers.ListField(child=serializers.JSONField()))
    source = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    as_of = serializers.DateTimeField(allow_null=True)


class ExportQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """Which candles a file is to hold: open times in Unix ms, both included; without them all that is stored."""

    symbol = serializers.RegexField(r"\A[A-Z0-9]{2,32}\Z")
    interval = serializers.ChoiceField(choices=list(INTERVALS))
    form = serializers.ChoiceField(choices=["csv", "arrow"], default="csv")
    start = serializers.IntegerField(required=False, min_value=FIRST_MS, max_value=LAST_MS)
    end = serializers.IntegerField(required=False, min_value=FIRST_MS, max_value=LAST_MS)
    venue = serializers.RegexField(r"\A[a-z0-9_-]{1,40}\Z", required=False)
    adjusted = serializers.BooleanField(default=False, help_text="For splits and dividends.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a start after the end."""
        if "start" in attrs and "end" in attrs and attrs["start"] > attrs["end"]:
            raise serializers.ValidationError({"start": "The start is after the end."})
        return attrs


class GapQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """Which series."""

    symbol = serializers.RegexField(r"\A[A-Z0-9]{2,32}\Z")
    interval = serializers.ChoiceField(choices=list(INTERVALS))
    venue = serializers.RegexField(r"\A[a-z0-9_-]{1,40}\Z", required=False)


class GapSerializer(serializers.Serializer[dict[str, Any]]):
    """Candles that were due and are not there: first and last open time in Unix ms, and how many.

    `is_known`: the venue was asked and has none either.
    """

    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    missing = serializers.IntegerField()
    is_known = serializers.BooleanField()


class GapsSerializer(serializers.Serializer[dict[str, Any]]):
    """The gaps of a series, oldest first, at most a thousand; `total` counts all."""

    total = serializers.IntegerField()
    results = GapSerializer(many=True)


class SyncWriteSerializer(serializers.Serializer[dict[str, Any]]):
    """A range of candles to fetch: open times [start, end)."""

    venue = serializers.RegexField(r"\A[a-z0-9_-]{1,40}\Z")
    symbol = serializers.RegexField(r"\A[A-Z0-9]{2,32}\Z")
    interval = serializers.ChoiceField(choices=list(INTERVALS))
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    reason = serializers.CharField(max_length=200, default="", allow_blank=True)


class SyncSerializer(serializers.ModelSerializer[HistorySync]):
    """A historical sync: `percent` is how much of the range is done; times of the range in Unix ms."""

    percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = HistorySync
        fields: ClassVar = [
            "id", "venue", "symbol", "interval", "start_ts", "end_ts", "cursor_ts", "state", "percent", "fetched",
            "added", "corrected", "held", "missing", "cancel_requested", "error_code", "error_text", "created_at",
            "started_at", "finished_at", "retry_at",
        ]  # fmt: skip
        read_only_fields = fields


class QuoteQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """Which quotes: symbols with commas between them; none means all markets."""

    symbols = serializers.RegexField(r"\A[A-Z0-9]{2,32}(,[A-Z0-9]{2,32}){0,49}\Z", required=False)


class QuoteSerializer(serializers.Serializer[dict[str, Any]]):
    """A quote; `at` is when the feed last heard of it, `is_stale` warns that it is old."""

    symbol = serializers.CharField()
    bid = serializers.CharField()
    ask = serializers.CharField()
    last = serializers.CharField()
    change_percent = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    is_stale = serializers.BooleanField()


class QuotesSerializer(serializers.Serializer[dict[str, Any]]):
    """The quotes there are; a market without one is left out."""

    results = QuoteSerializer(many=True)
