"""Venues side by side, books, trades, statistics and indicators: what readers and the live topics are given."""

import json
from decimal import Decimal
from uuid import uuid4

import numpy as np
import pytest

from apps.core.actors import Actor
from apps.core.clock import freeze, from_ms, now_ms, to_ms
from apps.core.live import Identity
from apps.core.live.publishing import client as hub_client
from apps.core.live.topics import find_topic
from apps.trading.exchanges.operations import seed_venues
from apps.trading.exchanges.operations.markets import record_markets
from apps.trading.exchanges.queries import get_venue
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data import queries
from apps.trading.market_data.choices import FeeSource
from apps.trading.market_data.feed import records
from apps.trading.market_data.gateways import live_cache
from apps.trading.market_data.indicators import parse_topic
from apps.trading.market_data.operations.ticks import apply_retention, seed_retention
from apps.trading.market_data.queries.fees import PUBLISHED
from tests.factories.candles import make_bars, store

pytestmark = pytest.mark.django_db
D = Decimal
HOUR = 3_600_000
BEGIN = 1_717_372_800_000  # 2024-06-03T00:00:00Z
SOMEBODY = Identity(schema="public", user_id=uuid4(), session_hash="s")
KEYS = [
    live_cache.venue_quotes_key("BTCUSDT"),
    live_cache.book_key("BTCUSDT", "sandbox"),
    live_cache.trades_key("BTCUSDT", "sandbox"),
    live_cache.statistics_key("BTCUSDT"),
]


@pytest.fixture(autouse=True)
def _empty():
    seed_instruments()
    hub_client().delete(*KEYS)
    yield
    hub_client().delete(*KEYS)


def say(venue: str, bid: str, ask: str, *, volume: str = "1", age_ms: int = 0) -> None:
    quote = {"bid": bid, "ask": ask, "last": bid, "bid_size": "2", "ask_size": "3", "volume": volume}
    text = json.dumps({**quote, "at": str(now_ms() - age_ms)})
    hub_client().hset(live_cache.venue_quotes_key("BTCUSDT"), venue, text)


def snapshot(topic: str):
    family = find_topic(topic)
    return family.snapshot(SOMEBODY, topic) if family.authorise(SOMEBODY, topic) else None


def test_venues_become_one_market_and_stale_ones_do_not_count():
    say("one", "100", "101", volume="3")
    say("two", "102", "103")
    say("old", "500", "501", age_ms=20_000)
    assert [(quote.venue, quote.is_stale) for quote in queries.list_venue_quotes("BTCUSDT")] == [
        ("old", True),
        ("one", False),
        ("two", False),
    ]
    found = queries.get_consolidated("BTCUSDT")
    assert found is not None
    assert (found.bid, found.bid_venue, found.ask, found.ask_venue) == (D(102), "two", D(101), "one")
    assert (found.index, found.venues) == (D("101"), 2)  # (100.5 × 3 + 102.5 × 1) ÷ 4
    best = queries.list_arbitrage("BTCUSDT", {"one": D("0.002")})[0]
    assert (best.buy_venue, best.sell_venue, best.size) == ("one", "two", D(2))
    # 102 × 0.999 ÷ (101 × 1.002) − 1, in percent
    assert best.net_percent == ((D("101.898") / D("101.202") - 1) * 100).quantize(D("0.00000001"))


def test_what_two_venues_would_have_brought_is_kept_by_the_minute_and_thinned_to_the_best_of_a_quarter():
    seed_retention()
    say("one", "100", "101")
    records.keep_pairs("BTCUSDT", BEGIN)  # one venue: no pair
    for minute, bid in ((1, "102"), (2, "104"), (3, "103"), (20, "102")):
        say("two", bid, "105")
        records.keep_pairs("BTCUSDT", BEGIN + minute * 60_000 + 17)
    records.keep_pairs("BTCUSDT", BEGIN + 20 * 60_000 + 40)  # the same minute: kept once
    history = queries.list_arbitrage_history("BTCUSDT", BEGIN, BEGIN + HOUR)
    assert [(to_ms(at) - BEGIN) // 60_000 for at, _ in history] == [20, 3, 2, 1]
    assert history[0][1] == queries.list_arbitrage("BTCUSDT")
    best = history[2][1][0]
    assert (best.buy_venue, best.sell_venue, best.buy_price, best.sell_price) == ("one", "two", D(101), D(104))
    assert best.size == D(2)
    assert best.net_percent == ((D("103.896") / D("101.101") - 1) * 100).quantize(D("0.00000001"))
    with freeze(from_ms(BEGIN + 8 * 24 * HOUR)):
        apply_retention(actor=Actor.system("test"))
        kept = queries.list_arbitrage_history("BTCUSDT", BEGIN, BEGIN + HOUR)
    assert [(to_ms(at) - BEGIN) // 60_000 for at, rows in kept if rows[0].buy_venue == "one"] == [20, 2]
    with freeze(from_ms(BEGIN + 91 * 24 * HOUR)):
        apply_retention(actor=Actor.system("test"))
        assert queries.list_arbitrage_history("BTCUSDT", BEGIN, BEGIN + HOUR) == []


def test_fees_are_the_customers_own_then_the_published_ones_then_assumed():
    seed_venues()
    PUBLISHED.forget_all()
    found = queries.list_taker_fees("BTCUSDT", ["two", "sandbox", "one"], {"one": D("0.0007")})
    assert [(row.venue, row.taker, row.source) for row in found] == [
        ("one", D("0.0007"), FeeSource.OWN),
        ("sandbox", D("0.001"), FeeSource.PUBLISHED),
        ("two", D("0.001"), FeeSource.ASSUMED),
    ]
    markets = {"BTC/USDT": {"symbol": "BTC/USDT", "taker": 0.00075}}
    record_markets(actor=Actor.system("test"), venue=get_venue("sandbox"), markets=markets)
    PUBLISHED.forget_all()
    assert queries.list_taker_fees("BTCUSDT", ["sandbox"])[0].taker == D("0.00075")
    PUBLISHED.forget_all()


def test_nothing_is_known_of_what_nobody_follows():
    assert queries.list_venue_quotes("BTCUSDT") == []
    assert queries.get_consolidated("BTCUSDT") is None
    assert queries.list_arbitrage("BTCUSDT") == []
    assert queries.get_book("BTCUSDT") is None
    assert queries.list_prints("BTCUSDT") == []
    assert queries.get_statistics("BTCUSDT") is None


def test_topics_of_books_and_trades_begin_with_what_is_known():
    book = {"bids": [["1.0", "2"]], "asks": [["1.1", "3"]], "sequence": "7", "at": str(now_ms())}
    prints = {"prints": [{"id": str(n), "p": "1", "q": "2", "ts": str(n), "side": "sell"} for n in range(3)]}
    hub_client().set(live_cache.book_key("BTCUSDT", "sandbox"), json.dumps(book))
    hub_client().set(live_cache.trades_key("BTCUSDT", "sandbox"), json.dumps(prints))
    assert snapshot("book.BTCUSDT") == snapshot("book.BTCUSDT.sandbox") == book
    assert snapshot("trades.BTCUSDT") == prints
    assert snapshot("book.BTCUSDT.other") == {}
    view = queries.get_book("BTCUSDT")
    assert view is not None
    assert (view.bids, view.asks, view.sequence, view.is_stale) == ([(D("1.0"), D(2))], [(D("1.1"), D(3))], 7, False)
    assert [item.id for item in queries.list_prints("BTCUSDT", 2)] == ["2", "1"]


@pytest.mark.parametrize(
    "topic",
    [
        "book.NOPE",
        "book.BTCUSDT.Other",
        "trades.BTCUSDT.a.b",
        "stats.BTCUSDT.x",
        "stats.BTCUSDT.5m",
        "stats.BTCUSDT.5m.sma.0",
        "stats.BTCUSDT.5m.sma.2_5",
        "stats.BTCUSDT.5m.sma.5.5",
        "stats.NOPE.5m.sma.5",
        "quotes.BTCUSDT.sandbox",
    ],
)
def test_topics_that_are_none_are_refused(topic):
    assert snapshot(topic) is None


def test_an_indicator_is_a_topic():
    bars = make_bars(100)
    store(bars)
    found = snapshot("stats.BTCUSDT.5m.sma.20")
    assert found is not None
    assert found.pop("ts") == str(int(bars.ts[-1]))
    (mean,) = found.values()
    assert D(mean) == D(int(bars.close[-20:].sum())) / 20 / 100
    hours = snapshot("stats.BTCUSDT.15m.sma.5")
    assert hours is not None
    closes = bars.resample(900_000).close[-5:]
    assert D(hours[next(iter(set(hours) - {"ts"}))]) == D(int(np.sum(closes))) / 5 / 100
    assert snapshot("stats.BTCUSDT.5m.sma.900") == {}


def test_left_out_parameters_have_their_defaults():
    asked = parse_topic("stats.BTCUSDT.1h.rsi")
    assert asked is not None
    assert asked.parameters == {"period": 14}
    assert parse_topic("stats.BTCUSDT") is None
    assert parse_topic("") is None
