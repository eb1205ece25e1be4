"""Real money: what one order and one day may come to, a fresh code above a worth, and no trade with oneself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.platform.configurations.queries import get_value
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.orders.choices import AT_VENUE, FINAL, IN_FLIGHT, TRADES, Kind, OrderState, SelfMatch
from apps.trading.orders.errors import DayLimitReached, LooserNeedsCode, OrderTooLarge, WouldMeetOwnOrder
from apps.trading.orders.models import Order, OrderSafety
from apps.trading.orders.operations.checking import NewOrder
from kernel.instruments import InstrumentSpec, Side

LOCK = 7_303
REACH = Decimal("1.01")
"""So far an order at market may reach, for the question whether it meets an own order."""
LIVE = "live"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is in force for a customer, in quote: the lower one of the platform's and the customer's own."""

    confirm_above: Decimal
    most_per_order: Decimal
    most_per_day: Decimal
    self_match: SelfMatch


def limits_of(owner_id: UUID) -> Limits:
    """Return what is in force for a customer."""
    own = OrderSafety.objects.filter(owner_id=owner_id).first()

    def lower(setting: str, mine: Decimal | None) -> Decimal:
        platform = Decimal(get_value(setting))
        return platform if mine is None else min(platform, mine)

    return Limits(
        confirm_above=lower("orders.confirm_above", own.confirm_above if own else None),
        most_per_order=lower("orders.most_per_order", own.most_per_order if own else None),
        most_per_day=lower("orders.most_per_day", own.most_per_day if own else None),
        self_match=SelfMatch(own.self_match) if own else SelfMatch.REFUSE,
    )


@operation("orders.set_limits", permission=TRADES, audited=("owner_id", "limits"))
def set_limits(*, actor: Actor, owner_id: UUID, limits: dict[str, Any], confirmed: bool = False) -> OrderSafety:
    """Keep a customer's own limits (confirm_above, most_per_order, most_per_day: None is the platform's; self_match).

    Where `loosens` says so, faces ask for the second factor first and say `confirmed`, else LooserNeedsCode is raised:
    asked again here, because another change may have come in between. Raises ConnectionMissing for somebody else's.
    """
    if actor.id != owner_id:
        raise ConnectionMissing
    _lock(f"limits:{owner_id}")
    if not confirmed and loosens(owner_id, limits):
        raise LooserNeedsCode
    row, _ = OrderSafety.objects.update_or_create(owner_id=owner_id, defaults=limits)
    return row


def loosens(owner_id: UUID, limits: dict[str, Any]) -> bool:
    """Return whether new limits let through anything that the present ones do not."""
    before = limits_of(owner_id)
    for name in ("confirm_above", "most_per_order", "most_per_day"):
        if name in limits:
            most = Decimal(get_value(f"orders.{name}"))
            new = most if limits[name] is None else min(most, limits[name])
            if new > getattr(before, name):
                return True
    return bool(limits.get("self_match") == SelfMatch.ALLOW and before.self_match != SelfMatch.ALLOW)


def worth_of(order: NewOrder, market_price: Decimal | None) -> Decimal:
    """Return what an order is worth in quote at its highest price; 0 while no price is known."""
    prices = [price for price in (order.price, order.stop_price, market_price) if price is not None]
    return order.quantity * (order.price if order.price is not None else max(prices, default=ZERO))


def confirmation_limit(owner_id: UUID, mode: str, worth: Decimal) -> Decimal | None:
    """Return the limit above which a live order has to be confirmed, if this one is; else None."""
    if mode != LIVE:
        return None
    limit = limits_of(owner_id).confirm_above
    return limit if worth > limit else None


def check_amounts(owner_id: UUID, mode: str, order: NewOrder, spec: InstrumentSpec, worth: Decimal) -> None:
    """Raise OrderTooLarge or DayLimitReached for a live order that opens; one customer is asked at a time."""
    if mode != LIVE or order.reduce_only:
        return
    limits = limits_of(owner_id)
    if worth > limits.most_per_order:
        raise OrderTooLarge(field="quantity", worth=_text(worth), quote=spec.quote, limit=_text(limits.most_per_order))
    _lock(f"day:{owner_id}")
    total = worth + worth_today(owner_id)
    if total > limits.most_per_day:
        raise DayLimitReached(field="quantity", worth=_text(total), quote=spec.quote, limit=_text(limits.most_per_day))


def worth_today(owner_id: UUID) -> Decimal:
    """Return what a customer's live orders of this UTC day come to: of those that are over what filled, else all."""
    midnight = now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found = Order.objects.filter(owner_id=owner_id, connection__mode=LIVE, created_at__gte=midnight, reduce_only=False)
    price = Coalesce(F("average_price"), F("price"), F("stop_price"), F("wanted_price"))
    filled = found.filter(state__in=FINAL).aggregate(sum=Sum(F("filled") * price))["sum"] or ZERO
    working = found.exclude(state__in=FINAL).aggregate(sum=Sum(F("quantity") * price))["sum"] or ZERO
    return Decimal(filled + working)


def leave_out_own(owner_id: UUID, connection_id: UUID, order: NewOrder, price: Decimal | None) -> Decimal:
    """Return the quantity of an order that meets no own order of the account; raises WouldMeetOwnOrder.

    `price` is the worst price it can reach. Bots and people of one customer count as one. One transaction at a time
    asks this of an account and symbol.
    """
    rule = limits_of(owner_id).self_match
    if rule is SelfMatch.ALLOW or order.kind not in (Kind.MARKET, Kind.LIMIT) or order.post_only:
        return order.quantity
    _lock(f"self:{connection_id}:{order.symbol}")
    met = list(_met(connection_id, order, price))
    left = order.quantity - sum((row.quantity - row.filled for row in met), ZERO)
    if not met or (rule is SelfMatch.REDUCE and left > 0):
        return left
    raise WouldMeetOwnOrder(field="price", side=met[0].side, price=_text(met[0].price))


def _met(connection_id: UUID, order: NewOrder, price: Decimal | None) -> Iterable[Order]:
    other = Side.SELL if order.side is Side.BUY else Side.BUY
    found = Order.objects.filter(
        connection_id=connection_id,
        symbol=order.symbol,
        side=other.value,
        kind=Kind.LIMIT,
        state__in=(OrderState.INTENT, *IN_FLIGHT, *AT_VENUE),
    )
    if price is not None:
        found = found.filter(price__lte=price) if order.side is Side.BUY else found.filter(price__gte=price)
    return found.order_by("price" if order.side is Side.BUY else "-price")


def reach_of(order: NewOrder, market_price: Decimal | None) -> Decimal | None:
    """Return the worst price an order can reach: its own, or a little beyond the market's; None when none is known."""
    if order.price is not None or market_price is None:
        return order.price
    return market_price * REACH if order.side is Side.BUY else market_price / REACH


def _lock(what: str) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema() || %s))", [LOCK, what])


def _text(amount: Decimal) -> str:
    return f"{amount.quantize(Decimal('0.01')):,f}"
