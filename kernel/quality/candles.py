"""The checks of candles, in the order in which they were recorded."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernel.quality.findings import Findings, Limits, Rule
from kernel.quality.sessions import ALWAYS, SessionCalendar
from kernel.quality.spikes import Prices, find_spikes


@dataclass(frozen=True, slots=True)
class RawCandles:
    """Candles as somebody recorded them, believed in nothing: arrays of one length, `volume` None where unknown.

    `ts` is the open time in Unix ms, int64; the rest float64 in any unit.
    """

    ts: NDArray[np.int64]
    open: Prices
    high: Prices
    low: Prices
    close: Prices
    volume: Prices | None = None

    def __len__(self) -> int:
        return len(self.ts)

    def of(self, wanted: NDArray[np.bool_] | NDArray[np.int64]) -> "RawCandles":
        """Return the wanted ones: a mask, or places in the order they are wanted."""
        volume = None if self.volume is None else self.volume[wanted]
        return RawCandles(
            self.ts[wanted], self.open[wanted], self.high[wanted], self.low[wanted], self.close[wanted], volume
        )

    @property
    def columns(self) -> tuple[Prices, Prices, Prices, Prices]:
        """Open, high, low and close."""
        return self.open, self.high, self.low, self.close


def impossible(candles: RawCandles) -> NDArray[np.bool_]:
    """Return which candles cannot be: not a number, a price not above zero, a body outside low..high, volume < 0."""
    prices = np.stack(candles.columns)
    wrong = ~np.isfinite(prices).all(axis=0)
    with np.errstate(invalid="ignore"):
        wrong |= (prices <= 0).any(axis=0)
        wrong |= candles.high < np.maximum(candles.open, candles.close)
        wrong |= candles.low > np.minimum(candles.open, candles.close)
        if candles.volume is not None:
            wrong |= ~np.isfinite(candles.volume) | (candles.volume < 0)
    return np.asarray(wrong)


def check_candles(
    candles: RawCandles,
    step_ms: int,
    *,
    calendar: SessionCalendar = ALWAYS,
    limits: Limits | None = None,
    others: Sequence[RawCandles] = (),
) -> Findings:
    """Return what is wrong with candles of one series; `others` are the same series at other venues, in order.

    Duplicates, order and impossible candles are judged as recorded; gaps, spikes, stale and empty ones among what is
    left when these are taken out.
    """
    limits = limits or Limits()
    found = Findings(len(candles))
    if not len(candles):
        return found
    wrong = impossible(candles)
    for place in np.flatnonzero(wrong).tolist():
        found.add(Rule.IMPOSSIBLE, place, int(candles.ts[place]), _figures(candles, place))
    repeated, late = _order(candles.ts)
    for place in np.flatnonzero(repeated).tolist():
        found.add(Rule.DUPLICATE, place, int(candles.ts[place]), "this open time was there before")
    for place in np.flatnonzero(late).tolist():
        found.add(Rule.OUT_OF_ORDER, place, int(candles.ts[place]), "opens before the candle ahead of it")
    # Times first: an impossible candle is there, though nothing can be learnt from it, and leaves no gap.
    times = candles.ts if _rises(candles.ts) else np.unique(candles.ts)
    _gaps(found, candles.ts, times, step_ms, calendar)
    kept, places = _usable(candles, ~wrong & ~repeated)
    if len(kept):
        _still(found, kept, places, limits)
        theirs = [_aligned(kept.ts, other) for other in others]
        for place in np.flatnonzero(find_spikes(kept.columns, limits, others=theirs)).tolist():
            found.add(Rule.SPIKE, int(places[place]), int(kept.ts[place]), _figures(kept, place))
    found.alarms.sort(key=lambda alarm: (alarm.place, alarm.rule))
    return found


def _usable(candles: RawCandles, wanted: NDArray[np.bool_]) -> tuple[RawCandles, NDArray[np.int64]]:
    """Return the wanted candles in the order of time, and their places in the recording."""
    places = np.flatnonzero(wanted)
    if _rises(candles.ts):
        if len(places) == len(candles):
            return candles, places
    else:
        places = places[np.argsort(candles.ts[places], kind="stable")]
    columns = (_taken(column, places) for column in (candles.ts, *candles.columns, candles.volume))
    return RawCandles(*columns), places  # type: ignore[arg-type]


def _taken(column: NDArray[np.generic] | None, places: NDArray[np.int64]) -> NDArray[np.generic] | None:
    return None if column is None else column[places]


def _rises(ts: NDArray[np.int64]) -> bool:
    """Return whether each time is above the one before, as in almost every file: then nothing need be sorted."""
    return bool(np.all(ts[1:] > ts[:-1]))


def _order(ts: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which times were there before, and which are below an earlier one without being a repetition."""
    if _rises(ts):
        return np.zeros(len(ts), bool), np.zeros(len(ts), bool)
    repeated = np.ones(len(ts), bool)
    repeated[np.unique(ts, return_index=True)[1]] = False
    late = np.zeros(len(ts), bool)
    late[1:] = ts[1:] < np.maximum.accumulate(ts)[:-1]
    return repeated, late & ~repeated


def _gaps(
    found: Findings, recorded: NDArray[np.int64], times: NDArray[np.int64], step_ms: int, calendar: SessionCalendar
) -> None:
    places = np.flatnonzero(np.diff(times) > step_ms)
    if not len(places):
        return
    order = np.argsort(recorded, kind="stable")
    first = np.searchsorted(recorded[order], times)
    for place in places.tolist():
        left, right = int(times[place]), int(times[place + 1])
        missing = calendar.count_opens(left + step_ms, right, step_ms)
        if missing:
            found.missing += missing
            found.add(Rule.GAP, int(order[first[place + 1]]), left + step_ms, f"{missing} missing")


def _still(found: Findings, kept: RawCandles, places: NDArray[np.int64], limits: Limits) -> None:
    """Note candles that repeat the one before, and those without volume in a series that trades."""
    trades = kept.volume is not None and float(np.median(kept.volume)) > 0
    same = np.zeros(len(kept), bool)
    columns = [*kept.columns, kept.volume] if kept.volume is not None and trades else list(kept.columns)
    same[1:] = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    if kept.volume is not None and trades:
        empty = kept.volume == 0
        same &= ~empty
        for place in np.flatnonzero(empty).tolist():
            found.add(Rule.ZERO_VOLUME, int(places[place]), int(kept.ts[place]), "no volume")
    least = limits.stale_repeats if trades else limits.flat_repeats
    for start, length in _runs(same):
        if length >= least:
            detail = f"repeated {length} times"
            found.add(Rule.STALE, int(places[start]), int(kept.ts[start]), detail)


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (start, length) of each run of True."""
    edges = np.diff(np.concatenate(([0], mask.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return list(zip(starts.tolist(), (ends - starts).tolist(), strict=True))


def _aligned(ts: NDArray[np.int64], other: RawCandles) -> Prices:
    """Return the movements of another venue's candles at our times; NaN where it has none."""
    found = np.full(len(ts), np.nan)
    usable = other.of(~impossible(other))
    if len(usable) < 2:
        return found
    # One movement of the pair before..now, without the history: the first candle of theirs has no measure.
    before = np.concatenate((usable.open[:1], usable.close[:-1]))
    moves = np.maximum(np.log(usable.high / before), np.log(before / usable.low))
    place = np.minimum(np.searchsorted(usable.ts, ts), len(usable) - 1)
    known = usable.ts[place] == ts
    found[known] = moves[place[known]]
    return found


def _figures(candles: RawCandles, place: int) -> str:
    numbers = (float(column[place]) for column in candles.columns)
    return "open {:.10g}, high {:.10g}, low {:.10g}, close {:.10g}".format(*numbers)
