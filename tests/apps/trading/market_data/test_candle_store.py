"""Candles in the store: sealed slots, open tail, corrections, and reading them back."""

import numpy as np
import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.trading.market_data import queries
from apps.trading.market_data.errors import CandlesOffGrid, UnknownInterval
from apps.trading.market_data.models import CandleChunk, CandleSeries, CandleTail
from kernel.instruments import Bars
from tests.factories.candles import FIVE, SLOT, START, make_bars, same, series_of, store

pytestmark = pytest.mark.django_db


def part(bars: Bars, wanted: np.ndarray) -> Bars:
    names = ("ts", "open", "high", "low", "close", "volume")
    return Bars(*(getattr(bars, name)[wanted] for name in names))


def changed(bars: Bars, index: int, *, volume: int) -> Bars:
    volumes = bars.volume.copy()
    volumes[index] = volume
    return Bars(bars.ts, bars.open, bars.high, bars.low, bars.close, volumes)


def test_full_slots_are_sealed_and_the_rest_stays_in_the_tail():
    bars = make_bars(2_345)
    report = store(bars)
    assert (report.added, report.corrected, report.unchanged, report.chunks) == (2_345, 0, 0, 2)
    assert list(CandleChunk.objects.order_by("start_ts").values_list("start_ts", "version", "count")) == [
        (START, 1, 1_000),
        (START + SLOT, 1, 1_000),
    ]
    assert CandleTail.objects.count() == 345
    assert same(queries.load_bars("BTCUSDT", "5m"), bars)


def test_storing_again_changes_nothing():
    bars = make_bars(1_500)
    store(bars)
    before = (list(CandleChunk.objects.values_list("pk")), set(CandleTail.objects.values_list("pk")))
    report = store(bars)
    assert (report.added, report.corrected, report.unchanged, report.chunks) == (0, 0, 1_500, 0)
    assert before == (list(CandleChunk.objects.values_list("pk")), set(CandleTail.objects.values_list("pk")))


def test_a_tail_of_1000_is_sealed_one_by_one():
    bars = make_bars(1_002)
    store(bars[:999])
    for index in range(999, 1_002):
        store(bars[index : index + 1])
    assert CandleChunk.objects.get().count == 1_000
    assert CandleTail.objects.count() == 2
    assert same(queries.load_bars("BTCUSDT", "5m"), bars)


def test_a_correction_of_a_sealed_candle_is_a_new_version_with_its_reason():
    bars = make_bars(1_100)
    store(bars)
    corrected = changed(bars, 7, volume=123)
    report = store(corrected[7:8], reason="venue said so")
    assert (report.added, report.corrected, report.chunks) == (0, 1, 1)
    versions = list(CandleChunk.objects.order_by("version").values_list("version", "reason"))
    assert versions == [(1, ""), (2, "venue said so")]
    assert same(queries.load_bars("BTCUSDT", "5m"), corrected)


def test_a_correction_in_the_tail_replaces_the_row():
    bars = make_bars(10)
    store(bars)
    corrected = changed(bars, 9, volume=5)
    assert store(corrected).corrected == 1
    assert CandleTail.objects.count() == 10
    assert same(queries.load_bars("BTCUSDT", "5m"), corrected)


def test_late_candles_fill_a_gap_in_a_sealed_slot():
    bars = make_bars(2_100)
    wanted = np.ones(2_100, bool)
    wanted[40:60] = False
    store(part(bars, wanted))
    assert queries.find_gaps("BTCUSDT", "5m") == [queries.Gap(START + 40 * FIVE, START + 59 * FIVE, 20)]
    store(bars[40:60])
    assert queries.find_gaps("BTCUSDT", "5m") == []
    assert same(queries.load_bars("BTCUSDT", "5m"), bars)


def test_candles_older_than_the_first_are_kept_too():
    bars = make_bars(3_000)
    store(bars[1_500:])
    store(bars[:1_500])
    assert same(queries.load_bars("BTCUSDT", "5m"), bars)
    series = series_of("BTCUSDT")
    assert (series.first_ts, series.last_ts) == (START, START + 2_999 * FIVE)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2_600), st.integers(1, 1_400)), min_size=1, max_size=6), st.integers(0, 10**6))
def test_any_order_of_overlapping_calls_gives_the_union(calls, seed):
    bars = make_bars(4_000, seed=seed)
    stored = np.zeros(4_000, bool)
    with transaction.atomic():
        for start, length in calls:
            store(bars[start : start + length], symbol="ANYORDER")
            stored[start : start + length] = True
        assert same(queries.load_bars("ANYORDER", "5m"), part(bars, stored))
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1_000), (999, 1_001), (1, 2_344), (2_000, 2_345), (5, 5), (2_344, 2_345)]
)
def test_a_range_is_cut_at_the_candle(start, end):
    bars = make_bars(2_345)
    store(bars)
    assert same(queries.load_bars("BTCUSDT", "5m", START + start * FIVE, START + end * FIVE), bars[start:end])


def test_longer_intervals_are_made_of_the_base_and_never_look_ahead():
    bars = make_bars(1_300)
    store(bars)
    first_hour = -(-START // (12 * FIVE)) * 12 * FIVE
    skip = (first_hour - START) // FIVE
    end = first_hour + 12 * FIVE + 6 * FIVE  # half an hour into the second full hour
    hours = queries.load_bars("BTCUSDT", "1h", first_hour, end)
    assert same(hours, bars[skip : skip + 12].resample(12 * FIVE))
    assert same(queries.latest_bars("BTCUSDT", "1h", 1, end_ms=end), hours)


def test_latest_bars_jump_over_gaps():
    bars = make_bars(900)
    store(bars[:100])
    store(bars[800:])
    newest = queries.latest_bars("BTCUSDT", "5m", 150)
    assert newest.ts.tolist() == [*bars.ts[50:100].tolist(), *bars.ts[800:].tolist()]
    assert len(queries.latest_bars("BTCUSDT", "5m", 10_000)) == 200
    assert len(queries.latest_bars("BTCUSDT", "5m", 0)) == 0


def test_unknown_series_are_empty_and_unknown_intervals_refused():
    assert len(queries.load_bars("NOPE", "5m")) == 0
    with pytest.raises(UnknownInterval):
        queries.load_bars("BTCUSDT", "7m")
    store(make_bars(10))
    with pytest.raises(UnknownInterval):
        queries.load_bars("BTCUSDT", "1m")
    assert queries.list_intervals("BTCUSDT") == ["5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d"]


def test_candles_off_the_grid_are_refused_and_nothing_is_stored():
    with pytest.raises(CandlesOffGrid):
        store(make_bars(3, start=START + 1))
    assert not CandleSeries.objects.exists()
    assert not CandleTail.objects.exists()


def test_the_database_refuses_to_change_chunks():
    store(make_bars(1_000))
    for action in (lambda: CandleChunk.objects.update(count=1), lambda: CandleChunk.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            action()
    assert CandleChunk.objects.get().count == 1_000
