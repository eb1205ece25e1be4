"""What a file is, by its columns, and its rows as the checks take them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apps.trading.market_data.recordings.tables import LINES, Columns, moments, read_columns, read_lines, suffix_of
from kernel.quality import BookMessage, RawCandles, RawTrades

PRICES: Final = ("open", "high", "low", "close")
TIMES: Final = ("ts", "timestamp", "time", "date", "open_time", "unix_s")
QUANTITIES: Final = ("quantity", "qty", "amount", "size", "volume")
NUMBERS: Final = ("trade_id", "id", "number")
ORDER_BOOK: Final = re.compile(r"^(asks|bids)\[(\d+)\]\.(price|amount)$")
SIDED: Final = ("{side}_{price}", "{price}_{side}")
SIDES: Final = {"b": 0, "bid": 0, "buy": 0, "a": 1, "ask": 1, "sell": 1}


@dataclass(frozen=True, slots=True)
class Candles:
    """Candles of one symbol ("" where the file has one only); `is_daily_text`: opened on dates without a time."""

    symbol: str
    candles: RawCandles
    dates_only: bool = False


@dataclass(frozen=True, slots=True)
class BidAskCandles:
    """Candles of bid and of ask, row by row."""

    bid: RawCandles
    ask: RawCandles


@dataclass(frozen=True, slots=True)
class Quotes:
    """Best bid and ask at moments (Unix ms)."""

    ts: NDArray[np.int64]
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Book:
    """Messages of an order book; `depth`: levels a side that the venue keeps, None for all."""

    messages: list[BookMessage]
    depth: int | None = None


Recording = list[Candles] | BidAskCandles | Quotes | RawTrades | Book | None


def recognise(path: Path) -> Recording:
    """Return what a file records, or None when it is no recording of a market. Raises FileUnusable."""
    suffix = suffix_of(path)
    if not suffix:
        return None
    if suffix in LINES:
        return _book_of_lines(path)
    columns = read_columns(path)
    try:
        return _of_columns(columns)
    except (ValueError, InvalidOperation, KeyError):
        return None


def _of_columns(columns: Columns) -> Recording:
    names = columns.keys()
    if any(ORDER_BOOK.match(name) for name in names):
        return Book(list(_whole_books(columns)))
    if {"price", "side"} <= names and names & {"is_snapshot", "update_type"}:
        return Book(list(_level_lines(columns)))
    return _by_time(columns, names)


def _by_time(columns: Columns, names: Set[str]) -> Recording:
    """Return what a file with one row a moment records, or None."""
    time = next((name for name in TIMES if name in columns), None)
    if time is None:
        return None
    if set(PRICES) <= names:
        return list(_candles(columns, time))
    form = next((form for form in SIDED if _has_both_sides(names, form)), None)
    if form is not None:
        bid, ask = (_one_side(columns, time, form, side) for side in ("bid", "ask"))
        return BidAskCandles(bid, ask)
    if {"bid", "ask"} <= names:
        return Quotes(moments(columns[time]), _floats(columns["bid"]), _floats(columns["ask"]))
    quantity = next((name for name in QUANTITIES if name in columns), None)
    if "price" in names and quantity is not None:
        return RawTrades(
            moments(columns[time]), _floats(columns["price"]), _floats(columns[quantity]), _numbers(columns)
        )
    return None


def _has_both_sides(names: Iterable[str], form: str) -> bool:
    return {form.format(side=side, price=price) for side in ("bid", "ask") for price in PRICES} <= set(names)


def _candles(columns: Columns, time: str) -> Iterator[Candles]:
    ts = moments(columns[time])
    volume = _floats(columns["volume"]) if "volume" in columns else None
    opened, high, low, close = (_floats(columns[name]) for name in PRICES)
    whole = RawCandles(ts, opened, high, low, close, volume)
    dates_only = columns[time].dtype.kind not in "iuf"
    if "symbol" not in columns:
        yield Candles("", whole, dates_only)
        return
    symbols = columns["symbol"].astype(str)
    for symbol in np.unique(symbols).tolist():
        yield Candles(symbol, whole.of(symbols == symbol), dates_only)


def _one_side(columns: Columns, time: str, form: str, side: str) -> RawCandles:
    opened, high, low, close = (_floats(columns[form.format(side=side, price=price)]) for price in PRICES)
    return RawCandles(moments(columns[time]), opened, high, low, close)


def _floats(values: NDArray[Any]) -> NDArray[np.float64]:
    return values.astype(np.float64)


def _numbers(columns: Columns) -> NDArray[np.int64] | None:
    """Return the venue's trade numbers, where it has whole ones."""
    name = next((name for name in NUMBERS if name in columns), None)
    if name is None:
        return None
    try:
        return columns[name].astype(np.int64)
    except (ValueError, TypeError):
        return None


def _book_of_lines(path: Path) -> Book | None:
    """Return the book of JSON lines in the form of Bybit's public stream; None when there is none in them."""
    messages, depth = [], None
    for line in read_lines(path):
        data = line.get("data")
        if line.get("type") not in ("snapshot", "delta") or not isinstance(data, Mapping) or "b" not in data:
            continue
        found = re.search(r"orderbook\.(\d+)\.", str(line.get("topic")))
        depth = int(found[1]) if found else depth
        number = data.get("u")
        messages.append(
            BookMessage(
                ts=int(line["ts"]),
                is_snapshot=line["type"] == "snapshot",
                bids=[(Decimal(price), Decimal(size)) for price, size in data["b"]],
                asks=[(Decimal(price), Decimal(size)) for price, size in data["a"]],
                first=number,
                last=number,
            )
        )
    return Book(messages, depth) if messages else None


def _level_lines(columns: Columns) -> Iterator[BookMessage]:
    """Return messages of files with one level a line: lines of one moment and one number belong together."""
    time = next(name for name in TIMES if name in columns)
    ts = moments(columns[time]).tolist()
    size = next(name for name in QUANTITIES if name in columns)
    price, amount = columns["price"].tolist(), columns[size].tolist()
    sides = [SIDES[str(side).lower()] for side in columns["side"].tolist()]
    kind = columns["is_snapshot"] if "is_snapshot" in columns else columns["update_type"]
    snapshot = [str(value).lower() in ("true", "snap", "snapshot") for value in kind.tolist()]
    nothing = [None] * len(ts)
    first, last, previous = (
        columns[name].tolist() if name in columns else nothing for name in ("first_update_id", "last_update_id", "pu")
    )
    for (at, is_snapshot, number), rows in groupby(range(len(ts)), lambda row: (ts[row], snapshot[row], last[row])):
        places = list(rows)
        levels = [
            [(Decimal(str(price[row])), Decimal(str(amount[row]))) for row in places if sides[row] == side]
            for side in (0, 1)
        ]
        follows = None if is_snapshot or previous[places[0]] in (None, -1) else previous[places[0]]
        yield BookMessage(at, is_snapshot, levels[0], levels[1], first[places[0]], number, follows)


def _whole_books(columns: Columns) -> Iterator[BookMessage]:
    """Return messages of files with one book a row, in columns such as asks[0].price."""
    time = next(name for name in TIMES if name in columns)
    ts = moments(columns[time]).tolist()
    levels = {name: columns[name].tolist() for name in columns if ORDER_BOOK.match(name)}
    depth = 1 + max(int(found[2]) for name in levels if (found := ORDER_BOOK.match(name)))
    for row, at in enumerate(ts):
        bids, asks = ([_level(levels, f"{side}[{level}]", row) for level in range(depth)] for side in ("bids", "asks"))
        yield BookMessage(at, True, bids, asks)


def _level(levels: Mapping[str, list[Any]], name: str, row: int) -> tuple[Decimal, Decimal]:
    return Decimal(str(levels[f"{name}.price"][row])), Decimal(str(levels[f"{name}.amount"][row]))
