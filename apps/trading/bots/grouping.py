"""What results of books are summed by where bots own them: the bot by its name, and the strategy it runs."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.trading.bots.models import Bot, BotConfig

Groups = dict[UUID, tuple[tuple[str, str], ...]]


def by_bot(books: Iterable[Any]) -> Groups:
    """Return the bot of each book that one owns: key and name."""
    found = Bot.objects.filter(book_id__in=[book.pk for book in books])
    return {bot.book_id: ((str(bot.pk), bot.name),) for bot in found}


def by_strategy(books: Iterable[Any]) -> Groups:
    """Return the strategy that each bot's book follows now: key and name."""
    rows = BotConfig.objects.filter(bot__book_id__in=[book.pk for book in books]).order_by("bot_id", "-number")
    newest = rows.distinct("bot_id").select_related("bot", "strategy_version__strategy")
    return {
        row.bot.book_id: ((str(row.strategy_version.strategy_id), row.strategy_version.strategy.name),)
        for row in newest
    }
