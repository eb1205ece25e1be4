"""Batch values against exact fractions and TA-Lib, and the incremental classes against the batch."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.indicators import INDICATORS, compute, compute_floats, create, relate, restore
from kernel.indicators.windows import window_spreads, window_sums
from tests.kernel.market_samples import bundled, wild_bars

FIELDS = ("open", "high", "low", "close", "volume")
ORACLES = {
    "SMA": lambda c, p: (talib.SMA(c["close"], p["period"]),),
    "EMA": lambda c, p: (talib.EMA(c["close"], p["period"]),),
    "WMA": lambda c, p: (talib.WMA(c["close"], p["period"]),),
    "RSI": lambda c, p: (talib.RSI(c["close"], p["period"]),),
    "MACD": lambda c, p: talib.MACD(c["close"], p["fast"], p["slow"], p["signal"]),
    "BBANDS": lambda c, p: talib.BBANDS(c["close"], p["period"], 2.0, 2.0),
    "ATR": lambda c, p: (talib.ATR(c["high"], c["low"], c["close"], p["period"]),),
    "HIGHEST": lambda c, p: (talib.MAX(c["close"], p["period"]),),
    "LOWEST": lambda c, p: (talib.MIN(c["close"], p["period"]),),
    "STDDEV": lambda c, p: (talib.STDDEV(c["close"], p["period"]),),
    "ROC": lambda c, p: (talib.ROC(c["close"], p["period"]),),
    "MOM": lambda c, p: (talib.MOM(c["close"], p["period"]),),
}
# TA-Lib takes the variance as a difference of large floats; its deviation is good to about 1e-4 at 4 million ticks.
TOLERANCE = {"STDDEV": 1e-3, "BBANDS": 1e-8, "MACD": 1e-7}


def columns_of(bars):
    return {name: getattr(bars, name) for name in FIELDS}


@pytest.mark.parametrize("name", INDICATORS)
def test_history_agrees_with_ta_lib_on_recorded_candles(name):
    columns = columns_of(bundled(count=3_000))
    parameters = INDICATORS[name].defaults()
    found = compute_floats(name, parameters, columns)
    expected = ORACLES[name]({key: value.astype(float) for key, value in columns.items()}, parameters)
    assert list(found) == [output.name for output in INDICATORS[name].outputs]
    for mine, oracle in zip(found.values(), expected, strict=True):
        assert np.isnan(mine).tolist() == np.isnan(oracle).tolist()
        np.testing.assert_allclose(mine, oracle, rtol=TOLERANCE.get(name, 1e-9), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(wild_bars(), st.sampled_from(sorted(INDICATORS)), st.sampled_from(FIELDS), st.integers(2, 15), st.data())
def test_incremental_is_the_batch_also_after_a_restart(bars, name, source, period, data):
    definition, columns = INDICATORS[name], columns_of(bars)
    parameters = {**definition.defaults(), "period": period, "fast": period, "slow": period + 4, "signal": 3}
    parameters = {item.name: parameters[item.name] for item in definition.parameters}
    history = compute(name, parameters, columns, source)
    live, restart = create(name, parameters), data.draw(st.integers(0, len(bars)))
    for index in range(len(bars)):
        if index == restart:
            live = restore(name, parameters, json.loads(json.dumps(live.state(), allow_nan=False)))
        bar = [int(columns[field][index]) for field in ("high", "low", "close", source)]
        outputs = live.update(*bar)
        assert (outputs is None) == (index < definition.lookback(parameters))
        for mine, series, output in zip(outputs or (), history, definition.outputs, strict=False):
            if output.scale is not None:
                assert mine == series[index]
            else:
                assert relate(float(mine), float(series[index])) == 0 or math.isclose(mine, series[index], abs_tol=1e-9)


@given(st.lists(st.integers(0, 2**61), min_size=1, max_size=40), st.integers(1, 12))
def test_window_sums_are_exact_beyond_64_bits(values, period):
    found = window_sums(np.array(values, np.int64), period).tolist()
    assert found == [sum(values[max(0, end - period + 1) : end + 1]) for end in range(len(values))]


@given(st.lists(st.integers(0, 2**52), min_size=2, max_size=40), st.integers(2, 12))
def test_window_spreads_are_the_exact_variance(values, period):
    found = window_spreads(np.array(values, np.int64), period).tolist()
    for end in range(period - 1, len(values)):
        window = [Fraction(value) for value in values[end - period + 1 : end + 1]]
        mean = sum(window) / period
        assert found[end] == sum((value - mean) ** 2 for value in window) / period * period**2


def test_memory_bounds_the_effect_of_the_first_bars():
    columns = columns_of(bundled(count=4_000))
    for name in ("EMA", "RSI", "ATR", "MACD"):
        parameters = INDICATORS[name].defaults()
        memory = INDICATORS[name].memory(parameters)
        whole = compute_floats(name, parameters, columns)
        for start in (700, 1_900):
            part = compute_floats(name, parameters, {key: value[start:] for key, value in columns.items()})
            for output, values in part.items():
                scale = 100 if name == "RSI" else columns["close"].max()
                assert np.max(np.abs(values[memory:] - whole[output][start + memory :])) <= 1e-9 * scale


def test_histories_shorter_than_the_warm_up_have_no_value():
    columns = columns_of(bundled(count=3))
    for name, definition in INDICATORS.items():
        for values in compute_floats(name, definition.defaults(), columns).values():
            assert np.isnan(values).all()


def test_comparison_knows_equal_above_below_and_undefined():
    assert [relate(1.0, 1.0 + 1e-10), relate(1.0, 1.0 + 1e-8), relate(2.0, 1.0)] == [0, -1, 1]
    assert [relate(math.nan, 1.0), relate(1.0, math.nan)] == [2, 2]


def test_the_catalogue_is_complete():
    for name, definition in INDICATORS.items():
        assert definition.name == name
        assert definition.description.endswith(".")
        for parameter in definition.parameters:
            assert parameter.minimum <= parameter.default <= parameter.maximum
