"""The deterministic core of contracts: journal records and market moves in, changed accounts out.

Journalled are only commands: transfers, settings, orders, conditional orders, cancels, isolated margin. Fills by price,
triggers, funding, margin calls and liquidations follow from the market's moves and are computed again by a replay.
"""

from collections.abc import Callable
from typing import Any

from apps.trading.sandbox.exchange.amounts import UNIT
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.state import ExchangeState
from apps.trading.sandbox.exchange.usdm import events
from apps.trading.sandbox.exchange.usdm.booking import Ledger, Listener, closable
from apps.trading.sandbox.exchange.usdm.contracts import QUOTE
from apps.trading.sandbox.exchange.usdm.funding import rate_at, slot_of
from apps.trading.sandbox.exchange.usdm.liquidation import Watch
from apps.trading.sandbox.exchange.usdm.margin import available
from apps.trading.sandbox.exchange.usdm.state import (
    AlgoOrder,
    FuturesAccount,
    FuturesMarket,
    FuturesOrder,
)
from apps.trading.sandbox.exchange.usdm.triggers import is_due
from kernel.matching import NewOrder, OrderType, Side, TimeInForce


class UsdmEngine:
    """Applies records of contracts; `visit` follows every quantum of the market clock."""

    def __init__(self, exchange: ExchangeState, view: MarketView) -> None:
        self.exchange = exchange
        self.state = state = exchange.usdm
        self.view = view
        self.markets = state.markets
        self.ledger = Ledger(state, view)
        self._watch = Watch(self.ledger)
        self._handlers: dict[str, Callable[[Record], Any]] = {
            "um_transfer": self._transfer,
            "um_leverage": self._set_leverage,
            "um_type": self._set_type,
            "um_dual": self._set_dual,
            "um_margin": self._move_margin,
            "um_order": self._place,
            "um_algo": self._place_algo,
            "um_cancel": self._cancel,
            "um_algo_cancel": self._cancel_algo,
        }
        standing = [order for account in state.accounts.values() for order in account.open_orders.values()]
        for order in sorted(standing, key=lambda each: each.id):
            self._rest(order)

    def handlers(self) -> dict[str, Callable[[Record], Any]]:
        """What the engine does with each kind of record."""
        return {kind: self._guarded(handler) for kind, handler in self._handlers.items()}

    def _guarded(self, handler: Callable[[Record], Any]) -> Callable[[Record], Any]:
        def apply(record: Record) -> Any:
            self.ledger.wall = record["t"]
            self._keep_slot()
            result = handler(record)
            self.ledger.finish(record.get("why", "ORDER"))
            return result

        return apply

    def listen(self, listener: Listener | None) -> None:
        """Tell `listener` what happens from now on."""
        self.ledger.listener = listener

    @property
    def is_busy(self) -> bool:
        """Whether a move of the market may change anything."""
        return any(
            account.open_orders or account.open_algos() or account.open_holdings()
            for account in self.state.accounts.values()
        )

    def price_of(self, symbol: str) -> int:
        """Last and mark price: the recording's, which customers' own trades do not move."""
        return self.view.price(symbol)

    def quote(self, symbol: str) -> FuturesMarket:
        """The market with its synthetic orders in the book; they follow from the clock and are no change."""
        market = self.markets[symbol]
        if not market.ladder.placed and self.view.price(symbol):
            market.ladder.place(market.book, self.view.price(symbol), standing=self.exchange.clock.standing)
        return market

    def withdraw_quotes(self) -> None:
        """Take synthetic orders out of every book."""
        for market in self.markets.values():
            market.ladder.clear(market.book)

    def imbalance(self) -> int:
        """Units that exist beyond what was transferred in; 0 is right."""
        state = self.state
        held = sum(
            account.wallet - sum(each.cost for each in account.holdings.values()) for account in state.accounts.values()
        )
        return held + state.street + state.fees + state.insurance + state.funding - state.transferred

    def facts(self) -> str:
        """What the exchange's digest covers; empty without futures accounts."""
        return ";".join(_facts(account) for account in self.state.accounts.values())

    # ---- market moves

    def visit(self, wall: int) -> None:
        """The market is at the clock's price: fills, triggers, funding and margin checks, in this order."""
        if not self.is_busy:
            self._keep_slot()
            return
        self.ledger.wall = wall
        for symbol, market in self.markets.items():
            market.ladder.clear(market.book)
            price = self.view.price(symbol)
            if price:
                self._sweep(market, price)
                self._trigger(symbol, price)
        self._fund()
        self._watch.look()
        self.withdraw_quotes()

    def settle_clock(self) -> None:
        """After a jump or another time: what lies between is not settled."""
        self.state.slot = slot_of(self.view.now_ms)

    def _keep_slot(self) -> None:
        if not self.is_busy:
            self.settle_clock()

    def _sweep(self, market: FuturesMarket, price: int) -> None:
        """The outside takes customers' orders that the price reaches, at their own price."""
        for side in Side:
            if market.book.crosses(side, price):
                lots = market.book.available(side, price, 1 << 62)
                taker = NewOrder(0, 0, side, OrderType.LIMIT, price, lots, TimeInForce.IOC)
                self.ledger.book(market, market.book.place(taker))
        self.ledger.finish()

    def _trigger(self, symbol: str, price: int) -> None:
        for account in list(self.state.accounts.values()):
            for order in [each for each in account.open_algos() if each.symbol == symbol]:
                if order.is_open and is_due(order, price):
                    self._fire(account, order)
        self.ledger.finish()

    def _fire(self, account: FuturesAccount, algo: AlgoOrder) -> None:
        """Place what a conditional order stands for; where that is refused, it ends REJECTED."""
        algo.updated = self.ledger.wall
        kind = "LIMIT" if algo.type in ("STOP", "TAKE_PROFIT") else "MARKET"
        held = account.holding(algo.symbol, algo.position_side)
        limit = closable(held, algo.side)
        is_reducing = algo.is_reducing or algo.is_closing_all
        lots = limit if algo.is_closing_all else min(algo.lots, limit) if is_reducing else algo.lots
        order = self._draft(
            account,
            {
                "s": algo.symbol, "side": algo.side, "ps": algo.position_side, "type": kind, "tif": algo.tif,
                "price": algo.price, "lots": lots, "reduce": is_reducing, "cid": algo.client_id,
                "original": algo.type, "trigger": algo.trigger, "close": algo.is_closing_all,
            },
        )  # fmt: skip
        if not lots or (not is_reducing and available(account, self.price_of, adding=(order,)) < 0):
            algo.status = "REJECTED" if lots else "EXPIRED"
            del account.waiting[algo.id]
        else:
            self.state.last_order_id = order.id
            algo.status, algo.order_id = "FINISHED", order.id
            del account.waiting[algo.id]
            self.ledger.enter(self.quote(algo.symbol), order)
        self.ledger.tell(account.id, events.algo_update(algo))

    def _fund(self) -> None:
        """Settle every funding time that passed: −lots × mark × rate, isolated ones on their own wallet."""
        now = slot_of(self.view.now_ms)
        for slot in range(self.state.slot + 1, now + 1):
            for account in self.state.accounts.values():
                for symbol, side, held in account.open_holdings():
                    paid = held.value(self.view.price(symbol)) * rate_at(symbol, slot)
                    amount = -(paid // UNIT) if paid >= 0 else -paid // UNIT
                    self.ledger.charge(account, "FUNDING_FEE", symbol, amount, str(slot))
                    self.state.funding -= amount
                    if account.setting(symbol).is_isolated:
                        held.isolated += amount
                    account.updated = self.ledger.wall
                    message = events.account_update(account, "FUNDING_FEE", [(symbol, side)], self.price_of, amount)
                    self.ledger.tell(account.id, message)
        self.state.slot = now

    # ---- commands

    def _account(self, record: Record) -> FuturesAccount:
        return self.state.accounts.setdefault(record["account"], FuturesAccount(record["account"]))

    def _transfer(self, record: Record) -> FuturesAccount:
        """Units from the spot wallet (negative: back to it)."""
        account, spot = self._account(record), self.exchange.accounts[record["account"]]
        granted = self.exchange.totals.granted
        spot.free[QUOTE] = spot.free.get(QUOTE, 0) - record["amount"]
        granted[QUOTE] = granted.get(QUOTE, 0) - record["amount"]
        spot.updated = self.ledger.wall
        self.ledger.charge(account, "TRANSFER", "", record["amount"], "")
        self.state.transferred += record["amount"]
        account.updated = self.ledger.wall
        reason = "DEPOSIT" if record["amount"] > 0 else "WITHDRAW"
        self.ledger.tell(account.id, events.account_update(account, reason, [], self.price_of, record["amount"]))
        return account

    def _set_leverage(self, record: Record) -> FuturesAccount:
        account = self._account(record)
        account.setting(record["s"]).leverage, account.updated = record["leverage"], self.ledger.wall
        self.ledger.tell(account.id, events.config_update(account, record["s"], record["leverage"]))
        return account

    def _set_type(self, record: Record) -> FuturesAccount:
        account = self._account(record)
        account.setting(record["s"]).is_isolated = record["isolated"]
        return account

    def _set_dual(self, record: Record) -> FuturesAccount:
        account = self._account(record)
        account.is_hedged = record["dual"]
        return account

    def _move_margin(self, record: Record) -> FuturesAccount:
        account = self._account(record)
        account.holding(record["s"], record["ps"]).isolated += record["amount"]
        self.ledger.touch(account, record["s"], record["ps"])
        return account

    def _place(self, record: Record) -> FuturesOrder:
        account = self._account(record)
        order = self._draft(account, record)
        self.state.last_order_id = order.id
        self.ledger.enter(self.quote(record["s"]), order)
        return order

    def _draft(self, account: FuturesAccount, facts: Record) -> FuturesOrder:
        order_id, wall = self.state.last_order_id + 1, self.ledger.wall
        return FuturesOrder(
            order_id, account.id, facts["s"], facts["side"], facts["ps"], facts["type"],
            str(facts.get("original", facts["type"])), facts["tif"], facts["price"], facts["lots"], facts["reduce"],
            facts["cid"] or f"sandbox-um-{order_id}", wall, wall,
            is_closing_all=facts.get("close", False), trigger=facts.get("trigger", 0),
        )  # fmt: skip

    def _place_algo(self, record: Record) -> AlgoOrder:
        account = self._account(record)
        algo_id = self.state.last_algo_id = self.state.last_algo_id + 1
        order = AlgoOrder(
            algo_id, account.id, record["s"], record["side"], record["ps"], record["type"], record["tif"],
            record["price"], record["lots"], record["trigger"], record["activation"], record["callback"], 0,
            record["working"], record["reduce"], record["close"], record["cid"] or f"sandbox-algo-{algo_id}",
            self.ledger.wall, self.ledger.wall,
        )  # fmt: skip
        account.algos[algo_id] = account.waiting[algo_id] = order
        self.ledger.tell(account.id, events.algo_update(order))
        return order

    def _cancel(self, record: Record) -> FuturesOrder:
        order = self._account(record).open_orders[record["id"]]
        market = self.markets[order.symbol]
        self.ledger.book(market, market.book.cancel(order.id))
        return order

    def _cancel_algo(self, record: Record) -> AlgoOrder:
        order = self._account(record).waiting.pop(record["id"])
        order.status, order.updated = "CANCELED", self.ledger.wall
        self.ledger.tell(order.account_id, events.algo_update(order))
        return order

    def close_account(self, account_id: int, wall: int) -> None:
        """A reset of the account: its orders end, its positions are closed at the mark, its wallet is gone."""
        self.ledger.wall = wall
        account = self.state.accounts.get(account_id)
        if account is None:
            return
        for order in list(account.open_orders.values()):
            self.ledger.expire(order)
        account.waiting.clear()
        for symbol, side, held in account.open_holdings():
            self._watch.close(account, (symbol, side, held), "reset", 0)
        self.ledger.finish()
        self.state.transferred -= account.wallet
        del self.state.accounts[account_id]

    def _rest(self, order: FuturesOrder) -> None:
        """Put an order of a loaded state back in the book, oldest first."""
        market = self.markets[order.symbol]
        market.orders[order.id] = order
        market.book.place_limit(order.id, order.account_id, Side(order.side), order.price, order.remaining)


def _facts(account: FuturesAccount) -> str:
    held = [(symbol, side, each.lots, each.cost, each.isolated) for symbol, side, each in account.open_holdings()]
    standing = f"{sorted(account.open_orders)},{sorted(account.waiting)}"
    return f"{account.id},{account.wallet},{standing},{held},{len(account.trades)},{len(account.income)}"
