"""What a venue sends and cannot be trusted: held apart, out of every reader's sight, released or discarded."""

import numpy as np
import pytest
from django.db import DatabaseError, transaction

from apps.core.actors import Actor
from apps.core.clock import from_ms
from apps.trading.bots.engine import market as bots_market
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data import queries
from apps.trading.market_data.choices import HeldState
from apps.trading.market_data.errors import AlreadyDecided
from apps.trading.market_data.models import CandleChunk, QuarantinedCandle
from apps.trading.market_data.operations import (
    check_series,
    discard_candle,
    note_alarms,
    quarantine_candles,
    receive_candles,
    release_candle,
)
from kernel.instruments import Bars
from kernel.quality import Rule
from tests.factories.candles import FIVE, START, make_bars, same, store

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")
NAMES = ("ts", "open", "high", "low", "close", "volume")


@pytest.fixture(autouse=True)
def _instruments():
    seed_instruments()


def spiked(bars: Bars, place: int, *, times: int = 3) -> Bars:
    """Return the candles with one whose price is a multiple of what it was."""
    columns = {name: getattr(bars, name).copy() for name in NAMES}
    for name in ("open", "high", "low", "close"):
        columns[name][place] *= times
    return Bars(**columns)


def receive(bars: Bars, **more):
    return receive_candles(actor=ACTOR, symbol="BTCUSDT", interval="5m", bars=bars, **more)


def without(bars: Bars, place: int) -> Bars:
    keep = np.arange(len(bars)) != place
    return Bars(*(getattr(bars, name)[keep] for name in NAMES))


def test_ordinary_candles_pass_and_are_counted():
    bars = make_bars(400)
    report = receive(bars)
    assert (report.stored.added, report.held) == (400, 0)
    assert same(queries.load_bars("BTCUSDT", "5m"), bars)
    days = {row.day: row.rows for row in queries.list_qualities(from_ms(START).date())}
    assert sum(days.values()) == 400
    assert queries.summarise_quality(from_ms(START).date())[0].score == 100


def test_a_spike_is_held_and_no_reader_of_a_strategy_sees_it():
    bars = spiked(make_bars(400), 398)
    report = receive(bars)
    assert (report.stored.added, report.held) == (399, 1)
    truth = without(bars, 398)
    assert same(vars(bots_market)["load_bars"]("BTCUSDT", "5m"), truth)
    assert same(queries.latest_bars("BTCUSDT", "5m", 50), truth[349:])
    assert same(queries.load_adjusted_bars("BTCUSDT", "5m"), truth)
    assert int(bars.ts[398]) // (3 * FIVE) * 3 * FIVE not in queries.load_bars("BTCUSDT", "15m").ts
    held = queries.list_held().get()
    assert (held.ts, held.rules, held.state) == (int(bars.ts[398]), "spike", HeldState.HELD)
    assert queries.find_gaps("BTCUSDT", "5m") == [queries.Gap(held.ts, held.ts, 1)]
    again = receive(bars)
    assert (again.stored.added, again.held) == (0, 0)
    assert QuarantinedCandle.objects.count() == 1


def test_the_newest_candle_is_held_until_the_next_confirms_it():
    bars = make_bars(400)
    columns = {name: getattr(bars, name).copy() for name in NAMES}
    for name in ("close", "high"):
        columns[name][-2] = 2 * columns[name][-2]  # up and away
    columns["open"][-1] = columns["close"][-2]
    columns["high"][-1] = columns["low"][-1] = columns["close"][-1] = columns["open"][-1]
    jumped = Bars(**columns)
    assert receive(jumped[:399]).held == 1
    assert len(queries.load_bars("BTCUSDT", "5m")) == 398
    report = receive(jumped[399:])
    assert (report.released, report.stored.added) == (1, 2)
    assert same(queries.load_bars("BTCUSDT", "5m"), jumped)
    assert QuarantinedCandle.objects.get().state == HeldState.RELEASED


def test_another_venue_that_moved_as_well_confirms_and_one_that_did_not_denies():
    bars = make_bars(400)
    wild = spiked(bars, 399)
    store(wild[399:])
    receive_candles(actor=ACTOR, symbol="BTCUSDT", interval="5m", bars=bars[:399], venue="other")
    store(wild[390:399])
    store(wild[:399])
    confirmed = receive_candles(actor=ACTOR, symbol="BTCUSDT", interval="5m", bars=wild[399:], venue="other")
    assert (confirmed.held, confirmed.stored.added) == (0, 1)
    store(make_bars(400), symbol="ETHUSDT")
    receive_candles(actor=ACTOR, symbol="ETHUSDT", interval="5m", bars=bars[:399], venue="other")
    slightly = spiked(bars, 399, times=2)
    denied = receive_candles(actor=ACTOR, symbol="ETHUSDT", interval="5m", bars=slightly[399:], venue="other")
    assert (denied.held, denied.stored.added) == (1, 0)


def test_staff_releases_with_a_reason_and_readers_see_the_candle():
    bars = spiked(make_bars(400), 398)
    receive(bars)
    held = queries.list_held().get()
    released = release_candle(actor=ACTOR, candle=held, reason="the venue confirms the print")
    assert (released.state, released.decision) == (HeldState.RELEASED, "the venue confirms the print")
    assert same(queries.load_bars("BTCUSDT", "5m"), bars)
    with pytest.raises(AlreadyDecided):
        discard_candle(actor=ACTOR, candle=held, reason="twice")
    assert receive(bars).held == 0


def test_a_discarded_candle_stays_out_when_it_comes_again():
    bars = spiked(make_bars(400), 398)
    receive(bars)
    discard_candle(actor=ACTOR, candle=queries.list_held().get(), reason="a bad print")
    assert receive(bars).held == 0
    assert same(queries.load_bars("BTCUSDT", "5m"), without(bars, 398))
    right = make_bars(400)
    assert receive(right).stored.added == 1  # the venue's correction
    assert same(queries.load_bars("BTCUSDT", "5m"), right)


def test_stored_candles_are_taken_out_by_a_new_version_and_the_old_one_stays():
    bars = make_bars(1_100)
    store(bars)
    times = [int(bars.ts[7]), int(bars.ts[1_050])]
    taken = quarantine_candles(
        actor=ACTOR, venue="sandbox", symbol="BTCUSDT", interval="5m", times=times, rule=Rule.SPIKE, reason="seen late"
    )
    assert taken == 2
    assert same(queries.load_bars("BTCUSDT", "5m"), without(without(bars, 1_050), 7))
    assert list(CandleChunk.objects.order_by("version").values_list("version", "count")) == [(1, 1_000), (2, 999)]
    for held in queries.list_held():
        release_candle(actor=ACTOR, candle=held, reason="it was right")
    assert same(queries.load_bars("BTCUSDT", "5m"), bars)


def test_a_check_writes_the_score_of_each_day_and_gaps_and_held_candles_cost():
    bars = spiked(make_bars(600), 500)
    wanted = np.ones(600, bool)
    wanted[520:530] = False
    receive(Bars(*(getattr(bars, name)[wanted] for name in NAMES)))
    found = check_series(actor=ACTOR, symbol="BTCUSDT", interval="5m", start_ms=START, end_ms=START + 600 * FIVE)
    assert found.counts() == {"gap": 2}
    assert found.missing == 11
    rows = {row.day: row for row in queries.list_qualities(from_ms(START).date())}
    worst = min(rows.values(), key=lambda row: row.score)
    assert worst.missing == 11
    assert worst.alarms == {"gap": 2, "spike": 1}
    assert worst.score == 100 - round(100 * (5 * 11 + 10) / (worst.rows + 11)) == 77
    best = max(rows.values(), key=lambda row: row.score)
    assert (best.score, best.alarms) == (100, {})


def test_what_a_feed_saw_is_added_to_the_day():
    for _ in range(2):
        note_alarms(
            actor=ACTOR, venue="sandbox", symbol="BTCUSDT", stream="book", rows=5_000,
            alarms={Rule.CROSSED: 1, Rule.GAP: 2}, detail="bid 3, ask 2",
        )  # fmt: skip
    line = queries.summarise_quality(from_ms(START).date())[0]
    assert (line.stream, line.rows, line.alarms, line.last_alarm) == (
        "book",
        10_000,
        {"crossed": 2, "gap": 4},
        "bid 3, ask 2",
    )
    assert line.score == 99


def test_the_database_refuses_a_decision_without_a_reason_or_back():
    receive(spiked(make_bars(400), 398))
    rows = QuarantinedCandle.objects.all()
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(state=HeldState.RELEASED)
    discard_candle(actor=ACTOR, candle=rows.get(), reason="bad")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(state=HeldState.HELD)
