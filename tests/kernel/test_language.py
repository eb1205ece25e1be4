"""What the strategy language says beyond single bars: longer timeframes, sessions, sequences, spans, own indicators."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.instruments import Bars
from kernel.rules import describe
from kernel.strategy import EXAMPLES, InvalidDocumentError, compile_strategy, find_lookahead, parse_document
from kernel.strategy.program import Step
from tests.kernel.market_samples import BTC, _number, bars_of, bundled, conditions, wild_bars
from tests.kernel.test_simulation_equality import live_signals

CLOSE = {"kind": "price", "field": "close"}
UP = {"kind": "gt", "left": CLOSE, "right": {"kind": "price", "field": "open"}}
DIGESTS = {
    "moving_average_cross": "e37ba3ffd90f",
    "rsi_reversion": "5c4bf7ff7d3c",
    "bollinger_breakout": "b08e63b417aa",
    "macd_cross": "cc97a3fd6e98",
    "ema_trend": "3b9676a635d0",
    "donchian_breakout": "3a343de8c893",
    "volume_momentum": "061c250eb1ad",
}


def document(entry, exit_=UP, **more):
    base = {"version": 2, "name": "test", "timeframe": "1m", "entry": entry, "exit": exit_}
    return parse_document({**base, "sizing": {"kind": "percent_equity", "percent": "50"}, **more})


def entries(entry, bars, **more):
    """The entry condition on each bar, history and live alike."""
    compiled = compile_strategy(document(entry, **more), BTC)
    history = compiled.history(bars).entry.tolist()
    assert [signal.entry for signal in live_signals(compiled, bars, restart_at=(3, 7))] == history
    return history


def problems(entry, **more):
    with pytest.raises(InvalidDocumentError) as raised:
        document(entry, **more)
    return {(item.path, item.message) for item in raised.value.problems}


@st.composite
def grown_conditions(draw):
    """Conditions with at least one of the younger elements."""
    choice = draw(st.integers(0, 6))
    if choice == 0:
        return {"kind": "holds_on_timeframe", "timeframe": "3m", "condition": draw(conditions(depth=1))}
    if choice == 1:
        parts = draw(st.lists(conditions(depth=1), min_size=2, max_size=3))
        return {"kind": "sequence", "conditions": parts, "bars": draw(st.integers(1, 6))}
    if choice == 2:
        hours = st.sampled_from(["00:00", "00:20", "00:47", "23:50"])
        days = draw(st.sets(st.sampled_from(["wed", "thu", "fri"]), min_size=1))
        zone = draw(st.sampled_from(["UTC", "Asia/Kolkata"]))
        return {"kind": "session", "zone": zone, "days": sorted(days), "start": draw(hours), "end": draw(hours)}
    unit = draw(st.sampled_from(["price", "volume"]))
    number = draw(_number(unit, 1))
    if choice == 3:
        value = {"kind": "on_timeframe", "timeframe": "5m", "value": number}
    elif choice == 4:
        function = draw(st.sampled_from(["mean", "sum", "highest", "lowest"]))
        value = {"kind": "rolling", "function": function, "value": number, "bars": draw(st.integers(2, 9))}
    elif choice == 5:
        kind = draw(st.sampled_from(["lower_of", "higher_of"]))
        value = {"kind": kind, "left": number, "right": draw(_number(unit, 1))}
    else:
        other = draw(_number(unit, 1))
        value = {"kind": "absolute", "value": {"kind": "subtract", "left": number, "right": other}}
    kind = draw(st.sampled_from(["gt", "lte", "crosses_above"]))
    return {"kind": kind, "left": value, "right": draw(_number(unit, 1))}


@st.composite
def with_gaps(draw):
    bars = draw(wild_bars())
    kept = np.array(draw(st.lists(st.sampled_from([True] * 9 + [False]), min_size=len(bars), max_size=len(bars))))
    kept[0] = True
    names = ("ts", "open", "high", "low", "close", "volume")
    shift = 60_000 * draw(st.integers(0, 7))
    columns = {name: getattr(bars, name)[kept] for name in names}
    return Bars(**{**columns, "ts": columns["ts"] + shift})


@settings(max_examples=40, deadline=None)
@given(grown_conditions(), grown_conditions(), with_gaps(), st.sets(st.integers(0, 119), max_size=3))
def test_live_is_history_also_with_gaps_and_restarts_and_nothing_looks_ahead(entry, leave, bars, restart_at):
    compiled = compile_strategy(document(entry, leave), BTC)
    history = compiled.history(bars)
    live = live_signals(compiled, bars, restart_at=restart_at)
    assert [signal.entry for signal in live] == history.entry.tolist()
    assert [signal.exit for signal in live] == history.exit.tolist()
    assert find_lookahead(compiled, bars, 3) == []
    assert describe(compiled.document.entry)


def test_a_longer_timeframe_is_known_only_when_its_bar_has_closed():
    # Three bars make one of 3 minutes; its close is 3, 6, 9 … and is known on the third bar, not before.
    bars = bars_of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] * 2)
    longer = {"kind": "on_timeframe", "timeframe": "3m", "value": CLOSE}
    found = entries({"kind": "eq", "left": CLOSE, "right": longer}, bars)
    assert [place for place, holds in enumerate(found) if holds] == [11, 14, 17, 20, 23]
    ahead = {
        "kind": "gt",
        "left": longer,
        "right": {"kind": "rolling", "function": "highest", "value": CLOSE, "bars": 3},
    }
    assert not any(entries(ahead, bars))


def test_a_bar_of_a_longer_timeframe_whose_last_part_is_missing_closes_with_the_next_bar():
    bars = bars_of(range(100, 124))
    names = ("ts", "open", "high", "low", "close", "volume")
    kept = np.arange(24) != 20
    gapped = Bars(**{name: getattr(bars, name)[kept] for name in names})
    longer = {"kind": "on_timeframe", "timeframe": "3m", "value": CLOSE}
    is_119 = {"kind": "eq", "left": longer, "right": {"kind": "constant", "value": "1.19"}}
    assert [place for place, holds in enumerate(entries(is_119, gapped)) if holds] == [20, 21]


def test_a_sequence_wants_its_parts_one_after_the_other_within_the_bars():
    above = [{"kind": "eq", "left": CLOSE, "right": {"kind": "constant", "value": f"0.{level}"}} for level in (10, 20)]
    rules = {"kind": "sequence", "conditions": above, "bars": 2}
    found = entries(rules, bars_of([10, 20, 20, 20, 15, 10, 15, 15, 20, 10, 10, 20, 20]))
    assert [place for place, holds in enumerate(found) if holds] == [2, 11, 12]
    assert "within 2 bars" in describe(document(rules).entry)


def test_a_session_follows_the_clocks_of_its_zone_through_the_change_of_hour():
    step = 3_600_000
    begin = int(datetime(2024, 3, 29, tzinfo=UTC).timestamp() * 1000)
    hours = 24 * 4
    bars = bars_of([100] * hours)
    bars = replace(bars, ts=begin + step * np.arange(hours, dtype=np.int64))
    rules = {"kind": "session", "zone": "Europe/Berlin", "days": ["fri", "mon"], "start": "09:00", "end": "11:00"}
    found = entries(rules, bars, timeframe="1h")
    closes = [(begin + step * (place + 1)) // step % 24 for place, holds in enumerate(found) if holds]
    # Friday is winter time (UTC+1), Monday summer time (UTC+2).
    assert closes == [8, 9, 7, 8]
    night = {"kind": "session", "days": ["sat"], "start": "23:00", "end": "02:00"}
    found = entries(night, bars, timeframe="1h")
    assert [place for place, holds in enumerate(found) if holds] == [46, 47, 48]


def test_an_indicator_of_the_document_is_what_it_stands_for():
    spread = {"kind": "subtract", "left": CLOSE, "right": {"kind": "indicator", "name": "SMA", "params": {"period": 4}}}
    named = {"kind": "gt", "left": {"kind": "custom", "name": "spread", "shift": 1}, "right": CLOSE}
    written = {"kind": "gt", "left": {"kind": "custom", "name": "spread"}, "right": {"kind": "constant", "value": "0"}}
    plain = {"kind": "gt", "left": spread, "right": {"kind": "constant", "value": "0"}}
    bars = bundled(count=200)
    assert entries(written, bars, indicators={"spread": spread}) == entries(plain, bars)
    assert document(named, indicators={"spread": spread}).catalogue().custom
    assert problems(named) == {
        ("entry.left.name", "unknown indicator of the document 'spread'; known: none"),
    }
    recursive = {"kind": "rolling", "function": "mean", "value": {"kind": "custom", "name": "a"}, "bars": 3}
    assert problems(UP, indicators={"a": recursive}) == {
        ("indicators.a.value.name", "unknown indicator of the document 'a'; known: none"),
    }


def test_hostile_or_senseless_rules_are_refused_with_their_path():
    longer = {"kind": "on_timeframe", "timeframe": "1h", "value": CLOSE}

    def more_than(value):
        return {"kind": "gt", "left": value, "right": CLOSE}

    nested = more_than({"kind": "on_timeframe", "timeframe": "1d", "value": longer})
    assert problems(nested) == {("entry.left", "a longer timeframe stands inside another one")}
    shorter = more_than({**longer, "timeframe": "1m"})
    words = "must be a longer timeframe, a multiple of the strategy's own"
    assert problems(shorter) == {("entry.left.timeframe", words)}
    deep: Any = CLOSE
    for _ in range(9):
        deep = {"kind": "absolute", "value": deep}
    assert problems(more_than(deep))
    huge = {"kind": "indicator", "name": "ADX", "params": {"period": 10**6}}
    assert problems(more_than(huge)) == {("entry.left.params.period", "must be between 2 and 250")}
    far = {"kind": "on_timeframe", "timeframe": "1d", "value": {"kind": "indicator", "name": "SMA", "params": {}}}
    assert next(iter(problems(more_than(far))))[1].endswith("at most 20000 are allowed")
    assert problems(more_than({"kind": "constant", "value": "NaN"}))
    zone = {"kind": "session", "zone": "Mars/Olympus"}
    assert problems(zone) == {("entry.zone", "unknown time zone 'Mars/Olympus'; write one like Europe/Berlin, or UTC")}
    for key in ("symbols", "universe", "scale_out", "short"):
        assert {path for path, _ in problems(UP, **{key: ["ETHUSDT"]})} == {key}
    assert problems(UP, version=1, cool_down_bars=3) == {("cool_down_bars", "needs `version` 2")}


def test_documents_of_version_1_keep_their_digest_and_their_text():
    for example in EXAMPLES:
        if example.key in DIGESTS:
            assert example.document.digest()[:12] == DIGESTS[example.key]
            assert "cool_down_bars" not in example.document.model_dump(mode="json")
            assert parse_document(json.loads(example.document.canonical_json())) == example.document


@dataclass(frozen=True, slots=True)
class Peeking(Step):
    """A step that knows the next close."""

    def history(self, columns, registers):
        rises = np.zeros(len(columns["close"]), np.bool_)
        rises[:-1] = columns["close"][1:] > columns["close"][:-1]
        return rises

    def live(self, bar, registers, state):
        return False


def test_the_detector_finds_a_strategy_that_knows_the_future():
    honest = compile_strategy(document(UP), BTC)
    bars = bundled(count=500)
    assert find_lookahead(honest, bars) == []
    cheat = replace(honest, steps=(*honest.steps, Peeking()), entry_register=len(honest.steps))
    leaks = find_lookahead(cheat, bars)
    assert leaks
    assert {leak.signal for leak in leaks} == {"entry"}
    assert all(leak.bar == leak.known - 1 for leak in leaks)
