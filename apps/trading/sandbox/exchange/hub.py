"""Fan-out of market and user streams to sockets."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from apps.trading.sandbox.exchange import payloads
from apps.trading.sandbox.exchange.candles import interval_supported
from apps.trading.sandbox.exchange.depth import DepthFeed
from apps.trading.sandbox.exchange.tickers import book_ticker, day_ticker, mini_ticker
from apps.trading.sandbox.exchange.venue import Venue

Json = dict[str, Any]
OUTBOX_LIMIT = 2_000


def encode(payload: Any) -> str:
    """Compact JSON text."""
    return json.dumps(payload, separators=(",", ":"))


class Subscriber:
    """One socket's outgoing queue. A reader slower than OUTBOX_LIMIT messages is cut off instead of slowing others."""

    def __init__(self, *, combined: bool = False) -> None:
        self.combined = combined
        self.outbox: asyncio.Queue[str | None] = asyncio.Queue(OUTBOX_LIMIT)
        self.overrun = False

    def send(self, text: str) -> None:
        """Queue a message; None in the queue ends the connection."""
        if self.overrun:
            return
        try:
            self.outbox.put_nowait(text)
        except asyncio.QueueFull:
            self.overrun = True
            while not self.outbox.empty():
                self.outbox.get_nowait()
            self.outbox.put_nowait(None)

    def close(self) -> None:
        """End the connection after what is queued."""
        if not self.overrun:
            self.overrun = self.outbox.full()
            if self.overrun:
                self.outbox.get_nowait()
            self.outbox.put_nowait(None)


class Hub:
    """Who listens to what, and what the market streams say. Implements venue.Outlet."""

    def __init__(self, venue: Venue, first_update_id: int) -> None:
        self._venue = venue
        self._streams: dict[str, set[Subscriber]] = defaultdict(set)
        self._users: dict[int, set[tuple[Subscriber, int]]] = defaultdict(set)
        self._klines: dict[tuple[str, str], int] = {}
        self._books: dict[str, str] = {}
        self.depth = {name: DepthFeed(venue.engine, name, first_update_id) for name in venue.engine.state.markets}
        self._greetings: dict[str, Callable[[str], Json]] = {
            "miniTicker": lambda symbol: mini_ticker(venue.engine, symbol),
            "ticker": lambda symbol: day_ticker(venue.engine, symbol),
            "bookTicker": self._book_ticker,
        }

    # ---- subscriptions

    def subscribe(self, subscriber: Subscriber, stream: str) -> bool:
        """Add a stream; False when there is no such stream. The current state is sent at once where there is one."""
        parsed = self._parse(stream)
        if parsed is None:
            return False
        self._streams[stream].add(subscriber)
        symbol, kind = parsed
        if kind.startswith("kline_"):
            interval = kind.removeprefix("kline_")
            candle = self._candle(symbol, interval)
            self._klines.setdefault((symbol, interval), candle.open_time)
            self._send_to([subscriber], stream, payloads.kline_event(symbol, interval, candle, self._now()))
        elif kind in self._greetings:
            self._send_to([subscriber], stream, self._greetings[kind](symbol))
        elif kind.startswith("depth"):
            self.flush_depth(symbol)
        return True

    def unsubscribe(self, subscriber: Subscriber, stream: str) -> None:
        """Drop a stream; unknown ones are ignored."""
        self._streams.get(stream, set()).discard(subscriber)
        if stream in self._streams and not self._streams[stream]:
            del self._streams[stream]

    def subscribe_user(self, subscriber: Subscriber, account_id: int, subscription_id: int) -> None:
        """Send an account's private events to a WS-API connection."""
        self._users[account_id].add((subscriber, subscription_id))

    def unsubscribe_user(self, subscriber: Subscriber, subscription_id: int | None = None) -> None:
        """Stop one private subscription of a connection, or all."""
        for listeners in self._users.values():
            for entry in [entry for entry in listeners if entry[0] is subscriber]:
                if subscription_id in (None, entry[1]):
                    listeners.discard(entry)

    def forget(self, subscriber: Subscriber) -> None:
        """Drop everything of a closed connection."""
        for stream in list(self._streams):
            self.unsubscribe(subscriber, stream)
        self.unsubscribe_user(subscriber)

    def counts(self) -> dict[str, int]:
        """Subscriptions for the status page."""
        return {
            "streams": sum(len(listeners) for listeners in self._streams.values()),
            "users": sum(len(listeners) for listeners in self._users.values()),
        }

    def _parse(self, stream: str) -> tuple[str, str] | None:
        name, separator, kind = stream.partition("@")
        symbol = name.upper()
        if not separator or name != name.lower() or symbol not in self._venue.engine.state.markets:
            return None
        if kind in ("trade", "aggTrade", "depth", "depth@100ms", "miniTicker", "ticker", "bookTicker"):
            return symbol, kind
        bar_ms = self._venue.engine.view.recording.bar_ms
        if kind.startswith("kline_") and interval_supported(kind.removeprefix("kline_"), bar_ms):
            return symbol, kind
        return None

    # ---- venue.Outlet

    def wants_trades(self, symbol: str) -> bool:
        """Whether anybody listens to a symbol's public trades."""
        name = symbol.lower()
        return f"{name}@trade" in self._streams or f"{name}@aggTrade" in self._streams

    def send_private(self, account_id: int, event: Json) -> None:
        """Wrap and send an account's event to its listeners."""
        for subscriber, subscription_id in self._users.get(account_id, ()):
            subscriber.send(encode({"subscriptionId": subscription_id, "event": event}))

    def send_trade(self, symbol: str, trade: Json) -> None:
        """Publish a public trade on both trade streams."""
        head = {"E": self._now(), "s": symbol}
        name = symbol.lower()
        if f"{name}@aggTrade" in self._streams:
            self._publish(f"{name}@aggTrade", {"e": "aggTrade"} | head | trade)
        if f"{name}@trade" in self._streams:
            single = {"t": trade["a"], "p": trade["p"], "q": trade["q"], "T": trade["T"], "m": trade["m"], "M": True}
            self._publish(f"{name}@trade", {"e": "trade"} | head | single)

    def market_moved(self) -> None:
        """Publish candles (every closed one, then the forming one) and changed best prices."""
        for stream in list(self._streams):
            symbol, _, kind = stream.partition("@")
            if kind.startswith("kline_"):
                self._publish_klines(stream, symbol.upper(), kind.removeprefix("kline_"))
            elif kind == "bookTicker":
                ticker = self._book_ticker(symbol.upper())
                known = encode([ticker[name] for name in "bBaA"])
                if self._books.get(symbol) != known:
                    self._books[symbol] = known
                    self._publish(stream, ticker)

    # ---- timers

    def flush_fast(self) -> None:
        """Every 100 ms: depth differences."""
        for symbol in self.depth:
            if f"{symbol.lower()}@depth@100ms" in self._streams:
                self.flush_depth(symbol)

    def flush_slow(self) -> None:
        """Every second: slow depth differences and tickers."""
        for stream in list(self._streams):
            name, _, kind = stream.partition("@")
            symbol = name.upper()
            if kind == "depth":
                self.flush_depth(symbol)
                update = self.depth[symbol].slow_update()
                if update is not None:
                    self._publish(stream, update | {"E": self._now()})
            elif kind in ("ticker", "miniTicker"):
                self._publish(stream, self._greetings[kind](symbol))

    def flush_depth(self, symbol: str) -> None:
        """Publish what changed in the book since the last update, so that a snapshot taken now fits the stream."""
        update = self.depth[symbol].update()
        if update is not None:
            self._publish(f"{symbol.lower()}@depth@100ms", update | {"E": self._now()})

    def close_all(self) -> None:
        """End every connection."""
        listeners = {subscriber for group in self._streams.values() for subscriber in group}
        listeners |= {subscriber for users in self._users.values() for subscriber, _ in users}
        for subscriber in listeners:
            subscriber.close()

    # ---- inner

    def _now(self) -> int:
        return self._venue.engine.view.now_ms

    def _candle(self, symbol: str, interval: str) -> Any:
        view = self._venue.engine.view
        return view.candle_at(symbol, interval, view.now_ms)

    def _book_ticker(self, symbol: str) -> Json:
        row = book_ticker(self._venue.engine, symbol)
        return {
            "u": self.depth[symbol].update_id,
            "s": symbol,
            "b": row["bidPrice"],
            "B": row["bidQty"],
            "a": row["askPrice"],
            "A": row["askQty"],
        }

    def _publish_klines(self, stream: str, symbol: str, interval: str) -> None:
        view = self._venue.engine.view
        current = self._candle(symbol, interval)
        known = self._klines.get((symbol, interval), current.open_time)
        if known < current.open_time:
            for closed in view.candles(symbol, interval, known, current.open_time - 1, 1_000):
                self._publish(stream, payloads.kline_event(symbol, interval, closed, self._now()))
        self._klines[symbol, interval] = current.open_time
        self._publish(stream, payloads.kline_event(symbol, interval, current, self._now()))

    def _publish(self, stream: str, payload: Json) -> None:
        self._send_to(self._streams.get(stream, ()), stream, payload)

    @staticmethod
    def _send_to(subscribers: Any, stream: str, payload: Json) -> None:
        raw = wrapped = None
        for subscriber in list(subscribers):
            if subscriber.combined:
                wrapped = wrapped or encode({"stream": stream, "data": payload})
                subscriber.send(wrapped)
            else:
                raw = raw or encode(payload)
                subscriber.send(raw)
