"""Arithmetic of this package: sums and products are exact, quotients have 60 digits."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Final

EXACT: Final = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow])
ROUNDED: Final = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow])
ZERO: Final = Decimal(0)


def add(*values: Decimal) -> Decimal:
    """The exact sum."""
    total = ZERO
    for value in values:
        total = EXACT.add(total, value)
    return total


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """The exact difference."""
    return EXACT.subtract(left, right)


def multiply(*values: Decimal) -> Decimal:
    """The exact product."""
    product = Decimal(1)
    for value in values:
        product = EXACT.multiply(product, value)
    return product


def divide(left: Decimal, right: Decimal) -> Decimal:
    """The quotient to 60 digits, half to even."""
    return ROUNDED.divide(left, right)
