"""Opening, renewing and closing paper accounts; steering the exchange."""

from apps.trading.sandbox.operations.accounts import (
    close_paper_account,
    finish_paper_account,
    open_paper_account,
    request_fresh_account,
    request_paper_account,
)
from apps.trading.sandbox.operations.steering import STEER, ask_exchange, carry_out

__all__ = [
    "STEER",
    "ask_exchange",
    "carry_out",
    "close_paper_account",
    "finish_paper_account",
    "open_paper_account",
    "request_fresh_account",
    "request_paper_account",
]
