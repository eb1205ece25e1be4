"""How wallet pages write amounts, rates, moments and waits: exact, with the asset beside, the one way everywhere."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from apps.core.assets import get_asset
from apps.core.clock import now
from apps.core.templatetags.ui import MINUS, NO_BREAK, percent, trimmed
from apps.core.view import Figure
from kernel.money.exact import multiply, plain

HUNDRED = Decimal(100)
YEAR_DAYS = Decimal(365)
MOST_RATE_DIGITS = 6


def shown(value: Decimal, asset: str) -> str:
    """Return an amount without its code, cut to what pages show of the asset: never more than there is."""
    return get_asset(asset).format(value, unit=False)


def exact(value: Decimal, asset: str) -> str:
    """Return an amount without its code, to its last digit, with at least the digits that pages show."""
    whole, _, fraction = f"{plain(value).copy_abs():f}".partition(".")
    fraction = fraction.ljust(get_asset(asset).display_digits, "0")
    text = f"{int(whole):,}.{fraction}" if fraction else f"{int(whole):,}"
    return f"{MINUS}{text}" if value < 0 else text


def with_code(value: Decimal, asset: str) -> str:
    """Return an amount to its last digit with its code: "1,250.00 USDT"."""
    return f"{exact(value, asset)}{NO_BREAK}{asset}"


def raw(value: Decimal) -> str:
    """Return an amount as a form takes it: digits and a point."""
    return f"{plain(value):f}"


def level(value: Decimal, asset: str) -> Figure:
    """Return a balance: no sign, grey when it is nothing."""
    return Figure(exact(value, asset), "plain" if value else "zero", raw(value))


def shown_level(value: Decimal, asset: str) -> Figure:
    """Return a balance in the digits that pages show."""
    return Figure(shown(value, asset), "plain" if value else "zero", raw(value))


def movement(value: Decimal, asset: str) -> Figure:
    """Return what came (+) or went (−); money that went is no loss, so only what came has a colour."""
    text = exact(value.copy_abs(), asset)
    return Figure(f"+{text}" if value > 0 else f"{MINUS}{text}", "up" if value > 0 else "plain", raw(value))


def rate(value: Decimal) -> str:
    """Return a rate as a percentage without zeros at its end: 0.05 is "5 %"."""
    return f"{trimmed(multiply(value, HUNDRED), MOST_RATE_DIGITS)}{NO_BREAK}%"


def rate_of_year(rate_of_day: Decimal) -> str:
    """Return what a rate a day comes to in a year, without compounding."""
    return percent(multiply(multiply(rate_of_day, YEAR_DAYS), HUNDRED), 2)


def day(value: date | None) -> str:
    """Return a day: "2 Jun 2025"."""
    return "" if value is None else f"{value:%-d %b %Y}"


def moment(value: datetime | None) -> str:
    """Return a moment: "2 Jun 2025, 13:40 UTC"."""
    return "" if value is None else f"{value:%-d %b %Y, %H:%M} UTC"


def short_moment(value: datetime) -> str:
    """Return a moment for a list: "2 Jun, 13:40", with the year when it is not the present one."""
    return f"{value:%-d %b, %H:%M}" if value.year == now().year else f"{value:%-d %b %Y, %H:%M}"


def left_until(value: datetime) -> str:
    """Return how long until a moment, in its two largest units: "23 h 36 min left"; empty when it has passed."""
    seconds = int((value - now()) / timedelta(seconds=1))
    if seconds <= 0:
        return ""
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes = rest // 60
    units = [(days, "d"), (hours, "h"), (minutes, "min")]
    told = [f"{count}{NO_BREAK}{unit}" for count, unit in units if count][:2]
    return f"{' '.join(told)} left" if told else f"less than 1{NO_BREAK}min left"
