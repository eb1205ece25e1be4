"""Writes on strategies."""

from apps.trading.strategies.operations.strategies import (
    archive_strategy,
    clone_example,
    create_strategy,
    read_document,
    restore_strategy,
    revise_strategy,
)

__all__ = [
    "archive_strategy",
    "clone_example",
    "create_strategy",
    "read_document",
    "restore_strategy",
    "revise_strategy",
]
