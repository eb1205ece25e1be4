"""Booking trades made elsewhere: one person asks, another one agrees, then it is a fill like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.clock import now, to_ms
from apps.core.ids import uuid7
from apps.core.models import Approval
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.finance.ledger.operations import BalanceChange, NewJournal, balance_journals
from apps.trading.exchanges.operations import VenueFill
from apps.trading.exchanges.queries import get_connection
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import Kind, OrderState, Origin, TimeInForce
from apps.trading.orders.client_ids import client_id_of_booked
from apps.trading.orders.errors import BalancesUnknown
from apps.trading.orders.live import announce
from apps.trading.orders.models import Order, StaffTrade
from apps.trading.orders.operations.mirroring import book_changes, mirror_of
from apps.trading.orders.operations.opening import is_mirror_open
from apps.trading.orders.operations.recording import locked, move_order, store_fills
from apps.trading.orders.staff_trades.choices import InBalance
from apps.trading.orders.staff_trades.errors import AlreadyCountered, StaffTradeInvalid, StaffTradeMissing
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import open_book
from apps.trading.positions.queries import get_book
from kernel.instruments import InstrumentSpec, Side

BOOK = declare("orders.book_trades", "Ask that a trade made elsewhere is booked for a customer")
APPROVE = declare("orders.approve_trades", "Book a trade made elsewhere that somebody else asked for")
ACTION = "orders.book_trade"
SYSTEM = Actor.system("orders")
OLDEST = timedelta(days=366)
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
STEP, MOST = Decimal(1).scaleb(-18), Decimal(10) ** 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """A trade made elsewhere: `quantity` in base, `price` in quote, the fee in any asset (empty: quote)."""

    connection_id: UUID
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    traded_at: datetime
    fee: Decimal = Decimal(0)
    fee_asset: str = ""
    in_balance: InBalance = InBalance.SHOWN
    book_id: UUID | None = None
    """Of a bot; None is the book by hand of the connection."""


@operation("orders.ask_to_book_trade", permission=BOOK, audited=("owner_id", "traded"))
def ask_to_book(*, actor: Actor, owner_id: UUID, traded: Traded, reason: str) -> Approval:
    """Ask another person to book a trade of a customer. Nothing is booked yet.

    Raises ConnectionMissing for a connection that is not the customer's, BookMissing, StaffTradeInvalid, and
    BalancesUnknown while nothing is known to be on the account.
    """
    payload = _checked(owner_id, traded, reason)
    return request_approval(
        actor=actor, action=ACTION, payload={**payload, "asked_by": str(actor.id)}, reason=reason.strip()
    )


@operation("orders.ask_for_counter_trade", permission=BOOK, audited=("trade_id",))
def ask_for_counter_trade(*, actor: Actor, trade_id: UUID, reason: str) -> Approval:
    """Ask another person to book the exact opposite of a booked trade: the one way to take it back.

    Raises StaffTradeMissing, AlreadyCountered.
    """
    row = StaffTrade.objects.filter(pk=trade_id).first()
    if row is None:
        raise StaffTradeMissing
    _check_counterable(row)
    opposite = Traded(
        connection_id=row.connection_id, symbol=row.symbol, quantity=row.quantity, price=row.price,
        side=Side.SELL if row.side == Side.BUY.value else Side.BUY, traded_at=now(), fee=-row.fee,
        fee_asset=row.fee_asset, in_balance=InBalance(row.in_balance), book_id=row.book_id,
    )  # fmt: skip
    payload = _checked(row.owner_id, opposite, reason, is_counter=True)
    facts = {**payload, "asked_by": str(actor.id), "reverses": str(row.pk)}
    return request_approval(actor=actor, action=ACTION, payload=facts, reason=reason.strip())


@approvable(ACTION, permission=APPROVE, title="Book a trade that a customer made elsewhere")
def book_trade(actor: Actor, payload: dict[str, Any]) -> None:
    """Store order, fill, position and journal of the approved trade, in this transaction."""
    assert actor.id is not None  # approvals are given by persons
    reverses = None
    if "reverses" in payload:
        reverses = StaffTrade.objects.filter(pk=payload["reverses"]).first()
        if reverses is None:
            raise StaffTradeMissing
        _check_counterable(reverses)
    connection, spec = get_connection(UUID(payload["connection"])), get_spec(payload["symbol"])
    if not is_mirror_open(connection.pk):
        raise BalancesUnknown
    trade_id = uuid7()
    order = _store_order(trade_id, connection, payload)
    new = store_fills(order, [_fill(order, trade_id, payload)], SYSTEM)
    move_order(order, "complete", actor)
    book_changes(order, SYSTEM, new, _left_alone(trade_id, connection, payload, spec))
    announce(order)
    StaffTrade.objects.create(
        id=trade_id, owner_id=order.owner_id, connection=connection, book_id=order.book_id, order=order,
        symbol=order.symbol, side=order.side, quantity=order.quantity, price=order.price,
        fee=Decimal(payload["fee"]), fee_asset=payload["fee_asset"], in_balance=payload["in_balance"],
        traded_at=datetime.fromisoformat(payload["traded_at"]), reason=payload["reason"],
        asked_by=UUID(payload["asked_by"]), approved_by=actor.id, reverses=reverses,
    )  # fmt: skip


def _check_counterable(row: StaffTrade) -> None:
    if row.reverses_id is not None or StaffTrade.objects.filter(reverses=row).exists():
        raise AlreadyCountered


def _checked(owner_id: UUID, traded: Traded, reason: str, *, is_counter: bool = False) -> dict[str, Any]:
    """Return the payload that the second person sees and that is booked, or raise."""
    connection = get_connection(traded.connection_id, owner_id=owner_id)
    try:
        spec = get_spec(traded.symbol)
    except UnknownSymbol:
        raise StaffTradeInvalid(field="symbol", why="There is no such market.") from None
    if not 1 <= len(reason.strip()) <= 500:
        raise StaffTradeInvalid(field="reason", why="Say why, in at most 500 characters.")
    if not now() - OLDEST <= traded.traded_at <= now():
        raise StaffTradeInvalid(field="traded_at", why="The trade lies in the past, at most 366 days back.")
    _check_amounts(traded, is_counter=is_counter)
    if not is_mirror_open(connection.pk):
        raise BalancesUnknown
    book = _book_of(owner_id, connection.pk, traded.book_id)
    return {
        "customer": str(owner_id),
        "connection": str(connection.pk),
        "exchange": connection.venue.code,
        "money": connection.mode,
        "book": str(book.pk),
        "symbol": traded.symbol,
        "side": traded.side.value,
        "quantity": f"{traded.quantity.normalize():f}",
        "price": f"{traded.price.normalize():f}",
        "fee": f"{traded.fee.normalize():f}",
        "fee_asset": traded.fee_asset or spec.quote,
        "traded_at": traded.traded_at.isoformat(),
        "in_balance": InBalance(traded.in_balance).value,
        "reason": reason.strip(),
    }


def _check_amounts(traded: Traded, *, is_counter: bool) -> None:
    for name, amount in (("quantity", traded.quantity), ("price", traded.price)):
        if not amount.is_finite() or not 0 < amount < MOST or amount != round(amount, 18):
            raise StaffTradeInvalid(field=name, why="Write an amount above 0 with at most 18 decimals.")
    if not traded.fee.is_finite() or abs(traded.fee) >= MOST or traded.fee != round(traded.fee, 18):
        raise StaffTradeInvalid(field="fee", why="Write a fee with at most 18 decimals.")
    if traded.fee < 0 and not is_counter:
        raise StaffTradeInvalid(field="fee", why="A fee is 0 or more.")
    try:
        EXACT.multiply(traded.quantity, traded.price).quantize(STEP, context=EXACT)
    except (Inexact, InvalidOperation):
        raise StaffTradeInvalid(field="price", why="Quantity × price has more than 18 decimals.") from None


def _book_of(owner_id: UUID, connection_id: UUID, book_id: UUID | None) -> Any:
    if book_id is None:
        return open_book(actor=SYSTEM, owner_id=owner_id, connection_id=connection_id, purpose=Purpose.MANUAL)
    book = get_book(book_id, owner_id=owner_id)
    if book.connection_id != connection_id or book.purpose == Purpose.CONTRACT:
        raise StaffTradeInvalid(field="book_id", why="This book is not one of the connection's for coins.")
    return book


def _store_order(trade_id: UUID, connection: Any, facts: Mapping[str, Any]) -> Order:
    """Store an order as it stood before its one fill; nothing is sent, and it ends in the same transaction."""
    moment = datetime.fromisoformat(facts["traded_at"])
    row = Order.objects.create(
        owner_id=connection.owner_id, book_id=UUID(facts["book"]), connection=connection, symbol=facts["symbol"],
        side=facts["side"], kind=Kind.LIMIT, quantity=Decimal(facts["quantity"]), price=Decimal(facts["price"]),
        time_in_force=TimeInForce.GTC, client_id=client_id_of_booked(trade_id), origin_kind=Origin.STAFF,
        origin_id=trade_id, state=OrderState.OPEN, decided_at=moment,
    )  # fmt: skip
    return locked(row.pk)


def _fill(order: Order, trade_id: UUID, facts: Mapping[str, Any]) -> VenueFill:
    return VenueFill(
        trade_id=f"staff-{trade_id}", client_id=order.client_id, venue_order_id="", symbol=order.symbol,
        side=Side(order.side), quantity=order.quantity, price=Decimal(order.price or 0), fee=Decimal(facts["fee"]),
        fee_asset=facts["fee_asset"], at_ms=to_ms(datetime.fromisoformat(facts["traded_at"])), is_maker=False,
    )  # fmt: skip


def _left_alone(trade_id: UUID, connection: Any, facts: Mapping[str, Any], spec: InstrumentSpec) -> list[NewJournal]:
    """Return what keeps the mirror at the balance that the venue shows, where the trade is in it already or never."""
    if facts["in_balance"] == InBalance.COMING:
        return []
    quantity, fee = Decimal(facts["quantity"]), Decimal(facts["fee"])
    worth = EXACT.multiply(quantity, Decimal(facts["price"]))
    sign = 1 if facts["side"] == Side.BUY.value else -1
    moved: dict[str, Decimal] = {}
    for asset, amount in ((spec.base, sign * quantity), (spec.quote, -sign * worth), (facts["fee_asset"], -fee)):
        moved[asset] = EXACT.add(moved.get(asset, Decimal(0)), amount)
    changes = [
        BalanceChange(key=f"staff-trade:{trade_id}:{number}", asset=asset, amount=-amount)
        for number, (asset, amount) in enumerate(moved.items())
    ]
    return balance_journals(mirror_of(connection), changes)
