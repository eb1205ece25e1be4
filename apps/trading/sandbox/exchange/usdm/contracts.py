"""What is traded: contracts, their tiers, fees and limits. Amounts in units of 10^-8, prices ticks of 10^-2."""

from decimal import Decimal
from typing import Final

from apps.trading.sandbox.exchange.amounts import UNIT
from apps.trading.sandbox.exchange.symbols import SymbolSpec
from kernel.margin import bracket_of, build_brackets

QUOTE: Final = "USDT"
LOT_DECIMALS: Final = 3
TICK_LOT: Final = 1_000
"""Quote units of one lot (10^-3) at a price of one tick (10^-2)."""
LOT_UNITS: Final = UNIT // 1_000
MAKER_FEE: Final = 20_000
TAKER_FEE: Final = 50_000
"""0.02 % and 0.05 %: the rates Binance publishes for accounts without a tier."""
LIQUIDATION_FEE: Final = 1_250_000
"""1.25 % of what is liquidated, as far as the margin reaches; it goes to the insurance fund."""
DEFAULT_LEVERAGE: Final = 20
MIN_NOTIONAL: Final = 5 * UNIT
MAX_OPEN_ORDERS: Final = 200
MAX_ALGO_ORDERS: Final = 100

CONTRACTS: Final = {
    name: SymbolSpec(name, name.removesuffix(QUOTE), QUOTE, LOT_DECIMALS, max_quantity=quantity * UNIT)
    for name, quantity in (("BTCUSDT", 1_000), ("ETHUSDT", 10_000), ("SOLUSDT", 1_000_000))
}

_TIERS = (
    ("300000", 125, "0.004"),
    ("800000", 100, "0.005"),
    ("3000000", 75, "0.0065"),
    ("12000000", 50, "0.01"),
    ("70000000", 25, "0.02"),
    ("100000000", 20, "0.025"),
    ("230000000", 10, "0.05"),
    ("480000000", 5, "0.1"),
    ("600000000", 4, "0.125"),
    ("800000000", 3, "0.15"),
    ("1200000000", 2, "0.25"),
    ("1800000000", 1, "0.5"),
)
_SMALLER_TIERS = (
    ("50000", 75, "0.0065"),
    ("600000", 50, "0.01"),
    ("3000000", 25, "0.02"),
    ("12000000", 20, "0.025"),
    ("40000000", 10, "0.05"),
    ("80000000", 5, "0.1"),
    ("100000000", 4, "0.125"),
    ("200000000", 2, "0.25"),
    ("300000000", 1, "0.5"),
)
BRACKETS: Final = {name: build_brackets(_SMALLER_TIERS if name == "SOLUSDT" else _TIERS) for name in CONTRACTS}


def maintenance_units(symbol: str, notional: int) -> int:
    """Maintenance margin in units of a position of `notional` units, rounded up."""
    if not notional:
        return 0
    bracket = bracket_of(BRACKETS[symbol], Decimal(notional).scaleb(-8))
    return -(-notional * int(bracket.rate.scaleb(8)) // UNIT) - int(bracket.amount.scaleb(8))


def largest_leverage(symbol: str) -> int:
    """The most leverage of a contract."""
    return BRACKETS[symbol][0].leverage


def largest_notional(symbol: str, leverage: int) -> int:
    """Units that may be held at a leverage."""
    caps = [row.cap for row in BRACKETS[symbol] if row.leverage >= leverage and row.cap is not None]
    return int(max(caps).scaleb(8))
