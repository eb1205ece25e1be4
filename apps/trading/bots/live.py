"""The topic `bot.<uuid>`: what a bot does and is worth, after each commit that changed it."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.context import current_schema
from apps.core.live.publishing import publish
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.trading.bots.errors import BotMissing
from apps.trading.bots.models import Bot
from apps.trading.bots.queries import get_bot, value_bot
from apps.trading.bots.shown import detail_of, plain, state_of

PREFIX = "bot"


def register() -> None:
    """Make the topics known; only the owner may listen to a bot's."""
    register_topic(Topic(prefix=PREFIX, scope=Scope.TENANT, snapshot=_snapshot, authorise=_may_listen))


def announce(bot: Bot) -> None:
    """Publish a bot as it is when the present transaction is committed (or now, outside one)."""
    schema, bot_id = current_schema(), bot.pk

    def send() -> None:
        found = Bot.objects.filter(pk=bot_id).first()
        if found is not None:
            publish(f"{PREFIX}.{bot_id}", frame(found), schema=schema)

    transaction.on_commit(send, robust=True)


def frame(bot: Bot) -> dict[str, Any]:
    """Return a bot as the topic carries it; numbers are texts."""
    worth, state = value_bot(bot), state_of(bot)
    return {
        "id": str(bot.pk),
        "desired": bot.desired_state,
        "state_sentence": state.sentence,
        "state_tone": state.tone,
        "state_detail": detail_of(bot, worth),
        "equity": plain(worth.equity),
        "result": plain(worth.result),
        "since_start": plain(worth.result_percent),
        "today": plain(worth.today),
        "realised": plain(worth.realised - worth.fees),
        "unrealised": plain(worth.unrealised),
        "fees": plain(worth.fees),
        "position": plain(worth.position),
        "price": plain(worth.price),
        "against_holding": plain(worth.against_holding),
    }


def _snapshot(_identity: Identity, topic: str) -> dict[str, Any]:
    return frame(get_bot(UUID(topic.partition(".")[2])))


def _may_listen(identity: Identity, topic: str) -> bool:
    try:
        get_bot(UUID(topic.partition(".")[2]), owner_id=identity.user_id)
    except (ValueError, BotMissing):
        return False
    return True
