"""Where recorded order books are the liquidity: how many strangers' lots stand ahead of customers' resting orders.

A level's queue is what the recorded book showed there when the first of the customers' present orders joined. Only
trades shorten it: who cancels ahead is not known, so fills come late rather than early.
"""

from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.state import ExchangeState, MarketState, Order
from kernel.matching import Side

_OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


class QueueAhead:
    """Keeps `MarketState.ahead`; without recorded books it stays empty and changes nothing."""

    def __init__(self, state: ExchangeState, view: MarketView) -> None:
        self._state = state
        self._view = view

    def join(self, market: MarketState, order: Order) -> None:
        """Note the queue of a level that an order joins as the customers' only one there."""
        levels = self._view.book(market.spec.name)
        if levels is None or self._state.clock.standing or not (order.is_open and order.is_working and order.price):
            return
        if any(_shares_level(order, other) for other in self._open_orders(market)):
            return
        ahead = next((lots for side, price, lots in levels if (side, price) == (order.side, order.price)), 0)
        market.ahead[_level(order.side, order.price)] = ahead

    def pass_by(self, market: MarketState, taker: Side, price: int, lots: int) -> int:
        """Of a recorded trade's lots at a price, those that reach customers' orders; the queue at the price is first.

        `taker` is the trade's side as customers' orders meet it; a trade beyond a level leaves no queue there.
        """
        if not market.ahead:
            return lots
        resting = _OTHER[taker]
        better = 1 if resting is Side.BUY else -1
        for level in list(market.ahead):
            side, _, ticks = level.partition("@")
            if side == resting.value and (int(ticks) - price) * better > 0:
                market.ahead[level] = 0
        through = market.book.available(taker, price + better, lots)
        rest = max(0, lots - through)
        ahead = market.ahead.get(_level(resting, price), 0)
        if ahead:
            market.ahead[_level(resting, price)] = max(0, ahead - rest)
        return min(lots, through) + max(0, rest - ahead)

    def _open_orders(self, market: MarketState) -> list[Order]:
        name = market.spec.name
        return [order for each in self._state.accounts.values() for order in each.desk(name).open.values()]


def _level(side: Side, price: int) -> str:
    return f"{side.value}@{price}"


def _shares_level(order: Order, other: Order) -> bool:
    return other is not order and other.is_working and (other.side, other.price) == (order.side, order.price)
