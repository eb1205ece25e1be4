"""Candles as a struct of integer arrays."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

INTERVALS: Final = MappingProxyType(
    {
        "1m": 60_000,
        "3m": 180_000,
        "5m": 300_000,
        "15m": 900_000,
        "30m": 1_800_000,
        "1h": 3_600_000,
        "2h": 7_200_000,
        "4h": 14_400_000,
        "6h": 21_600_000,
        "12h": 43_200_000,
        "1d": 86_400_000,
    }
)
"""Interval name -> milliseconds. Bars open at multiples of the interval since the Unix epoch (UTC)."""

VOLUME_SCALE: Final = 10**8
"""Volumes are whole numbers of 10^-8 base."""

# Every tick count below this is exact as a float64, so indicator code may convert without a loss.
_MAX_TICKS: Final = 2**52


class InvalidBarsError(ValueError):
    """The arrays do not describe candles: unequal lengths, times not rising, or a high below its body."""


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Closed candles, oldest first; every array is int64, one-dimensional, of one length, and read-only.

    `ts` is the open time in Unix milliseconds (UTC); open, high, low and close are in ticks (>= 1); `volume` is in
    10^-8 base (>= 0). Raises InvalidBarsError when times do not rise strictly or a price leaves low..high.
    """

    ts: NDArray[np.int64]
    open: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    close: NDArray[np.int64]
    volume: NDArray[np.int64]

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _int64_view(field.name, getattr(self, field.name)))
        if len({len(getattr(self, field.name)) for field in fields(self)}) != 1:
            raise InvalidBarsError("the arrays have different lengths")
        self._check_values()

    def _check_values(self) -> None:
        if not len(self):
            return
        if not bool(np.all(self.ts[1:] > self.ts[:-1])):
            raise InvalidBarsError("open times do not rise strictly")
        if int(self.low.min()) < 1 or int(self.high.max()) >= _MAX_TICKS:
            raise InvalidBarsError("a price is below one tick or above 2^52 ticks")
        if not bool(np.all(self.high >= np.maximum(self.open, self.close))):
            raise InvalidBarsError("a high is below the open or the close")
        if not bool(np.all(self.low <= np.minimum(self.open, self.close))):
            raise InvalidBarsError("a low is above the open or the close")
        if int(self.volume.min()) < 0:
            raise InvalidBarsError("a volume is negative")

    def __len__(self) -> int:
        return len(self.ts)

    def __getitem__(self, part: slice) -> "Bars":
        """Bars of a slice with step 1; the arrays are views of this object's memory."""
        if not isinstance(part, slice) or part.step not in (None, 1):
            raise TypeError("bars are sliced by a range with step 1")
        return self._trusted(tuple(getattr(self, field.name)[part] for field in fields(self)))

    def rows(self) -> Iterator[tuple[int, int, int, int, int, int]]:
        """(ts, open, high, low, close, volume) of each bar as Python integers."""
        columns = [getattr(self, field.name).tolist() for field in fields(self)]
        return zip(*columns, strict=True)

    def resample(self, interval_ms: int, base_ms: int | None = None) -> "Bars":
        """Bars of a longer interval, only where every bar of the base interval is present.

        `interval_ms` must be a multiple of the base interval, which is `base_ms` or, if None, the smallest distance of
        two open times. Groups are aligned to the Unix epoch. Raises ValueError when the intervals do not fit.
        """
        if base_ms is None:
            if len(self) < 2:
                raise ValueError("fewer than two bars do not show their interval: give base_ms")
            base_ms = int(np.diff(self.ts).min())
        if base_ms < 1 or interval_ms < base_ms or interval_ms % base_ms:
            raise ValueError(f"{interval_ms} ms is not a multiple of {base_ms} ms")
        if not len(self):
            return self
        if bool(np.any(self.ts % base_ms)):
            raise ValueError(f"open times are not multiples of {base_ms} ms")
        group = self.ts // interval_ms
        starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
        ends = np.concatenate((starts[1:], [len(self)]))
        complete = ends - starts == interval_ms // base_ms
        first, last = starts[complete], ends[complete] - 1
        if not len(first):
            return self[:0]
        return self._trusted(
            (
                group[first] * interval_ms,
                self.open[first],
                np.maximum.reduceat(self.high, starts)[complete],
                np.minimum.reduceat(self.low, starts)[complete],
                self.close[last],
                np.add.reduceat(self.volume, starts)[complete],
            )
        )

    @classmethod
    def of_checked(cls, table: NDArray[np.int64]) -> "Bars":
        """Bars over the six rows of an int64 table that was made of checked bars, without looking at each again."""
        return cls._trusted(tuple(table))

    @classmethod
    def _trusted(cls, columns: tuple[NDArray[np.int64], ...]) -> "Bars":
        """Bars from columns already known to be valid (a slice or a resampling), without checking them again."""
        bars = object.__new__(cls)
        for field, column in zip(fields(cls), columns, strict=True):
            view = column.view()
            view.flags.writeable = False
            object.__setattr__(bars, field.name, view)
        return bars


def _int64_view(name: str, values: Any) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1 or not (np.issubdtype(array.dtype, np.integer) or not array.size):
        raise InvalidBarsError(f"{name} must be a one-dimensional array of integers")
    view = np.ascontiguousarray(array, dtype=np.int64).view()
    view.flags.writeable = False
    return view
