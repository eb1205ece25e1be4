"""Funds: lock, settle with fees, release. Every amount in units of 10^-8; nothing goes below zero."""

from apps.trading.sandbox.exchange.amounts import UNIT
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.state import (
    MARKET_TYPES,
    Account,
    ExchangeState,
    MarketState,
    Order,
    OrderType,
    PrivateTrade,
)
from apps.trading.sandbox.exchange.symbols import TICK_UNITS, SymbolSpec
from kernel.matching import NewOrder, SelfTrade, Side, TimeInForce

Fill = tuple[int, int, int, int, int, int]
"""Trade id, price in ticks, lots, units of the base and of the quote asset, market time."""

_BUY = Side.BUY
_build_tuple = tuple.__new__  # a named tuple's own constructor costs twice as much
_STOP_MARGIN_PERCENT = 105  # a stop order that buys at market may pay so much of its trigger price
_BASIS = 10_000
_TIMES = {member.value: member for member in TimeInForce}
SELF_TRADES = {member.value: member for member in SelfTrade}


def given_asset(spec: SymbolSpec, side: Side) -> str:
    """The asset an order of `side` gives and therefore locks."""
    return spec.quote if side is _BUY else spec.base


def matching_order(order: Order, market: MarketState) -> NewOrder:
    """The order as the matching engine takes it."""
    notional = order.budget or order.quote_quantity // market.tick_lot_units
    return NewOrder(
        order.id,
        order.account_id,
        order.side,
        order.type,
        order.price,
        0 if order.quote_quantity else order.lots,
        _TIMES[order.tif],
        order.stop_price,
        order.trailing_delta,
        notional,
        order.iceberg_lots,
        SELF_TRADES[order.stp_mode],
    )


def stop_budget(market: MarketState, order: Order) -> int:
    """Tick-lots a stop order that buys at market may spend: 105 % of its trigger price (trailing: of the farthest)."""
    if order.side is not _BUY or order.type not in MARKET_TYPES or order.type is OrderType.MARKET:
        return 0
    last = market.book.last_price
    reference = order.stop_price or last
    if order.trailing_delta:
        reference = max(reference, last) * (_BASIS + order.trailing_delta) // _BASIS + 1
    return -(-reference * order.lots * _STOP_MARGIN_PERCENT // 100)


def first_need(market: MarketState, order: Order) -> int:
    """Units of the given asset that a new order locks."""
    if order.type is not OrderType.MARKET:
        return standing_need(market, order)
    if order.quote_quantity and order.side is _BUY:
        return order.quote_quantity
    trades = market.book.preview(matching_order(order, market))
    if order.side is _BUY:
        return sum(price * lots for price, lots in trades) * market.tick_lot_units
    return (sum(lots for _, lots in trades) if order.quote_quantity else order.lots) * market.lot_units


def standing_need(market: MarketState, order: Order) -> int:
    """Units of the given asset that what is left of an order may still give (no market orders)."""
    if order.side is not _BUY:
        return order.remaining * market.lot_units
    if order.budget:
        return order.budget * market.tick_lot_units - order.quote_executed
    return order.price * order.remaining * market.tick_lot_units


class Settlement:
    """Moves units between free, locked, fees and the other side of a trade."""

    def __init__(self, state: ExchangeState, view: MarketView) -> None:
        self._state = state
        self._view = view
        self._fees = state.totals.fees
        self.wall = 0  # wall time of the record being applied

    def hold(self, account: Account, market: MarketState, order: Order, amount: int) -> None:
        """Lock `amount` more for an order; a negative amount frees."""
        if not amount:
            return
        asset = market.spec.quote if order.side is _BUY else market.spec.base
        account.free[asset] = account.free.get(asset, 0) - amount
        account.locked[asset] = account.locked.get(asset, 0) + amount
        order.locked += amount

    def can_hold(self, account: Account, market: MarketState, side: Side, amount: int) -> bool:
        """Whether the account's free funds cover `amount`."""
        return account.free.get(given_asset(market.spec, side), 0) >= amount

    def sibling(self, market: MarketState, order: Order) -> Order | None:
        """The other, still open leg of an OCO pair; both draw on one lock."""
        if order.list_id < 0:
            return None
        pair = self._state.lists[order.list_id].pair
        if order.id not in pair:
            return None
        other = market.orders[pair[0] if pair[1] == order.id else pair[1]]
        return other if other.is_open else None

    def trim(self, account: Account, market: MarketState, order: Order) -> None:
        """Free what the order, or the pair it belongs to, can no longer give."""
        need = standing_need(market, order)
        other = self.sibling(market, order)
        if other is not None:
            order.locked, other.locked = order.locked + other.locked, 0
            need = max(need, standing_need(market, other))
        self.hold(account, market, order, min(0, need - order.locked))

    def release(self, account: Account, market: MarketState, order: Order) -> None:
        """Free what a finished order still holds; an open sibling keeps what it may still give."""
        if order.list_id >= 0:
            other = self.sibling(market, order)
            if other is not None:
                other.locked, order.locked = other.locked + order.locked, 0
                self.hold(account, market, other, min(0, standing_need(market, other) - other.locked))
                return
        if order.locked:
            self.hold(account, market, order, -order.locked)

    def settle(self, account: Account, market: MarketState, order: Order, fill: Fill, is_maker: bool) -> PrivateTrade:
        """Exchange one fill's amounts and take the fee; the trade is for the account's desk."""
        trade_id, price, lots, base, quote, time = fill
        side, free, wall = order.side, account.free, self.wall
        if side is _BUY:
            given_name, given, received_name, received = market.quote_asset, quote, market.base_asset, base
        else:
            given_name, given, received_name, received = market.base_asset, base, market.quote_asset, quote
        if order.locked < given:
            self._gather(market, order)
        account.locked[given_name] -= given
        order.locked -= given
        fee, fee_asset = received * (account.maker_fee if is_maker else account.taker_fee) // UNIT, received_name
        if account.fee_asset and fee:
            free[received_name] = free.get(received_name, 0) + received
            fee, fee_asset = self._take_fee(account, market, price, (received_name, fee))
        else:
            free[received_name] = free.get(received_name, 0) + received - fee
            if fee:
                self._fees[received_name] = self._fees.get(received_name, 0) + fee
        account.updated = order.updated = wall
        order.executed += lots
        order.quote_executed += quote
        facts = (trade_id, order.id, order.symbol, side, price, lots, quote, fee, fee_asset, wall, time, is_maker)
        return _build_tuple(PrivateTrade, facts)

    def book_street(self, market: MarketState, side: Side, price: int, lots: int) -> None:
        """Account for a trade of a customer on `side` with synthetic liquidity."""
        street, spec = self._state.totals.street, market.spec
        quote, base = price * lots * market.tick_lot_units, lots * market.lot_units
        if side is _BUY:
            base, quote = -base, -quote
        street[spec.base] = street.get(spec.base, 0) + base
        street[spec.quote] = street.get(spec.quote, 0) - quote

    def _gather(self, market: MarketState, order: Order) -> None:
        other = self.sibling(market, order)
        if other is not None:
            order.locked, other.locked = order.locked + other.locked, 0

    def _take_fee(self, account: Account, market: MarketState, price: int, due: tuple[str, int]) -> tuple[int, str]:
        """Take a fee due in the received asset: from the fee asset while it covers it, else as it is due."""
        asset, fee = due
        discounted = fee * (UNIT - account.fee_discount) // UNIT
        converted = self._convert(market, price, (asset, discounted), account.fee_asset)
        if converted is not None and account.free.get(account.fee_asset, 0) >= converted:
            asset, fee = account.fee_asset, converted
        account.free[asset] -= fee
        self._fees[asset] = self._fees.get(asset, 0) + fee
        return fee, asset

    def _convert(self, market: MarketState, price: int, amount: tuple[str, int], wanted: str) -> int | None:
        """Units of `wanted` worth an amount of one of the market's assets now; None without a price for it."""
        asset, units = amount
        quote = market.spec.quote
        if asset == wanted:
            return units
        value = units if asset == quote else units * price * TICK_UNITS // UNIT
        if wanted == quote:
            return value
        symbol = wanted + quote
        if symbol not in self._state.markets:
            return None
        return value * UNIT // (self._view.price(symbol) * TICK_UNITS)
