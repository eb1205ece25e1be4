"""Taking candles from venues: what cannot be trusted is held apart, and every stream has its score."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from numpy.typing import NDArray

from apps.core.actors import Actor
from apps.core.clock import from_ms, now
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.trading.market_data import packing
from apps.trading.market_data.choices import HELD_STATES, HOME_VENUE, HeldState
from apps.trading.market_data.errors import AlreadyDecided
from apps.trading.market_data.models import QuarantinedCandle, StreamQuality
from apps.trading.market_data.operations.store import WRITE, StoreReport, locked_series, store_candles, take_out
from apps.trading.market_data.queries.candles import get_series, list_series, load_bars
from apps.trading.market_data.queries.gaps import calendar_of
from kernel.instruments import INTERVALS, Bars
from kernel.quality import HELD, Findings, Limits, RawCandles, Rule, check_candles, score

RELEASE = declare("market_data.release", "Release and discard candles in quarantine")
HOLD = Limits(spike_z=40.0, spike_ratio=8.0)
"""What is held is further out than what is only counted: a held candle is a gap to strategies."""
CONTEXT_BARS = 320
"""Candles before the new ones, by which they are measured."""
Key = tuple[int, int, int, int, int, int]
Day = tuple[str, str, str, date]
"""Venue, symbol, stream and day."""


@dataclass(frozen=True, slots=True)
class ReceiveReport:
    """What became of candles from a venue: stored, held apart, released because a later candle confirmed them."""

    stored: StoreReport
    held: int
    released: int


@operation("market_data.receive_candles", permission=WRITE, trail=False)
def receive_candles(
    *, actor: Actor, symbol: str, interval: str, bars: Bars, reason: str = "", venue: str = HOME_VENUE
) -> ReceiveReport:
    """Store closed candles of a venue, but hold apart those that cannot be trusted: no reader sees them.

    Safe to repeat: a candle is held once, a released one passes, a discarded one stays out. One that was held because
    nobody could confirm it is released when the next candle does. Raises UnknownInterval and CandlesOffGrid.
    """
    if not len(bars):
        return ReceiveReport(StoreReport(0, 0, 0, 0), 0, 0)
    locked_series(symbol, interval, venue)
    step = INTERVALS.get(interval, 1)
    asked = _Stream(venue, symbol, interval, step)
    waiting = asked.waiting(int(bars.ts[0]) - step, int(bars.ts[-1]))
    decided = asked.decided(bars)
    fresh = _chosen(bars, [decided.get(key) not in (HeldState.DISCARDED, HeldState.RELEASED) for key in bars.rows()])
    passed = _chosen(bars, [decided.get(key) == HeldState.RELEASED for key in bars.rows()])
    candidates, _, _ = packing.merge(_as_bars(waiting.values()), fresh)
    suspects = asked.suspects(candidates)
    wrong = np.isin(candidates.ts, list(suspects))
    good = _chosen(candidates, (~wrong).tolist())
    released = _release_confirmed(actor, waiting, good)
    held = _hold(asked, _chosen(candidates, wrong.tolist()), suspects)
    wanted, _, _ = packing.merge(good, passed)
    stored = store_candles(actor=actor, symbol=symbol, interval=interval, bars=wanted, reason=reason, venue=venue)
    _count(asked, bars, suspects if held else {})
    return ReceiveReport(stored, held, released)


@operation("market_data.quarantine_candles", permission=WRITE, audited=("venue", "symbol", "interval"))
def quarantine_candles(
    *, actor: Actor, venue: str, symbol: str, interval: str, times: list[int], rule: Rule, reason: str
) -> int:
    """Take stored candles out of every reader's sight by open time; return how many. Older versions keep them."""
    asked = _Stream(venue, symbol, interval, INTERVALS[interval])
    bars = load_bars(symbol, interval, min(times), max(times) + asked.step, venue=venue)
    chosen = _chosen(bars, np.isin(bars.ts, times).tolist())
    taken = take_out(symbol, interval, chosen.ts.tolist(), reason=f"quarantine: {reason}"[:200], venue=venue)
    _hold(asked, chosen, dict.fromkeys(chosen.ts.tolist(), (rule, reason)))
    return taken


@operation("market_data.release_candle", permission=RELEASE)
def release_candle(*, actor: Actor, candle: QuarantinedCandle, reason: str) -> QuarantinedCandle:
    """Find a held candle to be right: it is stored and readers see it. Raises AlreadyDecided."""
    row = _decide(actor, candle, "release", reason)
    bars = packing.from_rows([_key(row)])
    store_candles(
        actor=Actor.system("quarantine"),
        symbol=row.symbol,
        interval=row.interval,
        bars=bars,
        reason=f"released: {reason}"[:200],
        venue=row.venue,
    )
    return row


@operation("market_data.discard_candle", permission=RELEASE)
def discard_candle(*, actor: Actor, candle: QuarantinedCandle, reason: str) -> QuarantinedCandle:
    """Find a held candle to be wrong: it stays out, also when the venue sends it again. Raises AlreadyDecided."""
    return _decide(actor, candle, "discard", reason)


@operation("market_data.check_series", permission=WRITE, trail=False)
def check_series(
    *, actor: Actor, symbol: str, interval: str, start_ms: int, end_ms: int, venue: str = HOME_VENUE
) -> Findings:
    """Check the stored candles of a range, write the score of each day in it, and return what was found."""
    series = get_series(symbol, interval, venue)
    step = INTERVALS[interval]
    bars = load_bars(symbol, interval, start_ms - CONTEXT_BARS * step, end_ms, venue=venue)
    calendar = calendar_of("24x7" if series is None else series.calendar)
    found = check_candles(raw(bars), step, calendar=calendar, others=_elsewhere(symbol, interval, venue, bars))
    found.alarms = [alarm for alarm in found.alarms if alarm.ts >= start_ms]
    days = Counter(from_ms(ts).date() for ts in bars.ts.tolist() if ts >= start_ms)
    for day, rows in days.items():
        of_day = [alarm for alarm in found.alarms if from_ms(alarm.ts).date() == day]
        alarms = Counter(alarm.rule.value for alarm in of_day)
        missing = sum(int(alarm.detail.split()[0]) for alarm in of_day if alarm.rule is Rule.GAP)
        held = Counter(_rules_held(venue, symbol, interval, day))
        _write(
            (venue, symbol, f"candles.{interval}", day),
            rows=rows,
            missing=missing,
            alarms=dict(alarms + held),
            last=of_day[-1].detail if of_day else "",
        )
    return found


@operation("market_data.note_alarms", permission=WRITE, trail=False)
def note_alarms(
    *, actor: Actor, venue: str, symbol: str, stream: str, rows: int = 0, alarms: Mapping[Rule, int], detail: str = ""
) -> None:
    """Add what a feed saw of a stream ("trades", "book", "quotes", "candles.5m") to today's figures."""
    _add((venue, symbol, stream, now().date()), rows, {rule.value: count for rule, count in alarms.items()}, detail)


def raw(bars: Bars) -> RawCandles:
    """Return stored candles as the checks take them."""
    columns = (getattr(bars, name).astype(np.float64) for name in packing.COLUMNS[1:])
    return RawCandles(bars.ts, *columns)


@dataclass(frozen=True, slots=True)
class _Stream:
    """A series that is being received."""

    venue: str
    symbol: str
    interval: str
    step: int

    def rows(self) -> QuerySet[QuarantinedCandle]:
        return QuarantinedCandle.objects.filter(venue=self.venue, symbol=self.symbol, interval=self.interval)

    def waiting(self, first: int, last: int) -> dict[int, QuarantinedCandle]:
        """Return the held candles of a range by open time."""
        found = self.rows().filter(state=HeldState.HELD, ts__gte=first, ts__lte=last).order_by("ts", "id")
        return {row.ts: row for row in found}

    def decided(self, bars: Bars) -> dict[Key, str]:
        """Return what was decided of exactly these candles."""
        found = self.rows().filter(ts__gte=int(bars.ts[0]), ts__lte=int(bars.ts[-1])).exclude(state=HeldState.HELD)
        return {_key(row): row.state for row in found}

    def suspects(self, bars: Bars) -> dict[int, tuple[Rule, str]]:
        """Return rule and figures of the candles that are to be held, by open time."""
        if not len(bars):
            return {}
        first = int(bars.ts[0])
        before = load_bars(self.symbol, self.interval, first - CONTEXT_BARS * self.step, first, venue=self.venue)
        whole = packing.concatenate(before, bars)
        others = _elsewhere(self.symbol, self.interval, self.venue, whole)
        found = check_candles(raw(whole), self.step, limits=HOLD, others=others)
        return {
            alarm.ts: (alarm.rule, alarm.detail) for alarm in found.alarms if alarm.rule in HELD and alarm.ts >= first
        }


def _elsewhere(symbol: str, interval: str, venue: str, bars: Bars) -> list[RawCandles]:
    """Return the candles of the same times at other venues."""
    if not len(bars):
        return []
    step = INTERVALS[interval]
    venues = {row.venue for row in list_series(symbol) if row.venue != venue and step % INTERVALS[row.interval] == 0}
    start, end = int(bars.ts[0]) - step, int(bars.ts[-1]) + step
    return [raw(load_bars(symbol, interval, start, end, venue=other)) for other in sorted(venues)]


def _hold(asked: _Stream, bars: Bars, why: Mapping[int, tuple[Rule, str]]) -> int:
    """Keep candles apart; return how many were not held yet."""
    if not len(bars):
        return 0
    before = asked.rows().count()
    QuarantinedCandle.objects.bulk_create(
        [
            QuarantinedCandle(
                venue=asked.venue,
                symbol=asked.symbol,
                interval=asked.interval,
                **dict(zip(packing.COLUMNS, row, strict=True)),
                rules=why[row[0]][0].value,
                detail=why[row[0]][1][:200],
            )
            for row in bars.rows()
        ],
        ignore_conflicts=True,
    )
    return asked.rows().count() - before


def _release_confirmed(actor: Actor, waiting: Mapping[int, QuarantinedCandle], good: Bars) -> int:
    """Release the held candles that are now among the good ones with the same figures; return how many."""
    known = set(good.rows())
    confirmed = [row for row in waiting.values() if _key(row) in known]
    for row in confirmed:
        _decide(actor, row, "release", "confirmed by the candles after it or by another venue")
    return len(confirmed)


def _decide(actor: Actor, candle: QuarantinedCandle, event: str, reason: str) -> QuarantinedCandle:
    row = QuarantinedCandle.objects.select_for_update().get(pk=candle.pk)
    if row.state != HeldState.HELD:
        raise AlreadyDecided
    return transition(
        row, event, table=HELD_STATES, expected=row.state, actor=actor, decided_at=now(), decision=reason[:500]
    )


def _key(row: QuarantinedCandle) -> Key:
    return row.ts, row.open, row.high, row.low, row.close, row.volume


def _as_bars(rows: Iterable[QuarantinedCandle]) -> Bars:
    return packing.from_rows([_key(row) for row in rows])


def _chosen(bars: Bars, wanted: list[bool]) -> Bars:
    mask: NDArray[np.bool_] = np.array(wanted, bool)
    return Bars(*(getattr(bars, name)[mask] for name in packing.COLUMNS))


def _rules_held(venue: str, symbol: str, interval: str, day: date) -> list[str]:
    start = int((day - date(1970, 1, 1)).days) * INTERVALS["1d"]
    found = QuarantinedCandle.objects.filter(
        venue=venue, symbol=symbol, interval=interval, ts__gte=start, ts__lt=start + INTERVALS["1d"]
    ).exclude(state=HeldState.RELEASED)
    return list(found.values_list("rules", flat=True))


def _count(asked: _Stream, bars: Bars, suspects: Mapping[int, tuple[Rule, str]]) -> None:
    """Add received candles to the figures of their days."""
    days = Counter(from_ms(ts).date() for ts in bars.ts.tolist())
    for day, rows in days.items():
        of_day = [why for ts, why in suspects.items() if from_ms(ts).date() == day]
        alarms = Counter(rule.value for rule, _ in of_day)
        key = (asked.venue, asked.symbol, f"candles.{asked.interval}", day)
        _add(key, rows, dict(alarms), of_day[-1][1] if of_day else "")


def _add(key: Day, rows: int, alarms: Mapping[str, int], detail: str) -> None:
    with transaction.atomic():
        row = _locked(key)
        together = dict(Counter(row.alarms) + Counter(alarms))
        _save(row, rows=row.rows + rows, missing=row.missing, alarms=together, last=detail)


def _write(key: Day, *, rows: int, missing: int, alarms: dict[str, int], last: str) -> None:
    with transaction.atomic():
        _save(_locked(key), rows=rows, missing=missing, alarms=alarms, last=last)


def _locked(key: Day) -> StreamQuality:
    """Return the figures of a stream's day, made if need be, locked."""
    facts = dict(zip(("venue", "symbol", "stream", "day"), key, strict=True))
    StreamQuality.objects.bulk_create([StreamQuality(**facts, checked_at=now())], ignore_conflicts=True)
    return StreamQuality.objects.select_for_update().get(**facts)


def _save(row: StreamQuality, *, rows: int, missing: int, alarms: dict[str, int], last: str) -> None:
    row.rows, row.missing, row.alarms = rows, missing, alarms
    row.score = score(rows, alarms, missing)
    row.checked_at = now()
    if last:
        row.last_alarm, row.last_alarm_at = last[:200], row.checked_at
    row.save()
