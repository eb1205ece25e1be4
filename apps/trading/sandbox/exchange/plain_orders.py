"""The shortest way for what comes by the thousand: plain limit orders, and cancels of single orders.

It does what `Booking` does for every kind of order, in one function each, so that a command costs a few microseconds;
what a plain order sets off when it trades is booked there.
"""

from apps.trading.sandbox.exchange.booking import Booking
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.notices import Execution, OrderEvent
from apps.trading.sandbox.exchange.state import (
    NO_LIST,
    Account,
    ExchangeState,
    MarketState,
    Order,
    OrderStatus,
    OrderType,
)
from kernel.matching import Side

_SIDES = {member.value: member for member in Side}
_LIMIT, _BUY = OrderType.LIMIT, Side.BUY
_NEW, _CANCELED = OrderStatus.NEW, OrderStatus.CANCELED
_make = object.__new__


class PlainOrders:
    """Applies records of plain orders and cancels; the funds were checked before (`admission`)."""

    def __init__(self, state: ExchangeState, booking: Booking) -> None:
        self._accounts = state.accounts
        self._booking = booking

    def place(self, market: MarketState, record: Record) -> Order:
        """Place a limit order, resting or not (GTC, IOC), with nothing else asked for."""
        booking, symbol, wall, tif = self._booking, record["s"], record["t"], record["tif"]
        price, lots, account_id = record["price"], record["lots"], record["account"]
        account, side = self._accounts[account_id], _SIDES[record["side"]]
        order_id = market.last_order_id = market.last_order_id + 1
        client_id = record["cid"] or f"sandbox-{order_id}"
        if side is _BUY:
            asset, need = market.quote_asset, price * lots * market.tick_lot_units
        else:
            asset, need = market.base_asset, lots * market.lot_units
        order: Order = _make(Order)  # what its constructor does, in half the time
        order.id, order.account_id, order.symbol = order_id, account_id, symbol
        order.side, order.type, order.tif = side, _LIMIT, tif
        order.price, order.lots, order.client_id = price, lots, client_id
        order.time = order.updated = order.working_time = wall
        order.locked, order.status, order.is_open, order.list_id = need, _NEW, True, NO_LIST
        order.quote_quantity = order.executed = order.quote_executed = order.prevented_lots = 0
        market.orders[order_id] = order
        desk = account.desks.get(symbol) or account.begin_desk(symbol)
        desk.orders.append(order)
        desk.open[order_id] = desk.by_client_id[client_id] = order
        account.free[asset] -= need
        locked = account.locked
        locked[asset] = locked.get(asset, 0) + need
        if booking.listener is not None:
            booking.listener(OrderEvent(account, order, Execution.NEW))
        if tif != "GTC":
            events = market.book.take_limit(order_id, account_id, side, price, lots)
        elif not market.book.rest_limit(order_id, account_id, side, price, lots):
            events = market.book.place_limit(order_id, account_id, side, price, lots)
        elif booking.listener is None:
            return order
        else:
            events = []
        booking.book(market, events)
        booking.touch(account, market)
        booking.finish()
        return order

    def cancel(self, account: Account, market: MarketState, order: Order, client_id: str) -> None:
        """Take out an open order that belongs to no list."""
        booking, order_id = self._booking, order.id
        market.book.cancel(order_id)
        del account.desks[order.symbol].open[order_id]
        if market.armed:
            market.armed.pop(order_id, None)
        held = order.locked
        asset = market.quote_asset if order.side is _BUY else market.base_asset
        account.free[asset] += held
        account.locked[asset] -= held
        order.locked = 0
        order.status, order.is_open = _CANCELED, False
        order.updated = account.updated = booking.settlement.wall
        if booking.listener is not None:
            booking.listener(OrderEvent(account, order, Execution.CANCELED, None, client_id))
            booking.touch(account, market)
            booking.finish()
