"""What can be done with instruments, watchlists and alerts."""

from apps.trading.instruments.facts import fill_closed_days, fill_market_facts
from apps.trading.instruments.operations.alerts import AlertWish, arm_alert, create_alert, pause_alert, remove_alert
from apps.trading.instruments.operations.checking import check_alerts, on_sweep, sweep_alerts
from apps.trading.instruments.operations.master import (
    NewInstrument,
    add_alias,
    add_instrument,
    change_instrument,
    remove_alias,
)
from apps.trading.instruments.operations.seed import seed_instruments
from apps.trading.instruments.operations.watchlists import (
    add_symbol,
    create_watchlist,
    remove_symbol,
    remove_watchlist,
    rename_watchlist,
)

__all__ = [
    "AlertWish",
    "NewInstrument",
    "add_alias",
    "add_instrument",
    "add_symbol",
    "arm_alert",
    "change_instrument",
    "check_alerts",
    "create_alert",
    "create_watchlist",
    "fill_closed_days",
    "fill_market_facts",
    "on_sweep",
    "pause_alert",
    "remove_alert",
    "remove_alias",
    "remove_symbol",
    "remove_watchlist",
    "rename_watchlist",
    "seed_instruments",
    "sweep_alerts",
]
