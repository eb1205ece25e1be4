"""Since when transfers move the mirror of a spot wallet: those that went before are in its first balance already."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

FirstSeen = Callable[[UUID], datetime | None]
_known: list[FirstSeen] = []


def ask_first_seen(function: FirstSeen) -> None:
    """Say who knows when the first balances of a connection were seen (orders, at start); None: no transfer is in them.

    From the question until the end of its transaction nobody opens that mirror.
    """
    _known[:] = [function]


def first_seen_at(connection_id: UUID) -> datetime | None:
    """Return until when transfers of a connection are in the first balance of its spot mirror; None: none is."""
    return _known[0](connection_id) if _known else None
