"""Writes on back-tests and studies: what people ask for, and what the workers report."""

from apps.trading.backtests.operations.requests import BacktestRequest, cancel_backtest, start_backtest
from apps.trading.backtests.operations.studies import (
    StudyRequest,
    cancel_study,
    pause_study,
    resume_study,
    start_study,
)
from apps.trading.backtests.operations.study_work import (
    claim_part,
    fail_study,
    finish_part,
    finish_study,
    give_back_study,
    store_trials,
)
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
    "StudyRequest",
    "cancel_backtest",
    "cancel_study",
    "claim_part",
    "claim_run",
    "drop_run",
    "fail_run",
    "fail_study",
    "finish_part",
    "finish_run",
    "finish_study",
    "give_back_run",
    "give_back_study",
    "note_progress",
    "pause_study",
    "resume_study",
    "start_backtest",
    "start_study",
    "store_trials",
]
