"""Buys, waits until its stop lies at the exchange, sells; twice, then no more. For tests, not for money."""

from datetime import datetime
from typing import Any

from freqtrade.persistence import Trade  # type: ignore[import-not-found]
from freqtrade.strategy import IStrategy  # type: ignore[import-not-found]

CYCLES = 2


class TwoCycles(IStrategy):  # type: ignore[misc]  # freqtrade is not in the environment that checks types
    """Enters on every candle while fewer than two trades were made; leaves as soon as the stop is placed."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 10
    minimal_roi = {"0": 100}
    stoploss = -0.1
    use_exit_signal = True
    order_types = {
        "entry": "market",
        "exit": "market",
        "emergency_exit": "market",
        "stoploss": "limit",
        "stoploss_on_exchange": True,
    }

    def bot_loop_start(self, current_time: datetime, **kwargs: Any) -> None:
        """Lift the lock that freqtrade puts on a pair until the candle ends: the second cycle need not wait."""
        self.unlock_reason("Auto lock")

    def populate_indicators(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """No indicators."""
        return dataframe

    def populate_entry_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """Every candle is an entry."""
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """No candle is an exit."""
        dataframe["exit_long"] = 0
        return dataframe

    def confirm_trade_entry(self, *arguments: Any, **kwargs: Any) -> bool:
        """Allow two trades and no more."""
        return len(Trade.get_trades_proxy()) < CYCLES

    def custom_exit(self, pair: str, trade: Any, *arguments: Any, **kwargs: Any) -> str | None:
        """Leave when the stop lies at the exchange."""
        return "cycle" if trade.has_open_sl_orders else None
