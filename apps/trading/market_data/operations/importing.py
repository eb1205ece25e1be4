"""Reading files of candles into the store, and saying what is missing in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apps.core.actors import Actor
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.errors import FileUnusable
from apps.trading.market_data.models import CandleSeries
from apps.trading.market_data.operations.quality import raw
from apps.trading.market_data.operations.store import StoreReport, store_candles
from apps.trading.market_data.queries.gaps import Gap, calendar_of, gaps_of
from apps.trading.market_data.recordings.exact import read_candles
from kernel.instruments import INTERVALS
from kernel.quality import CALENDARS, check_candles

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
    alarms: dict[str, int]
    """What the checks say of the file, by rule; imported as it is, because somebody chose to."""
    calendar: str
    outside: int
    """Candles that open while the market is closed."""

    @property
    def missing(self) -> int:
        """How many candles the gaps leave out."""
        return sum(gap.missing for gap in self.gaps)


def import_candles(
    *,
    actor: Actor,
    path: Path,
    symbol: str = "",
    interval: str = "",
    end_ms: int | None = None,
    calendar: str = "",
    venue: str = HOME_VENUE,
    side: str = "bid",
) -> ImportReport:
    """Store the candles of a file that have closed by `end_ms` (None: all); safe to repeat.

    `.npz`: int64 arrays ts, open, high, low, close (hundredths of quote), volume (10^-8 base). `.csv`, `.csv.gz` and
    `.parquet`: see recordings.exact. Symbol and interval come from the file's name (BTCUSDT_5m_….npz) unless given.
    `calendar`: trading hours (kernel.quality.CALENDARS), by which gaps are judged from now on; unless given, those of
    the series. Raises BadFile with line and column, FileUnusable and UnknownSymbol; then nothing is stored.
    """
    named = NAME.match(path.name)
    symbol = symbol or (named["symbol"] if named else "")
    interval = interval or (named["interval"] if named else "")
    if interval not in INTERVALS:
        raise FileUnusable(path=path.name, reason="its interval is not known; give --interval")
    if calendar and calendar not in CALENDARS:
        raise FileUnusable(path=path.name, reason=f"there are no hours {calendar}; choose of {', '.join(CALENDARS)}")
    spec = get_spec(symbol)
    step = INTERVALS[interval]
    bars = read_candles(path, spec, symbol=spec.symbol, side=side)
    if end_ms is not None:
        bars = bars[: int(np.searchsorted(bars.ts, end_ms - step, side="right"))]
    stored = store_candles(
        actor=actor, symbol=spec.symbol, interval=interval, bars=bars, reason=f"import {path.name}"[:200], venue=venue
    )
    series = CandleSeries.objects.filter(venue=venue, symbol=spec.symbol, interval=interval)
    if calendar:
        series.update(calendar=calendar)
    hours = calendar_of(series.values_list("calendar", flat=True).first() or "24x7")
    found = check_candles(raw(bars), step, calendar=hours)
    return ImportReport(
        path=path.name,
        symbol=spec.symbol,
        interval=interval,
        rows=len(bars),
        first_ts=int(bars.ts[0]) if len(bars) else None,
        last_ts=int(bars.ts[-1]) if len(bars) else None,
        stored=stored,
        gaps=gaps_of(bars, step, hours),
        alarms=found.counts(),
        calendar=hours.name,
        outside=sum(hours.count_opens(ts, ts + step, step) == 0 for ts in bars.ts.tolist()) if calendar else 0,
    )
