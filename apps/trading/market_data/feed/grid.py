"""Prices of a venue against the grid of our instrument: what does not land on it is told, never rounded. No I/O."""

from dataclasses import dataclass, field

from apps.trading.market_data.gateways.messages import BookTop, BookUpdate, Day, Message, Print
from kernel.instruments import InstrumentSpec
from kernel.order_book import SCALE_DIGITS, scaled


@dataclass
class GridGuard:
    """Counts messages with a price between two ticks, by symbol, until they are reported."""

    off_grid: dict[str, int] = field(default_factory=dict)
    looked_at: dict[str, int] = field(default_factory=dict)

    def is_on_grid(self, message: Message, spec: InstrumentSpec) -> bool:
        """Return whether all prices are on the grid; a price that is no number is not."""
        self.looked_at[message.symbol] = self.looked_at.get(message.symbol, 0) + 1
        tick = int(spec.tick.scaleb(SCALE_DIGITS))
        try:
            is_on = not any(scaled(price) % tick for price in _prices(message))
        except ValueError:
            is_on = False
        if not is_on:
            self.off_grid[message.symbol] = self.off_grid.get(message.symbol, 0) + 1
        return is_on

    def take_report(self) -> dict[str, int]:
        """Return how many messages were off the grid since the last call, by symbol."""
        found, self.off_grid = self.off_grid, {}
        return found

    def take_looked_at(self, symbol: str) -> int:
        """Return how many messages of a symbol were looked at since the last call."""
        return self.looked_at.pop(symbol, 0)


def _prices(message: Message) -> list[str]:
    """Return the prices that a message tells; a candle's are looked at where it is taken."""
    if isinstance(message, Print):
        return [message.price]
    if isinstance(message, BookUpdate):
        return [level[0] for side in (message.update.bids, message.update.asks) for level in side]
    if isinstance(message, BookTop):
        return [message.bid, message.ask]
    return [message.last] if isinstance(message, Day) else []
