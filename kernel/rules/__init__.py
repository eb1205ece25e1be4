"""One typed JSON expression tree for conditions; a catalogue says which names a context knows."""

from kernel.rules.catalogue import PURE, Catalogue, Function, Output, Parameter, Unit, unit
from kernel.rules.check import MAX_DEPTH, MAX_LOOKBACK, MAX_NODES, Meaning, Problem, check, meaning
from kernel.rules.describe import describe
from kernel.rules.nodes import (
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Crossing,
    DecimalText,
    Group,
    Indicator,
    Not,
    Number,
    PriceField,
    Window,
)
from kernel.rules.problems import parse_condition, problems_of

__all__ = [
    "MAX_DEPTH",
    "MAX_LOOKBACK",
    "MAX_NODES",
    "PURE",
    "Arithmetic",
    "Catalogue",
    "Comparison",
    "Condition",
    "Constant",
    "Crossing",
    "DecimalText",
    "Function",
    "Group",
    "Indicator",
    "Meaning",
    "Not",
    "Number",
    "Output",
    "Parameter",
    "PriceField",
    "Problem",
    "Unit",
    "Window",
    "check",
    "describe",
    "meaning",
    "parse_condition",
    "problems_of",
    "unit",
]
