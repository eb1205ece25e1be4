"""What a context offers to expressions: fields, functions with bounded parameters, and units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kernel.rules.nodes import Node

Unit = tuple[tuple[str, int], ...]
"""Powers of base units, sorted by name and without zeros: (("price", 1),) is a price, () a pure number."""

PURE: Unit = ()


def unit(**powers: int) -> Unit:
    """The unit with these powers: `unit(price=1)`, `unit(price=1, volume=1)`, `unit()` for a pure number."""
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def product(left: Unit, right: Unit, sign: int = 1) -> Unit:
    """The unit of left × right, or of left ÷ right with `sign` -1."""
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) + sign * power
    return unit(**powers)


class Parameter(Protocol):
    """One parameter of a function with its bounds (both included)."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str:
        """`integer` or `decimal`."""
        ...

    @property
    def minimum(self) -> int | Decimal: ...
    @property
    def maximum(self) -> int | Decimal: ...
    @property
    def default(self) -> int | Decimal: ...


class Output(Protocol):
    """One series a function gives."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str:
        """`source` (the unit of the source field), `pure`, or a field's name whose unit it has."""
        ...


class Function(Protocol):
    """A named function of the context; kernel.indicators' definitions have this shape."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def parameters(self) -> Sequence[Parameter]: ...
    @property
    def outputs(self) -> Sequence[Output]: ...
    @property
    def takes_source(self) -> bool:
        """True when it is computed from one chosen field; False when it reads the whole bar."""
        ...

    def lookback(self, parameters: Mapping[str, int | Decimal]) -> int:
        """Bars that must precede a bar before the function has a value there."""
        ...

    def complaint(self, parameters: Mapping[str, int | Decimal]) -> str | None:
        """What is wrong with parameters that are each in bounds but contradict each other, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The fields (name -> unit) and functions (name -> definition) that expressions of one context may use.

    `interval` is the length of a bar in ms (0: unknown, so that no longer timeframe can be named); `custom` are the
    numbers that a document has given names.
    """

    fields: Mapping[str, Unit]
    functions: Mapping[str, Function]
    interval: int = 0
    custom: "Mapping[str, Node]" = field(default_factory=dict)
