"""Prices: a registry of those who know some, and one question. What nobody knows has no price; it is never 0."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Protocol

from apps.core.errors import Defect
from kernel.money.exact import plain

PIVOT = "USDT"
"""Where two assets have no price of their own, both are priced in this."""
SAME = "same asset"
_CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Price:
    """What one asset is worth of another, who says so, and as of when."""

    value: Decimal
    source: str
    as_of: datetime


class PriceSource(Protocol):
    """Somebody who knows prices: the newest at or before a moment, None when there is none. It never guesses."""

    def price(self, asset: str, quote: str, at: datetime) -> Price | None:
        """Return what one `asset` was worth of `quote` as of `at`."""
        ...

    def prices(self, asset: str, quote: str, moments: Sequence[datetime]) -> list[Price | None]:
        """Return the same for many moments in rising order, in few reads."""
        ...


_registered: dict[str, tuple[int, PriceSource]] = {}


def register_price_source(name: str, source: PriceSource, priority: int) -> Callable[[], None]:
    """Ask `source` too, the lower `priority` first; returns what takes it out again.

    Raises Defect when another one has the name.
    """
    if name in _registered and _registered[name][1] is not source:
        raise Defect(f"Price source {name} is registered twice.")
    _registered[name] = (priority, source)

    def withdraw() -> None:
        _registered.pop(name, None)

    return withdraw


def get_price(asset: str, quote: str, at: datetime) -> Price | None:
    """Return what one `asset` was worth of `quote` as of `at`, by the first source that knows; else through USDT."""
    return get_prices(asset, quote, [at])[0]


def get_prices(asset: str, quote: str, moments: Sequence[datetime]) -> list[Price | None]:
    """Return prices as of many moments, which are in rising order; None where there is no price."""
    if asset == quote:
        return [Price(ONE, SAME, at) for at in moments]
    found = _direct(asset, quote, moments)
    missing = [place for place, price in enumerate(found) if price is None]
    if not missing or PIVOT in (asset, quote):
        return found
    still = [moments[place] for place in missing]
    into, out_of = _direct(asset, PIVOT, still), _direct(PIVOT, quote, still)
    for place, first, second in zip(missing, into, out_of, strict=True):
        if first is not None and second is not None:
            found[place] = chain(first, second)
    return found


def chain(first: Price, second: Price) -> Price:
    """Return a price through a third asset: the product, as old as the older of both, to 28 digits."""
    names = dict.fromkeys([*first.source.split(" × "), *second.source.split(" × ")])
    value = plain(_CONTEXT.multiply(first.value, second.value))
    return Price(value, " × ".join(names), min(first.as_of, second.as_of))


def inverse(price: Price) -> Price:
    """Return the price the other way round, to 28 digits."""
    return Price(plain(_CONTEXT.divide(ONE, price.value)), price.source, price.as_of)


def _direct(asset: str, quote: str, moments: Sequence[datetime]) -> list[Price | None]:
    found: list[Price | None] = [None] * len(moments)
    for _, source in sorted(_registered.values(), key=lambda item: item[0]):
        missing = [place for place, price in enumerate(found) if price is None]
        if not missing:
            break
        said = source.prices(asset, quote, [moments[place] for place in missing])
        for place, price in zip(missing, said, strict=True):
            found[place] = price
    return found
