"""Writes on market data, and the registry of who is told of closed candles."""

from apps.trading.market_data.operations.adjusting import (
    add_action,
    add_closure,
    import_action_rows,
    import_actions,
    import_closures,
    rebuild_adjustment,
    remove_closure,
)
from apps.trading.market_data.operations.dispatch import dispatch_closed, mark_start, on_candle_closed
from apps.trading.market_data.operations.history import SYNC, SyncRequest, cancel_sync, start_sync
from apps.trading.market_data.operations.importing import ImportReport, import_candles
from apps.trading.market_data.operations.lease import release_lease, renew_lease, take_lease
from apps.trading.market_data.operations.panels import fill_own_fees, fill_symbol_page
from apps.trading.market_data.operations.quality import (
    RELEASE,
    ReceiveReport,
    check_series,
    discard_candle,
    note_alarms,
    quarantine_candles,
    receive_candles,
    release_candle,
)
from apps.trading.market_data.operations.store import WRITE, StoreReport, store_candles
from apps.trading.market_data.operations.subscriptions import subscribe, unsubscribe
from apps.trading.market_data.operations.ticks import (
    RETAIN,
    apply_retention,
    set_retention,
    store_book_samples,
    store_pair_samples,
    store_trades,
)

__all__ = [
    "RELEASE",
    "RETAIN",
    "SYNC",
    "WRITE",
    "ImportReport",
    "ReceiveReport",
    "StoreReport",
    "SyncRequest",
    "add_action",
    "add_closure",
    "apply_retention",
    "cancel_sync",
    "check_series",
    "discard_candle",
    "dispatch_closed",
    "fill_own_fees",
    "fill_symbol_page",
    "import_action_rows",
    "import_actions",
    "import_candles",
    "import_closures",
    "mark_start",
    "note_alarms",
    "on_candle_closed",
    "quarantine_candles",
    "rebuild_adjustment",
    "receive_candles",
    "release_candle",
    "release_lease",
    "remove_closure",
    "renew_lease",
    "set_retention",
    "start_sync",
    "store_book_samples",
    "store_candles",
    "store_pair_samples",
    "store_trades",
    "subscribe",
    "take_lease",
    "unsubscribe",
]
