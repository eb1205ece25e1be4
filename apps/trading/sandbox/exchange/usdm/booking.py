"""Fills of contracts: positions, realised profit, fees, isolated wallets, and the notices of all that."""

from collections.abc import Callable, Iterable

from apps.trading.sandbox.exchange.amounts import UNIT
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.usdm import events
from apps.trading.sandbox.exchange.usdm.contracts import MAKER_FEE, TAKER_FEE, TICK_LOT
from apps.trading.sandbox.exchange.usdm.state import (
    BOTH,
    FuturesAccount,
    FuturesMarket,
    FuturesOrder,
    FuturesTrade,
    Holding,
    Income,
    UsdmState,
)
from kernel import matching
from kernel.matching import Cancelled, Expired, Reason, Side, Traded

Listener = Callable[[events.UsdmEvent], None]
_SIDES = {member.value: member for member in Side}


class Ledger:
    """Applies what the books answer to accounts, and tells it. `finish` ends every command."""

    def __init__(self, state: UsdmState, view: MarketView) -> None:
        self.state = state
        self.markets = state.markets
        self.view = view
        self.wall = 0
        self.listener: Listener | None = None
        self._touched: dict[int, dict[tuple[str, str], None]] = {}

    # ---- books

    def book(self, market: FuturesMarket, happened: Iterable[matching.Event]) -> None:
        """Apply a book's answer to one command."""
        for event in happened:
            if isinstance(event, Traded):
                self._traded(market, event)
            elif isinstance(event, Cancelled):
                self._end(market, event.order_id, "CANCELED", "CANCELED")
            elif isinstance(event, Expired):
                status = "CANCELED" if event.reason is Reason.LIST else "EXPIRED"
                self._end(market, event.order_id, status, "EXPIRED")

    def _traded(self, market: FuturesMarket, event: Traded) -> None:
        self.state.last_trade_id += 1
        trade_id = self.state.last_trade_id
        taker, maker = market.orders.get(event.taker_id), market.orders.get(event.maker_id)
        if taker is not None:
            self.fill(market, taker, (trade_id, event.price, event.lots), TAKER_FEE, is_maker=False)
        if maker is not None:
            self.fill(market, maker, (trade_id, event.price, event.lots), MAKER_FEE, is_maker=True)
        ours = [order for order in (taker, maker) if order is not None]
        if len(ours) == 1:
            self.book_street(ours[0].side, event.price, event.lots)

    def book_street(self, side: str, price: int, lots: int) -> None:
        """The other side of a customer's trade with synthetic liquidity."""
        sign = -1 if side == "BUY" else 1
        self.state.street -= sign * lots * price * TICK_LOT

    def fill(
        self, market: FuturesMarket, order: FuturesOrder, part: tuple[int, int, int], rate: int, *, is_maker: bool
    ) -> FuturesTrade:
        """One execution (trade id, price, lots) of an order at a fee rate."""
        trade_id, price, lots = part
        account = self.state.accounts[order.account_id]
        quote = price * lots * TICK_LOT
        realised = self._move(account, order, price, lots)
        fee = quote * rate // UNIT
        self.charge(account, "COMMISSION", order.symbol, -fee, str(trade_id))
        self.state.fees += fee
        if realised:
            self.charge(account, "REALIZED_PNL", order.symbol, realised, str(trade_id))
        order.executed += lots
        order.quote += quote
        order.updated = account.updated = self.wall
        order.status = "PARTIALLY_FILLED" if order.remaining else "FILLED"
        if not order.remaining:
            market.orders.pop(order.id, None)
            account.open_orders.pop(order.id, None)
        trade = FuturesTrade(
            trade_id, order.id, order.symbol, order.side, order.position_side, price, lots, quote, fee, realised,
            is_maker, self.wall,
        )  # fmt: skip
        account.trades.append(trade)
        self._touched.setdefault(account.id, {})[order.symbol, order.position_side] = None
        self.tell(account.id, events.order_update(order, "TRADE", trade, self.view.now_ms))
        return trade

    def _move(self, account: FuturesAccount, order: FuturesOrder, price: int, lots: int) -> int:
        """Change the position by a fill at average cost; returns what it realised."""
        held = account.holding(order.symbol, order.position_side)
        sign = 1 if order.side == "BUY" else -1
        closing = min(lots, abs(held.lots)) if held.lots and (held.lots < 0) == (sign > 0) else 0
        realised = 0
        if closing:
            released = held.cost * closing // abs(held.lots) if closing < abs(held.lots) else held.cost
            freed = held.isolated * closing // abs(held.lots)
            realised = -sign * closing * price * TICK_LOT - released
            held.cost -= released
            held.isolated -= freed
            held.lots += sign * closing
        opening = lots - closing
        if opening:
            held.lots += sign * opening
            held.cost += sign * opening * price * TICK_LOT
            setting = account.setting(order.symbol)
            if setting.is_isolated:
                held.isolated += -(-opening * price * TICK_LOT // setting.leverage)
        if not held.lots:
            held.isolated, held.is_called = 0, False
        held.updated = self.wall
        return realised

    def charge(self, account: FuturesAccount, kind: str, symbol: str, amount: int, info: str) -> None:
        """Change the wallet and keep why."""
        account.wallet += amount
        if amount:
            self.state.last_income_id += 1
            row = Income(self.state.last_income_id, kind, symbol, amount, info, self.wall, self.view.now_ms)
            account.income.append(row)

    # ---- orders

    def enter(self, market: FuturesMarket, order: FuturesOrder) -> None:
        """Give an order to its market. GTX never takes; what a market order does not find expires."""
        account = self.state.accounts[order.account_id]
        account.orders[order.id] = account.open_orders[order.id] = market.orders[order.id] = order
        self.tell(account.id, events.order_update(order, "NEW", None, self.view.now_ms))
        kind = matching.OrderType.MARKET if order.type == "MARKET" else matching.OrderType.LIMIT
        tif = matching.TimeInForce.GTC
        if order.tif in ("IOC", "FOK"):
            tif = matching.TimeInForce(order.tif)
        new = matching.NewOrder(order.id, account.id, _SIDES[order.side], kind, order.price, order.lots, tif)
        self.book(market, market.book.place(new))

    def _end(self, market: FuturesMarket, order_id: int, status: str, execution: str) -> None:
        order = market.orders.pop(order_id, None)
        if order is None:
            return  # the outside taker's rest
        order.status, order.updated = status, self.wall
        self.state.accounts[order.account_id].open_orders.pop(order_id, None)
        self.tell(order.account_id, events.order_update(order, execution, None, self.view.now_ms))

    def expire(self, order: FuturesOrder) -> None:
        """End an open order for a reason of the exchange."""
        market = self.markets[order.symbol]
        market.book.cancel(order.id)
        self._end(market, order.id, "EXPIRED", "EXPIRED")

    def trim_reducing(self, account: FuturesAccount, symbol: str) -> None:
        """Reduce-only orders never add up to more than the position: the newest are cut or end."""
        for side in ("BUY", "SELL"):
            left: dict[str, int] = {}
            for order in [each for each in account.open_orders.values() if each.is_reducing and each.side == side]:
                if order.symbol != symbol:
                    continue
                lots = left.setdefault(
                    order.position_side, closable(account.holding(symbol, order.position_side), side)
                )
                if not lots:
                    self.expire(order)
                elif order.remaining > lots:
                    order.lots = order.executed + lots
                    self.markets[symbol].book.amend(order.id, lots)
                left[order.position_side] = max(0, lots - order.remaining)

    # ---- notices

    def touch(self, account: FuturesAccount, symbol: str, side: str = BOTH) -> None:
        """Note that a position changed; `finish` tells it."""
        self._touched.setdefault(account.id, {})[symbol, side] = None

    def finish(self, reason: str = "ORDER") -> None:
        """Cut reduce-only orders to what is left, and tell the accounts concerned."""
        touched, self._touched = self._touched, {}
        for account_id, keys in sorted(touched.items()):
            account = self.state.accounts[account_id]
            for symbol in sorted({symbol for symbol, _ in keys}):
                self.trim_reducing(account, symbol)
            self.tell(account_id, events.account_update(account, reason, list(keys), self.view.price, 0))

    def tell(self, account_id: int, message: events.Json) -> None:
        """Hand a message to the listener, if any."""
        if self.listener is not None:
            self.listener(events.UsdmEvent(account_id, message))


def closable(held: Holding, side: str) -> int:
    """Lots that an order of `side` could close."""
    return max(0, -held.lots if side == "BUY" else held.lots)
