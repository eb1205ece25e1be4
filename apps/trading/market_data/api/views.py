"""GET candles and quotes."""

import hashlib
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.clock import from_ms
from apps.trading.instruments.queries import get_instrument, list_instruments, spec_of
from apps.trading.market_data import queries
from apps.trading.market_data.api.serializers import (
    CandleQuerySerializer,
    CandlesSerializer,
    QuoteQuerySerializer,
    QuotesSerializer,
)
from apps.trading.market_data.topics import candle_texts, quote_data
from kernel.instruments import INTERVALS, Bars

SOURCE = "sandbox"
"""Whose candles these are; one venue is followed so far."""


class CandleList(APIView):
    """The chart's candles."""

    @extend_schema(
        operation_id="list_candles",
        tags=["markets"],
        parameters=[CandleQuerySerializer],
        responses={200: CandlesSerializer, 304: None},
    )
    def get(self, request: Request) -> Response:
        """Return closed candles of a symbol; what is forming comes over the live topic."""
        given = CandleQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        spec = spec_of(get_instrument(asked["symbol"]))
        is_adjusted = asked.pop("adjusted")
        bars = candles_of(**asked)
        if is_adjusted:
            bars = queries.adjusted(spec.symbol, bars)
        step = INTERVALS[asked["interval"]]
        tag = etag_of(asked, bars)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers=headers)
        body: dict[str, Any] = {
            "symbol": spec.symbol,
            "interval": asked["interval"],
            "candles": [candle_texts(spec, row) for row in bars.rows()],
            "source": SOURCE,
            "as_of": from_ms(int(bars.ts[-1]) + step) if len(bars) else None,
        }
        return Response(body, headers=headers)


def candles_of(*, symbol: str, interval: str, limit: int, start: int | None = None, end: int | None = None) -> Bars:
    """Return at most `limit` candles that open in [start, end]: the first ones with a start, else the newest."""
    step = INTERVALS[interval]
    closed_by = None if end is None else end + step
    if start is None:
        return queries.latest_bars(symbol, interval, limit, end_ms=closed_by)
    # A range of more than `limit` intervals is only read as far as it can be needed, unless there are gaps in it.
    near = start + (limit + 1) * step
    bars = queries.load_bars(symbol, interval, start, near if closed_by is None else min(near, closed_by))
    if len(bars) < limit and (closed_by is None or near < closed_by):
        bars = queries.load_bars(symbol, interval, start, closed_by)
    return bars[:limit]


def etag_of(asked: dict[str, Any], bars: Bars) -> str:
    """Return a tag that changes with the answer."""
    digest = hashlib.sha256(repr(sorted(asked.items())).encode())
    for column in (bars.ts, bars.open, bars.high, bars.low, bars.close, bars.volume):
        digest.update(column.tobytes())
    return f'"{digest.hexdigest()[:32]}"'


class QuoteList(APIView):
    """The newest prices."""

    @extend_schema(
        operation_id="list_quotes",
        tags=["markets"],
        parameters=[QuoteQuerySerializer],
        responses={200: QuotesSerializer},
    )
    def get(self, request: Request) -> Response:
        """Return the quotes of the asked or of all markets. Raises UnknownSymbol."""
        given = QuoteQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = given.validated_data.get("symbols")
        if asked is None:
            symbols = [row.symbol for row in list_instruments()[:500]]
        else:
            symbols = [get_instrument(symbol).symbol for symbol in dict.fromkeys(asked.split(","))]
        return Response({"results": [_row(quote) for quote in queries.list_quotes(symbols)]})


def _row(quote: queries.Quote) -> dict[str, Any]:
    return {"symbol": quote.symbol, **quote_data(quote), "at": quote.at, "is_stale": quote.is_stale}
