"""Historical syncs: asked for, done page by page under a lease, called off, and taken up again after a crash."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.core.actors import Actor
from apps.core.clock import monotonic, now, now_ms
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.trading.exchanges.queries import get_venue
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data import packing
from apps.trading.market_data.choices import OPEN_SYNCS, SYNC_STATES, SyncState
from apps.trading.market_data.errors import (
    BadRange,
    HistoryRefused,
    HistoryUnavailable,
    SyncOpen,
    SyncOver,
    UnknownInterval,
)
from apps.trading.market_data.gateways.history import PAGE, HistoryPort, HistoryRow
from apps.trading.market_data.models import HistorySync, KnownGap
from apps.trading.market_data.operations.quality import receive_candles
from apps.trading.market_data.queries.candles import latest_bars
from kernel.instruments import INTERVALS, VOLUME_SCALE, Bars, InstrumentSpec, InvalidBarsError, OffGridError

SYNC = declare("market_data.sync", "Start and cancel historical syncs")
WORKER: Final = Actor.system("history")
LEASE: Final = timedelta(seconds=60)
TURN_SECONDS: Final = 25.0
"""A worker goes on for so long, then lets other work through and takes the next turn."""
MOST_FAILURES: Final = 8
LONGEST: Final = 3_660 * INTERVALS["1d"]

_queue: list[Callable[[UUID], None]] = []


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """Which candles: open times [start_ms, end_ms) of a venue's symbol."""

    venue: str
    symbol: str
    interval: str
    start_ms: int
    end_ms: int


def on_sync_queued(function: Callable[[UUID], None]) -> None:
    """Register what hands a sync to the workers."""
    _queue[:] = [function]


def enqueue_sync(sync_id: UUID) -> None:
    """Hand a sync to the workers."""
    for function in _queue:
        function(sync_id)


@operation("market_data.start_sync", permission=SYNC)
def start_sync(*, actor: Actor, request: SyncRequest, reason: str = "") -> HistorySync:
    """Ask for a range of candles; what is stored already is compared and corrected. Workers begin after the commit.

    Raises UnknownInterval, UnknownSymbol, VenueUnknown, BadRange, and SyncOpen while the series is being synced.
    """
    if request.interval not in INTERVALS:
        choices = ", ".join(INTERVALS)
        raise UnknownInterval(field="interval", interval=request.interval[:8], choices=choices)
    get_venue(request.venue)
    get_spec(request.symbol)
    step = INTERVALS[request.interval]
    start, end = -(-request.start_ms // step) * step, min(request.end_ms, now_ms()) // step * step
    if not 0 <= start < end or end - start > LONGEST:
        raise BadRange(field="start")
    try:
        with transaction.atomic():
            row = HistorySync.objects.create(
                venue=request.venue,
                symbol=request.symbol,
                interval=request.interval,
                start_ts=start,
                end_ts=end,
                cursor_ts=start,
            )
    except IntegrityError as error:
        raise SyncOpen(symbol=request.symbol, interval=request.interval, venue=request.venue) from error
    transaction.on_commit(lambda: enqueue_sync(row.pk))
    return row


@operation("market_data.cancel_sync", permission=SYNC)
def cancel_sync(*, actor: Actor, sync: HistorySync, reason: str = "") -> HistorySync:
    """Call a sync off: a waiting one at once, a running one before its next page. Raises SyncOver."""
    row = HistorySync.objects.select_for_update().get(pk=sync.pk)
    if row.state not in OPEN_SYNCS:
        raise SyncOver
    if row.state == SyncState.QUEUED or row.lease_until is None or row.lease_until < now():
        return _close(row, "cancel", actor)
    HistorySync.objects.filter(pk=row.pk).update(cancel_requested=True)
    row.refresh_from_db()
    return row


@operation("market_data.claim_sync", permission=SYNC, trail=False)
def claim_sync(*, actor: Actor, sync_id: UUID) -> HistorySync | None:
    """Take the lease of a sync that nobody works on; None when there is nothing to do."""
    row = HistorySync.objects.select_for_update().filter(pk=sync_id, state__in=OPEN_SYNCS).first()
    if row is None or (row.lease_until is not None and row.lease_until >= now()):
        return None
    if row.cancel_requested:
        _close(row, "cancel", actor)
        return None
    taken: dict[str, Any] = {"lease_epoch": F("lease_epoch") + 1, "lease_until": now() + LEASE, "retry_at": None}
    if row.state == SyncState.QUEUED:
        return transition(row, "begin", table=SYNC_STATES, expected=row.state, actor=actor, started_at=now(), **taken)
    HistorySync.objects.filter(pk=row.pk).update(**taken)
    row.refresh_from_db()
    return row


def work_on(sync_id: UUID, connect: Callable[[str], HistoryPort], *, seconds: float = TURN_SECONDS) -> bool:
    """Do pages of a sync for some time; return whether it should be handed out again at once.

    Each page is stored together with the cursor, so a worker that dies repeats at most one page.
    """
    row = claim_sync(actor=WORKER, sync_id=sync_id)
    if row is None:
        return False
    until = monotonic() + seconds
    port: HistoryPort | None = None
    try:
        port = connect(row.venue)
        while monotonic() < until:
            page = fetch_page(port, row)
            row = store_page(actor=WORKER, sync=row, page=page)
            if row.state != SyncState.RUNNING:
                return False
    except DomainError as failure:
        note_failure(actor=WORKER, sync=row, failure=failure)
        return False
    finally:
        if port is not None:
            port.close()
    HistorySync.objects.filter(pk=row.pk, lease_epoch=row.lease_epoch).update(lease_until=None)
    return True


@dataclass(frozen=True, slots=True)
class Page:
    """What the venue gave for a cursor: candles, and up to which open time (excluded) the range is done with."""

    bars: Bars
    done_until: int


def fetch_page(port: HistoryPort, row: HistorySync) -> Page:
    """Ask for the next candles of a sync. Raises HistoryUnavailable, HistoryRefused."""
    step = INTERVALS[row.interval]
    rows = port.candles(row.symbol, row.interval, row.cursor_ts, PAGE)
    # A candle is history when the venue has a later one: the newest of all may still be forming.
    closed = [item for item in rows[:-1] if item.ts < row.end_ts]
    if closed:
        bars = bars_of(closed, get_spec(row.symbol), row.venue)
        return Page(bars, min(row.end_ts, int(bars.ts[-1]) + step))
    if len(rows) == 1:
        return Page(packing.none(), row.end_ts)
    # Nothing in a page's length, or only what opens after the range: what follows may begin later.
    following = rows[0].ts if rows else row.cursor_ts + PAGE * step
    return Page(packing.none(), min(row.end_ts, max(following, row.cursor_ts + step)))


@operation("market_data.store_page", permission=SYNC, trail=False)
def store_page(*, actor: Actor, sync: HistorySync, page: Page) -> HistorySync:
    """Store a page and move the cursor, together; return the row. A lost lease changes nothing."""
    row = HistorySync.objects.select_for_update().get(pk=sync.pk)
    if row.state != SyncState.RUNNING or row.lease_epoch != sync.lease_epoch:
        return row
    if row.cancel_requested:
        return _close(row, "cancel", actor)
    before = latest_bars(row.symbol, row.interval, 1, end_ms=row.cursor_ts, venue=row.venue)
    report = receive_candles(
        actor=actor, symbol=row.symbol, interval=row.interval, bars=page.bars, reason="history", venue=row.venue
    )
    missing = _note_gaps(row, page, before) if len(page.bars) else 0
    HistorySync.objects.filter(pk=row.pk).update(
        cursor_ts=page.done_until,
        fetched=F("fetched") + len(page.bars),
        added=F("added") + report.stored.added,
        corrected=F("corrected") + report.stored.corrected,
        held=F("held") + report.held,
        missing=F("missing") + missing,
        pages=F("pages") + 1,
        failures=0,
        lease_until=now() + LEASE,
    )
    row.refresh_from_db()
    return _close(row, "finish", actor) if row.cursor_ts >= row.end_ts else row


@operation("market_data.note_failure", permission=SYNC, trail=False)
def note_failure(*, actor: Actor, sync: HistorySync, failure: DomainError) -> HistorySync:
    """Write down why a page did not come; try again later, or give up when the venue refuses or stays away."""
    row = HistorySync.objects.select_for_update().get(pk=sync.pk)
    if row.state != SyncState.RUNNING or row.lease_epoch != sync.lease_epoch:
        return row
    told = {"error_code": failure.code, "error_text": failure.text[:300]}
    if not isinstance(failure, HistoryUnavailable) or row.failures + 1 >= MOST_FAILURES:
        return _close(row, "fail", actor, **told)
    wait = timedelta(seconds=min(300, 2 ** (row.failures + 1)))
    HistorySync.objects.filter(pk=row.pk).update(
        failures=F("failures") + 1, lease_until=None, retry_at=now() + wait, **told
    )
    row.refresh_from_db()
    return row


def bars_of(rows: Sequence[HistoryRow], spec: InstrumentSpec, venue: str) -> Bars:
    """Return a venue's candles in ticks and 10^-8 base, exact. Raises HistoryRefused for one that cannot be."""
    table = []
    for row in rows:
        try:
            prices = [spec.ticks(Decimal(text)) for text in (row.open, row.high, row.low, row.close)]
            volume = Decimal(row.volume) * VOLUME_SCALE
            table.append((row.ts, *prices, int(volume.to_integral_value())))
        except (ArithmeticError, OffGridError) as error:
            raise HistoryRefused(venue=venue, reason=f"its candle of {row.ts} is none: {error}") from error
    try:
        return packing.from_rows(table)
    except InvalidBarsError as error:
        raise HistoryRefused(venue=venue, reason=f"candles from {rows[0].ts} are none: {error}") from error


def _note_gaps(row: HistorySync, page: Page, before: Bars) -> int:
    """Write down what the venue was asked for and does not have, between the candle before the page and its last."""
    step = INTERVALS[row.interval]
    left = max(int(before.ts[-1]) if len(before) else 0, row.start_ts - step)
    edges = [left, *page.bars.ts.tolist()]
    gaps = [(left + step, right - step) for left, right in pairwise(edges) if right - left > step]
    KnownGap.objects.bulk_create(
        [
            KnownGap(
                venue=row.venue,
                symbol=row.symbol,
                interval=row.interval,
                start_ts=first,
                end_ts=last,
                missing=(last - first) // step + 1,
            )
            for first, last in gaps
        ],
        ignore_conflicts=True,
    )
    return sum((last - first) // step + 1 for first, last in gaps)


def _close(row: HistorySync, event: str, actor: Actor, **more: Any) -> HistorySync:
    return transition(
        row, event, table=SYNC_STATES, expected=row.state, actor=actor, finished_at=now(), lease_until=None, **more
    )
