"""Telling the readers: topics and caches, a few times a second, each upstream change once."""

import asyncio
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import redis.asyncio

from apps.core.clock import monotonic, now_ms
from apps.core.live import Scope, publish_async
from apps.core.live.topics import channel_name
from apps.trading.market_data.cancellation import still_wanted
from apps.trading.market_data.feed import records
from apps.trading.market_data.feed.lines import SHOWN_LEVELS, Line
from apps.trading.market_data.feed.threads import hop
from apps.trading.market_data.gateways import live_cache
from apps.trading.market_data.gateways.messages import Print
from apps.trading.market_data.gateways.quote_cache import EXPIRY_SECONDS, key_of, to_text
from apps.trading.market_data.indicators import latest_values, parse_topic
from kernel.instruments import INTERVALS
from kernel.order_book import unscaled

STATISTICS_SECONDS = 1.0
ARBITRAGE_SECONDS = 60.0
SHOWN_PRINTS = 30


@dataclass
class Publisher:
    """Publishes what changed in the lines of one venue. Only the home venue speaks under a symbol's plain name."""

    redis: "redis.asyncio.Redis"
    venue: str
    is_home: bool
    lines: dict[str, Line]
    flush_seconds: float
    quote_seconds: float
    _last: dict[str, float] = field(default_factory=dict)
    _computed: dict[str, int] = field(default_factory=dict)

    async def run(self) -> None:
        """Publish until an error ends it."""
        while still_wanted():
            await asyncio.sleep(self.flush_seconds)
            for symbol, line in self.lines.items():
                await self._quote(symbol, line)
                await self._book(symbol, line)
                await self._trades(symbol, line)
                await self._statistics(symbol, line)
                await self._indicators(symbol, line)
                await self._arbitrage(symbol)

    async def tell_state(self, symbol: str, *, is_stale: bool) -> None:
        """Say whether prices of a symbol can be relied on; every change at once, else with the quotes."""
        if self.is_home:
            text = json.dumps({"state": "stale" if is_stale else "live", "at": now_ms()})
            await self.redis.set(live_cache.state_key(symbol), text)

    async def was_stale(self, symbol: str) -> bool:
        """Return whether readers were told last that prices are stale."""
        found = await self.redis.get(live_cache.state_key(symbol)) if self.is_home else None
        return found is not None and json.loads(found)["state"] == "stale"

    async def told_prints(self, symbol: str) -> list[Print]:
        """Return the newest trades that readers were told, oldest first: by this process or the one before."""
        found = await self.redis.get(live_cache.trades_key(symbol, self.venue))
        rows = [] if found is None else json.loads(found)["prints"]
        return [
            Print(symbol, row["id"], row["p"], row["q"], int(row["ts"]), is_sell=row["side"] == "sell") for row in rows
        ]

    def _is_due(self, name: str, seconds: float) -> bool:
        """Return whether `seconds` have passed since this was due last, and remember now if so."""
        present = monotonic()
        if present - self._last.get(name, 0.0) < seconds:
            return False
        self._last[name] = present
        return True

    async def _quote(self, symbol: str, line: Line) -> None:
        if self.is_home:
            for interval, candle in line.board.take_candles():
                await publish_async(f"candles.{symbol}.{interval}", candle, client=self.redis)
        is_due = self._is_due(f"quote {symbol}", self.quote_seconds) and not line.is_stale
        if not (line.board.has_new_quote or is_due):
            return
        at = now_ms()
        line.board.has_new_quote = False
        ours = line.board.venue_quote(at)
        if ours is None:
            return
        await live_cache.put_venue_quote(self.redis, symbol, self.venue, ours)
        data = line.board.quote(at) if self.is_home else None
        if data is not None:
            await self.tell_state(symbol, is_stale=line.is_stale)
            await self.redis.set(key_of(symbol), to_text(data), ex=EXPIRY_SECONDS)
            await publish_async(f"quotes.{symbol}", data, client=self.redis)

    async def _book(self, symbol: str, line: Line) -> None:
        builder = line.book
        if builder is None or not builder.is_ready or builder.book.sequence == line.shown_sequence:
            return
        book = builder.book
        if book.is_crossed:
            return
        line.shown_sequence = book.sequence
        data = {
            "bids": _texts(book.bids.top(SHOWN_LEVELS)),
            "asks": _texts(book.asks.top(SHOWN_LEVELS)),
            "sequence": str(book.sequence),
            "at": str(now_ms()),
        }
        await self._say("book", symbol, data, live_cache.book_key(symbol, self.venue))

    async def _trades(self, symbol: str, line: Line) -> None:
        fresh = line.tape.take_fresh()
        if not fresh:
            return
        for item in fresh:
            line.statistics.trade(item)
        newest = list(line.tape.prints)[-SHOWN_PRINTS:]
        await self._say(
            "trades", symbol, {"prints": [_row(item) for item in newest]}, live_cache.trades_key(symbol, self.venue)
        )

    async def _statistics(self, symbol: str, line: Line) -> None:
        if not line.statistics.changed or not self._is_due(f"stats {symbol}", STATISTICS_SECONDS):
            return
        data = {**line.statistics.texts(), "at": str(now_ms())}
        if self.is_home:
            data |= await live_cache.consolidated_texts(self.redis, symbol)
            await self._say("stats", symbol, data, live_cache.statistics_key(symbol))

    async def _arbitrage(self, symbol: str) -> None:
        if self.is_home and self._is_due(f"arbitrage {symbol}", ARBITRAGE_SECONDS):
            await hop(records.keep_pairs)(symbol, now_ms())

    async def _indicators(self, symbol: str, line: Line) -> None:
        """Publish, after a candle closed, the indicators of the symbol that somebody listens to."""
        if not self.is_home or line.last_ts is None or self._computed.get(symbol) == line.last_ts:
            return
        self._computed[symbol] = line.last_ts
        pattern = channel_name(f"stats.{symbol}.*", schema=None, user_id=None, scope=Scope.PUBLIC)
        found: list[bytes] = await self.redis.pubsub_channels(pattern)  # type: ignore[assignment]  # bytes by our settings
        for channel in found:
            topic = channel.decode().removeprefix(pattern[: pattern.index("stats.")])
            asked = parse_topic(topic)
            if asked is None or (line.last_ts + line.board.step) % INTERVALS[asked.interval]:
                continue
            values = await hop(latest_values)(asked)
            if values:
                await publish_async(topic, values, client=self.redis)

    async def _say(self, kind: str, symbol: str, data: dict[str, Any], key: str) -> None:
        await self.redis.set(key, json.dumps(data, separators=(",", ":")), ex=live_cache.EXPIRY_SECONDS)
        if kind != "stats":
            await publish_async(f"{kind}.{symbol}.{self.venue}", data, client=self.redis)
        if self.is_home:
            await publish_async(f"{kind}.{symbol}", data, client=self.redis)


def _texts(levels: list[tuple[int, int]]) -> list[list[str]]:
    return [[_text(unscaled(price)), _text(unscaled(quantity))] for price, quantity in levels]


def _text(value: Decimal) -> str:
    return f"{value:f}"


def _row(item: Print) -> dict[str, str]:
    side = "sell" if item.is_sell else "buy"
    return {"id": item.id, "p": item.price, "q": item.quantity, "ts": str(item.ts), "side": side}
