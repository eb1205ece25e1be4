"""The state folder: one snapshot, the journals since it, and a lock so that one process owns them.

`snapshot.json` names the first journal to replay after it; journals are numbered by generation. A snapshot replaces its
predecessor by an atomic rename after `fsync`; journals it contains are deleted only then. So a crash anywhere leaves a
snapshot and every journal since it.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from apps.trading.sandbox.exchange.candles import HISTORY_BARS, QUANTA, Recording
from apps.trading.sandbox.exchange.config import ExchangeConfig, MarketMode
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.journal import (
    JournalCorruptError,
    Record,
    is_first_format,
    read_journal,
    sync_folder,
    write_durably,
)
from apps.trading.sandbox.exchange.live_view import LiveView, view_of
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.snapshot import (
    FORMAT,
    OLD_FORMATS,
    StateUnusableError,
    dump_state,
    load_state,
    new_state,
)
from apps.trading.sandbox.exchange.state import ExchangeState, MarketClock

SNAPSHOT_AFTER_RECORDS = 5_000  # a start that replayed more writes a new snapshot before it serves


class StateFiles:
    """Names, reads and writes the files of a state folder."""

    def __init__(self, folder: Path, recording: Recording, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self._recording = recording

    @property
    def snapshot_path(self) -> Path:
        """The snapshot that a start loads."""
        return self.folder / "snapshot.json"

    def journal_file(self, generation: int) -> Path:
        """The journal of a generation."""
        return self.folder / f"journal-{generation:06d}.log"

    def prepared_path(self, generation: int) -> Path:
        """A snapshot written beside the running exchange, not yet in force."""
        return self.folder / f"prepared-{generation:06d}.json"

    def journals(self) -> list[int]:
        """Generations of which there is a journal."""
        return sorted(int(path.stem.removeprefix("journal-")) for path in self.folder.glob("journal-*.log"))

    def read_snapshot(self) -> tuple[Engine, int]:
        """The engine as the snapshot says, and the generation that follows it."""
        data = json.loads(self.snapshot_path.read_bytes())
        identity = data["identity"]
        known = [self._identity() | {"format": number} for number in (FORMAT, *OLD_FORMATS)]
        if identity not in known or data["seed"] != self.seed:
            raise StateUnusableError(f"{self.folder} was made with other candles, another seed or another version")
        state = load_state(data["state"], self._recording, self.seed)
        view = view_of(self._recording, state.clock)
        if isinstance(view, LiveView) and "live" in data:
            view.load(data["live"])
        return Engine(state, view), data["generation"]

    def write_snapshot(self, path: Path, state: ExchangeState, generation: int, view: MarketView | None = None) -> None:
        """Write a state durably; `generation` is the first journal that is not in it."""
        live = {"live": view.dump()} if isinstance(view, LiveView) else {}
        data = {
            **live,
            "identity": self._identity(),
            "seed": self.seed,
            "generation": generation,
            "state": dump_state(state),
        }
        write_durably(path, json.dumps(data, separators=(",", ":")).encode())

    def replay(self, engine: Engine, generations: Iterable[int], *, last: int | None = None) -> int:
        """Apply the journals of some generations in order; only the `last` may end torn. Returns the record count."""
        count = 0
        for generation in generations:
            for record in coalesced(read_journal(self.journal_file(generation), final=generation == last)):
                engine.apply(record)
                count += 1
        return count

    def drop_before(self, generation: int) -> None:
        """Delete what a snapshot of `generation` contains, and snapshots that never came into force."""
        for old in self.journals():
            if old < generation:
                self.journal_file(old).unlink()
        for path in self.folder.glob("prepared-*"):
            path.unlink()

    def _identity(self) -> dict[str, int]:
        return {"format": FORMAT, "recording": self._recording.digest}


class StateFolder:
    """Loads, replays and snapshots; raises StateUnusableError and JournalCorruptError rather than guess."""

    def __init__(self, config: ExchangeConfig, recording: Recording) -> None:
        self.config = config
        self._recording = recording
        config.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.files = StateFiles(config.state_dir, recording, config.seed)
        self._lock = os.open(config.state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateUnusableError(f"{config.state_dir} is in use by another sandbox exchange") from error
        self.generation = 0

    @property
    def journal_path(self) -> Path:
        """The journal that is written now."""
        return self.files.journal_file(self.generation)

    def load(self) -> tuple[Engine, int]:
        """The engine after snapshot and journals, and how many records were replayed."""
        files = self.files
        if not files.snapshot_path.exists():
            state = new_state(self._recording, self._first_clock(), self.config.seed)
            files.write_snapshot(files.snapshot_path, state, 0)
        engine, first = files.read_snapshot()
        files.drop_before(first)
        journals = files.journals()
        if journals and journals != list(range(first, first + len(journals))):
            raise JournalCorruptError(f"{files.folder} lacks a journal between {first} and {journals[-1]}")
        self.generation = journals[-1] if journals else first
        count = files.replay(engine, journals, last=self._last_written(journals))
        if count > SNAPSHOT_AFTER_RECORDS or is_first_format(self.journal_path):
            self.snapshot(engine)
        return engine, count

    def snapshot(self, engine: Engine) -> None:
        """Write the state of a standing engine durably; the journal starts anew under the next generation.

        Synthetic orders are in no snapshot: the engine goes on without those that stood, as a replay will.
        """
        engine.withdraw_quotes()
        self.generation += 1
        self.files.write_snapshot(self.files.snapshot_path, engine.state, self.generation, engine.view)
        self.files.drop_before(self.generation)

    def put_in_force(self, generation: int) -> None:
        """Let a prepared snapshot replace the present one, and delete the journals it contains."""
        self.files.prepared_path(generation).replace(self.files.snapshot_path)
        sync_folder(self.files.folder)
        self.files.drop_before(generation)

    def close(self) -> None:
        """Give the folder back."""
        os.close(self._lock)

    def _last_written(self, journals: list[int]) -> int | None:
        """The newest journal that holds anything: only it can have been interrupted."""
        written = [each for each in journals if self.files.journal_file(each).stat().st_size]
        return written[-1] if written else None

    def _first_clock(self) -> MarketClock:
        if self._recording.mirrors:
            return MarketClock(0, 0, 1.0, MarketMode.MIRROR.value, running=False, configured={})
        start = self.config.start
        first = min(HISTORY_BARS, self._recording.bars // 2)
        bar = first if start is None else (start - self._recording.start_ms) // self._recording.bar_ms
        if not 0 <= bar < self._recording.bars:
            raise StateUnusableError("the start date is outside the recording")
        return MarketClock(
            self._recording.start_ms, bar * QUANTA, self.config.speed, MarketMode.REPLAY.value, configured={}
        )


def coalesced(records: Iterable[Record]) -> Iterator[Record]:
    """Without moves that the next record repeats and extends: replay then skips quiet bars faster."""
    last: Record | None = None
    for record in records:
        if last is not None:
            is_repeated = last["k"] == record["k"] == "move" and not (last.get("fills") or "standing" in last)
            if not is_repeated:
                yield last
        last = record
    if last is not None:
        yield last
