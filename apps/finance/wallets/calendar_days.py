"""Days of schedules. Everything is a day of UTC, so that a clock change moves nothing."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from apps.core.clock import now
from apps.finance.wallets.choices_earning import Every

DAY = timedelta(days=1)


def today() -> date:
    """Return the present day of UTC."""
    return now().date()


def midnight(day: date) -> datetime:
    """Return the moment a day begins."""
    return datetime.combine(day, time.min, UTC)


def next_due(every: str, anchor: int | None, after: date) -> date:
    """Return the first due day after `after`.

    Of a week, the day of the week `anchor` (1: Monday). Of a month, the day `anchor`, or the month's last day where it
    is shorter: anchor 31 gives 31 January, 28 February, 31 March.
    """
    if every == Every.DAY or anchor is None:
        return after + DAY
    if every == Every.WEEK:
        return after + ((anchor - after.isoweekday() - 1) % 7 + 1) * DAY
    found = _of_month(after.year, after.month, anchor)
    if found > after:
        return found
    year, month = (after.year + 1, 1) if after.month == 12 else (after.year, after.month + 1)
    return _of_month(year, month, anchor)


def _of_month(year: int, month: int, anchor: int) -> date:
    return date(year, month, min(anchor, monthrange(year, month)[1]))
