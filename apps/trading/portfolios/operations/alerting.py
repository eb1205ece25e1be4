"""Telling a customer when the result of a day passes a bound: once for each day and crossing."""

from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.platform.notifications.operations import notify
from apps.trading.portfolios import alerting
from apps.trading.portfolios.errors import AlertExists, AlertInvalid, TooManyPortfolios
from apps.trading.portfolios.models import ResultAlert
from apps.trading.portfolios.operations.flows import locked
from apps.trading.portfolios.operations.permissions import MANAGE, RUN
from apps.trading.portfolios.topics import DAY_RESULT
from apps.trading.portfolios.valuing import Prices
from apps.trading.positions.choices import Purpose
from apps.trading.positions.queries import get_book

MOST_ALERTS = 20
LARGEST = Decimal(10) ** 15


@operation("portfolios.set_result_alert", permission=MANAGE, audited=("portfolio_id", "book_id", "bound"))
def set_result_alert(
    *, actor: Actor, owner_id: UUID, bound: Decimal, portfolio_id: UUID | None = None, book_id: UUID | None = None
) -> ResultAlert:
    """Tell a customer when the day's result of a portfolio, or of the book of a bot, passes plus or minus `bound`.

    Raises PortfolioMissing, BookMissing, AlertInvalid, AlertExists, TooManyPortfolios (alerts).
    """
    if (portfolio_id is None) == (book_id is None):
        raise AlertInvalid(field="portfolio_id", why="it is about one portfolio or one bot")
    if not bound.is_finite() or not 0 < bound < LARGEST or bound != round(bound, 2):
        raise AlertInvalid(field="bound", why="the bound is above 0, with at most two decimals")
    if portfolio_id is not None:
        locked(portfolio_id, owner_id)
    if book_id is not None and get_book(book_id, owner_id=owner_id).purpose != Purpose.BOT:
        raise AlertInvalid(field="book_id", why="this book is not a bot's")
    own = ResultAlert.objects.filter(owner_id=owner_id)
    if own.count() >= MOST_ALERTS:
        raise TooManyPortfolios(most=MOST_ALERTS, what="alerts on results")
    subject = {"portfolio_id": portfolio_id} if portfolio_id is not None else {"book_id": book_id}
    row, is_new = ResultAlert.objects.get_or_create(owner_id=owner_id, bound=bound, **subject)
    if not is_new:
        raise AlertExists
    return row


@operation("portfolios.remove_result_alert", permission=MANAGE, audited=("alert_id",))
def remove_result_alert(*, actor: Actor, owner_id: UUID, alert_id: UUID) -> None:
    """Take an alert away. Raises AlertMissing."""
    alerting.get_alert(alert_id, owner_id).delete()


@operation("portfolios.look_at_result", permission=RUN, trail=False)
def look_at_result(*, actor: Actor, alert_id: UUID, prices: dict[str, Prices] | None = None) -> bool:
    """Tell the customer if the day's result is beyond the bound and this crossing was not told today; whether it was.

    `prices` by currency are those that others of this minute looked up. Two that look at once tell once: the day is a
    compare-and-set in the transaction of the notification.
    """
    found = ResultAlert.objects.select_related("portfolio", "book").filter(pk=alert_id).first()
    if found is None or (found.portfolio is not None and found.portfolio.archived_at is not None):
        return False
    day, since = alerting.today_of(found.owner_id)
    result = alerting.result_of(found, since, prices if prices is not None else {})
    if result is None or abs(result) < found.bound:
        return False
    column = "gain_told_on" if result > 0 else "loss_told_on"
    untold = Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__lt": day})
    if not ResultAlert.objects.filter(untold, pk=found.pk).update(**{column: day}):
        return False
    unit = alerting.CURRENCY if found.portfolio is None else found.portfolio.currency
    sign = "+" if result > 0 else "\N{MINUS SIGN}"
    params = {
        "name": alerting.name_of(found),
        "what": f"{sign}{abs(result):,.2f} {unit} today, beyond {sign}{found.bound.normalize():,f} {unit}.",
    }
    notify(found.owner_id, DAY_RESULT.name, params, dedupe_key=f"portfolios.result:{found.pk}:{day}:{column}")
    return True
