"""An instrument's grid (tick, lot) and limits, with exact conversions between Decimals and integers."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from kernel.money import exact_multiple


class Side(StrEnum):
    """Which way an order or a fill goes."""

    BUY = "buy"  # receives base, pays quote
    SELL = "sell"  # gives base, receives quote


class Filter(StrEnum):
    """The venue's order filters, by the names Binance gives them."""

    PRICE_FILTER = "PRICE_FILTER"  # the price is not a positive multiple of the tick
    LOT_SIZE = "LOT_SIZE"  # the quantity is off the lot grid, below the minimum or above the maximum
    NOTIONAL = "NOTIONAL"  # price × quantity is below the smallest order value


class OffGridError(ValueError):
    """A price or quantity is not a multiple of the instrument's tick or lot."""


@dataclass(frozen=True, slots=True)
class InstrumentSpec:
    """An instrument: `tick` is the price step in quote, `lot` the quantity step in base.

    `min_quantity` and `max_quantity` are in base and multiples of the lot, `min_notional` is in quote.
    Raises ValueError when the figures contradict each other.
    """

    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal

    def __post_init__(self) -> None:
        if not (self.tick.is_finite() and self.lot.is_finite() and self.tick > 0 and self.lot > 0):
            raise ValueError("tick and lot must be positive")
        if not 0 <= self.min_quantity <= self.max_quantity:
            raise ValueError("0 <= min_quantity <= max_quantity is broken")
        if self.min_notional < 0:
            raise ValueError("min_notional must not be negative")
        self.lots(self.min_quantity)
        self.lots(self.max_quantity)

    def ticks(self, price: Decimal) -> int:
        """Price in quote as a whole number of ticks; raises OffGridError when it is between two ticks."""
        return _exact_count(price, self.tick, "price")

    def price(self, ticks: int) -> Decimal:
        """The price of `ticks` in quote, exact, with the decimals of the tick."""
        return exact_multiple(self.tick, ticks)

    def lots(self, quantity: Decimal) -> int:
        """Quantity in base as a whole number of lots; raises OffGridError when it is between two lots."""
        return _exact_count(quantity, self.lot, "quantity")

    def quantity(self, lots: int) -> Decimal:
        """The quantity of `lots` in base, exact, with the decimals of the lot."""
        return exact_multiple(self.lot, lots)

    def floor_quantity(self, quantity: Decimal) -> Decimal:
        """The largest quantity on the lot grid that is not above `quantity`; a negative one raises ValueError."""
        if quantity < 0:
            raise ValueError("a quantity is not negative")
        count = Fraction(quantity) / Fraction(self.lot)
        return self.quantity(count.numerator // count.denominator)

    def quantise_price(self, price: Decimal, side: Side) -> Decimal:
        """The nearest price on the tick grid that is not worse for the order: down for a buy, up for a sell."""
        count = Fraction(price) / Fraction(self.tick)
        floor = count.numerator // count.denominator
        return self.price(floor if side is Side.BUY else -(-count.numerator // count.denominator))

    def check_order(
        self, quantity: Decimal, price: Decimal | None = None, *, market_price: Decimal | None = None
    ) -> Filter | None:
        """The first filter the order violates, or None.

        A limit order gives `price`; a market order gives None and, for the notional check, the `market_price` it will
        probably meet. Without either price the notional is not checked.
        """
        if price is not None and not (price > 0 and _on_grid(price, self.tick)):
            return Filter.PRICE_FILTER
        if not self.min_quantity <= quantity <= self.max_quantity or quantity <= 0 or not _on_grid(quantity, self.lot):
            return Filter.LOT_SIZE
        reference = price if price is not None else market_price
        if reference is not None and Fraction(reference) * Fraction(quantity) < Fraction(self.min_notional):
            return Filter.NOTIONAL
        return None


def _exact_count(value: Decimal, step: Decimal, what: str) -> int:
    if not value.is_finite():
        raise OffGridError(f"{what} is not a finite number")
    count = Fraction(value) / Fraction(step)
    if count.denominator != 1:
        raise OffGridError(f"{what} {value} is not a multiple of {step}")
    return count.numerator


def _on_grid(value: Decimal, step: Decimal) -> bool:
    return value.is_finite() and (Fraction(value) / Fraction(step)).denominator == 1
