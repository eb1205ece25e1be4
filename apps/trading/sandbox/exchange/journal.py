"""Append-only command journal with group commit.

A record is one line: CRC-32 of the text in hex, a space, the record as JSON. `append` only queues; one thread writes
everything queued and calls fdatasync once for all of it, then releases the waiters. Nothing is acknowledged earlier.
"""

import asyncio
import json
import os
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class JournalCorruptError(Exception):
    """A damaged record stands before sound ones: the journal must not be used."""


class JournalBrokenError(Exception):
    """The disk refused a write: the exchange can acknowledge nothing more."""


def _encode(record: Record) -> bytes:
    text = json.dumps(record, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _decode(line: bytes) -> Record | None:
    """The record, or None when the line is torn or damaged."""
    if not line.endswith(b"\n") or line[8:9] != b" ":
        return None
    text = line[9:-1]
    if b"%08x" % zlib.crc32(text) != line[:8]:
        return None
    record: Record = json.loads(text)
    return record


def read_journal(path: Path) -> list[Record]:
    """All sound records; a torn tail (never acknowledged) is cut off the file. Raises JournalCorruptError."""
    if not path.exists():
        return []
    records: list[Record] = []
    sound_bytes = 0
    torn = False
    with path.open("rb") as file:
        for line in file:
            record = _decode(line)
            if record is None:
                torn = True
            elif torn:
                raise JournalCorruptError(f"{path} is damaged at byte {sound_bytes}")
            else:
                records.append(record)
                sound_bytes += len(line)
    if torn:
        with path.open("r+b") as file:
            file.truncate(sound_bytes)
            os.fsync(file.fileno())
    return records


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


class Journal:
    """Writer of one journal file; all methods belong to the event loop's thread."""

    def __init__(self, path: Path, on_broken: Callable[[OSError], None]) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        sync_folder(path.parent)
        self._on_broken = on_broken
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._queue: list[bytes] = []
        self._after: list[Callable[[], None]] = []
        self._queued: asyncio.Future[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._error: OSError | None = None
        self.records = 0
        self.syncs = 0

    def append(self, record: Record) -> None:
        """Queue a record; it is durable once a `commit()` called afterwards returns."""
        if self._error is not None:
            raise JournalBrokenError(str(self._error))
        self._queue.append(_encode(record))
        self.records += 1
        if self._queued is None:
            self._queued = asyncio.get_running_loop().create_future()
            # A waiter may be gone (client hung up) when the disk fails: the error is reported through on_broken too.
            self._queued.add_done_callback(lambda future: future.exception())
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._drain())

    async def commit(self) -> None:
        """Wait until everything appended so far is on disk; raises JournalBrokenError."""
        if self._error is not None:
            raise JournalBrokenError(str(self._error))
        if self._queued is not None:
            await asyncio.shield(self._queued)
        elif self._in_flight is not None:
            await asyncio.shield(self._in_flight)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` once everything appended so far is on disk: at once when nothing is pending."""
        if self._queued is None and self._in_flight is None:
            callback()
        elif self._queued is None:
            self._after_in_flight.append(callback)
        else:
            self._after.append(callback)

    _in_flight: asyncio.Future[None] | None = None
    _after_in_flight: list[Callable[[], None]]

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            data, self._queue = b"".join(self._queue), []
            self._in_flight, self._queued = self._queued, None
            self._after_in_flight, self._after = self._after, []
            done = self._in_flight
            assert done is not None
            try:
                await loop.run_in_executor(self._writer, self._write, data)
            except OSError as error:
                self._fail(error, done)
                return
            self.syncs += 1
            callbacks, self._in_flight = self._after_in_flight, None
            for callback in callbacks:
                callback()
            done.set_result(None)
        self._running = None

    def _fail(self, error: OSError, done: "asyncio.Future[None]") -> None:
        self._error = error
        for future in (done, self._queued):
            if future is not None and not future.done():
                future.set_exception(JournalBrokenError(str(error)))
        self._on_broken(error)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        os.fdatasync(self._descriptor)

    async def close(self) -> None:
        """Write what is queued and release the file."""
        if self._running is not None:
            await self._running
        self._writer.shutdown()
        os.close(self._descriptor)
