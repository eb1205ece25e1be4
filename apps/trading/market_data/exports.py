"""Stored candles as files: CSV that can be imported again, and an Arrow stream; made piece by piece, exact."""

import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apps.core.context import PUBLIC, in_tenant_thread
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data import packing
from apps.trading.market_data.errors import BadRange, ExportTooLarge
from apps.trading.market_data.queries.adjusted import load_adjusted_bars
from apps.trading.market_data.queries.candles import get_series, latest_bars, load_bars
from kernel.instruments import INTERVALS, VOLUME_SCALE, Bars, InstrumentSpec

MOST_CANDLES: Final = 1_000_000
"""Of one file, counted by the length of its range."""
PIECE: Final = 50_000
"""Candles that are in memory at a time."""
PRECISION: Final = 38
TYPES: Final = {"csv": "text/csv; charset=utf-8", "arrow": "application/vnd.apache.arrow.stream"}


@dataclass(frozen=True, slots=True)
class CandleExport:
    """A file to make: candles that open in [start_ms, end_ms), as `form` "csv" or "arrow"."""

    spec: InstrumentSpec
    interval: str
    start_ms: int
    end_ms: int
    form: str
    venue: str | None
    adjusted: bool

    @property
    def name(self) -> str:
        """The file's name; `import_candles` reads symbol and interval from it."""
        ending = "csv" if self.form == "csv" else "arrows"
        return f"{self.spec.symbol}_{self.interval}_{self.start_ms}.{ending}"

    def pieces(self) -> Iterator[Bars]:
        """Yield the candles, oldest first, never more than PIECE at a time."""
        step = INTERVALS[self.interval] * PIECE
        read = load_adjusted_bars if self.adjusted else load_bars
        for start in range(self.start_ms, self.end_ms, step):
            bars = read(self.spec.symbol, self.interval, start, min(start + step, self.end_ms), venue=self.venue)
            if len(bars):
                yield bars


def plan_export(
    *,
    symbol: str,
    interval: str,
    form: str,
    start: int | None = None,
    end: int | None = None,
    venue: str | None = None,
    adjusted: bool = False,
) -> CandleExport:
    """Return what a file will hold: open times from `start` to `end`, both included; None: what is stored.

    Raises UnknownSymbol, UnknownInterval, BadRange, and ExportTooLarge for more than MOST_CANDLES intervals.
    """
    spec = get_spec(symbol)
    step = INTERVALS[interval]
    newest = latest_bars(symbol, interval, 1, venue=venue)
    if not len(newest):
        return CandleExport(spec, interval, 0, 0, form, venue, adjusted)
    first = _first(symbol, interval, venue) if start is None else -(-start // step) * step
    last = int(newest.ts[-1]) if end is None else min(end // step * step, int(newest.ts[-1]))
    if start is not None and end is not None and start > end:
        raise BadRange(field="start")
    if (last - first) // step + 1 > MOST_CANDLES:
        raise ExportTooLarge(field="start", limit=f"{MOST_CANDLES:,}")
    return CandleExport(spec, interval, first, last + step, form, venue, adjusted)


def _first(symbol: str, interval: str, venue: str | None) -> int:
    """Return the first open time of a symbol's series that `interval` is read from, on its own grid."""
    step = INTERVALS[interval]
    stored = (get_series(symbol, name, venue) for name, length in INTERVALS.items() if step % length == 0)
    return min(series.first_ts for series in stored if series is not None) // step * step


async def stream(wanted: CandleExport) -> AsyncIterator[bytes]:
    """Yield the file piece by piece; each is read and written in a thread, in public."""
    made = encode(wanted)
    while (chunk := await in_tenant_thread(PUBLIC, lambda: next(made, None))()) is not None:
        yield chunk


def encode(wanted: CandleExport) -> Iterator[bytes]:
    """Yield the file's bytes: a header also when there are no candles."""
    import pyarrow as pa
    import pyarrow.csv as pc

    schema = _schema(wanted.spec, wanted.form)
    sink = io.BytesIO()
    options = pc.WriteOptions(include_header=False, quoting_style="none")
    writer: Any = (
        pc.CSVWriter(sink, schema, write_options=options) if wanted.form == "csv" else pa.ipc.new_stream(sink, schema)
    )
    if wanted.form == "csv":
        yield (",".join(packing.COLUMNS) + "\n").encode()
    with writer:
        for bars in wanted.pieces():
            writer.write_batch(_batch(bars, wanted.spec, schema))
            yield _taken(sink)
    yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    """Return what was written, and empty the sink; its position goes on, as the writer counts on it."""
    written = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return written


def _schema(spec: InstrumentSpec, form: str) -> Any:
    """Return the columns: open time (a moment in Arrow, Unix ms in CSV), and exact decimals."""
    import pyarrow as pa

    price, volume = (pa.decimal128(PRECISION, _places(step)) for step in (spec.tick, Decimal(1) / VOLUME_SCALE))
    ts = pa.int64() if form == "csv" else pa.timestamp("ms", tz="UTC")
    return pa.schema([("ts", ts), *((name, price) for name in packing.COLUMNS[1:5]), ("volume", volume)])


def _batch(bars: Bars, spec: InstrumentSpec, schema: Any) -> Any:
    import pyarrow as pa

    places = _places(spec.tick)
    unit = int(spec.tick.scaleb(places))
    columns = [pa.array(bars.ts).cast(schema.field("ts").type)]
    columns += [_decimals(getattr(bars, name) * unit, places) for name in packing.COLUMNS[1:5]]
    columns.append(_decimals(bars.volume, _places(Decimal(1) / VOLUME_SCALE)))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _decimals(units: NDArray[np.int64], places: int) -> Any:
    """Return whole units of 10^-places as decimals: 128-bit integers, whose upper half is the sign."""
    import pyarrow as pa

    halves = np.empty((len(units), 2), "<i8")
    halves[:, 0], halves[:, 1] = units, units >> 63
    buffers = [None, pa.py_buffer(halves.tobytes())]
    return pa.Array.from_buffers(pa.decimal128(PRECISION, places), len(units), buffers)


def _places(step: Decimal) -> int:
    """Return how many decimals a step has."""
    return max(0, -int(step.normalize().as_tuple().exponent))
