"""What the API takes and says about candles and quotes."""

from typing import Any

from rest_framework import serializers

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
