"""Stream → store → topic → socket while the venue cuts, drops, doubles, delays and reorders."""

import asyncio
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from apps.core.context import in_schema
from apps.core.ids import uuid7
from apps.core.live import Identity
from apps.core.live.publishing import client as hub_client
from apps.core.live.socket import LiveSocket
from apps.trading.market_data import queries
from apps.trading.market_data.feed.leader import SHORTEST_EXPECTED
from apps.trading.market_data.models import CandleChunk, CandleTail
from apps.trading.sandbox.client import SandboxRefusedError
from tests.apps.trading.market_data.test_feed_kills import STORED_BEFORE, SYMBOLS, prepare, recorded, wait_until
from tests.factories.candles import FIVE, same
from tests.factories.feed_process import dispatched, start_feed
from tests.factories.sandbox_exchange import JUNE, RunningSandbox, running_sandbox

MINUTE = 60_000
SPEED = 50.0
KINDS = ("frame_drop", "frame_duplicate", "frame_reorder", "frame_delay", "http_429", "frame_cut")
TOPICS = ("candles.BTCUSDT.5m", "quotes.BTCUSDT", "book.BTCUSDT", "trades.BTCUSDT", "stats.BTCUSDT")

pytestmark = [pytest.mark.real_commit, pytest.mark.kills]


@dataclass
class Listener:
    """A browser's socket: what it was told, by topic."""

    frames: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {topic: [] for topic in TOPICS})

    async def follow(self, stop: threading.Event) -> None:
        """Listen until `stop`."""
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        inbox.put_nowait({"type": "websocket.connect"})
        for topic in TOPICS:
            inbox.put_nowait({"type": "websocket.receive", "text": json.dumps({"type": "subscribe", "topic": topic})})
        serving = asyncio.create_task(LiveSocket(_anyone)({"type": "websocket"}, inbox.get, self._take))
        await asyncio.to_thread(stop.wait)
        inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await serving

    async def _take(self, message: dict[str, Any]) -> None:
        frame = json.loads(message.get("text", "{}"))
        if frame.get("type") in ("snapshot", "delta"):
            self.frames[frame["topic"]].append(frame)


async def _anyone(_scope: dict[str, Any]) -> Identity:
    return Identity(schema="public", user_id=uuid7(), session_hash="s")


@contextmanager
def listening() -> Iterator[Listener]:
    """Follow all topics in a thread of its own."""
    listener, stop = Listener(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(listener.follow(stop)))
    thread.start()
    try:
        yield listener
    finally:
        stop.set()
        thread.join(10)


def storm(sandbox: RunningSandbox, rng: random.Random, until: int) -> dict[str, int]:
    """Disturb the venue at random until the market's time is `until`; return how often by kind."""
    streams = [f"{s.lower()}@{kind}" for s in SYMBOLS for kind in ("kline_5m", "depth@100ms", "aggTrade", "bookTicker")]
    counts: dict[str, int] = {}
    refusals = 0
    next_at = 0
    while (now := sandbox.control.status()["market_time"]) < until:
        if now < next_at:
            time.sleep(0.05)  # polling a process outside ours
            continue
        next_at = now + rng.randint(5, 40) * 1_000
        kind = rng.choice(
            [
                "frame_drop",
                "frame_duplicate",
                "frame_reorder",
                "frame_delay",
                "frame_duplicate",
                "http_429",
                "frame_cut",
            ]
        )
        rule: dict[str, Any] = {"count": rng.randint(1, 4)}
        if kind.startswith("frame"):
            rule |= {"method": "MARKET", "path": rng.choice(streams)}
        if kind == "frame_cut":
            rule["count"] = 1
        if kind == "frame_delay":
            rule["delay_ms"] = rng.randint(50, 400)
        if kind == "http_429" and refusals:
            with suppress(SandboxRefusedError):  # it is used up
                sandbox.control.remove_fault(refusals)  # they would pile up until no connection ever gets through
        injected = sandbox.control.inject_fault(kind, **rule)
        refusals = injected["id"] if kind == "http_429" else refusals
        counts[kind] = counts.get(kind, 0) + 1
    sandbox.control.clear_faults()
    return counts


def stall(sandbox: RunningSandbox) -> None:
    """Let every socket of the market stay open and say nothing: noticed in time, and over by itself."""
    wait_until(lambda: not queries.is_market_stale("BTCUSDT"), "trust in the prices")
    rule = sandbox.control.inject_fault("frame_drop", count=1_000_000, method="MARKET")
    began = time.monotonic()
    wait_until(lambda: queries.is_market_stale("BTCUSDT"), "the stall being noticed")
    assert time.monotonic() - began <= 2 * SHORTEST_EXPECTED
    sandbox.control.remove_fault(rule["id"])
    wait_until(lambda: not queries.is_market_stale("BTCUSDT"), "the stall being over")


def replay(sandbox: RunningSandbox, environment: dict[str, str], log: Any, minutes: int) -> None:
    """Follow `minutes` of the market through a storm and compare what is known at its end with the source."""
    end = JUNE + minutes * MINUTE
    last_bar = end - FIVE
    feed = start_feed({**environment, "OUTCRY_SANDBOX_URL": sandbox.url, "OUTCRY_LOG_LEVEL": "ERROR"}, log, silence=6.0)
    try:
        with listening() as listener:
            wait_until(lambda: queries.get_book("BTCUSDT") is not None, "the first book")
            sandbox.control.set_speed(SPEED)
            sandbox.control.resume()
            stall(sandbox)
            counts = storm(sandbox, random.Random(20240601), end)
            standing = sandbox.control.pause()
            wait_until(lambda: all(_newest(symbol) >= last_bar for symbol in SYMBOLS), "the last candle")
            for symbol in SYMBOLS:
                wait_until(lambda: _shows(sandbox, symbol), f"book and trades of {symbol}")  # noqa: B023
            wait_until(lambda: not queries.is_market_stale("BTCUSDT"), "trust in the prices")
        assert sum(counts.values()) >= minutes
    finally:
        feed.kill()
        feed.wait(10)
    _check_candles(log, standing.last_closed_bar)
    _check_topics(listener, standing.prices["BTCUSDT"])


def _newest(symbol: str) -> int:
    found = queries.get_series(symbol, "5m")
    return 0 if found is None else found.last_ts


def _shows(sandbox: RunningSandbox, symbol: str) -> bool:
    """Return whether our book and trades are, level by level and trade by trade, those of the venue.

    A venue forgets old trades: every one that it still knows since our first one is stored, and none twice.
    """
    from urllib.request import urlopen

    with urlopen(f"{sandbox.url}/api/v3/depth?symbol={symbol}&limit=20") as answer:
        depth = json.load(answer)
    with urlopen(f"{sandbox.url}/api/v3/aggTrades?symbol={symbol}&limit=30") as answer:
        trades = json.load(answer)
    with urlopen(f"{sandbox.url}/api/v3/aggTrades?symbol={symbol}&limit=1&fromId=0") as answer:
        oldest = json.load(answer)[0]["a"]
    book, prints = queries.get_book(symbol), queries.list_prints(symbol)
    if book is None:
        return False
    ours = [[(price, size) for price, size in side] for side in (book.bids, book.asks)]
    theirs = [[(Decimal(price), Decimal(size)) for price, size in depth[side]] for side in ("bids", "asks")]
    stored = queries.load_trades("sandbox", symbol, 0, 2**62).number.tolist()
    wanted = range(max(oldest, stored[0] if stored else 0), trades[-1]["a"] + 1)
    if [number for number in stored if number >= wanted.start] != list(wanted) or len(set(stored)) != len(stored):
        return False
    told = [(item.id, item.price, item.quantity, item.ts, item.is_sell) for item in reversed(prints)]
    known = [(str(row["a"]), Decimal(row["p"]), Decimal(row["q"]), row["T"], row["m"]) for row in trades]
    return ours == theirs and told == known


def _check_candles(log: Any, last_bar: int) -> None:
    """Every candle is the recorded one, bit for bit; none is missing, none is there twice, each was dispatched."""
    for symbol in SYMBOLS:
        truth = recorded(symbol, JUNE - STORED_BEFORE * FIVE, last_bar + FIVE)
        assert same(queries.load_bars(symbol, "5m"), truth)
        assert queries.find_gaps(symbol, "5m") == []
        told = [ts for stream, ts in dispatched(log) if stream == f"{symbol}.5m"]
        assert told == [ts for ts in truth.ts.tolist() if ts >= JUNE]
    rows = CandleTail.objects.count() + sum(CandleChunk.objects.values_list("count", flat=True))
    assert rows == len(SYMBOLS) * (STORED_BEFORE + (last_bar - JUNE) // FIVE + 1)


def _check_topics(listener: Listener, price: Decimal) -> None:
    """The socket heard each topic in sequence, and at last what is true."""
    for topic, frames in listener.frames.items():
        numbers = [frame["seq"] for frame in frames if frame["type"] == "delta"]
        assert numbers == sorted(set(numbers)), topic
        assert numbers, topic
    candles = [frame["data"] for frame in listener.frames["candles.BTCUSDT.5m"] if frame["data"].get("closed")]
    stored = {int(row[0]): row for row in queries.load_bars("BTCUSDT", "5m").rows()}
    assert all(Decimal(data["c"]) * 100 == stored[int(data["ts"])][4] for data in candles)
    books = [int(frame["data"]["sequence"]) for frame in listener.frames["book.BTCUSDT"] if frame["data"]]
    assert books == sorted(books)
    assert Decimal(listener.frames["quotes.BTCUSDT"][-1]["data"]["last"]) == price
    for frame in listener.frames["trades.BTCUSDT"]:
        ids = [int(row["id"]) for row in frame["data"].get("prints", [])]
        whole = list(range(ids[0], ids[0] + len(ids))) if ids else []
        assert ids == whole
        assert ids or frame["type"] == "snapshot"


@pytest.fixture
def _clean():
    def forget() -> None:
        for pattern in ("public:*", f"{settings.HUB_PREFIX}:public:*"):
            found = list(hub_client().scan_iter(pattern))
            if found:
                hub_client().delete(*found)

    forget()
    yield
    forget()


@pytest.mark.usefixtures("_clean")
def test_thirty_minutes_of_storm_leave_the_source_bit_for_bit(real_db, tmp_path):
    with running_sandbox(tmp_path) as sandbox, in_schema("public"):
        prepare()
        replay(sandbox, real_db, tmp_path / "dispatched", minutes=30)


@pytest.mark.long
@pytest.mark.usefixtures("_clean")
def test_half_an_hour_of_storm_by_the_wall(real_db, tmp_path):
    with running_sandbox(tmp_path) as sandbox, in_schema("public"):
        prepare()
        replay(sandbox, real_db, tmp_path / "dispatched", minutes=30 * int(SPEED))
