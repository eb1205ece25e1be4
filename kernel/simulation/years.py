"""How many bars a market has in a year."""

from datetime import UTC, datetime
from functools import cache
from typing import Final

from kernel.instruments.hours import ALWAYS, TradingHours

DAY_MS: Final = 86_400_000
YEAR_MS: Final = 365 * DAY_MS
_FIRST, _LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) for year in (2021, 2025))
"""Four years, one of them a leap year: what a market's own year is counted over."""


@cache
def bars_a_year(interval_ms: int, hours: TradingHours = ALWAYS) -> float:
    """Return the bars of `interval_ms` in a year of 365 days of a market that trades at `hours`.

    A market that never closes has 365 days. Others are counted over 2021 to 2024: days with a session for bars of a day
    or longer, open time ÷ interval for shorter ones.
    """
    if hours.code == ALWAYS.code:
        return YEAR_MS / interval_ms
    sessions = list(hours.sessions(_FIRST, _LAST))
    if interval_ms < DAY_MS:
        counted = sum(closes - opens for opens, closes in sessions) / interval_ms
    else:
        counted = len({opens // DAY_MS for opens, _ in sessions}) / (interval_ms / DAY_MS)
    return counted * YEAR_MS / (_LAST - _FIRST)
