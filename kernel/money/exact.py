"""Sums, products and roundings of Decimals that never lose a digit unseen.

Python's own operators round to 28 digits by default, which is fewer than a column of the ledger holds.
"""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Final

_EXACT: Final = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow])
_CUT: Final = Context(prec=400, rounding=ROUND_DOWN, traps=[InvalidOperation, Overflow])
ZERO: Final = Decimal(0)


def add(left: Decimal, right: Decimal) -> Decimal:
    """Return left + right; raises decimal.Inexact where a digit would be lost, which 400 digits make a defect."""
    return _EXACT.add(left, right)


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """Return left − right, exact like `add`."""
    return _EXACT.subtract(left, right)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """Return left × right, exact like `add`."""
    return _EXACT.multiply(left, right)


def total(values: Iterable[Decimal]) -> Decimal:
    """Return the sum of `values`, exact like `add`; 0 for none."""
    result = ZERO
    for value in values:
        result = _EXACT.add(result, value)
    return result


def negate(value: Decimal) -> Decimal:
    """Return −value without the rounding that Python's unary minus does; zero stays 0."""
    return value.copy_negate() if value else value.copy_abs()


def cut(value: Decimal, quantum: Decimal) -> Decimal:
    """Return `value` cut towards zero to the decimals of `quantum` (a power of ten); −0 becomes 0."""
    result = value.quantize(quantum, context=_CUT)
    return result if result else result.copy_abs()


def plain(value: Decimal) -> Decimal:
    """Return the same number without zeros at its end and without a positive exponent (1E+3 becomes 1000)."""
    if not value:
        return ZERO
    short = value.normalize(_EXACT)
    return short if int(short.as_tuple().exponent) <= 0 else short.quantize(Decimal(1), context=_EXACT)
