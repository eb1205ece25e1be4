"""What an indicator is: parameters with bounds, outputs with units, how far it looks back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Parameters = Mapping[str, int | Decimal]


@dataclass(frozen=True, slots=True)
class ParameterDefinition:
    """A parameter: `kind` is `integer` or `decimal`; bounds are included."""

    name: str
    kind: str
    minimum: int | Decimal
    maximum: int | Decimal
    default: int | Decimal
    description: str


@dataclass(frozen=True, slots=True)
class OutputDefinition:
    """A series: `unit` is `source`, `pure`, a field's name, or two of them joined by * or /.

    `scale` is None for floats. An exact output is whole numbers that mean value × scale(parameters).
    """

    name: str
    unit: str
    description: str
    scale: Callable[[Parameters], Fraction] | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator. `takes_source`: computed from one field of the bar (else from high, low and close)."""

    name: str
    title: str
    description: str
    source_of_formula: str
    parameters: tuple[ParameterDefinition, ...]
    outputs: tuple[OutputDefinition, ...]
    takes_source: bool
    lookback_of: Callable[[Parameters], int]
    memory_of: Callable[[Parameters], int]
    complaint_of: Callable[[Parameters], str | None] = lambda _: None

    def lookback(self, parameters: Parameters) -> int:
        """Bars that must precede the first bar with a value."""
        return self.lookback_of(parameters)

    def memory(self, parameters: Parameters) -> int:
        """Bars after which the value no longer depends (to 1e-9) on where history began."""
        return self.memory_of(parameters)

    def complaint(self, parameters: Parameters) -> str | None:
        """What is wrong with the parameters together, or None."""
        return self.complaint_of(parameters)

    def defaults(self) -> dict[str, int | Decimal]:
        """Each parameter at its default."""
        return {parameter.name: parameter.default for parameter in self.parameters}
