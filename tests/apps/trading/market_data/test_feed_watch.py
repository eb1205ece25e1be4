"""The watchdog of the feed, and its reading of the venue, against a real sandbox exchange."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator

import pytest
import redis.asyncio
from django.conf import settings

from apps.core.clock import monotonic
from apps.trading.market_data import queries
from apps.trading.market_data.feed.board import SymbolBoard
from apps.trading.market_data.feed.leader import FeedOptions, FeedStale, Leader
from apps.trading.market_data.feed.lines import Line
from apps.trading.market_data.feed.process import FeedProcess
from apps.trading.market_data.gateways.live_cache import state_key
from apps.trading.market_data.gateways.messages import Kline, Message
from apps.trading.market_data.gateways.venue_stream import VenueStream
from tests.apps.trading.market_data.test_board import SPEC
from tests.factories.candles import FIVE
from tests.factories.sandbox_exchange import JUNE, RunningSandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("watch")) as running:
        yield running


def stream_to(sandbox: RunningSandbox, sink: list[Message]) -> VenueStream:
    return VenueStream("binance", sandbox.ccxt_settings(), sink.append)


def leader_at(last_ts: int, redis_client: "redis.asyncio.Redis") -> Leader:
    """Return a leader that expects news within a second and heard of nothing since."""
    leader = Leader(FeedOptions(silence_seconds=1.0), redis_client)
    leader.lines["BTCUSDT"] = Line(SymbolBoard(SPEC, FIVE), last_ts)
    leader.watchdog.begin((Kline, "BTCUSDT"), monotonic())
    return leader


@pytest.fixture
async def hub_redis() -> AsyncIterator["redis.asyncio.Redis"]:
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, db=settings.HUB_DB)
    await client.delete(state_key("BTCUSDT"))
    yield client
    await client.delete(state_key("BTCUSDT"))
    await client.aclose()


async def test_silence_of_a_standing_market_is_no_fault(sandbox, hub_redis):
    leader = leader_at(sandbox.control.pause().last_closed_bar, hub_redis)
    stream = stream_to(sandbox, [])
    await stream.open()
    began = leader.watchdog.pulses[Kline, "BTCUSDT"].heard_at
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await leader._watch(stream)
    finally:
        await stream.close()
    assert leader.watchdog.pulses[Kline, "BTCUSDT"].heard_at >= began + 1.5
    assert not leader.lines["BTCUSDT"].is_stale
    assert not queries.is_market_stale("BTCUSDT")


async def test_silence_while_the_market_moves_is_a_dead_socket(sandbox, hub_redis):
    leader = leader_at(sandbox.control.pause().last_closed_bar, hub_redis)
    sandbox.control.step(1)
    stream = stream_to(sandbox, [])
    await stream.open()
    try:
        leader.watchdog.begin((Kline, "BTCUSDT"), began := monotonic())
        with pytest.raises(FeedStale):
            await leader._watch(stream)
        noticed = monotonic()
    finally:
        await stream.close()
    assert noticed - began <= 2.0
    assert queries.is_market_stale("BTCUSDT")


async def test_when_rest_says_nothing_either_prices_are_stale(sandbox, hub_redis):
    leader = leader_at(sandbox.control.pause().last_closed_bar, hub_redis)
    stream = stream_to(sandbox, [])
    await stream.open()
    sandbox.control.inject_fault("http_429", count=1_000, path="/api/v3/klines")
    try:
        leader.watchdog.begin((Kline, "BTCUSDT"), began := monotonic())
        watching = asyncio.create_task(leader._watch(stream))
        async with asyncio.timeout(5):
            while not queries.is_market_stale("BTCUSDT"):
                await asyncio.sleep(0.02)  # polling what another task says
        noticed = monotonic()
        assert not watching.done()
    finally:
        watching.cancel()
        sandbox.control.clear_faults()
        await stream.close()
    assert noticed - began <= 2.0
    assert queries.is_market_stale("BTCUSDT")


async def test_rest_gives_closed_candles_only_and_their_exact_digits(sandbox):
    closed = sandbox.control.step(3).last_closed_bar
    stream = stream_to(sandbox, [])
    await stream.open()
    try:
        found = await stream.closed_klines("BTCUSDT", "5m", JUNE)
        assert [kline.ts for kline in found] == list(range(JUNE, closed + 1, FIVE))
        assert all(kline.closed for kline in found)
        assert found[0].open == "67540.01000000"
        assert (await stream.newest_candle("BTCUSDT", "5m")).ts == closed + FIVE
        assert await stream.closed_klines("BTCUSDT", "5m", closed + FIVE) == []
        assert stream.lists("BTCUSDT")
        assert not stream.lists("NOPE")
    finally:
        await stream.close()


def test_reconnects_wait_longer_each_time_and_never_together():
    feed = FeedProcess(owner="a", rng=random.Random(7), longest_delay_seconds=15.0)
    delays = [feed._delay(failures) for failures in range(1, 12)]
    for failures, delay in enumerate(delays, start=1):
        full = min(0.25 * 2**failures, 15.0)
        assert full / 2 <= delay <= full
    assert len(set(delays)) == len(delays)


async def test_a_loop_ends_although_a_library_swallowed_the_cancellation():
    turns = 0

    async def swallows() -> None:
        nonlocal turns
        turns += 1
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    loop = asyncio.create_task(VenueStream._forever(swallows))
    while not turns:
        await asyncio.sleep(0)
    loop.cancel()
    await asyncio.wait_for(asyncio.gather(loop, return_exceptions=True), 5)
    assert turns == 1
