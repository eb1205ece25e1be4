"""Batch values against exact fractions and TA-Lib, and the incremental classes against the batch."""

import json
import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from talib import abstract

from kernel.indicators import (
    INDICATORS,
    NOT_OFFERED,
    OWN,
    compute,
    compute_floats,
    create,
    follow,
    relate,
    restore,
)
from kernel.indicators.windows import window_spreads, window_sums
from tests.kernel.market_samples import bars_of, bundled, wild_bars

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
    "MAX": lambda c, p: (talib.MAX(c["close"], p["period"]),),
    "MIN": lambda c, p: (talib.MIN(c["close"], p["period"]),),
    "STDDEV": lambda c, p: (talib.STDDEV(c["close"], p["period"]),),
    "ROC": lambda c, p: (talib.ROC(c["close"], p["period"]),),
    "MOM": lambda c, p: (talib.MOM(c["close"], p["period"]),),
}
# TA-Lib takes the variance as a difference of large floats; its deviation is good to about 1e-4 at 4 million ticks.
TOLERANCE = {"STDDEV": 1e-3, "BBANDS": 1e-8, "MACD": 1e-7}


def columns_of(bars):
    return {name: getattr(bars, name) for name in FIELDS}


@pytest.mark.parametrize("name", OWN)
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
@given(wild_bars(), st.sampled_from(sorted(OWN)), st.sampled_from(FIELDS), st.integers(2, 15), st.data())
def test_incremental_is_the_batch_also_after_a_restart(bars, name, source, period, data):
    definition, columns = INDICATORS[name], columns_of(bars)
    parameters = {**definition.defaults(), "period": period, "fast": period, "slow": period + 4, "signal": 3}
    parameters = {item.name: parameters[item.name] for item in definition.parameters}
    history = compute(name, parameters, columns, source)
    live, restart = create(name, parameters), data.draw(st.integers(0, len(bars)))
    for index in range(len(bars)):
        if index == restart:
            live = restore(name, parameters, json.loads(json.dumps(live.state(), allow_nan=False)))
        outputs = follow(live, {field: int(columns[field][index]) for field in FIELDS}, source)
        assert (outputs is None) == (index < definition.lookback(parameters))
        for mine, series, output in zip(outputs or (), history, definition.outputs, strict=False):
            assert mine is not None
            if output.scale is not None:
                assert mine == series[index]
            else:
                assert relate(float(mine), float(series[index])) == 0 or math.isclose(mine, series[index], abs_tol=1e-9)


TALIB = sorted(set(INDICATORS) - set(OWN))
# What adds up from a first bar cannot be that of a whole history.
COUNTED = {name for name in TALIB if "bars" in INDICATORS[name].defaults()}


def short(definition):
    """Each parameter near its least value, so that short histories have values."""
    return {
        item.name: min(item.default, max(item.minimum, 3)) if item.kind == "integer" else item.default
        for item in definition.parameters
    }


def test_every_function_of_ta_lib_is_offered_or_refused_with_a_reason():
    named = {name for name in INDICATORS if name not in ("HIGHEST", "LOWEST")}
    assert named | set(NOT_OFFERED) == set(talib.get_functions())
    assert not named & set(NOT_OFFERED)
    assert len(named) == 177


@pytest.mark.parametrize("name", sorted(set(TALIB) - COUNTED))
def test_windows_of_fixed_length_agree_with_ta_lib_over_the_whole_history(name):
    columns = columns_of(bundled(count=1_200))
    definition = INDICATORS[name]
    expected = getattr(abstract, "Function")(name)(  # noqa: B009 - its stubs lack it
        {key: value.astype(float) for key, value in columns.items()}
    )
    if name in ("BETA", "CORREL"):
        expected = getattr(talib, name)(columns["close"].astype(float), columns["volume"].astype(float))
    expected = expected if isinstance(expected, list) else [expected]
    found = compute_floats(name, definition.defaults(), columns)
    first = definition.lookback(definition.defaults())
    for mine, oracle in zip(found.values(), expected, strict=True):
        assert np.isnan(mine[:first]).all()
        np.testing.assert_allclose(mine[first:], oracle[first:], rtol=1e-6, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("name", TALIB)
def test_live_windows_are_those_of_history_to_the_last_bit(name):
    columns = columns_of(wild_sample())
    definition = INDICATORS[name]
    parameters = short(definition)
    live, lookback = create(name, parameters), definition.lookback(parameters)
    history = compute(name, parameters, {key: value[: lookback + 25] for key, value in columns.items()})
    for index in range(lookback + 25):
        if index in (lookback - 3, lookback + 2):
            live = restore(name, parameters, json.loads(json.dumps(live.state(), allow_nan=False)))
        outputs = follow(live, {field: int(columns[field][index]) for field in FIELDS}, "close")
        assert (outputs is None) == (index < lookback)
        for mine, series in zip(outputs or (), history, strict=False):
            assert (math.isnan(series[index]) and mine is None) or mine == series[index]


@pytest.mark.parametrize("name", TALIB)
def test_the_bounds_of_each_parameter_are_ta_libs_too(name):
    definition, columns = INDICATORS[name], columns_of(wild_sample(60))
    for item in definition.parameters:
        for value in (item.minimum, item.maximum):
            parameters = {**definition.defaults(), item.name: value}
            assert definition.lookback(parameters) >= 0
            compute(name, parameters, columns)


@cache
def wild_sample(count=1_300):
    """A random walk with ties and flat stretches."""
    random = np.random.default_rng(5)
    steps = random.integers(-9, 10, count) * (random.random(count) < 0.7)
    closes = np.maximum(50, 4_000 + np.cumsum(steps))
    opens = np.maximum(50, closes + random.integers(-9, 10, count))
    return bars_of(closes, opens=opens, spread=3, volume=random.integers(0, 10**11, count))


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
    for name, definition in OWN.items():
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
