"""The yardstick of the back-test benchmark: the least work that trades a moving-average cross."""

import numpy as np
from numba import njit


@njit(cache=True)
def reference_sma_cross(opens, closes, fast, slow):
    """Trade one unit (100,000 lots of 10^-5, 10^-2 ticks) with 0.1 % fee in one bare loop.

    Signal at a close, fill at the next open, fee rounded up to 10^-8 quote, last position marked at the last close.
    Returns (fills, profit in 10^-8 quote). Sums are whole numbers, so ties are exact. No equity, no trades, no filters.
    """
    fills, cash, held, order, fast_sum, slow_sum, before = 0, 0, 0, 0, 0, 0, 2
    for bar in range(len(closes)):
        if order != 0:
            worth = opens[bar] * 1_000_000
            cash -= order * worth + (worth + 999) // 1_000
            held += order
            fills += 1
            order = 0
        fast_sum += closes[bar] - (closes[bar - fast] if bar >= fast else 0)
        slow_sum += closes[bar] - (closes[bar - slow] if bar >= slow else 0)
        if bar < slow - 1:
            continue
        left, right = fast_sum * slow, slow_sum * fast
        now = 1 if left > right else (-1 if left < right else 0)
        if before != 2:
            if held == 0 and now == 1 and before <= 0:
                order = 1
            elif held == 1 and now == -1 and before >= 0:
                order = -1
        before = now
    return fills, cash + held * closes[len(closes) - 1] * np.int64(1_000_000)
