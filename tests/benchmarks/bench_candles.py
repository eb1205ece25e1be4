"""A million candles out of PostgreSQL into NumPy, and a hundred thousand written, beside the ORM and row-wise Arrow.

Client CPU is the measure: it is what a worker pays. All answers are checked before anything is timed. The references
read and write fewer candles, by the row as they do, and their figures are scaled up; each is quietest of its rounds.
"""

import gc
import io
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection, models, transaction

from apps.core.actors import Actor
from apps.core.benchmarks import Row, benchmark
from apps.core.context import in_schema
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data import packing
from apps.trading.market_data.operations import import_candles, store_candles
from apps.trading.market_data.queries import load_bars
from kernel.instruments import Bars
from kernel.simulation import random_bars
from tests.benchmarks.database import own_database

COUNT, WRITTEN, MINUTE, SYMBOL, INTERVAL = 1_000_000, 100_000, 60_000, "BTCUSDT", "1m"
READ_SHARE, WRITE_SHARE = 20, 10
"""The references take one candle in so many."""
ACTOR = Actor.system("bench")
NAMES = packing.COLUMNS


@benchmark("candle_store")
def run() -> Iterator[Row]:
    """Read a million, write a hundred thousand of which half are there, import a file."""
    bars = random_bars(7, COUNT, MINUTE)
    with own_database(), in_schema("public"):
        seed_instruments()
        store_candles(actor=ACTOR, symbol=SYMBOL, interval=INTERVAL, bars=bars)
        table = bench_table()
        few = bars[: COUNT // READ_SHARE]
        table.objects.bulk_create(rows_of(table, few), batch_size=5000)
        assert np.array_equal(load_bars(SYMBOL, INTERVAL).close, bars.close)
        assert np.array_equal(arrow_rows()["close"], few.close)
        own, orm, arrow = side_by_side(
            lambda: load_bars(SYMBOL, INTERVAL), lambda: orm_rows(table), arrow_rows, rounds=5
        )
        case = "1M bars into NumPy"
        yield Row("candle_store", case, own, "s CPU", "ORM values_list, scaled", orm * READ_SHARE)
        yield Row("candle_store", case, own, "s CPU", "row-wise Arrow, scaled", arrow * READ_SHARE)
        yield from _writing(table, bars)
        yield _importing(bars)


def _writing(table: Any, bars: Bars) -> Iterator[Row]:
    """Upsert where half of the candles are there already, with other figures."""
    turn = iter(range(100))

    def ours() -> None:
        symbol = f"W{next(turn)}USDT"
        store_candles(actor=ACTOR, symbol=symbol, interval=INTERVAL, bars=bars[: WRITTEN // 2])
        began = time.process_time()
        report = store_candles(actor=ACTOR, symbol=symbol, interval=INTERVAL, bars=shifted(bars[:WRITTEN]))
        spent.append(time.process_time() - began)
        assert (report.added, report.corrected) == (WRITTEN // 2, WRITTEN // 2)

    def theirs() -> None:
        few = WRITTEN // WRITE_SHARE
        with transaction.atomic():
            table.objects.all().delete()
            table.objects.bulk_create(rows_of(table, bars[: few // 2]), batch_size=5000)
            rows = rows_of(table, shifted(bars[:few]))
            began = time.process_time()
            table.objects.bulk_create(
                rows, batch_size=5000, update_conflicts=True, unique_fields=["ts"], update_fields=NAMES[1:]
            )
            slow.append(time.process_time() - began)

    spent: list[float] = []
    slow: list[float] = []
    for _ in range(3):
        ours()
        theirs()
    case = "upsert 100k bars, half there"
    yield Row("candle_store", case, min(spent), "s CPU", "bulk_create, scaled", min(slow) * WRITE_SHARE)


def _importing(bars: Bars) -> Row:
    """Import a Parquet file of candles by `import_candles`, gaps and checks included."""
    count = 200_000
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"ETHUSDT_{INTERVAL}_bench.parquet"
        prices = {name: getattr(bars, name)[:count] / 100 for name in ("open", "high", "low", "close")}
        columns = {"ts": bars.ts[:count], **prices, "volume": bars.volume[:count] / 10**8}
        pq.write_table(pa.table(columns), path)
        began = time.perf_counter()
        report = import_candles(actor=ACTOR, path=path)
        spent = time.perf_counter() - began
    assert report.stored.added == count
    return Row("candle_store", "history import", count / spent, "bars/s", "promise", 200_000)


def side_by_side(*works: Callable[[], object], rounds: int) -> list[float]:
    """Return the least CPU seconds of each work, done in turns, so that all see the same neighbours."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, kept in zip(works, found, strict=True):
            gc.collect()
            began = time.process_time()
            work()
            kept.append(time.process_time() - began)
    return [min(kept) for kept in found]


def bench_table() -> Any:
    """Return a model of candles as rows, with its table."""

    class RowCandle(models.Model):
        ts = models.BigIntegerField(primary_key=True)
        open = models.BigIntegerField()
        high = models.BigIntegerField()
        low = models.BigIntegerField()
        close = models.BigIntegerField()
        volume = models.BigIntegerField()

        class Meta:
            app_label = "core"
            db_table = "bench_row_candle"
            managed = False

    columns = ", ".join(f"{name} bigint" for name in NAMES)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_row_candle ({columns}, PRIMARY KEY (ts))")
    return RowCandle


def rows_of(table: Any, bars: Bars) -> list[Any]:
    """Return candles as objects of the ORM."""
    return [table(**dict(zip(NAMES, row, strict=True))) for row in bars.rows()]


def shifted(bars: Bars) -> Bars:
    """Return the candles with other volumes, as a venue's correction."""
    return Bars(bars.ts, bars.open, bars.high, bars.low, bars.close, bars.volume + 1)


def orm_rows(table: Any) -> np.ndarray[Any, Any]:
    """Read rows by the ORM into one array."""
    return np.array(list(table.objects.order_by("ts").values_list(*NAMES)), dtype=np.int64)


def arrow_rows() -> dict[str, np.ndarray[Any, Any]]:
    """Read rows into Arrow as the usual drivers do: binary rows of COPY, then Arrow columns, then NumPy."""
    collected = io.BytesIO()
    with psycopg.Cursor(connection.connection) as raw:
        select = f"SELECT {', '.join(NAMES)} FROM bench_row_candle ORDER BY ts"
        with raw.copy(f"COPY ({select}) TO STDOUT (FORMAT BINARY)") as copy:
            for block in copy:
                collected.write(block)
    whole = collected.getvalue()
    head = 19 + struct.unpack("!i", whole[15:19])[0]
    layout = np.dtype([("fields", ">i2"), *(pair for name in NAMES for pair in ((f"_{name}", ">i4"), (name, ">i8")))])
    table = np.frombuffer(whole, layout, count=(len(whole) - head - 2) // layout.itemsize, offset=head)
    arrays = [pa.array(table[name].astype(np.int64)) for name in NAMES]
    batch = pa.RecordBatch.from_arrays(arrays, names=list(NAMES))
    return {name: batch.column(name).to_numpy() for name in NAMES}
