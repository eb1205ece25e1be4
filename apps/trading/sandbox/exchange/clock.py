"""The exchange's one wall clock, injected where time is needed."""

import time


class WallClock:
    """Wall time in Unix milliseconds. The process is outside Django, so this is its only clock call."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000
