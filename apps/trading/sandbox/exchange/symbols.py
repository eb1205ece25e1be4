"""What is traded: assets, price ticks, lots and the limits of each symbol."""

from dataclasses import dataclass

from apps.trading.sandbox.exchange.amounts import UNIT

PRICE_DECIMALS = 2  # every recorded price is an integer of 10^-2
TICK_UNITS: int = 10 ** (8 - PRICE_DECIMALS)
TICKS_PER_UNIT: int = 10**PRICE_DECIMALS


@dataclass(frozen=True)
class SymbolSpec:
    """Static facts of one symbol; amounts in units of 10^-8. `filters` enforces and publishes the limits."""

    name: str
    base: str
    quote: str
    lot_decimals: int
    min_notional: int = 5 * UNIT
    max_notional: int = 9_000_000 * UNIT
    max_price: int = 1_000_000 * UNIT
    max_quantity: int = 9_000 * UNIT
    max_market_quantity: int = 500 * UNIT
    max_position: int = 90_000 * UNIT
    max_open_orders: int = 200
    max_algo_orders: int = 5
    max_iceberg_orders: int = 10
    max_order_lists: int = 20
    max_amends: int = 10
    max_iceberg_parts: int = 100
    price_multipliers: tuple[int, int] = (10, 500)  # of the average price, in hundredths: at least, at most
    trailing_bips: tuple[int, int] = (10, 2_000)  # least and most trailing delta

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
        SymbolSpec("ETHUSDT", "ETH", "USDT", 4, max_market_quantity=5_000 * UNIT, max_position=900_000 * UNIT),
        SymbolSpec(
            "SOLUSDT",
            "SOL",
            "USDT",
            3,
            max_quantity=90_000 * UNIT,
            max_market_quantity=50_000 * UNIT,
            max_position=9_000_000 * UNIT,
        ),
    )
}
