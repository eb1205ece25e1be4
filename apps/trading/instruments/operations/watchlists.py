"""Watchlists of customers. Adding and removing the same thing twice is the same as once."""

from uuid import UUID

from django.db.models import Max

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.trading.instruments import queries
from apps.trading.instruments.errors import NameInvalid, TooManyKept, WatchlistNameTaken
from apps.trading.instruments.models import Watchlist, WatchlistItem
from apps.trading.instruments.operations.permissions import WATCH

MOST_LISTS = 20
MOST_SYMBOLS = 100
LONGEST_NAME = 60


def clean_name(name: str, most: int = LONGEST_NAME) -> str:
    """Return a name without spaces around it, or raise NameInvalid."""
    found = name.strip()
    if not found or len(found) > most or not found.isprintable():
        raise NameInvalid(field="name", most=most)
    return found


@operation("instruments.create_watchlist", permission=WATCH)
def create_watchlist(*, actor: Actor, owner_id: UUID, name: str) -> Watchlist:
    """Make an empty list. Raises NameInvalid, WatchlistNameTaken and TooManyKept."""
    wanted = clean_name(name)
    own = Watchlist.objects.filter(owner_id=owner_id)
    if own.count() >= MOST_LISTS:
        raise TooManyKept(most=MOST_LISTS, what="watchlists")
    last = own.aggregate(last=Max("position"))["last"]
    row, is_new = Watchlist.objects.get_or_create(
        owner_id=owner_id, name=wanted, defaults={"position": 0 if last is None else last + 1}
    )
    if not is_new:
        raise WatchlistNameTaken(field="name", name=wanted)
    return row


@operation("instruments.rename_watchlist", permission=WATCH, audited=("watchlist_id",))
def rename_watchlist(*, actor: Actor, owner_id: UUID, watchlist_id: UUID, name: str) -> Watchlist:
    """Give a list another name. Raises WatchlistMissing, NameInvalid and WatchlistNameTaken."""
    row = queries.get_watchlist(watchlist_id, owner_id)
    wanted = clean_name(name)
    if Watchlist.objects.filter(owner_id=owner_id, name=wanted).exclude(pk=row.pk).exists():
        raise WatchlistNameTaken(field="name", name=wanted)
    row.name = wanted
    row.save(update_fields=["name"])
    return row


@operation("instruments.remove_watchlist", permission=WATCH, audited=("watchlist_id",))
def remove_watchlist(*, actor: Actor, owner_id: UUID, watchlist_id: UUID) -> None:
    """Remove a list with its symbols. Raises WatchlistMissing."""
    queries.get_watchlist(watchlist_id, owner_id).delete()


@operation("instruments.add_symbol", permission=WATCH, audited=("watchlist_id", "symbol"))
def add_symbol(*, actor: Actor, owner_id: UUID, watchlist_id: UUID, symbol: str) -> WatchlistItem:
    """Put a symbol at the end of a list. Raises WatchlistMissing, UnknownSymbol and TooManyKept."""
    watchlist = queries.get_watchlist(watchlist_id, owner_id)
    known = queries.get_instrument(symbol).symbol
    items = WatchlistItem.objects.filter(watchlist=watchlist)
    facts = items.aggregate(last=Max("position"))
    if items.exclude(symbol=known).count() >= MOST_SYMBOLS:
        raise TooManyKept(most=MOST_SYMBOLS, what="symbols in a list")
    row, _ = WatchlistItem.objects.get_or_create(
        watchlist=watchlist,
        symbol=known,
        defaults={"position": 0 if facts["last"] is None else facts["last"] + 1},
    )
    return row


@operation("instruments.remove_symbol", permission=WATCH, audited=("watchlist_id", "symbol"))
def remove_symbol(*, actor: Actor, owner_id: UUID, watchlist_id: UUID, symbol: str) -> int:
    """Take a symbol off a list; return how many went (0: it was not on it). Raises WatchlistMissing."""
    watchlist = queries.get_watchlist(watchlist_id, owner_id)
    gone, _ = WatchlistItem.objects.filter(watchlist=watchlist, symbol=symbol).delete()
    return gone
