"""Making, naming and archiving portfolios; the two that hold everything of their kind."""

from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.trading.exchanges.choices import Mode
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_instrument
from apps.trading.portfolios import queries
from apps.trading.portfolios.errors import (
    BenchmarkInvalid,
    DefaultIsFixed,
    PortfolioNameInvalid,
    PortfolioNameTaken,
    PriceMissing,
    TooManyPortfolios,
)
from apps.trading.portfolios.models import Portfolio
from apps.trading.portfolios.operations.flows import follow_accounts, locked
from apps.trading.portfolios.operations.permissions import MANAGE

LONGEST, MOST = 60, 50
DEFAULT_NAMES = {Mode.PAPER.value: "All paper books", Mode.LIVE.value: "All live books"}


def clean_name(name: str) -> str:
    """Return a name without spaces around it, or raise PortfolioNameInvalid."""
    found = name.strip()
    if not found or len(found) > LONGEST or not found.isprintable():
        raise PortfolioNameInvalid(field="name", most=LONGEST)
    return found


@operation("portfolios.create", permission=MANAGE)
def create_portfolio(*, actor: Actor, owner_id: UUID, name: str, mode: str) -> Portfolio:
    """Make an empty portfolio for paper or for live books. Raises PortfolioNameInvalid, -Taken, TooManyPortfolios."""
    wanted = clean_name(name)
    own = Portfolio.objects.filter(owner_id=owner_id, archived_at__isnull=True)
    if own.count() >= MOST:
        raise TooManyPortfolios(most=MOST, what="portfolios")
    if own.filter(name=wanted).exists():
        raise PortfolioNameTaken(field="name", name=wanted)
    return Portfolio.objects.create(owner_id=owner_id, name=wanted, mode=Mode(mode))


@operation("portfolios.rename", permission=MANAGE, audited=("portfolio_id",))
def rename_portfolio(*, actor: Actor, owner_id: UUID, portfolio_id: UUID, name: str) -> Portfolio:
    """Give a portfolio another name. Raises PortfolioMissing, PortfolioNameInvalid and PortfolioNameTaken."""
    row, wanted = locked(portfolio_id, owner_id), clean_name(name)
    others = Portfolio.objects.filter(owner_id=owner_id, name=wanted, archived_at__isnull=True).exclude(pk=row.pk)
    if others.exists():
        raise PortfolioNameTaken(field="name", name=wanted)
    row.name = wanted
    row.save(update_fields=["name"])
    return row


@operation("portfolios.archive", permission=MANAGE, audited=("portfolio_id",))
def archive_portfolio(*, actor: Actor, owner_id: UUID, portfolio_id: UUID) -> Portfolio:
    """Put a portfolio away: it is in no list and no value is noted any more. Books and history stay.

    Raises PortfolioMissing and DefaultIsFixed.
    """
    row = locked(portfolio_id, owner_id)
    if row.is_default:
        raise DefaultIsFixed
    row.archived_at = now()
    row.save(update_fields=["archived_at"])
    return row


@operation("portfolios.choose_benchmark", permission=MANAGE, audited=("portfolio_id", "symbol", "other_id"))
def choose_benchmark(
    *, actor: Actor, owner_id: UUID, portfolio_id: UUID, symbol: str = "", other_id: UUID | None = None
) -> Portfolio:
    """Compare a portfolio with a market or with another portfolio; with neither, with nothing.

    Raises PortfolioMissing and BenchmarkInvalid.
    """
    row = locked(portfolio_id, owner_id)
    if symbol and other_id is not None:
        raise BenchmarkInvalid(field="symbol", why="choose a market or a portfolio, not both")
    if symbol:
        try:
            symbol = get_instrument(symbol).symbol
        except UnknownSymbol:
            raise BenchmarkInvalid(field="symbol", why="there is no such market") from None
    if other_id == row.pk:
        raise BenchmarkInvalid(field="other_id", why="it is this portfolio itself")
    other = None if other_id is None else queries.get_portfolio(other_id, owner_id)
    row.benchmark_symbol, row.benchmark = symbol, other
    row.save(update_fields=["benchmark_symbol", "benchmark"])
    return row


@operation("portfolios.open_defaults", permission=MANAGE, trail=False)
def open_defaults(*, actor: Actor, owner_id: UUID) -> list[Portfolio]:
    """Make the portfolio of all paper and of all live books where there are some, and bring them up to date.

    One that cannot be valued now stays as it is and is brought up to date later.
    """
    rows = []
    for mode in queries.list_modes(owner_id):
        name = DEFAULT_NAMES[mode]
        if Portfolio.objects.filter(owner_id=owner_id, name=name, archived_at__isnull=True, is_default=False).exists():
            name = f"{name} (default)"
        row, _ = Portfolio.objects.get_or_create(owner_id=owner_id, mode=mode, is_default=True, defaults={"name": name})
        rows.append(bring_up(row))
    return rows


def bring_up(row: Portfolio) -> Portfolio:
    """Bring a default portfolio up to its accounts, or leave it when something has no price."""
    try:
        with transaction.atomic():
            fresh = locked(row.pk, row.owner_id)
            follow_accounts(fresh)
            return fresh
    except PriceMissing:
        return row
