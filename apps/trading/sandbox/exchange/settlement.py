"""Funds: lock, settle with fees, release. Every amount in units of 10^-8."""

from dataclasses import replace

from apps.trading.sandbox.exchange.amounts import fee_of
from apps.trading.sandbox.exchange.state import (
    Account,
    MarketState,
    Order,
    OrderStatus,
    OrderType,
    PrivateTrade,
)
from apps.trading.sandbox.exchange.symbols import SymbolSpec
from kernel.matching import Side


def given_asset(spec: SymbolSpec, side: Side) -> str:
    """The asset an order of `side` gives and therefore locks."""
    return spec.quote if side is Side.BUY else spec.base


class Settlement:
    """Moves units between free, locked and the other side of a trade; free and locked never go below zero."""

    def __init__(self, accounts: dict[int, Account]) -> None:
        self._accounts = accounts

    def lock(self, account: Account, order: Order, market: MarketState, market_cost: int) -> None:
        """Hold what the order may give: its price, its quote amount, or `market_cost` tick-lots for a market buy."""
        self._hold(account, order, market, self._lock_amount(order, market, market_cost))

    def settle(self, account: Account, order: Order, market: MarketState, trade: PrivateTrade) -> PrivateTrade:
        """Exchange one fill's amounts, take the fee from what is received, and keep the completed trade."""
        spec = market.spec
        quote, base = trade.price * trade.lots * spec.tick_lot_units, trade.lots * spec.lot_units
        given, received = (quote, base) if order.side is Side.BUY else (base, quote)
        received_asset = spec.base if order.side is Side.BUY else spec.quote
        fee = fee_of(received, account.maker_fee if trade.is_maker else account.taker_fee)
        account.locked[given_asset(spec, order.side)] -= given
        order.locked -= given
        account.free[received_asset] = account.free.get(received_asset, 0) + received - fee
        account.updated = order.updated = trade.time
        order.executed += trade.lots
        order.quote_executed += quote
        done = replace(trade, quote=quote, fee=fee, fee_asset=received_asset)
        account.trades.setdefault(order.symbol, []).append(done)
        # A quote-quantity order learns its lots from matching before it is settled, so this holds for it too.
        if order.executed == order.lots:
            order.status = OrderStatus.FILLED
            self.release(account, order, market)
        else:
            order.status = OrderStatus.PARTIALLY_FILLED
        return done

    def trim_lock(self, account: Account, order: Order, market: MarketState) -> None:
        """A resting order holds only what its rest may give: a better price taken frees the difference."""
        if order.is_open and order.side is Side.BUY:
            needed = order.price * order.remaining * market.spec.tick_lot_units
            self._hold(account, order, market, needed - order.locked)

    def release(self, account: Account, order: Order, market: MarketState) -> None:
        """Free what a finished order still holds and forget it among the open ones."""
        self._hold(account, order, market, -order.locked)
        account.updated = order.updated
        account.open_orders.pop((order.symbol, order.id), None)

    def _hold(self, account: Account, order: Order, market: MarketState, amount: int) -> None:
        asset = given_asset(market.spec, order.side)
        account.free[asset] = account.free.get(asset, 0) - amount
        account.locked[asset] = account.locked.get(asset, 0) + amount
        order.locked += amount

    @staticmethod
    def _lock_amount(order: Order, market: MarketState, market_cost: int) -> int:
        spec = market.spec
        if order.side is Side.SELL:
            if order.quote_quantity:
                tick_lots = order.quote_quantity // spec.tick_lot_units
                return lots_for_notional(market, tick_lots) * spec.lot_units
            return order.lots * spec.lot_units
        if order.quote_quantity:
            return order.quote_quantity
        if order.type is OrderType.MARKET:
            return market_cost * spec.tick_lot_units
        return order.price * order.lots * spec.tick_lot_units


def lots_for_notional(market: MarketState, notional: int) -> int:
    """Lots a market sell for `notional` tick-lots would trade now (the same walk as the book's)."""
    lots = 0
    for price, level_lots in market.book.depth(Side.BUY):
        part = min(notional // price, level_lots)
        if not part:
            break
        lots += part
        notional -= part * price
    return lots
