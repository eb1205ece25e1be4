"""Market data of contracts. Prices are those of the recording: last, mark and index price are one."""

from collections.abc import Callable, Mapping
from typing import Any

from apps.trading.sandbox.exchange import payloads as spot
from apps.trading.sandbox.exchange.amounts import format_units
from apps.trading.sandbox.exchange.candles import interval_supported
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.faults import skew_ms
from apps.trading.sandbox.exchange.order_params import integer, required
from apps.trading.sandbox.exchange.usdm import payloads
from apps.trading.sandbox.exchange.usdm.admission import symbol_of
from apps.trading.sandbox.exchange.usdm.contracts import CONTRACTS
from apps.trading.sandbox.exchange.usdm.events import lots_text, price_text
from apps.trading.sandbox.exchange.usdm.funding import FUNDING_MS, rate_at, slot_of
from apps.trading.sandbox.exchange.venue import Venue
from kernel.matching import Side

Params = Mapping[str, str]
Json = dict[str, Any]
DAY_MS = 86_400_000
MAX_ROWS = 1_500
_INTEREST_RATE = 10_000  # 0.01 % of eight hours, as the venue's formula has it


class UsdmPublic:
    """What anybody may ask."""

    def __init__(self, venue: Venue, limits: list[Json]) -> None:
        self._venue = venue
        self._limits = limits

    @property
    def _engine(self) -> Engine:
        return self._venue.engine

    def nothing(self, _params: Params) -> Json:
        """An empty answer (ping)."""
        return {}

    def time(self, _params: Params) -> Json:
        """Wall time."""
        return {"serverTime": self._venue.clock.now_ms() + skew_ms.get()}

    def exchange_info(self, _params: Params) -> Json:
        """All contracts."""
        return {
            "timezone": "UTC",
            "serverTime": self._venue.clock.now_ms() + skew_ms.get(),
            "futuresType": "U_MARGINED",
            "rateLimits": self._limits,
            "exchangeFilters": [],
            "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "0"}],
            "symbols": [payloads.symbol_row(CONTRACTS[name]) for name in self._engine.usdm.markets],
        }

    def depth(self, params: Params) -> Json:
        """The book of a contract."""
        symbol, limit = symbol_of(self._engine.usdm, params), min(integer(params, "limit") or 500, 1_000)
        book, now = self._engine.usdm.quote(symbol).book, self._engine.view.now_ms
        bids, asks = ([[price_text(p), lots_text(n)] for p, n in book.depth(side, limit)] for side in Side)
        return {"lastUpdateId": self._engine.state.clock.quantum + 1, "E": now, "T": now, "bids": bids, "asks": asks}

    def klines(self, params: Params) -> list[Any]:
        """Candles up to the market clock, the forming one included."""
        view, symbol = self._engine.view, symbol_of(self._engine.usdm, params)
        interval = required(params, "interval")
        if not interval_supported(interval, view.recording.bar_ms):
            raise ApiError(-1120, "Invalid interval.")
        limit = min(integer(params, "limit") or 500, MAX_ROWS)
        rows = view.candles(symbol, interval, integer(params, "startTime"), integer(params, "endTime"), limit)
        return [spot.kline_row(candle) for candle in rows]

    def pair_klines(self, params: Params) -> list[Any]:
        """Candles of the index price, which is asked for by pair."""
        return self.klines({**params, "symbol": params.get("symbol") or params.get("pair", "")})

    def premium_index(self, params: Params) -> Any:
        """Mark price and the rate of the next funding."""
        return self._each(params, self._premium)

    def _premium(self, symbol: str) -> Json:
        now, price = self._engine.view.now_ms, f"{price_text(self._engine.view.price(symbol))}000000"
        following = slot_of(now) + 1
        return {
            "symbol": symbol,
            "markPrice": price,
            "indexPrice": price,
            "estimatedSettlePrice": price,
            "lastFundingRate": format_units(rate_at(symbol, following)),
            "interestRate": format_units(_INTEREST_RATE),
            "nextFundingTime": following * FUNDING_MS,
            "time": now,
        }

    def funding_rates(self, params: Params) -> list[Json]:
        """Rates of the past: from a time on, else the newest, oldest first."""
        view = self._engine.view
        symbols = [symbol_of(self._engine.usdm, params)] if params.get("symbol") else list(self._engine.usdm.markets)
        limit = min(integer(params, "limit") or 100, 1_000)
        start, end = integer(params, "startTime"), min(integer(params, "endTime") or view.now_ms, view.now_ms)
        first = slot_of(view.clock.origin) + 1
        last = slot_of(end)
        if start is not None:
            first = max(first, -(-start // FUNDING_MS))
            last = min(last, first + limit - 1)
        else:
            first = max(first, last - limit + 1)
        return [
            {
                "symbol": symbol,
                "fundingTime": slot * FUNDING_MS,
                "fundingRate": format_units(rate_at(symbol, slot)),
                "markPrice": "",
            }
            for slot in range(first, last + 1)
            for symbol in symbols
        ]

    def funding_info(self, _params: Params) -> list[Json]:
        """Caps and the interval of funding."""
        return [
            {
                "symbol": name,
                "adjustedFundingRateCap": "0.02000000",
                "adjustedFundingRateFloor": "-0.02000000",
                "fundingIntervalHours": 8,
                "disclaimer": False,
            }
            for name in self._engine.usdm.markets
        ]

    def ticker_day(self, params: Params) -> Any:
        """Statistics of 24 market hours."""
        return self._each(params, self._day)

    def _day(self, symbol: str) -> Json:
        view = self._engine.view
        rows = view.candles(symbol, "1h", view.now_ms - DAY_MS, None, 25)
        opened, last = rows[0].open, view.price(symbol)
        volume, quote = sum(row.volume for row in rows), sum(row.quote_cents for row in rows) * 10**6
        return {
            "symbol": symbol,
            "priceChange": f"{'-' if last < opened else ''}{price_text(abs(last - opened))}",
            "priceChangePercent": f"{'-' if last < opened else ''}{price_text(abs(last - opened) * 10_000 // opened)}",
            "weightedAvgPrice": format_units(quote * 10**8 // volume if volume else last * 10**6),
            "lastPrice": price_text(last),
            "lastQty": "0.001",
            "openPrice": price_text(opened),
            "highPrice": price_text(max(row.high for row in rows)),
            "lowPrice": price_text(min(row.low for row in rows)),
            "volume": format_units(volume),
            "quoteVolume": format_units(quote),
            "openTime": rows[0].open_time,
            "closeTime": view.now_ms,
            "firstId": 1,
            "lastId": 1,
            "count": sum(row.trades for row in rows),
        }

    def ticker_price(self, params: Params) -> Any:
        """Last prices."""
        view = self._engine.view
        return self._each(
            params, lambda name: {"symbol": name, "price": price_text(view.price(name)), "time": view.now_ms}
        )

    def ticker_book(self, params: Params) -> Any:
        """Best bids and asks."""
        return self._each(params, self._top)

    def _top(self, symbol: str) -> Json:
        book, now = self._engine.usdm.quote(symbol).book, self._engine.view.now_ms
        (bid, bids), (ask, asks) = ((book.depth(side, 1) or [(0, 0)])[0] for side in Side)
        return {
            "symbol": symbol,
            "bidPrice": price_text(bid),
            "bidQty": lots_text(bids),
            "askPrice": price_text(ask),
            "askQty": lots_text(asks),
            "time": now,
            "lastUpdateId": self._engine.state.clock.quantum + 1,
        }

    def trades(self, params: Params) -> list[Json]:
        """Newest public trades of the pair."""
        market = self._engine.state.markets[symbol_of(self._engine.usdm, params)]
        newest = list(market.tape)[-min(integer(params, "limit") or 500, 1_000) :]
        return [spot.public_trade(market, trade) for trade in newest]

    def aggregate_trades(self, params: Params) -> list[Json]:
        """Newest public trades in aggregate form."""
        market = self._engine.state.markets[symbol_of(self._engine.usdm, params)]
        newest = list(market.tape)[-min(integer(params, "limit") or 500, 1_000) :]
        return [spot.aggregate_trade(market, trade) for trade in newest]

    def open_interest(self, params: Params) -> Json:
        """Lots held long by customers here."""
        usdm, symbol = self._engine.usdm, symbol_of(self._engine.usdm, params)
        held = [
            each.lots
            for account in usdm.state.accounts.values()
            for name, _, each in account.open_holdings()
            if name == symbol
        ]
        longs = max(sum(lots for lots in held if lots > 0), -sum(lots for lots in held if lots < 0))
        return {"symbol": symbol, "openInterest": lots_text(longs), "time": self._engine.view.now_ms}

    def _each(self, params: Params, row: Callable[[str], Json]) -> Any:
        if params.get("symbol"):
            return row(symbol_of(self._engine.usdm, params))
        return [row(name) for name in self._engine.usdm.markets]
