"""Checks of a folder of recordings: one verdict for each file."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apps.core.errors import DomainError
from apps.trading.market_data.errors import FileUnusable
from apps.trading.market_data.recordings.kinds import BidAskCandles, Book, Candles, Quotes, Recording, recognise
from apps.trading.market_data.recordings.tables import suffix_of
from kernel.quality import (
    ALWAYS,
    FOREX,
    US_EQUITIES,
    Findings,
    RawCandles,
    RawTrades,
    Rule,
    SessionCalendar,
    candles_of,
    check_candles,
    check_trades,
    replay,
    score,
)

MINUTE_MS, DAY_MS, MONTH_MS = 60_000, 86_400_000, 31 * 86_400_000
EXAMPLES: Final = 5


@dataclass(slots=True)
class Verdict:
    """What was found in a file. `share`: of rows with an alarm; `facts`: what the kind of recording shows besides."""

    path: str
    kind: str
    rows: int = 0
    alarms: dict[str, int] = field(default_factory=dict)
    rows_with_alarms: int = 0
    missing: int = 0
    score: int = 100
    is_clean: bool = True
    facts: dict[str, Any] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain values, with the share of rows with an alarm in per cent."""
        percent = 100 * self.rows_with_alarms / self.rows if self.rows else 0
        return {**asdict(self), "percent_with_alarms": round(percent, 4)}


def verify_folder(folder: Path) -> Iterator[Verdict]:
    """Return a verdict for each file of a folder and the folders in it, by name; files of other kinds are "other"."""
    made: dict[Path, RawCandles] = {}
    candles: dict[Path, RawCandles] = {}
    verdicts: dict[Path, Verdict] = {}
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        name = str(path.relative_to(folder))
        if not suffix_of(path):
            verdicts[path] = Verdict(name, "other")
            continue
        try:
            recording = recognise(path)
        except (DomainError, OSError) as error:
            text = error.text if isinstance(error, FileUnusable) else str(error)
            verdicts[path] = Verdict(name, "unreadable", is_clean=False, error=text)
            continue
        verdicts[path] = verify(name, recording)
        if isinstance(recording, RawTrades):
            made[path] = candles_of(recording)
        elif isinstance(recording, list) and len(recording) == 1 and step_of(recording[0].candles.ts) == MINUTE_MS:
            candles[path] = recording[0].candles
    for path, bars in made.items():
        _compare(verdicts[path], bars, path, candles)
    yield from verdicts.values()


def verify(name: str, recording: Recording) -> Verdict:
    """Return the verdict on one recording."""
    if isinstance(recording, list):
        return _candles(name, recording)
    if isinstance(recording, BidAskCandles):
        return _bid_ask(name, recording)
    if isinstance(recording, RawTrades):
        verdict = _of(name, "trades", [("", check_trades(recording))])
        bars = candles_of(recording)
        verdict.facts = {"minutes": len(bars), "volume": _rounded(bars.volume)}
        return verdict
    if isinstance(recording, Quotes):
        return _of(name, "quotes", [("", _quotes(recording))])
    if isinstance(recording, Book):
        return _book(name, recording)
    return Verdict(name, "other")


def step_of(ts: NDArray[np.int64]) -> int:
    """Return the interval of candles: the most frequent distance of two of them, 0 with fewer than two."""
    distances = np.diff(np.unique(ts))
    if not len(distances):
        return 0
    values, counts = np.unique(distances, return_counts=True)
    return int(values[np.argmax(counts)])


def calendar_for(candles: RawCandles, step: int, *, dates_only: bool) -> SessionCalendar:
    """Return the calendar that candles seem to follow: always open when a Saturday is among them."""
    if len(candles) < 2 or step >= 7 * DAY_MS:
        return ALWAYS
    weekday = (candles.ts // DAY_MS + 3) % 7  # 1970-01-01 was a Thursday
    if bool((weekday == 5).any()) or int(candles.ts.max() - candles.ts.min()) < 8 * DAY_MS:
        return ALWAYS
    return US_EQUITIES if dates_only else FOREX


def _candles(name: str, series: list[Candles]) -> Verdict:
    found, steps = [], set()
    for item in series:
        step = step_of(item.candles.ts)
        steps.add(step)
        # Months differ in length: only a whole month too many is a gap.
        length = MONTH_MS if step >= 28 * DAY_MS else step or MINUTE_MS
        calendar = calendar_for(item.candles, step, dates_only=item.dates_only)
        found.append((item.symbol, check_candles(item.candles, length, calendar=calendar)))
    verdict = _of(name, "candles", found)
    verdict.facts = {"series": len(series), "interval_ms": max(steps, default=0)}
    return verdict


def _bid_ask(name: str, recording: BidAskCandles) -> Verdict:
    step = step_of(recording.bid.ts)
    calendar = calendar_for(recording.bid, step, dates_only=False)
    whole = check_candles(recording.bid, step, calendar=calendar)
    of_ask = check_candles(recording.ask, step, calendar=calendar)
    # Times are the same on both sides: what is wrong with them counts once.
    whole.alarms += [alarm for alarm in of_ask.alarms if alarm.rule in (Rule.IMPOSSIBLE, Rule.SPIKE)]
    at_close = recording.ask.close < recording.bid.close
    at_open = recording.ask.open < recording.bid.open
    for place in np.flatnonzero(at_open | at_close).tolist():
        where = "the close" if at_close[place] else "the open"
        whole.add(Rule.CROSSED, place, int(recording.bid.ts[place]), f"the ask is below the bid at {where}")
    verdict = _of(name, "bid_ask_candles", [("", whole)])
    broken = np.isin(np.arange(len(at_close)), whole.places(Rule.IMPOSSIBLE))
    verdict.facts = {
        "interval_ms": step,
        "calendar": calendar.name,
        "impossible": int(broken.sum()),
        "crossed_at_open": int(at_open.sum()),
        "crossed_at_close": int(at_close.sum()),
        "impossible_or_crossed_at_close": int((broken | at_close).sum()),
    }
    return verdict


def _quotes(quotes: Quotes) -> Findings:
    found = Findings(len(quotes.ts))
    with np.errstate(invalid="ignore"):
        wrong = ~(np.isfinite(quotes.bid) & np.isfinite(quotes.ask) & (quotes.bid > 0) & (quotes.ask > 0))
        crossed = ~wrong & (quotes.bid > quotes.ask)
    late = np.zeros(len(quotes.ts), bool)
    late[1:] = quotes.ts[1:] < np.maximum.accumulate(quotes.ts)[:-1]
    for rule, mask in ((Rule.IMPOSSIBLE, wrong), (Rule.CROSSED, crossed), (Rule.OUT_OF_ORDER, late)):
        for place in np.flatnonzero(mask).tolist():
            found.add(rule, place, int(quotes.ts[place]), f"bid {quotes.bid[place]}, ask {quotes.ask[place]}")
    return found


def _book(name: str, recording: Book) -> Verdict:
    book = replay(recording.messages, depth=recording.depth)
    verdict = _of(name, "book", [("", book.findings)])
    bids, asks = book.levels()
    verdict.facts = {
        "last_ts": book.ts,
        "last_number": book.last,
        "is_synced": book.synced,
        "bid_levels": len(bids),
        "ask_levels": len(asks),
        "best_bid": [str(figure) for figure in bids[0]] if bids else None,
        "best_ask": [str(figure) for figure in asks[0]] if asks else None,
        "bid_total": str(sum(size for _, size in bids)),
        "ask_total": str(sum(size for _, size in asks)),
    }
    return verdict


def _of(name: str, kind: str, found: list[tuple[str, Findings]]) -> Verdict:
    """Return the verdict on findings of one or more symbols."""
    verdict = Verdict(name, kind)
    for symbol, findings in found:
        verdict.rows += findings.rows
        verdict.missing += findings.missing
        verdict.rows_with_alarms += len(findings.places())
        for rule, count in findings.counts().items():
            verdict.alarms[rule] = verdict.alarms.get(rule, 0) + count
        for alarm in findings.alarms[: EXAMPLES - len(verdict.examples)]:
            shown = {"rule": alarm.rule.value, "row": alarm.place, "ts": alarm.ts, "detail": alarm.detail}
            verdict.examples.append({"symbol": symbol, **shown} if symbol else shown)
    verdict.score = score(verdict.rows, verdict.alarms, verdict.missing)
    verdict.is_clean = verdict.rows_with_alarms * 1_000 < max(verdict.rows, 1)
    return verdict


def _compare(verdict: Verdict, bars: RawCandles, path: Path, candles: dict[Path, RawCandles]) -> None:
    """Compare candles made of trades with recorded ones of the same window, where the folder has them by their name."""
    beginning = path.name.split("_")[:2]
    for other, recorded in candles.items():
        if other.parent != path.parent or other.name.split("_")[:2] != beginning:
            continue
        common, left, right = np.intersect1d(bars.ts, recorded.ts, return_indices=True)
        columns = zip(bars.columns, recorded.columns, strict=True)
        equal = np.logical_and.reduce([np.isclose(own[left], theirs[right], rtol=1e-9) for own, theirs in columns])
        if len(common):
            verdict.facts |= {
                "compared_with": other.name,
                "compared_minutes": len(common),
                "equal_minutes": int(equal.sum()),
            }


def _rounded(volume: NDArray[np.float64] | None) -> str:
    return "0" if volume is None else f"{volume.sum():.8f}"
