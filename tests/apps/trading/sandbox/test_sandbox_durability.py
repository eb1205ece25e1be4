"""The journal file and the state folder: what is written, what a start makes of it, snapshots beside the engine."""

import asyncio
import gc
import json
import os
import random
import weakref
import zlib
from pathlib import Path
from typing import Any

import pytest

from apps.trading.sandbox.exchange.candles import Recording, load_recording
from apps.trading.sandbox.exchange.clock import WallClock
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.journal import (
    Journal,
    JournalBrokenError,
    JournalCorruptError,
    Record,
    frame,
    read_journal,
)
from apps.trading.sandbox.exchange.memory import spare_a_burst, thaw
from apps.trading.sandbox.exchange.records import decode_all, encode
from apps.trading.sandbox.exchange.snapshot import StateUnusableError
from apps.trading.sandbox.exchange.storage import StateFolder, coalesced
from apps.trading.sandbox.exchange.venue import Venue
from tests.apps.trading.sandbox.engine_bench import FUNDS, START, SYMBOLS, Bench, check_books, write_recording
from tests.apps.trading.sandbox.kill_load import command, exchange_config

ORDER: Record = {
    "k": "order",
    "t": START,
    "account": 7,
    "s": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT_MAKER",
    "tif": "GTC",
    "price": 6_500_000,
    "lots": 12,
    "quote": 0,
    "cid": "",
}
CANCEL: Record = {"k": "cancel", "t": START, "account": 7, "s": "ETHUSDT", "id": 9, "cid": "mine"}
EXTRAS = {"stop": 6_400_000, "trail": 0, "iceberg": 0, "stp": "NONE", "strategy_id": None, "strategy_type": None}


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("candles")
    for symbol in SYMBOLS:
        write_recording(folder, symbol)
    return folder


@pytest.fixture(scope="module")
def recording(candles: Path) -> Recording:
    return load_recording(candles)


def opened(state: Path, candles: Path, recording: Recording) -> tuple[StateFolder, Engine]:
    folder = StateFolder(exchange_config(state, candles), recording)
    engine, _ = folder.load()
    return folder, engine


def ignore(_: OSError) -> None:
    """The tests look at what the waiters learn."""


@pytest.mark.parametrize(
    "record",
    [
        ORDER,
        ORDER | {"cid": "x-1", "quote": 2**62},
        ORDER | EXTRAS,
        ORDER | {"lots": 2**80},
        CANCEL,
        CANCEL | {"id": 2**70},
        {"k": "move", "t": 1, "q": 2},
        {"k": "account", "t": 1, "label": "Zoë", "ref": "", "funds": {"BTC": 10**30}, "maker": 0, "taker": 1},
    ],
)
def test_a_record_survives_its_bytes(record: Record) -> None:
    assert decode_all(encode(record) + encode(CANCEL)) == [record, CANCEL]


def test_the_frequent_records_are_small() -> None:
    assert len(encode(ORDER | {"cid": "x-1"})) == 59
    assert len(encode(CANCEL)) == 41


def test_what_waits_while_the_disk_works_is_one_group(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    done: list[str] = []

    async def write() -> tuple[int, int]:
        journal = Journal(path, ignore)
        for number in range(500):
            journal.append(ORDER | {"t": number})
        journal.after_commit(lambda: done.append("published"))
        assert done == []
        await journal.commit()
        assert done == ["published"]
        journal.after_commit(lambda: done.append("at once"))
        counts = journal.records, journal.syncs
        await journal.close()
        return counts

    records, syncs = asyncio.run(write())
    assert done == ["published", "at once"]
    assert records == 500
    assert 1 <= syncs < 250
    assert [record["t"] for record in read_journal(path)] == list(range(500))


def test_a_burst_is_told_after_its_waiters_and_only_for_a_full_group(tmp_path: Path) -> None:
    told: list[str] = []

    async def write() -> int:
        journal = Journal(tmp_path / "journal.log", ignore, lambda: told.append("burst"))
        for many in (31, 32):
            for number in range(many):
                journal.append(ORDER | {"t": number})
            journal.after_commit(lambda: told.append("acknowledged"))
            await journal.commit()
        await journal.close()
        return journal.bursts

    assert asyncio.run(write()) == 1
    assert told == ["acknowledged", "acknowledged", "burst"]


def test_what_a_burst_made_is_out_of_collections_until_it_thaws() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    watched = weakref.finalize(Watched(cycle), lambda: None)
    spare_a_burst()
    del cycle
    gc.collect()
    assert watched.alive
    thaw()
    gc.collect()
    assert not watched.alive


class Watched:
    """Dies with the cycle it joins."""

    def __init__(self, cycle: list[Any]) -> None:
        cycle.append(self)


def test_a_record_is_in_the_file_before_it_is_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"

    async def write() -> None:
        journal = Journal(path, ignore)
        for number in range(20):
            journal.append(ORDER | {"t": number})
            await journal.commit()
            assert [record["t"] for record in read_journal(path)] == list(range(number + 1))
        await journal.close()

    asyncio.run(write())


def test_a_torn_group_is_cut_and_the_next_start_goes_on_after_it(tmp_path: Path) -> None:
    sound = frame(0, encode(ORDER)) + frame(1, encode(CANCEL))
    torn = frame(2, encode(ORDER))
    path = tmp_path / "journal.log"
    for length in (1, 10, len(torn) - 1):
        path.write_bytes(sound + torn[:length])
        assert list(read_journal(path)) == [ORDER, CANCEL]
        assert path.read_bytes() == sound
    path.write_bytes(sound + bytes(500))
    assert list(read_journal(path)) == [ORDER, CANCEL]


@pytest.mark.parametrize("place", [0, 5, 9, 20, 40])
def test_damage_before_a_sound_group_is_refused(tmp_path: Path, place: int) -> None:
    data = bytearray(frame(0, encode(ORDER)) + frame(1, encode(CANCEL)))
    data[place] ^= 0x10
    path = tmp_path / "journal.log"
    path.write_bytes(data)
    with pytest.raises(JournalCorruptError):
        list(read_journal(path))
    assert path.read_bytes() == data


def test_a_missing_group_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    path.write_bytes(frame(0, encode(ORDER)) + frame(2, encode(CANCEL)))
    with pytest.raises(JournalCorruptError):
        list(read_journal(path))


def test_an_earlier_journal_may_not_end_torn(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    path.write_bytes(frame(0, encode(ORDER)) + frame(1, encode(CANCEL))[:-1])
    with pytest.raises(JournalCorruptError, match="other journals follow"):
        list(read_journal(path, final=False))


def test_a_refusing_disk_is_told_to_every_waiter(tmp_path: Path) -> None:
    async def write() -> list[str]:
        learned: list[str] = []
        journal = Journal(tmp_path / "journal.log", lambda error: learned.append("broken"))
        journal._file.close()  # the descriptor is gone: the next write fails as a full disk's would
        journal.append(ORDER)
        journal.after_commit(lambda: learned.append("published"))
        with pytest.raises(JournalBrokenError):
            await journal.commit()
        with pytest.raises(JournalBrokenError):
            journal.append(ORDER)
        with pytest.raises(JournalBrokenError):
            await journal.commit()
        return learned

    assert asyncio.run(write()) == ["broken"]


async def run_venue(folder: StateFolder, engine: Engine, seed: int, *, snapshots: int = 0) -> Venue:
    """Random commands; with snapshots written beside them, each while commands go on."""
    journal = Journal(folder.journal_path, ignore)
    venue = Venue(folder.config, WallClock(), engine, journal)
    venue.keep_snapshots(folder)
    for number in range(3):
        venue.open_account(f"a{number}", f"ref-{number}", dict(FUNDS), (50_000, 100_000))
    choices = random.Random(seed)
    for number in range(40 if snapshots else 120):
        command(venue, choices)
        if number % 20 == 0:
            await journal.commit()
    for number in range(snapshots):
        assert venue.request_snapshot()
        assert not venue.request_snapshot()
        commands = 0
        while venue.snapshot_facts()["written"] == number:
            assert venue.snapshot_facts()["error"] == ""
            command(venue, choices)
            commands += 1
            await journal.commit()
        assert commands > 2
    await venue.stop_snapshots()
    await journal.close()
    return venue


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are not told on stdout."""
    monkeypatch.setattr(os, "write", _write_but_stdout(os.write))


def _write_but_stdout(write: Any) -> Any:
    return lambda descriptor, data: len(data) if descriptor == 1 else write(descriptor, data)


@pytest.mark.usefixtures("quiet")
def test_snapshots_are_written_while_commands_go_on(tmp_path: Path, candles: Path, recording: Recording) -> None:
    folder, engine = opened(tmp_path / "state", candles, recording)
    venue = asyncio.run(run_venue(folder, engine, 1, snapshots=2))
    facts = venue.snapshot_facts()
    assert (facts["written"], facts["generation"], facts["running"]) == (2, 2, False)
    assert folder.files.journals() == [2]
    assert json.loads(folder.files.snapshot_path.read_bytes())["generation"] == 2
    folder.close()
    again, restored = opened(tmp_path / "state", candles, recording)
    assert restored.digest() == engine.digest()
    check_books(restored)
    again.close()


@pytest.mark.usefixtures("quiet")
def test_a_start_snapshots_a_long_journal_and_a_stop_all_of_it(
    tmp_path: Path, candles: Path, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, engine = opened(tmp_path / "state", candles, recording)
    asyncio.run(run_venue(folder, engine, 2))
    folder.close()
    monkeypatch.setattr("apps.trading.sandbox.exchange.storage.SNAPSHOT_AFTER_RECORDS", 50)
    again, restored = opened(tmp_path / "state", candles, recording)
    assert again.generation == 1
    assert restored.digest() == engine.digest()
    again.snapshot(restored)
    again.close()
    last, final = opened(tmp_path / "state", candles, recording)
    assert (last.generation, final.digest(), final.imbalance()) == (2, engine.digest(), {})
    last.close()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("turns", [0, 1, 2, 5, 50])
def test_a_stop_while_a_snapshot_begins_counts_every_command_once(
    tmp_path: Path, candles: Path, recording: Recording, turns: int
) -> None:
    folder, engine = opened(tmp_path / "state", candles, recording)

    async def stop_early() -> None:
        journal = Journal(folder.journal_path, ignore)
        venue = Venue(folder.config, WallClock(), engine, journal)
        venue.keep_snapshots(folder)
        venue.open_account("a", "ref", dict(FUNDS), (50_000, 100_000))
        assert venue.request_snapshot()
        choices = random.Random(turns)
        for _ in range(turns):
            command(venue, choices)
            await asyncio.sleep(0)
        await venue.stop_snapshots()
        command(venue, choices)
        await journal.close()

    asyncio.run(stop_early())
    folder.snapshot(engine)
    folder.close()
    again, restored = opened(tmp_path / "state", candles, recording)
    assert restored.digest() == engine.digest()
    check_books(restored)
    again.close()


@pytest.mark.usefixtures("quiet")
def test_a_crash_between_a_new_journal_and_its_snapshot_loses_nothing(
    tmp_path: Path, candles: Path, recording: Recording
) -> None:
    folder, engine = opened(tmp_path / "state", candles, recording)
    asyncio.run(run_venue(folder, engine, 3))

    async def turn() -> None:
        journal = Journal(folder.journal_path, ignore)
        journal.turn_to(folder.files.journal_file(1))
        record = {"k": "reset", "t": START, "account": 1, "funds": {"BTC": 5}}
        journal.append(record)
        engine.apply(record)
        await journal.close()

    asyncio.run(turn())
    folder.files.prepared_path(1).write_bytes(b"a child was killed here")
    folder.close()
    again, restored = opened(tmp_path / "state", candles, recording)
    assert (again.generation, restored.digest()) == (1, engine.digest())
    assert not list((tmp_path / "state").glob("prepared-*"))
    again.close()
    folder.files.journal_file(0).unlink()
    with pytest.raises(JournalCorruptError, match="lacks a journal"):
        opened(tmp_path / "state", candles, recording)


def test_a_folder_of_the_first_version_is_taken_over(tmp_path: Path, candles: Path, recording: Recording) -> None:
    """Lines of JSON and a snapshot without order lists, totals and the newer fields of orders."""
    bench = Bench(recording, accounts=1)
    bench.limit(1, "BUY", "1", "20000")
    state = tmp_path / "state"
    folder, _ = opened(state, candles, recording)
    folder.close()
    snapshot = json.loads((state / "snapshot.json").read_bytes())
    first = snapshot["state"]
    for name in ("totals", "last_list_id", "lists"):
        del first[name]
    for market in first["markets"].values():
        del market["book"]
        market["resting"] = []
    snapshot["identity"]["format"] = 1
    (state / "snapshot.json").write_text(json.dumps(snapshot))
    lines = b""
    for record in bench.records:
        text = json.dumps(record).encode()
        lines += b"%08x %s\n" % (zlib.crc32(text), text)
    (state / "journal-000000.log").write_bytes(lines + b'0badc0de {"k":"or')
    again, engine = opened(state, candles, recording)
    assert again.generation == 1
    again.close()
    last, restored = opened(state, candles, recording)
    (order,) = restored.state.accounts[1].open_orders.values()
    assert (order.lots, order.price, restored.state.markets["BTCUSDT"].book.left(1)) == (100_000, 2_000_000, 100_000)
    assert restored.digest() == engine.digest()
    check_books(restored)
    last.close()


def test_a_state_of_other_candles_is_refused(tmp_path: Path, candles: Path, recording: Recording) -> None:
    folder, _ = opened(tmp_path / "state", candles, recording)
    folder.close()
    other = tmp_path / "other"
    other.mkdir()
    write_recording(other, "BTCUSDT")
    with pytest.raises(StateUnusableError, match="other candles"):
        opened(tmp_path / "state", other, load_recording(other))


def test_moves_are_merged_only_when_nothing_happened_in_them() -> None:
    moves: list[Record] = [{"k": "move", "t": 1, "q": number} for number in range(4)]
    moves[1]["fills"] = 1
    kept = list(coalesced([*moves, CANCEL, *moves[2:]]))
    assert kept == [moves[1], moves[3], CANCEL, moves[3]]
