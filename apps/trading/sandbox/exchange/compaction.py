"""Snapshots while the exchange runs: a second process replays what the first has written.

The running exchange only turns to a new journal file, which takes one group commit; a child at low priority loads the
last snapshot, replays the closed journals and writes the new snapshot beside it; the exchange, which owns the folder,
puts it in force. A child that outlives its exchange changes nothing.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apps.trading.sandbox.exchange.candles import load_recording
from apps.trading.sandbox.exchange.journal import Journal
from apps.trading.sandbox.exchange.live_view import mirrored_recording
from apps.trading.sandbox.exchange.storage import StateFiles, StateFolder

SNAPSHOT_EVERY_RECORDS = 200_000
_NICENESS = 10

log = logging.getLogger("sandbox.exchange")


class SnapshotKeeper:
    """Turns the journal and runs the child; all methods belong to the event loop's thread."""

    def __init__(self, folder: StateFolder, journal: Journal, renew_quotes: Callable[[], None]) -> None:
        self._folder = folder
        self._journal = journal
        self._renew_quotes = renew_quotes
        self._task: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._counted = journal.records
        self._written = 0
        self._error = ""

    def look(self) -> None:
        """Begin a snapshot when enough was journalled since the last."""
        if self._journal.records - self._counted >= SNAPSHOT_EVERY_RECORDS:
            self.request()

    def request(self) -> bool:
        """Begin a snapshot; False when one is being written."""
        if self._task is not None and not self._task.done():
            return False
        self._counted = self._journal.records
        self._task = asyncio.get_running_loop().create_task(self._make())
        return True

    def facts(self) -> dict[str, Any]:
        """What the control face shows."""
        return {
            "generation": self._folder.generation,
            "records_since": self._journal.records - self._counted,
            "running": self._task is not None and not self._task.done(),
            "written": self._written,
            "error": self._error,
        }

    async def stop(self) -> None:
        """End a child under way; its work is done again by the next snapshot."""
        task, child = self._task, self._child
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if child is not None and child.returncode is None:
            child.kill()
            await child.wait()

    async def _make(self) -> None:
        folder = self._folder
        generation = folder.generation + 1
        # A snapshot holds no synthetic orders: they are quoted anew from here, in this process and in every replay.
        self._renew_quotes()
        folder.generation = generation
        self._journal.turn_to(folder.journal_path)
        config = folder.config
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "apps.trading.sandbox.exchange.compaction",
            f"--state-dir={config.state_dir}",
            f"--candles-dir={config.candles_dir}",
            f"--seed={config.seed}",
            f"--generation={generation}",
            f"--mirror={config.mirror}",
            stderr=asyncio.subprocess.PIPE,
        )
        _, complaint = await self._child.communicate()
        if self._child.returncode:
            self._error = complaint.decode(errors="replace")[-500:]
            log.error("no snapshot was written, the journals stay: %s", self._error)
            return
        folder.put_in_force(generation)
        self._written, self._error = self._written + 1, ""


def main() -> int:
    """Write the snapshot that precedes a generation from the one before and the closed journals between."""
    parser = argparse.ArgumentParser(prog="sandbox-exchange-compaction")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--candles-dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--generation", type=int, required=True)
    parser.add_argument("--mirror", default="")
    options = parser.parse_args()
    os.nice(_NICENESS)
    recording = mirrored_recording(options.mirror) if options.mirror else load_recording(options.candles_dir)
    files = StateFiles(options.state_dir, recording, options.seed)
    engine, first = files.read_snapshot()
    files.replay(engine, range(first, options.generation))
    files.write_snapshot(files.prepared_path(options.generation), engine.state, options.generation, engine.view)
    return 0


if __name__ == "__main__":
    sys.exit(main())
