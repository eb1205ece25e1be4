"""Reading orders, fills, incidents."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection as database
from django.db.models import Case, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum, When

from apps.core.clock import now
from apps.trading.exchanges.queries import list_active_connections
from apps.trading.instruments.queries import get_specs
from apps.trading.orders.choices import AT_VENUE, FINAL, IN_FLIGHT, OrderState, Origin
from apps.trading.orders.errors import OrderMissing
from apps.trading.orders.models import BalanceBaseline, ExternalOrder, Fill, Order, OrderGroup, ReconcileIncident
from apps.trading.orders.shown import OrderRow, row_of
from kernel.instruments.contracts import PERPETUAL

NamesOf = Callable[[Collection[UUID]], Mapping[UUID, str]]
_names: list[NamesOf] = []
AMOUNT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=60, decimal_places=36)
UNBOOKED = """
    SELECT f.id FROM orders_fill f LEFT JOIN ledger_journal j ON j.key = 'fill:' || f.id
    WHERE f.connection_id = %s AND j.id IS NULL AND f.symbol NOT LIKE %s ORDER BY f.id LIMIT %s
"""
UNRESERVED = """
    SELECT o.id FROM orders_order o LEFT JOIN ledger_hold h ON h.key = 'order:' || o.id
    WHERE o.connection_id = %s AND o.state <> ALL (%s) AND h.id IS NULL AND o.leg IN ('', 'entry')
        AND o.symbol NOT LIKE %s ORDER BY o.id
"""
CONTRACTS = Q(symbol__endswith=PERPETUAL)
"""What is traded there moves another wallet."""
NEEDS_SETTLING = Q(state__in=[*IN_FLIGHT, OrderState.CANCELLING]) | Q(reported_filled__gt=F("filled"))


def for_other_mode(is_hedged: bool) -> Q:
    """Return the condition of contract orders that were placed for the other position mode than the one given."""
    return Q(position_side="") if is_hedged else ~Q(position_side="")


def get_order(order_id: UUID, *, owner_id: UUID | None = None) -> Order:
    """Return an order, with `owner_id` only one of that customer. Raises OrderMissing."""
    found = Order.objects.select_related("connection__venue").filter(pk=order_id)
    order = (found if owner_id is None else found.filter(owner_id=owner_id)).first()
    if order is None:
        raise OrderMissing
    return order


def list_final(order_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of some orders that are over."""
    return set(Order.objects.filter(pk__in=list(order_ids), state__in=FINAL).values_list("pk", flat=True))


def list_orders(
    owner_id: UUID, *, states: Iterable[str] = (), symbol: str = "", origin_id: UUID | None = None
) -> QuerySet[Order]:
    """Return a customer's orders, newest first, narrowed by states, symbol and bot."""
    found = Order.objects.filter(owner_id=owner_id).select_related("connection").order_by("-id")
    wanted = list(states)
    if wanted:
        found = found.filter(state__in=wanted)
    if symbol:
        found = found.filter(symbol=symbol)
    return found if origin_id is None else found.filter(origin_id=origin_id)


def list_bot_orders(bot_id: UUID, *, is_over: bool | None = None) -> QuerySet[Order]:
    """Return the orders of a bot, oldest first; `is_over` False: those that may still change."""
    found = Order.objects.filter(origin_kind=Origin.BOT, origin_id=bot_id).order_by("sequence")
    if is_over is None:
        return found
    over = Q(state__in=FINAL) & Q(reported_filled__lte=F("filled"))
    return found.filter(over) if is_over else found.exclude(over)


def list_fills(order_id: UUID) -> QuerySet[Fill]:
    """Return the fills of an order, oldest first."""
    return Fill.objects.filter(order_id=order_id).order_by("id")


def list_orders_to_check(at: datetime | None = None, limit: int = 200) -> list[Order]:
    """Return orders by hand whose next look at the venue is due: unknown ones, unsent ones, cancels under way."""
    due = at or now()
    found = Order.objects.filter(check_at__lte=due).exclude(origin_kind=Origin.BOT)
    return list(found.order_by("check_at")[:limit])


def exists_order_to_check() -> bool:
    """Return whether an order by hand waits for a look at the venue, due or not."""
    if OrderGroup.objects.filter(check_at__isnull=False).exists():
        return True
    return Order.objects.filter(check_at__isnull=False).exclude(origin_kind=Origin.BOT).exists()


def get_group(group_id: UUID, *, owner_id: UUID | None = None) -> OrderGroup:
    """Return a group, with `owner_id` only one of that customer. Raises OrderMissing."""
    found = OrderGroup.objects.filter(pk=group_id)
    group = (found if owner_id is None else found.filter(owner_id=owner_id)).first()
    if group is None:
        raise OrderMissing
    return group


def list_groups(owner_id: UUID) -> QuerySet[OrderGroup]:
    """Return a customer's groups, newest first."""
    return OrderGroup.objects.filter(owner_id=owner_id).prefetch_related("orders").order_by("-id")


def list_groups_to_check(limit: int = 200) -> list[UUID]:
    """Return groups that somebody must look at, longest waiting first."""
    found = OrderGroup.objects.filter(check_at__lte=now()).order_by("check_at")
    return list(found.values_list("pk", flat=True)[:limit])


def exists_held_order() -> bool:
    """Return whether the platform holds an order whose trigger it watches."""
    return Order.objects.filter(state=OrderState.HELD).exists()


def list_unsettled(connection_id: UUID) -> list[Order]:
    """Return the orders of a connection that the venue must be asked about, oldest first."""
    return list(Order.objects.filter(NEEDS_SETTLING, connection_id=connection_id).order_by("id"))


def list_resting(connection_id: UUID) -> list[Order]:
    """Return the orders of a connection that should be in the venue's book."""
    return list(Order.objects.filter(connection_id=connection_id, state__in=AT_VENUE).order_by("id"))


def find_by_client_id(connection_id: UUID, client_id: str) -> Order | None:
    """Return our order of a client id on a connection, or None."""
    return Order.objects.filter(connection_id=connection_id, client_id=client_id).first()


def list_traded_symbols(connection_id: UUID) -> list[str]:
    """Return the symbols that we ever placed an order in on a connection."""
    found = Order.objects.filter(connection_id=connection_id).order_by("symbol").values_list("symbol", flat=True)
    return list(found.distinct())


def sum_moved(connection_id: UUID, base_of: dict[str, tuple[str, str]]) -> dict[str, Decimal]:
    """Return by asset what our fills moved in a connection's spot wallet; `base_of` maps symbols to (base, quote)."""
    moved: dict[str, Decimal] = {}
    value = ExpressionWrapper(F("quantity") * F("price"), output_field=AMOUNT)
    sign = Case(When(side="buy", then=1), default=-1)
    rows = (
        Fill.objects.filter(connection_id=connection_id)
        .exclude(CONTRACTS)
        .values("symbol")
        .annotate(
            base=Sum(ExpressionWrapper(F("quantity") * sign, output_field=AMOUNT)),
            quote=Sum(ExpressionWrapper(value * sign, output_field=AMOUNT)),
        )
    )
    for row in rows:
        base, quote = base_of[row["symbol"]]
        moved[base] = moved.get(base, Decimal(0)) + row["base"]
        moved[quote] = moved.get(quote, Decimal(0)) - row["quote"]
    fees = (
        Fill.objects.filter(connection_id=connection_id)
        .exclude(CONTRACTS)
        .exclude(fee=0)
        .values("fee_asset")
        .annotate(paid=Sum("fee"))
    )
    for paid in fees:
        moved[paid["fee_asset"]] = moved.get(paid["fee_asset"], Decimal(0)) - paid["paid"]
    return moved


def list_accounts_with_facts() -> list[UUID]:
    """Return the connections of this tenant that have orders, fills or first balances; and all that are active."""
    found = {row.pk for row in list_active_connections()}
    for model in (Order, BalanceBaseline):
        found.update(model.objects.values_list("connection_id", flat=True).distinct())
    return sorted(found)


def list_unbooked_fills(connection_id: UUID, limit: int) -> list[Fill]:
    """Return the oldest fills of a connection without a journal in the ledger (those from before there was one)."""
    with database.cursor() as cursor:
        cursor.execute(UNBOOKED, [connection_id, f"%{PERPETUAL}", limit])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Fill.objects.filter(pk__in=ids).order_by("id"))


def list_unreserved(connection_id: UUID) -> list[UUID]:
    """Return the orders of a connection that are not over and have no hold in the ledger (those from before it)."""
    with database.cursor() as cursor:
        cursor.execute(UNRESERVED, [connection_id, list(FINAL), f"%{PERPETUAL}"])
        return [row[0] for row in cursor.fetchall()]


def list_external_orders(owner_id: UUID) -> QuerySet[ExternalOrder]:
    """Return open orders on a customer's accounts that we did not place."""
    return ExternalOrder.objects.filter(connection__owner_id=owner_id, is_open=True).order_by("-id")


def list_incidents(connection_id: UUID | None = None) -> QuerySet[ReconcileIncident]:
    """Return the open differences of one or all connections of this tenant, newest first."""
    found = ReconcileIncident.objects.filter(resolved_at__isnull=True).order_by("-id")
    return found if connection_id is None else found.filter(connection_id=connection_id)


def count_open(owner_id: UUID) -> int:
    """Return how many of a customer's orders are not over."""
    return Order.objects.filter(owner_id=owner_id).exclude(state__in=FINAL).count()


def count_going_on(connection_id: UUID) -> int:
    """Return how many orders of a connection are not over, or wait for executions that the venue reports."""
    over = Q(state__in=FINAL, reported_filled__lte=F("filled"))
    return Order.objects.filter(connection_id=connection_id).exclude(over).count()


def name_bots(function: NamesOf) -> None:
    """Register where the names of bots come from (called by bots when the product starts)."""
    _names[:] = [function]


def names_of(bot_ids: Collection[UUID | None]) -> Mapping[UUID, str]:
    """Return the names of bots by id."""
    wanted = [bot_id for bot_id in bot_ids if bot_id is not None]
    return _names[0](wanted) if _names and wanted else {}


def show_orders(found: Collection[Order]) -> list[OrderRow]:
    """Return the rows of a table of orders, with the names of their bots and their markets, read at once."""
    names = names_of({order.origin_id for order in found})
    specs = get_specs({order.symbol for order in found})
    return [
        row_of(order, specs[order.symbol], names.get(order.origin_id, "") if order.origin_id else "") for order in found
    ]
