"""What a venue says of its book, and by which rule its updates follow each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Level = tuple[str, str]


class Rule(StrEnum):
    """How an update proves that nothing is missing before it."""

    RANGE = "range"
    """It carries the numbers first..last; the first must not be above the number after ours (Binance spot)."""
    PREVIOUS = "previous"
    """It names the update before it (Binance futures, OKX, Deribit)."""
    STEP = "step"
    """Its number is ours and one (Bybit, Kraken futures)."""
    WHOLE = "whole"
    """Each update is the whole book, and a snapshot: whoever reads the venue for us keeps its sequence."""


@dataclass(frozen=True, slots=True)
class Update:
    """A snapshot or a difference. Levels are (price, quantity) as the venue wrote them; quantity 0 removes a level.

    `first` and `last` are the numbers it covers (equal where the venue has only one), `previous` the number before it
    where the venue says so, `ts` Unix ms of the venue.
    """

    first: int
    last: int
    bids: Sequence[Level]
    asks: Sequence[Level]
    previous: int | None = None
    ts: int = 0
    is_snapshot: bool = False
