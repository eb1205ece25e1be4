"""Market data requests: shared by REST and the WS-API."""

from collections.abc import Mapping
from typing import Any

from apps.trading.sandbox.exchange import errors, payloads
from apps.trading.sandbox.exchange.admission import integer, market_of, required
from apps.trading.sandbox.exchange.candles import interval_supported
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.hub import Hub
from apps.trading.sandbox.exchange.tickers import book_ticker, rolling_day
from apps.trading.sandbox.exchange.venue import Venue

Params = Mapping[str, str]
MAX_ROWS = 1_000
MAX_DEPTH = 5_000
WEIGHT_LIMIT = 6_000


class PublicApi:
    """Answers from the market's present; nothing later than the market clock is shown."""

    def __init__(self, venue: Venue, hub: Hub) -> None:
        self._venue = venue
        self._hub = hub

    def ping(self, _: Params) -> Any:
        """Readiness."""
        return {}

    def time(self, _: Params) -> Any:
        """Server time is the wall clock: signatures are checked against it."""
        return {"serverTime": self._venue.clock.now_ms()}

    def exchange_info(self, params: Params) -> Any:
        """Symbols with their enforced filters."""
        names = self._symbols(params)
        markets = self._venue.engine.state.markets
        return {
            "timezone": "UTC",
            "serverTime": self._venue.clock.now_ms(),
            "rateLimits": [
                {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": WEIGHT_LIMIT}
            ],
            "exchangeFilters": [],
            "symbols": [payloads.exchange_symbol(markets[name].spec) for name in names],
        }

    def depth(self, params: Params) -> Any:
        """The book, numbered so that it fits the difference stream."""
        symbol = market_of(self._venue.engine, params).spec.name
        self._hub.flush_depth(symbol)
        return self._hub.depth[symbol].snapshot(_limit(params, 100, MAX_DEPTH))

    def klines(self, params: Params) -> Any:
        """Candles up to the market clock, the forming one included."""
        view = self._venue.engine.view
        symbol = market_of(self._venue.engine, params).spec.name
        interval = required(params, "interval")
        if not interval_supported(interval, view.recording.bar_ms):
            raise ApiError(-1120, "Invalid interval.")
        start, end = integer(params, "startTime"), integer(params, "endTime")
        candles = view.candles(symbol, interval, start, end, _limit(params, 500, MAX_ROWS))
        return [payloads.kline_row(candle) for candle in candles]

    def trades(self, params: Params) -> Any:
        """The newest public trades."""
        market = market_of(self._venue.engine, params)
        newest = list(market.tape)[-_limit(params, 500, MAX_ROWS) :]
        return [payloads.public_trade(market, trade) for trade in newest]

    def aggregate_trades(self, params: Params) -> Any:
        """Public trades by id or by market time; what is older than the tape is gone."""
        market = market_of(self._venue.engine, params)
        limit = _limit(params, 500, MAX_ROWS)
        first_id, start, end = integer(params, "fromId"), integer(params, "startTime"), integer(params, "endTime")
        found = [
            trade
            for trade in market.tape
            if (first_id is None or trade.id >= first_id)
            and (start is None or trade.time >= start)
            and (end is None or trade.time <= end)
        ]
        page = found[-limit:] if first_id is None and start is None else found[:limit]
        return [payloads.aggregate_trade(market, trade) for trade in page]

    def ticker_day(self, params: Params) -> Any:
        """24-hour statistics of one or all symbols."""
        return self._each(params, lambda market: rolling_day(self._venue.engine, market.spec.name))

    def ticker_price(self, params: Params) -> Any:
        """Last price of one or all symbols."""
        view = self._venue.engine.view
        return self._each(
            params,
            lambda market: {
                "symbol": market.spec.name,
                "price": payloads.price_text(view.price(market.spec.name)),
            },
        )

    def ticker_book(self, params: Params) -> Any:
        """Best bid and ask of one or all symbols."""
        return self._each(params, lambda market: book_ticker(self._venue.engine, market.spec.name))

    def average_price(self, params: Params) -> Any:
        """Mean price over the last five market minutes."""
        symbol = market_of(self._venue.engine, params).spec.name
        view = self._venue.engine.view
        price = payloads.price_text(view.average_price(symbol))
        return {"mins": 5, "price": price, "closeTime": view.now_ms}

    def _symbols(self, params: Params) -> list[str]:
        markets = self._venue.engine.state.markets
        if params.get("symbol"):
            return [market_of(self._venue.engine, params).spec.name]
        if not params.get("symbols"):
            return list(markets)
        names = [name.strip('[]" ') for name in params["symbols"].split(",")]
        if any(name not in markets for name in names):
            raise errors.invalid_symbol()
        return names

    def _each(self, params: Params, row: Any) -> Any:
        rows = [row(self._venue.engine.state.markets[name]) for name in self._symbols(params)]
        return rows[0] if params.get("symbol") else rows


def _limit(params: Params, default: int, largest: int) -> int:
    limit = integer(params, "limit")
    if limit is None:
        return default
    if limit == 0:
        raise ApiError(-1130, "Data sent for parameter 'limit' is not valid.")
    return min(limit, largest)


def page_limit(params: Params) -> int:
    """`limit` of the account's lists."""
    return _limit(params, 500, MAX_ROWS)
