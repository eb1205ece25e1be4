"""Amounts as integers of 10^-8 and their text form on the wire."""

import re

UNIT = 10**8
_NUMBER = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,20}))?")


class TooPreciseError(ValueError):
    """The text has more decimals than 10^-8 can hold."""


def parse_units(text: str) -> int:
    """Units of 10^-8 of a decimal text; ValueError when malformed, TooPreciseError beyond 8 decimals."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"not a decimal number: {text!r}")
    decimals = (match.group(2) or "").rstrip("0")
    if len(decimals) > 8:
        raise TooPreciseError(text)
    return int(match.group(1)) * UNIT + int(decimals.ljust(8, "0"))


def format_units(units: int) -> str:
    """Fixed text with 8 decimals, as the protocol writes every amount."""
    sign = "-" if units < 0 else ""
    whole, part = divmod(abs(units), UNIT)
    return f"{sign}{whole}.{part:08d}"


def fee_of(amount: int, rate: int) -> int:
    """Fee in units of `amount` at `rate` (units of 10^-8), truncated to 10^-8 like the venue does."""
    return amount * rate // UNIT
