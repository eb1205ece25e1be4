"""Sharing a total out by weights so that the parts add up to it exactly."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def allocate(total: Decimal, weights: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    """Split `total` in proportion to `weights` into multiples of `quantum` whose sum is exactly `total`.

    Largest-remainder method (Hamilton): every part is first cut towards zero, then the left-over quanta go one by one
    to the largest remainders, the earlier weight first where those are equal. A negative total is split like its
    absolute value. Raises ValueError when no weight is positive, a weight is negative, `quantum` is not positive or
    `total` is not a multiple of it.
    """
    if quantum <= 0:
        raise ValueError("the quantum must be positive")
    if any(weight < 0 for weight in weights) or not any(weights):
        raise ValueError("weights must be zero or more, and one of them positive")
    units = Fraction(total) / Fraction(quantum)
    if units.denominator != 1:
        raise ValueError("the total is not a multiple of the quantum")
    whole = abs(units.numerator)
    weight_sum = sum((Fraction(weight) for weight in weights), Fraction(0))
    shares = [whole * Fraction(weight) / weight_sum for weight in weights]
    parts = [share.numerator // share.denominator for share in shares]
    # sorted() is stable, so equal remainders keep the order of the weights.
    by_remainder = sorted(range(len(shares)), key=lambda index: parts[index] - shares[index])
    for index in by_remainder[: whole - sum(parts)]:
        parts[index] += 1
    sign = -1 if units < 0 else 1
    return [exact_multiple(quantum, sign * part) for part in parts]


def exact_multiple(step: Decimal, count: int) -> Decimal:
    """`step` × `count` with the exponent of `step`, free of the decimal context's rounding."""
    sign, digits, exponent = step.as_tuple()
    coefficient = int("".join(map(str, digits))) * (-count if sign else count)
    return Decimal((int(coefficient < 0), tuple(map(int, str(abs(coefficient)))), int(exponent)))
