"""Exact amounts: parsing text into Decimal and sharing a total out without losing a unit."""

from kernel.money.allocation import allocate, exact_multiple
from kernel.money.parsing import InvalidAmountError, parse_decimal

__all__ = ["InvalidAmountError", "allocate", "exact_multiple", "parse_decimal"]
