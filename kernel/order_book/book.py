"""Two sides of price levels in exact integers."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

SCALE_DIGITS: Final = 12
"""Prices and quantities are whole numbers of 10^-12: finer than any venue's grid."""
MOST_DIGITS: Final = 20
"""Before the point."""
MOST_LEVELS: Final = 5_000


def scaled(text: str) -> int:
    """Return a decimal text in units of 10^-12; raises ValueError when it is no number or finer than that."""
    head, _, tail = text.partition(".")
    if len(tail) > SCALE_DIGITS or len(head) > MOST_DIGITS or not (head + tail).isdigit():
        return _scaled_exactly(text)
    return int(head + tail.ljust(SCALE_DIGITS, "0"))


def _scaled_exactly(text: str) -> int:
    try:
        value = Decimal(text).scaleb(SCALE_DIGITS)
        whole = int(value) if value.is_finite() and value.adjusted() < 60 else -1
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"{text[:40]} is no decimal number") from error
    if value != whole or not 0 <= whole < 10 ** (SCALE_DIGITS + MOST_DIGITS):
        raise ValueError(f"{text[:40]} is negative, too large, or finer than 10^-{SCALE_DIGITS}")
    return whole


def unscaled(value: int) -> Decimal:
    """Return the exact Decimal of a scaled number, without zeros at its end."""
    exact = Decimal(value).scaleb(-SCALE_DIGITS).normalize()
    return exact if int(exact.as_tuple().exponent) <= 0 else exact.quantize(Decimal(1))


class BookSide:
    """The levels of one side by price; the farthest are dropped beyond `most`."""

    __slots__ = ("_is_bid", "_most", "_prices", "_quantities")

    def __init__(self, *, is_bid: bool, most: int = MOST_LEVELS) -> None:
        self._is_bid = is_bid
        self._most = most
        self._quantities: dict[int, int] = {}
        self._prices: list[int] = []  # rising

    def __len__(self) -> int:
        return len(self._prices)

    def replace(self, levels: Iterable[Sequence[str]]) -> None:
        """Forget everything and take these levels."""
        pairs = ((scaled(level[0]), scaled(level[1])) for level in levels)
        self._quantities = {price: quantity for price, quantity in pairs if quantity}
        self._prices = sorted(self._quantities)
        self._shorten()

    def change(self, levels: Iterable[Sequence[str]]) -> None:
        """Set the quantities at prices; 0 removes a level, known or not."""
        quantities, prices = self._quantities, self._prices
        for level in levels:
            price, quantity = scaled(level[0]), scaled(level[1])
            if quantity:
                if price not in quantities:
                    insort(prices, price)
                quantities[price] = quantity
            elif quantities.pop(price, 0):
                del prices[bisect_left(prices, price)]
        if len(prices) > self._most:
            self._shorten()

    def best(self) -> tuple[int, int] | None:
        """Return (price, quantity) of the best level, or None."""
        if not self._prices:
            return None
        price = self._prices[-1 if self._is_bid else 0]
        return price, self._quantities[price]

    def top(self, count: int) -> list[tuple[int, int]]:
        """Return the best `count` levels, best first."""
        prices = self._prices[: -count - 1 : -1] if self._is_bid else self._prices[:count]
        return [(price, self._quantities[price]) for price in prices]

    def _shorten(self) -> None:
        surplus = len(self._prices) - self._most
        if surplus <= 0:
            return
        dropped = self._prices[:surplus] if self._is_bid else self._prices[-surplus:]
        self._prices = self._prices[surplus:] if self._is_bid else self._prices[:-surplus]
        for price in dropped:
            del self._quantities[price]


class Book:
    """Both sides, and the number of the last update they contain."""

    __slots__ = ("asks", "bids", "sequence", "ts")

    def __init__(self, most: int = MOST_LEVELS) -> None:
        self.bids = BookSide(is_bid=True, most=most)
        self.asks = BookSide(is_bid=False, most=most)
        self.sequence = 0
        self.ts = 0

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is above the best ask: no venue rests like that (equal prices are a locked book)."""
        bid, ask = self.bids.best(), self.asks.best()
        return bid is not None and ask is not None and bid[0] > ask[0]
