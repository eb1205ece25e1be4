"""What risk asks about bots: whose one is, and what a customer's are called."""

from uuid import UUID

from apps.trading.bots import queries
from apps.trading.bots.errors import BotMissing


class Directory:
    """Answers from the table of bots."""

    def owner_of(self, bot_id: UUID) -> UUID | None:
        """Return the owner of a bot, None when there is no such bot."""
        try:
            return queries.get_bot(bot_id).owner_id
        except BotMissing:
            return None

    def names_of(self, owner_id: UUID) -> dict[UUID, str]:
        """Return the customer's bots that are not archived, by id."""
        return {row.pk: row.name for row in queries.list_bots(owner_id)}
