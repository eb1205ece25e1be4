"""Market data requests: shared by REST and the WS-API."""

import re
from collections.abc import Mapping
from typing import Any

from apps.trading.sandbox.exchange import errors, payloads
from apps.trading.sandbox.exchange.admission import integer, market_of, required
from apps.trading.sandbox.exchange.candles import DAY_MS, interval_supported
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.faults import skew_ms
from apps.trading.sandbox.exchange.hub import Hub
from apps.trading.sandbox.exchange.tickers import (
    book_ticker,
    rolling_day,
    rolling_window,
    trading_day,
    window_length,
)
from apps.trading.sandbox.exchange.venue import Venue

Params = Mapping[str, str]
MAX_ROWS = 1_000
MAX_DEPTH = 5_000
_TIME_ZONE = re.compile(r"([+-]?)([0-9]{1,2})(?::([0-9]{2}))?")
MINUTES_AN_HOUR, MINUTES_A_DAY = 60, 1_440
SYMBOL_STATUSES = ("TRADING", "HALT", "BREAK")


class PublicApi:
    """Answers from the market's present; nothing later than the market clock is shown."""

    def __init__(self, venue: Venue, hub: Hub, rate_limits: list[dict[str, Any]]) -> None:
        self._venue = venue
        self._hub = hub
        self._rate_limits = rate_limits

    def ping(self, _: Params) -> Any:
        """Readiness."""
        return {}

    def time(self, _: Params) -> Any:
        """Server time is the wall clock: signatures are checked against it."""
        return {"serverTime": self._venue.clock.now_ms() + skew_ms.get()}

    def exchange_info(self, params: Params) -> Any:
        """Symbols with their enforced filters: all, by name, by permission or by status."""
        one_symbol = bool(params.get("symbol") or params.get("symbols"))
        if one_symbol and (params.get("permissions") or params.get("symbolStatus")):
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        names = self._symbols(params)
        permissions = _listed(params.get("permissions", "")) or ["SPOT"]
        status = _status(params)
        markets = self._venue.engine.state.markets
        symbols = [payloads.exchange_symbol(markets[name].spec, markets[name].status) for name in names]
        symbols = [row for row in symbols if "SPOT" in permissions and status in ("", row["status"])]
        if params.get("showPermissionSets", "").lower() == "false":
            symbols = [symbol | {"permissionSets": []} for symbol in symbols]
        return {
            "timezone": "UTC",
            "serverTime": self._venue.clock.now_ms() + skew_ms.get(),
            "rateLimits": self._rate_limits,
            "exchangeFilters": [],
            "symbols": symbols,
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
        offset = _time_zone(params.get("timeZone") or "0")
        if not interval_supported(interval, view.recording.bar_ms):
            raise ApiError(-1120, "Invalid interval.")
        start, end = integer(params, "startTime"), integer(params, "endTime")
        candles = view.candles(symbol, interval, start, end, _limit(params, 500, MAX_ROWS), offset)
        return [payloads.kline_row(candle) for candle in candles]

    def trades(self, params: Params) -> Any:
        """The newest public trades."""
        market = market_of(self._venue.engine, params)
        newest = list(market.tape)[-_limit(params, 500, MAX_ROWS) :]
        return [payloads.public_trade(market, trade) for trade in newest]

    def historical_trades(self, params: Params) -> Any:
        """Public trades from an id on, else the newest; what is older than the tape is gone."""
        market = market_of(self._venue.engine, params)
        first, limit = integer(params, "fromId"), _limit(params, 500, MAX_ROWS)
        if first is None:
            return self.trades(params)
        found = [trade for trade in market.tape if trade.id >= first]
        return [payloads.public_trade(market, trade) for trade in found[:limit]]

    def block_trades(self, params: Params) -> Any:
        """There are none."""
        market_of(self._venue.engine, params)
        return []

    def execution_rules(self, params: Params) -> Any:
        """Symbols without rules of their own."""
        return {"symbolRules": [{"symbol": name, "rules": []} for name in self._symbols(params)]}

    def reference_price(self, params: Params) -> Any:
        """No symbol has one: filters use the average price."""
        market_of(self._venue.engine, params)
        raise ApiError(-2043, "This symbol doesn't have a reference price.")

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
        if params.get("type") == "MINI":
            return self._each(
                params, lambda market: rolling_window(self._venue.engine, market.spec.name, DAY_MS, "MINI")
            )
        return self._each(params, lambda market: rolling_day(self._venue.engine, market.spec.name))

    def ticker_window(self, params: Params) -> Any:
        """Statistics of the last `windowSize`."""
        length, shape = window_length(params.get("windowSize") or "1d"), params.get("type") or "FULL"
        _require_symbols(params)
        return self._each(params, lambda market: rolling_window(self._venue.engine, market.spec.name, length, shape))

    def ticker_trading_day(self, params: Params) -> Any:
        """Statistics since midnight UTC of the market clock."""
        shape = params.get("type") or "FULL"
        _require_symbols(params)
        return self._each(params, lambda market: trading_day(self._venue.engine, market.spec.name, shape))

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
        if params.get("symbol") and params.get("symbols"):
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        if params.get("symbol"):
            return [market_of(self._venue.engine, params).spec.name]
        if not params.get("symbols"):
            return list(markets)
        names = _listed(params["symbols"])
        if any(name not in markets for name in names):
            raise errors.invalid_symbol()
        if len(set(names)) != len(names):
            raise ApiError(-1151, "Symbol is present multiple times in the list.")
        return names

    def _each(self, params: Params, row: Any) -> Any:
        rows = [row(self._venue.engine.state.markets[name]) for name in self._symbols(params)]
        return rows[0] if params.get("symbol") else rows


def _listed(text: str) -> list[str]:
    """Names of an array parameter: `["A","B"]`, or one bare name; ApiError -1100."""
    names = [name.strip('[]" ') for name in text.split(",")] if text else []
    if any(not name.replace("_", "").isalnum() or len(name) > 20 for name in names):
        raise errors.illegal_characters("symbols", '^\\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\\]$')
    return names


def _status(params: Params) -> str:
    status = params.get("symbolStatus", "")
    if status and status not in SYMBOL_STATUSES:
        raise ApiError(-1122, "Invalid symbolStatus.")
    return status


def _time_zone(text: str) -> int:
    """Milliseconds that a time zone is ahead of UTC: `8`, `-1:00`, `05:45`; ApiError -1130."""
    match = _TIME_ZONE.fullmatch(text)
    minutes = int(match[2]) * 60 + int(match[3] or 0) if match else MINUTES_A_DAY
    minutes = -minutes if match and match[1] == "-" else minutes
    if not -12 * 60 <= minutes <= 14 * 60 or (match and int(match[3] or 0) > MINUTES_AN_HOUR - 1):
        raise ApiError(-1130, "Data sent for parameter 'timeZone' is not valid.")
    return minutes * 60_000


def _require_symbols(params: Params) -> None:
    if not params.get("symbol") and not params.get("symbols"):
        raise ApiError(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")


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
