"""Append-only command journal with group commit.

`append` only queues. At the end of the loop's turn everything queued is written as one group (magic, size, CRC-32,
number, records) with one `write`, and `fdatasync` is called on the journal file once for all of it; only then are the
waiters released, so nothing is acknowledged that a power cut could lose. A fast disk is waited for on the spot, and
so is a fair one for a few records: a hand-over to a thread and back costs more than it takes. Else a thread waits for
the disk, and the next group gathers meanwhile. New journal files and replaced snapshots are durable by name too:
`fsync` of the file and of its folder (`write_durably`, `sync_folder`).
"""

import asyncio
import contextlib
import json
import os
import struct
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from apps.trading.sandbox.exchange.records import Record, decode_all, encode

__all__ = [
    "Journal",
    "JournalBrokenError",
    "JournalCorruptError",
    "Record",
    "is_first_format",
    "read_journal",
    "sync_folder",
    "write_durably",
]

MAGIC = b"\xf6OJ2"
_HEAD = struct.Struct("<4sIIQ")  # magic, payload size, CRC-32 of number and payload, group number in this file
_NUMBER = struct.Struct("<Q")
_FAST_DISK_SECONDS = 0.0002
_PATIENT_SECONDS = 0.002  # so long a group of few records is waited for too: nobody else is in a hurry then
_FEW_RECORDS = 8
_FULL_GROUP = 32  # records: so many together are a burst
_WEIGHT_OF_NEWEST = 0.2
_TRY_AGAIN_AFTER = 64  # groups by the thread, whose figures include its wait for the interpreter


class JournalCorruptError(Exception):
    """A damaged record stands before sound ones: the journal must not be used."""


class JournalBrokenError(Exception):
    """The disk refused a write: the exchange can acknowledge nothing more."""


def frame(number: int, payload: bytes) -> bytes:
    """One group as it stands in the file."""
    checksum = zlib.crc32(payload, zlib.crc32(_NUMBER.pack(number)))
    return _HEAD.pack(MAGIC, len(payload), checksum, number) + payload


def read_journal(path: Path, *, final: bool = True) -> Iterator[Record]:
    """All sound records in order.

    A torn last group (never acknowledged) is cut off the file when this is the `final` journal. Raises
    JournalCorruptError when a group is damaged or missing before a sound one, or when an earlier journal is torn.
    """
    data = path.read_bytes() if path.exists() else b""
    if data and not data.startswith(MAGIC[:1]):
        yield from _read_lines(path, data)
        return
    at = number = 0
    while at < len(data):
        payload = _group(data, at, number)
        if payload is None:
            _require_tail(path, data, at, number)
            if not final:
                raise JournalCorruptError(f"{path} ends in a damaged group at byte {at}, and other journals follow")
            _truncate(path, at)
            return
        yield from decode_all(payload)
        at += _HEAD.size + len(payload)
        number += 1


def is_first_format(path: Path) -> bool:
    """Whether a file holds records as lines, as the first version wrote them; nothing may be appended to it."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        return file.read(1) not in (b"", MAGIC[:1])


def _group(data: bytes, at: int, number: int | None) -> bytes | None:
    """The payload of the group at a byte, or None when it is torn, damaged or not the expected one."""
    if at + _HEAD.size > len(data):
        return None
    magic, size, checksum, found = _HEAD.unpack_from(data, at)
    if magic != MAGIC or (number is not None and found != number):
        return None
    payload = data[at + _HEAD.size : at + _HEAD.size + size]
    if len(payload) < size or zlib.crc32(payload, zlib.crc32(_NUMBER.pack(found))) != checksum:
        return None
    return payload


def _require_tail(path: Path, data: bytes, at: int, number: int) -> None:
    """Raise when a sound group stands anywhere behind the damaged place: then it was no interrupted write."""
    probe = data.find(MAGIC, at)
    while probe >= 0:
        if _group(data, probe, None) is not None:
            raise JournalCorruptError(f"{path} is damaged at byte {at}, in group {number}")
        probe = data.find(MAGIC, probe + 1)


def _truncate(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())


def _read_lines(path: Path, data: bytes) -> Iterator[Record]:
    """Records of the first journal format: a line each, CRC-32 in hex, a space, JSON."""
    at = 0
    for line in data.splitlines(keepends=True):
        text = line[9:-1]
        if not line.endswith(b"\n") or b"%08x " % zlib.crc32(text) != line[:9]:
            if at + len(line) < len(data):
                raise JournalCorruptError(f"{path} is damaged at byte {at}")
            _truncate(path, at)
            return
        record: Record = json.loads(text)
        yield record
        at += len(line)


def write_durably(path: Path, data: bytes) -> None:
    """Replace `path` by `data` so that after a power cut either the old or the new file is whole."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make created and renamed names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_Waiter = tuple[int, "Callable[[], None] | asyncio.Future[None]"]  # due once so many records are durable


class Journal:
    """Writer of a journal; all methods belong to the event loop's thread."""

    def __init__(
        self, path: Path, on_broken: Callable[[OSError], None], on_burst: Callable[[], None] | None = None
    ) -> None:
        self._file = _GroupFile(path)
        self._on_broken = on_broken
        self._on_burst = on_burst  # called after each full group, once its waiters are released
        self._loop = asyncio.get_running_loop()
        self._queue: list[bytes] = []
        self._is_due = False  # a flush is scheduled, or the thread's answer will bring one
        self._waiters: deque[_Waiter] = deque()
        self._error: OSError | None = None
        self._durable = 0
        self._disk_seconds = 0.0  # what a group's write and fdatasync took, the newest counting most
        self._with_thread = 0  # groups in a row
        self.records = 0
        self.syncs = 0
        self.bursts = 0  # full groups
        self._thread = ThreadPoolExecutor(1, "journal")
        self._writing: Future[float] | None = None

    def append(self, record: Record) -> None:
        """Queue a record; it is durable once a `commit()` called afterwards returns."""
        if self._error is not None:
            raise JournalBrokenError(str(self._error))
        self._queue.append(encode(record))
        self.records += 1
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._flush)

    async def commit(self) -> None:
        """Wait until everything appended so far is on disk; raises JournalBrokenError."""
        if self._error is not None:
            raise JournalBrokenError(str(self._error))
        if self._durable == self.records:
            return
        done = self._loop.create_future()
        self._waiters.append((self.records, done))
        await done

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` once everything appended so far is on disk: at once when nothing is pending."""
        if self._durable == self.records and self._error is None:
            callback()
        else:
            self._waiters.append((self.records, callback))

    def turn_to(self, path: Path) -> None:
        """Write what is appended from now on to a new file; all before is durable in the present one."""
        self._write_all()
        if self._error is not None:
            raise JournalBrokenError(str(self._error))
        self._file.close()
        self._file = _GroupFile(path)

    async def close(self) -> None:
        """Write what is queued and release the file."""
        if self._error is None:
            self._write_all()
        self._thread.shutdown()
        self._file.close()

    def _write_all(self) -> None:
        """Wait for the disk here and now; nothing is under way afterwards."""
        while self._error is None and (self._writing is not None or self._queue):
            if self._writing is None:
                self._write_here()
            else:
                wait([self._writing])
                self._take_answer(self._writing)

    # ---- groups

    def _flush(self) -> None:
        """Write what this turn of the loop brought."""
        self._is_due = False
        if not self._queue or self._writing is not None or self._error is not None:
            return
        bearable = _PATIENT_SECONDS if len(self._queue) <= _FEW_RECORDS else _FAST_DISK_SECONDS
        if self._disk_seconds <= bearable or self._with_thread >= _TRY_AGAIN_AFTER:
            self._with_thread = 0
            self._write_here()
            return
        self._is_due = True
        self._with_thread += 1
        self._writing = self._thread.submit(self._file.write, self._queue)
        self._queue = []
        self._writing.add_done_callback(self._tell)

    def _write_here(self) -> None:
        group, self._queue = self._queue, []
        try:
            seconds = self._file.write(group)
        except OSError as error:
            self._fail(error)
        else:
            self._release(len(group), seconds)

    def _tell(self, written: "Future[float]") -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            self._loop.call_soon_threadsafe(self._written, written)

    def _written(self, written: "Future[float]") -> None:
        if self._writing is written:  # else `_write_all` has waited for it
            self._take_answer(written)
        self._flush()

    def _take_answer(self, written: "Future[float]") -> None:
        self._writing = None
        error = written.exception()
        if isinstance(error, OSError):
            self._fail(error)
        else:
            self._release(self._file.newest_records, written.result())

    def _release(self, records: int, seconds: float) -> None:
        self._disk_seconds += (seconds - self._disk_seconds) * _WEIGHT_OF_NEWEST
        self.syncs += 1
        self._durable += records
        waiters = self._waiters
        while waiters and waiters[0][0] <= self._durable:
            waiter = waiters.popleft()[1]
            if not isinstance(waiter, asyncio.Future):
                waiter()
            elif not waiter.done():
                waiter.set_result(None)
        if records >= _FULL_GROUP and self._on_burst is not None:
            self.bursts += 1
            self._on_burst()

    def _fail(self, error: OSError) -> None:
        """The disk refused: requests learn it through `commit`; what waited to be published never is."""
        self._error = error
        waiters, self._waiters = self._waiters, deque()
        for _, waiter in waiters:
            if isinstance(waiter, asyncio.Future) and not waiter.done():
                waiter.set_exception(JournalBrokenError(str(error)))
        self._on_broken(error)


class _GroupFile:
    """One journal file, opened for appending groups."""

    def __init__(self, path: Path) -> None:
        self._number = count_groups(path)
        self.newest_records = 0  # of the newest group
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        sync_folder(path.parent)

    def write(self, records: list[bytes]) -> float:
        """Append a group and wait until it is on disk; returns the seconds that took."""
        view = memoryview(frame(self._number, b"".join(records)))
        begun = time.perf_counter()
        while view:
            view = view[os.write(self._descriptor, view) :]
        os.fdatasync(self._descriptor)
        self._number += 1
        self.newest_records = len(records)
        return time.perf_counter() - begun

    def close(self) -> None:
        """Release the file."""
        os.close(self._descriptor)


def count_groups(path: Path) -> int:
    """Groups in a sound journal file (it has been read before)."""
    number = at = 0
    data = path.read_bytes() if path.exists() else b""
    while at < len(data):
        _, size, _, _ = _HEAD.unpack_from(data, at)
        at += _HEAD.size + size
        number += 1
    return number
