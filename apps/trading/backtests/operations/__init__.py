"""Writes on back-tests: what people ask for, and what the worker reports."""

from apps.trading.backtests.operations.requests import BacktestRequest, cancel_backtest, start_backtest
from apps.trading.backtests.operations.work import (
    LeaseLost,
    claim_run,
    drop_run,
    fail_run,
    finish_run,
    give_back_run,
    note_progress,
)

__all__ = [
    "BacktestRequest",
    "LeaseLost",
    "cancel_backtest",
    "claim_run",
    "drop_run",
    "fail_run",
    "finish_run",
    "give_back_run",
    "note_progress",
    "start_backtest",
]
