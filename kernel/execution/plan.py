"""What an execution algorithm is asked to do, in whole numbers: lots, ticks, milliseconds, basis points."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from kernel.instruments import Side

BASIS: Final = 10_000
MOST_SLICES: Final = 2_000
MOST_SIZE_JITTER: Final = 5_000
_MASK: Final = 2**64 - 1


class Algo(StrEnum):
    """How a large order is worked off."""

    TWAP = "twap"  # evenly over time
    VWAP = "vwap"  # over time as volume usually comes
    POV = "pov"  # a share of what trades
    ICEBERG = "iceberg"  # a small visible part after the other, at one price


class CatchUp(StrEnum):
    """What becomes of that which could not be sent in its time (pause, cap, outage)."""

    AT_ONCE = "at_once"  # with the next child
    SPREAD = "spread"  # evenly over the slices that are left
    LEAVE = "leave"  # not before the end


class Rest(StrEnum):
    """What becomes at the end of that which is left."""

    FINISH = "finish"  # sent, as far as the caps allow, within the grace
    LEAVE = "leave"  # left undone


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One parent order. Nothing in it changes after the start.

    `lots` is the whole size; `weights` are those of the slices of TWAP and VWAP (equal for TWAP). `participation_bps`
    is POV's target and everybody's cap: what is sent never exceeds this share of the market's volume since the start
    (0: no cap). `guard_bps` stops it while it works, when its mean price or the market is worse than the price at
    arrival by more (0: no guard). `limit_ticks` is the worst price of a child (0: none; an iceberg needs it).
    `display_lots` is what an iceberg shows. A child has at least `min_lots` and `min_worth` (lots × ticks), at most
    `max_lots` (0: no maximum). Jitter in basis points of a slice's time and size comes from `seed` alone. `end_ms` 0
    (icebergs only): no end. `pace_ms` is the least time between children, `grace_ms` how long after the end the rest
    may still be sent.
    Raises ValueError when the figures contradict each other.
    """

    algo: Algo
    side: Side
    lots: int
    start_ms: int
    end_ms: int = 0
    weights: tuple[int, ...] = ()
    participation_bps: int = 0
    limit_ticks: int = 0
    display_lots: int = 0
    guard_bps: int = 0
    min_lots: int = 1
    max_lots: int = 0
    min_worth: int = 0
    time_jitter_bps: int = 0
    size_jitter_bps: int = 0
    seed: int = 0
    catch_up: CatchUp = CatchUp.AT_ONCE
    rest: Rest = Rest.FINISH
    pace_ms: int = 1_000
    grace_ms: int = 60_000

    def __post_init__(self) -> None:
        if self.lots < self.min_lots or self.min_lots < 1 or 0 < self.max_lots < self.min_lots:
            raise ValueError("the sizes do not fit each other")
        if min(self.limit_ticks, self.min_worth, self.pace_ms, self.grace_ms, self.display_lots) < 0:
            raise ValueError("a figure is negative")
        if any(not 0 <= share <= BASIS for share in (self.participation_bps, self.time_jitter_bps, self.guard_bps)):
            raise ValueError("a share is outside 0 … 100 %")
        if not 0 <= self.size_jitter_bps <= MOST_SIZE_JITTER:
            raise ValueError("the size may be shifted by half at most")
        if self.end_ms <= self.start_ms and (self.end_ms or self.algo is not Algo.ICEBERG):
            raise ValueError("the end is not after the start")
        self._check_kind()

    def _check_kind(self) -> None:
        if self.algo in (Algo.TWAP, Algo.VWAP) and not (
            0 < len(self.weights) <= MOST_SLICES and min(self.weights) >= 0 and sum(self.weights) > 0
        ):
            raise ValueError("a schedule needs 1 to 2,000 slices with a weight")
        if self.algo is Algo.POV and not self.participation_bps:
            raise ValueError("participation needs a share")
        if self.algo is Algo.ICEBERG and not (self.limit_ticks and self.min_lots <= self.display_lots <= self.lots):
            raise ValueError("an iceberg needs a price, and a visible part within its size")

    def due_ms(self, index: int) -> int:
        """Return when slice `index` begins: its place on the even grid, later by its jitter; the end for the last."""
        if index >= len(self.weights):
            return self.end_ms
        span, count = self.end_ms - self.start_ms, len(self.weights)
        first = self.start_ms + span * index // count
        room = (self.start_ms + span * (index + 1) // count - first) * self.time_jitter_bps // BASIS
        return first + (drawn(self.seed, 2 * index) % room if room else 0)

    def slice_at(self, now_ms: int) -> int:
        """Return the slice that is due at a moment; -1 before the first, their number from the end on."""
        if now_ms >= self.end_ms:
            return len(self.weights)
        span, count = self.end_ms - self.start_ms, len(self.weights)
        index = min(count - 1, max(-1, (now_ms - self.start_ms) * count // span + 1))
        while index >= 0 and self.due_ms(index) > now_ms:
            index -= 1
        return index

    def cumulative(self) -> list[int]:
        """Return how many lots the schedule wants done before each slice, and at last all: slices + 1 numbers."""
        spread = 2 * self.size_jitter_bps + 1
        done, weights = 0, []
        for index, weight in enumerate(self.weights):
            shift = drawn(self.seed, 2 * index + 1) % spread - self.size_jitter_bps
            weights.append(weight * (BASIS + shift))
        total, levels = sum(weights), [0]
        for weight in weights:
            done += weight
            levels.append(self.lots * done // total)
        return levels


def drawn(seed: int, index: int) -> int:
    """Return number `index` of the series of a seed: 64 bits of SplitMix64 (Steele, Lea & Flood 2014)."""
    value = (seed + (index + 1) * 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def volume_curve(volumes: list[int], ts: list[int], *, first_ms: int, slice_ms: int, slices: int) -> tuple[int, ...]:
    """Return the weights of slices from past candles: the mean volume at the same time of day; all equal without any.

    `ts` are open times of the candles in ms, `first_ms` the start of the schedule. A slice that begins within a candle
    takes that candle's rate of volume, so that slices may be shorter or longer than candles.
    """
    day = 86_400_000
    step = min((later - earlier for earlier, later in pairwise(ts)), default=slice_ms)
    sums: dict[int, int] = {}
    counts: dict[int, int] = {}
    for moment, volume in zip(ts, volumes, strict=True):
        place = moment % day // step
        sums[place] = sums.get(place, 0) + volume
        counts[place] = counts.get(place, 0) + 1
    mean = {place: max(1, total // counts[place]) for place, total in sums.items()}
    usual = sum(mean.values()) // len(mean) if mean else 1
    found = []
    for index in range(slices):
        begin = first_ms + index * slice_ms
        places = range(begin // step, max(begin // step + 1, -(-(begin + slice_ms) // step)))
        rates = [mean.get(place * step % day // step, usual) for place in places]
        found.append(sum(rates) // len(rates))
    return tuple(found)
