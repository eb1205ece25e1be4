"""The words of data quality: rules, alarms, limits, and the score of a stream."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Rule(StrEnum):
    """What can be wrong with market data."""

    SPIKE = "spike"
    """A price far outside what the series, and other venues, do at that time."""
    GAP = "gap"
    """Intervals without a candle, or a break in a sequence, while the market was open."""
    STALE = "stale"
    """The same figures again and again, or nothing when something was due."""
    CROSSED = "crossed"
    """A bid above the ask."""
    DUPLICATE = "duplicate"
    """The same candle, trade or message twice."""
    OUT_OF_ORDER = "out_of_order"
    """A time or a sequence number that goes back."""
    IMPOSSIBLE = "impossible"
    """No candle, trade or level can be so: a high below the body, a price of zero, not a number."""
    ZERO_VOLUME = "zero_volume"
    """A candle without volume in a series that trades."""
    OFF_GRID = "off_grid"
    """A price between two ticks of the instrument."""


HELD: Final = frozenset({Rule.SPIKE, Rule.CROSSED, Rule.IMPOSSIBLE})
"""What is never given to a strategy before somebody, or a later fact, has released it."""
WEIGHTS: Final = {
    Rule.SPIKE: 10,
    Rule.GAP: 5,
    Rule.STALE: 2,
    Rule.CROSSED: 10,
    Rule.DUPLICATE: 1,
    Rule.OUT_OF_ORDER: 2,
    Rule.IMPOSSIBLE: 10,
    Rule.ZERO_VOLUME: 1,
    Rule.OFF_GRID: 1,
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something wrong at `place` (row in the order of the recording, from 0) and `ts` (Unix ms)."""

    rule: Rule
    place: int
    ts: int
    detail: str


@dataclass(frozen=True, slots=True)
class Limits:
    """When something counts as wrong. Spike figures are robust z-scores and ratios, see `spikes`."""

    spike_z: float = 15.0
    spike_ratio: float = 4.0
    lone_spike_z: float = 60.0
    """For the newest candle: nobody knows yet whether its price comes back, and no other venue can be asked."""
    lone_spike_ratio: float = 8.0
    stale_repeats: int = 3
    """So many candles that repeat the one before in price and volume."""
    flat_repeats: int = 60
    """So many candles in one price, in series without volume."""


@dataclass(slots=True)
class Findings:
    """The alarms of one recording of `rows` rows; `missing` counts the candles that the gaps leave out."""

    rows: int
    alarms: list[Alarm] = field(default_factory=list)
    missing: int = 0

    def add(self, rule: Rule, place: int, ts: int, detail: str) -> None:
        """Note an alarm."""
        self.alarms.append(Alarm(rule, place, ts, detail))

    def counts(self) -> dict[str, int]:
        """Return how many alarms of each rule, only of those there are."""
        found: dict[str, int] = {}
        for alarm in self.alarms:
            found[alarm.rule.value] = found.get(alarm.rule.value, 0) + 1
        return dict(sorted(found.items()))

    def places(self, *rules: Rule) -> list[int]:
        """Return the rows that any of the rules (all without one) complain about, each once, rising."""
        return sorted({alarm.place for alarm in self.alarms if not rules or alarm.rule in rules})

    @property
    def share(self) -> float:
        """Return the share of rows with an alarm, 0 to 1."""
        return len(self.places()) / self.rows if self.rows else 0.0


def score(rows: int, counts: dict[str, int], missing: int = 0) -> int:
    """Return 0 (useless) to 100 (nothing wrong) of a stream: each alarm costs its weight, a missing candle 5.

    The cost is per hundred rows: 1 % of candles missing costs 5 points. Anything wrong costs at least one.
    """
    cost = sum(WEIGHTS[Rule(rule)] * count for rule, count in counts.items() if rule != Rule.GAP) + 5 * missing
    due = rows + missing
    return 100 if not cost else max(0, min(99, 100 - round(100 * cost / max(due, 1))))
