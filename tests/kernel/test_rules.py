"""Bounds, messages with JSON paths, units, hashing and words of strategy documents."""

import json

import pytest
from hypothesis import given, settings

from kernel.rules import describe, parse_condition
from kernel.strategy import EXAMPLES, MARKET, InvalidDocumentError, StrategyDocument, parse_document
from tests.kernel.market_samples import documents

CLOSE = {"kind": "price", "field": "close"}
ONE = {"kind": "constant", "value": "1"}


def sma(period=20, **more):
    return {"kind": "indicator", "name": "SMA", "params": {"period": period}, **more}


def two(kind, left, right):
    return {"kind": kind, "left": left, "right": right}


GOOD = two("gt", CLOSE, sma())


def document(**changes):
    base = {"version": 1, "name": "n", "timeframe": "1h", "entry": GOOD, "exit": two("lt", CLOSE, sma())}
    return {**base, "sizing": {"kind": "percent_equity", "percent": "50"}, **changes}


def nested(levels):
    node = GOOD
    for _ in range(levels):
        node = {"kind": "not", "condition": node}
    return node


def paths(data):
    condition, problems = parse_condition(data, MARKET)
    assert condition is None
    return [problem.path for problem in problems]


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (two("gt", CLOSE, {"kind": "price", "field": "clothes"}), "right.field"),
        (two("gt", CLOSE, {"kind": "constant", "value": 1.5}), "right.value"),
        (two("gt", CLOSE, {"kind": "constant", "value": "1_000"}), "right.value"),
        (two("gt", CLOSE, {"kind": "constant", "value": "NaN"}), "right.value"),
        (two("gt", CLOSE, sma(1)), "right.params.period"),
        (two("gt", CLOSE, sma("2.5")), "right.params.period"),
        (two("gt", CLOSE, sma(output="upper")), "right.output"),
        (two("gt", CLOSE, sma(source="moon")), "right.source"),
        (two("gt", CLOSE, {"kind": "indicator", "name": "SMB"}), "right.name"),
        (two("gt", CLOSE, {"kind": "indicator", "name": "SMA", "params": {"length": 3}}), "right.params.length"),
        (two("gt", CLOSE, {"kind": "indicator", "name": "ATR", "source": "open"}), "right.source"),
        (two("gt", CLOSE, {"kind": "indicator", "name": "MACD", "params": {"fast": 30}}), "right.params"),
        (two("gt", CLOSE, {"kind": "indicator", "name": "RSI"}), ""),
        (two("gt", ONE, two("add", ONE, ONE)), ""),
        (two("gt", CLOSE, two("divide", CLOSE, {"kind": "constant", "value": "0"})), "right.right"),
        (two("gt", CLOSE, two("add", CLOSE, {"kind": "price", "field": "volume"})), "right"),
        ({"kind": "and", "conditions": [GOOD, {"kind": "maybe"}]}, "conditions[1]"),
        ({"kind": "and", "conditions": []}, "conditions"),
        (two("gt", CLOSE, {"kind": "price", "field": "close", "shift": -1}), "right.shift"),
        ({"kind": "gt", "left": CLOSE}, "right"),
        ({**GOOD, "extra": 1}, "extra"),
        ([], ""),
        ("close > 1", ""),
    ],
)
def test_a_fault_is_reported_at_its_json_path(data, path):
    assert paths(data) == [path]


def test_size_is_bounded_before_anything_is_built():
    assert parse_condition(nested(6), MARKET)[1] == []
    assert "deeper than 8" in parse_condition(nested(7), MARKET)[1][0].message
    assert "deeper than 8" in parse_condition(nested(50_000), MARKET)[1][0].message
    wide = {"kind": "or", "conditions": [{"kind": "or", "conditions": [GOOD] * 15}] * 6}
    assert "256 nodes" in parse_condition(wide, MARKET)[1][0].message


def test_look_back_is_bounded_with_windows_and_shifts():
    within = {"kind": "all", "condition": two("gt", CLOSE, sma(1000, shift=501)), "bars": 501}
    assert parse_condition(within, MARKET)[1] == []
    beyond = {"kind": "all", "condition": two("gt", CLOSE, sma(1000, shift=501)), "bars": 502}
    assert "2001 bars" in parse_condition(beyond, MARKET)[1][0].message


def test_document_faults_carry_the_whole_path():
    with pytest.raises(InvalidDocumentError) as caught:
        parse_document(document(timeframe="7m", sizing={"kind": "all_in"}, colour="red"))
    found = {problem.path: problem.message for problem in caught.value.problems}
    assert set(found) == {"timeframe", "sizing", "colour"}
    with pytest.raises(InvalidDocumentError) as caught:
        parse_document(document(entry=two("gt", CLOSE, sma(0)), exit=nested(9)))
    assert [problem.path for problem in caught.value.problems] == ["exit" + ".condition" * 8]
    with pytest.raises(InvalidDocumentError) as caught:
        parse_document(document(entry=two("gt", CLOSE, sma(0))))
    assert [problem.path for problem in caught.value.problems] == ["entry.right.params.period"]


@pytest.mark.parametrize(
    "changes",
    [
        {"sizing": {"kind": "percent_equity", "percent": "100.1"}},
        {"sizing": {"kind": "fixed_quote", "amount": "0"}},
        {"sizing": {"kind": "fixed_quantity", "quantity": 0.5}},
        {"stop_loss_percent": "100"},
        {"stop_loss_percent": "0"},
        {"take_profit_percent": "-3"},
        {"version": 3},
        {"name": ""},
    ],
)
def test_values_out_of_bounds_are_refused(changes):
    with pytest.raises(InvalidDocumentError):
        parse_document(document(**changes))


@settings(max_examples=40, deadline=None)
@given(documents())
def test_documents_survive_json_and_keep_their_digest(original):
    again = parse_document(json.loads(original.model_dump_json()))
    assert again == original
    assert again.digest() == original.digest()
    assert describe(again.entry)


def test_the_digest_sees_meaning_not_spelling():
    spelled = parse_document(document(sizing={"kind": "percent_equity", "percent": "50.00"}, stop_loss_percent=None))
    assert spelled.digest() == parse_document(document()).digest()
    assert parse_document(document(name="m")).digest() != spelled.digest()


def test_conditions_read_as_sentences():
    assert describe(EXAMPLES[0].document.entry) == "SMA(20) of close crosses above SMA(50) of close"
    window = {"kind": "any", "bars": 3, "condition": {"kind": "not", "condition": two("gte", sma(shift=1), CLOSE)}}
    condition, _ = parse_condition(window, MARKET)
    assert condition is not None
    assert describe(condition) == (
        "within the last 3 bars, it is not the case that (SMA(20) one bar ago is at or above close)"
    )


def test_the_json_schema_can_be_published():
    schema = StrategyDocument.model_json_schema()
    assert {"entry", "exit", "sizing", "timeframe"} <= set(schema["properties"])
