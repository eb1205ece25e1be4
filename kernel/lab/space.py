"""Which numbers of a strategy document may change, and the points of that space."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np

from kernel.rules.nodes import plain_text

MOST_DIMENSIONS: Final = 6
MOST_VALUES: Final = 500
MOST_POINTS: Final = 1_000_000
_STEP: Final = re.compile(r"(?:^|\.)([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")

Parameters = dict[str, str]
"""Name of a dimension -> its value as plain decimal text."""


class SpaceError(ValueError):
    """The space is empty, too large, or names a number that the document does not have."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One number that is tried with several values; `paths` are the places of the document that take it together."""

    name: str
    paths: tuple[str, ...]
    values: tuple[Decimal, ...]

    def __post_init__(self) -> None:
        if not self.name or not self.paths:
            raise SpaceError("a dimension needs a name and a place in the document")
        if not 1 <= len(self.values) <= MOST_VALUES:
            raise SpaceError(f"{self.name}: give 1 to {MOST_VALUES} values")
        if len(set(self.values)) != len(self.values) or not all(value.is_finite() for value in self.values):
            raise SpaceError(f"{self.name}: every value must be a number, and named once")

    @classmethod
    def stepped(cls, name: str, paths: Sequence[str], low: Decimal, high: Decimal, step: Decimal) -> "Dimension":
        """The values low, low + step … up to `high`. Raises SpaceError when there are none or too many."""
        if not all(item.is_finite() for item in (low, high, step)) or step <= 0 or high < low:
            raise SpaceError(f"{name}: the highest value must not be below the lowest, and the step above zero")
        if (high - low) / step >= MOST_VALUES:
            raise SpaceError(f"{name}: give 1 to {MOST_VALUES} values")
        count = int((high - low) // step) + 1
        return cls(name, tuple(paths), tuple(low + step * place for place in range(count)))


@dataclass(frozen=True, slots=True)
class Space:
    """The product of its dimensions; a point is a number 0 … size − 1, the last dimension running fastest."""

    dimensions: tuple[Dimension, ...]

    def __post_init__(self) -> None:
        names = [item.name for item in self.dimensions]
        paths = [path for item in self.dimensions for path in item.paths]
        if not 1 <= len(names) <= MOST_DIMENSIONS:
            raise SpaceError(f"give 1 to {MOST_DIMENSIONS} numbers to try")
        if len(set(names)) != len(names) or len(set(paths)) != len(paths):
            raise SpaceError("a name or a place of the document is given twice")
        if self.size > MOST_POINTS:
            raise SpaceError(f"these ranges have {self.size:,} combinations; at most {MOST_POINTS:,} are possible")

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each dimension has."""
        return tuple(len(item.values) for item in self.dimensions)

    @property
    def size(self) -> int:
        """How many points there are."""
        return math.prod(self.shape)

    def places(self, point: int) -> tuple[int, ...]:
        """The place of a point on each dimension. Raises IndexError outside the space."""
        if not 0 <= point < self.size:
            raise IndexError(point)
        found = []
        for length in reversed(self.shape):
            point, place = divmod(point, length)
            found.append(place)
        return tuple(reversed(found))

    def point_at(self, places: Sequence[int]) -> int:
        """The reverse of `places`."""
        point = 0
        for place, length in zip(places, self.shape, strict=True):
            point = point * length + place
        return point

    def parameters(self, point: int) -> Parameters:
        """The values of a point by name."""
        chosen = zip(self.dimensions, self.places(point), strict=True)
        return {item.name: plain_text(item.values[place]) for item, place in chosen}

    def neighbours(self, point: int) -> Iterator[int]:
        """Points one step away on one dimension."""
        places = self.places(point)
        for axis, length in enumerate(self.shape):
            for place in (places[axis] - 1, places[axis] + 1):
                if 0 <= place < length:
                    yield self.point_at((*places[:axis], place, *places[axis + 1 :]))

    def drawn(self, seed: int, count: int) -> list[int]:
        """`count` different points (all of them when there are fewer), drawn evenly; equal seeds, equal points."""
        generator = np.random.default_rng(seed)
        drawn: list[int] = generator.permutation(self.size)[:count].tolist()
        return drawn

    def document(self, data: Mapping[str, Any], point: int) -> dict[str, Any]:
        """A copy of the document's JSON with the values of a point. Raises SpaceError for a place that is not there.

        A whole value goes where a whole number stands as one; everything else is written as text. Whether the document
        is still valid is for kernel.strategy.parse_document to say.
        """
        # Written out and read back: a part that stands in two places becomes two parts.
        changed: dict[str, Any] = json.loads(json.dumps(data))
        for item, place in zip(self.dimensions, self.places(point), strict=True):
            for path in item.paths:
                _put(changed, path, item.values[place])
        return changed


def read_number(data: Mapping[str, Any], path: str) -> Decimal | None:
    """The number at a place of the document's JSON; None where it is switched off. Raises SpaceError."""
    holder, key = _holder(data, path)
    value = holder[key]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise SpaceError(f"{path} is not a number")
    try:
        return Decimal(value)
    except ArithmeticError:
        raise SpaceError(f"{path} is not a number") from None


def _put(data: dict[str, Any], path: str, value: Decimal) -> None:
    read_number(data, path)
    holder, key = _holder(data, path)
    whole = isinstance(holder[key], int) and value == value.to_integral_value()
    holder[key] = int(value) if whole else plain_text(value)


def _holder(data: Any, path: str) -> tuple[Any, Any]:
    """What holds the value at `path`, and under which key."""
    steps: list[str | int] = []
    end = 0
    for match in _STEP.finditer(path):
        if match.start() != end:
            break
        steps.append(match[1] if match[2] is None else int(match[2]))
        end = match.end()
    if not steps or end != len(path):
        raise SpaceError(f"{path!r} is not a place of a document")
    try:
        for step in steps[:-1]:
            data = data[step]
        data[steps[-1]]
    except (KeyError, IndexError, TypeError):
        raise SpaceError(f"the document has nothing at {path}") from None
    return data, steps[-1]
