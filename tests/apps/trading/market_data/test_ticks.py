"""Trades and book samples: stored once, packed by the hour, rolled up, and dropped by policy."""

from datetime import timedelta

import numpy as np
import pytest

from apps.core.actors import Actor
from apps.core.clock import freeze, from_ms
from apps.trading.market_data import queries
from apps.trading.market_data.choices import TickKind
from apps.trading.market_data.errors import BadAction
from apps.trading.market_data.models import RetentionPolicy, TickPart
from apps.trading.market_data.operations import apply_retention, set_retention, store_book_samples, store_trades
from apps.trading.market_data.operations.ticks import seed_retention

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")
HOUR = 3_600_000
BEGIN = 1_717_372_800_000  # 2024-06-03T00:00:00Z


@pytest.fixture(autouse=True)
def _policies():
    seed_retention()


def trades(count: int, *, start: int = BEGIN, first: int = 1) -> list[tuple[int, int, int, int, int]]:
    """Return trades twenty seconds apart, prices going up and down by one tick."""
    return [(start + 20_000 * n, 100 + n % 3, 10 + n, n % 2, first + n) for n in range(count)]


def put(rows: list[tuple[int, int, int, int, int]]) -> int:
    return store_trades(actor=ACTOR, venue="sandbox", symbol="BTCUSDT", rows=rows)


def load(start: int = BEGIN, end: int = BEGIN + 5 * HOUR) -> queries.Trades:
    return queries.load_trades("sandbox", "BTCUSDT", start, end)


def test_trades_are_stored_once_in_any_order_and_read_by_time():
    rows = trades(400)
    assert put(rows[200:]) == 200
    assert put(rows[:300]) == 200
    assert put(rows) == 0
    found = load()
    assert found.number.tolist() == [row[4] for row in rows]
    assert found.price.tolist() == [row[1] for row in rows]
    assert load(rows[10][0], rows[20][0]).number.tolist() == [row[4] for row in rows[10:20]]


def test_parts_of_an_hour_become_one_when_it_is_over():
    rows = trades(400)
    for start in range(0, 400, 50):
        put(rows[start : start + 50])
    assert TickPart.objects.count() > 3
    with freeze(from_ms(BEGIN + 5 * HOUR)):
        apply_retention(actor=ACTOR)
    assert list(TickPart.objects.order_by("hour_ts").values_list("part", "count")) == [(1, 180), (1, 180), (1, 40)]
    assert load().number.tolist() == [row[4] for row in rows]


def test_old_trades_become_minutes_and_are_dropped_by_the_hour():
    put(trades(400))
    set_retention(actor=ACTOR, kind="trades", roll_up_days=1, keep_days=2, reason="a drill")
    with freeze(from_ms(BEGIN) + timedelta(days=1, hours=2)):
        assert apply_retention(actor=ACTOR).rolled_up == 2
        assert apply_retention(actor=ACTOR).rolled_up == 0
    bars = queries.load_bars("BTCUSDT", "1m")
    assert len(bars) == 120
    assert next(bars.rows()) == (BEGIN, 100, 102, 100, 102, 10 + 11 + 12)
    assert len(load()) == 400  # rolled up, and still there
    with freeze(from_ms(BEGIN) + timedelta(days=2, hours=1)):
        assert apply_retention(actor=ACTOR).dropped == 1
    assert load().number.tolist() == [row[4] for row in trades(400)[180:]]
    assert len(queries.load_bars("BTCUSDT", "1m")) > 120 - 1


def test_book_samples_are_thinned_to_one_a_minute():
    rows = [(BEGIN + 5_000 * n, 100, 5, 101, 6, 50 + n, 60) for n in range(60)]
    assert store_book_samples(actor=ACTOR, venue="sandbox", symbol="BTCUSDT", rows=rows) == 60
    assert store_book_samples(actor=ACTOR, venue="sandbox", symbol="BTCUSDT", rows=rows) == 0
    set_retention(actor=ACTOR, kind="book", roll_up_days=1, keep_days=30, reason="a drill")
    with freeze(from_ms(BEGIN) + timedelta(days=1, hours=1)):
        apply_retention(actor=ACTOR)
    found = queries.load_book_samples("sandbox", "BTCUSDT", BEGIN, BEGIN + HOUR)
    assert found.ts.tolist() == [BEGIN + 60_000 * n for n in range(5)]
    assert found.bid_depth.tolist() == [50, 62, 74, 86, 98]


def test_policies_have_bounds():
    assert dict(RetentionPolicy.objects.values_list("kind", "keep_days")) == {
        TickKind.BOOK: 30,
        TickKind.PAIRS: 90,
        TickKind.TRADES: 30,
    }
    with pytest.raises(BadAction):
        set_retention(actor=ACTOR, kind="trades", roll_up_days=5, keep_days=4, reason="wrong")


def test_an_hour_without_rows_is_nothing():
    assert put([]) == 0
    assert len(load()) == 0
    assert np.array_equal(load().ts, np.empty(0, np.int64))
