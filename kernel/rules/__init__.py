"""One typed JSON expression tree for conditions; a catalogue says which names a context knows."""

from kernel.rules.catalogue import PURE, Catalogue, Function, Output, Parameter, Unit, unit
from kernel.rules.check import MAX_DEPTH, MAX_LOOKBACK, MAX_NODES, Meaning, Problem, check, meaning
from kernel.rules.describe import describe
from kernel.rules.moment import MOMENT, WORDS, Figures, fields_of, holds, moment_words, parse_moment
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
    "MOMENT",
    "PURE",
    "WORDS",
    "Arithmetic",
    "Catalogue",
    "Comparison",
    "Condition",
    "Constant",
    "Crossing",
    "DecimalText",
    "Figures",
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
    "fields_of",
    "holds",
    "meaning",
    "moment_words",
    "parse_condition",
    "parse_moment",
    "problems_of",
    "unit",
]
