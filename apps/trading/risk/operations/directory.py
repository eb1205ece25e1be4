"""Whose a bot is: a question upwards, which the app of bots answers."""

from typing import Protocol
from uuid import UUID

from apps.core.errors import Defect
from apps.trading.risk.errors import SubjectMissing


class BotDirectory(Protocol):
    """What the app of bots fills in."""

    def owner_of(self, bot_id: UUID) -> UUID | None:
        """Return the owner of a bot, None when there is no such bot."""
        ...

    def names_of(self, owner_id: UUID) -> dict[UUID, str]:
        """Return the customer's bots that are not archived, by id."""
        ...


_registered: list[BotDirectory] = []


def register_bots(directory: BotDirectory) -> None:
    """Install the one directory of bots (called when the product starts)."""
    _registered[:] = [directory]


def names_of_bots(owner_id: UUID) -> dict[UUID, str]:
    """Return a customer's bots by id; none while no directory is there."""
    return _registered[0].names_of(owner_id) if _registered else {}


def owner_of_bot(bot_id: UUID) -> UUID:
    """Return the owner of a bot. Raises SubjectMissing."""
    if not _registered:
        raise Defect("Nobody knows whose a bot is.")
    found = _registered[0].owner_of(bot_id)
    if found is None:
        raise SubjectMissing
    return found
