"""The rules of a market written naively: plain lists, searched in full at every step."""

import copy
from dataclasses import dataclass, field
from typing import Any

from kernel.matching import (
    Amend,
    Cancel,
    CancelList,
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

MARKET_LIKE = ("MARKET", "STOP_LOSS", "TAKE_PROFIT")
Trade = tuple[int, int, int, int]  # taker, maker, price, lots
Ending = tuple[int, str, int]  # order id, how, lots left


@dataclass
class Open:
    """An open order; `seat` is its place in time, `where` one of book, armed, pending, nowhere."""

    order: NewOrder
    left: int
    where: str = "nowhere"
    shown: int = 0
    seat: int = 0
    extreme: int = 0

    @property
    def buys(self) -> bool:
        return self.order.side is Side.BUY


@dataclass
class Group:
    """An order list."""

    kind: ListKind
    working: int
    others: list[int]

    def ids(self) -> list[int]:
        return [self.working, *self.others] if self.working else self.others


@dataclass
class Oracle:
    """One market. `apply` returns the trades and the endings of a command."""

    orders: dict[int, Open] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    last: int = 0
    seats: int = 0
    trades: list[Trade] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    turns: list[tuple[str, int, Any]] = field(default_factory=list)

    def apply(self, command: Any) -> tuple[list[Trade], list[Ending]]:
        self.trades, self.endings, self.turns = [], [], []
        {
            NewOrder: lambda: self.new_order(command),
            NewList: lambda: self.new_list(command),
            Cancel: lambda: self.cancel(*command),
            CancelList: lambda: self.cancel_group(*command),
            Amend: lambda: self.amend(*command),
            Replace: lambda: self.replace(*command),
            SetLastPrice: lambda: self.show_price(*command),
        }[type(command)]()
        self.run_turns(0)
        return self.trades, self.endings

    def contents(self) -> list[Any]:
        """The state in the form of the market's dump, orders of a price by seat."""
        resting = []
        for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
            own = [one for one in self.orders.values() if one.where == "book" and one.order.side is side]
            for one in sorted(own, key=lambda one: (sign * one.order.price, one.seat)):
                resting.append([one.order.order_id, one.order.owner, side.value, one.order.price, one.shown, one.left])
        waiting = [
            [key, one.left, one.extreme, int(one.where == "armed")]
            for key, one in sorted(self.orders.items())
            if one.where in ("armed", "pending")
        ]
        groups = [[key, group.kind.value, group.working, group.others] for key, group in sorted(self.groups.items())]
        return [self.last, resting, waiting, groups]

    # ---- commands

    def new_order(self, order: NewOrder) -> None:
        if not self.refuses(order):
            self.enter(Open(order, order.lots))

    def new_list(self, command: NewList) -> None:
        first = command.orders if command.kind is ListKind.OCO else command.orders[:1]
        if any(self.refuses(order) for order in first):
            return
        ids = [order.order_id for order in command.orders]
        is_pair = command.kind is ListKind.OCO
        self.groups[command.list_id] = Group(command.kind, 0 if is_pair else ids[0], ids if is_pair else ids[1:])
        for order in command.orders:
            self.orders[order.order_id] = Open(order, order.lots, "pending")
        for order in first:
            self.enter(self.orders[order.order_id])

    def cancel(self, order_id: int) -> None:
        if order_id not in self.orders:
            return
        key = self.group_of(order_id)
        if key:
            self.end_group(key, 0, "cancelled")
        else:
            self.end(order_id, "cancelled")

    def cancel_group(self, list_id: int) -> None:
        if list_id in self.groups:
            self.end_group(list_id, 0, "cancelled")

    def replace(self, cancel_id: int, order: NewOrder) -> None:
        if cancel_id in self.orders:
            self.cancel(cancel_id)
            self.new_order(order)

    def amend(self, order_id: int, lots: int) -> None:
        one = self.orders.get(order_id)
        if one is None or not 0 < lots < one.left:
            return
        key = self.group_of(order_id)
        pair = self.groups[key].others if key and self.groups[key].kind is not ListKind.OTO else []
        for each in pair if order_id in pair else [order_id]:
            member = self.orders[each]
            member.left = min(member.left, lots)
            member.shown = min(member.shown, member.left)

    # ---- entering

    def refuses(self, order: NewOrder) -> bool:
        if order.type is OrderType.LIMIT_MAKER:
            return bool(self.rivals(order, order.price))
        return self.waits(order) and not order.trailing and self.last > 0 and self.is_met(order, self.last)

    def waits(self, order: NewOrder) -> bool:
        return order.type.value.startswith(("STOP", "TAKE"))

    def is_met(self, order: NewOrder, price: int) -> bool:
        above = (order.side is Side.BUY) == order.type.value.startswith("STOP")
        return price >= order.stop if above else price <= order.stop

    def enter(self, one: Open) -> None:
        order = one.order
        if not self.waits(order):
            self.execute(one)
            return
        self.orders[order.order_id] = one
        one.where = "armed"
        if self.refuses(order):
            self.trigger(order.order_id)
        elif order.trailing and self.last:
            self.follow(one, self.last)

    def execute(self, one: Open) -> None:
        order_id = one.order.order_id
        how = self.match(one)
        key = self.group_of(order_id)
        self.orders.pop(order_id, None)
        if how is not None:
            self.orders[order_id] = one
            self.end(order_id, how)
            if key:
                self.end_group(key, order_id, "LIST")
        elif one.left and one.order.type.value not in MARKET_LIKE:
            self.rest(one)
        elif key and self.groups[key].working == order_id:
            self.turns.append(("release", key, None))

    def match(self, one: Open) -> str | None:
        """Trade what can be traded now; why the rest ends, None when it does not or nothing is left."""
        order = one.order
        if order.type.value in MARKET_LIKE:
            how = self.spend(one) if order.notional else self.take(one, None)
            return "NO_LIQUIDITY" if how is None and order.lots and one.left else how
        if order.tif is TimeInForce.FOK and not self.fits(one):
            return "FOK"
        how = self.take(one, order.price)
        return "IOC" if how is None and one.left and order.tif is not TimeInForce.GTC else how

    def rest(self, one: Open) -> None:
        self.seats += 1
        one.seat, one.where = self.seats, "book"
        one.shown = min(one.order.visible or one.left, one.left)
        self.orders[one.order.order_id] = one

    # ---- matching

    def rivals(self, order: NewOrder, limit: int | None) -> list[Open]:
        """Resting orders it can trade with, the next first."""
        buys = order.side is Side.BUY
        found = [one for one in self.orders.values() if one.where == "book" and one.buys is not buys]
        if limit is not None:
            found = [one for one in found if (one.order.price <= limit if buys else one.order.price >= limit)]
        return sorted(found, key=lambda one: (one.order.price if buys else -one.order.price, one.seat))

    def take(self, one: Open, limit: int | None) -> str | None:
        """Match; the reason when self-trade prevention ends the order."""
        while one.left:
            rivals = self.rivals(one.order, limit)
            if not rivals:
                return None
            maker = rivals[0]
            if one.order.self_trade is not SelfTrade.NONE and 0 != one.order.owner == maker.order.owner:
                if self.prevent(one, maker):
                    return "SELF_TRADE"
                continue
            self.trade(one, maker)
        return None

    def trade(self, one: Open, maker: Open) -> None:
        lots = min(one.left, maker.shown)
        maker_id = maker.order.order_id
        one.left -= lots
        maker.left -= lots
        maker.shown -= lots
        self.last = maker.order.price
        self.trades.append((one.order.order_id, maker_id, maker.order.price, lots))
        key = self.group_of(maker_id)
        if not maker.left:
            del self.orders[maker_id]
        elif not maker.shown:
            self.rest(maker)
        if key and maker_id in self.groups[key].others:
            self.end_group(key, maker_id, "LIST")
        elif key and not maker.left:
            self.turns.append(("release", key, None))

    def prevent(self, one: Open, maker: Open) -> bool:
        """Whether the taker is over; its lots then stay what they were."""
        mode = one.order.self_trade
        maker_id = maker.order.order_id
        lots = min(one.left, maker.left)
        taker_ends = mode in (SelfTrade.EXPIRE_TAKER, SelfTrade.EXPIRE_BOTH)
        maker_ends = mode in (SelfTrade.EXPIRE_MAKER, SelfTrade.EXPIRE_BOTH)
        if mode is SelfTrade.DECREMENT:
            taker_ends, maker_ends = lots == one.left, lots == maker.left
        if maker_ends:
            key = self.group_of(maker_id)
            self.end(maker_id, "SELF_TRADE")
            if key:
                self.end_group(key, maker_id, "LIST")
        elif mode is SelfTrade.DECREMENT:
            maker.left -= lots
            maker.shown = min(maker.shown, maker.left)
        if mode is SelfTrade.DECREMENT and not taker_ends:
            one.left -= lots
        return taker_ends

    def fits(self, one: Open) -> bool:
        """Try a fill-or-kill order on a copy."""
        trial = Oracle(orders={key: copy.copy(each) for key, each in self.orders.items()}, seats=self.seats)
        trial.take(copy.copy(one), one.order.price)
        return sum(lots for *_, lots in trial.trades) == one.left

    def spend(self, one: Open) -> str | None:
        """Match a market order with a notional, price by price."""
        order, notional, by_lots = one.order, one.order.notional, one.order.lots > 0
        before = len(self.trades)
        while not by_lots or one.left:
            rivals = self.rivals(order, None)
            if not rivals:
                return "NO_LIQUIDITY"
            price = rivals[0].order.price
            want = min(notional // price, one.left) if by_lots else notional // price
            part = Open(order, want)
            how = self.take(part, price)
            if how:
                one.left = one.left - (want - part.left) if by_lots else part.left
                return how
            notional -= (want - part.left) * price
            one.left -= (want - part.left) if by_lots else 0
            if not part.left and (one.left or not by_lots):
                return None if not by_lots and len(self.trades) > before else "BUDGET"
        return None

    # ---- what follows

    def run_turns(self, seen: int) -> None:
        while True:
            last = 0
            for _, _, price, _ in self.trades[seen:]:
                if price != last:
                    last = price
                    self.show_price(price)
            seen = len(self.trades)
            if not self.turns:
                return
            kind, key, one = self.turns.pop(0)
            if kind == "release":
                self.release(key)
            else:
                self.execute(one)

    def follow(self, one: Open, price: int) -> bool:
        order = one.order
        if not one.extreme:
            if not order.stop or self.is_met(order, price):
                one.extreme = price
            return False
        one.extreme = min(one.extreme, price) if one.buys else max(one.extreme, price)
        if one.buys:
            return price * 10_000 >= one.extreme * (10_000 + order.trailing)
        return price * 10_000 <= one.extreme * (10_000 - order.trailing)

    def show_price(self, price: int) -> None:
        self.last = price
        due = []
        for key, one in self.orders.items():
            if one.where != "armed":
                continue
            order = one.order
            if order.trailing:
                if self.follow(one, price):
                    rise = one.buys
                    factor = 10_000 + order.trailing if rise else 10_000 - order.trailing
                    at = -(-one.extreme * factor // 10_000) if rise else one.extreme * factor // 10_000
                    due.append((not rise, at if rise else -at, key))
            elif self.is_met(order, price):
                rise = (order.side is Side.BUY) == order.type.value.startswith("STOP")
                due.append((not rise, order.stop if rise else -order.stop, key))
        for *_, key in sorted(due):
            if key in self.orders:
                self.trigger(key)

    def trigger(self, order_id: int) -> None:
        key = self.group_of(order_id)
        self.turns.append(("execute", order_id, self.orders.pop(order_id)))
        if key:
            self.end_group(key, order_id, "LIST")

    def release(self, key: int) -> None:
        group = self.groups[key]
        group.working = 0
        members = [self.orders[each] for each in group.others]
        if group.kind is ListKind.OTO:
            del self.groups[key]
        for one in members:
            if one.order.type is OrderType.LIMIT_MAKER and self.rivals(one.order, one.order.price):
                self.end(one.order.order_id, "WOULD_TAKE")
                if key in self.groups:
                    self.end_group(key, one.order.order_id, "LIST")
                return
        for one in members:
            if one.order.order_id in self.orders:
                self.enter(one)

    def group_of(self, order_id: int) -> int:
        return next((key for key, group in self.groups.items() if order_id in group.ids()), 0)

    def end(self, order_id: int, how: str) -> None:
        self.endings.append((order_id, how, self.orders.pop(order_id).left))

    def end_group(self, key: int, but: int, how: str) -> None:
        for order_id in self.groups.pop(key).ids():
            if order_id != but:
                self.end(order_id, how)
