"""The profit calendar: what was realised, less fees, by hour, day or month of a person's own clock. Exact sums."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from apps.trading.portfolios.errors import PeriodInvalid, ZoneUnknown
from apps.trading.portfolios.models import PortfolioBook, Preference
from apps.trading.positions.queries import list_quarter_results
from kernel.portfolio import Period, Span, day_span, days_of, hours_of, month_span, name_of

EXACT = Context(prec=100)
ZONES = frozenset(available_timezones())
FIRST, LAST = 2000, 2100


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour, day or month: what was realised by FIFO less fees, in the asset, by how many fills."""

    span: Span
    result: Decimal
    fills: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Cells of one period in one quote asset; `total` is their exact sum. `assets`: what else there is results in."""

    zone: str
    asset: str
    assets: list[str]
    cells: list[Cell]
    total: Decimal
    fills: int


def zone_of(owner_id: UUID) -> str:
    """Return the time zone that a person chose, or UTC."""
    found = Preference.objects.filter(owner_id=owner_id).values_list("zone", flat=True).first()
    return found if found in ZONES else "UTC"


def known_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name. Raises ZoneUnknown."""
    if name not in ZONES:
        raise ZoneUnknown(field="zone", zone=name[:64])
    return ZoneInfo(name)


def spans_of(at: str, zone: ZoneInfo) -> tuple[Period, list[Span]]:
    """Return the cells of "2026" (its months), "2026-03" (its days) or "2026-03-29" (its hours).

    Raises PeriodInvalid.
    """
    try:
        parts = [int(part) for part in at.split("-")] if at.replace("-", "").isascii() else []
        year = parts[0]
        if not FIRST <= year <= LAST or len(parts) > 3:
            raise PeriodInvalid(field="at")
        if len(parts) == 1:
            return Period.MONTH, [month_span(year, month, zone) for month in range(1, 13)]
        if len(parts) == 2:
            return Period.DAY, days_of(date(year, parts[1], 1).year, parts[1], zone)
        return Period.HOUR, hours_of(date(year, parts[1], parts[2]), zone)
    except (ValueError, IndexError):
        raise PeriodInvalid(field="at") from None


def read_calendar(owner_id: UUID, *, at: str, zone: str, asset: str = "", portfolio_id: UUID | None = None) -> Calendar:
    """Return the calendar of a year, month or day; `asset` empty: the one with the most fills.

    Raises ZoneUnknown and PeriodInvalid.
    """
    clock = known_zone(zone)
    period, spans = spans_of(at, clock)
    books = None
    if portfolio_id is not None:
        members = PortfolioBook.objects.filter(portfolio_id=portfolio_id, portfolio__owner_id=owner_id)
        books = list(members.values_list("book_id", flat=True))
    rows = _rows(owner_id, spans[0].start, spans[-1].end, books)
    counts: dict[str, int] = {}
    for _, quote, _, fills in rows:
        counts[quote] = counts.get(quote, 0) + fills
    assets = sorted(counts, key=lambda name: (-counts[name], name))
    chosen = asset or (assets[0] if assets else "USDT")
    cells = _cells(
        spans, period, clock, [(at_, result, fills) for at_, quote, result, fills in rows if quote == chosen]
    )
    total = Decimal(0)
    for cell in cells:
        total = EXACT.add(total, cell.result)
    return Calendar(zone, chosen, assets, cells, total, sum(cell.fills for cell in cells))


def today_in(zone: str, moment: datetime) -> date:
    """Return the day that a moment lies in by a person's clock."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_bounds(day: date, zone: str) -> Span:
    """Return a day with its bounds in UTC. Raises ZoneUnknown."""
    return day_span(day, known_zone(zone))


def _rows(
    owner_id: UUID, start: datetime, end: datetime, books: Collection[UUID] | None
) -> list[tuple[datetime, str, Decimal, int]]:
    return list_quarter_results(owner_id, since=start, until=end, book_ids=books)


def _cells(
    spans: Sequence[Span], period: Period, clock: ZoneInfo, rows: Sequence[tuple[datetime, Decimal, int]]
) -> list[Cell]:
    sums: dict[str, tuple[Decimal, int]] = {}
    for moment, result, fills in rows:
        name = name_of(moment.astimezone(UTC), clock, period)
        before, count = sums.get(name, (Decimal(0), 0))
        sums[name] = (EXACT.add(before, result), count + fills)
    return [Cell(span, *sums.get(span.name, (Decimal(0), 0))) for span in spans]
