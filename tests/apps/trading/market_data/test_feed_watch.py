"""The watchdog of the feed, and its reading of the venue, against a real sandbox exchange."""

import asyncio
import contextlib
import random
from collections.abc import Iterator

import pytest

from apps.core.clock import monotonic
from apps.trading.market_data.feed.leader import FeedOptions, FeedStale, Leader
from apps.trading.market_data.feed.process import FeedProcess
from apps.trading.market_data.gateways.venue_stream import Message, VenueStream
from tests.factories.candles import FIVE
from tests.factories.sandbox_exchange import JUNE, RunningSandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("watch")) as running:
        yield running


def stream_to(sandbox: RunningSandbox, sink: list[Message]) -> VenueStream:
    return VenueStream("binance", sandbox.ccxt_settings(), sink.append)


def leader_at(last_ts: int) -> Leader:
    """Return a leader that heard of the market once and then of nothing."""
    leader = Leader(FeedOptions(silence_seconds=0.02), redis=None)  # type: ignore[arg-type]  # the watchdog needs no Redis
    leader.boards = {"BTCUSDT": None}  # type: ignore[dict-item]  # nor boards, only their names
    leader.last_ts = {"BTCUSDT": last_ts}
    leader.forming_ts = {"BTCUSDT": last_ts + FIVE}
    return leader


async def test_silence_of_a_standing_market_is_no_fault(sandbox):
    closed = sandbox.control.pause().last_closed_bar
    stream = stream_to(sandbox, [])
    leader = leader_at(closed)
    await stream.open()
    try:

        class Heard(Exception):
            """The watchdog was content."""

        asked = stream.newest_open

        async def newest_open(symbol: str, interval: str) -> int:
            if leader.alive_at > 0:
                raise Heard
            return await asked(symbol, interval)

        stream.newest_open = newest_open  # type: ignore[method-assign]
        with pytest.raises(Heard):
            await leader._watch(stream)
    finally:
        await stream.close()
    assert 0 < leader.alive_at <= monotonic()


async def test_silence_while_the_market_moves_is_a_dead_socket(sandbox):
    leader = leader_at(sandbox.control.pause().last_closed_bar)
    sandbox.control.step(1)
    stream = stream_to(sandbox, [])
    await stream.open()
    try:
        with pytest.raises(FeedStale):
            await leader._watch(stream)
    finally:
        await stream.close()


async def test_rest_gives_closed_candles_only_and_their_exact_digits(sandbox):
    closed = sandbox.control.step(3).last_closed_bar
    stream = stream_to(sandbox, [])
    await stream.open()
    try:
        found = await stream.closed_klines("BTCUSDT", "5m", JUNE)
        assert [kline.ts for kline in found] == list(range(JUNE, closed + 1, FIVE))
        assert all(kline.closed for kline in found)
        assert found[0].open == "67540.01000000"
        assert await stream.newest_open("BTCUSDT", "5m") == closed + FIVE
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
