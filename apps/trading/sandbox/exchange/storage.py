"""The state folder: one snapshot, the journal since it, and a lock so that one process owns them."""

import fcntl
import json
import os
from pathlib import Path

from apps.trading.sandbox.exchange.candles import HISTORY_BARS, QUANTA, Recording
from apps.trading.sandbox.exchange.config import ExchangeConfig, MarketMode
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.journal import Record, read_journal, write_durably
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.snapshot import FORMAT, StateUnusableError, dump_state, load_state, new_state
from apps.trading.sandbox.exchange.state import ExchangeState, MarketClock

SNAPSHOT_AFTER_RECORDS = 5_000  # a start that replayed more writes a new snapshot before it serves


class StateFolder:
    """Loads, replays and snapshots; raises StateUnusableError and JournalCorruptError rather than guess."""

    def __init__(self, config: ExchangeConfig, recording: Recording) -> None:
        self._config = config
        self._recording = recording
        self._folder = config.state_dir
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateUnusableError(f"{self._folder} is in use by another sandbox exchange") from error
        self._generation = 0

    @property
    def journal_path(self) -> Path:
        """The journal that follows the newest snapshot."""
        return self._folder / f"journal-{self._generation:06d}.log"

    def load(self) -> tuple[Engine, int]:
        """The engine after snapshot and journal, and how many records were replayed."""
        path = self._folder / "snapshot.json"
        if not path.exists():
            state = new_state(self._recording, self._first_clock(), self._config.seed)
            self._write(state)
        state = self._read(path)
        engine = Engine(state, MarketView(self._recording, state.clock))
        records = read_journal(self.journal_path)
        for record in _coalesced(records):
            engine.apply(record)
        if len(records) > SNAPSHOT_AFTER_RECORDS:
            self.snapshot(engine)
        return engine, len(records)

    def snapshot(self, engine: Engine) -> None:
        """Write the state durably; the journal starts anew under the next generation."""
        engine.withdraw_quotes()
        old = self.journal_path
        self._generation += 1
        self._write(engine.state)
        old.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the folder back."""
        os.close(self._lock)

    def _first_clock(self) -> MarketClock:
        start = self._config.start
        bar = HISTORY_BARS if start is None else (start - self._recording.start_ms) // self._recording.bar_ms
        if not 0 <= bar < self._recording.bars:
            raise StateUnusableError("the start date is outside the recording")
        return MarketClock(
            self._recording.start_ms, bar * QUANTA, self._config.speed, MarketMode.REPLAY.value, configured={}
        )

    def _identity(self) -> dict[str, int]:
        return {"format": FORMAT, "recording": self._recording.digest}

    def _write(self, state: ExchangeState) -> None:
        data = {
            "identity": self._identity(),
            "seed": self._config.seed,
            "generation": self._generation,
            "state": dump_state(state),
        }
        write_durably(self._folder / "snapshot.json", json.dumps(data, separators=(",", ":")).encode())

    def _read(self, path: Path) -> ExchangeState:
        data = json.loads(path.read_bytes())
        if data["identity"] != self._identity() or data["seed"] != self._config.seed:
            raise StateUnusableError(f"{self._folder} was made with other candles, another seed or another version")
        self._generation = data["generation"]
        return load_state(data["state"], self._recording, self._config.seed)


def _coalesced(records: list[Record]) -> list[Record]:
    """Without moves that the next record repeats and extends: replay then skips quiet bars faster."""
    kept: list[Record] = []
    for record in records:
        last = kept[-1] if kept else None
        if last is not None and last["k"] == record["k"] == "move" and not (last.get("fills") or "standing" in last):
            kept.pop()
        kept.append(record)
    return kept
