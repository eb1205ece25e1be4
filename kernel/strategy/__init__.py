"""Strategies: a JSON document, compiled once, evaluated alike over history and live, and one decision function."""

from kernel.strategy.catalogue import MARKET
from kernel.strategy.compiler import CompiledStrategy, HistorySignals, LiveStrategy, Signals, compile_strategy
from kernel.strategy.decision import (
    QUOTE_SCALE,
    Decision,
    DecisionParameters,
    Intent,
    Reason,
    Refusal,
    decide,
    decision_parameters,
    notional_units,
)
from kernel.strategy.document import (
    FixedQuantity,
    FixedQuote,
    InvalidDocumentError,
    PercentEquity,
    Sizing,
    StrategyDocument,
    parse_document,
)
from kernel.strategy.examples import EXAMPLES, Example

__all__ = [
    "EXAMPLES",
    "MARKET",
    "QUOTE_SCALE",
    "CompiledStrategy",
    "Decision",
    "DecisionParameters",
    "Example",
    "FixedQuantity",
    "FixedQuote",
    "HistorySignals",
    "Intent",
    "InvalidDocumentError",
    "LiveStrategy",
    "PercentEquity",
    "Reason",
    "Refusal",
    "Signals",
    "Sizing",
    "StrategyDocument",
    "compile_strategy",
    "decide",
    "decision_parameters",
    "notional_units",
    "parse_document",
]
