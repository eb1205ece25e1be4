"""Strict reading of decimal numbers that come from outside."""

import re
from decimal import Decimal

# Decimal() itself takes underscores, NaN, Infinity and Arabic-Indic digits; a price field must not.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_LONGEST_TEXT = 64


class InvalidAmountError(ValueError):
    """The text is not a decimal number inside the allowed bounds."""


class TooFineError(InvalidAmountError):
    """The number has more decimals than are allowed."""


class TooLargeError(InvalidAmountError):
    """The number has more digits before the point than are allowed."""


def parse_decimal(value: object, *, integer_digits: int = 20, decimal_places: int = 18) -> Decimal:
    """Return `value` as a finite Decimal.

    Takes text in ASCII digits (an exponent is allowed while the result stays in bounds), whole numbers and Decimals.
    `integer_digits` bounds the digits before the point and `decimal_places` those after it (zeros at the end do not
    count). Raises TooLargeError or TooFineError outside these bounds and InvalidAmountError, their base, for anything
    else: floats (they have lost digits already), booleans, NaN, infinity, underscores, white space, other scripts'
    digits.
    """
    number = _read(value)
    if not number.is_finite():
        raise InvalidAmountError("not a finite number")
    if number and number.adjusted() >= integer_digits:
        raise TooLargeError(f"more than {integer_digits} digits before the point")
    if number and number.adjusted() < -decimal_places:
        raise TooFineError(f"more than {decimal_places} decimal places")
    digits = "".join(map(str, number.as_tuple().digits))
    exponent = int(number.as_tuple().exponent) + len(digits) - len(digits.rstrip("0"))
    if number and exponent < -decimal_places:
        raise TooFineError(f"more than {decimal_places} decimal places")
    return number if number else Decimal(0)


def _read(value: object) -> Decimal:
    if isinstance(value, bool | float):
        raise InvalidAmountError('write the number as text, for example "0.1"')
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        if abs(value) >= 10**_LONGEST_TEXT:
            raise InvalidAmountError("too many digits")
        return Decimal(value)
    if not isinstance(value, str):
        raise InvalidAmountError("not a decimal number")
    if len(value) > _LONGEST_TEXT:
        raise InvalidAmountError("too many digits")
    if not _NUMBER.fullmatch(value):
        raise InvalidAmountError("not a decimal number")
    return Decimal(value)
