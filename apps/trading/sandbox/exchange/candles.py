"""Recorded candles and the deterministic path of the price inside a bar.

The recording is read as an endless sequence of *virtual bars*: bar v is recorded bar v modulo the length, shown at
`origin + v x bar_ms`. A bar is walked in QUANTA steps; a *quantum* q = v x QUANTA + j is the exchange's unit of market
time.
"""

import zlib
from bisect import bisect_right
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apps.trading.sandbox.exchange.book_tape import BookTape, BookUnusableError, read_book
from apps.trading.sandbox.exchange.symbols import KNOWN_SYMBOLS, SymbolSpec
from apps.trading.sandbox.exchange.trade_tape import (
    TRADES_BAR_MS,
    Trades,
    TradesUnusableError,
    TradeTape,
    build_bars,
    build_tape,
    read_trades,
)

IntArray = npt.NDArray[np.int64]

QUANTA = 50
_FIRST_EXTREME, _SECOND_EXTREME, _LAST = 16, 33, QUANTA - 1
HISTORY_BARS = 1_440  # bars before the default position: five days of five-minute candles
DAY_MS = 86_400_000
_EPOCH_MONDAY_MS = 4 * DAY_MS  # 1970-01-05 was the first Monday

_FIXED_INTERVALS = {
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "2h": 7_200_000,
    "4h": 14_400_000,
    "6h": 21_600_000,
    "8h": 28_800_000,
    "12h": 43_200_000,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": 7 * DAY_MS,
}
MONTH = "1M"


class CandlesUnusableError(Exception):
    """The folder holds no candles, an unknown symbol, or a series with gaps."""


@dataclass(frozen=True)
class SymbolCandles:
    """One symbol's bars over the common range: prices in ticks, volume in base units, quote volume in 10^-2."""

    open: IntArray
    high: IntArray
    low: IntArray
    close: IntArray
    volume: IntArray
    quote_cents: IntArray

    def bar(self, index: int) -> tuple[int, int, int, int]:
        """Open, high, low and close in ticks of one recorded bar."""
        return int(self.open[index]), int(self.high[index]), int(self.low[index]), int(self.close[index])


@dataclass(frozen=True)
class Recording:
    """All symbols over their common, gap-free range."""

    start_ms: int
    bar_ms: int
    bars: int
    digest: int  # CRC-32 over every array: a state folder is bound to the recording it was made with
    symbols: dict[str, SymbolCandles]
    tapes: dict[str, TradeTape] = field(default_factory=dict)  # of symbols recorded as trades
    books: dict[str, BookTape] = field(default_factory=dict)  # of those, where order books were recorded too
    mirrors: str = ""  # the exchange that is followed; then nothing is recorded

    @property
    def quantum_ms(self) -> int:
        """Market milliseconds of one quantum."""
        return self.bar_ms // QUANTA


def load_recording(folder: Path) -> Recording:
    """Read every `<SYMBOL>_*.npz` of `folder`, or its trades and books; raises CandlesUnusableError."""
    traded = sorted(folder.glob("*_trades.csv*"))
    if traded:
        try:
            return _load_trades(folder, traded)
        except (TradesUnusableError, BookUnusableError) as error:
            raise CandlesUnusableError(str(error)) from error
    raw = _read_files(folder)
    bar_ms = min(int(np.diff(series["ts"][:2])[0]) for series in raw.values())
    for name, series in raw.items():
        if (np.diff(series["ts"]) != bar_ms).any():
            raise CandlesUnusableError(f"{name}: bars are not {bar_ms} ms apart everywhere")
    start = max(int(series["ts"][0]) for series in raw.values())
    end = min(int(series["ts"][-1]) for series in raw.values())
    if end <= start or (bar_ms % QUANTA):
        raise CandlesUnusableError("the symbols share no time, or the bar is not a multiple of the quanta")
    bars = (end - start) // bar_ms + 1
    digest, symbols = 0, {}
    for name, series in raw.items():
        first = (start - int(series["ts"][0])) // bar_ms
        cut = {field: np.ascontiguousarray(values[first : first + bars]) for field, values in series.items()}
        for values in cut.values():
            digest = zlib.crc32(values.tobytes(), digest)
        cents = (cut["volume"] // 100 * cut["close"]) // 10**6
        symbols[name] = SymbolCandles(
            cut["open"], cut["high"], cut["low"], cut["close"], cut["volume"], quote_cents=cents
        )
    return Recording(start, bar_ms, bars, digest, symbols)


def _load_trades(folder: Path, paths: list[Path]) -> Recording:
    """A recording of trades over the symbols' common range, in whole bars."""
    if any(folder.glob("*.npz")):
        raise CandlesUnusableError("a folder holds either candles or trades")
    trades: dict[str, Trades] = {}
    digest = 0
    for path in paths:
        spec = _spec_of(path, trades)
        trades[spec.name] = read_trades(path, spec)
        digest = zlib.crc32(path.read_bytes(), digest)
    start = max(int(each.times[0]) for each in trades.values()) // TRADES_BAR_MS * TRADES_BAR_MS
    bars = (min(int(each.times[-1]) for each in trades.values()) - start) // TRADES_BAR_MS + 1
    if bars < 1:
        raise CandlesUnusableError("the symbols share no time")
    tapes = {name: build_tape(each, start, bars, QUANTA) for name, each in trades.items()}
    edges = start + (np.arange(bars * QUANTA) + 1) * (TRADES_BAR_MS // QUANTA)
    books: dict[str, BookTape] = {}
    for path in sorted(folder.glob("*_book.jsonl*")):
        spec = _spec_of(path, books)
        if spec.name not in trades:
            raise CandlesUnusableError(f"{path.name}: books need the symbol's trades beside them")
        books[spec.name] = read_book(path, spec, edges)
        digest = zlib.crc32(path.read_bytes(), digest)
    symbols = {name: SymbolCandles(**build_bars(tape, KNOWN_SYMBOLS[name])) for name, tape in tapes.items()}
    return Recording(start, TRADES_BAR_MS, bars, digest, symbols, tapes, books)


def _spec_of(path: Path, known: Container[str]) -> SymbolSpec:
    name = path.name.split("_")[0]
    if name not in KNOWN_SYMBOLS or name in known:
        raise CandlesUnusableError(f"{path.name}: unknown symbol or a second file of one symbol")
    return KNOWN_SYMBOLS[name]


def _read_files(folder: Path) -> dict[str, dict[str, IntArray]]:
    raw: dict[str, dict[str, IntArray]] = {}
    for path in sorted(folder.glob("*.npz")):
        name = _spec_of(path, raw).name
        with np.load(path, allow_pickle=False) as packed:
            raw[name] = {field: packed[field] for field in ("ts", "open", "high", "low", "close", "volume")}
    if not raw:
        raise CandlesUnusableError(f"no candles in {folder}")
    return raw


@lru_cache(maxsize=256)
def path_prices(opened: int, high: int, low: int, close: int) -> tuple[int, ...]:
    """The price in ticks at each of the QUANTA steps of a bar.

    Rising and flat bars go open-high-low-close, falling bars open-low-high-close, straight between the four points; the
    extremes are touched exactly.
    """
    points = (opened, high, low, close) if close >= opened else (opened, low, high, close)
    knots = (0, _FIRST_EXTREME, _SECOND_EXTREME, _LAST)
    prices = []
    for step in range(QUANTA):
        leg = min(bisect_right(knots, step) - 1, 2)
        begin, end = knots[leg], knots[leg + 1]
        prices.append(points[leg] + (points[leg + 1] - points[leg]) * (step - begin) // (end - begin))
    return tuple(prices)


def interval_supported(interval: str, bar_ms: int) -> bool:
    """Whether candles of `interval` can be made from bars of `bar_ms`."""
    return interval == MONTH or _FIXED_INTERVALS.get(interval, 0) >= bar_ms


def interval_open(interval: str, at_ms: int) -> int:
    """Open time in ms of the interval that holds `at_ms` (UTC; weeks begin on Monday)."""
    if interval == MONTH:
        moment = datetime.fromtimestamp(at_ms / 1000, UTC)
        return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * 1000
    size = _FIXED_INTERVALS[interval]
    offset = _EPOCH_MONDAY_MS if interval == "1w" else 0
    return (at_ms - offset) // size * size + offset


def interval_end(interval: str, open_ms: int) -> int:
    """Open time of the next interval."""
    if interval == MONTH:
        return interval_open(interval, open_ms + 32 * DAY_MS)
    return open_ms + _FIXED_INTERVALS[interval]
