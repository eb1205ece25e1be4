"""Margin figures of an account in units: pools, requirements, what is available, liquidation prices."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.trading.sandbox.exchange.usdm.contracts import BRACKETS, TICK_LOT, maintenance_units
from apps.trading.sandbox.exchange.usdm.state import BOTH, FuturesAccount, FuturesOrder, Holding
from kernel.margin import Leg, liquidation_price

PriceOf = Callable[[str], int]
Held = tuple[str, str, Holding]
CALL_PERCENT = 80


@dataclass(slots=True)
class Pool:
    """Positions backed by one wallet: the account's cross wallet, or an isolated one (then a single position)."""

    wallet: int
    held: list[Held]
    is_isolated: bool

    def balance(self, price_of: PriceOf) -> int:
        """Wallet and unrealised profit."""
        return self.wallet + sum(each.profit(price_of(symbol)) for symbol, _, each in self.held)

    def maintenance(self, price_of: PriceOf) -> int:
        """Maintenance margin."""
        return sum(maintenance_units(symbol, abs(each.value(price_of(symbol)))) for symbol, _, each in self.held)


def cross_wallet(account: FuturesAccount) -> int:
    """The wallet without what is isolated."""
    return account.wallet - sum(each.isolated for each in account.holdings.values())


def pools_of(account: FuturesAccount) -> list[Pool]:
    """The account's pools that back something: the cross one first."""
    cross: list[Held] = []
    isolated: list[Pool] = []
    for symbol, side, each in account.open_holdings():
        if account.setting(symbol).is_isolated:
            isolated.append(Pool(each.isolated, [(symbol, side, each)], is_isolated=True))
        else:
            cross.append((symbol, side, each))
    return [*([Pool(cross_wallet(account), cross, is_isolated=False)] if cross else []), *isolated]


def position_margin(account: FuturesAccount, symbol: str, held: Holding, price: int) -> int:
    """Initial margin of a position at the mark, rounded up."""
    return -(-abs(held.value(price)) // account.setting(symbol).leverage)


def order_margin(account: FuturesAccount, symbol: str, orders: Iterable[FuturesOrder], price_of: PriceOf) -> int:
    """Initial margin that a symbol's open orders may need beyond the positions, the worse of both sides."""
    rows = [order for order in orders if order.symbol == symbol and not order.is_reducing]
    if not rows:
        return 0
    need = 0
    for side in {order.position_side for order in rows}:
        held = account.holding(symbol, side).lots
        buys = sum(order.remaining for order in rows if order.position_side == side and order.side == "BUY")
        sells = sum(order.remaining for order in rows if order.position_side == side and order.side == "SELL")
        long_more = max(0, abs(held + buys) - abs(held)) if side in (BOTH, "LONG") else 0
        short_more = max(0, abs(held - sells) - abs(held)) if side in (BOTH, "SHORT") else 0
        price = max([order.price for order in rows if order.position_side == side] + [price_of(symbol)])
        need += max(long_more, short_more) * price * TICK_LOT
    return -(-need // account.setting(symbol).leverage)


def available(account: FuturesAccount, price_of: PriceOf, *, adding: tuple[FuturesOrder, ...] = ()) -> int:
    """Units free for new risk, with orders that would be added counted; below zero: too many."""
    free = cross_wallet(account)
    for symbol, _, each in account.open_holdings():
        if not account.setting(symbol).is_isolated:
            free += each.profit(price_of(symbol)) - position_margin(account, symbol, each, price_of(symbol))
    orders = [*account.open_orders.values(), *adding]
    return free - sum(order_margin(account, symbol, orders, price_of) for symbol in sorted({o.symbol for o in orders}))


def leg_of(symbol: str, held: Holding) -> Leg:
    """A position as the margin kernel takes it; the entry is the average to 16 digits behind the point."""
    quantity = Decimal(held.lots).scaleb(-3)
    entry = (Decimal(held.cost) / Decimal(held.lots * TICK_LOT)).quantize(Decimal("1E-16")).scaleb(-2)
    return Leg(quantity, entry, BRACKETS[symbol])


def liquidation_of(account: FuturesAccount, symbol: str, side: str, price_of: PriceOf) -> Decimal | None:
    """The price in quote at which a position's pool is liquidated, the other symbols standing still."""
    for pool in pools_of(account):
        mine = [each for each in pool.held if each[0] == symbol]
        if not any(each[1] == side for each in mine):
            continue
        rest = Pool(0, [each for each in pool.held if each[0] != symbol], is_isolated=pool.is_isolated)
        return liquidation_price(
            [leg_of(symbol, each) for _, _, each in mine],
            wallet=Decimal(pool.wallet).scaleb(-8),
            mark=Decimal(price_of(symbol)).scaleb(-2),
            other_maintenance=Decimal(rest.maintenance(price_of)).scaleb(-8),
            other_profit=Decimal(rest.balance(price_of)).scaleb(-8),
        )
    return None
