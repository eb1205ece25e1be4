"""What can be done with portfolios."""

from apps.trading.portfolios.operations.flows import FlowWish, add_book, record_flow, remove_book
from apps.trading.portfolios.operations.keeping import (
    archive_portfolio,
    choose_benchmark,
    create_portfolio,
    open_defaults,
    rename_portfolio,
)
from apps.trading.portfolios.operations.sampling import sample_portfolio

__all__ = [
    "FlowWish",
    "add_book",
    "archive_portfolio",
    "choose_benchmark",
    "create_portfolio",
    "open_defaults",
    "record_flow",
    "remove_book",
    "rename_portfolio",
    "sample_portfolio",
]
