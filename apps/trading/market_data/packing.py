"""Candles as bytes. Plain: six little-endian int64 columns, one after the other.

Compact (candles without a gap, closes within 2^31 ticks of each other), a third to a half as long: a header of int64
(a mark, count, first open time, interval, lowest close, unit of volume, bytes of a distance and of a volume); then the
volumes in units, closes above the lowest, and open, high and low as distances from the close. The mark is below zero,
so that no open time can be taken for it.
"""

import hashlib
import struct
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars

COLUMNS = ("ts", "open", "high", "low", "close", "volume")
TRADE_COLUMNS = ("ts", "price", "quantity", "is_sell", "number")
"""Unix ms, ticks, 10^-8 base, 1 where the taker sold, the venue's number."""
BOOK_COLUMNS = ("ts", "bid", "bid_size", "ask", "ask_size", "bid_depth", "ask_depth")
"""Unix ms, ticks, 10^-8 base; depth: what stands within 1 % of the middle."""
PAIR_COLUMNS = ("ts", "ask", "bid", "size", "buy_fee", "sell_fee")
"""Unix ms; all else in 10^-8: prices of the venues in quote, size in base, fees as shares of the worth."""
LITTLE = np.dtype("<i8")
COMPACT = -2
HEADER = struct.Struct("<8q")
PAIR = struct.Struct("<2q")
SHORT = 2**31
MOST_EXPECTED = 5_000_000
AT_ONCE = 16
"""So many compact payloads of one layout are unpacked together, while the processor's cache still holds them all."""


def pack(bars: Bars) -> bytes:
    """Return the payload of a chunk: compact when the candles follow each other without a gap, else plain columns."""
    if len(bars) > 1 and int(bars.high.max()) - int(bars.low.min()) < SHORT:
        steps = np.diff(bars.ts)
        if bool(np.all(steps == steps[0])):
            return _compact(bars, int(steps[0]))
    return pack_columns([getattr(bars, name) for name in COLUMNS])


def _compact(bars: Bars, step: int) -> bytes:
    base = int(bars.close.min())
    around = np.stack([getattr(bars, name) - bars.close for name in COLUMNS[1:4]])
    near = 2 if int(np.abs(around).max()) < 2**15 else 4
    unit = max(1, int(np.gcd.reduce(bars.volume)))
    volume = bars.volume // unit
    wide = 4 if int(volume.max()) < 2**32 else 8
    header = HEADER.pack(COMPACT, len(bars), int(bars.ts[0]), step, base, unit, near, wide)
    parts = (volume.astype(f"<u{wide}"), (bars.close - base).astype("<u4"), around.astype(f"<i{near}"))
    return header + b"".join(part.tobytes() for part in parts)


def unpack(payload: bytes) -> Bars:
    """Return the candles of one payload."""
    return join([payload])


def join(payloads: Iterable[bytes]) -> Bars:
    """Return the candles of payloads that follow each other in time."""
    table = Table()
    for payload in payloads:
        table.take(payload)
    return table.bars()


class Table:
    """Candles that are put together from payloads, in one table that is filled once: the copies are what costs.

    `expected`: how many there will be about; the table grows when there are more.
    """

    def __init__(self, expected: int = 1_000) -> None:
        self._columns = np.empty((len(COLUMNS), max(1, min(expected, MOST_EXPECTED))), np.int64)
        self._count = 0
        self._alike: list[bytes] = []  # compact payloads of one layout, not unpacked yet
        self._heads: list[tuple[int, ...]] = []
        self._layout: tuple[int, ...] = ()

    def take(self, payload: bytes) -> None:
        """Add the candles of a payload, which open after those that are there."""
        if not payload:
            return
        if PAIR.unpack_from(payload)[0] != COMPACT:
            self._unpack()
            plain = np.frombuffer(payload, LITTLE).reshape(len(COLUMNS), -1)
            self._next(plain.shape[1])[:] = plain
            return
        head = HEADER.unpack_from(payload)
        layout = (head[1], head[3], *head[6:])
        if layout != self._layout or len(self._alike) == AT_ONCE:
            self._unpack()
            self._layout = layout
        self._alike.append(payload)
        self._heads.append(head)

    def _unpack(self) -> None:
        """Write the candles of the payloads that wait."""
        if not self._alike:
            return
        facts, many = np.array(self._heads, np.int64), len(self._alike)
        count, step, near, wide = self._layout
        raw = np.frombuffer(b"".join(self._alike), np.uint8).reshape(many, -1)
        self._alike, self._heads = [], []
        at, end = HEADER.size, HEADER.size + wide * count
        table = self._next(many * count).reshape(len(COLUMNS), many, count)
        volume, close, around = table[5], table[4], table[1:4]
        table[0] = facts[:, 2:3]
        table[0] += np.arange(0, count * step, step)
        volume[:] = raw[:, at:end].view(f"<u{wide}")
        if facts[:, 5].max() > 1:
            volume *= facts[:, 5:6]
        close[:] = raw[:, end : end + 4 * count].view("<u4")
        close += facts[:, 4:5]
        around[:] = raw[:, end + 4 * count :].view(f"<i{near}").reshape(many, 3, count).transpose(1, 0, 2)
        around += close

    def take_tail(self, tail: Bars) -> None:
        """Add those of the candles that open after those that are there."""
        self._unpack()
        skip = 0
        if self._count:
            skip = int(np.searchsorted(tail.ts, self._columns[0, self._count - 1], side="right"))
        for column, name in zip(self._next(len(tail) - skip), COLUMNS, strict=True):
            column[:] = getattr(tail, name)[skip:]

    def bars(self) -> Bars:
        """Return the candles; the table is not to be used after it."""
        self._unpack()
        return Bars.of_checked(self._columns[:, : self._count])

    def _next(self, count: int) -> NDArray[np.int64]:
        """Return the place of the next `count` candles."""
        wanted = self._count + count
        if wanted > self._columns.shape[1]:
            grown = np.empty((len(COLUMNS), max(wanted, 2 * self._columns.shape[1])), np.int64)
            grown[:, : self._count] = self._columns[:, : self._count]
            self._columns = grown
        place = self._columns[:, self._count : wanted]
        self._count = wanted
        return place


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
