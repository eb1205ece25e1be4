"""Time-ordered keys. Migrations refer to this path: keep it stable."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """Return a UUIDv7 (RFC 9562, §5.7), strictly increasing inside one process.

    The 12 bits after the version hold the fraction of the millisecond, raised by one when two ids fall together
    (RFC 9562, §6.2, method 3). Order is exact only inside one process: never use it as the order of a ledger.
    """
    global _last  # noqa: PLW0603 - the monotonic counter is the one thing this module keeps
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    ticks = milliseconds << 12 | (nanoseconds << 12) // 1_000_000
    with _lock:
        ticks = _last = max(ticks, _last + 1)
    random_bits = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=(ticks >> 12) << 80 | 7 << 76 | (ticks & 0xFFF) << 64 | 2 << 62 | random_bits)


def parse_uuid(text: str) -> UUID | None:
    """Return the id that a text says, None where it says none."""
    try:
        return UUID(text)
    except ValueError:
        return None
