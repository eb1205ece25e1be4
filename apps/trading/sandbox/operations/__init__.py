"""Opening, renewing and closing paper accounts."""

from apps.trading.sandbox.operations.accounts import (
    close_paper_account,
    finish_paper_account,
    open_paper_account,
    request_fresh_account,
    request_paper_account,
)

__all__ = [
    "close_paper_account",
    "finish_paper_account",
    "open_paper_account",
    "request_fresh_account",
    "request_paper_account",
]
