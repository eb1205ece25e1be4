"""A condition of the rules as rows of the builder and back. What rows cannot say stays JSON, unchanged."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from apps.trading.strategies.pages.operands import (
    FIELDS,
    KINDS,
    Operand,
    OperandError,
    OperandKind,
    node_of,
    operand_of,
)
from kernel.rules import Comparison, Crossing, Group, Problem
from kernel.rules.nodes import Node

OPERATORS: Final = (
    ("gt", "is above"),
    ("gte", "is at or above"),
    ("lt", "is below"),
    ("lte", "is at or below"),
    ("eq", "equals"),
    ("crosses_above", "crosses above"),
    ("crosses_below", "crosses below"),
)
_KNOWN_OPERATORS: Final = {value for value, _ in OPERATORS}
JOINS: Final = (("and", "all of these hold"), ("or", "any of these holds"))
SOURCES: Final = (("", "close (usual)"), *((name, name) for name in FIELDS))
MOST_ROWS: Final = 32
LONGEST_JSON: Final = 100_000


@dataclass(frozen=True, slots=True)
class Builder:
    """The lists that rows choose from."""

    kinds: Sequence[OperandKind] = KINDS
    operators: Sequence[tuple[str, str]] = OPERATORS
    joins: Sequence[tuple[str, str]] = JOINS
    sources: Sequence[tuple[str, str]] = SOURCES


BUILDER: Final = Builder()


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: left, comparison, right."""

    index: str
    left: Operand
    operator: str
    right: Operand


BLANK: Final = Rule("__i__", Operand("close"), "gt", Operand("SMA", "20"))


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """One condition on the page: rows and how they are joined, or, in mode "json", its text."""

    name: str
    mode: str = "rows"
    join: str = "and"
    rules: tuple[Rule, ...] = ()
    text: str = ""
    error: str = ""

    @classmethod
    def of(cls, name: str, condition: Node) -> "RuleGroup":
        """Return how the page shows a condition: as rows when rows can say it, else as JSON."""
        rules = _rows_of(condition)
        join = condition.kind if isinstance(condition, Group) else "and"
        if rules is None:
            return cls(
                name, mode="json", text=json.dumps(condition.model_dump(mode="json"), indent=2, ensure_ascii=False)
            )
        return cls(name, join=join, rules=rules)

    @classmethod
    def read(cls, name: str, post: Mapping[str, str]) -> "RuleGroup":
        """Return a condition as it was typed."""
        if post.get(f"{name}-mode") == "json":
            return cls(name, mode="json", text=post.get(f"{name}-json", "")[:LONGEST_JSON])
        total = post.get(f"{name}-total", "0")
        count = min(int(total), MOST_ROWS) if total.isascii() and total.isdigit() and len(total) < 5 else 0
        rows = [_read_row(f"{name}-{place}", post) for place in range(count) if f"{name}-{place}-operator" in post]
        join = "or" if post.get(f"{name}-join") == "or" else "and"
        return cls(name, join=join, rules=_numbered(rows))

    def with_row(self) -> "RuleGroup":
        """Return the group with one row more."""
        return replace(self, rules=_numbered([*self.rules, BLANK][:MOST_ROWS]))

    def without_row(self, place: int) -> "RuleGroup":
        """Return the group without the row at `place`."""
        return replace(self, rules=_numbered([rule for at, rule in enumerate(self.rules) if at != place]))

    def condition(self) -> "tuple[Any, RuleGroup]":
        """Return the condition as decoded JSON, or None and the group with an error at each faulty place."""
        if self.mode == "json":
            return self._decoded()
        nodes, rules = [], []
        for rule in self.rules:
            left, left_node = _checked(rule.left)
            if rule.operator not in _KNOWN_OPERATORS:
                left = replace(left, error="Choose the comparison from the list.")
            right, right_node = _checked(rule.right)
            rules.append(replace(rule, left=left, right=right))
            nodes.append({"kind": rule.operator, "left": left_node, "right": right_node})
        checked = replace(self, rules=tuple(rules), error="" if rules else "Add at least one condition.")
        if checked.has_errors:
            return None, checked
        return (nodes[0] if len(nodes) == 1 else {"kind": self.join, "conditions": nodes}), checked

    def _decoded(self) -> "tuple[Any, RuleGroup]":
        try:
            return json.loads(self.text), self
        except (ValueError, RecursionError):
            return None, replace(self, error="This is not JSON.")

    @property
    def has_errors(self) -> bool:
        """Whether anything typed here is at fault."""
        return bool(self.error) or any(rule.left.error or rule.right.error for rule in self.rules)

    def marked(self, problem: Problem) -> "RuleGroup":
        """Return the group with a problem of the kernel (path from the condition on) shown where it belongs."""
        message = problem.message[:1].upper() + problem.message[1:]
        if self.mode == "json":
            return replace(self, error=f"{problem.path}: {message}" if problem.path else message)
        place, rest = _place(problem.path)
        if place >= len(self.rules):
            return replace(self, error=message)
        rule = self.rules[place]
        if rest.startswith("right"):
            changed = replace(rule, right=replace(rule.right, error=message))
        else:
            changed = replace(rule, left=replace(rule.left, error=message))
        return replace(self, rules=(*self.rules[:place], changed, *self.rules[place + 1 :]))


def _place(path: str) -> tuple[int, str]:
    """The row that a path points at, and the path from there; a single row stands for the whole condition."""
    if not path.startswith("conditions"):
        return 0, path
    digits, closed, rest = path.removeprefix("conditions[").partition("]")
    return (int(digits), rest.lstrip(".")) if closed and digits.isdigit() else (MOST_ROWS, "")


def _rows_of(condition: Node) -> tuple[Rule, ...] | None:
    parts = condition.conditions if isinstance(condition, Group) else (condition,)
    rows = []
    for part in parts:
        if not isinstance(part, Comparison | Crossing):
            return None
        left, right = operand_of(part.left), operand_of(part.right)
        if left is None or right is None:
            return None
        rows.append(Rule("", left, part.kind, right))
    return _numbered(rows)


def _numbered(rows: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(replace(rule, index=str(place)) for place, rule in enumerate(rows))


def _read_row(prefix: str, post: Mapping[str, str]) -> Rule:
    operator = post.get(f"{prefix}-operator", "")[:20]
    return Rule("", _read_operand(f"{prefix}-left", post), operator, _read_operand(f"{prefix}-right", post))


def _read_operand(prefix: str, post: Mapping[str, str]) -> Operand:
    def text(suffix: str) -> str:
        return post.get(f"{prefix}{suffix}", "")[:80]

    return Operand(text(""), text("_params"), text("_source"), text("_shift"))


def _checked(operand: Operand) -> tuple[Operand, dict[str, Any] | None]:
    try:
        return replace(operand, error=""), node_of(operand)
    except OperandError as fault:
        return replace(operand, error=str(fault)), None
