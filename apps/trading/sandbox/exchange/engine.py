"""The deterministic core: `apply(record)` changes the state, the same records give the same state.

Records are checked before they reach the engine (`admission`), so applying never refuses.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from apps.trading.sandbox.exchange.candles import QUANTA
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.settlement import Settlement
from apps.trading.sandbox.exchange.state import (
    TAPE_LENGTH,
    Account,
    ApiKey,
    ExchangeState,
    MarketState,
    Order,
    OrderStatus,
    OrderType,
    PrivateTrade,
    TapeTrade,
)
from kernel.matching import MatchResult, Side, TimeInForce


class Execution(Enum):
    """Why an order event happened (the protocol's execution types)."""

    NEW = "NEW"  # accepted
    TRADE = "TRADE"  # traded, wholly or in part
    CANCELED = "CANCELED"  # taken out by its owner
    EXPIRED = "EXPIRED"  # dropped by time in force


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One change of an order, for its owner."""

    account: Account
    order: Order
    execution: Execution
    trade: PrivateTrade | None = None
    cancel_client_id: str = ""


@dataclass(frozen=True, slots=True)
class BalanceEvent:
    """Balances of some assets changed."""

    account: Account
    assets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TapeEvent:
    """A public trade."""

    symbol: str
    trade: TapeTrade


Event = OrderEvent | BalanceEvent | TapeEvent
Listener = Callable[[Event], None]


class Engine:
    """Applies records to the state and tells the listener (none during replay) what happened."""

    def __init__(self, state: ExchangeState, view: MarketView) -> None:
        self.state = state
        self.view = view
        self.listener: Listener | None = None
        self._wall = 0
        self._settlement = Settlement(state.accounts)
        self._handlers: dict[str, Callable[[Record], Any]] = {
            "account": self._open_account,
            "key": self._add_key,
            "revoke": self._revoke_key,
            "reset": self._reset_account,
            "order": self._place_order,
            "cancel": self._cancel_order,
            "move": self._move,
            "jump": self._jump,
            "clock": self._set_clock,
        }

    def apply(self, record: Record) -> Any:
        """Apply one record; returns the order for `order` and `cancel`, the account or key for theirs."""
        self._wall = record["t"]
        return self._handlers[record["k"]](record)

    def quote(self, symbol: str) -> MarketState:
        """The market with its synthetic orders in the book. Placing them is no change: they follow from the clock."""
        market = self.state.markets[symbol]
        if not market.ladder.placed:
            market.ladder.place(market.book, self.view.price(symbol), standing=self.state.clock.standing)
        return market

    def withdraw_quotes(self) -> None:
        """Take the synthetic orders out of every book."""
        for market in self.state.markets.values():
            market.ladder.clear(market.book)

    def digest(self) -> str:
        """SHA-256 over customers' resting orders in priority, balances, counters and executed amounts."""
        digest = hashlib.sha256()
        for symbol, market in sorted(self.state.markets.items()):
            digest.update(f"{symbol},{market.last_order_id};".encode())
            for order_id, side, price, lots in market.book.resting():
                if order_id > 0:
                    digest.update(f"{order_id},{side.value},{price},{lots};".encode())
            for order in market.orders.values():
                digest.update(f"{order.id},{order.client_id},{order.status.value},{order.quote_executed};".encode())
        for account in self.state.accounts.values():
            funds = [(asset, account.free.get(asset, 0), account.locked.get(asset, 0)) for asset in account.assets()]
            trades = [trade.id for symbol in sorted(account.trades) for trade in account.trades[symbol]]
            digest.update(f"{account.id},{account.label},{funds},{trades};".encode())
        return digest.hexdigest()

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
        return account

    def _add_key(self, record: Record) -> ApiKey:
        key = ApiKey(record["key"], record["secret"], record["account"], record["label"])
        self.state.keys[key.key] = key
        return key

    def _revoke_key(self, record: Record) -> None:
        del self.state.keys[record["key"]]

    def _reset_account(self, record: Record) -> Account:
        account = self.state.accounts[record["account"]]
        for order in list(account.open_orders.values()):
            self._take_out(account, order, "")
        account.free, account.locked, account.updated = dict(record["funds"]), {}, self._wall
        self._tell(BalanceEvent(account, tuple(account.assets())))
        return account

    # ---- orders

    def _place_order(self, record: Record) -> Order:
        account, market = self.state.accounts[record["account"]], self.quote(record["s"])
        order_id = market.last_order_id = market.last_order_id + 1
        order = Order(
            order_id,
            account.id,
            record["s"],
            Side(record["side"]),
            OrderType(record["type"]),
            record["tif"],
            record["price"],
            record["lots"],
            record["quote"],
            record["cid"] or f"sandbox-{order_id}",
            self._wall,
            self._wall,
        )
        market.orders[order_id] = order
        account.orders.setdefault(order.symbol, []).append(order)
        account.by_client_id[order.symbol, order.client_id] = order
        account.open_orders[order.symbol, order_id] = order
        self._settlement.lock(account, order, market, self._cost(market, order))
        self._tell(OrderEvent(account, order, Execution.NEW))
        result = self._match(market, order)
        touched = self._settle(market, order, result)
        if not result.resting and order.status is not OrderStatus.FILLED:
            self._expire(account, market, order)
        self._settlement.trim_lock(account, order, market)
        self._tell_balances(touched | {account.id}, market)
        return order

    def _cost(self, market: MarketState, order: Order) -> int:
        """Tick-lots a market order would trade for now; its lock."""
        if order.type is not OrderType.MARKET or order.side is Side.SELL:
            return 0
        return sum(price * lots for price, lots in market.book.walk(order.side, None, order.lots))

    def _match(self, market: MarketState, order: Order) -> MatchResult:
        book = market.book
        if order.type is not OrderType.MARKET:
            return book.place_limit(order.id, order.side, order.price, order.lots, TimeInForce(order.tif))
        if not order.quote_quantity:
            return book.place_market(order.side, order.lots)
        result = book.place_market_notional(order.side, order.quote_quantity // market.spec.tick_lot_units)
        order.lots = result.traded
        return result

    def _settle(self, market: MarketState, order: Order, result: MatchResult) -> set[int]:
        """Book every fill for both sides; returns the ids of other accounts concerned."""
        touched: set[int] = set()
        for fill in result.fills:
            trade_id = market.last_trade_id = market.last_trade_id + 1
            self._record_tape(
                market, TapeTrade(trade_id, fill.price, fill.lots, self.view.now_ms, order.side is Side.SELL)
            )
            self._fill(market, order, trade_id, fill.price, fill.lots, is_maker=False)
            if fill.maker_id > 0:
                maker = market.orders[fill.maker_id]
                self._fill(market, maker, trade_id, fill.price, fill.lots, is_maker=True)
                touched.add(maker.account_id)
        return touched

    def _fill(self, market: MarketState, order: Order, trade_id: int, price: int, lots: int, *, is_maker: bool) -> None:
        account = self.state.accounts[order.account_id]
        trade = self._settlement.settle(
            account,
            order,
            market,
            PrivateTrade(
                trade_id,
                order.id,
                order.symbol,
                order.side,
                price,
                lots,
                0,
                0,
                "",
                self._wall,
                self.view.now_ms,
                is_maker,
            ),
        )
        self._tell(OrderEvent(account, order, Execution.TRADE, trade))

    def _expire(self, account: Account, market: MarketState, order: Order) -> None:
        order.status = OrderStatus.EXPIRED
        self._settlement.release(account, order, market)
        self._tell(OrderEvent(account, order, Execution.EXPIRED))

    def _cancel_order(self, record: Record) -> Order:
        account = self.state.accounts[record["account"]]
        order = account.open_orders[record["s"], record["id"]]
        self._take_out(account, order, record["cid"])
        self._tell_balances({account.id}, self.state.markets[order.symbol])
        return order

    def _take_out(self, account: Account, order: Order, cancel_client_id: str) -> None:
        market = self.state.markets[order.symbol]
        market.book.cancel(order.id)
        order.status, order.updated = OrderStatus.CANCELED, self._wall
        self._settlement.release(account, order, market)
        self._tell(OrderEvent(account, order, Execution.CANCELED, cancel_client_id=cancel_client_id))

    # ---- market clock

    def _set_clock(self, record: Record) -> None:
        clock = self.state.clock
        for name in ("origin", "speed", "mode", "running", "standing", "configured"):
            if name in record:
                setattr(clock, name, record[name])
        self.withdraw_quotes()

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
        if not any(self._touches(symbol, market, bar) for symbol, market in self.state.markets.items()):
            for symbol, market in self.state.markets.items():
                unseen = max(0, min(end + 1, first_shown) - (clock.quantum + 1))
                market.last_trade_id += unseen
                for quantum in range(clock.quantum + 1 + unseen, end + 1):
                    self._print_trade(symbol, market, quantum)
            clock.quantum = end
            return
        while clock.quantum < end:
            clock.quantum += 1
            for symbol, market in self.state.markets.items():
                self._visit(symbol, market)

    def _touches(self, symbol: str, market: MarketState, bar: int) -> bool:
        """Whether a virtual bar's range reaches a resting customer order (synthetic orders are out of the book)."""
        if not len(market.book):
            return False
        _, high, low, _ = self.view.recording.symbols[symbol].bar(bar % self.view.recording.bars)
        return market.book.crosses(Side.BUY, high) or market.book.crosses(Side.SELL, low)

    def _jump(self, record: Record) -> None:
        """Go to a quantum without walking the path between."""
        self.state.clock.quantum = record["q"]
        for symbol, market in self.state.markets.items():
            self._visit(symbol, market)

    def _visit(self, symbol: str, market: MarketState) -> None:
        market.ladder.clear(market.book)
        self._print_trade(symbol, market, self.state.clock.quantum)
        if not len(market.book):
            return
        price = self.view.price(symbol)
        for side in Side:
            if market.book.crosses(side, price):
                self._sweep(market, side, price)

    def _sweep(self, market: MarketState, side: Side, price: int) -> None:
        """The market takes every customer order of the other side at `price` or better for the market."""
        lots = market.book.available(side, price, 1 << 62)
        result = market.book.place_limit(0, side, price, lots, TimeInForce.IOC)
        touched: set[int] = set()
        for fill in result.fills:
            trade_id = market.last_trade_id = market.last_trade_id + 1
            self._record_tape(market, TapeTrade(trade_id, fill.price, fill.lots, self.view.now_ms, side is Side.SELL))
            maker = market.orders[fill.maker_id]
            self._fill(market, maker, trade_id, fill.price, fill.lots, is_maker=True)
            touched.add(maker.account_id)
        self._tell_balances(touched, market)

    def _print_trade(self, symbol: str, market: MarketState, quantum: int) -> None:
        """The recorded market's own trade of a quantum: a fiftieth of the bar's volume at the path's price."""
        bar, step = divmod(quantum, QUANTA)
        path = self.view.path(symbol, bar)
        recording = self.view.recording
        volume = int(recording.symbols[symbol].volume[bar % recording.bars])
        lots = max(1, volume // QUANTA // market.spec.lot_units)
        market.last_trade_id += 1
        falling = step > 0 and path[step] < path[step - 1]
        self._record_tape(
            market, TapeTrade(market.last_trade_id, path[step], lots, self.view.time_of(quantum), falling)
        )

    def _record_tape(self, market: MarketState, trade: TapeTrade) -> None:
        market.tape.append(trade)
        self._tell(TapeEvent(market.spec.name, trade))

    def _tell(self, event: Event) -> None:
        if self.listener is not None:
            self.listener(event)

    def _tell_balances(self, account_ids: set[int], market: MarketState) -> None:
        for account_id in sorted(account_ids):
            self._tell(BalanceEvent(self.state.accounts[account_id], (market.spec.base, market.spec.quote)))
