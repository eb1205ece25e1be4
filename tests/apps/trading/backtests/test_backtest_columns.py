"""Packed columns lose nothing; drawn curves keep their extremes."""

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.trading.backtests.curves import deepest, drawdown_of, sample
from apps.trading.backtests.packing import pack, unpack

NUMBERS = st.lists(st.integers(-(2**62), 2**62), max_size=50)


@given(NUMBERS, st.integers(1, 10**6))
def test_columns_come_back_and_equal_columns_are_equal_bytes(values: list[int], factor: int) -> None:
    columns = {
        "any": np.array(values, np.int64),
        "scaled": np.array([value % 10**6 * factor for value in values], np.int64),
    }
    packed = pack(columns)
    found = unpack(packed)
    assert list(found) == ["any", "scaled"]
    for name, column in columns.items():
        assert np.array_equal(found[name], column)
    assert pack({name: column.copy() for name, column in columns.items()}) == packed


def test_a_year_of_hourly_marks_takes_little_room() -> None:
    ts = np.arange(8_784, dtype=np.int64) * 3_600_000
    assert len(pack({"ts": ts})) < 500


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=400), st.integers(4, 60))
def test_thinning_out_keeps_ends_top_and_worst_fall(values: list[int], points: int) -> None:
    equity = np.array(values, np.int64)
    ts = np.arange(len(values), dtype=np.int64)
    drawn = sample({"ts": ts, "equity": equity, "holding": equity}, points)
    assert len(drawn.ts) <= points
    assert (drawn.ts[0], drawn.ts[-1]) == (0, len(values) - 1)
    assert drawn.ts == sorted(set(drawn.ts))
    assert max(drawn.equity) == Decimal(max(values)).scaleb(-8)
    assert min(drawn.drawdown) == deepest(equity)


def test_drawdown_is_the_share_below_the_peak() -> None:
    fall = drawdown_of(np.array([100, 200, 150, 300, 270], np.int64))
    assert fall.tolist() == [0.0, 0.0, -0.25, 0.0, -0.1]
    assert deepest(np.array([100, 200, 150, 300, 270], np.int64)) == Decimal("-25.0000")
