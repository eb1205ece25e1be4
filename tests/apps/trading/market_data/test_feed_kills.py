"""The feed against a real sandbox exchange: killed at any point it loses no closed candle and doubles none."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from django.conf import settings

from apps.core.clock import now
from apps.core.context import in_schema
from apps.trading.exchanges.operations import seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data import queries
from apps.trading.market_data.feed.process import FeedProcess
from apps.trading.market_data.models import CandleChunk, CandleTail, FeedLease
from kernel.instruments import Bars
from tests.factories.candles import FIVE, same, series_of, store
from tests.factories.feed_process import dispatched, start_feed
from tests.factories.sandbox_exchange import JUNE, running_sandbox

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
STORED_BEFORE = 40
PATIENCE = 60.0
LEASE_SECONDS = FeedProcess.lease_seconds
TAKEOVER_SECONDS = 10.0
PARTS = 4

pytestmark = [pytest.mark.real_commit, pytest.mark.kills]


def recorded(symbol: str, start: int, end: int) -> Bars:
    """Return the bundled candles that open in [start, end)."""
    with np.load(settings.CANDLES_DIR / f"{symbol}_5m_2024.npz") as arrays:
        wanted = (arrays["ts"] >= start) & (arrays["ts"] < end)
        return Bars(**{name: arrays[name][wanted] for name in ("ts", "open", "high", "low", "close", "volume")})


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Poll other processes; the test itself has nothing to wait for."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.03)


def newest(symbol: str) -> int:
    return series_of(symbol).last_ts


def stands_at(price: Decimal) -> bool:
    """Return whether the quote says that bid, ask and last are one price, and that it is fresh."""
    quote = queries.get_quote("BTCUSDT")
    return quote is not None and {quote.bid, quote.ask, quote.last} == {price} and not quote.is_stale


def prepare() -> None:
    """Store what was imported before the first feed."""
    seed_instruments()
    seed_venues()
    for symbol in SYMBOLS:
        store(recorded(symbol, JUNE - STORED_BEFORE * FIVE, JUNE), symbol=symbol)


def check(log, last_bar: int, kills: int) -> None:
    """Compare store and dispatches with the recording, candle by candle."""
    for symbol in SYMBOLS:
        truth = recorded(symbol, JUNE - STORED_BEFORE * FIVE, last_bar + FIVE)
        assert same(queries.load_bars(symbol, "5m"), truth)
        told = [ts for stream, ts in dispatched(log) if stream == f"{symbol}.5m"]
        assert told == sorted(told)
        assert sorted(set(told)) == [ts for ts in truth.ts.tolist() if ts >= JUNE]
        assert sum(count - 1 for count in Counter(told).values()) <= kills
        quarters = {ts for stream, ts in dispatched(log) if stream == f"{symbol}.15m"}
        assert quarters == {ts for ts in truth.resample(3 * FIVE).ts.tolist() if ts + 2 * FIVE >= JUNE}
    rows = CandleTail.objects.count() + sum(CandleChunk.objects.values_list("count", flat=True))
    assert rows == len(SYMBOLS) * (STORED_BEFORE + (last_bar - JUNE) // FIVE + 1)


def leaders_of(feeds: dict[str, "subprocess.Popen[bytes]"]) -> list[str]:
    """Return the owners, among those who live, of the groups of streams that somebody leads."""
    leases = FeedLease.objects.filter(name__startswith="market_data:sandbox:", until__gt=now()).order_by("name")
    return [lease.owner for lease in leases if lease.owner in feeds]


def test_a_leader_of_shared_streams_killed_under_load_is_replaced_within_ten_seconds(real_db, tmp_path):
    """With the lease of the product, candles closing every second, and two kills in a row."""
    log = tmp_path / "dispatched"
    with running_sandbox(tmp_path) as sandbox, in_schema("public"):
        prepare()
        environment = {**real_db, "OUTCRY_SANDBOX_URL": sandbox.url, "OUTCRY_LOG_LEVEL": "WARNING"}
        feeds = {
            owner: start_feed(environment, log, owner=owner, lease=LEASE_SECONDS, parts=2) for owner in ("a", "b", "c")
        }
        try:
            wait_until(lambda: {f"ready.{owner}" for owner in feeds} <= {name for name, _ in dispatched(log)}, "feeds")
            sandbox.control.set_speed(FIVE / 1_000)
            sandbox.control.resume()
            for _ in range(2):
                wait_until(lambda: len(leaders_of(feeds)) == 2, "a leader of each part")
                before = {symbol: newest(symbol) for symbol in SYMBOLS}
                wait_until(lambda: _all_newer(before), "leaders at work")  # noqa: B023
                leader = feeds.pop(leaders_of(feeds)[0])
                leader.send_signal(signal.SIGKILL)
                leader.wait(10)
                killed_at, before = time.monotonic(), {symbol: newest(symbol) for symbol in SYMBOLS}
                wait_until(lambda: _all_newer(before), "the next candles")  # noqa: B023
                assert time.monotonic() - killed_at <= TAKEOVER_SECONDS
            last_bar = sandbox.control.pause().last_closed_bar
            wait_until(lambda: all(newest(symbol) == last_bar for symbol in SYMBOLS), "the last candle")
            streams = {(f"{symbol}.5m", last_bar) for symbol in SYMBOLS}
            wait_until(lambda: streams <= set(dispatched(log)), "the last dispatch")
        finally:
            for feed in feeds.values():
                feed.kill()
                feed.wait(10)
        check(log, last_bar, kills=2)


def test_a_process_that_comes_later_gets_its_fair_part_and_no_candle_is_lost_or_doubled(real_db, tmp_path):
    """One process leads all; a second one is left half while candles close every second; it stops, all go back."""
    log = tmp_path / "dispatched"
    with running_sandbox(tmp_path) as sandbox, in_schema("public"):
        prepare()
        environment = {**real_db, "OUTCRY_SANDBOX_URL": sandbox.url, "OUTCRY_LOG_LEVEL": "WARNING"}
        feeds = {"a": start_feed(environment, log, owner="a", parts=PARTS)}
        try:
            sandbox.control.set_speed(FIVE / 1_000)
            sandbox.control.resume()
            wait_until(lambda: leaders_of(feeds) == ["a"] * PARTS, "one leader of all")
            move(lambda: feeds.update(b=start_feed(environment, log, owner="b", parts=PARTS)))
            wait_until(lambda: sorted(leaders_of(feeds)) == ["a", "a", "b", "b"], "each its half")
            move(lambda: None)
            assert sorted(leaders_of(feeds)) == ["a", "a", "b", "b"]
            feeds["b"].terminate()
            wait_until(lambda: leaders_of(feeds) == ["a"] * PARTS, "all of it with the first again")
            move(lambda: None)
            last_bar = sandbox.control.pause().last_closed_bar
            wait_until(lambda: all(newest(symbol) == last_bar for symbol in SYMBOLS), "the last candle")
            streams = {(f"{symbol}.5m", last_bar) for symbol in SYMBOLS}
            wait_until(lambda: streams <= set(dispatched(log)), "the last dispatch")
        finally:
            for feed in feeds.values():
                feed.kill()
                feed.wait(10)
        check(log, last_bar, kills=0)


def move(change: Callable[[], None]) -> None:
    """Change something and wait until every symbol has newer candles than before."""
    before = {symbol: newest(symbol) for symbol in SYMBOLS}
    change()
    wait_until(lambda: _all_newer(before), "newer candles")


def _all_newer(before: dict[str, int]) -> bool:
    return all(newest(symbol) > ts for symbol, ts in before.items())


def test_a_killed_exchange_leaves_no_gap(real_db, tmp_path):
    log = tmp_path / "dispatched"
    with running_sandbox(tmp_path) as sandbox, in_schema("public"):
        prepare()
        feed = start_feed({**real_db, "OUTCRY_SANDBOX_URL": sandbox.url, "OUTCRY_LOG_LEVEL": "ERROR"}, log)
        try:
            last_bar = sandbox.control.step(2).last_closed_bar
            wait_until(lambda: all(newest(symbol) >= last_bar for symbol in SYMBOLS), "the first candles")
            wait_until(lambda: queries.get_quote("BTCUSDT") is not None, "a quote")
            for _ in range(2):
                sandbox.kill()
                sandbox.restart()
                last_bar = sandbox.control.step(3).last_closed_bar
            wait_until(lambda: all(newest(symbol) == last_bar for symbol in SYMBOLS), "candles after the kill")
            wait_until(lambda: ("SOLUSDT.5m", last_bar) in dispatched(log), "the last dispatch")
            standing = sandbox.control.pause().prices["BTCUSDT"]
            wait_until(lambda: stands_at(standing), "the standing price")
        finally:
            feed.kill()
            feed.wait(10)
        check(log, last_bar, kills=0)
