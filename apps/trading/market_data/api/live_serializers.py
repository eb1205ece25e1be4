"""What the API says about books, trades, statistics and venues. Amounts are texts, `ts` is Unix ms of the market."""

from typing import Any

from rest_framework import serializers

from apps.core.clock import now_ms
from apps.trading.market_data.choices import FeeSource

DAY_MS = 86_400_000
MOST_DAYS = 31


class VenueQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """Which venue; without one the home venue."""

    venue = serializers.RegexField(r"\A[a-z0-9_]{1,32}\Z", required=False)


class OrderBookSerializer(serializers.Serializer[dict[str, Any]]):
    """The best 20 levels of each side as [price, quantity], best first; `sequence` is the venue's number."""

    symbol = serializers.CharField()
    venue = serializers.CharField()
    bids = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    asks = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    sequence = serializers.CharField()
    at = serializers.DateTimeField()
    is_stale = serializers.BooleanField()


class MarketTradeSerializer(serializers.Serializer[dict[str, Any]]):
    """A public trade; `side` is the taker's."""

    id = serializers.CharField()
    price = serializers.CharField()
    quantity = serializers.CharField()
    ts = serializers.IntegerField()
    side = serializers.ChoiceField(choices=["buy", "sell"])


class MarketTradesSerializer(serializers.Serializer[dict[str, Any]]):
    """The newest trades, newest first (at most 30)."""

    results = MarketTradeSerializer(many=True)


class StatisticsSerializer(serializers.Serializer[dict[str, Any]]):
    """Derived figures by name, as on the topic `stats`; what is not known is left out."""

    symbol = serializers.CharField()
    figures = serializers.DictField(child=serializers.CharField())


class VenueQuoteSerializer(serializers.Serializer[dict[str, Any]]):
    """The best prices of one venue; sizes and the day's volume in base."""

    venue = serializers.CharField()
    bid = serializers.CharField()
    ask = serializers.CharField()
    bid_size = serializers.CharField()
    ask_size = serializers.CharField()
    last = serializers.CharField()
    volume = serializers.CharField()
    at = serializers.DateTimeField()
    is_stale = serializers.BooleanField()


class WholeSerializer(serializers.Serializer[dict[str, Any]]):
    """All fresh venues as one market."""

    bid = serializers.CharField()
    bid_venue = serializers.CharField()
    ask = serializers.CharField()
    ask_venue = serializers.CharField()
    index = serializers.CharField()
    venues = serializers.IntegerField()
    at = serializers.DateTimeField()


class VenuesSerializer(serializers.Serializer[dict[str, Any]]):
    """Every venue, and all fresh ones as one (null: none is fresh)."""

    symbol = serializers.CharField()
    consolidated = WholeSerializer(allow_null=True)
    results = VenueQuoteSerializer(many=True)


class ArbitrageRowSerializer(serializers.Serializer[dict[str, Any]]):
    """Buying at one venue and selling at another at once; `net_percent` is after both taker fees."""

    buy_venue = serializers.CharField()
    sell_venue = serializers.CharField()
    buy_price = serializers.CharField()
    sell_price = serializers.CharField()
    size = serializers.CharField()
    gross_percent = serializers.CharField()
    net_percent = serializers.CharField()


class TakerFeeSerializer(serializers.Serializer[dict[str, Any]]):
    """A taker's share of the worth at a venue ("0.001" = 0.1 %), and where it is known from."""

    venue = serializers.CharField()
    taker = serializers.CharField()
    known_from = serializers.ChoiceField(choices=FeeSource.choices)


class ArbitrageSerializer(serializers.Serializer[dict[str, Any]]):
    """Every ordered pair of fresh venues, best after fees first, and the fees."""

    results = ArbitrageRowSerializer(many=True)
    fees = TakerFeeSerializer(many=True)


class SpanQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """A span of time in Unix ms, at most 31 days; without it the last day."""

    start = serializers.IntegerField(min_value=0, max_value=2**52, required=False)
    end = serializers.IntegerField(min_value=0, max_value=2**52, required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Fill in the last day; refuse what is too long."""
        end = given.get("end", now_ms())
        start = given.get("start", max(0, end - DAY_MS))
        if not 0 <= end - start <= MOST_DAYS * DAY_MS:
            raise serializers.ValidationError({"start": "The span is at most 31 days and ends after it begins."})
        return {"start": start, "end": end}


class ArbitrageSampleSerializer(serializers.Serializer[dict[str, Any]]):
    """What every pair would have brought at a moment (Unix ms)."""

    ts = serializers.IntegerField()
    pairs = ArbitrageRowSerializer(many=True)


class ArbitrageHistorySerializer(serializers.Serializer[dict[str, Any]]):
    """Kept samples, newest first."""

    results = ArbitrageSampleSerializer(many=True)
