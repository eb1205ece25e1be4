"""GET book, trades, statistics, venues and arbitrage of a market."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.clock import to_ms
from apps.core.errors import NotFound
from apps.trading.instruments.queries import get_instrument
from apps.trading.market_data import queries
from apps.trading.market_data.api.live_serializers import (
    ArbitrageHistorySerializer,
    ArbitrageSerializer,
    MarketTradesSerializer,
    OrderBookSerializer,
    SpanQuerySerializer,
    StatisticsSerializer,
    VenueQuerySerializer,
    VenuesSerializer,
)
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.operations.panels import own_fees

TAGS = ["markets"]


class BookDetail(APIView):
    """The order book of a market."""

    @extend_schema(
        operation_id="get_book", tags=TAGS, parameters=[VenueQuerySerializer], responses={200: OrderBookSerializer}
    )
    def get(self, request: Request, symbol: str) -> Response:
        """Return the best levels; 404 while no feed follows the book."""
        book = queries.get_book(get_instrument(symbol).symbol, _venue(request))
        if book is None:
            raise NotFound("Nothing is known of this book at the moment.")
        levels = {
            name: [[f"{price:f}", f"{size:f}"] for price, size in side]
            for name, side in (("bids", book.bids), ("asks", book.asks))
        }
        facts = {"symbol": book.symbol, "venue": book.venue, "sequence": str(book.sequence)}
        return Response({**facts, **levels, "at": book.at, "is_stale": book.is_stale})


class TradeList(APIView):
    """The newest public trades of a market."""

    @extend_schema(
        operation_id="list_market_trades",
        tags=TAGS,
        parameters=[VenueQuerySerializer],
        responses={200: MarketTradesSerializer},
    )
    def get(self, request: Request, symbol: str) -> Response:
        """Return trades, newest first; none while no feed follows the market."""
        rows = queries.list_prints(get_instrument(symbol).symbol, venue=_venue(request))
        return Response({
            "results": [
                {
                    "id": row.id,
                    "price": f"{row.price:f}",
                    "quantity": f"{row.quantity:f}",
                    "ts": row.ts,
                    "side": "sell" if row.is_sell else "buy",
                }
                for row in rows
            ]
        })  # fmt: skip


class StatisticsDetail(APIView):
    """Derived figures of a market."""

    @extend_schema(operation_id="get_market_statistics", tags=TAGS, responses={200: StatisticsSerializer})
    def get(self, request: Request, symbol: str) -> Response:
        """Return spread, depth, averages, pressure, impact, volatility and index, as far as they are known."""
        known = get_instrument(symbol).symbol
        return Response({"symbol": known, "figures": queries.get_statistics(known) or {}})


class VenueList(APIView):
    """The venues of a market side by side."""

    @extend_schema(operation_id="list_market_venues", tags=TAGS, responses={200: VenuesSerializer})
    def get(self, request: Request, symbol: str) -> Response:
        """Return every venue that a feed follows, and the fresh ones as one market."""
        known = get_instrument(symbol).symbol
        whole = queries.get_consolidated(known)
        rows = [{**_texts(asdict(quote)), "is_stale": quote.is_stale} for quote in queries.list_venue_quotes(known)]
        one = None if whole is None else _texts(asdict(whole))
        return Response({"symbol": known, "consolidated": one, "results": rows})


class ArbitrageList(APIView):
    """Pairs of venues of a market."""

    @extend_schema(operation_id="list_arbitrage", tags=TAGS, responses={200: ArbitrageSerializer})
    def get(self, request: Request, symbol: str) -> Response:
        """Return every ordered pair of fresh venues, the best after taker fees first."""
        known = get_instrument(symbol).symbol
        user: Any = request.user
        venues = [quote.venue for quote in queries.list_venue_quotes(known)]
        fees = queries.list_taker_fees(known, venues, own_fees(user.pk))
        rows = queries.list_arbitrage(known, {row.venue: row.taker for row in fees})
        return Response({
            "results": [_texts(asdict(row)) for row in rows],
            "fees": [{"venue": row.venue, "taker": f"{row.taker:f}", "known_from": row.source} for row in fees],
        })  # fmt: skip


class ArbitrageHistory(APIView):
    """What pairs of venues would have brought."""

    @extend_schema(
        operation_id="list_arbitrage_history",
        tags=TAGS,
        parameters=[SpanQuerySerializer],
        responses={200: ArbitrageHistorySerializer},
    )
    def get(self, request: Request, symbol: str) -> Response:
        """Return the samples of a span, one a minute, newest first; older ones are the best of a quarter of an hour."""
        known = get_instrument(symbol).symbol
        given = SpanQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        samples = queries.list_arbitrage_history(known, given.validated_data["start"], given.validated_data["end"])
        rows = [{"ts": to_ms(at), "pairs": [_texts(asdict(pair)) for pair in pairs]} for at, pairs in samples]
        return Response({"results": rows})


def _venue(request: Request) -> str:
    given = VenueQuerySerializer(data=request.query_params)
    given.is_valid(raise_exception=True)
    found: str = given.validated_data.get("venue", HOME_VENUE)
    return found


def _texts(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in facts.items()}
