"""Margin calls at 80 % and liquidation at maintenance margin.

A pool whose balance is at or below its maintenance margin loses its open orders, then all its positions at the mark
price. The liquidation fee goes to the insurance fund as far as the pool reaches; a pool below zero is made good by it.
"""

from apps.trading.sandbox.exchange.amounts import UNIT
from apps.trading.sandbox.exchange.usdm import events
from apps.trading.sandbox.exchange.usdm.booking import Ledger
from apps.trading.sandbox.exchange.usdm.contracts import LIQUIDATION_FEE, TICK_LOT, maintenance_units
from apps.trading.sandbox.exchange.usdm.margin import CALL_PERCENT, Held, Pool, pools_of
from apps.trading.sandbox.exchange.usdm.state import FuturesAccount, FuturesOrder


class Watch:
    """Looks at every pool after every move of the market."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def look(self) -> None:
        """Call and liquidate what the present prices ask for."""
        price_of = self._ledger.view.price
        for account in list(self._ledger.state.accounts.values()):
            for pool in pools_of(account):
                due = pool.maintenance(price_of)
                balance = pool.balance(price_of)
                if balance <= due:
                    self._liquidate(account, pool)
                else:
                    self._call(account, pool, is_due=due * 100 >= balance * CALL_PERCENT)

    def _call(self, account: FuturesAccount, pool: Pool, *, is_due: bool) -> None:
        """Tell a margin call once, until the pool is safe again."""
        was = pool.held[0][2].is_called if pool.is_isolated else account.is_called
        if is_due == was:
            return
        if pool.is_isolated:
            pool.held[0][2].is_called = is_due
        else:
            account.is_called = is_due
        if is_due:
            price_of = self._ledger.view.price
            account.updated = self._ledger.wall
            rows = [(*each, maintenance_units(each[0], abs(each[2].value(price_of(each[0]))))) for each in pool.held]
            message = events.margin_call(account, rows, price_of, is_isolated=pool.is_isolated)
            self._ledger.tell(account.id, message)

    def _liquidate(self, account: FuturesAccount, pool: Pool) -> None:
        symbols = {symbol for symbol, _, _ in pool.held}
        for order in list(account.open_orders.values()):
            if not pool.is_isolated or order.symbol in symbols:
                self._ledger.expire(order)
        left = pool.balance(self._ledger.view.price)
        for each in pool.held:
            left -= self.close(account, each, "autoclose", max(0, left))
        if left < 0:
            self._ledger.charge(account, "INSURANCE_CLEAR", "", -left, "made good")
            self._ledger.state.insurance += left
        if not pool.is_isolated:
            account.is_called = False
        self._ledger.finish()

    def close(self, account: FuturesAccount, held: Held, name: str, most: int) -> int:
        """Close a position at the mark; returns the liquidation fee it paid, `most` units at most."""
        symbol, side, holding = held
        ledger, market = self._ledger, self._ledger.markets[symbol]
        ledger.state.last_order_id += 1
        order_id, price, lots = ledger.state.last_order_id, ledger.view.price(symbol), abs(holding.lots)
        order = FuturesOrder(
            order_id, account.id, symbol, "SELL" if holding.lots > 0 else "BUY", side, "LIMIT", "LIQUIDATION", "IOC",
            price, lots, True, f"{name}-{order_id}", ledger.wall, ledger.wall,
        )  # fmt: skip
        account.orders[order_id] = order
        ledger.state.last_trade_id += 1
        ledger.fill(market, order, (ledger.state.last_trade_id, price, lots), 0, is_maker=False)
        ledger.book_street(order.side, price, lots)
        fee = min(most, lots * price * TICK_LOT * LIQUIDATION_FEE // UNIT)
        if fee:
            ledger.charge(account, "INSURANCE_CLEAR", symbol, -fee, order.client_id)
            ledger.state.insurance += fee
        return fee
