"""Conditions on one moment: a set of figures now, and those of the look before. Alerts use them; bars are not needed.

Three answers: True, False, and None where a figure that decides is not known. Arithmetic is exact.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from kernel.rules.catalogue import PURE, Catalogue, unit
from kernel.rules.check import Problem, join
from kernel.rules.nodes import Arithmetic, Comparison, Constant, Crossing, Group, Indicator, Node, Not, PriceField
from kernel.rules.nodes import Window as Lasting
from kernel.rules.problems import parse_condition
from kernel.rules.words import RELATIONS, SIGNS

Figures = Mapping[str, Decimal]
_OF_A_MOMENT: Final = (Group, Not, Comparison, Crossing, Constant, PriceField, Arithmetic)
PRICE = unit(price=1)
MOMENT: Final = Catalogue(
    fields={
        "price": PRICE,
        "bid": PRICE,
        "ask": PRICE,
        "spread": PRICE,
        "index": PRICE,
        "vwap": PRICE,
        "high": PRICE,
        "low": PRICE,
        "change_percent": PURE,
        "spread_percent": PURE,
        "imbalance": PURE,
        "pressure": PURE,
        "volume": unit(volume=1),
    },
    functions={},
)
"""What an alert may look at; figures of 24 hours where they need a span. Imbalance and pressure lie in -1 … 1."""
WORDS: Final = {
    "price": "the price",
    "bid": "the best bid",
    "ask": "the best ask",
    "spread": "the spread",
    "index": "the index price",
    "vwap": "the volume-weighted price",
    "high": "the 24 h high",
    "low": "the 24 h low",
    "change_percent": "the 24 h change in percent",
    "spread_percent": "the spread in percent",
    "imbalance": "the book imbalance",
    "pressure": "the trade pressure",
    "volume": "the 24 h volume",
}


def parse_moment(data: object) -> tuple[Node | None, list[Problem]]:
    """Return the condition in decoded JSON, or None, with every problem found. Nothing in it may look back in time."""
    condition, problems = parse_condition(data, MOMENT)
    if condition is not None:
        problems = list(_lasting(condition, ""))
    return (None if problems else condition), problems


def fields_of(node: Node) -> frozenset[str]:
    """Return the names of the figures that a condition looks at."""
    own = {node.field} if isinstance(node, PriceField) else set()
    return frozenset(own.union(*(fields_of(child) for _, child in node.children())))


def holds(node: Node, now: Figures, before: Figures) -> bool | None:
    """Return whether a condition holds on the figures `now`; a crossing compares them with those of `before`."""
    if isinstance(node, Group):
        answers = [holds(part, now, before) for part in node.conditions]
        decides = node.kind == "or"
        if decides in answers:
            return decides
        return None if None in answers else not decides
    if isinstance(node, Not):
        answer = holds(node.condition, now, before)
        return None if answer is None else not answer
    if isinstance(node, Comparison | Crossing):
        return _compared(node, now, before)
    raise TypeError(f"not a condition on a moment: {type(node).__name__}")


def moment_words(node: Node) -> str:
    """Return a condition on a moment as an English sentence without its full stop."""
    if isinstance(node, Comparison | Crossing):
        return f"{moment_words(node.left)} {RELATIONS[node.kind]} {moment_words(node.right)}"
    if isinstance(node, Group):
        parts = (
            f"({moment_words(part)})" if isinstance(part, Group) else moment_words(part) for part in node.conditions
        )
        return f" {node.kind} ".join(parts)
    if isinstance(node, Not):
        return f"it is not so that {moment_words(node.condition)}"
    if isinstance(node, Constant):
        return f"{node.value:,f}".replace("-", "−")
    if isinstance(node, PriceField):
        return WORDS[node.field]
    if isinstance(node, Arithmetic):
        return f"({moment_words(node.left)} {SIGNS[node.kind]} {moment_words(node.right)})"
    raise TypeError(f"not a condition on a moment: {type(node).__name__}")


def _compared(node: Comparison | Crossing, now: Figures, before: Figures) -> bool | None:
    left, right = _number(node.left, now), _number(node.right, now)
    if left is None or right is None:
        return None
    if isinstance(node, Comparison):
        return {
            "gt": left > right,
            "gte": left >= right,
            "lt": left < right,
            "lte": left <= right,
            "eq": left == right,
        }[node.kind]
    earlier, other = _number(node.left, before), _number(node.right, before)
    if earlier is None or other is None:
        return None
    if node.kind == "crosses_above":
        return earlier <= other and left > right
    return earlier >= other and left < right


def _number(node: Node, figures: Figures) -> Fraction | None:
    if isinstance(node, Constant):
        return Fraction(node.value)
    if isinstance(node, PriceField):
        found = figures.get(node.field)
        return None if found is None else Fraction(found)
    if not isinstance(node, Arithmetic):
        raise TypeError(f"not a number of a moment: {type(node).__name__}")
    left, right = _number(node.left, figures), _number(node.right, figures)
    if left is None or right is None or (node.kind == "divide" and right == 0):
        return None
    if node.kind in {"add", "subtract"}:
        return left + right if node.kind == "add" else left - right
    return left * right if node.kind == "multiply" else left / right


def _lasting(node: Node, path: str) -> list[Problem]:
    """Return what of a condition needs a history."""
    if isinstance(node, Lasting | Indicator):
        return [Problem(path, "looks back over bars, which an alert does not")]
    if not isinstance(node, _OF_A_MOMENT):
        return [Problem(path, "is for strategies; an alert compares figures of one moment")]
    if isinstance(node, PriceField) and node.shift:
        return [Problem(join(path, "shift"), "must be 0 in an alert")]
    return [problem for step, child in node.children() for problem in _lasting(child, join(path, step))]
