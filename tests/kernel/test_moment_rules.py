"""Conditions on one moment."""

from decimal import Decimal
from typing import Any

import pytest

from kernel.rules import fields_of, holds, moment_words, parse_moment

NOW = {"price": Decimal("50000.01"), "imbalance": Decimal("0.61"), "bid": Decimal(50_000), "ask": Decimal(50_002)}
BEFORE = {"price": Decimal(50_000), "imbalance": Decimal("0.2")}


def field(name: str) -> dict[str, Any]:
    return {"kind": "price", "field": name}


def number(text: str) -> dict[str, Any]:
    return {"kind": "constant", "value": text}


def compare(kind: str, left: str, right: str) -> dict[str, Any]:
    return {"kind": kind, "left": field(left), "right": number(right)}


def answer(data: dict[str, Any], before: dict[str, Decimal] | None = None) -> bool | None:
    node, problems = parse_moment(data)
    assert node is not None, problems
    return holds(node, NOW, BEFORE if before is None else before)


UP = compare("gt", "price", "50000")
DOWN = compare("lt", "price", "50000")
UNKNOWN = compare("gt", "volume", "1")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (UP, True),
        (DOWN, False),
        (UNKNOWN, None),
        (compare("gte", "price", "50000.01"), True),
        (compare("eq", "price", "50000.010"), True),
        (compare("crosses_above", "price", "50000"), True),
        (compare("crosses_above", "price", "49999"), False),
        (compare("crosses_below", "price", "50001"), False),
        (compare("crosses_above", "bid", "1"), None),
        ({"kind": "and", "conditions": [UP, compare("gt", "imbalance", "0.6")]}, True),
        ({"kind": "and", "conditions": [DOWN, UNKNOWN]}, False),
        ({"kind": "and", "conditions": [UP, UNKNOWN]}, None),
        ({"kind": "or", "conditions": [UP, UNKNOWN]}, True),
        ({"kind": "or", "conditions": [DOWN, UNKNOWN]}, None),
        ({"kind": "not", "condition": UNKNOWN}, None),
        ({"kind": "not", "condition": DOWN}, True),
        (
            {
                "kind": "gt",
                "left": {"kind": "subtract", "left": field("ask"), "right": field("bid")},
                "right": number("1.99"),
            },
            True,
        ),
        (
            {
                "kind": "gt",
                "left": {
                    "kind": "divide",
                    "left": field("ask"),
                    "right": {"kind": "subtract", "left": field("bid"), "right": field("bid")},
                },
                "right": number("0"),
            },
            None,
        ),
    ],
)
def test_three_answers(data: dict[str, Any], expected: bool | None) -> None:
    assert answer(data) is expected


def test_a_crossing_needs_a_look_before() -> None:
    assert answer(compare("crosses_above", "price", "50000"), {}) is None


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"kind": "gt", "left": {"kind": "price", "field": "close"}, "right": number("1")}, "left.field"),
        ({"kind": "gt", "left": {**field("price"), "shift": 1}, "right": number("1")}, "left.shift"),
        ({"kind": "all", "condition": UP, "bars": 3}, ""),
        ({"kind": "gt", "left": {"kind": "indicator", "name": "SMA"}, "right": number("1")}, "left.name"),
        ({"kind": "gt", "left": field("price"), "right": field("imbalance")}, ""),
        ({"kind": "gt", "left": number("1"), "right": number("2")}, ""),
        ({"kind": "and", "conditions": [UP] * 300}, ""),
        ({"kind": "gt"}, "left"),
        ("text", ""),
        (None, ""),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(data: Any, path: str) -> None:
    node, problems = parse_moment(data)
    assert node is None
    assert problems[0].path == path


def test_depth_and_size_are_bounded() -> None:
    deep: dict[str, Any] = UP
    for _ in range(7):
        deep = {"kind": "not", "condition": deep}
    assert parse_moment(deep)[0] is None
    assert parse_moment(deep["condition"])[0] is not None
    assert parse_moment({"kind": "or", "conditions": [{"kind": "or", "conditions": [UP] * 32}] * 3})[0] is None


def test_words_and_fields() -> None:
    node, _ = parse_moment({"kind": "and", "conditions": [UP, compare("lte", "imbalance", "-0.5")]})
    assert node is not None
    assert moment_words(node) == "the price is above 50,000 and the book imbalance is at or below −0.5"
    assert fields_of(node) == {"price", "imbalance"}
