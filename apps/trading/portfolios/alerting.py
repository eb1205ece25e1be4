"""The result of a day by a person's clock, of a portfolio or of a bot's book; and reading alerts on it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.core.clock import now
from apps.trading.orders.queries import names_of
from apps.trading.portfolios import queries
from apps.trading.portfolios.calendar import day_bounds, today_in, zone_of
from apps.trading.portfolios.errors import AlertMissing
from apps.trading.portfolios.models import Portfolio, ResultAlert
from apps.trading.portfolios.valuing import EXACT, Prices
from apps.trading.positions.choices import Purpose
from apps.trading.positions.queries import list_books, list_quarter_results

CURRENCY = "USDT"
"""What results of books are told in."""


def list_alerts(owner_id: UUID) -> QuerySet[ResultAlert]:
    """Return a customer's alerts on results, newest first."""
    found = ResultAlert.objects.filter(owner_id=owner_id)
    return found.select_related("portfolio", "book__connection").order_by("-id")


def list_alert_ids() -> list[UUID]:
    """Return all alerts on results of this tenant."""
    return list(ResultAlert.objects.order_by("id").values_list("pk", flat=True))


def get_alert(alert_id: UUID, owner_id: UUID) -> ResultAlert:
    """Return an alert of a customer, or raise AlertMissing."""
    found = list_alerts(owner_id).filter(pk=alert_id).first()
    if found is None:
        raise AlertMissing
    return found


def list_bot_books(owner_id: UUID) -> list[tuple[UUID, str]]:
    """Return the books of a customer's bots with the bots' names."""
    books = list(list_books(owner_id).filter(purpose=Purpose.BOT).order_by("-id"))
    names = names_of({book.purpose_id for book in books})
    return [(book.pk, names.get(book.purpose_id or book.pk, "A bot")) for book in books]


def name_of(alert: ResultAlert) -> str:
    """Return what an alert is about."""
    if alert.portfolio is not None:
        return alert.portfolio.name
    assert alert.book is not None
    key = alert.book.purpose_id
    return "A bot" if key is None else names_of({key}).get(key, "A bot")


def today_of(owner_id: UUID) -> tuple[date, datetime]:
    """Return the present day by a customer's clock, and the moment it began (UTC)."""
    zone = zone_of(owner_id)
    day = today_in(zone, now())
    return day, day_bounds(day, zone).start


def result_of(alert: ResultAlert, since: datetime, prices: dict[str, Prices]) -> Decimal | None:
    """Return the result since a day began: None while it is not known.

    Of a portfolio its change in value without what came in and went out, in its currency; of a bot's book what was
    realised less fees, in USDT. `prices` by currency: what was looked up already; a missing currency is added.
    """
    if alert.portfolio is not None:
        currency = alert.portfolio.currency
        return _of_portfolio(alert.portfolio, since, prices.setdefault(currency, Prices(currency)))
    assert alert.book is not None
    return _of_book(alert.book, since)


def _of_portfolio(row: Portfolio, since: datetime, prices: Prices) -> Decimal | None:
    value, _ = queries.value_now(row, prices)
    before = queries.noted_before(row, since) or queries.first_noted_since(row, since)
    if value is None or before is None or before.epoch != row.epoch:
        return None
    flows = queries.sum_flows(row, since=before.seen_at)
    return EXACT.subtract(EXACT.subtract(value, before.value), flows)


def _of_book(book: Any, since: datetime) -> Decimal:
    total = Decimal(0)
    for _, quote, brought, _ in list_quarter_results(book.owner_id, since=since, book_ids=[book.pk]):
        if quote == CURRENCY:
            total = EXACT.add(total, brought)
    return total
