"""What market strategies may say: the fields of a bar and the indicators."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kernel.indicators import INDICATORS
from kernel.rules import Catalogue, unit
from kernel.rules.nodes import Node

MARKET: Final = Catalogue(
    fields={
        "open": unit(price=1),
        "high": unit(price=1),
        "low": unit(price=1),
        "close": unit(price=1),
        "volume": unit(volume=1),
    },
    functions=INDICATORS,
)
"""Prices are in quote, volumes in base; indicators have the unit of their source or are pure numbers."""


def market_of(interval_ms: int, custom: Mapping[str, Node] | None = None) -> Catalogue:
    """MARKET for bars of one length (ms), with the numbers that a document has named."""
    return replace(MARKET, interval=interval_ms, custom=custom or {})
