"""The work index: who is woken by which stream."""

from uuid import UUID

from apps.core.actors import Actor
from apps.core.context import current_tenant_schema
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.trading.market_data.models import StreamSubscription

SUBSCRIBE = declare("market_data.subscribe", "Have bots woken by market data (done by the product itself)")


@operation("market_data.subscribe", permission=SUBSCRIBE, trail=False)
def subscribe(*, actor: Actor, stream: str, bot_id: UUID) -> None:
    """Have a bot of this tenant woken by a stream ("BTCUSDT.5m"). Safe to repeat."""
    row = StreamSubscription(stream=stream, schema=current_tenant_schema(), bot_id=bot_id)
    StreamSubscription.objects.bulk_create([row], ignore_conflicts=True)


@operation("market_data.unsubscribe", permission=SUBSCRIBE, trail=False)
def unsubscribe(*, actor: Actor, bot_id: UUID, stream: str | None = None) -> None:
    """Stop waking a bot of this tenant, by one stream or by all. Safe to repeat."""
    rows = StreamSubscription.objects.filter(schema=current_tenant_schema(), bot_id=bot_id)
    (rows if stream is None else rows.filter(stream=stream)).delete()
