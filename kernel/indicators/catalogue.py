"""What indicators exist: parameters with bounds, outputs, warm-up, and a description in plain words."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final

Parameters = Mapping[str, int | Decimal]


@dataclass(frozen=True, slots=True)
class ParameterDefinition:
    """A parameter: `kind` is `integer` or `decimal`; bounds are included."""

    name: str
    kind: str
    minimum: int | Decimal
    maximum: int | Decimal
    default: int | Decimal
    description: str


@dataclass(frozen=True, slots=True)
class OutputDefinition:
    """A series: `unit` is `source`, `pure` or a field's name.

    `scale` is None for floats. An exact output is whole numbers that mean value × scale(parameters).
    """

    name: str
    unit: str
    description: str
    scale: Callable[[Parameters], Fraction] | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator. `takes_source`: computed from one field of the bar (else from high, low and close)."""

    name: str
    title: str
    description: str
    source_of_formula: str
    parameters: tuple[ParameterDefinition, ...]
    outputs: tuple[OutputDefinition, ...]
    takes_source: bool
    lookback_of: Callable[[Parameters], int]
    memory_of: Callable[[Parameters], int]
    complaint_of: Callable[[Parameters], str | None] = lambda _: None

    def lookback(self, parameters: Parameters) -> int:
        """Bars that must precede the first bar with a value."""
        return self.lookback_of(parameters)

    def memory(self, parameters: Parameters) -> int:
        """Bars after which the value no longer depends (to 1e-9) on where history began."""
        return self.memory_of(parameters)

    def complaint(self, parameters: Parameters) -> str | None:
        """What is wrong with the parameters together, or None."""
        return self.complaint_of(parameters)

    def defaults(self) -> dict[str, int | Decimal]:
        """Each parameter at its default."""
        return {parameter.name: parameter.default for parameter in self.parameters}


def _period(parameters: Parameters) -> int:
    return int(parameters["period"])


def _window(parameters: Parameters) -> int:
    return _period(parameters) - 1


def _decay_bars(smoothing: float) -> int:
    """Bars after which an exponential average has forgotten all but 1e-9 of its seed."""
    return math.ceil(math.log(1e-9) / math.log1p(-smoothing)) if smoothing < 1 else 1


def _ema_memory(parameters: Parameters) -> int:
    return _window(parameters) + _decay_bars(2 / (_period(parameters) + 1))


def _wilder_memory(parameters: Parameters) -> int:
    return _period(parameters) + _decay_bars(1 / _period(parameters))


def _macd_lookback(parameters: Parameters) -> int:
    return int(parameters["slow"]) + int(parameters["signal"]) - 2


def _macd_memory(parameters: Parameters) -> int:
    slow, signal = int(parameters["slow"]), int(parameters["signal"])
    return _macd_lookback(parameters) + _decay_bars(2 / (slow + 1)) + _decay_bars(2 / (signal + 1))


def _macd_complaint(parameters: Parameters) -> str | None:
    return None if parameters["fast"] < parameters["slow"] else "the fast period must be shorter than the slow one"


def _length(default: int, minimum: int = 2, name: str = "period", words: str = "Number of bars") -> ParameterDefinition:
    return ParameterDefinition(name, "integer", minimum, 1_000, default, words)


def _mean_scale(parameters: Parameters) -> Fraction:
    return Fraction(1, _period(parameters))


def _wma_scale(parameters: Parameters) -> Fraction:
    return Fraction(2, _period(parameters) * (_period(parameters) + 1))


def _unscaled(_: Parameters) -> Fraction:
    return Fraction(1)


_DEFINITIONS: Final = (
    Definition(
        "SMA",
        "Simple moving average",
        "The mean of the last bars. It smooths the price; a longer period follows it more slowly.",
        "Sum of the last n values ÷ n, summed in whole numbers so that ties are exact",
        (_length(20),),
        (OutputDefinition("value", "source", "The average", _mean_scale),),
        True,
        _window,
        _window,
    ),
    Definition(
        "EMA",
        "Exponential moving average",
        "A mean that gives the newest bar the most weight and forgets old bars gradually.",
        "EMA += (x − EMA) × 2 ÷ (n + 1), started with the simple mean of the first n values (as TA-Lib)",
        (_length(20),),
        (OutputDefinition("value", "source", "The average"),),
        True,
        _window,
        _ema_memory,
    ),
    Definition(
        "WMA",
        "Weighted moving average",
        "A mean whose weights fall in equal steps from the newest bar to the oldest.",
        "Σ weight × value ÷ (n(n + 1) ÷ 2) with weights n … 1, summed in whole numbers",
        (_length(20),),
        (OutputDefinition("value", "source", "The average", _wma_scale),),
        True,
        _window,
        _window,
    ),
    Definition(
        "RSI",
        "Relative strength index",
        "How much of the recent movement was upwards, from 0 to 100. Above 70 is called overbought, below 30 oversold.",
        "J. Welles Wilder, New Concepts in Technical Trading Systems (1978), ch. VI; 0 where nothing moved (as TA-Lib)",
        (_length(14),),
        (OutputDefinition("value", "pure", "The index, 0 to 100"),),
        True,
        _period,
        _wilder_memory,
    ),
    Definition(
        "MACD",
        "Moving average convergence divergence",
        "The distance between a fast and a slow exponential average, with a smoothed signal line.",
        "Gerald Appel (1979): EMA(fast) − EMA(slow); signal = EMA of that; both start on the same bar (as TA-Lib)",
        (
            _length(12, name="fast", words="Bars of the fast average"),
            _length(26, name="slow", words="Bars of the slow average"),
            _length(9, name="signal", words="Bars of the signal line"),
        ),
        (
            OutputDefinition("macd", "source", "Fast average minus slow average"),
            OutputDefinition("signal", "source", "Exponential average of the MACD line"),
            OutputDefinition("histogram", "source", "MACD line minus signal line"),
        ),
        True,
        _macd_lookback,
        _macd_memory,
        _macd_complaint,
    ),
    Definition(
        "BBANDS",
        "Bollinger bands",
        "The simple average with a band above and below it, a few standard deviations away: wide in a nervous market.",
        "John Bollinger, Bollinger on Bollinger Bands (2001): mean ± k × population standard deviation of n values",
        (
            _length(20),
            ParameterDefinition(
                "deviations", "decimal", Decimal("0.1"), Decimal(10), Decimal(2), "Half width in standard deviations"
            ),
        ),
        (
            OutputDefinition("upper", "source", "Average plus the deviations"),
            OutputDefinition("middle", "source", "The average", _mean_scale),
            OutputDefinition("lower", "source", "Average minus the deviations"),
        ),
        True,
        _window,
        _window,
    ),
    Definition(
        "ATR",
        "Average true range",
        "How far a bar moves on average, gaps included. It measures how nervous the market is, not its direction.",
        "J. Welles Wilder (1978), chapter III: true range smoothed by ATR = (ATR × (n − 1) + TR) ÷ n",
        (_length(14),),
        (OutputDefinition("value", "close", "The average range of a bar"),),
        False,
        _period,
        _wilder_memory,
    ),
    Definition(
        "HIGHEST",
        "Highest value",
        "The largest value of the last bars, this one included (the upper Donchian line when taken of the high).",
        "Maximum of the last n values",
        (_length(20),),
        (OutputDefinition("value", "source", "The largest value", _unscaled),),
        True,
        _window,
        _window,
    ),
    Definition(
        "LOWEST",
        "Lowest value",
        "The smallest value of the last bars, this one included (the lower Donchian line when taken of the low).",
        "Minimum of the last n values",
        (_length(20),),
        (OutputDefinition("value", "source", "The smallest value", _unscaled),),
        True,
        _window,
        _window,
    ),
    Definition(
        "STDDEV",
        "Standard deviation",
        "How far the last values lie from their mean, typically.",
        "Population standard deviation √(n Σx² − (Σx)²) ÷ n, with the difference in whole numbers",
        (_length(20),),
        (OutputDefinition("value", "source", "The deviation"),),
        True,
        _window,
        _window,
    ),
    Definition(
        "ROC",
        "Rate of change",
        "The change against the value some bars ago, in percent.",
        "(x ÷ x[n bars ago] − 1) × 100; 0 where the earlier value is 0 (as TA-Lib)",
        (_length(10, 1),),
        (OutputDefinition("value", "pure", "The change in percent"),),
        True,
        _period,
        _period,
    ),
    Definition(
        "MOM",
        "Momentum",
        "The change against the value some bars ago.",
        "x − x[n bars ago]",
        (_length(10, 1),),
        (OutputDefinition("value", "source", "The change", _unscaled),),
        True,
        _period,
        _period,
    ),
)

INDICATORS: Final[Mapping[str, Definition]] = MappingProxyType({item.name: item for item in _DEFINITIONS})
"""Every indicator by its name."""
