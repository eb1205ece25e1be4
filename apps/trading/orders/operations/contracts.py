"""Contract orders around the path: what the account's list shows of them, reductions, hedges, closing at market."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.context import current_schema
from apps.core.errors import DomainError, StateChanged
from apps.core.operation import operation
from apps.trading.exchanges.operations import open_venue
from apps.trading.orders.algos.queries import count_contracts_going_on
from apps.trading.orders.choices import FINAL, IN_FLIGHT, NOT_LEFT, GroupState, Kind, Leg, Origin
from apps.trading.orders.errors import ContractOrdersWait
from apps.trading.orders.models import Order
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.groups import closable
from apps.trading.orders.operations.placing import TRADE, PlacedFor, place_for, place_order
from apps.trading.orders.operations.reconciling import read_fills
from apps.trading.orders.operations.recording import RECORD
from apps.trading.orders.queries import CONTRACTS, for_other_mode, get_order
from apps.trading.positions.choices import Purpose, RequestKind, RequestState
from apps.trading.positions.errors import PositionMissing
from apps.trading.positions.operations import answer_request, open_book, take_request
from apps.trading.positions.queries import ContractPosition, find_request, get_own_contract
from kernel.instruments import Side, perpetual_of


def follow_executions(connection_id: UUID, symbols: Sequence[str]) -> None:
    """Have executions that a reading of the account saw booked to our orders, after the commit.

    This, the socket, the answers to orders and the comparison are how fills become known. Groups whose position is gone
    are looked at, so that their exits end with it.
    """
    from apps.trading.orders.tasks import advance_group
    from apps.trading.orders.tasks import read_executions as read  # the tasks call this package

    names = [perpetual_of(symbol) for symbol in symbols]
    waiting = Order.objects.filter(connection_id=connection_id, symbol__in=names).exclude(state__in=FINAL)
    schema = current_schema()
    for symbol in sorted(set(waiting.values_list("symbol", flat=True))):
        given = (schema, str(connection_id), symbol)
        transaction.on_commit(lambda given=given: read.delay(*given), robust=True)  # type: ignore[misc]
    for group_id in list_idle_groups(connection_id, names):
        group = (schema, str(group_id))
        transaction.on_commit(lambda group=group: advance_group.delay(*group), robust=True)  # type: ignore[misc]


def guard_mode(connection_id: UUID, is_hedged: bool) -> None:
    """Raise ContractOrdersWait while contract orders for the other mode stand here that the exchange does not see.

    Those that wait for the wanted mode do not speak against it: this is the way back when it was changed elsewhere.
    """
    waiting = Order.objects.filter(for_other_mode(is_hedged), CONTRACTS, connection_id=connection_id)
    count = waiting.filter(state__in=(*NOT_LEFT, *IN_FLIGHT)).count()
    count += count_contracts_going_on(connection_id, is_hedged=not is_hedged)
    if count:
        raise ContractOrdersWait(count=count)


def list_idle_groups(connection_id: UUID, symbols: Sequence[str]) -> list[UUID]:
    """Return the groups of contracts ("BTCUSDTPERP") whose entry filled and whose exits have nothing to close now."""
    exits = Order.objects.filter(connection_id=connection_id, symbol__in=symbols, leg=Leg.STOP)
    going_on = exits.filter(group__state=GroupState.WORKING, group__covered__gt=0).select_related("group")
    return sorted({row.group.pk for row in going_on if row.group is not None and closable(row.group, row) <= 0})


def read_executions(*, connection_id: UUID, symbol: str) -> int:
    """Book executions of our orders of one contract; return how many were new. Silence is made up for later."""
    try:
        return read_fills(connection_id, symbol, open_venue(connection_id))
    except DomainError:
        return 0


@operation("orders.execute_request", permission=RECORD, trail=False)
def execute_request(*, actor: Actor, request_id: UUID) -> Order | None:
    """Make a wanted reduction (one that can only reduce) or hedge an order at market; None when it is refused.

    The request's id makes the client id: however often this is asked, it is one order. What refuses the order is kept
    with the request.
    """
    request = find_request(request_id)
    if request is None or request.state != RequestState.WANTED:
        return None
    account = request.account
    book = open_book(
        actor=actor, owner_id=account.owner_id, connection_id=account.connection_id, purpose=Purpose.CONTRACT
    )
    wanted = PlacedFor(
        owner_id=account.owner_id,
        connection_id=account.connection_id,
        book_id=book.pk,
        origin_kind=Origin.GUARD,
        origin_id=request.pk,
        sequence=0,
        order=NewOrder(
            symbol=perpetual_of(request.symbol),
            side=Side(request.side),
            kind=Kind.MARKET,
            quantity=request.quantity,
            reduce_only=request.kind == RequestKind.REDUCE,
            position_side=request.position_side,
        ),
    )
    try:
        with transaction.atomic():
            row = place_for(actor=actor, wanted=wanted)
            take_request(actor=actor, request_id=request.pk, client_id=row.client_id)
    except StateChanged:  # somebody else made it an order at the same time
        return None
    except DomainError as refusal:
        answer_request(actor=actor, request_id=request.pk, filled=Decimal(0), words=refusal.text)
        return None
    return row


def answer_for(*, actor: Actor, order_id: UUID) -> None:
    """Tell a reduction or hedge what its order, which is over, came to."""
    order = get_order(order_id)
    if order.origin_kind == Origin.GUARD and order.origin_id is not None:
        words = "" if order.filled else order.reject_message
        price = order.average_price or Decimal(0)
        answer_request(actor=actor, request_id=order.origin_id, filled=order.filled, price=price, words=words)


def closing_order(shown: ContractPosition) -> NewOrder:
    """Return the order at market that closes a contract as it was shown, and can only reduce."""
    return NewOrder(
        symbol=perpetual_of(shown.symbol),
        side=Side.SELL if shown.quantity > 0 else Side.BUY,
        kind=Kind.MARKET,
        quantity=shown.quantity.copy_abs(),
        reduce_only=True,
        position_side=shown.position_side,
    )


@operation("orders.close_contract", permission=TRADE, audited=("owner_id", "position_id"))
def close_contract(*, actor: Actor, owner_id: UUID, position_id: UUID, confirmed: bool = False) -> Order:
    """Place the order at market that closes a contract as the exchange showed it last; it can only reduce.

    Raises PositionMissing, and as `place_order`.
    """
    shown = get_own_contract(position_id, owner_id)
    if not shown.quantity:
        raise PositionMissing
    return place_order(
        actor=actor,
        owner_id=owner_id,
        connection_id=shown.account.connection_id,
        order=closing_order(shown),
        confirmed=confirmed,
    )
