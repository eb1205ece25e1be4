"""What market strategies may say: the fields of a bar and the indicators."""

from typing import Final

from kernel.indicators import INDICATORS
from kernel.rules import Catalogue, unit

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
