"""Writes of bots: what the owner may do, and the step that does it."""

from apps.trading.bots.operations.lifecycle import (
    HALT,
    RUN,
    BotWish,
    archive_bot,
    clone_bot,
    create_bot,
    halt_bot,
    pause_bot,
    resume_bot,
    revise_bot,
    start_bot,
    stop_all_bots,
    stop_bot,
    stop_each,
)
from apps.trading.bots.operations.stepping import advance, dispatch_candle, step_batch

__all__ = [
    "HALT",
    "RUN",
    "BotWish",
    "advance",
    "archive_bot",
    "clone_bot",
    "create_bot",
    "dispatch_candle",
    "halt_bot",
    "pause_bot",
    "resume_bot",
    "revise_bot",
    "start_bot",
    "step_batch",
    "stop_all_bots",
    "stop_bot",
    "stop_each",
]
