"""Reading the quarantine and the scores of streams."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from apps.trading.market_data.choices import HeldState
from apps.trading.market_data.errors import HeldCandleMissing
from apps.trading.market_data.models import QuarantinedCandle, StreamQuality
from kernel.quality import score


@dataclass(frozen=True, slots=True)
class QualitySummary:
    """A stream over several days: rows, missing rows, alarms by rule, the score of all together, the newest alarm."""

    venue: str
    symbol: str
    stream: str
    rows: int
    missing: int
    alarms: dict[str, int]
    score: int
    last_alarm: str


def get_held(candle_id: UUID) -> QuarantinedCandle:
    """Return a candle of the quarantine, whatever became of it, or raise HeldCandleMissing."""
    found = QuarantinedCandle.objects.filter(pk=candle_id).first()
    if found is None:
        raise HeldCandleMissing
    return found


def list_held(symbol: str | None = None) -> QuerySet[QuarantinedCandle]:
    """Return the candles that are held, newest first."""
    found = QuarantinedCandle.objects.filter(state=HeldState.HELD).order_by("-ts")
    return found if symbol is None else found.filter(symbol=symbol)


def get_quality(venue: str, symbol: str, stream: str, day: date) -> StreamQuality | None:
    """Return how good a stream was on a day, or None when nothing was seen."""
    return StreamQuality.objects.filter(venue=venue, symbol=symbol, stream=stream, day=day).first()


def list_qualities(since: date) -> QuerySet[StreamQuality]:
    """Return the days of all streams from a day on, newest first."""
    return StreamQuality.objects.filter(day__gte=since).order_by("-day", "venue", "symbol", "stream")


def summarise_quality(since: date) -> list[QualitySummary]:
    """Return one line for each stream from a day on, the worst first."""
    found: dict[tuple[str, str, str], list[StreamQuality]] = {}
    for row in list_qualities(since):
        found.setdefault((row.venue, row.symbol, row.stream), []).append(row)
    return sorted((_summary(key, rows) for key, rows in found.items()), key=lambda line: (line.score, line.symbol))


def _summary(key: tuple[str, str, str], days: list[StreamQuality]) -> QualitySummary:
    alarms: dict[str, int] = {}
    for day in days:
        for rule, count in day.alarms.items():
            alarms[rule] = alarms.get(rule, 0) + count
    rows, missing = sum(day.rows for day in days), sum(day.missing for day in days)
    last = next((day.last_alarm for day in days if day.last_alarm), "")
    return QualitySummary(*key, rows, missing, dict(sorted(alarms.items())), score(rows, alarms, missing), last)
