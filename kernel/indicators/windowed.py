"""TA-Lib's functions over a window of fixed length: history and live make the same call on the same numbers.

The value at a bar is the last value TA-Lib gives for the `span` bars that end there, so it is the same wherever history
began, on a live bar and in a back-test, to the last bit. Inputs are whole ticks and 10^-8 base as floats.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import talib
from numpy.typing import NDArray
from talib import abstract

from kernel.indicators.talib_table import FUNCTIONS, PATTERNS

Values = Mapping[str, int | Decimal]
FADING_BARS: Final = 1_000
"""At most so many bars beyond the look-back feed a recursive function."""
COUNTED: Final = "bars"
"""The parameter of functions that add up from a first bar."""
_FIXED_FADE: Final = 400
_FUNCTION: Final[Any] = getattr(abstract, "Function")  # noqa: B009 (the stubs do not know it)
_KINDS_OF_AVERAGE: Final = "matype"
_RENAMED: Final = {
    "period": "timeperiod",
    "fast": "fastperiod",
    "slow": "slowperiod",
    "signal": "signalperiod",
    **{
        f"{short}_{side}": f"acceleration{long}{side}"
        for short, long in (("init", "init"), ("step", ""), ("max", "max"))
        for side in ("long", "short")
    },
}
_TALIB_NAMES: Final = {long: short for short, long in _RENAMED.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; parameters are (name, TA-Lib's default as text), outputs (name, unit)."""

    name: str
    title: str
    words: str
    inputs: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    memory: str


def _pairs(text: str, mark: str) -> tuple[tuple[str, str], ...]:
    found = [part.partition(mark) for part in text.split()]
    return tuple((_TALIB_NAMES.get(name, name), value) for name, _, value in found)


def _functions() -> dict[str, Row]:
    lines = FUNCTIONS.strip().splitlines()
    rows = {}
    for place in range(0, len(lines), 3):
        name, title, inputs, memory = (part.strip() for part in lines[place].split("|"))
        parameters, outputs = lines[place + 1].split("|")
        words = lines[place + 2].strip()
        pairs = _pairs(parameters, "="), _pairs(outputs, ":")
        rows[name] = Row(name, title, words, tuple(inputs.split()), *pairs, memory)
    return rows


def _patterns() -> dict[str, Row]:
    rows = {}
    for line in PATTERNS.strip().splitlines():
        name, title, penetration = (part.strip() for part in f"{line}||".split("|")[:3])
        words = f"The candle pattern “{title}”: above 0 where it speaks for a rise, below 0 for a fall, 0 elsewhere."
        parameters = (("penetration", penetration),) if penetration else ()
        bar = ("open", "high", "low", "close")
        rows[name] = Row(name, title, words, bar, parameters, (("value", "pure"),), "finite")
    return rows


ROWS: Final[Mapping[str, Row]] = MappingProxyType({**_functions(), **_patterns()})
"""Every function of the table by its name."""


def span(name: str, parameters: Values) -> int:
    """Bars that one call sees, the newest included."""
    return _span(name, tuple(sorted(parameters.items())))


@lru_cache(maxsize=4096)
def _span(name: str, parameters: tuple[tuple[str, int | Decimal], ...]) -> int:
    row, values = ROWS[name], dict(parameters)
    if row.memory == "counted":
        return int(values[COUNTED])
    # A Function keeps its parameters in itself, so each question gets one of its own.
    function = _FUNCTION(name)
    function.parameters = _arguments(row, values)
    bars = int(function.lookback) + 1
    averages = [value for key, value in values.items() if key.endswith(_KINDS_OF_AVERAGE)]
    if row.memory == "finite" and not any(averages):
        return bars
    periods = [int(value) for key, value in values.items() if value == int(value) and not key.endswith("matype")]
    fade = 21 * max(periods) + 100 if periods else _FIXED_FADE
    return bars + min(fade, FADING_BARS)


def history(
    name: str, parameters: Values, columns: Mapping[str, NDArray[np.int64]], source: str
) -> tuple[NDArray[np.float64], ...]:
    """Every output as float64[n], NaN before the first full window and where TA-Lib has no finite value."""
    row, width = ROWS[name], span(name, parameters)
    inputs = [columns[source if field == "source" else field].astype(np.float64) for field in row.inputs]
    count, arguments = len(inputs[0]), _arguments(row, parameters)
    function = getattr(talib, name)
    found = np.full((len(row.outputs), count), np.nan)
    for end in range(width, count + 1):
        found[:, end - 1] = _last(function(*(column[end - width : end] for column in inputs), **arguments))
    found[~np.isfinite(found)] = np.nan
    return tuple(found)


class Windowed:
    """The same one bar at a time: the last bars stand in a buffer of twice their number, so that no call copies."""

    __slots__ = ("_arguments", "_buffer", "_count", "_function", "_row", "_width")

    def __init__(self, name: str, parameters: Values) -> None:
        self._row, self._width = ROWS[name], span(name, parameters)
        self._arguments = _arguments(self._row, parameters)
        self._function = getattr(talib, name)
        self._buffer = np.zeros((len(self._row.inputs), 2 * self._width))
        self._count = 0

    def take(self, bar: Mapping[str, int], source: str) -> tuple[float | None, ...] | None:
        """Take the next closed bar; the outputs (None where there is no finite value), or None during warm-up."""
        place, width = self._count % self._width, self._width
        for line, field in zip(self._buffer, self._row.inputs, strict=True):
            line[place] = line[place + width] = bar[source if field == "source" else field]
        self._count += 1
        if self._count < width:
            return None
        first = self._count % width
        found = _last(self._function(*(line[first : first + width] for line in self._buffer), **self._arguments))
        return tuple(value if np.isfinite(value) else None for value in found)

    def state(self) -> dict[str, Any]:
        """The bars of the window, oldest first, as whole numbers."""
        kept = min(self._count, self._width)
        first = self._count % self._width if kept == self._width else 0
        return {"rows": self._buffer[:, first : first + kept].astype(np.int64).tolist()}

    def load(self, state: Mapping[str, Any]) -> None:
        """The reverse of `state`."""
        rows = np.array(state["rows"], np.float64).reshape(len(self._row.inputs), -1)
        self._count = rows.shape[1]
        self._buffer[:, : self._count] = rows
        self._buffer[:, self._width : self._width + self._count] = rows


def _arguments(row: Row, parameters: Values) -> dict[str, int | float]:
    """TA-Lib's own names and types."""
    return {
        _RENAMED.get(key, key): int(value) if isinstance(value, int) else float(value)
        for key, value in parameters.items()
        if key != COUNTED or row.memory != "counted"
    }


def _last(found: Any) -> tuple[float, ...]:
    return tuple(float(series[-1]) for series in (found if isinstance(found, tuple | list) else (found,)))
