"""Append-only command journal with group commit.

`append` only queues. One thread takes everything queued, writes it as one group (magic, size, CRC-32, number, records)
with one `write`, and calls `fdatasync` on the journal file once for all of it; only then are the waiters released, so
nothing is acknowledged that a power cut could lose. While the disk works the next group gathers. New journal files and
replaced snapshots are durable by name too: `fsync` of the file and of its folder (`write_durably`, `sync_folder`).
"""

import asyncio
import contextlib
import json
import os
import struct
import sys
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator
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
# The writer needs the interpreter's lock for microseconds after each fdatasync; the default of 5 ms would be the ack's.
_SWITCH_SECONDS = 0.0001


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


class _Turn:
    """A mark in the queue: what follows belongs to another file, or (no path) nothing follows."""

    def __init__(self, path: Path | None, done: "asyncio.Future[None]") -> None:
        self.path = path
        self.done = done


_Waiter = tuple[int, "Callable[[], None] | asyncio.Future[None]"]  # due once so many records are durable


class Journal:
    """Writer of a journal; all methods belong to the event loop's thread."""

    def __init__(self, path: Path, on_broken: Callable[[OSError], None]) -> None:
        self._file = _GroupFile(path)
        self._on_broken = on_broken
        self._loop = asyncio.get_running_loop()
        self._queue: deque[bytes | _Turn] = deque()
        self._work = threading.Event()
        self._waiters: deque[_Waiter] = deque()
        self._turns: set[asyncio.Future[None]] = set()
        self._error: OSError | None = None
        self._durable = 0
        self.records = 0
        self.syncs = 0
        self._switch_seconds = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._writer = threading.Thread(target=self._write_groups, name="journal", daemon=True)
        self._writer.start()

    def append(self, record: Record) -> None:
        """Queue a record; it is durable once a `commit()` called afterwards returns."""
        if self._error is not None:
            raise JournalBrokenError(str(self._error))
        self._queue.append(encode(record))
        self.records += 1
        if not self._work.is_set():
            self._work.set()

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

    async def turn_to(self, path: Path) -> None:
        """Write what is appended from now on to a new file; returns when all before is durable in the present one."""
        await self._turn(path)

    async def close(self) -> None:
        """Write what is queued and release the file."""
        if self._error is None:
            with contextlib.suppress(JournalBrokenError):
                await self._turn(None)
        self._file.close()
        sys.setswitchinterval(self._switch_seconds)

    async def _turn(self, path: Path | None) -> None:
        done = self._loop.create_future()
        self._turns.add(done)
        self._queue.append(_Turn(path, done))
        self._work.set()
        await done
        self._turns.discard(done)

    # ---- the loop's side of a finished group

    def _release(self, records: int) -> None:
        self.syncs += 1
        self._durable += records
        waiters = self._waiters
        while waiters and waiters[0][0] <= self._durable:
            waiter = waiters.popleft()[1]
            if not isinstance(waiter, asyncio.Future):
                waiter()
            elif not waiter.done():
                waiter.set_result(None)

    def _fail(self, error: OSError) -> None:
        """The disk refused: requests learn it through `commit`; what waited to be published never is."""
        self._error = error
        waiters, self._waiters = self._waiters, deque()
        for waiter in [*(waiter for _, waiter in waiters), *self._turns]:
            if isinstance(waiter, asyncio.Future) and not waiter.done():
                waiter.set_exception(JournalBrokenError(str(error)))
        self._on_broken(error)

    # ---- the writer's thread

    def _write_groups(self) -> None:
        try:
            while self._write_group():
                pass
        except OSError as error:
            self._tell(self._fail, error)

    def _write_group(self) -> bool:
        """Write all that is queued up to a turn; False once nothing more will come."""
        group: list[bytes] = []
        turn = None
        queue = self._queue
        while queue:
            item = queue.popleft()
            if isinstance(item, _Turn):
                turn = item
                break
            group.append(item)
        if group:
            self._file.write(b"".join(group))
            self._tell(self._release, len(group))
        if turn is not None:
            if turn.path is None:
                self._tell(_finish, turn.done)
                return False
            self._file.close()
            self._file = _GroupFile(turn.path)
            self._tell(_finish, turn.done)
        elif not group:
            self._work.wait()
            self._work.clear()  # what was queued before this is seen by the next round
        return True

    def _tell(self, callback: Callable[..., None], value: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            self._loop.call_soon_threadsafe(callback, value)


def _finish(turned: "asyncio.Future[None]") -> None:
    if not turned.done():
        turned.set_result(None)


class _GroupFile:
    """One journal file, opened for appending groups."""

    def __init__(self, path: Path) -> None:
        self._number = count_groups(path)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        sync_folder(path.parent)

    def write(self, payload: bytes) -> None:
        """Append a group and wait until it is on disk."""
        view = memoryview(frame(self._number, payload))
        while view:
            view = view[os.write(self._descriptor, view) :]
        os.fdatasync(self._descriptor)
        self._number += 1

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
