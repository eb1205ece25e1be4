"""From expression trees to a program: arithmetic stays exact as long as it can, and only then becomes floats."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from kernel.indicators import INDICATORS
from kernel.instruments import INTERVALS, VOLUME_SCALE
from kernel.rules import (
    PURE,
    Absolute,
    Arithmetic,
    Catalogue,
    Comparison,
    Constant,
    Crossing,
    Custom,
    Group,
    HigherCondition,
    HigherNumber,
    Indicator,
    Not,
    Pick,
    PriceField,
    Rolling,
    Sequence,
    Session,
    Unit,
    Window,
    meaning,
)
from kernel.rules.catalogue import product
from kernel.rules.check import parameters_of
from kernel.rules.nodes import Node
from kernel.strategy.catalogue import MARKET
from kernel.strategy.program import (
    AcceptStep,
    ArithmeticStep,
    CrossStep,
    FieldStep,
    FloatStep,
    GroupStep,
    IndicatorStep,
    LinearStep,
    NotStep,
    OutputStep,
    RelateFloatsStep,
    RelateIntegersStep,
    ShiftStep,
    Step,
    WindowStep,
    integer_factors,
)
from kernel.strategy.spans import PickStep, RangeStep, RollingStep
from kernel.strategy.timing import HigherStep, SessionStep

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ACCEPTED: Final = {"gt": (1,), "gte": (0, 1), "lt": (-1,), "lte": (-1, 0), "eq": (0,)}


class TickNeededError(ValueError):
    """The document names an absolute price, so it can only be compiled for an instrument with a known tick."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A number while compiling.

    A constant has `register` -1 and its value in `scale`, in the unit its place will ask for. An exact number is
    register × scale. A float number has scale None. Prices are in ticks and volumes in 10^-8 base.
    """

    register: int
    scale: Fraction | None
    unit: Unit

    @property
    def constant(self) -> bool:
        """True when no register holds it."""
        return self.register < 0


class Builder:
    """Collects the steps of all conditions of a document; equal steps are made once."""

    def __init__(self, tick: Decimal | None, catalogue: Catalogue = MARKET) -> None:
        self.tick = tick
        self.catalogue = catalogue
        self.steps: list[Step] = []
        self._known: dict[tuple[type[Step], Step], int] = {}

    def condition(self, node: Node) -> int:
        """The register (booleans) of a condition."""
        if isinstance(node, Comparison):
            return self._add(AcceptStep(self._relation(node), _ACCEPTED[node.kind]))
        if isinstance(node, Crossing):
            return self._add(CrossStep(self._relation(node), 1 if node.kind == "crosses_above" else -1))
        if isinstance(node, Group):
            return self._add(GroupStep(node.kind, tuple(self.condition(part) for part in node.conditions)))
        if isinstance(node, Not):
            return self._add(NotStep(self.condition(node.condition)))
        if isinstance(node, Window):
            return self._add(WindowStep(node.kind, self.condition(node.condition), node.bars))
        return self._timed(node)

    def _timed(self, node: Node) -> int:
        if isinstance(node, Sequence):
            return self._sequence(node)
        if isinstance(node, Session):
            days = tuple(sorted({_DAYS.index(day) for day in node.days}))
            return self._add(
                SessionStep(node.zone, days, _minutes(node.start), _minutes(node.end), self.catalogue.interval)
            )
        if isinstance(node, HigherCondition):
            inner = self._inner(node.timeframe)
            return self._higher(inner, inner.condition(node.condition))
        raise TypeError(f"not a condition: {type(node).__name__}")

    def true_range_sum(self, bars: int) -> int:
        """The register (whole ticks) of the sum of the last true ranges."""
        return self._add(RangeStep(bars))

    def _sequence(self, node: Sequence) -> int:
        """Each condition on a bar after the one before it held, at most `bars` bars later."""
        register = self.condition(node.conditions[0])
        for part in node.conditions[1:]:
            earlier = self._add(ShiftStep(self._add(WindowStep("any", register, node.bars)), 1))
            register = self._add(GroupStep("and", (earlier, self.condition(part))))
        return register

    def _inner(self, timeframe: str) -> "Builder":
        return Builder(self.tick, replace(self.catalogue, interval=INTERVALS[timeframe]))

    def _higher(self, inner: "Builder", register: int) -> int:
        return self._add(HigherStep(tuple(inner.steps), register, inner.catalogue.interval, self.catalogue.interval))

    def _add(self, step: Step) -> int:
        key = (type(step), step)
        if key not in self._known:
            self._known[key] = len(self.steps)
            self.steps.append(step)
        return self._known[key]

    def _number(self, node: Node) -> Operand:
        if isinstance(node, Constant):
            return Operand(-1, Fraction(node.value), PURE)
        if isinstance(node, PriceField):
            field = self._add(FieldStep(node.field))
            return Operand(self._shifted(field, node.shift), Fraction(1), self.catalogue.fields[node.field])
        if isinstance(node, Indicator):
            return self._indicator(node)
        if isinstance(node, Arithmetic):
            return self._arithmetic(node.kind, self._number(node.left), self._number(node.right))
        return self._made(node)

    def _made(self, node: Node) -> Operand:
        if isinstance(node, Pick):
            left, right = self._aligned(self._number(node.left), self._number(node.right))
            if left.constant and right.constant:
                pick = min if node.kind == "lower_of" else max
                return Operand(-1, pick(left.scale or Fraction(0), right.scale or Fraction(0)), PURE)
            return self._picked(node.kind, left, right)
        if isinstance(node, Absolute):
            value = self._number(node.value)
            return self._picked("higher_of", value, self._negated(value))
        if isinstance(node, Rolling):
            return self._rolling(node, self._number(node.value))
        if isinstance(node, Custom):
            value = self._number(self.catalogue.custom[node.name])
            return replace(value, register=self._shifted(value.register, node.shift))
        if isinstance(node, HigherNumber):
            inner = self._inner(node.timeframe)
            value = inner._number(node.value)
            return replace(value, register=self._higher(inner, value.register))
        raise TypeError(f"not a number: {type(node).__name__}")

    def _picked(self, kind: str, left: Operand, right: Operand) -> Operand:
        first, second = self._float(left), self._float(right)
        register = self._add(PickStep(kind, first[0], first[1], second[0], second[1]))
        return Operand(register, None, left.unit or right.unit)

    def _rolling(self, node: Rolling, value: Operand) -> Operand:
        function = "sum" if node.function == "mean" else node.function
        if value.scale is not None and value.scale < 0 and function != "sum":
            # The register holds the number with its sign turned.
            function = "lowest" if function == "highest" else "highest"
        register = self._add(RollingStep(function, value.register, node.bars, value.scale is not None))
        if node.function != "mean":
            return replace(value, register=register)
        if value.scale is not None:
            return Operand(register, value.scale / node.bars, value.unit)
        return Operand(self._add(ArithmeticStep("divide", register, 0.0, -1, float(node.bars))), None, value.unit)

    def _shifted(self, register: int, bars: int) -> int:
        return self._add(ShiftStep(register, bars)) if bars else register

    def _indicator(self, node: Indicator) -> Operand:
        definition = INDICATORS[node.name]
        parameters = parameters_of(node, definition)
        names = [output.name for output in definition.outputs]
        position = names.index(node.output) if node.output else 0
        whole = self._add(IndicatorStep(node.name, tuple(parameters.items()), node.source or "close"))
        register = self._shifted(self._add(OutputStep(whole, position)), node.shift)
        scale_of = definition.outputs[position].scale
        scale = None if scale_of is None else scale_of(parameters)
        return Operand(register, scale, meaning(node, self.catalogue).unit or PURE)

    def _arithmetic(self, kind: str, left: Operand, right: Operand) -> Operand:
        if left.constant and right.constant:
            return self._folded(kind, left, right)
        if kind in {"add", "subtract"}:
            return self._sum(kind, *self._aligned(left, right))
        result_unit = product(left.unit, right.unit, 1 if kind == "multiply" else -1)
        exact = self._rescaled(kind, left, right)
        if exact is not None:
            return Operand(exact.register, exact.scale, result_unit)
        return Operand(self._in_floats(kind, left, right), None, result_unit)

    def _folded(self, kind: str, left: Operand, right: Operand) -> Operand:
        first, second = left.scale or Fraction(0), right.scale or Fraction(0)
        if kind == "divide":
            return Operand(-1, first / second, PURE)
        if kind == "multiply":
            return Operand(-1, first * second, PURE)
        return Operand(-1, first + second if kind == "add" else first - second, PURE)

    def _rescaled(self, kind: str, left: Operand, right: Operand) -> Operand | None:
        """An exact number times or divided by a constant stays exact: only its scale changes."""
        if right.constant and left.scale is not None and right.scale:
            factor = right.scale if kind == "multiply" else 1 / right.scale
            return Operand(left.register, left.scale * factor, left.unit)
        if left.constant and kind == "multiply" and right.scale is not None and left.scale:
            return Operand(right.register, right.scale * left.scale, right.unit)
        return None

    def _aligned(self, left: Operand, right: Operand) -> tuple[Operand, Operand]:
        """Both in the same unit: a constant takes the other's."""
        if left.constant:
            return self._in_unit(left, right.unit), right
        if right.constant:
            return left, self._in_unit(right, left.unit)
        return left, right

    def _in_unit(self, constant: Operand, wanted: Unit) -> Operand:
        value = constant.scale or Fraction(0)
        powers: Mapping[str, int] = dict(wanted)
        if value and powers.get("price"):
            if self.tick is None:
                raise TickNeededError("the document compares with an absolute price: give the instrument's tick")
            value /= Fraction(self.tick) ** powers["price"]
        value *= Fraction(VOLUME_SCALE) ** powers.get("volume", 0)
        return Operand(-1, value, wanted)

    def _sum(self, kind: str, left: Operand, right: Operand) -> Operand:
        result_unit = left.unit or right.unit
        if left.scale is None or right.scale is None:
            return Operand(self._in_floats(kind, left, right), None, result_unit)
        sign = 1 if kind == "add" else -1
        if left.constant:
            factor, constant, scale = integer_factors(sign * right.scale, left.scale)
            return Operand(self._add(LinearStep(right.register, factor, -1, 0, constant)), scale, result_unit)
        if right.constant:
            factor, constant, scale = integer_factors(left.scale, sign * right.scale)
            return Operand(self._add(LinearStep(left.register, factor, -1, 0, constant)), scale, result_unit)
        first, second, scale = integer_factors(left.scale, sign * right.scale)
        return Operand(self._add(LinearStep(left.register, first, right.register, second, 0)), scale, result_unit)

    def _in_floats(self, kind: str, left: Operand, right: Operand) -> int:
        first, second = self._float(left), self._float(right)
        return self._add(ArithmeticStep(kind, first[0], first[1], second[0], second[1]))

    def _float(self, operand: Operand) -> tuple[int, float]:
        """(register, 0) of the operand as a float, or (-1, value) of a constant."""
        if operand.constant:
            return -1, float(operand.scale or 0)
        if operand.scale is None:
            return operand.register, 0.0
        return self._add(FloatStep(operand.register, float(operand.scale))), 0.0

    def _relation(self, node: Comparison | Crossing) -> int:
        left, right = self._aligned(self._number(node.left), self._number(node.right))
        if left.constant:
            # Relations are computed with the constant on the right; negating both sides turns the sign back.
            return self._relate(self._negated(right), self._negated(left))
        return self._relate(left, right)

    def _negated(self, operand: Operand) -> Operand:
        if operand.scale is not None:
            return Operand(operand.register, -operand.scale, operand.unit)
        return Operand(self._add(ArithmeticStep("multiply", operand.register, 0.0, -1, -1.0)), None, operand.unit)

    def _relate(self, left: Operand, right: Operand) -> int:
        if left.scale is not None and right.scale is not None:
            first, second, _ = integer_factors(left.scale, right.scale)
            return self._add(RelateIntegersStep(left.register, first, right.register, second))
        (first_register, _), (second_register, constant) = self._float(left), self._float(right)
        return self._add(RelateFloatsStep(first_register, second_register, constant))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def last_uses(steps: list[Step], kept: tuple[int, ...]) -> list[list[int]]:
    """For each step the registers nobody reads after it (so that history can free their memory)."""
    last: dict[int, Any] = {}
    for index, step in enumerate(steps):
        for register in (index, *step.reads()):
            last[register] = index
    result: list[list[int]] = [[] for _ in steps]
    for register, index in last.items():
        if register not in kept:
            result[index].append(register)
    return result
