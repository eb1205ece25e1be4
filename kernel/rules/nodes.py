"""The nodes of the expression tree, told apart by `kind`."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal, Union

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from kernel.money import parse_decimal


def plain_text(number: Decimal) -> str:
    """The shortest text of a Decimal without an exponent; equal numbers give equal texts."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


DecimalText = Annotated[
    Decimal,
    BeforeValidator(lambda value: parse_decimal(value, integer_digits=15, decimal_places=12)),
    PlainSerializer(plain_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[+-]?[0-9]{1,15}(\.[0-9]{1,12})?$", "examples": ["0.5"]}),
]
"""A Decimal written as text: at most 15 digits before the point and 12 after it."""

ParameterValue = Annotated[
    Decimal,
    BeforeValidator(lambda value: parse_decimal(value, integer_digits=9, decimal_places=6)),
    PlainSerializer(lambda number: int(number) if number == int(number) else plain_text(number)),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
]

Shift = Annotated[int, Field(strict=True, ge=0, le=2_000, description="Bars back in time; 0 is the bar just closed")]


class Node(BaseModel):
    """What all nodes share: immutable, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def children(self) -> Iterator[tuple[str, "Node"]]:
        """The nodes directly below, each with its path from this one."""
        return iter(())


class Constant(Node):
    """A number, in the unit that its place asks for (quote for prices, base for volumes)."""

    kind: Literal["constant"]
    value: DecimalText


class PriceField(Node):
    """A field of the bar (open, high, low, close, volume), `shift` bars ago."""

    kind: Literal["price"]
    field: str = Field(max_length=32)
    shift: Shift = 0


class Indicator(Node):
    """A function of the catalogue, `shift` bars ago. Empty `output` and `source` mean the first output and close."""

    kind: Literal["indicator"]
    name: str = Field(max_length=32)
    params: Mapping[str, ParameterValue] = Field(default_factory=dict, max_length=8)
    output: str | None = Field(default=None, max_length=32)
    source: str | None = Field(default=None, max_length=32)
    shift: Shift = 0


class _Binary(Node):
    left: "Number"
    right: "Number"

    def children(self) -> Iterator[tuple[str, Node]]:
        yield "left", self.left
        yield "right", self.right


class Arithmetic(_Binary):
    """Two numbers joined by + − × ÷. A division by zero has no value."""

    kind: Literal["add", "subtract", "multiply", "divide"]


class Comparison(_Binary):
    """True when the relation holds on the bar just closed. A number without a value makes it false."""

    kind: Literal["gt", "gte", "lt", "lte", "eq"]


class Crossing(_Binary):
    """True on the one bar where left gets above (below) right, having been equal or on the other side before."""

    kind: Literal["crosses_above", "crosses_below"]


class Group(Node):
    """`and`: every condition holds. `or`: at least one holds."""

    kind: Literal["and", "or"]
    conditions: tuple["Condition", ...] = Field(min_length=1, max_length=32)

    def children(self) -> Iterator[tuple[str, Node]]:
        for index, condition in enumerate(self.conditions):
            yield f"conditions[{index}]", condition


class Not(Node):
    """True when the condition does not hold."""

    kind: Literal["not"]
    condition: "Condition"

    def children(self) -> Iterator[tuple[str, Node]]:
        yield "condition", self.condition


class Window(Node):
    """`all`: the condition held on each of the last `bars` bars. `any`: it held on at least one of them."""

    kind: Literal["all", "any"]
    condition: "Condition"
    bars: int = Field(strict=True, ge=1, le=2_000)

    def children(self) -> Iterator[tuple[str, Node]]:
        yield "condition", self.condition


Number = Annotated[Union[Constant, PriceField, Indicator, Arithmetic], Field(discriminator="kind")]  # noqa: UP007
Condition = Annotated[Union[Comparison, Crossing, Group, Not, Window], Field(discriminator="kind")]  # noqa: UP007

for _model in (Arithmetic, Comparison, Crossing, Group, Not, Window):
    _model.model_rebuild()
