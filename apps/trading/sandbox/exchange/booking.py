"""Books what the matching engine answers: statuses, funds, trades, order lists, and the notices of all that.

An OTO list's pending orders wait here, not in the matching engine: they are placed, and their funds locked, when the
working order is filled. An order whose funds are missing then expires.
"""

from collections.abc import Callable, Iterable
from typing import Any

from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.notices import BalanceEvent, Execution, Listener, ListEvent, OrderEvent, TapeEvent
from apps.trading.sandbox.exchange.settlement import Fill, Settlement, first_need, matching_order, stop_budget
from apps.trading.sandbox.exchange.state import (
    MARKET_TYPES,
    Account,
    ExchangeState,
    ListKind,
    MarketState,
    Order,
    OrderList,
    OrderStatus,
    OrderType,
    PreventedMatch,
    PrivateTrade,
    TapeTrade,
)
from kernel import matching
from kernel.matching import (
    Amended,
    Armed,
    Cancelled,
    Completed,
    Expired,
    NewList,
    NewOrder,
    Prevented,
    Reason,
    Refused,
    Rested,
    Side,
    Traded,
    Triggered,
)

NO_FUNDS = "NO_FUNDS"
_SELL = Side.SELL
# Looked up once: what every trade needs of an enumeration.
_PARTIALLY_FILLED, _FILLED, _TRADE = OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED, Execution.TRADE
_build_tuple = tuple.__new__  # a named tuple's own constructor costs twice as much


class Booking:
    """Applies matching events of one command at a time to orders and accounts."""

    def __init__(self, state: ExchangeState, view: MarketView) -> None:
        self._state = state
        self._accounts = state.accounts
        self._view = view
        self.settlement = Settlement(state, view)
        self.listener: Listener | None = None
        self._touched: dict[int, MarketState] = {}  # accounts whose balances of a market's assets changed
        self._changed_lists: list[OrderList] = []
        self._cancelling: tuple[int, str] = (0, "")  # the order that was asked for, and the request's client id
        self._amending = 0  # the order that was asked for; the other leg of its pair follows
        self._handlers: dict[type, Callable[[MarketState, Any], None]] = {
            Rested: self._rested,
            Traded: self._traded,
            Cancelled: self._cancelled,
            Expired: self._expired,
            Completed: self._completed,
            Armed: self._armed,
            Triggered: self._triggered,
            Prevented: self._prevented,
            Amended: self._amended,
            Refused: self._refused,
        }

    @property
    def wall(self) -> int:
        """Wall time of the record being applied."""
        return self.settlement.wall

    # ---- commands

    def place(self, account: Account, market: MarketState, order: Order) -> None:
        """Lock an order's funds and give it to the market."""
        order.budget = stop_budget(market, order)
        self.settlement.hold(account, market, order, first_need(market, order))
        self._touched[account.id] = market
        if self.listener is not None:
            self.listener(OrderEvent(account, order, Execution.NEW))
        self._submit(market, order, matching_order(order, market))

    def place_pair(self, account: Account, market: MarketState, legs: list[Order], list_id: int) -> None:
        """Lock what the dearer leg of an OCO pair needs and give both to the market."""
        for leg in legs:
            leg.budget = stop_budget(market, leg)
        self.settlement.hold(account, market, legs[0], max(first_need(market, leg) for leg in legs))
        self._touched[account.id] = market
        for leg in legs:
            self._tell_order(account, leg, Execution.NEW)
        orders = tuple(matching_order(leg, market) for leg in legs)
        self.book(market, market.book.place_list(NewList(list_id, matching.ListKind.OCO, orders)))

    def cancel(self, account: Account, order: Order, client_id: str) -> None:
        """Take an order, and the list it belongs to, out."""
        market = self._state.markets[order.symbol]
        self._touched[account.id] = market
        self._cancelling = (order.id, client_id)
        if order.list_id < 0:
            self.book(market, market.book.cancel(order.id))
        else:
            self._cancel_members(market, order)
        self._cancelling = (0, "")

    def _cancel_members(self, market: MarketState, order: Order) -> None:
        members = [market.orders[order_id] for order_id in self._state.lists[order.list_id].order_ids]
        for member in [order, *(member for member in members if member is not order)]:
            if member.status is OrderStatus.PENDING_NEW:
                self._end(market, member, OrderStatus.CANCELED, Execution.CANCELED)
            elif member.is_open:
                self.book(market, market.book.cancel(member.id))

    def amend(self, market: MarketState, order: Order, lots: int) -> None:
        """Reduce an order to `lots` in all, traded ones included, keeping its place."""
        self._touched[order.account_id] = market
        self._amending = order.id
        account = self._state.accounts[order.account_id]
        order_list = self._state.lists.get(order.list_id)
        if order.status is OrderStatus.PENDING_NEW:
            pair = order_list.pair if order_list is not None and order.id in order_list.pair else (order.id,)
            for member in [order, *(market.orders[each] for each in pair if each != order.id)]:
                member.lots, member.updated = lots, self.wall
                self._tell_amended(account, member)
        else:
            self.book(market, market.book.amend(order.id, lots - order.executed - order.prevented_lots))
        change = order.amendments[-1]
        if order_list is not None and self.listener is not None and change.old_client_id != change.new_client_id:
            self.listener(ListEvent(account, order_list, is_update=True))

    def book(self, market: MarketState, events: Iterable[matching.Event]) -> None:
        """Apply the market's answer to one command."""
        handlers = self._handlers
        for event in events:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(market, event)

    def touch(self, account: Account, market: MarketState) -> None:
        """Note that an account's balances of a market's assets changed; `finish` tells it."""
        self._touched[account.id] = market

    def finish(self) -> None:
        """Follow up order lists and tell the balances of all accounts concerned; ends every command to a market."""
        while self._changed_lists:
            self._follow(self._changed_lists.pop(0))
        if self.listener is None:
            self._touched.clear()
            return
        touched, self._touched = self._touched, {}
        for account_id in sorted(touched):
            account, spec = self._state.accounts[account_id], touched[account_id].spec
            paid = (account.fee_asset,) if account.fee_asset not in ("", spec.base, spec.quote) else ()
            self.listener(BalanceEvent(account, (spec.base, spec.quote, *paid)))

    def _submit(self, market: MarketState, order: Order, new: NewOrder) -> None:
        events = market.book.place(new)
        if order.quote_quantity:
            order.lots = sum(event.lots for event in events if isinstance(event, Traded) and event.taker_id == order.id)
        self.book(market, events)

    # ---- events

    def _traded(self, market: MarketState, event: Traded) -> None:
        taker_id, maker_id, price, lots, taker_left, maker_left = event
        trade_id = market.last_trade_id = market.last_trade_id + 1
        taker = market.orders[taker_id] if taker_id > 0 else None
        maker = market.orders[maker_id] if maker_id > 0 else None
        seller_takes = maker is None or maker.side is not _SELL
        if taker is not None:
            seller_takes = taker.side is _SELL
        now = self._view.now_ms
        self.record_tape(market, _build_tuple(TapeTrade, (trade_id, price, lots, now, seller_takes)))
        fill = (trade_id, price, lots, lots * market.lot_units, price * lots * market.tick_lot_units, now)
        if taker is not None:
            left = taker.lots - taker.executed - lots if taker.quote_quantity else taker_left
            self._fill(market, taker, fill, left, False)
        if maker is not None:
            self._fill(market, maker, fill, maker_left, True)
        if taker is None or maker is None:
            ours = taker or maker
            if ours is not None:
                self.settlement.book_street(market, ours.side, price, lots)

    def _fill(self, market: MarketState, order: Order, fill: Fill, left: int, is_maker: bool) -> None:
        account = self._accounts[order.account_id]
        desk = account.desks[order.symbol]
        trade = self.settlement.settle(account, market, order, fill, is_maker)
        desk.trades.append(trade)
        if left:
            order.status = _PARTIALLY_FILLED
        elif order.locked or order.list_id >= 0 or market.armed:
            self._end(market, order, _FILLED, _TRADE, trade)
            return
        else:  # nothing is held for it, and nothing waits for its end
            order.status, order.is_open = _FILLED, False
            del desk.open[order.id]
        self._touched[order.account_id] = market
        if self.listener is not None:
            self.listener(OrderEvent(account, order, _TRADE, trade))

    def _rested(self, market: MarketState, event: Rested) -> None:
        order = market.orders[event.order_id]
        if order.executed or order.prevented_lots or order.list_id >= 0:
            # A better price taken frees the difference.
            self.settlement.trim(self._state.accounts[order.account_id], market, order)

    def _armed(self, market: MarketState, event: Armed) -> None:
        order = market.orders[event.order_id]
        market.armed[order.id] = order
        order.is_working, order.working_time = False, -1
        if order.trailing_delta and not order.stop_price:
            order.trailing_time = self.wall

    def _triggered(self, market: MarketState, event: Triggered) -> None:
        order = market.orders[event.order_id]
        market.armed.pop(order.id, None)
        order.is_working, order.working_time, order.updated = True, self.wall, self.wall
        self._touched[order.account_id] = market
        self._tell_order(self._state.accounts[order.account_id], order, Execution.NEW)

    def _cancelled(self, market: MarketState, event: Cancelled) -> None:
        self._end(market, market.orders[event.order_id], OrderStatus.CANCELED, Execution.CANCELED)

    def _completed(self, market: MarketState, event: Completed) -> None:
        order = market.orders[event.order_id]
        if order.is_open:
            self._end(market, order, OrderStatus.EXPIRED, Execution.EXPIRED)

    def _expired(self, market: MarketState, event: Expired) -> None:
        order = market.orders.get(event.order_id)
        if order is None or not order.is_open:
            return  # the outside taker's rest, or a quote quantity of which a part was traded
        order.expiry_reason = event.reason.value
        if event.reason is Reason.SELF_TRADE:
            self._end(market, order, OrderStatus.EXPIRED_IN_MATCH, Execution.TRADE_PREVENTION)
        else:
            self._end(market, order, OrderStatus.EXPIRED, Execution.EXPIRED)

    def _refused(self, market: MarketState, event: Refused) -> None:
        """Only an order released from a list can be refused: everything else was checked before."""
        order = market.orders.get(event.order_id)
        if order is not None and order.is_open:
            order.expiry_reason = event.reason.value
            self._end(market, order, OrderStatus.EXPIRED, Execution.EXPIRED)

    def _prevented(self, market: MarketState, event: Prevented) -> None:
        match_id = market.last_prevented_id = market.last_prevented_id + 1
        taker, maker = market.orders[event.taker_id], market.orders[event.maker_id]
        account = self._state.accounts[taker.account_id]
        lots = max(event.taker_lots, event.maker_lots)
        match = PreventedMatch(
            match_id,
            taker.symbol,
            taker.id,
            maker.id,
            market.last_trade_id + 1,
            taker.stp_mode,
            event.price,
            lots,
            self.wall,
            account.id,
        )
        account.prevented.append(match)
        self._touched[account.id] = market
        for order, lost in ((taker, event.taker_lots), (maker, event.maker_lots)):
            if lost:
                order.prevented_lots += 0 if order.quote_quantity else lost
                order.prevented_match_id, order.updated = match_id, self.wall
                if order.remaining and self.listener is not None:
                    self.listener(OrderEvent(account, order, Execution.TRADE_PREVENTION, prevented=match))
        if event.maker_lots and maker.remaining:
            self.settlement.trim(account, market, maker)

    def _amended(self, market: MarketState, event: Amended) -> None:
        order = market.orders[event.order_id]
        order.lots = order.executed + order.prevented_lots + event.lots
        order.updated = self.wall
        account = self._state.accounts[order.account_id]
        self.settlement.trim(account, market, order)
        self._tell_amended(account, order)

    def _end(
        self,
        market: MarketState,
        order: Order,
        status: OrderStatus,
        execution: Execution,
        trade: PrivateTrade | None = None,
    ) -> None:
        """Close an order: free its lock, forget it among the open ones, and look at its list."""
        account = self._accounts[order.account_id]
        order.status, order.is_open = status, False
        order.updated = account.updated = self.settlement.wall
        if order.locked or order.list_id >= 0:
            self.settlement.release(account, market, order)
        account.desks[order.symbol].open.pop(order.id, None)
        self._touched[account.id] = market
        if market.armed:
            market.armed.pop(order.id, None)
        if order.list_id >= 0:
            self._changed_lists.append(self._state.lists[order.list_id])
        if self.listener is not None:
            asked, client_id = self._cancelling
            self.listener(OrderEvent(account, order, execution, trade, client_id if asked == order.id else ""))

    # ---- order lists

    def _follow(self, order_list: OrderList) -> None:
        """Release or end the pending orders of a list whose working order is done; close a list without open orders."""
        if not order_list.is_open:
            return
        market = self._state.markets[order_list.symbol]
        orders = [market.orders[order_id] for order_id in order_list.order_ids]
        pending = [order for order in orders if order.status is OrderStatus.PENDING_NEW]
        working = orders[0]
        if pending and not working.is_open:
            if working.status is OrderStatus.FILLED:
                self._release(market, order_list, pending)
            else:
                for order in pending:
                    order.expiry_reason = Reason.LIST.value
                    self._end(market, order, OrderStatus.EXPIRED, Execution.EXPIRED)
        if not any(order.is_open for order in orders):
            order_list.is_open = False
            if self.listener is not None:
                self.listener(ListEvent(self._state.accounts[order_list.account_id], order_list))

    def _release(self, market: MarketState, order_list: OrderList, pending: list[Order]) -> None:
        account = self._state.accounts[order_list.account_id]
        for order in pending:
            order.status, order.is_working = OrderStatus.NEW, True
            order.working_time = order.updated = self.wall
            order.budget = stop_budget(market, order)
        need = max(first_need(market, order) for order in pending)
        if not self.settlement.can_hold(account, market, pending[0].side, need):
            for order in pending:
                order.expiry_reason = NO_FUNDS
                self._end(market, order, OrderStatus.EXPIRED, Execution.EXPIRED)
            return
        due = next((order for order in pending if market.book.would_trigger(matching_order(order, market))), None)
        if due is not None:
            self._place_due(account, market, due, [order for order in pending if order is not due])
        elif order_list.kind is ListKind.OTOCO:
            self.place_pair(account, market, pending, order_list.id)
        else:
            self.place(account, market, pending[0])

    def _place_due(self, account: Account, market: MarketState, order: Order, others: list[Order]) -> None:
        """A released stop order whose condition holds already acts at once; the other leg expires."""
        for other in others:
            other.expiry_reason = Reason.LIST.value
            self._end(market, other, OrderStatus.EXPIRED, Execution.EXPIRED)
        self.settlement.hold(account, market, order, first_need(market, order))
        self._tell_order(account, order, Execution.NEW)
        plain = OrderType.MARKET if order.type in MARKET_TYPES else OrderType.LIMIT
        new = matching_order(order, market)._replace(type=plain, stop=0, trailing=0)
        self._submit(market, order, new)

    # ---- notices

    def record_tape(self, market: MarketState, trade: TapeTrade) -> None:
        """Keep and tell a public trade."""
        market.tape.append(trade)
        if self.listener is not None:
            self.listener(TapeEvent(market.spec.name, trade))

    def _tell_order(
        self, account: Account, order: Order, execution: Execution, trade: PrivateTrade | None = None
    ) -> None:
        if self.listener is not None:
            self.listener(OrderEvent(account, order, execution, trade))

    def _tell_amended(self, account: Account, order: Order) -> None:
        old_client_id = order.amendments[-1].old_client_id if order.id == self._amending else order.client_id
        if self.listener is not None:
            self.listener(OrderEvent(account, order, Execution.REPLACED, None, old_client_id))
