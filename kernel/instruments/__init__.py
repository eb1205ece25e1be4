"""What is traded and what was traded: instrument rules in integers and candles as arrays."""

from kernel.instruments.bars import INTERVALS, VOLUME_SCALE, Bars, InvalidBarsError
from kernel.instruments.contracts import is_perpetual, market_of, perpetual_of
from kernel.instruments.hours import HOURS, TradingHours
from kernel.instruments.spec import Filter, InstrumentSpec, OffGridError, Side

__all__ = [
    "HOURS",
    "INTERVALS",
    "VOLUME_SCALE",
    "Bars",
    "Filter",
    "InstrumentSpec",
    "InvalidBarsError",
    "OffGridError",
    "Side",
    "TradingHours",
    "is_perpetual",
    "market_of",
    "perpetual_of",
]
