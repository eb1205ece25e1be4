"""Conditions as English sentences."""

from kernel.rules.nodes import (
    Absolute,
    Arithmetic,
    Comparison,
    Constant,
    Crossing,
    Custom,
    Group,
    HigherCondition,
    HigherNumber,
    Indicator,
    Node,
    Not,
    Pick,
    PriceField,
    Rolling,
    Sequence,
    Session,
    Window,
    plain_text,
)
from kernel.rules.words import DAYS, RELATIONS, SIGNS


def describe(node: Node) -> str:
    """The condition or number in words: `SMA(20) of close crosses above SMA(50) of close`."""
    if isinstance(node, Comparison | Crossing):
        return f"{describe(node.left)} {RELATIONS[node.kind]} {describe(node.right)}"
    if isinstance(node, Group):
        parts = [f"({describe(part)})" if isinstance(part, Group) else describe(part) for part in node.conditions]
        return f" {node.kind} ".join(parts)
    if isinstance(node, Not):
        return f"it is not the case that ({describe(node.condition)})"
    if isinstance(node, Window):
        span = f"on each of the last {node.bars} bars" if node.kind == "all" else f"within the last {node.bars} bars"
        return f"{span}, {describe(node.condition)}" if node.bars > 1 else describe(node.condition)
    if isinstance(node, Sequence):
        span = "on the next bar" if node.bars == 1 else f"within {node.bars} bars"
        return f", then {span} ".join(f"({describe(part)})" for part in node.conditions)
    if isinstance(node, Session):
        return _session(node)
    if isinstance(node, HigherCondition):
        return f"on the last closed {node.timeframe} bar, {describe(node.condition)}"
    return _number(node)


def _session(node: Session) -> str:
    days = "" if len(node.days) == len(DAYS) else " on " + ", ".join(DAYS[day] for day in node.days)
    hours = "" if node.start == node.end == "00:00" else f" from {node.start} to {node.end}"
    return f"the bar closes{days}{hours} by the clocks of {node.zone}"


def _number(node: Node) -> str:
    if isinstance(node, Constant):
        return plain_text(node.value)
    if isinstance(node, PriceField):
        return node.field + _ago(node.shift)
    if isinstance(node, Arithmetic):
        return f"({_number(node.left)} {SIGNS[node.kind]} {_number(node.right)})"
    if isinstance(node, Indicator):
        params = ", ".join(plain_text(value) for value in node.params.values())
        output = f" {node.output.replace('_', ' ')}" if node.output and node.output != "value" else ""
        source = f" of {node.source}" if node.source else ""
        return f"{node.name}{f'({params})' if params else ''}{output}{source}{_ago(node.shift)}"
    return _made_of(node)


def _made_of(node: Node) -> str:
    if isinstance(node, Pick):
        which = "lower" if node.kind == "lower_of" else "higher"
        return f"the {which} of {_number(node.left)} and {_number(node.right)}"
    if isinstance(node, Absolute):
        return f"the size of {_number(node.value)}"
    if isinstance(node, Rolling):
        return f"the {node.function} of {_number(node.value)} over {node.bars} bars"
    if isinstance(node, Custom):
        return f"“{node.name}”{_ago(node.shift)}"
    if isinstance(node, HigherNumber):
        return f"{_number(node.value)} of the last closed {node.timeframe} bar"
    raise TypeError(f"not an expression: {type(node).__name__}")


def _ago(shift: int) -> str:
    if not shift:
        return ""
    return " one bar ago" if shift == 1 else f" {shift} bars ago"
