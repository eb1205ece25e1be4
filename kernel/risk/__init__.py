"""Risk: the decision about an order, sizes of orders, measures of portfolios, stress. Pure: no clock, no network."""

from kernel.risk.decision import (
    LEAST,
    OF_EQUITY,
    TARGETED,
    Exposure,
    Holding,
    Limit,
    OpenOrder,
    Place,
    Refusal,
    Rule,
    Standing,
    TradingState,
    decide,
    is_broken,
    is_reducing,
)
from kernel.risk.measures import Definition, TailRisk
from kernel.risk.sizing import SizingError

__all__ = [
    "LEAST",
    "OF_EQUITY",
    "TARGETED",
    "Definition",
    "Exposure",
    "Holding",
    "Limit",
    "OpenOrder",
    "Place",
    "Refusal",
    "Rule",
    "SizingError",
    "Standing",
    "TailRisk",
    "TradingState",
    "decide",
    "is_broken",
    "is_reducing",
]
