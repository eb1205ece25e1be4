"""Sides of a condition as the builder shows them: a kind, its numbers, what it is taken of, how many bars ago."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from kernel.indicators import INDICATORS, OWN, Definition
from kernel.rules import Constant, Indicator, PriceField
from kernel.rules.nodes import Node, plain_text
from kernel.strategy import MARKET

NUMBER: Final = "value"
USUAL: Final = (
    *(name for name in OWN if name not in ("MAX", "MIN")),
    "DEMA",
    "TEMA",
    "KAMA",
    "NATR",
    "ADX",
    "PLUS_DI",
    "MINUS_DI",
    "STOCH",
    "STOCHRSI",
    "CCI",
    "MFI",
    "OBV",
    "WILLR",
    "TRIX",
    "AROON",
    "SAR",
    "SUPERTREND",
    "LINEARREG",
    "AD",
    "VWAP",
    "DONCHIAN",
    "KC",
)
"""What the builder's list offers; rules as JSON may name every indicator."""
FIELDS: Final = tuple(MARKET.fields)


@dataclass(frozen=True, slots=True)
class OperandKind:
    """A choice of the first list: value, label, default numbers as text, how many numbers."""

    value: str
    label: str
    params: str
    count: int


@dataclass(frozen=True, slots=True)
class Operand:
    """One side as typed: `source` and `shift` are empty where the usual ones (close, this bar) are meant."""

    kind: str
    params: str = ""
    source: str = ""
    shift: str = ""
    error: str = ""

    @property
    def is_special(self) -> bool:
        """Whether it uses what the page folds away."""
        return self.source not in ("", "close") or bool(self.shift.strip("0 "))


def _kinds_of(definition: Definition) -> list[OperandKind]:
    defaults = ", ".join(plain_text(Decimal(item.default)) for item in definition.parameters)
    outputs = [output.name for output in definition.outputs]
    title = definition.title.lower()
    if len(outputs) == 1:
        return [OperandKind(definition.name, f"{definition.name}, {title}", defaults, len(definition.parameters))]
    return [
        OperandKind(
            f"{definition.name}.{name}", f"{definition.name} {name}, {title}", defaults, len(definition.parameters)
        )
        for name in outputs
    ]


KINDS: Final = (
    *(OperandKind(name, name.capitalize(), "", 0) for name in reversed(FIELDS) if name != "volume"),
    OperandKind("volume", "Volume", "", 0),
    OperandKind(NUMBER, "Number", "0", 1),
    *(kind for name in USUAL for kind in _kinds_of(INDICATORS[name])),
)
KNOWN: Final = {kind.value: kind for kind in KINDS}


def operand_of(node: Node) -> Operand | None:
    """Return a number of the rules as the builder shows it, or None for what it cannot show."""
    if isinstance(node, Constant):
        return Operand(NUMBER, plain_text(node.value))
    if isinstance(node, PriceField):
        return Operand(node.field, shift=str(node.shift) if node.shift else "")
    if not isinstance(node, Indicator):
        return None
    definition = INDICATORS[node.name]
    outputs = [output.name for output in definition.outputs]
    values = [Decimal(node.params.get(item.name, item.default)) for item in definition.parameters]
    kind = node.name if len(outputs) == 1 else f"{node.name}.{node.output or outputs[0]}"
    if kind not in KNOWN:
        return None
    return Operand(
        kind=kind,
        params=", ".join(plain_text(value) for value in values),
        source=node.source or "",
        shift=str(node.shift) if node.shift else "",
    )


class OperandError(ValueError):
    """What was typed on one side is not a number of the rules."""


def node_of(operand: Operand) -> dict[str, Any]:
    """Return the JSON of a side as typed; raises OperandError with a sentence for its reader.

    Bounds and units are the kernel's to judge.
    """
    if operand.kind not in KNOWN:
        raise OperandError("Choose from the list.")
    shift = _shift(operand.shift)
    if operand.kind == NUMBER:
        return _constant(operand, shift)
    if operand.kind in FIELDS:
        if operand.source:
            raise OperandError("A price or volume is not taken of another. Leave “of” empty.")
        return {"kind": "price", "field": operand.kind, "shift": shift}
    name, _, output = operand.kind.partition(".")
    given = [part.strip().replace("−", "-") for part in operand.params.split(",")]
    names = [parameter.name for parameter in INDICATORS[name].parameters]
    if len(given) != len(names) or not all(given):
        raise OperandError(_count_words(len(names)))
    return {
        "kind": "indicator",
        "name": name,
        "params": dict(zip(names, given, strict=True)),
        "output": output or None,
        "source": operand.source or None,
        "shift": shift,
    }


def _constant(operand: Operand, shift: int) -> dict[str, Any]:
    text = operand.params.strip().replace("−", "-")
    if "," in text:
        raise OperandError("Write the number with a point and without separators.")
    if not text:
        raise OperandError("Give a number.")
    if shift or operand.source:
        raise OperandError("A number is the same on every bar. Leave “of” and “bars ago” empty.")
    return {"kind": "constant", "value": text}


def _shift(text: str) -> int:
    stripped = text.strip()
    if not stripped:
        return 0
    if not (stripped.isascii() and stripped.isdigit() and len(stripped) <= 6):
        raise OperandError("“Bars ago” is a whole number, 0 or more.")
    return int(stripped)


def _count_words(need: int) -> str:
    return "Give one number." if need == 1 else f"Give {need} numbers, separated by commas."
