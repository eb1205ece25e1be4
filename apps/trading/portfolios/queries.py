"""Reading portfolios: their books, what they are worth now, and what came and went."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from apps.core.clock import now
from apps.trading.exchanges.queries import list_connections
from apps.trading.portfolios.choices import Resolution
from apps.trading.portfolios.errors import PortfolioMissing
from apps.trading.portfolios.models import CashFlow, NavSample, Portfolio, PortfolioBook
from apps.trading.portfolios.valuing import (
    EXACT,
    AssetWorth,
    Prices,
    held_in_portfolio,
    missing_of,
    rounded,
    total_of,
    worth_of,
)
from apps.trading.positions import queries as positions

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a portfolio is worth at `at`, in `currency`; None where a price is missing (`missing` names the assets).

    `priced_at` is the oldest price used. `result` = value − `flows` (all that came in and went out); `day_result` is
    the same since `day_since`, the noted value nearest to 24 hours ago (None: no value was noted yet).
    `realised` by average cost, `unrealised` and `fees` of the books' positions.
    """

    portfolio: Portfolio
    currency: str
    at: datetime
    value: Decimal | None
    priced_at: datetime | None
    is_stale: bool
    missing: list[str]
    allocation: list[AssetWorth]
    flows: Decimal
    result: Decimal | None
    realised: Decimal | None
    unrealised: Decimal | None
    fees: Decimal | None
    day_result: Decimal | None
    day_since: datetime | None

    @property
    def day_percent(self) -> Decimal | None:
        """Return the result of the day in percent of what the portfolio was worth before it."""
        if self.day_result is None or self.value is None:
            return None
        before = EXACT.subtract(self.value, self.day_result)
        return None if before <= 0 else EXACT.divide(EXACT.multiply(self.day_result, Decimal(100)), before)

    def share_of(self, row: AssetWorth) -> Decimal | None:
        """Return an asset's part of the whole in percent, None while something has no price or all is worth nothing."""
        if row.worth is None or not self.value:
            return None
        return EXACT.divide(EXACT.multiply(row.worth, Decimal(100)), self.value)


def get_portfolio(portfolio_id: UUID, owner_id: UUID, *, lock: bool = False) -> Portfolio:
    """Return a customer's portfolio that is not archived, or raise PortfolioMissing."""
    found = Portfolio.objects.filter(pk=portfolio_id, owner_id=owner_id, archived_at__isnull=True)
    row = (found.select_for_update() if lock else found).first()
    if row is None:
        raise PortfolioMissing
    return row


def list_portfolios(owner_id: UUID) -> QuerySet[Portfolio]:
    """Return a customer's portfolios, those of everything first, then by name."""
    return Portfolio.objects.filter(owner_id=owner_id, archived_at__isnull=True).order_by("-is_default", "name")


def list_modes(owner_id: UUID) -> list[str]:
    """Return the modes (paper, live) that a customer has accounts of."""
    return sorted(set(list_connections(owner_id).values_list("mode", flat=True)), reverse=True)


def list_books(owner_id: UUID, mode: str) -> QuerySet[Any]:
    """Return a customer's books of a mode, oldest first."""
    return positions.list_books(owner_id).filter(connection__mode=mode).order_by("id")


def mirrored(owner_id: UUID, mode: str) -> set[UUID]:
    """Return the accounts of a customer of a mode."""
    return set(list_connections(owner_id).filter(mode=mode).values_list("id", flat=True))


def list_members(portfolio: Portfolio) -> QuerySet[Any]:
    """Return the books of a portfolio, oldest first."""
    members = PortfolioBook.objects.filter(portfolio=portfolio).values("book_id")
    return positions.list_books(portfolio.owner_id).filter(pk__in=members).order_by("id")


def list_flows(portfolio: Portfolio) -> QuerySet[CashFlow]:
    """Return what came into a portfolio and left it, newest first."""
    return CashFlow.objects.filter(portfolio=portfolio).order_by("-id")


def sum_flows(portfolio: Portfolio, *, since: datetime | None = None) -> Decimal:
    """Return what came in less what went out, in the portfolio's currency; with `since` only later than that."""
    found = CashFlow.objects.filter(portfolio=portfolio)
    if since is not None:
        found = found.filter(at__gt=since)
    total: Decimal | None = found.aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)


def exists_sampled() -> bool:
    """Return whether this tenant has a portfolio whose value is noted."""
    return Portfolio.objects.filter(archived_at__isnull=True).exists()


def list_to_sample(after: UUID | None, limit: int) -> list[Portfolio]:
    """Return portfolios whose value is noted, by key, behind `after`."""
    found = Portfolio.objects.filter(archived_at__isnull=True).order_by("id")
    return list((found if after is None else found.filter(pk__gt=after))[:limit])


def value_now(portfolio: Portfolio, prices: Prices | None = None) -> tuple[Decimal | None, list[AssetWorth]]:
    """Return what a portfolio is worth (None: a price is missing) and the worth of each asset in it."""
    rows = worth_of(held_in_portfolio(portfolio), prices or Prices(portfolio.currency))
    return total_of(rows), rows


def summarise(portfolio: Portfolio, prices: Prices | None = None) -> Summary:
    """Return what a portfolio is worth and has brought."""
    prices = prices or Prices(portfolio.currency)
    value, rows = value_now(portfolio, prices)
    flows = sum_flows(portfolio)
    marks = [row.price for row in rows if row.price is not None and row.asset != portfolio.currency]
    realised, unrealised, fees = _results(portfolio, prices)
    day, since = _day(portfolio, value)
    return Summary(
        portfolio=portfolio,
        currency=portfolio.currency,
        at=now(),
        value=value,
        priced_at=min((mark.at for mark in marks), default=None),
        is_stale=any(mark.is_stale for mark in marks),
        missing=missing_of(rows),
        allocation=rows,
        flows=flows,
        result=None if value is None else EXACT.subtract(value, flows),
        realised=realised,
        unrealised=unrealised,
        fees=fees,
        day_result=day,
        day_since=since,
    )


def _results(portfolio: Portfolio, prices: Prices) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Return realised, unrealised and fees in the portfolio's currency; None where a price is missing."""
    sums: list[Decimal | None] = [Decimal(0), Decimal(0), Decimal(0)]
    members = PortfolioBook.objects.filter(portfolio=portfolio).values("book_id")
    for row in positions.list_positions(portfolio.owner_id).filter(book_id__in=members):
        price = prices.of(row.quote)
        found = (row.realised_average, positions.value_position(row).unrealised, row.fees)
        sums = [_plus(total, amount, price.price if price else None) for total, amount in zip(sums, found, strict=True)]
    return sums[0], sums[1], sums[2]


def _plus(total: Decimal | None, amount: Decimal | None, price: Decimal | None) -> Decimal | None:
    if amount is not None and not amount:
        return total
    if total is None or amount is None or price is None:
        return None
    return rounded(EXACT.add(total, EXACT.multiply(amount, price)))


def _day(portfolio: Portfolio, value: Decimal | None) -> tuple[Decimal | None, datetime | None]:
    """Return what the last 24 hours brought, and since when that counts."""
    before = noted_before(portfolio, now() - DAY) or first_noted_since(portfolio, now() - DAY)
    if before is None or value is None:
        return None, None if before is None else before.seen_at
    flows = sum_flows(portfolio, since=before.seen_at)
    return EXACT.subtract(EXACT.subtract(value, before.value), flows), before.seen_at


def noted_before(portfolio: Portfolio, moment: datetime) -> NavSample | None:
    """Return the newest noted value that was seen at `moment` or before, at most two hours earlier, or None."""
    found = NavSample.objects.filter(portfolio=portfolio, seen_at__lte=moment, seen_at__gt=moment - timedelta(hours=2))
    return found.order_by("-seen_at").first()


def first_noted_since(portfolio: Portfolio, moment: datetime) -> NavSample | None:
    """Return the first value of a minute that was noted later than a moment, or None."""
    found = NavSample.objects.filter(portfolio=portfolio, seen_at__gt=moment, resolution=Resolution.MINUTE)
    return found.order_by("seen_at").first()


def list_samples(portfolio: Portfolio, resolution: str, *, since: datetime | None = None) -> list[NavSample]:
    """Return noted values of a portfolio, oldest first."""
    found = NavSample.objects.filter(portfolio=portfolio, resolution=resolution)
    if since is not None:
        found = found.filter(at__gte=since)
    return list(found.order_by("at"))


def names_of_books(books: Collection[Any]) -> dict[UUID, str]:
    """Return what books are called: their account, and whose trades they hold."""
    return {book.pk: f"{book.connection.label} · {book.get_purpose_display().lower()}" for book in books}


def group_books(books: Iterable[Any]) -> dict[UUID, tuple[tuple[str, str], ...]]:
    """Return the portfolios that each book stands in, for results summed by portfolio."""
    found: dict[UUID, tuple[tuple[str, str], ...]] = {}
    rows = PortfolioBook.objects.filter(book_id__in=[book.pk for book in books], portfolio__archived_at__isnull=True)
    for book_id, key, name in rows.values_list("book_id", "portfolio_id", "portfolio__name"):
        found[book_id] = (*found.get(book_id, ()), (str(key), name))
    return found
