"""What the API says about books, trades, statistics and venues. Amounts are texts, `ts` is Unix ms of the market."""

from typing import Any

from rest_framework import serializers


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


class ArbitrageSerializer(serializers.Serializer[dict[str, Any]]):
    """Every ordered pair of fresh venues, best after fees first."""

    results = ArbitrageRowSerializer(many=True)
