"""What bots do when others report something, and what their owners are told."""

from django.db import transaction

from apps.core.actors import Actor
from apps.core.context import current_schema
from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.platform.notifications.choices import NotificationTopic
from apps.platform.notifications.operations import notify
from apps.trading.bots.models import Bot
from apps.trading.bots.operations import stop_each
from apps.trading.bots.queries import list_active_bots, list_names
from apps.trading.bots.tasks import advance
from apps.trading.bots.topics import NEEDS_ATTENTION, PAUSED
from apps.trading.orders.choices import Origin
from kernel.events.exchanges import ConnectionRevoked
from kernel.events.platform import UserDeactivated
from kernel.events.trading import BotNeedsAttention, BotPaused, OrderClosed, OrderFilled

SYSTEM = Actor.system("bots")


@handles(UserDeactivated, name="bots.stop_for_closed_account")
def stop_for_closed_account(item: UserDeactivated, _event: OutboxEvent) -> None:
    """Stop all bots of an account that was closed."""
    bots = list(list_active_bots(owner_id=item.user_id).values_list("pk", flat=True))
    stop_each(SYSTEM, bots, "the account was closed")


@handles(ConnectionRevoked, name="bots.stop_for_closed_connection")
def stop_for_closed_connection(item: ConnectionRevoked, _event: OutboxEvent) -> None:
    """Stop all bots on a connection that was closed."""
    bots = list(list_active_bots(connection_id=item.connection_id).values_list("pk", flat=True))
    stop_each(SYSTEM, bots, "the connection was closed")


@handles(OrderFilled, name="bots.look_after_fill")
def look_after_fill(item: OrderFilled, _event: OutboxEvent) -> None:
    """Wake a bot that still waits for the order that filled."""
    _wake(item)


@handles(OrderClosed, name="bots.look_after_end")
def look_after_end(item: OrderClosed, _event: OutboxEvent) -> None:
    """Wake a bot that still waits for the order that ended."""
    _wake(item)


@handles(BotNeedsAttention, name="bots.tell_attention")
def tell_attention(item: BotNeedsAttention, row: OutboxEvent) -> None:
    """Tell the owner that a bot cannot go on as it should."""
    _tell(NEEDS_ATTENTION, item, row)


@handles(BotPaused, name="bots.tell_pause")
def tell_pause(item: BotPaused, row: OutboxEvent) -> None:
    """Tell the owner that a bot trades nothing until it is resumed, and who wanted that."""
    _tell(PAUSED, item, row)


def _tell(topic: NotificationTopic, item: BotNeedsAttention | BotPaused, row: OutboxEvent) -> None:
    name = list_names([item.bot_id]).get(item.bot_id, "A bot")
    params = {"bot": name, "bot_id": str(item.bot_id), "reason": item.reason}
    notify(item.owner_id, topic.name, params, dedupe_key=str(row.uid))


def _wake(item: OrderFilled | OrderClosed) -> None:
    if item.origin_kind != Origin.BOT or item.origin_id is None:
        return
    if Bot.objects.filter(pk=item.origin_id, pending_order_id=item.order_id, lease_until__isnull=True).exists():
        schema, bot_id = current_schema(), str(item.origin_id)
        transaction.on_commit(lambda: advance.delay(schema, bot_id, "order"), robust=True)
