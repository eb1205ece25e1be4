"""Columns of whole numbers as few bytes, always the same bytes for the same numbers.

A column is stored as its first value, the greatest common divisor of its steps, and the steps divided by it; the bytes
of the steps are sorted by significance before they are compressed, because the high ones are mostly alike.
"""

import json
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_LEVEL = 1
"""Sorted bytes gain 8 % from level 6 and cost three times the time (a million candles: 0.69 s against 0.22 s)."""
_LITTLE = np.dtype("<i8")
Columns = Mapping[str, NDArray[np.int64]]


def pack(columns: Columns) -> bytes:
    """Return int64 columns of one length (values below 2^62 in size) as bytes."""
    head, bodies = [], []
    for name, values in columns.items():
        steps = np.diff(values)
        divisor = int(np.gcd.reduce(steps)) or 1 if len(steps) else 1
        body = zlib.compress((steps // divisor).astype(_LITTLE).view(np.uint8).reshape(-1, 8).T.tobytes(), _LEVEL)
        first = int(values[0]) if len(values) else 0
        head.append({"name": name, "count": len(values), "first": first, "divisor": divisor, "size": len(body)})
        bodies.append(body)
    text = json.dumps(head, separators=(",", ":")).encode()
    return len(text).to_bytes(4, "little") + text + b"".join(bodies)


def unpack(data: bytes) -> dict[str, NDArray[np.int64]]:
    """Return the columns of packed bytes."""
    size = int.from_bytes(data[:4], "little")
    place = 4 + size
    columns = {}
    for item in json.loads(data[4:place]):
        raw = np.frombuffer(zlib.decompress(data[place : place + item["size"]]), np.uint8)
        place += item["size"]
        columns[item["name"]] = _restored(raw, item)
    return columns


def _restored(raw: NDArray[np.uint8], item: dict[str, int]) -> NDArray[np.int64]:
    values = np.empty(item["count"], np.int64)
    if item["count"]:
        steps = np.ascontiguousarray(raw.reshape(8, -1).T).view(_LITTLE).reshape(-1)
        values[0] = item["first"]
        values[1:] = steps * item["divisor"]
        np.cumsum(values, out=values)
    return values
