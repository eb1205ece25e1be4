"""What indicators exist: parameters with bounds, outputs, warm-up, and a description in plain words."""

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from kernel.indicators.definitions import Definition, OutputDefinition, ParameterDefinition, Parameters
from kernel.indicators.talib_catalogue import DEFINITIONS as TALIB_DEFINITIONS


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

_BY_NAME: Final = {item.name: item for item in _DEFINITIONS}
_ALIASES: Final = tuple(replace(_BY_NAME[name], name=alias) for name, alias in (("HIGHEST", "MAX"), ("LOWEST", "MIN")))
OWN: Final[Mapping[str, Definition]] = MappingProxyType({**_BY_NAME, **{item.name: item for item in _ALIASES}})
"""The indicators with code of their own, by name: exact or incremental."""
INDICATORS: Final[Mapping[str, Definition]] = MappingProxyType(
    {**OWN, **{item.name: item for item in TALIB_DEFINITIONS}}
)
"""Every indicator by its name."""
