"""A venue without a dialect of ours, followed through ccxt.pro as it is, over real sockets that speak its protocol."""

import asyncio
import copy
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ccxt
import pytest
import redis.asyncio

from apps.core.clock import monotonic
from apps.core.live.publishing import client as hub_client
from apps.trading.exchanges import queries as exchanges
from apps.trading.exchanges.catalogue.venues import TESTED, get_exchange
from apps.trading.exchanges.choices import Mode
from apps.trading.exchanges.models import Venue
from apps.trading.exchanges.pages.catalogue import SEQUENCE_CHECKED, _notes
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data import queries
from apps.trading.market_data.feed.board import SymbolBoard
from apps.trading.market_data.feed.grid import GridGuard
from apps.trading.market_data.feed.leader import FeedOptions, Leader
from apps.trading.market_data.feed.lines import Line
from apps.trading.market_data.feed.process import FeedProcess
from apps.trading.market_data.feed.tape import Tape
from apps.trading.market_data.feed.threads import hop
from apps.trading.market_data.gateways import live_cache
from apps.trading.market_data.gateways.dialects import DIALECTS
from apps.trading.market_data.gateways.messages import BookTop, BookUpdate, Day, Kline, Message, Print
from apps.trading.market_data.gateways.unified import Exact, book_of, day_of, print_of, text_of
from apps.trading.market_data.gateways.venue_stream import VenueStream
from kernel.order_book import Outcome, Rule, unscaled
from tests.apps.trading.market_data.test_board import SPEC
from tests.factories.candles import FIVE
from tests.factories.kraken import FIRST, Kraken, serving

START = FIRST * 1_000


# ---- what ccxt says, to the digit


def test_numbers_keep_the_digits_they_were_read_from():
    number = Exact("12345678901.12345678")
    assert (text_of(number), str(copy.deepcopy(number)), -number < 0) == ("12345678901.12345678",) * 2 + (True,)
    assert [text_of(value) for value in (1e-05, 45283.1, 3)] == ["0.00001", "45283.1", "3"]
    for broken in (None, float("nan"), "x"):
        with pytest.raises(ValueError, match="is no number"):
            text_of(broken)


def test_ccxt_keeps_digits_that_a_float_would_lose():
    stream = VenueStream("kraken", {}, print)
    row = stream._venue.safe_trade({"price": "1.10", "amount": "12345678901.12345678", "timestamp": 5, "side": "buy"})
    assert print_of("X", row) == Print("X", "5/buy/1.10/12345678901.12345678", "1.10", "12345678901.12345678", 5, False)
    again = stream._venue.safe_trade(dict(row))
    assert text_of(again["amount"]) == "12345678901.12345678"
    with pytest.raises(ValueError, match="time"):
        print_of("X", row | {"timestamp": None})


def test_a_book_is_whole_each_time_and_bounded():
    line = Line(SymbolBoard(SPEC, FIVE), None, VenueStream("kraken", {}, print).book_rule)
    assert line.book is not None
    assert line.book.rule is Rule.WHOLE
    rows = [[float(price), 1.0] for price in range(300, 0, -1)]
    first = book_of("BTCUSDT", 1, {"bids": rows, "asks": [[301.0, Exact("0.10")]], "timestamp": 9})
    assert not line.take_book(first)
    assert (len(line.book.book.bids), line.book.book.ts) == (100, 9)
    assert not line.take_book(book_of("BTCUSDT", 2, {"bids": rows[5:], "asks": [], "timestamp": None}))
    assert (line.book.book.bids.best(), len(line.book.book.asks), line.book.holes) == ((295 * 10**12, 10**12), 0, 0)
    assert line.book.take(replace(first.update, first=3, last=3, is_snapshot=False)) is Outcome.HOLE


def test_an_opening_price_that_is_not_told_is_not_invented():
    assert day_of("X", {"last": 2.5, "open": None, "baseVolume": None}) == Day("X", "2.5", "0", "0")


@pytest.mark.parametrize(
    ("message", "is_on"),
    [
        (Print("BTCUSDT", "1", "1.10", "0.123456789", 1, is_sell=True), True),
        (Print("BTCUSDT", "1", "1.105", "1", 1, is_sell=True), False),
        (Day("BTCUSDT", "1.001", "1"), False),
        (BookTop("BTCUSDT", "1.01", "1.025"), False),
        (book_of("BTCUSDT", 1, {"bids": [[1.01, 1.0]], "asks": [[1.02, 0.5], [1.0201, 0.5]]}), False),
        (book_of("BTCUSDT", 1, {"bids": [[1.01, 1.0]], "asks": [[1.02, 0.5]]}), True),
    ],
)
def test_prices_off_the_grid_are_reported_and_never_rounded(message, is_on):
    guard = GridGuard()
    assert guard.is_on_grid(message, SPEC) is is_on
    assert guard.take_report() == ({} if is_on else {"BTCUSDT": 1})
    assert guard.take_report() == {}


@pytest.mark.parametrize(("is_home", "is_taken"), [(True, False), (False, True)])
def test_off_the_grid_is_no_price_of_the_symbol_and_is_told_as_the_venues(is_home, is_taken):
    leader = Leader(FeedOptions(is_home=is_home), redis.asyncio.Redis())
    line, leader.grid = Line(SymbolBoard(SPEC, FIVE), None), GridGuard()
    assert leader._may_count(Day("BTCUSDT", "1.001", "1"), line) is is_taken
    assert leader.grid.take_report() == {"BTCUSDT": 1}


def test_numbers_of_trades_are_mere_ids_there():
    def trade(name: int, ts: int) -> Print:
        return Print("BTCUSDT", str(name), "1", "1", ts, is_sell=False)

    tape = Tape(is_numbered=False)
    tape.recall([trade(8, 80), trade(9, 90)], kept=9)
    for item in (trade(7, 70), trade(9, 90), trade(15, 91), trade(12, 91), trade(15, 91)):
        assert not tape.take(item) or not tape.is_complete
    tape.fill([])
    assert [item.id for item in tape.take_fresh()] == ["15", "12"]
    assert (tape.repeated, tape.holes, tape.lost, tape.is_complete) == (3, 0, 0, True)


def test_every_other_exchange_of_the_library_can_be_followed():
    import ccxt.pro  # seconds of work

    names = sorted(set(ccxt.pro.exchanges) - set(DIALECTS))
    assert {"kraken", "coinbase", "kucoin", "gate", "bitget", "htx", "mexc"} <= set(names)
    for name in names:
        stream = VenueStream(name, {}, print)
        assert (stream.is_unified, stream.can_fetch_book) == (True, False)
        steps = stream._follower.steps({"BTCUSDT": "BTC/USDT"}, "5m", has_candles=False)
        declared = [stream._venue.has.get(f"watch{kind}") for kind in ("Trades", "OrderBook", "Ticker")]
        assert len(steps) == sum(map(bool, declared)), name
        assert (stream.book_rule is Rule.WHOLE) is bool(declared[1])


@pytest.mark.parametrize(("name", "who"), [("okx", "we check ourselves"), ("kraken", "its adapter checks")])
def test_an_exchanges_page_says_who_checks_its_sequence(name, who):
    assert set(DIALECTS) & set(TESTED) == SEQUENCE_CHECKED
    assert any(who in note for note in _notes(get_exchange(name), name))


# ---- Kraken's protocol, over a socket


async def reach(condition: Any, what: str, seconds: float = 8.0) -> None:
    """Wait until a condition holds, without sleeping longer than a breath."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, what
        await asyncio.sleep(0.005)  # polling what another task does


@asynccontextmanager
async def following(settings: dict[str, Any], said: list[Message]) -> AsyncIterator["asyncio.Task[None]"]:
    """Follow Kraken until the end of the block."""
    stream = VenueStream("kraken", settings, said.append)
    try:
        await stream.open()
        assert stream.lists("BTCUSDT")
        task = asyncio.create_task(stream.run(["BTCUSDT"], "5m"))
        yield task
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert stream.refused_frames == 0
    finally:
        await stream.close()


def kinds(said: list[Message], kind: type) -> list[Any]:
    return [message for message in said if isinstance(message, kind)]


def is_true(venue: Kraken, said: list[Message]) -> bool:
    """Return whether the newest book, candle and day, and all trades, are what the exchange has."""
    books, candles, days = (kinds(said, kind) for kind in (BookUpdate, Kline, Day))
    if not (books and candles and days):
        return False
    update = books[-1].update
    levels = {side: [tuple(map(Decimal, row)) for row in rows] for side, rows in venue.levels().items()}
    told = {side: [tuple(map(Decimal, row)) for row in getattr(update, side)] for side in ("bids", "asks")}
    newest, truth = candles[-1], venue.candles[-1]
    numbers = [newest.open, newest.high, newest.low, newest.close, newest.volume]
    ids = {row["trade_id"]: (Decimal(str(row["price"])), Decimal(str(row["qty"]))) for row in venue.trades}
    prints = {int(item.id): (Decimal(item.price), Decimal(item.quantity)) for item in kinds(said, Print)}
    return (
        told == levels
        and (newest.ts, [Decimal(text) for text in numbers]) == (truth[0] * 1_000, [*map(Decimal, truth[1:])])
        and prints == ids
        and Decimal(days[-1].last) == Decimal(truth[4])
    )


async def test_candles_trades_and_books_are_the_exchanges_own_over_a_cut():
    venue, said = Kraken(), list[Message]()
    async with serving(venue) as settings:
        async with following(settings, said) as task:
            await reach(lambda: len(venue.asked) == 4, "four subscriptions")
            for _ in range(25):
                await venue.trade()
                await venue.change_book()
            await venue.next_candle()
            await reach(lambda: is_true(venue, said), "all that the exchange said")
            assert sorted(asked["channel"] for asked in venue.asked) == ["book", "ohlc", "ticker", "trade"]
            assert not kinds(said, BookTop)
            assert {kline.closed for kline in kinds(said, Kline)} == {False}
            assert Decimal(kinds(said, Day)[-1].open) == Decimal("64000.10")
            await venue.cut()
            with pytest.raises(BaseExceptionGroup) as broken:
                await asyncio.wait_for(task, 5)
            assert broken.group_contains(ccxt.NetworkError)
        await venue.trade()  # nobody hears it
        await venue.change_book()
        assert not is_true(venue, said)
        async with following(settings, said):
            await reach(lambda: is_true(venue, said), "the state after the cut")
            await venue.change_book()
            await reach(lambda: is_true(venue, said), "a difference after the cut")
    assert venue.connections == 2


@pytest.mark.real_commit
async def test_the_feed_keeps_such_a_venue_over_a_cut(real_db, monkeypatch):
    await hop(seed_instruments)()
    await hop(Venue.objects.create)(code="kraken", title="Kraken", ccxt_id="kraken", mode=Mode.LIVE)
    venue, stop = Kraken(), asyncio.Event()
    async with serving(venue) as settings:
        way = exchanges.VenueWay(lambda: {"urls": settings["urls"]})
        monkeypatch.setitem(exchanges._venues, "kraken", way)
        feed = FeedProcess("one", random.Random(1), FeedOptions(venue="kraken", flush_seconds=0.02))
        running = asyncio.create_task(feed.run(stop))
        try:
            await reach(lambda: len(venue.asked) == 4, "the feed subscribes", 20)
            assert await stored() == venue.candles[:2]
            await venue.trade()
            await venue.next_candle()
            await reach_stored(venue, 3)
            await venue.cut()
            await venue.next_candle()  # closes while nobody listens
            await reach(lambda: len(venue.asked) == 8, "the feed comes back", 10)
            await reach_stored(venue, 4)
            await venue.trade()
            await venue.change_book()
            await reach_told(venue)
        finally:
            stop.set()
            await asyncio.wait_for(running, 10)
    assert venue.connections == 2


async def stored() -> list[list[Any]]:
    """Return the stored candles as the exchange writes them."""
    bars = await hop(queries.load_bars)("BTCUSDT", "5m", START - FIVE)
    return [
        [ts // 1_000, *(f"{SPEC.price(price):f}" for price in prices), f"{unscaled(volume * 10**4):.8f}"]
        for ts, *prices, volume in bars.rows()
    ]


async def reach_stored(venue: Kraken, count: int) -> None:
    deadline = monotonic() + 8
    while await stored() != venue.candles[:count]:
        assert monotonic() < deadline, "a closed candle is stored"


async def reach_told(venue: Kraken) -> None:
    """Wait until readers have the exchange's book and its newest trade."""
    deadline = monotonic() + 8
    while True:
        client = hub_client()
        book = json.loads(client.get(live_cache.book_key("BTCUSDT", "kraken")) or "{}")
        told = json.loads(client.get(live_cache.trades_key("BTCUSDT", "kraken")) or "{}")
        if book and told and told["prints"][-1]["id"] == str(venue.trades[-1]["trade_id"]):
            sides = {side: [tuple(map(Decimal, row)) for row in book[side]] for side in ("bids", "asks")}
            if sides == {side: [tuple(map(Decimal, row)) for row in rows] for side, rows in venue.levels(20).items()}:
                return
        assert monotonic() < deadline, "readers know the present"
        await asyncio.sleep(0.01)  # polling what another task says
