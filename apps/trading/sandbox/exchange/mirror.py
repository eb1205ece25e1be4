"""Follows a real exchange's order books and trades through ccxt.pro, and brings them to the venue as journalled news.

A symbol is open while its book is fresh. When the feed is lost, or silent for longer than `stale_seconds`, the symbol
is halted: no orders, no fills, cancels work. It opens again with the first book of a new connection.
"""

import asyncio
import contextlib
import importlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from typing import Any

from apps.trading.sandbox.exchange.amounts import UNIT
from apps.trading.sandbox.exchange.candles import DAY_MS
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.live_view import BAR_MS, KEPT_BARS
from apps.trading.sandbox.exchange.symbols import KNOWN_SYMBOLS, TICKS_PER_UNIT, SymbolSpec
from apps.trading.sandbox.exchange.venue import Venue

LEVELS = 20
NEWS_SECONDS = 0.25
STALE_SECONDS = 10.0
_HISTORY_BARS = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_MOST_TRADES = 1_000

Connect = Callable[[], Awaitable[Any]]
log = logging.getLogger("sandbox.exchange")


@dataclass
class Followed:
    """One symbol's feed."""

    spec: SymbolSpec
    book: dict[str, list[list[int]]] | None = None  # the newest, not told yet
    trades: list[list[Any]] = field(default_factory=list)
    heard: float = 0.0  # loop time of the newest book
    is_open: bool = False
    connections: int = 0
    error: str = ""

    @property
    def unified(self) -> str:
        """The symbol in ccxt's words."""
        return f"{self.spec.base}/{self.spec.quote}"


class Mirror:
    """Runs the feeds; `connect` makes the ccxt.pro client."""

    def __init__(
        self, venue: Venue, connect: Connect, names: list[str], *, source: str, stale_seconds: float = STALE_SECONDS
    ) -> None:
        self._venue = venue
        self._connect = connect
        self._client: Any = None
        self.source = source
        self._stale = stale_seconds
        self._followed = {name: Followed(KNOWN_SYMBOLS[name]) for name in names}
        self._now: Callable[[], float] = asyncio.get_running_loop().time

    def status(self) -> list[dict[str, Any]]:
        """Per symbol: following or stale, age of the book in seconds, connections made, last error."""
        now = self._now()
        return [
            {
                "symbol": name,
                "state": "following" if each.is_open else "stale",
                "age_seconds": round(now - each.heard, 1) if each.heard else None,
                "connections": each.connections,
                "error": each.error,
            }
            for name, each in self._followed.items()
        ]

    async def run(self) -> None:
        """Follow until cancelled."""
        for name in self._followed:
            self._halt(name, halted=True)
        self._client = await self._connect()
        async with asyncio.TaskGroup() as group:
            for name, each in self._followed.items():
                group.create_task(self._keep(each, partial(self._books, name, each)))
                group.create_task(self._keep(each, partial(self._trades, each)))
            group.create_task(self._tell())

    async def close(self) -> None:
        """End the connections."""
        if self._client is not None:
            with contextlib.suppress(Exception):
                await self._client.close()

    async def _keep(self, followed: Followed, watch: Callable[[], Any]) -> None:
        """Begin again after every failure, later each time up to half a minute."""
        pause = _FIRST_PAUSE
        while True:
            begun = self._now()
            try:
                await watch()
            except Exception as error:  # noqa: BLE001 whatever a foreign exchange sends must not end the feed
                followed.error = f"{type(error).__name__}: {error}"[:200]
                log.warning("the feed of %s ended: %s", followed.spec.name, followed.error)
            pause = _FIRST_PAUSE if self._now() - begun > _LONGEST_PAUSE else min(2 * pause, _LONGEST_PAUSE)
            followed.heard = 0.0 if followed.error else followed.heard
            await asyncio.sleep(pause)

    async def _books(self, name: str, followed: Followed) -> None:
        followed.connections += 1
        bars = await self._history(followed)
        if bars:
            self._submit(name, {"bars": bars})
        while True:
            book = await self._client.watch_order_book(followed.unified)
            followed.book = {side: levels_of(followed.spec, side, book[side]) for side in ("bids", "asks")}
            followed.heard, followed.error = self._now(), ""

    async def _history(self, followed: Followed) -> list[list[int]]:
        """The minutes before, as far as the exchange has any: without them candles begin now."""
        try:
            rows = await self._client.fetch_ohlcv(followed.unified, "1m", None, _HISTORY_BARS)
        except Exception as error:  # noqa: BLE001 an exchange without candles can be followed all the same
            log.warning("no candles of %s: %s", followed.spec.name, error)
            return []
        oldest = self._venue.clock.now_ms() - (KEPT_BARS - 1) * BAR_MS
        return [bar for bar in _bars(followed.spec, rows) if bar[0] >= oldest]

    async def _trades(self, followed: Followed) -> None:
        while True:
            for trade in await self._client.watch_trades(followed.unified):
                followed.trades.append(trade_of(followed.spec, trade))
            del followed.trades[:-_MOST_TRADES]

    async def _tell(self) -> None:
        """What came since the last round, four times a second: one record a symbol."""
        while True:
            for name, each in self._followed.items():
                self._look(name, each)
            await asyncio.sleep(NEWS_SECONDS)

    def _look(self, name: str, followed: Followed) -> None:
        fresh = bool(followed.heard) and self._now() - followed.heard <= self._stale
        trades, followed.trades = followed.trades, []
        book, followed.book = followed.book, None
        if not fresh:
            if followed.is_open:
                followed.is_open = False
                self._halt(name, halted=True)
            return
        if not followed.is_open:
            if book is None:
                return
            self._submit(name, book)  # trades of the time without a book fill nothing
            followed.is_open = True
            self._halt(name, halted=False)
        elif book is not None or trades:
            self._submit(name, {**(book or {}), "trades": trades})

    def _submit(self, name: str, news: Record) -> None:
        self._venue.follow({"k": "mirror", "t": self._venue.clock.now_ms(), "s": name} | news)

    def _halt(self, name: str, *, halted: bool) -> None:
        self._venue.follow({"k": "halt", "t": self._venue.clock.now_ms(), "s": name, "halted": halted})


def start_mirror(venue: Venue) -> Mirror:
    """The mirror that the configuration asks for."""
    config = venue.config
    settings = json.loads(config.mirror_settings.read_bytes()) if config.mirror_settings is not None else {}

    async def connect() -> Any:
        # ccxt.pro takes seconds to load: the exchange serves meanwhile, its symbols halted.
        pro = await asyncio.to_thread(importlib.import_module, "ccxt.pro")
        return getattr(pro, config.mirror)({"newUpdates": True, "enableRateLimit": True} | settings)

    names = list(venue.state.markets)
    return Mirror(venue, connect, names, source=config.mirror, stale_seconds=config.stale_seconds)


def levels_of(spec: SymbolSpec, side: str, levels: list[list[float]]) -> list[list[int]]:
    """[ticks, lots], best first: prices rounded away from the middle, quantities down, equal prices joined."""
    found: dict[int, int] = {}
    rounding = ROUND_FLOOR if side == "bids" else ROUND_CEILING
    for price, amount, *_ in levels[: 2 * LEVELS]:
        ticks = int((Decimal(str(price)) * TICKS_PER_UNIT).to_integral_value(rounding))
        lots = _lots(spec, amount)
        if ticks > 0 and lots:
            found[ticks] = found.get(ticks, 0) + lots
    return [[ticks, lots] for ticks, lots in found.items()][:LEVELS]


def trade_of(spec: SymbolSpec, trade: dict[str, Any]) -> list[Any]:
    """[ticks, lots, Unix ms, whether the seller took]; at least one lot."""
    ticks = int((Decimal(str(trade["price"])) * TICKS_PER_UNIT).to_integral_value())
    return [ticks, max(1, _lots(spec, trade["amount"])), int(trade["timestamp"]), trade.get("side") == "sell"]


def _lots(spec: SymbolSpec, amount: float) -> int:
    return int(Decimal(str(amount)) * UNIT) // spec.lot_units


def _bars(spec: SymbolSpec, rows: list[list[float]]) -> list[list[int]]:
    """Open time, prices in ticks, volume in units, quote volume in 10^-2; gaps are filled by the close before."""
    bars: list[list[int]] = []
    for opened, *values in rows:
        prices = [int((Decimal(str(value)) * TICKS_PER_UNIT).to_integral_value()) for value in values[:4]]
        volume = int(Decimal(str(values[4])) * UNIT)
        while bars and int(opened) - bars[-1][0] > BAR_MS and int(opened) - bars[-1][0] < DAY_MS:
            close = bars[-1][4]
            bars.append([bars[-1][0] + BAR_MS, close, close, close, close, 0, 0])
        cents = volume * prices[3] // UNIT
        bars.append([int(opened), *prices, volume, cents])
    return bars
