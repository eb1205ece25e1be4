"""The lines of the table of bots, for the list and for home."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.urls import reverse

from apps.core.view import Figure, State, result
from apps.trading.bots.models import Bot, BotEquity
from apps.trading.bots.queries import BotWorth, base_and_quote, list_bots, value_bot
from apps.trading.bots.shown import state_of

SPARK_POINTS = 40
SPARK_WIDTH, SPARK_HEIGHT = 100, 24


@dataclass(frozen=True, slots=True)
class BotRow:
    """A line of the table."""

    id: str
    name: str
    url: str
    mode: str
    symbol: str
    state: State
    today: Figure
    since_start: Figure
    against_holding: Figure | None
    spark_points: str


def bot_rows(owner_id: UUID, most: int = 200) -> list[BotRow]:
    """Return the rows of a customer's bots, newest first."""
    return [row_of(bot, value_bot(bot)) for bot in list_bots(owner_id)[:most]]


def row_of(bot: Bot, worth: BotWorth) -> BotRow:
    """Return the row of a bot that is worth `worth` now."""
    base, quote = base_and_quote(bot.symbol)
    against = worth.against_holding
    return BotRow(
        id=str(bot.pk),
        name=bot.name,
        url=reverse("bots-detail", args=[bot.pk]),
        mode=bot.connection.mode,
        symbol=f"{base}/{quote}",
        state=state_of(bot),
        today=result(worth.today),
        since_start=result(worth.result_percent, 1),
        against_holding=None if against is None else result(against, 1),
        spark_points=spark(_newest_equity(bot)),
    )


def _newest_equity(bot: Bot) -> list[Decimal]:
    rows = BotEquity.objects.filter(bot=bot).order_by("-ts").values_list("equity", flat=True)[:SPARK_POINTS]
    return list(reversed(rows))


def spark(values: Sequence[Decimal]) -> str:
    """Return the points of a small line (SVG: x,y pairs in a box of 100 × 24); empty for fewer than two values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or Decimal(1)
    step = Decimal(SPARK_WIDTH) / (len(values) - 1)
    return " ".join(
        f"{step * at:.1f},{SPARK_HEIGHT - 2 - (value - low) / span * (SPARK_HEIGHT - 4):.1f}"
        for at, value in enumerate(values)
    )
