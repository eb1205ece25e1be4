"""Exact sliding-window sums and extremes of whole numbers.

Each kernel is one loop that works on int64 (compiled) and on Python integers (the same source, for the rare windows
whose sums could leave int64), so the result is exact in both.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel.compiled import njit
from kernel.indicators.comparison import fits_int64

Integers = NDArray[Any]
"""int64[n], or object[n] of Python integers where int64 is too narrow."""


@njit(cache=True)
def _sums(values: Integers, period: int, out: Integers) -> None:
    total = values[0] - values[0]
    for index in range(len(values)):
        total += values[index]
        if index >= period:
            total -= values[index - period]
        out[index] = total


@njit(cache=True)
def _weighted_sums(values: Integers, period: int, out: Integers) -> None:
    total = weighted = values[0] - values[0]
    for index in range(len(values)):
        weighted += period * values[index] - total
        total += values[index]
        if index >= period:
            total -= values[index - period]
        out[index] = weighted


@njit(cache=True)
def _spreads(values: Integers, period: int, out: Integers) -> None:
    total = squares = values[0] - values[0]
    for index in range(len(values)):
        newest = values[index]
        total += newest
        squares += newest * newest
        if index >= period:
            oldest = values[index - period]
            total -= oldest
            squares -= oldest * oldest
        out[index] = period * squares - total * total


@njit(cache=True)
def _maxima(values: NDArray[np.int64], period: int, out: NDArray[np.int64]) -> None:
    """Two passes whatever the data (van Herk 1992): a window is the end of one block and the start of the next."""
    count = len(values)
    # First, at each index, the largest from there to the end of its block …
    from_here = np.empty(count, np.int64)
    for start in range(0, count, period):
        largest = values[min(start + period, count) - 1]
        for index in range(min(start + period, count) - 1, start - 1, -1):
            largest = max(largest, values[index])
            from_here[index] = largest
    # … then the largest from the start of the block to there.
    for start in range(0, count, period):
        largest = values[start]
        for index in range(start, min(start + period, count)):
            largest = max(largest, values[index])
            first = index - period + 1
            out[index] = max(largest, from_here[first]) if first >= 0 else largest


def window_sums(values: NDArray[np.int64], period: int) -> Integers:
    """Sum of the last `period` values at each index (fewer at the start)."""
    return _run(_sums, values, period, period)


def window_weighted_sums(values: NDArray[np.int64], period: int) -> Integers:
    """Σ weight × value with weight `period` for the newest value down to 1."""
    return _run(_weighted_sums, values, period, period * (period + 1))


def window_spreads(values: NDArray[np.int64], period: int) -> Integers:
    """n Σx² − (Σx)² over the last n = `period` values: n² times their population variance, exactly.

    Only valid from index n − 1 on. The variance does not change when all values are shifted, so they are taken from the
    smallest one, which keeps the squares small.
    """
    if not len(values):
        return values
    shifted = values - values.min()
    return _run(_spreads, shifted, period, period * period * max(1, int(shifted.max())))


def window_maxima(values: NDArray[np.int64], period: int) -> NDArray[np.int64]:
    """The largest of the last `period` values at each index (fewer at the start)."""
    out = np.empty_like(values)
    _maxima(values, period, out)
    return out


def window_minima(values: NDArray[np.int64], period: int) -> NDArray[np.int64]:
    """The smallest of the last `period` values at each index (fewer at the start)."""
    return -window_maxima(-values, period)


def _run(kernel: Any, values: NDArray[np.int64], period: int, factor: int) -> Integers:
    if not len(values):
        return values
    if fits_int64(values, factor):
        out: Integers = np.empty_like(values)
        kernel(values, period, out)
        return out
    exact = values.astype(object)
    out = np.empty_like(exact)
    kernel.py_func(exact, period, out)
    return out
