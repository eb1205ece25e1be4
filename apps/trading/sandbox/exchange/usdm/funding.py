"""Recorded funding rates in turn: slot n (market time ÷ eight hours) has rate number n mod their count."""

import json
from pathlib import Path
from typing import Final

FUNDING_MS: Final = 8 * 3_600_000
_RATES: Final[dict[str, list[int]]] = json.loads(Path(__file__).with_name("funding_2025.json").read_text())


def slot_of(market_ms: int) -> int:
    """The funding slot that began at or before a market time."""
    return market_ms // FUNDING_MS


def rate_at(symbol: str, slot: int) -> int:
    """The rate settled at the begin of a slot, in units of 10^-8."""
    rates = _RATES[symbol]
    return rates[slot % len(rates)]
