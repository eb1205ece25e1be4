"""The shortest way for what comes by the thousand: plain limit orders, and cancels of single orders.

It does what `Booking` does for every kind of order, in one function each, so that a command costs a few microseconds;
what a plain order sets off when it trades is booked there.
"""

from apps.trading.sandbox.exchange.booking import Booking
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.notices import Execution, OrderEvent
from apps.trading.sandbox.exchange.state import Account, ExchangeState, MarketState, Order, OrderStatus, OrderType
from kernel.matching import Rested, Side

_SIDES = {member.value: member for member in Side}
_LIMIT, _GTC, _BUY = OrderType.LIMIT, "GTC", Side.BUY
_CANCELED = OrderStatus.CANCELED


def is_plain(record: Record) -> bool:
    """Whether an order's record is that of a limit order, resting or not (IOC), with nothing else asked for."""
    return record["type"] == "LIMIT" and record["tif"] != "FOK" and "stp" not in record


class PlainOrders:
    """Applies records of plain orders and cancels; the funds were checked before (`admission`)."""

    def __init__(self, state: ExchangeState, booking: Booking) -> None:
        self._accounts = state.accounts
        self._booking = booking

    def place(self, market: MarketState, record: Record) -> Order:
        """Place an order for which `is_plain` holds."""
        booking, account, symbol, wall = self._booking, self._accounts[record["account"]], record["s"], record["t"]
        order_id = market.last_order_id = market.last_order_id + 1
        client_id = record["cid"] or f"sandbox-{order_id}"
        side, price, lots = _SIDES[record["side"]], record["price"], record["lots"]
        tif = record["tif"]
        order = Order(order_id, account.id, symbol, side, _LIMIT, tif, price, lots, 0, client_id, wall, wall)
        order.working_time = wall
        market.orders[order_id] = order
        account.by_client_id[symbol, client_id] = account.open_orders[symbol, order_id] = order
        try:
            account.orders[symbol].append(order)
        except KeyError:
            account.orders[symbol] = [order]
        if side is _BUY:
            asset, need = market.quote_asset, price * lots * market.tick_lot_units
        else:
            asset, need = market.base_asset, lots * market.lot_units
        account.free[asset] -= need
        account.locked[asset] = account.locked.get(asset, 0) + need
        order.locked = need
        if booking.listener is not None:
            booking.listener(OrderEvent(account, order, Execution.NEW))
        enter = market.book.place_limit if tif == _GTC else market.book.take_limit
        events = enter(order_id, account.id, side, price, lots)
        rests = type(events[0]) is Rested
        if not rests:
            booking.book(market, events)
        if not rests or booking.listener is not None:
            booking.touch(account, market)
            booking.finish()
        return order

    def cancel(self, account: Account, market: MarketState, order: Order, client_id: str) -> None:
        """Take out an open order that belongs to no list."""
        booking = self._booking
        market.book.cancel(order.id)
        del account.open_orders[order.symbol, order.id]
        if market.armed:
            market.armed.pop(order.id, None)
        held = order.locked
        asset = market.quote_asset if order.side is _BUY else market.base_asset
        account.free[asset] += held
        account.locked[asset] -= held
        order.locked = 0
        order.status, order.is_open = _CANCELED, False
        order.updated = account.updated = booking.wall
        if booking.listener is not None:
            booking.listener(OrderEvent(account, order, Execution.CANCELED, None, client_id))
            booking.touch(account, market)
            booking.finish()
