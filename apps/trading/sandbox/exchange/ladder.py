"""The synthetic order book around the market price: deterministic by seed, symbol and price."""

import zlib

from apps.trading.sandbox.exchange.book_tape import Quote
from apps.trading.sandbox.exchange.symbols import SymbolSpec
from kernel.matching import Market, Side

NEAR_LEVELS = 20
_FAR_BASIS_POINTS = (30, 60, 120, 250, 500)
_NEAR_NOTIONAL_TICKS = 30_000 * 100  # about 30,000 quote on the first level, rising outwards
_FAR_NOTIONAL_TICKS = 2_000_000 * 100
DEEP_LOTS = 10**12
_MASK = (1 << 64) - 1


def _mix(value: int) -> int:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): a well-spread 64-bit hash of an integer."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class Ladder:
    """Writes and clears one symbol's synthetic orders in its book. Their ids are negative, customers' are positive."""

    def __init__(self, spec: SymbolSpec, seed: int) -> None:
        self._lots_per_unit = int(10**spec.lot_decimals)
        self._salt = _mix(seed ^ zlib.crc32(spec.name.encode()))
        self._count = 0
        self.placed = False  # whether the book holds synthetic orders now

    def place(
        self,
        book: Market,
        price: int,
        *,
        standing: bool,
        recorded: list[Quote] | None = None,
        most: int | None = None,
    ) -> None:
        """Quote around `price` ticks; `standing` = zero spread and one deep level a side (lock-step).

        A `recorded` book, each side best first, takes the place of the made one. `most` bounds the lots of
        each side, best prices first.
        """
        quotes = [(side, price, DEEP_LOTS) for side in Side] if standing else recorded or self._quotes(price)
        if most is not None:
            quotes = [quote for side in Side for quote in _first_lots(quotes, side, most)]
        for number, (side, level, lots) in enumerate(quotes, start=1):
            book.quote(-number, side, level, lots)
        self._count = len(quotes)
        self.placed = bool(quotes)

    def clear(self, book: Market) -> None:
        """Take every synthetic order out."""
        for number in range(1, self._count + 1):
            book.withdraw(-number)
        self._count, self.placed = 0, False

    def _quotes(self, price: int) -> list[Quote]:
        half, step = max(1, price // 20_000), max(1, price // 10_000)
        quotes: list[Quote] = []
        for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
            best = price + sign * half
            # Levels behind the best stand on a fixed grid, so that a small move changes few of them.
            grid = best // step * step if sign < 0 else -(-best // step) * step
            quotes.append((side, max(1, best), self._lots(best, _NEAR_NOTIONAL_TICKS)))
            for level in range(1, NEAR_LEVELS):
                at = max(1, grid + sign * level * step)
                quotes.append((side, at, self._lots(at, _NEAR_NOTIONAL_TICKS * (4 + level) // 4)))
            for points in _FAR_BASIS_POINTS:
                at = max(1, price + sign * price * points // 10_000 // step * step)
                quotes.append((side, at, self._lots(at, _FAR_NOTIONAL_TICKS)))
        return quotes

    def _lots(self, price: int, notional_ticks: int) -> int:
        percent = 50 + _mix(self._salt ^ price) % 101
        return max(1, notional_ticks * self._lots_per_unit * percent // (100 * max(1, price)))


def _first_lots(quotes: list[Quote], side: Side, most: int) -> list[Quote]:
    """One side's quotes up to `most` lots; they come best first."""
    kept, left = [], most
    for _, price, lots in (quote for quote in quotes if quote[0] is side):
        if left > 0:
            kept.append((side, price, min(lots, left)))
        left -= lots
    return kept
