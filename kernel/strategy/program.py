"""The steps a compiled condition consists of, each with its history form and its live form side by side.

A program is a list of steps in an order where operands come first; step i writes register i. Over history a register is
an array with one value a bar; live it is one value, None while it has none. Numbers are whole numbers whose scale the
compiler keeps (exact), or floats.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from kernel.indicators import UNDEFINED, compute, create, follow, relate, relate_integers, restore
from kernel.indicators.comparison import fits_int64, relations, relations_of_integers, settle, settled

Columns = Mapping[str, NDArray[np.int64]]
Registers = Sequence[Any]
LiveBar = Mapping[str, int]

_relate: Final = relate.py_func
_relate_integers: Final = relate_integers.py_func
_settle: Final = settle.py_func


@dataclass(frozen=True, slots=True)
class Step(ABC):
    """One step: `operands` are the registers it reads."""

    operands: ClassVar[tuple[str, ...]] = ()

    def reads(self) -> tuple[int, ...]:
        """The registers this step reads."""
        return tuple(getattr(self, name) for name in self.operands if getattr(self, name) >= 0)

    @abstractmethod
    def history(self, columns: Columns, registers: Registers) -> Any:
        """The register over all bars."""

    def start(self) -> Any:
        """The live state before the first bar (None: the step keeps nothing)."""
        return None

    @abstractmethod
    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        """The register for one more bar."""

    def save(self, state: Any) -> Any:
        """The live state as JSON values."""
        return list(state) if isinstance(state, deque) else state

    def load(self, saved: Any) -> Any:
        """The reverse of `save`."""
        return saved


@dataclass(frozen=True, slots=True)
class FieldStep(Step):
    """A field of the bar."""

    field: str

    def history(self, columns: Columns, registers: Registers) -> Any:
        return columns[self.field]

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        return bar[self.field]


@dataclass(frozen=True, slots=True)
class IndicatorStep(Step):
    """All outputs of an indicator as a tuple."""

    name: str
    parameters: tuple[tuple[str, Any], ...]
    source: str

    def history(self, columns: Columns, registers: Registers) -> Any:
        return compute(self.name, dict(self.parameters), columns, self.source)

    def start(self) -> Any:
        return create(self.name, dict(self.parameters))

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        return follow(state, bar, self.source)

    def save(self, state: Any) -> Any:
        return state.state()

    def load(self, saved: Any) -> Any:
        return restore(self.name, dict(self.parameters), saved)


@dataclass(frozen=True, slots=True)
class OutputStep(Step):
    """One output of an indicator."""

    operands = ("whole",)
    whole: int
    position: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        return registers[self.whole][self.position]

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        outputs = registers[self.whole]
        return None if outputs is None else outputs[self.position]


@dataclass(frozen=True, slots=True)
class ShiftStep(Step):
    """The value some bars ago."""

    operands = ("value",)
    value: int
    bars: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        values = registers[self.value]
        shifted = np.zeros_like(values)
        shifted[self.bars :] = values[: max(len(values) - self.bars, 0)]
        return shifted

    def start(self) -> Any:
        return deque()

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        state.append(registers[self.value])
        return state.popleft() if len(state) > self.bars else None

    def load(self, saved: Any) -> Any:
        return deque(saved)


@dataclass(frozen=True, slots=True)
class LinearStep(Step):
    """left × left_factor + right × right_factor + constant in whole numbers; right may be absent (-1)."""

    operands = ("left", "right")
    left: int
    left_factor: int
    right: int
    right_factor: int
    constant: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        total = scaled(registers[self.left], self.left_factor)
        if self.right >= 0:
            total = _added(total, scaled(registers[self.right], self.right_factor))
        return _added(total, np.array([self.constant], object if abs(self.constant) >= 2**62 else np.int64))

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        left = registers[self.left]
        right = registers[self.right] if self.right >= 0 else 0
        if left is None or right is None:
            return None
        return left * self.left_factor + right * self.right_factor + self.constant


@dataclass(frozen=True, slots=True)
class FloatStep(Step):
    """A whole number × its scale as a float."""

    operands = ("value",)
    value: int
    scale: float

    def history(self, columns: Columns, registers: Registers) -> Any:
        return registers[self.value].astype(np.float64) * self.scale

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        value = registers[self.value]
        return None if value is None else float(value) * self.scale


@dataclass(frozen=True, slots=True)
class ArithmeticStep(Step):
    """left ∘ right in floats; a missing register (-1) stands for the constant beside it.

    Sums and differences that cancel to noise become 0 (see kernel.indicators.comparison.settle); a division by zero or
    a result beyond the range of floats has no value.
    """

    operands = ("left", "right")
    kind: str
    left: int
    left_constant: float
    right: int
    right_constant: float

    def history(self, columns: Columns, registers: Registers) -> Any:
        length = len(next(iter(columns.values())))
        left, right = (
            registers[register] if register >= 0 else np.full(length, constant)
            for register, constant in ((self.left, self.left_constant), (self.right, self.right_constant))
        )
        with np.errstate(all="ignore"):
            result = _ARRAY_OPERATIONS[self.kind](left, right)
            if self.kind in {"add", "subtract"}:
                result = settled(result, np.maximum(np.abs(left), np.abs(right)))
        result[~np.isfinite(result)] = np.nan
        return result

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        left = registers[self.left] if self.left >= 0 else self.left_constant
        right = registers[self.right] if self.right >= 0 else self.right_constant
        if left is None or right is None or (self.kind == "divide" and right == 0.0):
            return None
        if self.kind == "multiply":
            result = left * right
        elif self.kind == "divide":
            result = left / right
        else:
            result = left + right if self.kind == "add" else left - right
            result = _settle(result, max(abs(left), abs(right)))
        return result if abs(result) < float("inf") else None


_ARRAY_OPERATIONS: Final = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide}


@dataclass(frozen=True, slots=True)
class RelateIntegersStep(Step):
    """The relation of left × left_factor to right × right_factor, exactly; without right (-1) it is right_factor."""

    operands = ("left", "right")
    left: int
    left_factor: int
    right: int
    right_factor: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        left = registers[self.left]
        right = registers[self.right] if self.right >= 0 else np.ones(1, np.int64)
        if fits_int64(left, self.left_factor) and fits_int64(right, self.right_factor):
            return relations_of_integers(left, self.left_factor, right, self.right_factor)
        first, second = scaled(left, self.left_factor), scaled(right, self.right_factor)
        return (first > second).astype(np.int8) - (first < second).astype(np.int8)

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        left = registers[self.left]
        right = registers[self.right] if self.right >= 0 else 1
        if left is None or right is None:
            return UNDEFINED
        return _relate_integers(left * self.left_factor, right * self.right_factor)


@dataclass(frozen=True, slots=True)
class RelateFloatsStep(Step):
    """The relation of two floats (equal within 1e-9); without right (-1) it is the constant."""

    operands = ("left", "right")
    left: int
    right: int
    right_constant: float

    def history(self, columns: Columns, registers: Registers) -> Any:
        right = registers[self.right] if self.right >= 0 else np.array([self.right_constant])
        return relations(registers[self.left], right)

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        left = registers[self.left]
        right = registers[self.right] if self.right >= 0 else self.right_constant
        return UNDEFINED if left is None or right is None else _relate(left, right)


@dataclass(frozen=True, slots=True)
class AcceptStep(Step):
    """True where the relation is one of `accepted`."""

    operands = ("relation",)
    relation: int
    accepted: tuple[int, ...]

    def history(self, columns: Columns, registers: Registers) -> Any:
        return _among(registers[self.relation], self.accepted)

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        return registers[self.relation] in self.accepted


@dataclass(frozen=True, slots=True)
class CrossStep(Step):
    """True where the relation becomes `direction`, having been equal or on the other side one bar before."""

    operands = ("relation",)
    relation: int
    direction: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        relation = registers[self.relation]
        crossed = np.zeros(len(relation), np.bool_)
        crossed[1:] = (relation[1:] == self.direction) & _among(relation[:-1], (0, -self.direction))
        return crossed

    def start(self) -> Any:
        return [UNDEFINED]

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        before, state[0] = state[0], registers[self.relation]
        return state[0] == self.direction and before in (0, -self.direction)


@dataclass(frozen=True, slots=True)
class GroupStep(Step):
    """Conjunction or disjunction."""

    kind: str
    parts: tuple[int, ...]

    def reads(self) -> tuple[int, ...]:
        return self.parts

    def history(self, columns: Columns, registers: Registers) -> Any:
        join = np.logical_and if self.kind == "and" else np.logical_or
        result = registers[self.parts[0]]
        for part in self.parts[1:]:
            result = join(result, registers[part])
        return result

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        values = (registers[part] for part in self.parts)
        return all(values) if self.kind == "and" else any(values)


@dataclass(frozen=True, slots=True)
class NotStep(Step):
    """Negation."""

    operands = ("condition",)
    condition: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        return ~registers[self.condition]

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        return not registers[self.condition]


@dataclass(frozen=True, slots=True)
class WindowStep(Step):
    """`all` or `any` over the last bars. The state counts the bars since the condition last failed (`all`) or held."""

    operands = ("condition",)
    kind: str
    condition: int
    bars: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        ends_run = registers[self.condition] == (self.kind == "any")
        positions = np.arange(len(ends_run))
        last_end = np.maximum.accumulate(np.where(ends_run, positions, -1))
        recent = positions - last_end < self.bars
        return ((last_end >= 0) & recent) if self.kind == "any" else ~((last_end >= 0) & recent)

    def start(self) -> Any:
        # Far enough in the past to be outside every window.
        return [self.bars]

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        ended = registers[self.condition] == (self.kind == "any")
        state[0] = 0 if ended else min(state[0] + 1, self.bars)
        return (state[0] < self.bars) == (self.kind == "any")


def scaled(values: NDArray[Any], factor: int) -> NDArray[Any]:
    """values × factor, in Python integers where int64 could overflow."""
    if factor == 1:
        return values
    product: NDArray[Any] = values * factor if fits_int64(values, factor) else values.astype(object) * factor
    return product


def integer_factors(left: Fraction, right: Fraction) -> tuple[int, int, Fraction]:
    """Whole a, b and a positive scale c with left = a·c and right = b·c, as small as possible."""
    denominator = math.lcm(left.denominator, right.denominator)
    first, second = int(left * denominator), int(right * denominator)
    divisor = math.gcd(first, second) or 1
    return first // divisor, second // divisor, Fraction(divisor, denominator)


def _added(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    narrow = fits_int64(left, 1) and fits_int64(right, 1)
    total: NDArray[Any] = left + right if narrow else left.astype(object) + right.astype(object)
    return total


def _among(relation: NDArray[np.int8], accepted: tuple[int, ...]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = relation == accepted[0]
    for value in accepted[1:]:
        found |= relation == value
    return found
