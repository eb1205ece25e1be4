"""What the symbol page shows of a customer: newest orders, open positions, fills on the chart."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.clock import to_ms
from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import Figure, result
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import AT_VENUE, IN_FLIGHT, OrderState
from apps.trading.orders.models import Fill
from apps.trading.orders.pages.forms import is_changeable
from apps.trading.orders.queries import list_orders, names_of, show_orders
from apps.trading.orders.shown import OrderRow, places
from apps.trading.positions.queries import list_positions, value_position
from kernel.instruments import perpetual_of

NEWEST = 20
LINED = (OrderState.HELD.value, OrderState.INTENT.value, *IN_FLIGHT, *AT_VENUE)


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A line of the positions on the symbol page."""

    bot: str
    bot_url: str
    side: str
    size: str
    entry: str
    mark: str
    result: Figure


def orders(owner_id: UUID, symbol: str) -> list[OrderRow]:
    """Return the newest orders of a symbol and of the contract that follows it."""
    found = [*list_orders(owner_id, symbol=symbol)[:NEWEST]]
    found += list_orders(owner_id, symbol=perpetual_of(symbol))[:NEWEST]
    return show_orders(sorted(found, key=lambda row: row.pk, reverse=True)[:NEWEST])


def _by_hand(position: Any) -> str:
    return "Contract" if position.is_contract else "By hand"


def positions(owner_id: UUID, symbol: str) -> list[PositionRow]:
    """Return the open positions of a symbol, valued now."""
    found = list(list_positions(owner_id, symbol=symbol, is_open=True)[:NEWEST])
    names = names_of({row.book.purpose_id for row in found})
    digits = places(get_spec(symbol).tick)
    rows = []
    for position in found:
        value, bot_id = value_position(position), position.book.purpose_id
        rows.append(
            PositionRow(
                bot=_by_hand(position) if bot_id is None else names.get(bot_id, "Bot"),
                bot_url="/orders/" if bot_id is None else f"/bots/{bot_id}/",
                side="long" if position.quantity > 0 else "short",
                size=trimmed(position.quantity.copy_abs()),
                entry=amount(value.entry, digits),
                mark=amount(value.mark.price if value.mark else None, digits),
                result=result(value.unrealised),
            )
        )
    return rows


def lines(owner_id: UUID, symbol: str) -> list[dict[str, Any]]:
    """Return the prices of open orders as lines of the chart: limits, and triggers that are still waited for."""
    rows = list_orders(owner_id, states=LINED, symbol=symbol)[:NEWEST]
    found = []
    for row in rows:
        waits = row.stop_price is not None and row.triggered_at is None
        price = row.stop_price if waits else row.price
        if price is not None:
            size, what = trimmed(row.quantity - row.filled), "if at" if waits else "at"
            label, tone = f"{row.side.capitalize()} {size} {what}", "up" if row.side == "buy" else "down"
            line = {"price": f"{price.normalize():f}", "label": label, "tone": tone}
            if is_changeable(row):
                line |= {"url": reverse("orders-amend", args=[row.pk]), "field": "stop_price" if waits else "price"}
            found.append(line)
    return found


def marks(owner_id: UUID, symbol: str) -> list[dict[str, Any]]:
    """Return the newest fills as marks on the chart."""
    found = Fill.objects.filter(order__owner_id=owner_id, symbol=symbol).order_by("-id")[:100]
    return [
        {"ts": to_ms(fill.at), "side": fill.side, "text": f"{fill.side.capitalize()} {trimmed(fill.quantity)}"}
        for fill in reversed(found)
    ]
