"""Candles as bytes: six little-endian int64 columns, one after the other."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars

COLUMNS = ("ts", "open", "high", "low", "close", "volume")
TRADE_COLUMNS = ("ts", "price", "quantity", "is_sell", "number")
"""Unix ms, ticks, 10^-8 base, 1 where the taker sold, the venue's number."""
BOOK_COLUMNS = ("ts", "bid", "bid_size", "ask", "ask_size", "bid_depth", "ask_depth")
"""Unix ms, ticks, 10^-8 base; depth: what stands within 1 % of the middle."""
LITTLE = np.dtype("<i8")


def pack(bars: Bars) -> bytes:
    """Return the payload of a chunk."""
    return np.stack([getattr(bars, name) for name in COLUMNS]).astype(LITTLE).tobytes()


def unpack(payload: bytes) -> Bars:
    """Return the candles of one payload."""
    return join([payload])


def join(payloads: Sequence[bytes]) -> Bars:
    """Return the candles of payloads that follow each other in time; one copy of the data is made."""
    parts = [np.frombuffer(payload, LITTLE).reshape(6, -1) for payload in payloads if payload]
    table = np.concatenate(parts, axis=1) if parts else np.empty((6, 0), LITTLE)
    return Bars(*table.astype(np.int64, copy=False))


def checksum(payload: bytes) -> str:
    """Return the SHA-256 of a payload in hexadecimal."""
    return hashlib.sha256(payload).hexdigest()


def from_rows(rows: Sequence[tuple[int, ...]]) -> Bars:
    """Return candles of (ts, open, high, low, close, volume) rows, oldest first."""
    table = np.array(rows, np.int64).reshape(-1, 6)
    return Bars(*np.ascontiguousarray(table.T))


def concatenate(first: Bars, second: Bars) -> Bars:
    """Return candles of which the second part follows the first."""
    if not len(first) or not len(second):
        return first if len(first) else second
    return Bars(*(np.concatenate((getattr(first, name), getattr(second, name))) for name in COLUMNS))


def merge(old: Bars, new: Bars) -> tuple[Bars, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return both together, `new` winning where both have a time, and masks over `new`: what is added, what differs."""
    if not len(old):
        everything = np.ones(len(new), bool)
        return new, everything, ~everything
    place = np.minimum(np.searchsorted(old.ts, new.ts), len(old) - 1)
    known = old.ts[place] == new.ts
    same = known & np.logical_and.reduce([getattr(old, name)[place] == getattr(new, name) for name in COLUMNS[1:]])
    added, differs = ~known, known & ~same
    if not bool(np.any(added | differs)):
        return old, added, differs
    keep = np.ones(len(old), bool)
    keep[place[differs]] = False
    take = added | differs
    columns = [np.concatenate((getattr(old, name)[keep], getattr(new, name)[take])) for name in COLUMNS]
    order = np.argsort(columns[0], kind="stable")
    return Bars(*(column[order] for column in columns)), added, differs


def without(bars: Bars, times: NDArray[np.int64]) -> Bars:
    """Return the candles that open at none of the times."""
    keep = ~np.isin(bars.ts, times)
    return Bars(*(getattr(bars, name)[keep] for name in COLUMNS))


def pack_columns(columns: Sequence[NDArray[np.int64]]) -> bytes:
    """Return columns of one length as a payload: one after the other."""
    return np.stack(columns).astype(LITTLE).tobytes()


def join_columns(payloads: Sequence[bytes], count: int) -> NDArray[np.int64]:
    """Return the table (`count` columns, rows) of payloads one after the other."""
    parts = [np.frombuffer(payload, LITTLE).reshape(count, -1) for payload in payloads if payload]
    return (np.concatenate(parts, axis=1) if parts else np.empty((count, 0), LITTLE)).astype(np.int64, copy=False)


def none() -> Bars:
    """Return no candles."""
    return join([])
