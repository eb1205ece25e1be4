"""The matching engine of one market: a deterministic state machine, commands in and events out."""

from collections.abc import Callable
from typing import Any

from kernel.matching import checks
from kernel.matching.commands import (
    MARKET_TYPES,
    STOP_TYPES,
    Amend,
    Cancel,
    CancelList,
    Command,
    ListKind,
    NewList,
    NewOrder,
    OrderType,
    Replace,
    SelfTrade,
    SetLastPrice,
    Side,
    TimeInForce,
)
from kernel.matching.events import (
    Amended,
    Armed,
    Cancelled,
    Completed,
    Event,
    Expired,
    ListChanged,
    ListStatus,
    Pending,
    Prevented,
    Reason,
    Refused,
    Released,
    Rested,
    Traded,
    Triggered,
)
from kernel.matching.levels import COMPACT_AFTER
from kernel.matching.market_state import MarketState
from kernel.matching.tracked import OrderList, Tracked

_build_tuple = tuple.__new__  # a named tuple's own constructor costs twice as much
_LIMIT, _GTC, _IOC, _BUY = OrderType.LIMIT, TimeInForce.GTC, TimeInForce.IOC, Side.BUY


class Market(MarketState):
    """All open orders of one market: resting, stop orders, order lists.

    Equal commands give equal events, digests and dumps. A command's events include what it set off: stop orders that
    its trades triggered and orders that lists released, one after the other. Releases come before triggers, triggers in
    the order of the trade prices, then those a rise reaches before those a fall reaches, nearest trigger first, then by
    order id. A malformed command raises ValueError; one that the market's state forbids answers `Refused`. Neither
    changes anything.
    """

    __slots__ = ()

    def apply(self, command: Command) -> list[Event]:
        """Carry out a command; return what happened, in order."""
        return _HANDLERS[type(command)](self, command)

    def place(self, order: NewOrder) -> list[Event]:
        """Place an order. Raises ValueError when it is malformed or its id is open already."""
        order_id, owner, side, kind, price, lots, tif, _, _, _, visible, self_trade = order
        if kind is _LIMIT and not visible:
            if tif is _GTC:
                return self.place_limit(order_id, owner, side, price, lots, self_trade)
            if tif is _IOC:
                return self.take_limit(order_id, owner, side, price, lots, self_trade)
        return self._place_other(order)

    def place_limit(
        self, order_id: int, owner: int, side: Side, price: int, lots: int, self_trade: SelfTrade = SelfTrade.NONE
    ) -> list[Event]:
        """Place a plain limit order that rests until cancelled: `place` without a command."""
        if self.rest_limit(order_id, owner, side, price, lots):
            return [Rested((order_id, price, lots, lots))]
        # The best rival price may be a dead level: then matching finds nothing and clears it away.
        fields = (order_id, owner, side, _LIMIT, price, lots, _GTC, 0, 0, 0, 0, self_trade)
        return self._cross(_build_tuple(NewOrder, fields))

    def rest_limit(self, order_id: int, owner: int, side: Side, price: int, lots: int) -> bool:
        """Rest a plain limit order that meets nobody, without an event: True, or False when it has to be placed."""
        if price <= 0 or lots <= 0 or order_id <= 0 or order_id in self._orders or order_id in self._waiting:
            raise ValueError("an order needs an id that is not open, a price and a quantity")
        if side is _BUY:
            own, heap, key = self._bids, self._asks.heap, price
        else:
            own, heap, key = self._asks, self._bids.heap, -price
        if heap and heap[0] <= key:
            return False
        level = own.levels.get(price)
        if level is None:
            level = own.open(price)
        self._orders[order_id] = node = [lots, order_id, price, level, owner, None]
        level.queue.append(node)
        level.lots += lots
        return True

    def take_limit(
        self, order_id: int, owner: int, side: Side, price: int, lots: int, self_trade: SelfTrade = SelfTrade.NONE
    ) -> list[Event]:
        """Trade what can be traded at `price` or better now, and end: a limit order that never rests (IOC)."""
        if price <= 0 or lots <= 0 or order_id < 0 or order_id in self._orders or order_id in self._waiting:
            raise ValueError("an order needs an id that is not open, a price and a quantity")
        events: list[Event] = []
        fields = (order_id, owner, side, _LIMIT, price, lots, _IOC, 0, 0, 0, 0, self_trade)
        rivals = self._asks if side is _BUY else self._bids
        left = self._take(_build_tuple(NewOrder, fields), rivals, price, lots, events)
        if left:
            events.append(Expired(order_id, left, Reason.IOC))
        if self._stops.armed or self._queue:
            self._cascade(events)
        return events

    def cancel(self, order_id: int) -> list[Event]:
        """Take an order out; a list member takes its list along. Refused(UNKNOWN) when no such order is open."""
        node = self._orders.pop(order_id, None)
        if node is None:
            return self._cancel_tracked(order_id)
        lots, _, _, level, _, tracked = node
        if tracked is not None:
            self._orders[order_id] = node
            return self._cancel_tracked(order_id)
        if level.lots > lots and level.dead < COMPACT_AFTER:  # what Level.remove does, without the call
            level.lots -= lots
            level.dead += 1
            node[0] = 0
        else:
            level.remove(node)
        return [Cancelled((order_id, lots))]

    def amend(self, order_id: int, lots: int) -> list[Event]:
        """Leave an order only `lots`, at its place in the queue; the other leg of a pair follows."""
        left = self.left(order_id)
        if left is None:
            return [Refused(order_id, Reason.UNKNOWN)]
        if not 0 < lots < left:
            return [Refused(order_id, Reason.NOT_SMALLER)]
        tracked = self._tracked(order_id)
        if tracked is None:
            self._reduce_node(self._orders[order_id], left - lots)
            return [Amended(order_id, lots)]
        listing = tracked.listing
        is_leg = listing is not None and tracked in listing.others and listing.kind is not ListKind.OTO
        return [
            self._reduce(member, lots)
            for member in (listing.others if listing is not None and is_leg else [tracked])
            if member is tracked or member.left > lots
        ]

    def replace(self, cancel_id: int, order: NewOrder) -> list[Event]:
        """Cancel an order and place another; nothing is placed when there is nothing to cancel."""
        if cancel_id not in self:
            return [Refused(cancel_id, Reason.UNKNOWN)]
        checks.check_order(order)
        if order.order_id in self and order.order_id != cancel_id:
            raise ValueError(f"order {order.order_id} is open already")
        return self.cancel(cancel_id) + self.place(order)

    def place_list(self, command: NewList) -> list[Event]:
        """Place an order list, or refuse it whole when one of its first orders is refused."""
        checks.check_list(command)
        if command.list_id in self._lists or any(order.order_id in self for order in command.orders):
            raise ValueError("the list or one of its orders is open already")
        is_pair = command.kind is ListKind.OCO
        for order in command.orders if is_pair else command.orders[:1]:
            reason = self._objection(order)
            if reason is not None:
                return [Refused(order.order_id, reason)]
        members = [Tracked(order) for order in command.orders]
        working, others = (None, members) if is_pair else (members[0], members[1:])
        self._lists[command.list_id] = OrderList(command.list_id, command.kind, working, others)
        events: list[Event] = [ListChanged(command.list_id, ListStatus.EXECUTING)]
        if working is not None:
            for member in others:
                self._waiting[member.order.order_id] = member
                events.append(Pending(member.order.order_id))
        for member in others if working is None else [working]:
            self._enter(member, events)
        self._cascade(events)
        return events

    def cancel_list(self, list_id: int) -> list[Event]:
        """Take out all open orders of a list. Refused(UNKNOWN) when no such list is open."""
        listing = self._lists.get(list_id)
        if listing is None:
            return [Refused(list_id, Reason.UNKNOWN)]
        events: list[Event] = []
        self._finish(listing, None, events, cancelled=True)
        return events

    def set_last_price(self, price: int) -> list[Event]:
        """Set the last price from outside and run the stop orders that it triggers."""
        if price <= 0:
            raise ValueError("price must be positive")
        events: list[Event] = []
        self._reach(price, events)
        self._cascade(events)
        return events

    def quote(self, order_id: int, side: Side, price: int, lots: int) -> None:
        """Rest an order **without matching**, under a negative id: a quoting source may lock the book."""
        if order_id >= 0 or price <= 0 or lots <= 0 or order_id in self._orders:
            raise ValueError("a quote needs a negative id that is not open, a price and a quantity")
        own = self._own(side)
        self._orders[order_id] = node = [lots, order_id, price, None, 0, None]
        own.add(node)

    def withdraw(self, order_id: int) -> None:
        """Take a quote out, if it is still there."""
        node = self._orders.get(order_id) if order_id < 0 else None
        if node is not None:
            self._take_node_out(node)

    # ---- entering the market

    def _cross(self, order: NewOrder) -> list[Event]:
        """Match a plain limit order, rest what is left, do what its trades set off."""
        events: list[Event] = []
        lots = self._take(order, self._rivals(order.side), order.price, order.lots, events)
        if lots:
            self._rest(order, lots, None)
            events.append(Rested((order.order_id, order.price, lots, lots)))
        if self._queue or self._stops.armed:
            self._cascade(events)
        return events

    def _place_other(self, order: NewOrder) -> list[Event]:
        checks.check_order(order)
        if order.order_id in self:
            raise ValueError(f"order {order.order_id} is open already")
        reason = self._objection(order)
        if reason is not None:
            return [Refused(order.order_id, reason)]
        events: list[Event] = []
        self._enter(Tracked(order), events)
        self._cascade(events)
        return events

    def _objection(self, order: NewOrder) -> Reason | None:
        if self.would_take(order):
            return Reason.WOULD_TAKE
        return Reason.WOULD_TRIGGER if self.would_trigger(order) else None

    def _enter(self, tracked: Tracked, events: list[Event]) -> None:
        """Bring a checked order to its place: armed, matched, resting."""
        order = tracked.order
        if order.type not in STOP_TYPES:
            self._execute(tracked, events)
        elif self.would_trigger(order):
            self._trigger(tracked, self.last_price, events)
        else:
            if order.trailing and self.last_price:
                tracked.start(self.last_price)
            self._stops.add(tracked)
            self._waiting[order.order_id] = tracked
            events.append(Armed(order.order_id))

    def _execute(self, tracked: Tracked, events: list[Event]) -> None:
        """Match a market or limit order (a triggered one too) and deal with its rest."""
        order = tracked.order
        if order.type in MARKET_TYPES:
            self._execute_market(order, events)
            return
        if order.tif is TimeInForce.FOK and not self.preview(order):
            self._expire(tracked, order.lots, Reason.FOK, events)
            return
        lots = self._take(order, self._rivals(order.side), order.price, order.lots, events)
        if lots and order.tif is not TimeInForce.GTC:
            self._expire(tracked, lots, Reason.IOC, events)
        elif lots:
            kept = tracked if tracked.listing is not None or order.visible else None
            shown = self._rest(order, lots, kept)
            events.append(Rested((order.order_id, order.price, lots, shown)))
        elif tracked.listing is not None:
            self._working_is_over(tracked.listing, events)

    def _execute_market(self, order: NewOrder, events: list[Event]) -> None:
        if not order.notional:
            lots = self._take(order, self._rivals(order.side), 0, order.lots, events)
            if lots:
                events.append(Expired(order.order_id, lots, Reason.NO_LIQUIDITY))
            return
        before = len(events)
        lots, notional, reason = self._spend(order, events)
        if reason is Reason.BUDGET and not order.lots and any(type(event) is Traded for event in events[before:]):
            events.append(Completed(order.order_id, notional))
        elif reason is not None:
            events.append(Expired(order.order_id, lots, reason))

    def _spend(self, order: NewOrder, events: list[Event]) -> tuple[int, int, Reason | None]:
        """Trade price by price what the notional pays for: (lots left, notional left, why it ended early)."""
        book, lots, notional = self._rivals(order.side), order.lots, order.notional
        while True:
            price = book.best()
            if price is None:
                return lots, notional, Reason.NO_LIQUIDITY
            affordable = notional // price
            want = min(affordable, lots) if order.lots else affordable
            if not want:
                return lots, notional, Reason.BUDGET
            start = len(events)
            left = self._take(order, book, price, want, events)
            _restate(events, start, order, lots - want)
            if events and _ends(events[-1], order.order_id):
                return lots, notional, None
            notional -= (want - left) * price
            lots -= (want - left) if order.lots else 0
            if order.lots and not lots:
                return 0, notional, None
            if not left:
                return lots, notional, Reason.BUDGET

    # ---- what a command sets off

    def _cascade(self, events: list[Event]) -> None:
        """Trigger by the trades so far and run the queue until both are done."""
        seen = self._watch(events, 0)
        while self._queue:
            following = self._queue.popleft()
            if isinstance(following, OrderList):
                self._release(following, events)
            else:
                self._execute(following, events)
            seen = self._watch(events, seen)

    def _watch(self, events: list[Event], seen: int) -> int:
        """Show the stop orders each new trade price; return how many events have been looked at."""
        last = 0
        for index in range(seen, len(events)):
            event = events[index]
            if type(event) is Traded and event.price != last:
                last = event.price
                self._reach(last, events)
        return len(events)

    def _reach(self, price: int, events: list[Event]) -> None:
        self.last_price = price
        if self._stops.armed:
            for tracked in self._stops.reached(price):
                # Both legs of a pair may be reached at once: the first takes the second out.
                if not tracked.is_over:
                    del self._waiting[tracked.order.order_id]
                    self._trigger(tracked, price, events)

    def _trigger(self, tracked: Tracked, price: int, events: list[Event]) -> None:
        events.append(Triggered(tracked.order.order_id, price))
        self._queue.append(tracked)
        if tracked.listing is not None:
            self._finish(tracked.listing, tracked, events)

    # ---- lists

    def _maker_traded(self, tracked: Tracked, left: int, events: list[Event]) -> None:
        listing = tracked.listing
        assert listing is not None
        if tracked is not listing.working:
            self._finish(listing, tracked, events)
        elif not left:
            self._working_is_over(listing, events)

    def _maker_expired(self, tracked: Tracked, events: list[Event]) -> None:
        assert tracked.listing is not None
        self._finish(tracked.listing, tracked, events)

    def _working_is_over(self, listing: OrderList, events: list[Event]) -> None:
        """Release the pending orders of a filled working order, or let them go when it expired instead."""
        working = listing.working
        assert working is not None
        if _ends(events[-1], working.order.order_id):
            self._finish(listing, working, events)
        else:
            self._queue.append(listing)

    def _release(self, listing: OrderList, events: list[Event]) -> None:
        """Bring the pending orders of a filled working order to their places."""
        listing.working = None
        members = list(listing.others)
        for member in members:
            del self._waiting[member.order.order_id]
            events.append(Released(member.order.order_id))
        if listing.kind is ListKind.OTO:
            self._finish(listing, members[0], events)
        else:
            events.append(ListChanged(listing.list_id, ListStatus.RELEASED))
        for member in members:
            if self.would_take(member.order):
                self._expire(member, member.order.lots, Reason.WOULD_TAKE, events)
                return
        for member in members:
            if not member.is_over:
                self._enter(member, events)

    def _expire(self, tracked: Tracked, lots: int, reason: Reason, events: list[Event]) -> None:
        """Say that an order which is in no queue has expired, and end its list."""
        events.append(Expired(tracked.order.order_id, lots, reason))
        if tracked.listing is not None:
            self._finish(tracked.listing, tracked, events)

    def _finish(self, listing: OrderList, but: Tracked | None, events: list[Event], *, cancelled: bool = False) -> None:
        """End a list: all its orders go, `but` one that lives or ends on its own."""
        for member in listing.members():
            member.listing = None
            if member is not but:
                lots = self._take_out(member)
                order_id = member.order.order_id
                events.append(Cancelled((order_id, lots)) if cancelled else Expired(order_id, lots, Reason.LIST))
            elif member.node is not None and not member.order.visible:
                member.node[5] = None
        del self._lists[listing.list_id]
        events.append(ListChanged(listing.list_id, ListStatus.ALL_DONE))

    def _cancel_tracked(self, order_id: int) -> list[Event]:
        tracked = self._tracked(order_id)
        if tracked is None:
            return [Refused(order_id, Reason.UNKNOWN)]
        if tracked.listing is None:
            return [Cancelled((order_id, self._take_out(tracked)))]
        events: list[Event] = []
        self._finish(tracked.listing, None, events, cancelled=True)
        return events


def _ends(event: Event, order_id: int) -> bool:
    return type(event) is Expired and event.order_id == order_id


def _restate(events: list[Event], start: int, order: NewOrder, extra: int) -> None:
    """Correct what `_take` said about an order by notional, of which it saw only the lots affordable at one price."""
    mode_ends_taker = order.self_trade in (SelfTrade.EXPIRE_TAKER, SelfTrade.EXPIRE_BOTH)
    for index in range(start, len(events)):
        event = events[index]
        if type(event) is Traded:
            left = event.taker_left + extra if order.lots else 0
            events[index] = Traded((*event[:4], left, event.maker_left))
        elif not order.lots:
            continue
        elif type(event) is Prevented and mode_ends_taker:
            events[index] = event._replace(taker_lots=event.taker_lots + extra)
        elif type(event) is Expired and event.order_id == order.order_id:
            events[index] = event._replace(lots=event.lots + extra)


_HANDLERS: dict[type, Callable[[Market, Any], list[Event]]] = {
    NewOrder: Market.place,
    NewList: Market.place_list,
    Cancel: lambda market, command: market.cancel(command.order_id),
    CancelList: lambda market, command: market.cancel_list(command.list_id),
    Amend: lambda market, command: market.amend(command.order_id, command.lots),
    Replace: lambda market, command: market.replace(command.cancel_id, command.order),
    SetLastPrice: lambda market, command: market.set_last_price(command.price),
}
