"""The deterministic core: `apply(record)` changes the state, the same records give the same state.

Records are checked before they reach the engine (`admission`), so applying never refuses.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from apps.trading.sandbox.exchange.booking import Booking
from apps.trading.sandbox.exchange.candles import QUANTA
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.live_view import LiveView
from apps.trading.sandbox.exchange.market import MarketPrint, MarketView
from apps.trading.sandbox.exchange.notices import (
    BalanceEvent,
    Event,
    Execution,
    Listener,
    ListEvent,
    OrderEvent,
    TapeEvent,
)
from apps.trading.sandbox.exchange.plain_orders import PlainOrders
from apps.trading.sandbox.exchange.queue_ahead import QueueAhead
from apps.trading.sandbox.exchange.state import (
    TAPE_LENGTH,
    Account,
    Amendment,
    ApiKey,
    ExchangeState,
    ListKind,
    MarketState,
    Order,
    OrderList,
    OrderStatus,
    OrderType,
    TapeTrade,
)
from apps.trading.sandbox.exchange.usdm.engine import UsdmEngine
from kernel.matching import NewOrder, Side, TimeInForce

__all__ = ["BalanceEvent", "Engine", "Event", "Execution", "ListEvent", "OrderEvent", "TapeEvent"]

_SIDES = {member.value: member for member in Side}
_TYPES = {member.value: member for member in OrderType}
_EVERY_LOT = 1 << 62


class Engine:
    """Applies records to the state and tells the listener (none during replay) what happened."""

    def __init__(self, state: ExchangeState, view: MarketView) -> None:
        self.state = state
        self.view = view
        self._markets = state.markets
        self._booking = Booking(state, view)
        self._settlement = self._booking.settlement
        self._has_queues = bool(view.recording.books or view.recording.mirrors)
        self._plain = PlainOrders(state, self._booking)
        self._queue = QueueAhead(state, view)
        self._handlers: dict[str, Callable[[Record], Any]] = {
            "account": self._open_account,
            "fees": self._set_fees,
            "key": self._add_key,
            "revoke": self._revoke_key,
            "reset": self._reset_account,
            "order": self._place_order,
            "list": self._place_list,
            "cancel": self._cancel_order,
            "amend": self._amend_order,
            "move": self._move,
            "jump": self._jump,
            "clock": self._set_clock,
            "renew": lambda _: self.withdraw_quotes(),
            "halt": self._halt,
            "thin": self._thin_quotes,
            "mirror": self._follow,
        }
        self.usdm = UsdmEngine(state, view)
        self._handlers |= self.usdm.handlers()
        for symbol, market in state.markets.items():
            if not market.book.last_price and view.price(symbol):
                market.book.set_last_price(view.price(symbol))

    @property
    def listener(self) -> Listener | None:
        """Who is told what happens."""
        return self._booking.listener

    @listener.setter
    def listener(self, listener: Listener | None) -> None:
        self._booking.listener = listener
        self.usdm.listen(listener)

    def apply(self, record: Record) -> Any:
        """Apply one record; returns the order, order list, account or key it made or changed."""
        self._settlement.wall = record["t"]
        return self._handlers[record["k"]](record)

    @property
    def _wall(self) -> int:
        return self._settlement.wall

    def quote(self, symbol: str) -> MarketState:
        """The market with its synthetic orders in the book. Placing them is no change: they follow from the clock."""
        market = self.state.markets[symbol]
        if not market.ladder.placed and not market.halted:
            price, levels = self.view.price(symbol), self.view.book(symbol)
            market.ladder.place(market.book, price, standing=self.state.clock.standing, recorded=levels)
        return market

    def withdraw_quotes(self) -> None:
        """Take the synthetic orders out of every book."""
        for market in self.state.markets.values():
            market.ladder.clear(market.book)
        self.usdm.withdraw_quotes()

    def digest(self) -> str:
        """SHA-256 over customers' resting and waiting orders, balances, counters and executed amounts."""
        digest = hashlib.sha256()
        for symbol, market in sorted(self.state.markets.items()):
            digest.update(f"{symbol},{market.last_order_id},{market.last_trade_id},{market.book.digest()};".encode())
            for order in market.orders.values():
                digest.update(_facts(order).encode())
        for order_list in self.state.lists.values():
            digest.update(f"{order_list.id},{order_list.client_id},{order_list.is_open};".encode())
        for account in self.state.accounts.values():
            funds = [(asset, account.free.get(asset, 0), account.locked.get(asset, 0)) for asset in account.assets()]
            trades = [trade.id for symbol in sorted(account.trades) for trade in account.trades[symbol]]
            digest.update(f"{account.id},{account.label},{funds},{trades};".encode())
        digest.update(self.usdm.facts().encode())
        return digest.hexdigest()

    def imbalance(self) -> dict[str, int]:
        """Units by asset that accounts, fees and synthetic liquidity hold beyond what was granted; empty is right."""
        totals = self.state.totals
        units: dict[str, int] = {}
        for sign, amounts in ((1, totals.fees), (1, totals.street), (-1, totals.granted)):
            for asset, amount in amounts.items():
                units[asset] = units.get(asset, 0) + sign * amount
        for account in self.state.accounts.values():
            for amounts in (account.free, account.locked):
                for asset, amount in amounts.items():
                    units[asset] = units.get(asset, 0) + amount
        return {asset: amount for asset, amount in sorted(units.items()) if amount}

    # ---- accounts

    def _open_account(self, record: Record) -> Account:
        account_id = self.state.last_account_id = self.state.last_account_id + 1
        account = Account(
            account_id,
            record["label"],
            record["ref"],
            record["maker"],
            record["taker"],
            dict(record["funds"]),
            free=dict(record["funds"]),
            updated=self._wall,
        )
        self.state.accounts[account_id] = account
        self._grant(record["funds"], 1)
        return account

    def _grant(self, funds: dict[str, int], sign: int) -> None:
        granted = self.state.totals.granted
        for asset, amount in funds.items():
            granted[asset] = granted.get(asset, 0) + sign * amount

    def _set_fees(self, record: Record) -> Account:
        account = self.state.accounts[record["account"]]
        account.maker_fee, account.taker_fee = record["maker"], record["taker"]
        account.fee_asset, account.fee_discount = record["asset"], record["discount"]
        return account

    def _add_key(self, record: Record) -> ApiKey:
        key = ApiKey(
            record["key"],
            record["secret"],
            record["account"],
            record["label"],
            record.get("kind", "HMAC"),
            tuple(record.get("permissions", ("read", "trade"))),
            tuple(record.get("ips", ())),
        )
        self.state.keys[key.key] = key
        return key

    def _revoke_key(self, record: Record) -> None:
        del self.state.keys[record["key"]]

    def _reset_account(self, record: Record) -> Account:
        account = self.state.accounts[record["account"]]
        for order in list(account.open_orders.values()):
            if order.is_open:
                self._booking.cancel(account, order, "")
                self._booking.finish()
        self.usdm.close_account(account.id, self._wall)
        before = dict(account.free)
        self._grant(before, -1)
        account.free, account.locked, account.updated = dict(record["funds"]), {}, self._wall
        self._grant(account.free, 1)
        change = {asset: account.free.get(asset, 0) - before.get(asset, 0) for asset in account.free | before}
        granted = {asset: units for asset, units in change.items() if units}
        self._tell(BalanceEvent(account, tuple(sorted(change)), granted))
        return account

    # ---- orders

    def _place_order(self, record: Record) -> Order:
        market = self._markets[record["s"]]
        if not market.ladder.placed:
            self.quote(record["s"])
        if record["type"] == "LIMIT" and record["tif"] != "FOK" and "stp" not in record:
            order = self._plain.place(market, record)
        else:
            account = self.state.accounts[record["account"]]
            order = self._new_order(account, market, record)
            self._booking.place(account, market, order)
            self._booking.finish()
        if self._has_queues:
            self._queue.join(market, order)
        return order

    def _new_order(self, account: Account, market: MarketState, record: Record) -> Order:
        order_id = market.last_order_id = market.last_order_id + 1
        order = draft_order(account, market, record, order_id, self._wall)
        market.orders[order_id] = order
        account.begin_desk(order.symbol).add(order)
        return order

    def _place_list(self, record: Record) -> OrderList:
        account, market, kind = (
            self.state.accounts[record["account"]],
            self.quote(record["s"]),
            ListKind(record["kind"]),
        )
        orders = [self._new_order(account, market, facts) for facts in record["orders"]]
        list_id = self.state.last_list_id = self.state.last_list_id + 1
        ids = tuple(order.id for order in orders)
        client_id = record["cid"] or f"sandbox-list-{list_id}"
        order_list = OrderList(list_id, account.id, market.spec.name, kind, client_id, self._wall, ids)
        self.state.lists[list_id] = account.lists[list_id] = order_list
        account.lists_by_client_id[client_id] = order_list
        for number, order in enumerate(orders):
            order.list_id = list_id
            if number and kind is not ListKind.OCO:
                order.status, order.is_working, order.working_time = OrderStatus.PENDING_NEW, False, -1
        self._tell(ListEvent(account, order_list))
        if kind is ListKind.OCO:
            self._booking.place_pair(account, market, orders, list_id)
        else:
            for order in orders[1:]:
                self._tell(OrderEvent(account, order, Execution.NEW))
            self._booking.place(account, market, orders[0])
        self._booking.finish()
        return order_list

    def _cancel_order(self, record: Record) -> Order:
        account = self.state.accounts[record["account"]]
        order = account.desks[record["s"]].open[record["id"]]
        if order.list_id < 0:
            self._plain.cancel(account, self._markets[record["s"]], order, record["cid"])
        else:
            self._booking.cancel(account, order, record["cid"])
            self._booking.finish()
        return order

    def _amend_order(self, record: Record) -> Order:
        account, market = self.state.accounts[record["account"]], self.state.markets[record["s"]]
        desk = account.desks[record["s"]]
        order = desk.open[record["id"]]
        new_id = record["cid"] or f"sandbox-{order.id}-{len(order.amendments) + 1}"
        number = market.last_amendment_id = market.last_amendment_id + 1
        change = Amendment(number, self._wall, order.client_id, new_id, order.lots, record["lots"])
        order.amendments = (*order.amendments, change)
        if desk.by_client_id.get(order.client_id) is order:
            del desk.by_client_id[order.client_id]
        order.client_id = new_id
        desk.by_client_id[new_id] = order
        self._booking.amend(market, order, record["lots"])
        self._booking.finish()
        return order

    # ---- faults of a market

    def _halt(self, record: Record) -> None:
        """Take a symbol out of trading, or back in at the price the recording has then."""
        market = self.state.markets[record["s"]]
        market.ladder.clear(market.book)
        market.halted = record["halted"]
        if not market.halted:
            self._visit(record["s"], market)

    def _thin_quotes(self, record: Record) -> None:
        """Until the market moves, synthetic orders offer at most so many lots a side."""
        market, clock = self.state.markets[record["s"]], self.state.clock
        market.ladder.clear(market.book)
        if not market.halted:
            price, levels = self.view.price(record["s"]), self.view.book(record["s"])
            market.ladder.place(market.book, price, standing=clock.standing, recorded=levels, most=record["lots"])

    # ---- a followed exchange

    def _follow(self, record: Record) -> None:
        """News of a followed exchange: its trades fill customers' orders, so does a book that stands against them."""
        symbol = record["s"]
        market = self.state.markets[symbol]
        assert isinstance(self.view, LiveView)
        prints = self.view.learn(record)
        market.ladder.clear(market.book)
        self.usdm.visit(self._wall)
        if market.halted:
            return
        for each in prints:
            self._print(market, each)
            self._reach(symbol, market, each.price, each.lots)
        for taker, name in ((Side.SELL, "asks"), (Side.BUY, "bids")):
            against = [(price, lots) for price, lots in record.get(name, ()) if market.book.crosses(taker, price)]
            if against:
                price, offered = against[0][0], sum(lots for _, lots in against)
                lots = self._queue.pass_by(market, taker, price, offered)
                if lots:
                    self._sweep(symbol, market, taker, price, lots)

    # ---- market clock

    def _set_clock(self, record: Record) -> None:
        clock = self.state.clock
        for name in ("origin", "speed", "mode", "running", "standing", "configured"):
            if name in record:
                setattr(clock, name, record[name])
        self.withdraw_quotes()
        self.usdm.settle_clock()

    def _move(self, record: Record) -> None:
        """Walk every quantum up to the record's; customers' orders the price touches are filled at their own price."""
        clock, target = self.state.clock, record["q"]
        while clock.quantum < target:
            bar_end = (clock.quantum + 1) // QUANTA * QUANTA + QUANTA - 1
            self._walk(min(target, bar_end), max(0, target - TAPE_LENGTH))
        if record.get("standing") is not None and record["standing"] != clock.standing:
            clock.standing = record["standing"]
            clock.running = clock.running and not clock.standing
            self.withdraw_quotes()

    def _walk(self, end: int, first_shown: int) -> None:
        """Go to quantum `end` of the same bar, quantum by quantum, or at once when no customer order is touched."""
        clock = self.state.clock
        self.withdraw_quotes()
        bar = (clock.quantum + 1) // QUANTA
        trading = [(symbol, market) for symbol, market in self.state.markets.items() if not market.halted]
        if not self.usdm.is_busy and not any(self._touches(symbol, market, bar) for symbol, market in trading):
            for symbol, market in trading:
                unseen = max(0, min(end + 1, first_shown) - (clock.quantum + 1))
                if self.view.is_traded(symbol):
                    unseen = 0  # a quantum has any number of trades, each has its id
                market.last_trade_id += unseen
                for quantum in range(clock.quantum + 1 + unseen, end + 1):
                    for each in self.view.prints(symbol, quantum):
                        self._print(market, each)
                market.book.set_last_price(self.view.price(symbol, end))
            clock.quantum = end
            return
        while clock.quantum < end:
            clock.quantum += 1
            for symbol, market in trading:
                self._visit(symbol, market)
            self.usdm.visit(self._wall)

    def _touches(self, symbol: str, market: MarketState, bar: int) -> bool:
        """Whether a virtual bar's range reaches a customer's order (synthetic orders are out of the book)."""
        if not len(market.book):
            return False
        _, high, low, _ = self.view.recording.symbols[symbol].bar(bar % self.view.recording.bars)
        if market.book.crosses(Side.BUY, high) or market.book.crosses(Side.SELL, low):
            return True
        return any(_reaches(order, low, high) for order in market.armed.values())

    def _jump(self, record: Record) -> None:
        """Go to a quantum without walking the path between."""
        self.state.clock.quantum = record["q"]
        for symbol, market in self.state.markets.items():
            if not market.halted:
                self._visit(symbol, market)
        self.usdm.settle_clock()
        self.usdm.visit(self._wall)

    def _visit(self, symbol: str, market: MarketState) -> None:
        """Print the quantum's trades; each reaches customers' orders at its price, recorded trades with their lots."""
        market.ladder.clear(market.book)
        prints = self.view.prints(symbol, self.state.clock.quantum)
        for each in prints:
            self._print(market, each)
            self._reach(symbol, market, each.price, each.lots if self.view.is_traded(symbol) else _EVERY_LOT)
        if not prints:
            self._reach(symbol, market, self.view.price(symbol), 0)

    def _reach(self, symbol: str, market: MarketState, price: int, most: int) -> None:
        """The market is at `price`: it takes at most so many lots of each side, and stop orders see the price."""
        market.ladder.clear(market.book)
        for side in [side for side in Side if most and market.book.crosses(side, price)]:
            lots = self._queue.pass_by(market, side, price, most)
            if lots:
                self._sweep(symbol, market, side, price, lots)
        if market.armed and market.book.triggers(price):
            self.quote(symbol)  # a triggered order finds the synthetic orders of the new price
        self._booking.book(market, market.book.set_last_price(price))
        self._booking.finish()

    def _sweep(self, symbol: str, market: MarketState, side: Side, price: int, most: int) -> None:
        """The market takes customer orders of the other side at `price` or better for the market, `most` lots."""
        lots = market.book.available(side, price, most)
        if market.armed:
            self.quote(symbol)
        taker = NewOrder(0, 0, side, OrderType.LIMIT, price, min(lots, most), TimeInForce.IOC)
        self._booking.book(market, market.book.place(taker))
        self._booking.finish()

    def _print(self, market: MarketState, each: MarketPrint) -> None:
        market.last_trade_id += 1
        self._booking.record_tape(market, TapeTrade(market.last_trade_id, *each))

    def _tell(self, event: Event) -> None:
        if self.listener is not None:
            self.listener(event)


def _reaches(order: Order, low: int, high: int) -> bool:
    """Whether a range of prices may trigger a waiting stop order; a trailing one has to see every price."""
    if order.trailing_delta:
        return True
    against = order.type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
    rising = against == (order.side is Side.BUY)
    return high >= order.stop_price if rising else low <= order.stop_price


def _facts(order: Order) -> str:
    amounts = f"{order.lots},{order.executed},{order.quote_executed},{order.locked}"
    return f"{order.id},{order.client_id},{order.status.value},{amounts},{order.is_working};"


def draft_order(account: Account, market: MarketState, facts: Record, order_id: int = 0, wall: int = 0) -> Order:
    """An order as a record describes it, not placed yet."""
    order = Order(
        order_id,
        account.id,
        market.spec.name,
        _SIDES[facts["side"]],
        _TYPES[facts["type"]],
        facts["tif"],
        facts["price"],
        facts["lots"],
        facts["quote"],
        facts["cid"] or f"sandbox-{order_id}",
        wall,
        wall,
    )
    order.working_time = wall
    if "stp" in facts:
        order.stop_price, order.trailing_delta = facts["stop"], facts["trail"]
        order.iceberg_lots, order.stp_mode = facts["iceberg"], facts["stp"]
        order.strategy_id, order.strategy_type = facts["strategy_id"], facts["strategy_type"]
    return order
