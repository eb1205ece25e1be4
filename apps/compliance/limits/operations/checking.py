"""Values that come in: codes of assets, worths, limits. Amounts of an asset are read by core.assets."""

from decimal import ROUND_UP, Context, Decimal

from apps.compliance.limits.choices import ANY_ASSET
from apps.compliance.limits.errors import PolicyInvalid
from apps.core.assets import InvalidAmount, get_asset
from kernel.money import InvalidAmountError, parse_decimal
from kernel.money.assets import INTEGER_DIGITS, MOST_PRECISION
from kernel.money.exact import plain

GRAIN = Decimal(1).scaleb(-MOST_PRECISION)
UPWARDS = Context(prec=60, rounding=ROUND_UP)


def checked_asset_or_any(asset: str) -> str:
    """Return the code of an asset or "*", or raise UnknownAsset."""
    return asset if asset == ANY_ASSET else get_asset(asset).code


def checked_worth(value: Decimal | None) -> Decimal | None:
    """Return a worth above zero, or None for none; raises InvalidAmount.

    What is finer than a column is rounded up: never in favour of a bigger movement.
    """
    if value is None:
        return None
    try:
        fits = value.is_finite() and value.adjusted() < INTEGER_DIGITS
        found = parse_decimal(value.quantize(GRAIN, context=UPWARDS) if fits else value)
    except InvalidAmountError as error:
        raise InvalidAmount(field="value") from error
    if found <= 0:
        raise InvalidAmount("The worth of an amount is more than zero.", field="value")
    return found


def checked_limit(amount: Decimal) -> str:
    """Return a limit of zero or more in its one spelling ("1000", "0.5"), or raise PolicyInvalid."""
    try:
        found = parse_decimal(amount)
    except InvalidAmountError as error:
        raise PolicyInvalid(field="amount", why=f"The amount cannot be accepted: {error}.") from error
    if found < 0:
        raise PolicyInvalid(field="amount", why="A limit is zero or more.")
    return spelled(found)


def spelled(amount: Decimal) -> str:
    """Return the one spelling of an amount: no exponent, no zeros at the end."""
    return f"{plain(amount):f}"
