"""Conditions as English sentences."""

from kernel.rules.nodes import (
    Arithmetic,
    Comparison,
    Constant,
    Crossing,
    Group,
    Indicator,
    Node,
    Not,
    PriceField,
    Window,
    plain_text,
)
from kernel.rules.words import RELATIONS, SIGNS


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
    return _number(node)


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
    raise TypeError(f"not an expression: {type(node).__name__}")


def _ago(shift: int) -> str:
    if not shift:
        return ""
    return " one bar ago" if shift == 1 else f" {shift} bars ago"
