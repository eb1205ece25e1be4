"""A venue's public market data through ccxt.pro: sockets for what moves, REST for what was missed. No Django inside."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.trading.market_data.cancellation import still_wanted

MAX_ROWS = 1_000
TIMEOUT_MS = 8_000


@dataclass(frozen=True, slots=True)
class Kline:
    """A candle as the venue tells it, numbers still texts; `closed` only when the venue says that it is final."""

    symbol: str
    ts: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    closed: bool


@dataclass(frozen=True, slots=True)
class BookTop:
    """Best bid and ask, as texts."""

    symbol: str
    bid: str
    ask: str


@dataclass(frozen=True, slots=True)
class Day:
    """Last price and the price a day of market time ago, as texts."""

    symbol: str
    last: str
    open: str


Message = Kline | BookTop | Day
Sink = Callable[[Message], None]


def load_library() -> None:
    """Import ccxt.pro: seconds of work, so a process does it before anything waits for it."""
    import ccxt.pro  # noqa: F401 - only the feed needs it


class VenueStream:
    """One connection to one venue. After an error it is closed and a new one is made."""

    def __init__(self, ccxt_id: str, settings: Mapping[str, Any], sink: Sink) -> None:
        import ccxt.pro  # see load_library

        venue_class: Any = getattr(ccxt.pro, ccxt_id)

        class Tapped(venue_class):  # type: ignore[misc]  # ccxt ships no types
            """Keeps what ccxt's unified candles drop: the venue's word that a candle is final, and its exact digits."""

            def handle_ohlcv(self, client: Any, message: dict[str, Any]) -> None:
                """Hand the raw candle on before ccxt reads it."""
                kline = _kline(message)
                if kline is not None:
                    sink(kline)
                super().handle_ohlcv(client, message)

        self._sink = sink
        self._venue: Any = Tapped({**settings, "timeout": TIMEOUT_MS})
        self._names: dict[str, str] = {}

    async def open(self) -> None:
        """Read the venue's markets."""
        markets = await self._venue.load_markets()
        self._names = {market["id"]: name for name, market in markets.items() if market["spot"]}

    def lists(self, symbol: str) -> bool:
        """Return whether the venue trades a symbol of ours."""
        return symbol in self._names

    async def closed_klines(self, symbol: str, interval: str, start_ms: int) -> list[Kline]:
        """Return the next closed candles (at most 999) that open at `start_ms` or later, by REST.

        A candle counts as closed when a later one exists: the newest of all may still be forming and is left out.
        """
        request = {"symbol": symbol, "interval": interval, "startTime": start_ms, "limit": MAX_ROWS}
        rows = await self._venue.public_get_klines(request)
        return [_candle(symbol, row[0], row[1:6], closed=True) for row in rows[:-1]]

    async def newest_open(self, symbol: str, interval: str) -> int:
        """Return the open time of the newest candle, the forming one included, by REST."""
        rows = await self._venue.public_get_klines({"symbol": symbol, "interval": interval, "limit": 1})
        return int(rows[-1][0])

    async def run(self, symbols: Sequence[str], interval: str) -> None:
        """Send messages to the sink until an error ends it."""
        names = [self._names[symbol] for symbol in symbols]
        steps = (
            self._forever(lambda: self._venue.watch_ohlcv_for_symbols([[name, interval] for name in names])),
            self._forever(lambda: self._books(names)),
            self._forever(lambda: self._days(names)),
        )
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step)

    async def close(self) -> None:
        """End the sockets."""
        await self._venue.close()

    async def _books(self, names: Sequence[str]) -> None:
        found = await self._venue.watch_bids_asks(names)
        for ticker in found.values():
            info = ticker["info"]
            self._sink(BookTop(info["s"], info["b"], info["a"]))

    async def _days(self, names: Sequence[str]) -> None:
        found = await self._venue.watch_tickers(names)
        for ticker in found.values():
            info = ticker["info"]
            self._sink(Day(info["s"], info["c"], info["o"]))

    @staticmethod
    async def _forever(step: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        while still_wanted():
            await step()


def _kline(message: Mapping[str, Any]) -> Kline | None:
    raw = message.get("k")
    if message.get("e") != "kline" or not isinstance(raw, Mapping):
        return None
    return _candle(str(raw["s"]), raw["t"], [raw[name] for name in "ohlcv"], closed=bool(raw["x"]))


def _candle(symbol: str, ts: Any, numbers: Sequence[Any], *, closed: bool) -> Kline:
    opened, high, low, close, volume = map(str, numbers)
    return Kline(symbol, int(ts), opened, high, low, close, volume, closed)
