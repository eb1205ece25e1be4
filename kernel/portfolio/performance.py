"""What a series of values of one share brought. Exact decimals; nothing that came in or went out counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from itertools import pairwise
from typing import Final

EXACT: Final = Context(prec=60)
HUNDRED: Final = Decimal(100)
YEAR_MS: Final = Decimal(31_557_600_000)
"""365.25 days."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one share was worth at a time (Unix milliseconds); `price` > 0."""

    ts: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Performance:
    """Percentages. `twr`: time-weighted return over all points. `worst_fall`: from a high to the lowest value after it,
    as a positive number. `fall_now`: from the highest value to the last. `volatility`: standard deviation (n − 1) of
    the simple returns between points, times the root of their number in a year by their mean distance; None with fewer
    than three points.
    """

    twr: Decimal
    worst_fall: Decimal
    fall_now: Decimal
    volatility: Decimal | None


def measure(points: Sequence[Point]) -> Performance | None:
    """Return the measures of a series, oldest first, or None with fewer than two points.

    Raises ValueError when a price is not positive or times do not rise.
    """
    if any(point.price <= 0 for point in points):
        raise ValueError("a share is worth more than nothing")
    if any(later.ts <= earlier.ts for earlier, later in pairwise(points)):
        raise ValueError("times must rise")
    if len(points) < 2:
        return None
    worst, fall = Decimal(0), Decimal(0)
    high = points[0].price
    for point in points:
        high = max(high, point.price)
        fall = EXACT.subtract(Decimal(1), EXACT.divide(point.price, high))
        worst = max(worst, fall)
    twr = EXACT.subtract(EXACT.divide(points[-1].price, points[0].price), Decimal(1))
    return Performance(
        twr=EXACT.multiply(twr, HUNDRED),
        worst_fall=EXACT.multiply(worst, HUNDRED),
        fall_now=EXACT.multiply(fall, HUNDRED),
        volatility=_volatility(points),
    )


def _volatility(points: Sequence[Point]) -> Decimal | None:
    count = len(points) - 1
    if count < 2:
        return None
    returns = [
        EXACT.subtract(EXACT.divide(later.price, earlier.price), Decimal(1)) for earlier, later in pairwise(points)
    ]
    mean = EXACT.divide(sum(returns, Decimal(0)), Decimal(count))
    squares = sum((EXACT.power(EXACT.subtract(one, mean), 2) for one in returns), Decimal(0))
    distance = EXACT.divide(Decimal(points[-1].ts - points[0].ts), Decimal(count))
    yearly = EXACT.divide(YEAR_MS, distance)
    variance = EXACT.divide(squares, Decimal(count - 1))
    return EXACT.multiply(EXACT.sqrt(EXACT.multiply(variance, yearly)), HUNDRED)
