"""Storing closed candles: once or a hundred times, the result is the same."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.trading.market_data import packing
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.errors import CandlesOffGrid, ChunkBroken, UnknownInterval
from apps.trading.market_data.models import CandleChunk, CandleSeries, CandleTail
from kernel.instruments import INTERVALS, Bars

WRITE = declare("market_data.write", "Import and correct candles")
SLOT_BARS = 1_000
INSERT_BATCH = 50


@dataclass(frozen=True, slots=True)
class StoreReport:
    """What a call changed: candles new, corrected and already there, chunk versions written."""

    added: int
    corrected: int
    unchanged: int
    chunks: int


@operation("market_data.store_candles", permission=WRITE, trail=False)
def store_candles(
    *, actor: Actor, symbol: str, interval: str, bars: Bars, reason: str = "", venue: str = HOME_VENUE
) -> StoreReport:
    """Store closed candles of a series (any order of calls, overlaps allowed) and return what changed.

    A candle of a sealed slot that is new or different makes a new version of the slot's chunk, with `reason`. Raises
    UnknownInterval and CandlesOffGrid; then nothing is stored. What comes from a venue goes through `receive_candles`,
    which holds back what cannot be trusted.
    """
    if interval not in INTERVALS:
        raise UnknownInterval(field="interval", interval=interval, choices=", ".join(INTERVALS))
    if not len(bars):
        return StoreReport(0, 0, 0, 0)
    step = INTERVALS[interval]
    off = np.flatnonzero(bars.ts % step)
    if len(off):
        raise CandlesOffGrid(ts=int(bars.ts[off[0]]), interval=interval)
    writer = _Writer(locked_series(symbol, interval, venue), reason)
    slots = bars.ts // (step * SLOT_BARS)
    edges = [0, *(np.flatnonzero(np.diff(slots)) + 1).tolist(), len(bars)]
    writer.expect([int(slots[edge]) for edge in edges[:-1]])
    for start, end in pairwise(edges):
        writer.put(int(slots[start]), bars[start:end])
    return writer.finish()


def take_out(symbol: str, interval: str, times: list[int], *, reason: str, venue: str = HOME_VENUE) -> int:
    """Take candles out of a series by open time and return how many were there; chunks get a version without them.

    The older versions keep them: nothing is lost. The caller is an operation, and keeps the candles elsewhere.
    """
    writer = _Writer(locked_series(symbol, interval, venue), reason)
    by_slot: dict[int, list[int]] = {}
    for ts in sorted(times):
        by_slot.setdefault(ts // writer.slot_ms, []).append(ts)
    writer.expect(list(by_slot))
    for slot, of_slot in by_slot.items():
        writer.remove(slot, np.array(of_slot, np.int64))
    writer.finish()
    return writer.removed


def locked_series(symbol: str, interval: str, venue: str = HOME_VENUE) -> CandleSeries:
    """Return the row of a series, made if need be, locked until the end of the transaction."""
    row = CandleSeries(venue=venue, symbol=symbol, interval=interval)
    CandleSeries.objects.bulk_create([row], ignore_conflicts=True)
    return CandleSeries.objects.select_for_update().get(venue=venue, symbol=symbol, interval=interval)


@dataclass
class _Writer:
    """Works on one series in memory; `finish` writes. The caller holds the series' lock."""

    series: CandleSeries
    reason: str
    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    removed: int = 0
    chunks: list[CandleChunk] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.slot_ms = INTERVALS[self.series.interval] * SLOT_BARS
        self.first_open_slot = self.series.open_slot
        self.stored_tail = self.tail = packing.from_rows(
            list(self._tail_rows().order_by("ts").values_list(*packing.COLUMNS))
        )
        self.sealed: dict[int, CandleChunk] = {}

    def expect(self, slots: list[int]) -> None:
        """Read the newest versions of the sealed slots among `slots`."""
        late = [slot * self.slot_ms for slot in slots if slot < self.series.open_slot]
        found = CandleChunk.objects.filter(
            venue=self.series.venue, symbol=self.series.symbol, interval=self.series.interval, start_ts__in=late
        ).order_by("start_ts", "version")
        self.sealed = {chunk.start_ts // self.slot_ms: chunk for chunk in found}

    def put(self, slot: int, bars: Bars) -> None:
        """Take the candles of one slot; slots come in rising order."""
        if slot < self.series.open_slot:
            self._correct(slot, bars)
            return
        if slot > self.series.open_slot:
            self._seal()
            self.series.open_slot = slot
        self.tail = self._merged(self.tail, bars)
        if len(self.tail) == SLOT_BARS:
            self._seal()

    def remove(self, slot: int, times: NDArray[np.int64]) -> None:
        """Take the candles of one slot out that open at the times; times without a candle are nothing to do."""
        if slot >= self.series.open_slot:
            before = len(self.tail)
            self.tail = packing.without(self.tail, times)
            self.removed += before - len(self.tail)
            if before > len(self.tail):
                self._tail_rows().filter(ts__in=times.tolist()).delete()
                self.stored_tail = packing.without(self.stored_tail, times)
            return
        old, version = self._newest(slot)
        left = packing.without(old, times)
        if len(left) < len(old):
            self.removed += len(old) - len(left)
            self._add_chunk(slot, left, version + 1, self.reason)

    def finish(self) -> StoreReport:
        """Write everything and return the report."""
        CandleChunk.objects.bulk_create(self.chunks, batch_size=INSERT_BATCH)
        self._write_tail()
        self.series.save(update_fields=["first_ts", "last_ts", "open_slot"])
        return StoreReport(self.added, self.corrected, self.unchanged, len(self.chunks))

    def _merged(self, old: Bars, new: Bars) -> Bars:
        merged, added, differs = packing.merge(old, new)
        count_added, count_differs = int(added.sum()), int(differs.sum())
        self.added += count_added
        self.corrected += count_differs
        self.unchanged += len(new) - count_added - count_differs
        first, last = int(new.ts[0]), int(new.ts[-1])
        self.series.first_ts = first if self.series.first_ts is None else min(self.series.first_ts, first)
        self.series.last_ts = last if self.series.last_ts is None else max(self.series.last_ts, last)
        return merged

    def _correct(self, slot: int, bars: Bars) -> None:
        """Write a new version of a sealed slot if `bars` change it."""
        old, version = self._newest(slot)
        merged = self._merged(old, bars)
        if merged is not old:
            self._add_chunk(slot, merged, version + 1, self.reason or "late candles")

    def _newest(self, slot: int) -> tuple[Bars, int]:
        """Return the candles of a sealed slot and their version; none and 0 without a chunk. Raises ChunkBroken."""
        current = self.sealed.get(slot)
        if current is None:
            return packing.none(), 0
        payload = bytes(current.payload)
        if packing.checksum(payload) != current.checksum:
            raise ChunkBroken(symbol=current.symbol, interval=current.interval, start_ts=current.start_ts)
        return packing.unpack(payload), current.version

    def _seal(self) -> None:
        """Turn the open slot into a chunk and open the next one."""
        if len(self.tail):
            self._add_chunk(self.series.open_slot, self.tail, 1, "")
        self.tail = packing.none()
        self.series.open_slot += 1

    def _add_chunk(self, slot: int, bars: Bars, version: int, reason: str) -> None:
        payload = packing.pack(bars)
        self.chunks.append(
            CandleChunk(
                venue=self.series.venue,
                symbol=self.series.symbol,
                interval=self.series.interval,
                start_ts=slot * self.slot_ms,
                version=version,
                count=len(bars),
                payload=payload,
                checksum=packing.checksum(payload),
                reason=reason,
            )
        )

    def _write_tail(self) -> None:
        stored = self.stored_tail
        if self.series.open_slot != self.first_open_slot and len(stored):
            self._tail_rows().delete()
            stored = packing.none()
        if self.tail is stored or not len(self.tail):
            return
        _, added, differs = packing.merge(stored, self.tail)
        rows = [row for row, wanted in zip(self.tail.rows(), (added | differs).tolist(), strict=True) if wanted]
        key = {"venue": self.series.venue, "symbol": self.series.symbol, "interval": self.series.interval}
        CandleTail.objects.bulk_create(
            [CandleTail(**key, **dict(zip(packing.COLUMNS, row, strict=True))) for row in rows],
            update_conflicts=True,
            unique_fields=[*key, "ts"],
            update_fields=list(packing.COLUMNS[1:]),
        )

    def _tail_rows(self) -> QuerySet[CandleTail]:
        series = self.series
        return CandleTail.objects.filter(venue=series.venue, symbol=series.symbol, interval=series.interval)
