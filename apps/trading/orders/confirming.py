"""Asking for a fresh second factor before a large live order, for pages and the API alike."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from apps.platform.security.operations import Summary, require_recent_2fa
from apps.trading.exchanges.queries import get_connection
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.operations import NewOrder
from apps.trading.orders.operations.safety import confirmation_limit, worth_of
from apps.trading.positions.queries import get_mark

ACTION = "orders.place_live"


def confirm_order(request: HttpRequest, owner_id: UUID, connection_id: UUID, order: NewOrder) -> bool:
    """Return whether an order is confirmed: True after its code was used up, False where none is needed.

    Raises what `require_recent_2fa` raises when the code has yet to be given, ConnectionMissing and UnknownSymbol. The
    code is for exactly these words of the order on this connection.
    """
    connection = get_connection(connection_id, owner_id=owner_id)
    mark = get_mark(order.symbol)
    worth = worth_of(order, None if mark is None else mark.price)
    if confirmation_limit(owner_id, connection.mode, worth) is None:
        return False
    spec = get_spec(order.symbol)
    words: dict[str, Any] = {name: str(value) for name, value in asdict(order).items()}
    what = f"{order.side.value.capitalize()} {order.quantity.normalize():f} {spec.base}, {order.kind.label}"
    summary = Summary(
        f"Place a live order on {connection.label}",
        [
            ("Order", what),
            ("Price", "at market" if order.price is None else f"{order.price.normalize():f} {spec.quote}"),
            ("Worth about", f"{worth:,.2f} {spec.quote}"),
        ],
        return_url=f"/markets/{order.symbol}/",
    )
    require_recent_2fa(request, ACTION, {"connection": str(connection_id), **words}, summary=summary)
    return True
