"""Fan-out of market and user streams to sockets."""

from collections import defaultdict
from typing import Any

from apps.trading.sandbox.exchange import payloads, tickers
from apps.trading.sandbox.exchange.depth import DepthFeed
from apps.trading.sandbox.exchange.fault_effects import FrameFaults, MarketFaults
from apps.trading.sandbox.exchange.listen_keys import ListenKeys
from apps.trading.sandbox.exchange.streams import ALL, Stream, StreamKind, parse_stream
from apps.trading.sandbox.exchange.subscribers import Subscriber, UserFeed, encode
from apps.trading.sandbox.exchange.venue import Venue

Json = dict[str, Any]
_STATISTICS = (StreamKind.MINI, StreamKind.TICKER, StreamKind.WINDOW, StreamKind.AVERAGE)
_GREETED = (*_STATISTICS, StreamKind.BOOK, StreamKind.PARTIAL)


class Hub:
    """Who listens to what, and what the market streams say. Implements venue.Outlet."""

    def __init__(self, venue: Venue, first_update_id: int) -> None:
        self._venue = venue
        self._engine = venue.engine
        self._streams: dict[str, Stream] = {}  # those with listeners
        self._listeners: dict[str, set[Subscriber]] = {}
        self._feeds: dict[int, set[UserFeed]] = defaultdict(set)
        self._klines: dict[str, int] = {}  # stream -> open time of the candle shown last
        self._shown: dict[str, Any] = {}  # stream -> what it said last, where repeating would say nothing
        self.depth = {name: DepthFeed(venue.engine, name, first_update_id) for name in venue.engine.state.markets}
        self.listen_keys = ListenKeys()
        self.frames: FrameFaults | None = None
        self.market_frames: MarketFaults | None = None

    # ---- subscriptions

    def parse(self, name: str) -> Stream | None:
        """The stream of a name, or None."""
        return parse_stream(name, self._engine.state.markets, self._engine.view.recording.bar_ms)

    def subscribe(self, subscriber: Subscriber, name: str) -> bool:
        """Add a stream; False when there is no such stream. The current state is sent at once where there is one."""
        stream = self.parse(name)
        if stream is None:
            return False
        self._streams[name] = stream
        self._listeners.setdefault(name, set()).add(subscriber)
        subscriber.streams.add(name)
        if stream.kind is StreamKind.KLINE:
            candle = self._candle(stream)
            self._klines.setdefault(name, candle.open_time)
            event = payloads.kline_event(stream.symbol, stream.detail, candle, self._now())
            self._send_to([subscriber], name, event)
        elif stream.kind is StreamKind.DEPTH:
            self.flush_depth(stream.symbol)
        elif stream.kind in _GREETED:
            for event in self._events(stream):
                self._send_to([subscriber], name, event)
        return True

    def unsubscribe(self, subscriber: Subscriber, name: str) -> None:
        """Drop a stream; unknown ones are ignored."""
        subscriber.streams.discard(name)
        listeners = self._listeners.get(name, set())
        listeners.discard(subscriber)
        if not listeners:
            for known in (self._listeners, self._streams, self._klines, self._shown):
                known.pop(name, None)

    def add_feed(self, feed: UserFeed) -> None:
        """Send an account's private events to a socket."""
        self._feeds[feed.account_id].add(feed)

    def drop_feed(self, feed: UserFeed, *, tell: bool = True) -> None:
        """Stop a private feed, and say so on the socket."""
        listeners = self._feeds.get(feed.account_id, set())
        if feed in listeners:
            listeners.discard(feed)
            if tell:
                feed.send({"e": "eventStreamTerminated", "E": self._venue.clock.now_ms()})
        if not listeners:
            self._feeds.pop(feed.account_id, None)

    def feeds_of(self, subscriber: Subscriber) -> list[UserFeed]:
        """Private feeds of a socket."""
        return [feed for feeds in self._feeds.values() for feed in feeds if feed.subscriber is subscriber]

    def forget(self, subscriber: Subscriber) -> None:
        """Drop everything of a closed connection."""
        for name in list(subscriber.streams):
            self.unsubscribe(subscriber, name)
        for feed in self.feeds_of(subscriber):
            self.drop_feed(feed, tell=False)

    def counts(self) -> dict[str, int]:
        """Subscriptions for the status page."""
        return {
            "streams": sum(len(listeners) for listeners in self._listeners.values()),
            "users": sum(len(feeds) for feeds in self._feeds.values()),
        }

    # ---- venue.Outlet

    def wants_trades(self, symbol: str) -> bool:
        """Whether anybody listens to a symbol's public trades."""
        name = symbol.lower()
        return f"{name}@trade" in self._listeners or f"{name}@aggTrade" in self._listeners

    def wants_private(self, account_id: int) -> bool:
        """Whether anybody listens to an account."""
        return account_id in self._feeds

    def send_private(self, account_id: int, event: Json) -> None:
        """Wrap and send an account's event to its listeners."""
        for feed in tuple(self._feeds.get(account_id, ())):
            if self.frames is None:
                feed.send(event)
            else:
                self.frames.send(feed, event)

    def send_trade(self, symbol: str, trade: Json) -> None:
        """Publish a public trade on both trade streams."""
        head = {"E": self._now(), "s": symbol}
        name = symbol.lower()
        self._publish(f"{name}@aggTrade", {"e": "aggTrade"} | head | trade)
        single = {"t": trade["a"], "p": trade["p"], "q": trade["q"], "T": trade["T"], "m": trade["m"], "M": True}
        self._publish(f"{name}@trade", {"e": "trade"} | head | single)

    def market_moved(self) -> None:
        """Publish every candle that closed, and changed best prices."""
        for stream in tuple(self._streams.values()):
            if stream.kind is StreamKind.KLINE:
                self._publish_closed_candles(stream)
            elif stream.kind is StreamKind.BOOK:
                self._publish_changes(stream)

    # ---- timers

    def flush_fast(self) -> None:
        """Every 100 ms: depth differences and the fast best levels."""
        for stream in tuple(self._streams.values()):
            if not stream.fast:
                continue
            self.flush_depth(stream.symbol)
            if stream.kind is StreamKind.PARTIAL:
                self._publish_changes(stream)

    def flush_slow(self) -> None:
        """Every second: slow depth, forming candles, statistics; and private feeds whose key is gone end."""
        for stream in tuple(self._streams.values()):
            if stream.kind in _STATISTICS:
                self._publish_all(stream)
            elif stream.kind is StreamKind.KLINE:
                self._publish_forming_candle(stream)
            elif stream.kind is StreamKind.PARTIAL and not stream.fast:
                self.flush_depth(stream.symbol)
                self._publish_changes(stream)
        self._publish_slow_depth()
        self._end_stale_feeds()

    def flush_depth(self, symbol: str) -> None:
        """Publish what changed in the book since the last update, so that a snapshot taken now fits the stream."""
        update = self.depth[symbol].update()
        if update is not None:
            self._publish(f"{symbol.lower()}@depth@100ms", update | {"E": self._now()})

    def close_all(self) -> None:
        """Announce the shutdown and end every connection."""
        event = {"e": "serverShutdown", "E": self._venue.clock.now_ms()}
        market = {subscriber for group in self._listeners.values() for subscriber in group}
        for subscriber in market:
            self._send_to([subscriber], "!serverShutdown", event)
        private = {feed.subscriber for feeds in self._feeds.values() for feed in feeds}
        for subscriber in market | private:
            subscriber.close()

    # ---- inner

    def _now(self) -> int:
        return self._engine.view.now_ms

    def _candle(self, stream: Stream) -> Any:
        view = self._engine.view
        return view.candle_at(stream.symbol, stream.detail, view.now_ms)

    def _events(self, stream: Stream) -> list[Any]:
        """What a stream says now; the arrays over all markets are one event, !bookTicker is one a market."""
        symbols = list(self._engine.state.markets) if stream.symbol == ALL else [stream.symbol]
        events = [self._event(stream, symbol) for symbol in symbols]
        return [events] if stream.symbol == ALL and stream.kind is not StreamKind.BOOK else events

    def _event(self, stream: Stream, symbol: str) -> Json:
        if stream.kind is StreamKind.BOOK:
            return self._book_ticker(symbol)
        if stream.kind is StreamKind.PARTIAL:
            return self.depth[symbol].snapshot(int(stream.detail))
        if stream.kind is StreamKind.WINDOW:
            return tickers.window_ticker(self._engine, symbol, stream.detail)
        if stream.kind is StreamKind.AVERAGE:
            return tickers.average_event(self._engine, symbol)
        build = tickers.mini_ticker if stream.kind is StreamKind.MINI else tickers.day_ticker
        return build(self._engine, symbol)

    def _book_ticker(self, symbol: str) -> Json:
        row = tickers.book_ticker(self._engine, symbol)
        return {
            "u": self.depth[symbol].update_id,
            "s": symbol,
            "b": row["bidPrice"],
            "B": row["bidQty"],
            "a": row["askPrice"],
            "A": row["askQty"],
        }

    def _publish_all(self, stream: Stream) -> None:
        for event in self._events(stream):
            self._publish(stream.name, event)

    def _publish_changes(self, stream: Stream) -> None:
        """Events that differ from the last of the same symbol; update numbers do not count as a difference."""
        shown = self._shown.setdefault(stream.name, {})
        for event in self._events(stream):
            content = {name: value for name, value in event.items() if name not in ("u", "lastUpdateId")}
            if shown.get(event.get("s", "")) != content:
                shown[event.get("s", "")] = content
                self._publish(stream.name, event)

    def _publish_slow_depth(self) -> None:
        slow = [stream for stream in self._streams.values() if stream.kind is StreamKind.DEPTH and not stream.fast]
        for symbol in {stream.symbol for stream in slow}:
            self.flush_depth(symbol)
            update = self.depth[symbol].slow_update()
            if update is None:
                continue
            for stream in slow:
                if stream.symbol == symbol:
                    self._publish(stream.name, update | {"E": self._now()})

    def _publish_closed_candles(self, stream: Stream) -> None:
        view, current = self._engine.view, self._candle(stream)
        known = self._klines.get(stream.name, current.open_time)
        if known >= current.open_time:
            return
        for closed in view.candles(stream.symbol, stream.detail, known, current.open_time - 1, 1_000):
            self._publish(stream.name, payloads.kline_event(stream.symbol, stream.detail, closed, self._now()))
        self._klines[stream.name] = current.open_time
        self._publish(stream.name, payloads.kline_event(stream.symbol, stream.detail, current, self._now()))

    def _publish_forming_candle(self, stream: Stream) -> None:
        """The forming candle, when the market moved since it was shown last."""
        if self._shown.get(stream.name) == self._now():
            return
        self._shown[stream.name] = self._now()
        event = payloads.kline_event(stream.symbol, stream.detail, self._candle(stream), self._now())
        self._publish(stream.name, event)

    def _end_stale_feeds(self) -> None:
        """Feeds of revoked keys, and of listen keys that ended."""
        now, keys = self._venue.clock.now_ms(), self._engine.state.keys
        expired = {key.text for key in self.listen_keys.expire(now)}
        for feed in [feed for feeds in self._feeds.values() for feed in feeds]:
            if feed.listen_key in expired:
                feed.send({"e": "listenKeyExpired", "E": now, "listenKey": feed.listen_key})
                self.drop_feed(feed, tell=False)
            elif feed.api_key not in keys or (feed.listen_key and not self.listen_keys.find(feed.listen_key, now)):
                self.drop_feed(feed)

    def _publish(self, name: str, payload: Any) -> None:
        listeners = self._listeners.get(name, ())
        faults = self.market_frames
        if faults is None or faults.is_idle:
            self._send_to(listeners, name, payload)
            return
        for subscriber in tuple(listeners):
            faults.send(subscriber, name, encode({"stream": name, "data": payload} if subscriber.combined else payload))

    @staticmethod
    def _send_to(subscribers: Any, name: str, payload: Any) -> None:
        raw = wrapped = None
        for subscriber in subscribers:
            if subscriber.combined:
                wrapped = wrapped or encode({"stream": name, "data": payload})
                subscriber.send(wrapped)
            else:
                raw = raw or encode(payload)
                subscriber.send(raw)
