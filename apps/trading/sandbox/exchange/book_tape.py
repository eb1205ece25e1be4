"""Recorded order books as liquidity: the synthetic orders are the recorded levels of the moment.

A file `<SYMBOL>_book.jsonl` or `.jsonl.gz` beside the symbol's trades has one JSON object a line, oldest first:
`{"ts": ms, "type": "snapshot" or "delta", "bids": [["price", "quantity"], …], "asks": […]}`. Quantity 0 takes a level
out; a snapshot replaces the whole book; the first line must be one.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.trading.sandbox.exchange.symbols import TICKS_PER_UNIT, SymbolSpec
from kernel.matching import Side

LEVELS = 50  # kept of each side
Quote = tuple[Side, int, int]
_Levels = dict[int, int]  # price in ticks -> lots


class BookUnusableError(Exception):
    """A file of order books does not have the documented form."""


@dataclass(frozen=True)
class BookTape:
    """The book at the end of each quantum: `index[q]` is its place in `states`, -1 before the first."""

    index: npt.NDArray[np.int64]
    states: list[list[Quote]]

    def quotes(self, quantum: int) -> list[Quote] | None:
        """The levels at a recorded quantum, each side best first; None before the recording of books begins."""
        place = int(self.index[quantum])
        return self.states[place] if place >= 0 else None


def read_book(path: Path, spec: SymbolSpec, edges: npt.NDArray[np.int64]) -> BookTape:
    """The books of a file at the ends of quanta (`edges`, ms, ascending); raises BookUnusableError naming the line."""
    book: dict[Side, _Levels] = {side: {} for side in Side}
    times: list[int] = []
    states: list[list[Quote]] = []
    for number, update in enumerate(_updates(path), start=1):
        try:
            time, kind = int(update["ts"]), update["type"]
            if kind not in ("snapshot", "delta") or (number == 1 and kind != "snapshot"):
                raise ValueError
            changes = {Side.BUY: _levels(update["bids"], spec), Side.SELL: _levels(update["asks"], spec)}
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise BookUnusableError(f"{path.name}, line {number}: no book update of the documented form") from error
        if times and time < times[-1]:
            raise BookUnusableError(f"{path.name}, line {number}: earlier than the line before")
        for side, levels in changes.items():
            merged = ({} if kind == "snapshot" else book[side]) | levels
            book[side] = {price: lots for price, lots in merged.items() if lots}
        if book[Side.BUY] and book[Side.SELL] and max(book[Side.BUY]) >= min(book[Side.SELL]):
            raise BookUnusableError(f"{path.name}, line {number}: the best bid is not below the best ask")
        times.append(time)
        states.append(_best(book))
    if not states:
        raise BookUnusableError(f"{path.name}: no books")
    # The state of a quantum is the last one before its end.
    return BookTape(np.searchsorted(np.array(times), edges) - 1, states)


def _updates(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        for number, line in enumerate(file, start=1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise BookUnusableError(f"{path.name}, line {number}: not JSON") from error


def _levels(rows: list[list[str]], spec: SymbolSpec) -> _Levels:
    levels = {}
    for price, quantity in rows:
        ticks, lots = Decimal(price) * TICKS_PER_UNIT, Decimal(quantity) * 10**spec.lot_decimals
        if ticks != int(ticks) or ticks <= 0 or lots < 0:
            raise ValueError
        levels[int(ticks)] = int(lots)
    return levels


def _best(book: dict[Side, _Levels]) -> list[Quote]:
    bids = sorted(book[Side.BUY].items(), reverse=True)[:LEVELS]
    asks = sorted(book[Side.SELL].items())[:LEVELS]
    return [(Side.BUY, *level) for level in bids] + [(Side.SELL, *level) for level in asks]
