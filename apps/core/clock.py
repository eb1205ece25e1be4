"""The only place that reads the clock. Everything else asks here, so that a test or a sandbox tenant can move time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_offset: ContextVar[timedelta | None] = ContextVar("clock_offset", default=None)
_frozen: ContextVar[datetime | None] = ContextVar("clock_frozen", default=None)


def now() -> datetime:
    """Return the present moment as an aware UTC datetime, moved by `travel` or held by `freeze`."""
    frozen = _frozen.get()
    if frozen is not None:
        return frozen
    offset = _offset.get()
    present = datetime.now(UTC)
    return present if offset is None else present + offset


def now_ms() -> int:
    """Return the present moment in Unix milliseconds."""
    return to_ms(now())


def to_ms(moment: datetime) -> int:
    """Return an aware datetime as whole Unix milliseconds."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """Return Unix milliseconds as an aware UTC datetime."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def monotonic() -> float:
    """Return seconds of a clock that never goes back; for durations and deadlines inside one process."""
    return time.monotonic()


@contextmanager
def travel(by: timedelta) -> Iterator[None]:
    """Run the block with the clock moved by `by`; blocks nest and add up."""
    token = _offset.set((_offset.get() or timedelta()) + by)
    try:
        yield
    finally:
        _offset.reset(token)


@contextmanager
def freeze(at: datetime) -> Iterator[None]:
    """Run the block with the clock standing at `at` (aware datetime)."""
    token = _frozen.set(at)
    try:
        yield
    finally:
        _frozen.reset(token)
