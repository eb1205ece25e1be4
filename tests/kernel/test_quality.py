"""The rules of data quality on recordings with known faults: each fault is found, and nothing else is."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from kernel.quality import (
    ALWAYS,
    FOREX,
    US_EQUITIES,
    BookMessage,
    RawCandles,
    RawTrades,
    Rule,
    candles_of,
    check_candles,
    check_trades,
    replay,
    score,
    with_closures,
)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MONDAY = 1_717_372_800_000  # 2024-06-03T00:00:00Z


def walk(count: int, *, seed: int = 1, start: int = MONDAY, step: int = MINUTE) -> RawCandles:
    """Return candles of a random walk of about 5 basis points a step, without a fault."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 5e-4, count)))
    opened = np.concatenate(([100.0], close[:-1]))
    high = np.maximum(opened, close) * (1 + rng.uniform(0, 3e-4, count))
    low = np.minimum(opened, close) * (1 - rng.uniform(0, 3e-4, count))
    return RawCandles(start + np.arange(count) * step, opened, high, low, close, rng.uniform(1, 9, count))


def broken(candles: RawCandles, name: str, place: int, value: float) -> RawCandles:
    columns = {key: getattr(candles, key).copy() for key in ("ts", "open", "high", "low", "close", "volume")}
    columns[name][place] = value
    return RawCandles(**columns)


def test_a_clean_recording_has_no_alarm():
    found = check_candles(walk(5_000), MINUTE)
    assert (found.alarms, found.missing, found.share) == ([], 0, 0.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("high", 99.0), ("low", 101.0), ("close", float("nan")), ("open", -1.0), ("volume", -1.0), ("low", 0.0)],
)
def test_impossible_candles_are_found(name, value):
    found = check_candles(broken(walk(500, seed=3), name, 300, value), MINUTE)
    assert found.places(Rule.IMPOSSIBLE) == [300]
    assert found.counts() == {"impossible": 1}


@pytest.mark.parametrize("name", ["high", "low"])
def test_a_wick_that_comes_back_is_a_spike(name):
    candles = walk(2_000)
    factor = 1.2 if name == "high" else 0.8
    found = check_candles(broken(candles, name, 900, float(candles.close[900]) * factor), MINUTE)
    assert found.counts() == {"spike": 1}
    assert found.places(Rule.SPIKE) == [900]


def test_a_move_that_stays_is_news_and_no_spike():
    candles = walk(2_000)
    columns = open_, high, low, close = [column.copy() for column in candles.columns]
    for column in columns:
        column[900:] *= 1.1
    columns[0][900] = candles.open[900]
    columns[2][900] = candles.open[900]
    moved = RawCandles(candles.ts, open_, high, low, close, candles.volume)
    assert check_candles(moved, MINUTE).counts() == {}


def test_the_measure_is_of_the_past_only():
    candles = broken(walk(2_000), "high", 900, 130.0)
    for end in (950, 1_200, 1_999):
        assert check_candles(candles.of(np.arange(end)), MINUTE).places(Rule.SPIKE) == [900]


def test_times_that_repeat_go_back_or_are_left_out():
    candles = walk(500)
    order = np.r_[0:100, 99:200, 203:300, 301, 300, 302:500]
    found = check_candles(candles.of(order), MINUTE)
    assert found.counts() == {"duplicate": 1, "gap": 1, "out_of_order": 1}
    assert found.missing == 3
    assert found.places(Rule.DUPLICATE) == [100]


def test_a_frozen_feed_and_empty_candles():
    candles = walk(500)
    order = np.r_[0:200, np.full(10, 200), 210:500]
    still = candles.of(order)
    assert still.volume is not None
    volume = still.volume.copy()
    volume[400] = 0
    frozen = RawCandles(candles.ts, still.open, still.high, still.low, still.close, volume)
    found = check_candles(frozen, MINUTE)
    assert found.counts() == {"stale": 1, "zero_volume": 1}
    assert found.places(Rule.STALE) == [201]


def test_a_series_that_never_has_volume_is_not_empty():
    candles = walk(500)
    assert check_candles(RawCandles(candles.ts, *candles.columns, np.zeros(500)), MINUTE).counts() == {}


def test_gaps_count_only_when_the_market_was_open():
    friday = MONDAY + 4 * DAY
    week = np.arange(friday, friday + 21 * HOUR, HOUR)  # New York closes at 21:00 UTC in summer
    after = np.arange(friday + 2 * DAY + 21 * HOUR, friday + 3 * DAY, HOUR)
    ts = np.concatenate((week, after))
    flat = np.full(len(ts), 1.1) + np.arange(len(ts)) * 1e-4
    candles = RawCandles(ts, flat, flat, flat, flat)
    assert check_candles(candles, HOUR, calendar=FOREX).counts() == {}
    assert check_candles(candles, HOUR, calendar=ALWAYS).missing == 48


def test_sessions_know_holidays_and_closures():
    july = 1_719_792_000_000  # 2024-07-01, a Monday
    assert US_EQUITIES.count_opens(july, july + 7 * DAY, DAY) == 4  # without the 4th
    assert US_EQUITIES.count_opens(july, july + DAY, HOUR // 2) == 13
    mourning = with_closures(US_EQUITIES, [date(2024, 7, 2)])
    assert mourning.count_opens(july, july + 7 * DAY, DAY) == 3
    assert not mourning.is_open(july + DAY + 15 * HOUR)
    assert US_EQUITIES.is_open(july + DAY + 15 * HOUR)


def test_trades_make_candles_and_their_faults_are_found():
    ts = np.array([0, 10_000, 50_000, 50_000, 61_000, 60_500, 125_000], np.int64) + MONDAY
    price = np.array([10.0, 12.0, 9.0, 9.0, 11.0, 10.5, 0.0])
    quantity = np.array([1.0, 2.0, 3.0, 3.0, 1.0, 1.0, 5.0])
    number = np.array([1, 2, 3, 3, 5, 4, 9], np.int64)
    trades = RawTrades(ts, price, quantity, number)
    found = check_trades(trades)
    assert found.counts() == {"duplicate": 1, "gap": 1, "impossible": 1, "out_of_order": 1}
    bars = candles_of(trades)
    assert bars.ts.tolist() == [MONDAY, MONDAY + MINUTE]
    assert [column.tolist() for column in bars.columns] == [[10.0, 10.5], [12.0, 11.0], [9.0, 10.5], [9.0, 11.0]]
    assert bars.volume is not None
    assert bars.volume.tolist() == [6.0, 2.0]


def levels(*pairs: tuple[str, str]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(price), Decimal(quantity)) for price, quantity in pairs]


def test_a_book_is_replayed_to_its_last_state():
    book = replay(
        [
            BookMessage(1, True, levels(("10", "1"), ("9", "2")), levels(("11", "1"), ("12", "5")), last=5),
            BookMessage(2, False, levels(("10", "0"), ("9.5", "4")), levels(("11", "3")), first=6, last=7),
            BookMessage(3, False, levels(), levels(("12", "0")), first=8, last=8),
        ]
    )
    assert book.levels() == (levels(("9.5", "4"), ("9", "2")), levels(("11", "3")))
    assert book.findings.alarms == []


def test_breaks_repetitions_crossed_books_and_broken_levels_are_found():
    book = replay(
        [
            BookMessage(1, True, levels(("10", "1")), levels(("11", "1")), last=5),
            BookMessage(2, False, levels(), levels(), first=4, last=5),
            BookMessage(3, False, levels(("11.5", "1")), levels(), first=6, last=6),
            BookMessage(4, False, levels(("11.5", "0")), levels(("11", "-1")), first=7, last=7),
            BookMessage(5, False, levels(), levels(), first=9, last=9),
        ]
    )
    assert book.findings.counts() == {"crossed": 1, "duplicate": 1, "gap": 1, "impossible": 1}
    assert not book.synced


def test_the_score_falls_with_alarms_and_missing_candles():
    assert score(1_000, {}) == 100
    assert score(100_000, {"duplicate": 1}) == 99
    assert score(990, {"gap": 1}, missing=10) == 95
    assert score(100, {"impossible": 20}) == 0
