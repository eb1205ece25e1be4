"""Writes of positions: opening books and booking fills."""

from apps.trading.positions.operations.booking import RECORD, FillFacts, apply_fill, open_book

__all__ = ["RECORD", "FillFacts", "apply_fill", "open_book"]
