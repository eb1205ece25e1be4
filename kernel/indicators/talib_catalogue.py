"""TA-Lib's functions as definitions of the catalogue, with bounds for each parameter."""

from decimal import Decimal
from functools import partial
from typing import Final

from kernel.indicators.definitions import Definition, OutputDefinition, ParameterDefinition, Parameters
from kernel.indicators.windowed import COUNTED, ROWS, Row, span

_LONGEST: Final = 250
_BOUNDS: Final = {
    "percentile": (Decimal(1), Decimal(99)),
    "nbdev": (Decimal("0.1"), Decimal(10)),
    "multiplier": (Decimal("0.1"), Decimal(10)),
    "fastlimit": (Decimal("0.01"), Decimal("0.99")),
    "slowlimit": (Decimal("0.01"), Decimal("0.99")),
    "vfactor": (Decimal(0), Decimal(1)),
    "penetration": (Decimal(0), Decimal(1)),
    "maximum": (Decimal("0.01"), Decimal(1)),
}
_SPEED: Final = (Decimal("0.001"), Decimal(1))
_WORDS: Final = {
    "period": "Number of bars",
    "fast": "Bars of the fast average",
    "slow": "Bars of the slow average",
    "signal": "Bars of the signal line",
    COUNTED: "How many bars are counted, the newest included",
    "penetration": "How far into the first body the last candle must reach, as a share",
    "percentile": "Which share of the values, in percent",
    "nbdev": "Half width of the band",
    "multiplier": "Half width of the band in average ranges",
    "maximum": "The fastest the stop may follow",
}
_AVERAGE_WORDS: Final = (
    "Kind: 0 simple, 1 exponential, 2 weighted, 3 double, 4 triple, 5 triangular, 6 Kaufman, 13 Wilder"
)
NOT_OFFERED: Final = {
    **dict.fromkeys(("ADD", "SUB", "MULT", "DIV"), "rules have + − × ÷ themselves"),
    **dict.fromkeys(
        ("ACOS", "ASIN", "ATAN", "CEIL", "COS", "COSH", "EXP", "FLOOR", "LN", "LOG10", "SIN", "SINH", "SQRT", "TAN",
         "TANH", "LINEARREG_ANGLE"),
        "its value depends on the unit of the price",
    ),
    **dict.fromkeys(("MAXINDEX", "MININDEX", "MINMAXINDEX"), "it gives a place in an array; AROON tells how long ago"),
    "MAVP": "it needs a series of periods",
}  # fmt: skip
"""What of TA-Lib is not in the catalogue, and why."""


def _bounds(name: str, default: str) -> tuple[int | Decimal, int | Decimal]:
    if name in _BOUNDS:
        return _BOUNDS[name]
    if name.endswith("matype"):
        return 0, max(6, int(default))
    if "." in default:
        return _SPEED
    return (1, 50) if name.endswith("bars") else (2, _LONGEST)


def _parameter(name: str, default: str) -> ParameterDefinition:
    minimum, maximum = _bounds(name, default)
    kind = "integer" if isinstance(minimum, int) else "decimal"
    words = _AVERAGE_WORDS if name.endswith("matype") else _WORDS.get(name, name.replace("_", " ").capitalize())
    value: int | Decimal = int(default) if kind == "integer" else Decimal(default)
    return ParameterDefinition(name, kind, minimum, maximum, value, words)


def _lookback(name: str, parameters: Parameters) -> int:
    return span(name, parameters) - 1


def _definition(row: Row) -> Definition:
    parameters = tuple(_parameter(name, default) for name, default in row.parameters)
    if row.memory == "counted":
        parameters += (ParameterDefinition(COUNTED, "integer", 2, 1_000, 100, _WORDS[COUNTED]),)
    outputs = tuple(
        OutputDefinition(name, unit, name.replace("_", " ").capitalize() if name != "value" else "The value")
        for name, unit in row.outputs
    )
    lookback = partial(_lookback, row.name)
    formula = f"TA-Lib {row.name} over a window of fixed length that ends with the bar"
    return Definition(
        row.name, row.title, row.words, formula, parameters, outputs, "source" in row.inputs, lookback, lookback
    )


DEFINITIONS: Final = tuple(_definition(row) for row in ROWS.values())
"""A definition for each function of the table."""
