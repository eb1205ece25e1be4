"""Answering the exchanges' question which orders of a connection are not over (they show only parts of our ids)."""

from collections.abc import Sequence
from uuid import UUID

from apps.trading.exchanges.operations import OrderAtVenue
from apps.trading.orders.choices import FINAL
from apps.trading.orders.models import Order


def list_at_venue(connection_id: UUID) -> Sequence[OrderAtVenue]:
    """Return the orders of a connection that are not over, newest first; `sent_at` None: never sent."""
    rows = Order.objects.filter(connection_id=connection_id).exclude(state__in=FINAL).order_by("-id")
    return [OrderAtVenue(*row) for row in rows.values_list("client_id", "symbol", "sent_at")]
