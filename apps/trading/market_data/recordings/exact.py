"""Candles of a file on an instrument's grid, exact; what cannot be taken is named by line and column."""

import csv
import gzip
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apps.trading.market_data import packing
from apps.trading.market_data.errors import BadFile, FileUnusable
from apps.trading.market_data.recordings.kinds import PRICES, SIDED, TIMES
from apps.trading.market_data.recordings.tables import Columns, moments, read_columns, suffix_of
from kernel.instruments import VOLUME_SCALE, Bars, InstrumentSpec, InvalidBarsError, OffGridError
from kernel.money import InvalidAmountError, parse_decimal

NPZ_PRICE_UNIT: Final = Fraction(1, 100)
"""Prices of npz files are whole hundredths of the quote (see instruments/bundled/PROVENANCE.md)."""
CLOSE: Final = 1e-9
"""A binary fraction within this share of a unit of the grid is that unit's text read and written by somebody."""
FIRST_LINE: Final = 2
MAX_UNITS: Final = 2**52


def read_candles(path: Path, spec: InstrumentSpec, *, symbol: str = "", side: str = "bid") -> Bars:
    """Return the candles of a .csv, .csv.gz, .parquet or .npz file in ticks and 10^-8 base.

    A column of time (ts in Unix ms or s, or date and moment in UTC), open, high, low, close (or those of `side`, as in
    bid_open or open_bid), and volume, which may be missing. Of a file with a column `symbol` the rows of `symbol`. The
    line of a Parquet file is its row, from 1. Raises BadFile and FileUnusable.
    """
    suffix = suffix_of(path)
    if suffix == ".npz":
        return _read_npz(path, spec)
    if suffix not in (".csv", ".csv.gz", ".parquet"):
        raise FileUnusable(path=path.name, reason="only .csv, .csv.gz, .parquet and .npz are read")
    if suffix == ".parquet":
        return _from_columns(path, spec, symbol, side)
    try:
        return _from_columns(path, spec, symbol, side)
    except (FileUnusable, _InexactError):
        # Line by line: slower, exact to the last digit, and it says where the fault is.
        return _read_lines(path, spec, symbol, side)


class _InexactError(Exception):
    """Binary fractions do not tell: the texts must be read."""


def _from_columns(path: Path, spec: InstrumentSpec, symbol: str, side: str) -> Bars:
    columns = read_columns(path)
    names = _names(columns, path, side)
    lines = np.arange(len(columns[names["ts"]])) + (1 if path.name.endswith(".parquet") else FIRST_LINE)
    if "symbol" in columns and symbol:
        mine = columns["symbol"].astype(str) == symbol
        columns, lines = {name: column[mine] for name, column in columns.items()}, lines[mine]
    return _checked(_units(columns, names, lines, spec, path), lines, path)


def _names(columns: "Columns | dict[str, Any]", path: Path, side: str) -> dict[str, str]:
    """Return which column of the file is which of ours."""
    found = {"ts": next((name for name in TIMES if name in columns), "")}
    for price in PRICES:
        wanted = (price, *(form.format(side=side, price=price) for form in SIDED))
        found[price] = next((name for name in wanted if name in columns), "")
    found["volume"] = "volume" if "volume" in columns else ""
    missing = [name for name in ("ts", *PRICES) if not found[name]]
    if missing:
        header = ",".join(packing.COLUMNS)
        raise FileUnusable(path=path.name, reason=f"the header must be {header}; {', '.join(missing)} is not there")
    return found


def _units(
    columns: Columns, names: dict[str, str], lines: NDArray[np.int64], spec: InstrumentSpec, path: Path
) -> dict[str, NDArray[np.int64]]:
    """Return the columns in our units. Raises BadFile for a Parquet value off the grid, else _InexactError."""
    try:
        found = {"ts": moments(columns[names["ts"]])}
    except ValueError as error:
        raise _InexactError from error
    for name in (*PRICES, "volume"):
        if not names[name]:
            found[name] = np.zeros(len(lines), np.int64)
            continue
        values = columns[names[name]]
        if values.dtype.kind not in "iuf":
            raise _InexactError
        unit = Fraction(spec.tick) if name in PRICES else Fraction(1, VOLUME_SCALE)
        scaled = values.astype(np.float64) * (unit.denominator / unit.numerator)
        with np.errstate(invalid="ignore"):
            whole = np.rint(scaled)
            wrong = ~np.isfinite(scaled) | (np.abs(scaled - whole) > CLOSE * np.maximum(np.abs(whole), 1e3))
        if bool(wrong.any()):
            if not path.name.endswith(".parquet"):
                raise _InexactError
            place = int(np.flatnonzero(wrong)[0])
            reason = _why(name, str(values[place]), spec)
            raise BadFile(path=path.name, line=int(lines[place]), column=names[name], reason=reason)
        found[name] = whole.astype(np.int64)
    return found


def _why(name: str, text: str, spec: InstrumentSpec) -> str:
    if text.lower() in ("nan", "inf", "-inf", "none"):
        return f"{text} is not a number"
    return f"{text} is not a multiple of {spec.tick}" if name in PRICES else f"{text} is finer than 10^-8"


def _checked(found: dict[str, NDArray[np.int64]], lines: NDArray[np.int64], path: Path) -> Bars:
    """Return the candles, or raise BadFile at the first line that cannot be one."""
    body_high, body_low = np.maximum(found["open"], found["close"]), np.minimum(found["open"], found["close"])
    before = np.concatenate((found["ts"][:1] - 1, found["ts"][:-1]))
    rules = (
        ("ts", found["ts"] <= before, "it does not open after the line before it"),
        ("low", found["low"] < 1, "a price is not above zero"),
        ("high", found["high"] < body_high, "the high is below the open or the close"),
        ("low", found["low"] > body_low, "the low is above the open or the close"),
        ("volume", found["volume"] < 0, "the volume is negative"),
        ("high", found["high"] >= MAX_UNITS, "the price is too large"),
    )
    faults = [(int(np.flatnonzero(wrong)[0]), name, reason) for name, wrong, reason in rules if bool(wrong.any())]
    if faults:
        place, name, reason = min(faults)
        raise BadFile(path=path.name, line=int(lines[place]), column=name, reason=reason)
    return Bars(**found)


def _read_lines(path: Path, spec: InstrumentSpec, symbol: str, side: str) -> Bars:
    """Return the candles of a CSV by its texts. Raises BadFile."""
    table: list[tuple[int, ...]] = []
    lines: list[int] = []
    try:
        for number, line in enumerate(_texts(path), start=1):
            if number == 1:
                header = {name.strip().lower(): place for place, name in enumerate(line)}
                names = _names(dict.fromkeys(header), path, side)
                continue
            if len(line) != len(header):
                short = next((name for name, place in header.items() if place >= len(line)), "the last")
                reason = f"the line has {len(line)} fields and the header {len(header)}"
                raise BadFile(path=path.name, line=number, column=short, reason=reason)
            row = {name: line[place] for name, place in header.items()}
            if symbol and row.get("symbol", symbol) != symbol:
                continue
            table.append(tuple(_value(row, name, names[name], number, spec, path) for name in packing.COLUMNS))
            lines.append(number)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileUnusable(path=path.name, reason=str(error)[:200]) from error
    columns = np.array(table, np.int64).reshape(-1, len(packing.COLUMNS)).T
    found = dict(zip(packing.COLUMNS, columns, strict=True))
    return _checked(found, np.array(lines, np.int64), path)


def _texts(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.name.endswith(".gz") else path.open(encoding="utf-8") as file:
        yield from csv.reader(file)


def _value(row: dict[str, str], name: str, column: str, line: int, spec: InstrumentSpec, path: Path) -> int:
    if not column:
        return 0
    text = row[column].strip()
    try:
        if name == "ts":
            return int(moments(np.array([int(text)] if text.lstrip("-").isdigit() else [text]))[0])
        if name in PRICES:
            return spec.ticks(parse_decimal(text))
        units = parse_decimal(text) * VOLUME_SCALE
        if units != int(units):
            raise ValueError("the volume is finer than 10^-8")
        return int(units)
    except (InvalidAmountError, OffGridError, ValueError, OverflowError) as error:
        raise BadFile(path=path.name, line=line, column=column, reason=str(error)[:200]) from error


def _read_npz(path: Path, spec: InstrumentSpec) -> Bars:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            columns: dict[str, Any] = {name: arrays[name] for name in packing.COLUMNS}
        ratio = NPZ_PRICE_UNIT / Fraction(spec.tick)
        for name in PRICES:
            scaled = columns[name] * ratio.numerator
            if bool(np.any(scaled % ratio.denominator)):
                raise OffGridError(f"{name} is not a multiple of the tick {spec.tick}")
            columns[name] = scaled // ratio.denominator
        return Bars(**columns)
    except (OSError, KeyError, ValueError, InvalidBarsError, OffGridError) as error:
        raise FileUnusable(path=path.name, reason=str(error)[:200]) from error
