"""A venue's order book kept from its differences: every update is checked for sequence before it counts."""

from kernel.order_book.book import SCALE_DIGITS, Book, BookSide, scaled, unscaled
from kernel.order_book.builder import BookBuilder, Outcome
from kernel.order_book.updates import Rule, Update

__all__ = ["SCALE_DIGITS", "Book", "BookBuilder", "BookSide", "Outcome", "Rule", "Update", "scaled", "unscaled"]
