"""Steps that know the time: sessions by local clocks, and longer timeframes by their closed bars only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kernel.strategy.program import Columns, LiveBar, Registers, Step

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER: Final = 900_000
"""No zone changes its clocks inside a quarter of an hour."""
_MINUTE: Final = 60_000
_DAY: Final = 1_440
_THURSDAY: Final = 3
"""The day of the week of 1 January 1970, Monday being 0."""
_FIELDS: Final = ("open", "high", "low", "close", "volume")


@lru_cache(maxsize=200_000)
def _offset(zone: str, quarter: int) -> int:
    """Minutes the clocks of a zone are ahead of UTC."""
    moment = _EPOCH + timedelta(milliseconds=quarter * _QUARTER)
    found = moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
    return int(found.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class SessionStep(Step):
    """True where the bar closes inside the session; minutes count from local midnight."""

    zone: str
    days: tuple[int, ...]
    opens: int
    ends: int
    interval: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        closes = columns["ts"] + self.interval
        quarters, places = np.unique(closes // _QUARTER, return_inverse=True)
        offsets = np.array([_offset(self.zone, int(quarter)) for quarter in quarters], np.int64)
        local = closes // _MINUTE + (offsets[places] if len(offsets) else 0)
        return self._inside(local // _DAY, local % _DAY)

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        close = bar["ts"] + self.interval
        local = close // _MINUTE + _offset(self.zone, close // _QUARTER)
        return bool(self._inside(np.array([local // _DAY]), np.array([local % _DAY]))[0])

    def _inside(self, day: NDArray[np.int64], minute: NDArray[np.int64]) -> NDArray[np.bool_]:
        today = np.isin((day + _THURSDAY) % 7, self.days)
        if self.opens < self.ends:
            inside: NDArray[np.bool_] = today & (minute >= self.opens) & (minute < self.ends)
            return inside
        yesterday = np.isin((day + _THURSDAY - 1) % 7, self.days)
        past: NDArray[np.bool_] = (today & (minute >= self.opens)) | (yesterday & (minute < self.ends))
        return past


@dataclass(slots=True)
class _Longer:
    """What following a longer timeframe remembers: the bar being made, the inner program's states, the last value."""

    states: list[Any]
    group: int | None = None
    whole: bool = False
    bar: dict[str, int] = field(default_factory=dict)
    value: Any = None


@dataclass(frozen=True, slots=True)
class HigherStep(Step):
    """The register `output` of a program that runs on the closed bars of `interval`; it stays until the next.

    A bar counts as closed when its last bar of the base interval has, or, where that one is missing, when a later bar
    has. It is made of the bars that are there. The bar that history begins inside is left out.
    """

    steps: tuple[Step, ...]
    output: int
    interval: int
    base: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        inner, closing = self._longer_bars(columns)
        found: list[Any] = []
        for step in self.steps:
            found.append(step.history(inner, found))
        values = found[self.output]
        count = len(columns["ts"])
        if not len(closing):
            return np.zeros(count, values.dtype)
        seen = np.searchsorted(closing, np.arange(count), side="right")
        return values[np.maximum(seen - 1, 0)]

    def _longer_bars(self, columns: Columns) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.int64]]:
        """Columns of the closed longer bars, and the base bar at whose close each is known."""
        ts = columns["ts"]
        count, groups = len(ts), ts // self.interval
        starts = np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1]))) if count else np.empty(0, np.int64)
        if not count:
            return {name: columns[name] for name in ("ts", *_FIELDS)}, starts
        ends = np.concatenate((starts[1:], [count]))
        complete = ts[ends - 1] + self.base == (groups[starts] + 1) * self.interval
        closing = np.where(complete, ends - 1, ends)
        kept = closing < count
        kept[0] &= bool(ts[0] % self.interval == 0)
        return {
            "ts": (groups[starts] * self.interval)[kept],
            "open": columns["open"][starts][kept],
            "high": np.maximum.reduceat(columns["high"], starts)[kept],
            "low": np.minimum.reduceat(columns["low"], starts)[kept],
            "close": columns["close"][ends - 1][kept],
            "volume": np.add.reduceat(columns["volume"], starts)[kept],
        }, closing[kept]

    def start(self) -> Any:
        return _Longer([step.start() for step in self.steps])

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        group = bar["ts"] // self.interval
        if group != state.group:
            self._close(state)
            state.whole = state.group is not None or bar["ts"] % self.interval == 0
            state.group = group
            state.bar = {"ts": group * self.interval, **{name: bar[name] for name in _FIELDS}}
        else:
            made = state.bar
            made["high"], made["low"] = max(made["high"], bar["high"]), min(made["low"], bar["low"])
            made["close"], made["volume"] = bar["close"], made["volume"] + bar["volume"]
        if bar["ts"] + self.base == (group + 1) * self.interval:
            self._close(state)
        return state.value

    def _close(self, state: _Longer) -> None:
        """Give the bar that was made to the inner program, once."""
        if state.bar and state.whole:
            found: list[Any] = []
            for step, kept in zip(self.steps, state.states, strict=True):
                found.append(step.live(state.bar, found, kept))
            state.value = found[self.output]
        state.bar = {}

    def save(self, state: Any) -> Any:
        return {
            "states": [step.save(kept) for step, kept in zip(self.steps, state.states, strict=True)],
            "group": state.group,
            "whole": state.whole,
            "bar": state.bar,
            "value": state.value,
        }

    def load(self, saved: Any) -> Any:
        pairs = zip(self.steps, saved["states"], strict=True)
        states = [None if kept is None else step.load(kept) for step, kept in pairs]
        bar: Mapping[str, int] = saved["bar"]
        return _Longer(states, saved["group"], saved["whole"], dict(bar), saved["value"])
