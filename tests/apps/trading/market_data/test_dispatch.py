"""Dispatching closed candles, the lease of the feed, and the work index."""

import logging
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.trading.market_data import queries
from apps.trading.market_data.operations import (
    dispatch,
    dispatch_closed,
    mark_start,
    on_candle_closed,
    release_lease,
    renew_lease,
    subscribe,
    take_lease,
    unsubscribe,
)
from kernel.events.market import CandleClosed
from tests.factories.candles import FIVE, START, make_bars, series_of, store

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def told(monkeypatch):
    """Collect what is dispatched, with no other dispatcher around."""
    monkeypatch.setattr(dispatch, "_dispatchers", [])
    seen: list[CandleClosed] = []
    on_candle_closed(seen.append)
    return seen


def run(symbol: str = "BTCUSDT") -> None:
    while dispatch_closed(symbol, "5m"):
        pass


def test_imported_candles_are_never_dispatched(told):
    store(make_bars(30))
    run()
    assert told == []
    mark_start("BTCUSDT", "5m")
    run()
    assert told == []
    assert series_of("BTCUSDT").dispatched_ts == START + 29 * FIVE


def test_each_candle_is_dispatched_once_in_order_with_the_longer_ones_it_closes(told):
    first = -(-START // (12 * FIVE)) * 12 * FIVE
    bars = make_bars(600, start=first)
    store(bars[:2])
    mark_start("BTCUSDT", "5m")
    store(bars[2:])
    run()
    run()
    base = [candle for candle in told if candle.interval == "5m"]
    assert [candle.ts for candle in base] == bars.ts[2:].tolist()
    assert base[0].stream == "BTCUSDT.5m"
    assert (base[0].open, base[0].high, base[0].low, base[0].close, base[0].volume) == next(bars[2:].rows())[1:]
    hours = [candle for candle in told if candle.interval == "1h"]
    assert [(c.ts, c.open, c.high, c.low, c.close, c.volume) for c in hours] == list(bars.resample(12 * FIVE).rows())
    place = told.index(hours[0])
    assert [candle.interval for candle in told[place - 3 : place + 1]] == ["5m", "15m", "30m", "1h"]
    assert told[place - 3].ts == hours[0].ts + 11 * FIVE


def test_a_gap_closes_no_longer_candle(told):
    first = -(-START // (12 * FIVE)) * 12 * FIVE
    bars = make_bars(24, start=first)
    store(bars[:1])
    mark_start("BTCUSDT", "5m")
    store(bars[2:])
    run()
    assert [candle.ts for candle in told if candle.interval == "1h"] == [first + 12 * FIVE]


def test_a_failing_dispatcher_is_tried_again_and_never_stops_the_others(told, caplog):
    store(make_bars(2))
    mark_start("BTCUSDT", "5m")
    store(make_bars(4))
    failures = [RuntimeError("broker away"), RuntimeError("still away")]

    def fails_twice(_candle) -> None:
        if failures:
            raise failures.pop()

    on_candle_closed(fails_twice)
    with caplog.at_level(logging.CRITICAL, "outcry.market_data"):
        run()
        assert series_of("BTCUSDT").dispatched_ts == START + FIVE
        run()
        run()
    assert series_of("BTCUSDT").dispatched_ts == START + 3 * FIVE
    base = [candle.ts for candle in told if candle.interval == "5m"]
    assert base == [START + 2 * FIVE, START + 2 * FIVE, START + 2 * FIVE, START + 3 * FIVE]


def test_a_candle_that_always_fails_is_given_up_at_last(told, caplog):
    store(make_bars(1))
    mark_start("BTCUSDT", "5m")
    store(make_bars(2))

    def fails(_candle) -> None:
        raise RuntimeError("never")

    on_candle_closed(fails)
    with caplog.at_level(logging.CRITICAL, "outcry.market_data"):
        for _ in range(dispatch.MAX_FAILURES - 1):
            run()
        assert series_of("BTCUSDT").dispatched_ts == START
        run()
    assert series_of("BTCUSDT").dispatched_ts == START + FIVE


def test_one_owner_holds_the_lease_until_it_is_over_or_given_back():
    assert take_lease("feed", "a", MINUTE) == 1
    assert take_lease("feed", "b", MINUTE) is None
    assert renew_lease("feed", "a", 1, MINUTE)
    assert not renew_lease("feed", "b", 1, MINUTE)
    assert take_lease("feed", "a", MINUTE) == 2
    assert not renew_lease("feed", "a", 1, MINUTE)
    release_lease("feed", "a", 1)
    assert take_lease("feed", "b", MINUTE) is None
    release_lease("feed", "a", 2)
    assert not renew_lease("feed", "a", 2, MINUTE)
    assert take_lease("feed", "b", -MINUTE) == 3
    assert not renew_lease("feed", "b", 3, MINUTE)
    assert take_lease("feed", "c", MINUTE) == 4


def test_the_work_index_names_tenant_and_bot_once(tenant_a, tenant_b):
    bot = uuid4()
    subscribe(actor=SYSTEM, stream="BTCUSDT.5m", bot_id=bot)
    subscribe(actor=SYSTEM, stream="BTCUSDT.5m", bot_id=bot)
    with in_schema(tenant_b.schema):
        subscribe(actor=SYSTEM, stream="BTCUSDT.5m", bot_id=bot)
        subscribe(actor=SYSTEM, stream="BTCUSDT.1h", bot_id=bot)
    found = {(row.schema, row.bot_id) for row in queries.list_subscriptions("BTCUSDT.5m")}
    assert found == {(tenant_a.schema, bot), (tenant_b.schema, bot)}
    assert queries.list_subscriptions("BTCUSDT.5m").count() == 2
    unsubscribe(actor=SYSTEM, bot_id=bot)
    assert [row.schema for row in queries.list_subscriptions("BTCUSDT.5m")] == [tenant_b.schema]
