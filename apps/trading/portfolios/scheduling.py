"""When a portfolio is looked at next, by a person's own clock; and reading schedules."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.trading.portfolios.choices import Every
from apps.trading.portfolios.models import Portfolio, RebalanceSchedule

DAY = timedelta(days=1)
DAYS_LOOKED_AT = 64


def next_run(every: str, day: int | None, hour: int, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first moment later than `after` (UTC) at the hour of a fitting day of the zone.

    An hour that a change of clocks leaves out is the next one that there is; one that comes twice counts once.
    """
    first = after.astimezone(zone).date()
    for number in range(DAYS_LOOKED_AT):
        found = first + number * DAY
        if not _fits(every, day, found):
            continue
        moment = datetime.combine(found, time(hour), zone).astimezone(UTC)
        if moment > after:
            return moment
    raise AssertionError("every schedule has a day within two months")


def get_schedule(portfolio: Portfolio) -> RebalanceSchedule | None:
    """Return the schedule of a portfolio, or None."""
    return RebalanceSchedule.objects.filter(portfolio=portfolio).first()


def _fits(every: str, day: int | None, found: date) -> bool:
    if every == Every.DAY or day is None:
        return True
    if every == Every.WEEK:
        return found.isoweekday() == day
    return found.day == min(day, monthrange(found.year, found.month)[1])
