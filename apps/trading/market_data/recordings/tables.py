"""Files as columns: Parquet, CSV (also gzipped), npz; and lines of JSON."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apps.trading.market_data.errors import FileUnusable

SUFFIXES: Final = (".parquet", ".csv", ".csv.gz", ".npz")
LINES: Final = (".jsonl", ".jsonl.gz", ".ndjson")
SCALES: Final = ((10**17, -1_000_000), (10**14, -1_000), (10**11, 1), (0, 1_000))
"""From which size on a whole number is ns, us, ms or s; negative: divided."""
Columns = dict[str, NDArray[Any]]


def suffix_of(path: Path) -> str:
    """Return the ending that says how a file is read, or an empty text."""
    return next((suffix for suffix in (*SUFFIXES, *LINES) if path.name.endswith(suffix)), "")


def read_columns(path: Path) -> Columns:
    """Return the columns of a file by lower-case name. Raises FileUnusable."""
    import pyarrow as pa  # imported on use, as all large libraries
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    try:
        if path.name.endswith(".npz"):
            with np.load(path, allow_pickle=False) as arrays:
                return {name.lower(): arrays[name] for name in arrays.files}
        table = pq.read_table(path) if path.name.endswith(".parquet") else pc.read_csv(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise FileUnusable(path=path.name, reason=str(error).splitlines()[0][:200]) from error
    return {name.lower(): _array(table.column(name)) for name in table.column_names}


def _array(column: Any) -> NDArray[Any]:
    """Return an Arrow column as an array: moments as Unix ms, dictionaries as their values, missing as NaN or None."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("ms"))
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ms", tz=column.type.tz), safe=False).cast(pa.int64())
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return np.asarray(column.to_numpy())


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Return the objects of a file of JSON lines. Raises FileUnusable."""
    with gzip.open(path, "rt", encoding="utf-8") if path.name.endswith(".gz") else path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                found = json.loads(line)
            except ValueError as error:
                raise FileUnusable(path=path.name, reason=f"line {number} is no JSON") from error
            if isinstance(found, dict):
                yield found


def moments(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return moments as Unix ms: whole numbers by their size, texts as ISO dates or YYYYMMDD. Raises ValueError."""
    if values.dtype.kind in "iuf":
        whole = values.astype(np.int64)
        largest = int(np.abs(whole).max()) if len(whole) else 0
        if 19_000_000 < largest < 22_000_000:
            return _of_texts(whole.astype(str))
        factor = next(factor for least, factor in SCALES if largest >= least)
        return whole // -factor if factor < 0 else whole * factor
    return _of_texts(values.astype(str))


def _of_texts(texts: NDArray[Any]) -> NDArray[np.int64]:
    plain = np.array([_iso(text) for text in texts.tolist()], "datetime64[ms]")
    return plain.astype(np.int64)


def _iso(text: str) -> str:
    """Return a date or moment as numpy reads it: without a zone (all are UTC), YYYYMMDD with strokes."""
    text = text.strip().removesuffix("Z").removesuffix("+00:00").replace(" ", "T", 1)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text
