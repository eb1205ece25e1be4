"""Writes on market data, and the registry of who is told of closed candles."""

from apps.trading.market_data.operations.dispatch import dispatch_closed, mark_start, on_candle_closed
from apps.trading.market_data.operations.importing import ImportReport, import_candles
from apps.trading.market_data.operations.lease import release_lease, renew_lease, take_lease
from apps.trading.market_data.operations.panels import fill_symbol_page
from apps.trading.market_data.operations.store import WRITE, StoreReport, store_candles
from apps.trading.market_data.operations.subscriptions import subscribe, unsubscribe

__all__ = [
    "WRITE",
    "ImportReport",
    "StoreReport",
    "dispatch_closed",
    "fill_symbol_page",
    "import_candles",
    "mark_start",
    "on_candle_closed",
    "release_lease",
    "renew_lease",
    "store_candles",
    "subscribe",
    "take_lease",
    "unsubscribe",
]
