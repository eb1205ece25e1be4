"""Reading files of candles into the store, and saying what is missing in them."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from apps.core.actors import Actor
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data import packing
from apps.trading.market_data.errors import FileUnusable
from apps.trading.market_data.operations.store import StoreReport, store_candles
from apps.trading.market_data.queries import Gap, gaps_of
from kernel.instruments import INTERVALS, VOLUME_SCALE, Bars, InstrumentSpec, InvalidBarsError, OffGridError
from kernel.money import InvalidAmountError, parse_decimal

NPZ_PRICE_UNIT = Fraction(1, 100)
"""Prices of npz files are whole hundredths of the quote (see instruments/bundled/PROVENANCE.md)."""
CSV_HEADER = list(packing.COLUMNS)
NAME = re.compile(r"(?P<symbol>[A-Z0-9]+)_(?P<interval>[0-9]+[mhd])_")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file held, what was stored of it, and where candles are missing. Times are open times in Unix ms."""

    path: str
    symbol: str
    interval: str
    rows: int
    first_ts: int | None
    last_ts: int | None
    stored: StoreReport
    gaps: Sequence[Gap]

    @property
    def missing(self) -> int:
        """How many candles the gaps leave out."""
        return sum(gap.missing for gap in self.gaps)


def import_candles(
    *, actor: Actor, path: Path, symbol: str = "", interval: str = "", end_ms: int | None = None
) -> ImportReport:
    """Store the candles of a file that have closed by `end_ms` (None: all); safe to repeat.

    `.npz`: int64 arrays ts, open, high, low, close (hundredths of quote), volume (10^-8 base). `.csv`: a header
    ts,open,high,low,close,volume, then open time in Unix ms and decimals. Symbol and interval come from the file's name
    (BTCUSDT_5m_….npz) unless given. Raises FileUnusable and UnknownSymbol; then nothing is stored.
    """
    named = NAME.match(path.name)
    symbol = symbol or (named["symbol"] if named else "")
    interval = interval or (named["interval"] if named else "")
    if interval not in INTERVALS:
        raise FileUnusable(path=path.name, reason="its interval is not known; give --interval")
    spec = get_spec(symbol)
    bars = _read(path, spec)
    if end_ms is not None:
        bars = bars[: int(np.searchsorted(bars.ts, end_ms - INTERVALS[interval], side="right"))]
    stored = store_candles(
        actor=actor, symbol=spec.symbol, interval=interval, bars=bars, reason=f"import {path.name}"[:200]
    )
    return ImportReport(
        path=path.name,
        symbol=spec.symbol,
        interval=interval,
        rows=len(bars),
        first_ts=int(bars.ts[0]) if len(bars) else None,
        last_ts=int(bars.ts[-1]) if len(bars) else None,
        stored=stored,
        gaps=gaps_of(bars, INTERVALS[interval]),
    )


def _read(path: Path, spec: InstrumentSpec) -> Bars:
    reader = {".npz": _read_npz, ".csv": _read_csv}.get(path.suffix)
    if reader is None:
        raise FileUnusable(path=path.name, reason="only .npz and .csv are read")
    try:
        return reader(path, spec)
    except (OSError, KeyError, ValueError, InvalidBarsError, InvalidAmountError, OffGridError) as error:
        raise FileUnusable(path=path.name, reason=str(error)[:200]) from error


def _read_npz(path: Path, spec: InstrumentSpec) -> Bars:
    with np.load(path, allow_pickle=False) as arrays:
        columns: dict[str, Any] = {name: arrays[name] for name in packing.COLUMNS}
    ratio = NPZ_PRICE_UNIT / Fraction(spec.tick)
    for name in ("open", "high", "low", "close"):
        scaled = columns[name] * ratio.numerator
        if bool(np.any(scaled % ratio.denominator)):
            raise OffGridError(f"{name} is not a multiple of the tick {spec.tick}")
        columns[name] = scaled // ratio.denominator
    return Bars(**columns)


def _read_csv(path: Path, spec: InstrumentSpec) -> Bars:
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        if next(lines, None) != CSV_HEADER:
            raise ValueError(f"the header must be {','.join(CSV_HEADER)}")
        return packing.from_rows([_csv_row(line, number, spec) for number, line in enumerate(lines, start=2)])


def _csv_row(line: list[str], number: int, spec: InstrumentSpec) -> tuple[int, ...]:
    if len(line) != len(CSV_HEADER):
        raise ValueError(f"line {number} has {len(line)} fields")
    ts, *prices, volume = line
    units = parse_decimal(volume) * VOLUME_SCALE
    if units != int(units):
        raise ValueError(f"line {number}: the volume is finer than 10^-8")
    return (int(ts), *(spec.ticks(parse_decimal(price)) for price in prices), int(units))
