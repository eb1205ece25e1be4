"""What is traded: assets, price ticks, lots and the limits of each symbol."""

from dataclasses import dataclass

from apps.trading.sandbox.exchange.amounts import UNIT

PRICE_DECIMALS = 2  # every recorded price is an integer of 10^-2
TICK_UNITS = 10 ** (8 - PRICE_DECIMALS)


@dataclass(frozen=True)
class SymbolSpec:
    """Static facts of one symbol; amounts in units of 10^-8."""

    name: str
    base: str
    quote: str
    lot_decimals: int
    min_notional: int = 5 * UNIT
    max_notional: int = 9_000_000 * UNIT
    max_price: int = 1_000_000 * UNIT
    max_quantity: int = 9_000 * UNIT
    max_open_orders: int = 200

    @property
    def lot_units(self) -> int:
        """Base units of one lot."""
        return int(10 ** (8 - self.lot_decimals))

    @property
    def tick_lot_units(self) -> int:
        """Quote units of one lot at a price of one tick."""
        return int(10 ** (8 - PRICE_DECIMALS - self.lot_decimals))


KNOWN_SYMBOLS = {
    spec.name: spec
    for spec in (
        SymbolSpec("BTCUSDT", "BTC", "USDT", 5),
        SymbolSpec("ETHUSDT", "ETH", "USDT", 4),
        SymbolSpec("SOLUSDT", "SOL", "USDT", 3, max_quantity=90_000 * UNIT),
    )
}
