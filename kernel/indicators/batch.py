"""Indicators over whole arrays.

Sums, means, extremes and spreads are exact integers (kernel.indicators.windows); recursive averages are TA-Lib's, whose
order of operations the incremental classes repeat. (They still differ in the last bit where TA-Lib's build fuses a
multiplication with an addition; kernel.indicators.comparison is what makes both paths decide alike.)
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
import talib
from numpy.typing import NDArray

from kernel.indicators.catalogue import INDICATORS
from kernel.indicators.comparison import settled
from kernel.indicators.definitions import Parameters
from kernel.indicators.windowed import history
from kernel.indicators.windows import (
    Integers,
    window_maxima,
    window_minima,
    window_spreads,
    window_sums,
    window_weighted_sums,
)

Columns = Mapping[str, NDArray[np.int64]]
Series = NDArray[Any]
"""float64[n] (NaN before the first value) or exact integers (meaningless before the first value)."""


def compute(name: str, parameters: Parameters, columns: Columns, source: str = "close") -> tuple[Series, ...]:
    """Every output of an indicator over the history, in the catalogue's order.

    `columns` holds the bar fields by name as int64[n]; `source` is the field it is computed from. An exact output comes
    as whole numbers that mean value × scale; a float output is in the source's integer unit (ticks, 10^-8 base).
    Values before `lookback` are NaN or meaningless. Raises KeyError for an unknown name or field.
    """
    own = _COMPUTERS.get(name)
    return history(name, parameters, columns, source) if own is None else own(parameters, columns, source)


def compute_floats(
    name: str, parameters: Parameters, columns: Columns, source: str = "close"
) -> dict[str, NDArray[np.float64]]:
    """Every output by name as float64[n] in the source's integer unit, NaN before the first value (for charts)."""
    definition = INDICATORS[name]
    series = compute(name, parameters, columns, source)
    lookback = definition.lookback(parameters)
    result = {}
    for output, values in zip(definition.outputs, series, strict=True):
        floats = values.astype(np.float64)
        if output.scale is not None:
            floats *= float(output.scale(parameters))
        floats[:lookback] = np.nan
        result[output.name] = floats
    return result


def _floats(columns: Columns, source: str) -> NDArray[np.float64]:
    return columns[source].astype(np.float64)


def _whole(parameters: Parameters, name: str = "period") -> int:
    return int(parameters[name])


def _windowed(kernel: Callable[[NDArray[np.int64], int], Integers]) -> Callable[..., tuple[Series, ...]]:
    def run(parameters: Parameters, columns: Columns, source: str) -> tuple[Series, ...]:
        return (kernel(columns[source], _whole(parameters)),)

    return run


def _talib(function: Any, lookback: int, count: int, *arguments: Any) -> tuple[Series, ...]:
    """Call TA-Lib, which refuses histories that are too short: those have no value anywhere."""
    if len(arguments[0]) <= lookback:
        return tuple(np.full(len(arguments[0]), np.nan) for _ in range(count))
    found = function(*arguments)
    return tuple(found) if isinstance(found, tuple | list) else (found,)


def _ema(parameters: Parameters, columns: Columns, source: str) -> tuple[Series, ...]:
    period = _whole(parameters)
    return _talib(talib.EMA, period - 1, 1, _floats(columns, source), period)


def _rsi(parameters: Parameters, columns: Columns, source: str) -> tuple[Series, ...]:
    period = _whole(parameters)
    return _talib(talib.RSI, period, 1, _floats(columns, source), period)


def _macd(parameters: Parameters, columns: Columns, source: str) -> tuple[Series, ...]:
    fast, slow, signal = (_whole(parameters, name) for name in ("fast", "slow", "signal"))
    values = _floats(columns, source)
    found = _talib(talib.MACD, slow + signal - 2, 3, values, fast, slow, signal)
    return tuple(settled(series, values) for series in found)


def _atr(parameters: Parameters, columns: Columns, source: str) -> tuple[Series, ...]:
    period = _whole(parameters)
    bars = [_floats(columns, field) for field in ("high", "low", "close")]
    return _talib(talib.ATR, period, 1, *bars, period)


def deviation(spread: Any, period: int) -> Any:
    """Standard deviation from n²·variance: float64[n] of integers[n] (the live classes do the same with one number)."""
    return np.sqrt(spread.astype(np.float64)) / period


def _stddev(parameters: Parameters, columns: Columns, source: str) -> tuple[Series, ...]:
    period = _whole(parameters)
    return (_masked(deviation(_valid_spreads(columns[source], period), period), period),)


def _bbands(parameters: Parameters, columns: Columns, source: str) -> tuple[Series, ...]:
    period, width = _whole(parameters), float(Decimal(parameters["deviations"]))
    sums = window_sums(columns[source], period)
    middle = sums.astype(np.float64) / period
    half = width * deviation(_valid_spreads(columns[source], period), period)
    return _masked(middle + half, period), sums, _masked(middle - half, period)


def _valid_spreads(values: NDArray[np.int64], period: int) -> Integers:
    spreads = window_spreads(values, period).copy()
    # Before a full window the formula is not a variance and may be negative.
    spreads[: period - 1] = 0
    return spreads


def _masked(values: Series, period: int) -> Series:
    values[: period - 1] = np.nan
    return values


def _earlier(values: NDArray[np.int64], period: int) -> NDArray[np.int64]:
    earlier = np.zeros_like(values)
    earlier[period:] = values[: max(len(values) - period, 0)]
    return earlier


def _mom(parameters: Parameters, columns: Columns, source: str) -> tuple[Series, ...]:
    return (columns[source] - _earlier(columns[source], _whole(parameters)),)


def _roc(parameters: Parameters, columns: Columns, source: str) -> tuple[Series, ...]:
    values, period = columns[source], _whole(parameters)
    earlier = _earlier(values, period).astype(np.float64)
    ratio = np.divide(values.astype(np.float64), earlier, out=np.ones(len(values)), where=earlier != 0)
    return (_masked((ratio - 1.0) * 100.0, period + 1),)


_COMPUTERS: Final[Mapping[str, Callable[..., tuple[Series, ...]]]] = {
    "SMA": _windowed(window_sums),
    "EMA": _ema,
    "WMA": _windowed(window_weighted_sums),
    "RSI": _rsi,
    "MACD": _macd,
    "BBANDS": _bbands,
    "ATR": _atr,
    "HIGHEST": _windowed(window_maxima),
    "LOWEST": _windowed(window_minima),
    "MAX": _windowed(window_maxima),
    "MIN": _windowed(window_minima),
    "STDDEV": _stddev,
    "ROC": _roc,
    "MOM": _mom,
}
