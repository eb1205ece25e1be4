"""Filters that write numbers the same way everywhere: true minus, thousands, sign and arrow, age; and the icon."""

import functools
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html

from apps.core.clock import now

register = template.Library()
MINUS = "−"
ROUNDED = Context(prec=400, rounding=ROUND_HALF_EVEN)
NO_BREAK = "\u00a0"


@register.simple_tag
def icon(name: str, size: str = "") -> str:
    """Return a 24-px line icon of static/img/icons.svg ("small" or "large"); the words beside it carry its meaning.

    A page has some sixty of them: each is written once a process.
    """
    return _icon(str(name), str(size))


@functools.lru_cache(maxsize=512)
def _icon(name: str, size: str) -> str:
    return svg_of(static("img/icons.svg"), name, size)


def svg_of(sprite: str, name: str, size: str) -> str:
    """Return an icon of the sprite at an address, as HTML."""
    kind = f"icon icon-{size}" if size else "icon"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', kind, sprite, name)


@register.filter
def amount(value: Any, digits: Any = 2) -> str:
    """Return a number with thousands separators and `digits` decimals; an en dash when there is none."""
    number = _decimal(value)
    if number is None:
        return "–"
    quantum = Decimal(1).scaleb(-int(digits))
    text = f"{number.copy_abs().quantize(quantum, context=ROUNDED):,f}"
    return MINUS + text if number < 0 and text.strip("0.,") else text


@register.filter
def trimmed(value: Any, most: Any = 8) -> str:
    """Return a number with at most `most` decimals and no trailing zeros (quantities)."""
    number = _decimal(value)
    if number is None:
        return "–"
    text = amount(number, most)
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def signed(value: Any, digits: Any = 2) -> str:
    """Return a number with its sign: + for more, a true minus for less, none for zero."""
    number = _decimal(value)
    text = amount(value, digits)
    return f"+{text}" if number is not None and number > 0 and text.strip("0.,") else text


@register.filter
def percent(value: Any, digits: Any = 2) -> str:
    """Return a figure in percent ("1.5" → "1.50 %")."""
    return f"{amount(value, digits)}{NO_BREAK}%" if _decimal(value) is not None else "–"


@register.filter
def signed_percent(value: Any, digits: Any = 2) -> str:
    """Return a figure in percent with its sign."""
    return f"{signed(value, digits)}{NO_BREAK}%" if _decimal(value) is not None else "–"


@register.filter
def direction(value: Any) -> str:
    """Return up, down or flat: the class that gives colour and arrow."""
    number = _decimal(value)
    if number is None or number == 0:
        return "flat"
    return "up" if number > 0 else "down"


@register.filter
def age(moment: datetime | None) -> str:
    """Return how long ago a moment was, in the largest fitting unit."""
    if moment is None:
        return "never"
    seconds = int((now() - moment).total_seconds())
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size}{NO_BREAK}{word} ago"
    return f"{max(seconds, 0)}{NO_BREAK}s ago"


@register.filter
def grouped(value: Any, size: Any = 4) -> str:
    """Return an id or address in groups of `size` characters."""
    text = str(value)
    step = int(size)
    return " ".join(text[start : start + step] for start in range(0, len(text), step))


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
