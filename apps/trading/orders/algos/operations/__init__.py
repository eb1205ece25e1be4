"""Writes of algorithms."""

from apps.trading.orders.algos.operations.advancing import advance_algo, step_algo
from apps.trading.orders.algos.operations.starting import (
    AlgoWish,
    cancel_algo,
    pause_algo,
    resume_algo,
    start_algo,
)

__all__ = ["AlgoWish", "advance_algo", "cancel_algo", "pause_algo", "resume_algo", "start_algo", "step_algo"]
