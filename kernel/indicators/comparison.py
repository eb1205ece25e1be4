"""The one comparison of two numbers, for history and for live bars.

Both functions are numba-compiled; live code calls the same source as plain Python through `.py_func`, so there is no
second definition. `relate` takes floats and calls two numbers equal when they differ by at most 1e-9 of the larger
magnitude: floating-point noise of two equal formulas is ten thousand times smaller, a price step never is.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernel.compiled import njit

UNDEFINED: Final = 2
"""The relation when one side has no value; otherwise -1 (below), 0 (equal) or 1 (above)."""

_TOLERANCE: Final = 1e-9


@njit(cache=True)
def relate(left: float, right: float) -> int:
    """-1, 0 or 1 for left below, equal to or above right; 2 when either is not a number."""
    if left != left or right != right:  # noqa: PLR0124 (the test for NaN that both interpreters share)
        return 2
    difference = left - right
    if abs(difference) <= _TOLERANCE * max(abs(left), abs(right)):
        return 0
    return 1 if left > right else -1


@njit(cache=True)
def settle(result: float, magnitude: float) -> float:
    """`result`, or 0.0 where it is at most 1e-9 of `magnitude`: the noise a difference of near-equal numbers leaves."""
    return 0.0 if abs(result) <= _TOLERANCE * abs(magnitude) else result


@njit(cache=True)
def settled(results: NDArray[np.float64], magnitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    """`settle` for each pair; both float64[n]."""
    out = np.empty(len(results), np.float64)
    for index in range(len(results)):
        out[index] = settle(results[index], magnitudes[index])
    return out


@njit(cache=True)
def relate_integers(left: int, right: int) -> int:
    """-1, 0 or 1 for left below, equal to or above right, exactly."""
    if left == right:
        return 0
    return 1 if left > right else -1


@njit(cache=True)
def relations(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.int8]:
    """`relate` for each pair; arrays of length 1 stand for a constant. Returns int8[n]."""
    count = max(len(left), len(right))
    left_step, right_step = int(len(left) > 1), int(len(right) > 1)
    out = np.empty(count, np.int8)
    for index in range(count):
        out[index] = relate(left[index * left_step], right[index * right_step])
    return out


@njit(cache=True)
def relations_of_integers(
    left: NDArray[np.int64], left_factor: int, right: NDArray[np.int64], right_factor: int
) -> NDArray[np.int8]:
    """`relate_integers` of left × left_factor and right × right_factor; length 1 stands for a constant. int8[n]."""
    count = max(len(left), len(right))
    left_step, right_step = int(len(left) > 1), int(len(right) > 1)
    out = np.empty(count, np.int8)
    for index in range(count):
        out[index] = relate_integers(left[index * left_step] * left_factor, right[index * right_step] * right_factor)
    return out


def fits_int64(values: NDArray[Any], factor: int) -> bool:
    """True when every |value| × |factor| is below 2^62, so that sums of two such products stay inside int64."""
    if values.dtype == object:
        return False
    if not values.size:
        return True
    largest = max(abs(int(values.max())), abs(int(values.min())))
    return largest * abs(factor) < 2**62 and abs(factor) < 2**62
