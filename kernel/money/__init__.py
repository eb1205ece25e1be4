"""Exact amounts: assets, amounts of them, parsing text, and sharing a total out without losing a unit."""

from kernel.money.allocation import allocate, exact_multiple
from kernel.money.assets import ASSETS, Amount, Asset, AssetKind, MixedAssetsError
from kernel.money.parsing import InvalidAmountError, TooFineError, TooLargeError, parse_decimal

__all__ = [
    "ASSETS",
    "Amount",
    "Asset",
    "AssetKind",
    "InvalidAmountError",
    "MixedAssetsError",
    "TooFineError",
    "TooLargeError",
    "allocate",
    "exact_multiple",
    "parse_decimal",
]
