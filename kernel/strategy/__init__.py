"""Strategies: a JSON document, compiled once, evaluated alike over history and live, and one decision function."""

from kernel.strategy.catalogue import MARKET
from kernel.strategy.compiler import CompiledStrategy, HistorySignals, LiveStrategy, Signals, compile_strategy
from kernel.strategy.decision import (
    QUOTE_SCALE,
    Account,
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
from kernel.strategy.examples import Example
from kernel.strategy.gallery import EXAMPLES
from kernel.strategy.lookahead import Leak, find_lookahead
from kernel.strategy.managed import Moment, decide_managed
from kernel.strategy.management import ExitRule, Kelly, RangeStop, RiskedRange, ScaleIn
from kernel.strategy.memory import Memory

__all__ = [
    "EXAMPLES",
    "MARKET",
    "QUOTE_SCALE",
    "Account",
    "CompiledStrategy",
    "Decision",
    "DecisionParameters",
    "Example",
    "ExitRule",
    "FixedQuantity",
    "FixedQuote",
    "HistorySignals",
    "Intent",
    "InvalidDocumentError",
    "Kelly",
    "Leak",
    "LiveStrategy",
    "Memory",
    "Moment",
    "PercentEquity",
    "RangeStop",
    "Reason",
    "Refusal",
    "RiskedRange",
    "ScaleIn",
    "Signals",
    "Sizing",
    "StrategyDocument",
    "compile_strategy",
    "decide",
    "decide_managed",
    "decision_parameters",
    "find_lookahead",
    "notional_units",
    "parse_document",
]
