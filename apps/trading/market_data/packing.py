"""Candles as bytes: six little-endian int64 columns, one after the other."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars

COLUMNS = ("ts", "open", "high", "low", "close", "volume")
LITTLE = np.dtype("<i8")


def pack(bars: Bars) -> bytes:
    """Return the payload of a chunk."""
    return np.stack([getattr(bars, name) for name in COLUMNS]).astype(LITTLE).tobytes()


def unpack(payload: bytes) -> Bars:
    """Return the candles of one payload."""
    return join([payload])


def join(payloads: Sequence[bytes]) -> Bars:
    """Return the candles of payloads that follow each other in time; one copy of the data is made."""
    parts = [np.frombuffer(payload, LITTLE).reshape(6, -1) for payload in payloads]
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


def none() -> Bars:
    """Return no candles."""
    return join([])
