"""What trades and books say beyond their last price: averages, pressure, depth, impact, volatility, venues as one."""

from kernel.microstructure.book import depth_within, imbalance, micro_price, order_flow_imbalance
from kernel.microstructure.trades import (
    PriceStatistics,
    kyle_lambda,
    price_statistics,
    realised_volatility,
    trade_pressure,
    twap,
    vwap,
)
from kernel.microstructure.venues import (
    Arbitrage,
    Consolidated,
    VenueTop,
    arbitrage,
    consolidate,
    index_price,
    one_round,
)
from kernel.microstructure.window import MarketWindow, number

__all__ = [
    "Arbitrage",
    "Consolidated",
    "MarketWindow",
    "PriceStatistics",
    "VenueTop",
    "arbitrage",
    "consolidate",
    "depth_within",
    "imbalance",
    "index_price",
    "kyle_lambda",
    "micro_price",
    "number",
    "one_round",
    "order_flow_imbalance",
    "price_statistics",
    "realised_volatility",
    "trade_pressure",
    "twap",
    "vwap",
]
