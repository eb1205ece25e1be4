"""What the sandbox exchange's core costs: orders acknowledged after fdatasync, beside the disk's own limit.

One market, 60 % passive limit orders, 30 % cancels, 10 % orders that take. An order is acknowledged when its group is
on disk; latency runs from before it is journalled to then. The disk's limit is as many plain appends of equal size,
each with its fdatasync, on the same file system in the same run. Afterwards the journal is replayed: the digests agree.

The goal is set for disks whose fdatasync takes at most 0.1 ms. Where this machine's is slower, the same is measured
again with the journal on a file system in memory, which stands for such a disk, and said so.

The goal was set on a machine that ran a bare order book in plain Python at PEER_RATE. The same book runs in each round
here: the share of that rate is this machine's, and the last rows say what the exchange's CPU allows here and there.
Figures by CPU time are the ones to compare when other work runs beside. `bench exchange_path` measures the whole way.
"""

import asyncio
import functools
import gc
import os
import random
import statistics
import tempfile
import time
from array import array
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import uvicorn

from apps.core.benchmarks import Row, benchmark
from apps.trading.sandbox.exchange.__main__ import BUNDLED_CANDLES
from apps.trading.sandbox.exchange.candles import Recording, load_recording
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.journal import Journal, Record, read_journal
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.memory import hear_the_disk_soon, spare_a_burst, spare_the_orders, thaw
from apps.trading.sandbox.exchange.snapshot import new_state
from apps.trading.sandbox.exchange.state import MarketClock
from kernel.matching import Market, NewOrder, Side
from tests.benchmarks import bench_matching

UNIT = 10**8
SYMBOL = "BTCUSDT"
ACCOUNTS, COMMANDS, ROUNDS = 8, 40_000, 3
AT_ONCE = 64  # commands that one turn of the event loop brings, as from so many busy clients
MOST_WAITING = 1_024
PASSIVE, CANCELS, STANDING = 0.6, 0.3, 2_000
NEAREST, WIDTH = 10, 300  # ticks from the middle; made quotes stand further out
GOAL, GOAL_MS = 100_000, 1.0
PEER_RATE = 980_000  # commands a CPU second of the bare book where the goal was set, 20,000 orders resting
FAST_FOLDER = Path("/dev/shm")
SHARE_OF_LOAD = 0.5  # of the rate that was reached: the latency of an exchange that is not full
BURST_SECONDS = 0.001
SYNC_PROBES, PROBE_BYTES = 300, 2_000


@benchmark("exchange")
def run() -> Iterator[Row]:
    """Medians of ROUNDS rounds; each is replayed from its journal and compared."""
    recording = load_recording(BUNDLED_CANDLES)
    hear_the_disk_soon()
    yield from _on(recording, None, "", "goal where fdatasync <= 0.1 ms")
    if FAST_FOLDER.is_dir():
        yield from _on(recording, FAST_FOLDER, ", journal in memory", "goal, for this case")
    yield from _without_disk(recording)


def _on(recording: Recording, parent: Path | None, where: str, goal: str) -> Iterator[Row]:
    """Medians of ROUNDS rounds with the journal in a folder below `parent` (None: the usual place for temporaries)."""
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        rounds = [_round(recording, Path(folder), number) for number in range(ROUNDS)]
    rate, disk, sync = (_median(rounds, name) for name in ("rate", "disk_rate", "sync_ms"))
    yield Row("exchange", f"durable orders{where}", rate, "orders/s", "appends + fdatasync alone", disk)
    yield Row("exchange", f"durable orders{where}", rate, "orders/s", goal, GOAL)
    yield Row("exchange", f"acknowledged after, median{where}", _median(rounds, "p50"), "ms", "one fdatasync", sync)
    yield Row("exchange", f"acknowledged after, 99 %{where}", _median(rounds, "p99"), "ms", goal, GOAL_MS)
    calm = f"acknowledged after, 99 %, {rate * SHARE_OF_LOAD:,.0f} orders/s offered{where}"
    yield Row("exchange", calm, _median(rounds, "calm_p99"), "ms", goal, GOAL_MS)
    yield Row("exchange", f"commands a group{where}", _median(rounds, "group"), "commands", "brought at once", AT_ONCE)
    cpu, bare = _median(rounds, "cpu_us"), _median(rounds, "bare_us")
    yield Row("exchange", f"a durable command, CPU of the loop{where}", cpu, "us", "matching alone", bare)
    peer = _median(rounds, "peer_rate")
    here = "a bare book here, where the goal was set"
    yield Row("exchange", f"plain Python of this machine{where}", peer, "1/s CPU", here, PEER_RATE)
    able, there = 1e6 / cpu, 1e6 / cpu * PEER_RATE / peer
    yield Row("exchange", f"durable orders that the CPU allows{where}", able, "1/s CPU", goal, GOAL)
    yield Row("exchange", f"the same where the goal was set{where}", there, "1/s CPU", goal, GOAL)


class _Round:
    """Figures of one round."""

    def __init__(self, seconds: float, latencies: "array[float]", journal: Journal) -> None:
        ordered = sorted(latencies)
        self.rate = len(ordered) / seconds
        self.p50, self.p99 = (ordered[len(ordered) * part // 100] * 1e3 for part in (50, 99))
        self.group = journal.records / journal.syncs
        self.disk_rate = self.sync_ms = self.cpu_us = self.bare_us = self.calm_p99 = self.peer_rate = 0.0


def _median(rounds: list[_Round], name: str) -> float:
    return statistics.median(float(getattr(each, name)) for each in rounds)


def _round(recording: Recording, folder: Path, number: int) -> _Round:
    path = folder / f"journal-{number}.log"
    thaw()  # the engines of the round before are free to go
    spare_the_orders()
    engine, records = _fresh(recording, number)
    found = _in_loop(_durable(engine, records, path))
    calm, few = _fresh(recording, number)
    quieter = _in_loop(_durable(calm, few[: COMMANDS // 4], folder / "calm", pace=found.rate * SHARE_OF_LOAD))
    found.calm_p99 = quieter.p99
    found.bare_us = _bare(recording, records) / COMMANDS * 1e6
    found.peer_rate = bench_matching.COMMANDS / bench_matching.book_seconds(*_peer_steps())
    size = path.stat().st_size
    replayed, _ = _fresh(recording, number)
    for record in read_journal(path):
        replayed.apply(record)
    if replayed.digest() != engine.digest() or engine.imbalance():
        raise AssertionError("the replayed journal gives another state")
    groups = round(COMMANDS / found.group)
    found.disk_rate = COMMANDS / _append_alone(folder / "alone", groups, size // groups)
    found.sync_ms = _append_alone(folder / "probe", SYNC_PROBES, PROBE_BYTES) / SYNC_PROBES * 1e3
    path.unlink()
    (folder / "calm").unlink()
    return found


@functools.cache
def _peer_steps() -> tuple[list[NewOrder], list[bench_matching.Step]]:
    return bench_matching.mixed_steps(seed=1)


def _in_loop(work: Coroutine[Any, Any, _Round]) -> _Round:
    """Run in the event loop that the exchange's process has."""
    with asyncio.Runner(loop_factory=uvicorn.Config(app="", log_config=None).get_loop_factory()) as runner:
        return runner.run(work)


async def _durable(engine: Engine, records: list[Record], path: Path, *, pace: float = 0.0) -> _Round:
    """Journal and apply all records, AT_ONCE a turn or, with a `pace`, what is due at so many a second."""

    def broken(error: OSError) -> None:
        raise error

    journal = Journal(path, broken, spare_a_burst)
    latencies = array("d")
    waiting = 0
    clock, spent = time.perf_counter, time.thread_time

    def acknowledge(starts: list[float]) -> None:
        nonlocal waiting
        now = clock()
        latencies.extend([now - start for start in starts])
        waiting -= len(starts)

    gc.collect()
    began, cpu, making, first = clock(), spent(), 0.0, 0
    while first < len(records):
        many = min(AT_ONCE, int((clock() - began) * pace) - first) if pace else AT_ONCE
        if many <= 0:
            await asyncio.sleep(BURST_SECONDS)
            continue
        # Records are made from requests just before they are journalled; making them is the faces' work, not counted.
        before = spent()
        arrived, starts = [record.copy() for record in records[first : first + many]], []
        making += spent() - before
        for record in arrived:
            starts.append(clock())
            journal.append(record)
            engine.apply(record)
        first += len(starts)
        waiting += len(starts)
        journal.after_commit(_bound(acknowledge, starts))
        await asyncio.sleep(0)
        if waiting >= MOST_WAITING:
            await journal.commit()
    await journal.commit()
    seconds, cpu = clock() - began, spent() - cpu - making
    await journal.close()
    found = _Round(seconds, latencies, journal)
    found.cpu_us = cpu / len(records) * 1e6
    return found


def _bound(function: Callable[[list[float]], None], starts: list[float]) -> Callable[[], None]:
    return lambda: function(starts)


def _append_alone(path: Path, count: int, size: int) -> float:
    """Seconds that so many appends of a size take, each followed by fdatasync."""
    data = b"x" * size
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
    began = time.perf_counter()
    for _ in range(count):
        os.write(descriptor, data)
        os.fdatasync(descriptor)
    seconds = time.perf_counter() - began
    os.close(descriptor)
    path.unlink()
    return seconds


def _fresh(recording: Recording, seed: int) -> tuple[Engine, list[Record]]:
    """An exchange with rich accounts, and the commands of a round."""
    clock = MarketClock(recording.start_ms, 0, 60.0, "replay")
    engine = Engine(new_state(recording, clock, 1), MarketView(recording, clock))
    for number in range(ACCOUNTS):
        funds = {"USDT": 10**10 * UNIT, "BTC": 10**6 * UNIT}
        facts: dict[str, Any] = {"label": f"a{number}", "ref": "", "funds": funds, "maker": 10**5, "taker": 10**5}
        engine.apply({"k": "account", "t": 0} | facts)
    return engine, _commands(engine.view.price(SYMBOL), random.Random(seed))


def _commands(price: int, choices: random.Random) -> list[Record]:
    """What takes trades with standing orders of other accounts, and what is cancelled still stands."""
    records: list[Record] = []
    book, known, order_id = Market(), [0], 0
    for number in range(COMMANDS):
        draw = choices.random()
        standing = _still_standing(book, known, choices) if draw < CANCELS and len(book) > STANDING else 0
        if standing:
            owner = standing % ACCOUNTS + 1
            head: Record = {"k": "cancel", "t": number, "account": owner, "s": SYMBOL}
            records.append(head | {"id": standing, "cid": f"bench-c{number}"})
            book.cancel(standing)
            continue
        order_id += 1
        side, lots = choices.choice(tuple(Side)), choices.randint(1, 100)
        passive = draw < CANCELS + PASSIVE
        sign = -1 if side is Side.BUY else 1
        at = price + sign * (NEAREST + choices.randrange(WIDTH)) if passive else price - sign * (NEAREST + WIDTH)
        (book.place_limit if passive else book.take_limit)(order_id, 0, side, at, lots)
        if passive:
            known.append(order_id)
        order: Record = {"k": "order", "t": number, "account": order_id % ACCOUNTS + 1, "s": SYMBOL}
        order |= {"side": side.value, "type": "LIMIT", "tif": "GTC" if passive else "IOC", "price": at, "lots": lots}
        records.append(order | {"quote": 0, "cid": f"bench-{number}"})
    return records


def _still_standing(book: Market, known: list[int], choices: random.Random) -> int:
    """Take the id of a resting order out of `known`, which keeps those of traded ones too."""
    while True:
        place = choices.randrange(len(known))
        known[place], known[-1] = known[-1], known[place]
        order_id = known.pop()
        if order_id in book:
            return order_id


def _without_disk(recording: Recording) -> Iterator[Row]:
    """CPU of a command in the exchange's engine (accounts, funds, fees, trades) beside the bare matching engine."""
    ours, bare = [], []
    for number in range(ROUNDS):
        engine, records = _fresh(recording, number)
        began = time.process_time()
        for record in records:
            engine.apply(record)
        ours.append(time.process_time() - began)
        bare.append(_bare(recording, records))
    case = "a command without the disk, CPU"
    cost, alone = (statistics.median(each) / COMMANDS * 1e6 for each in (ours, bare))
    yield Row("exchange", case, cost, "us", "matching alone", alone)


def _bare(recording: Recording, records: list[Record]) -> float:
    engine, _ = _fresh(recording, 0)
    market: Market = engine.quote(SYMBOL).book
    sides = {"BUY": Side.BUY, "SELL": Side.SELL}
    order_id = 0
    enter = {"GTC": market.place_limit, "IOC": market.take_limit}
    began = time.process_time()
    for record in records:
        if record["k"] == "cancel":
            market.cancel(record["id"])
        else:
            order_id += 1
            call = enter[record["tif"]]
            call(order_id, record["account"], sides[record["side"]], record["price"], record["lots"])
    return time.process_time() - began
