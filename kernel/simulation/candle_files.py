"""Candles from a file: Parquet, CSV or NumPy's npz. Prices become whole ticks, exactly or not at all."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import VOLUME_SCALE, Bars, InvalidBarsError

PRICES: Final = ("open", "high", "low", "close")
TIMES: Final = ("ts", "time", "timestamp", "open_time", "date")
KINDS: Final = (".parquet", ".csv", ".npz")
FINEST: Final = 8
"""Decimals a price may have."""
NPZ_TICK: Final = Decimal("0.01")
"""Integer prices of an npz file count hundredths of quote, and its volumes 10^-8 base."""
_UNREADABLE: Final = (OSError, ValueError, KeyError, EOFError, UnicodeDecodeError)


class CandleFileError(ValueError):
    """The file does not hold candles; the text says why."""


@dataclass(frozen=True, slots=True, eq=False)
class CandleFile:
    """The candles of a file on a grid of `tick` quote."""

    bars: Bars
    tick: Decimal


def read_candles(path: Path, tick: Decimal | None = None) -> CandleFile:
    """Return the candles of a .parquet, .csv or .npz file.

    Columns by name, upper or lower case: a time (ts, time, timestamp, open_time or date; an instant, or a number of
    seconds or milliseconds since 1970), open, high, low, close, and volume (in base; 0 without it). Without `tick` it
    is the coarsest power of ten from 1 to 10^-8 all prices are multiples of. Raises CandleFileError.
    """
    if path.suffix not in KINDS:
        raise CandleFileError(f"{path.name}: candles are read from .parquet, .csv and .npz files")
    if not path.is_file():
        raise CandleFileError(f"{path} cannot be read: there is no such file")
    try:
        columns = _columns(path)
    except _UNREADABLE as error:
        raise CandleFileError(
            f"{path.name} cannot be read: {str(error).splitlines()[0] if str(error) else error!r}"
        ) from None
    time = next((name for name in TIMES if name in columns), None)
    absent = [name for name in PRICES if name not in columns]
    if time is None or absent:
        names = ", ".join(([] if time else ["ts"]) + absent)
        raise CandleFileError(f"{path.name} has no column {names}; it has {', '.join(columns) or 'none'}")
    if not len(columns[time]):
        raise CandleFileError(f"{path.name} holds no candles")
    whole = path.suffix == ".npz" and all(columns[name].dtype.kind in "iu" for name in PRICES)
    step = NPZ_TICK if whole else tick or _tick_of([_floats(columns[name], name) for name in PRICES])
    ts = _times(columns.pop(time))
    volume = _volume(columns.pop("volume", None), whole, len(ts))
    # Each column leaves memory when its whole numbers are made.
    opens, highs, lows, closes = (
        columns.pop(name) if whole else _ticks(columns.pop(name), step, name) for name in PRICES
    )
    try:
        return CandleFile(Bars(ts, opens, highs, lows, closes, volume), step)
    except InvalidBarsError as error:
        raise CandleFileError(f"{path.name}: {error}") from None


def _columns(path: Path) -> dict[str, NDArray[Any]]:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as data:
            return {name.lower(): data[name] for name in data.files}
    if path.suffix == ".parquet":
        import pyarrow.parquet

        # The system's allocator gives memory back; one thread is enough for six columns.
        pyarrow.set_memory_pool(pyarrow.system_memory_pool())
        table = pyarrow.parquet.ParquetFile(path).read(use_threads=False)
    else:
        import pyarrow.csv

        table = pyarrow.csv.read_csv(path)
    return {name.lower(): table.column(name).to_numpy() for name in table.column_names}


def _times(values: NDArray[Any]) -> NDArray[np.int64]:
    if values.dtype.kind == "M":
        return values.astype("datetime64[ms]").astype(np.int64)
    numbers = _floats(values, "the time")
    if bool(np.any(numbers != np.rint(numbers))):
        raise CandleFileError("a time is not a whole number")
    found = numbers.astype(np.int64)
    # 10^11 seconds are the year 5138, 10^11 milliseconds are 1973.
    return found * 1000 if int(np.abs(found).max()) < 10**11 else found


def _floats(values: NDArray[Any], name: str) -> NDArray[np.float64]:
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError):
        raise CandleFileError(f"{name} is not made of numbers") from None
    if not bool(np.all(np.isfinite(numbers))):
        raise CandleFileError(f"{name} has values that are missing or not finite")
    return numbers


def _tick_of(columns: list[NDArray[np.float64]]) -> Decimal:
    for decimals in range(FINEST + 1):
        if all(bool(np.all(np.round(column, decimals) == column)) for column in columns):
            return Decimal(1).scaleb(-decimals)
    raise CandleFileError(f"prices have more than {FINEST} decimals: name the price step with --tick")


def _ticks(values: NDArray[Any], tick: Decimal, name: str) -> NDArray[np.int64]:
    counts = _floats(values, name) / float(tick)
    found = np.rint(counts)
    if bool(np.any(np.abs(counts - found) > 1e-6 + 1e-12 * np.abs(counts))):
        raise CandleFileError(f"{name} has a price that is not a multiple of {tick}")
    if float(np.abs(found).max()) >= 2**52:
        raise CandleFileError(f"{name} has a price above 2^52 steps of {tick}")
    return found.astype(np.int64)


def _volume(values: NDArray[Any] | None, whole: bool, count: int) -> NDArray[np.int64]:
    if values is None:
        return np.zeros(count, np.int64)
    if whole and values.dtype.kind in "iu":
        return values.astype(np.int64)
    units = np.rint(_floats(values, "volume") * VOLUME_SCALE)
    if float(np.abs(units).max()) >= 2**62:
        raise CandleFileError("volume has a value beyond the exact range")
    return units.astype(np.int64)
