"""Writes of positions: opening books, booking fills, writing off what a reset leaves."""

from apps.trading.positions.operations.booking import RECORD, FillFacts, apply_fill, open_book, write_off

__all__ = ["RECORD", "FillFacts", "apply_fill", "open_book", "write_off"]
