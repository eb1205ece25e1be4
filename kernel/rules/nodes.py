"""The nodes of the expression tree, told apart by `kind`."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Literal, Union
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, field_validator

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


class Pick(_Binary):
    """The smaller or the larger of two numbers."""

    kind: Literal["lower_of", "higher_of"]


class Absolute(Node):
    """A number without its sign."""

    kind: Literal["absolute"]
    value: "Number"

    def children(self) -> Iterator[tuple[str, Node]]:
        yield "value", self.value


class Rolling(Node):
    """The mean, sum, largest or smallest of a number over the last `bars` bars."""

    kind: Literal["rolling"]
    function: Literal["mean", "sum", "highest", "lowest"]
    value: "Number"
    bars: int = Field(strict=True, ge=2, le=500)

    def children(self) -> Iterator[tuple[str, Node]]:
        yield "value", self.value


class Custom(Node):
    """A number that the document has given a name under `indicators`, `shift` bars ago."""

    kind: Literal["custom"]
    name: str = Field(max_length=32)
    shift: Shift = 0


class HigherNumber(Node):
    """A number on the last closed bar of a longer timeframe: it stays until the next such bar has closed."""

    kind: Literal["on_timeframe"]
    timeframe: str = Field(max_length=4)
    value: "Number"

    def children(self) -> Iterator[tuple[str, Node]]:
        yield "value", self.value


class HigherCondition(Node):
    """A condition on the last closed bar of a longer timeframe: true until the next such bar has closed."""

    kind: Literal["holds_on_timeframe"]
    timeframe: str = Field(max_length=4)
    condition: "Condition"

    def children(self) -> Iterator[tuple[str, Node]]:
        yield "condition", self.condition


class Sequence(Node):
    """True on the bar where the last condition holds, each having held within `bars` bars after the one before it."""

    kind: Literal["sequence"]
    conditions: tuple["Condition", ...] = Field(min_length=2, max_length=6)
    bars: int = Field(strict=True, ge=1, le=500)

    def children(self) -> Iterator[tuple[str, Node]]:
        for index, condition in enumerate(self.conditions):
            yield f"conditions[{index}]", condition


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


@cache
def _zones() -> set[str]:
    # The library looks through its files at every call.
    return available_timezones()


class Session(Node):
    """True when the bar closes on one of `days` from `start` to before `end`, by the clocks of `zone`.

    A session whose end is not after its start goes on past midnight and belongs to the day it started on.
    """

    kind: Literal["session"]
    zone: str = Field(default="UTC", max_length=64)
    days: tuple[Day, ...] = Field(default=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), min_length=1, max_length=7)
    start: ClockTime = "00:00"
    end: ClockTime = "00:00"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError(f"unknown time zone {value!r}; write one like Europe/Berlin, or UTC")
        return value


Number = Annotated[
    Union[Constant, PriceField, Indicator, Arithmetic, Pick, Absolute, Rolling, Custom, HigherNumber],  # noqa: UP007
    Field(discriminator="kind"),
]
Condition = Annotated[
    Union[Comparison, Crossing, Group, Not, Window, Sequence, Session, HigherCondition],  # noqa: UP007
    Field(discriminator="kind"),
]

_RECURSIVE = (Arithmetic, Comparison, Crossing, Group, Not, Window, Pick, Absolute, Rolling, Sequence)
for _model in (*_RECURSIVE, HigherNumber, HigherCondition):
    _model.model_rebuild()
