"""What a market is told: orders and commands in integer ticks and lots.

Order ids are the caller's. Customers' orders have positive ids; negative ids are quotes (`Market.quote`); 0 is an
outside taker that never rests (IOC, FOK or MARKET). Owner 0 means nobody: self-trade prevention ignores it.
"""

from enum import Enum
from typing import NamedTuple


class Side(Enum):
    """Which side of the market an order is on."""

    BUY = "BUY"  # wants the base asset; rests among the bids
    SELL = "SELL"  # gives the base asset; rests among the asks


class TimeInForce(Enum):
    """What happens to the part of a limit order that does not trade at once."""

    GTC = "GTC"  # rests until cancelled
    IOC = "IOC"  # is dropped
    FOK = "FOK"  # the whole order is dropped unless all of it trades at once


class OrderType(Enum):
    """What an order does; the last four wait for a trigger and then act as a market or limit order."""

    LIMIT = "LIMIT"  # trades at its price or better, the rest follows the time in force
    MARKET = "MARKET"  # trades at any price, at once
    LIMIT_MAKER = "LIMIT_MAKER"  # only rests: refused when it would trade at once
    STOP_LOSS = "STOP_LOSS"  # market order when the last price reaches `stop`: a buy from below, a sell from above
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"  # the same with a limit order
    TAKE_PROFIT = "TAKE_PROFIT"  # market order when the last price reaches `stop`: a buy from above, a sell from below
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"  # the same with a limit order


class SelfTrade(Enum):
    """What the taker's order does when it meets a resting order of the same owner."""

    NONE = "NONE"  # they trade
    EXPIRE_TAKER = "EXPIRE_TAKER"  # what is left of the taker expires
    EXPIRE_MAKER = "EXPIRE_MAKER"  # the resting order expires, matching goes on
    EXPIRE_BOTH = "EXPIRE_BOTH"  # both expire
    DECREMENT = "DECREMENT"  # both lose the smaller quantity without a trade; what is empty expires


class ListKind(Enum):
    """How the orders of a list depend on each other."""

    OCO = "OCO"  # two legs: when one trades or triggers, the other expires
    OTO = "OTO"  # a working order and one that is released when it is filled
    OTOCO = "OTOCO"  # a working order and an OCO pair that is released when it is filled


class NewOrder(NamedTuple):
    """Place an order.

    `price` in ticks for LIMIT, LIMIT_MAKER and *_LIMIT. `lots` > 0, or for market-like types `notional` > 0 (tick-lots:
    price x lots summed), or both: then the order ends when either is used up. `stop` is the trigger price of the last
    four types in ticks; with `trailing` (basis points) it is the price that starts the trailing, 0 = at once.
    `visible` > 0 makes an iceberg that shows at most so many lots; refills go to the back of the queue. A market-like
    order ignores `tif`.
    """

    order_id: int
    owner: int
    side: Side
    type: OrderType
    price: int = 0
    lots: int = 0
    tif: TimeInForce = TimeInForce.GTC
    stop: int = 0
    trailing: int = 0
    notional: int = 0
    visible: int = 0
    self_trade: SelfTrade = SelfTrade.NONE


class NewList(NamedTuple):
    """Place an order list: OCO (two legs), OTO (working, pending) or OTOCO (working, two pending legs).

    All have one owner. A working order is LIMIT or LIMIT_MAKER; at most one leg of a pair is LIMIT_MAKER, the others
    wait for triggers; a lone pending order may be of any type.
    """

    list_id: int
    kind: ListKind
    orders: tuple[NewOrder, ...]


class Cancel(NamedTuple):
    """Take an order out, wherever it waits; a member of a list takes its whole list along."""

    order_id: int


class CancelList(NamedTuple):
    """Take out all open orders of a list."""

    list_id: int


class Amend(NamedTuple):
    """Reduce what is left of an order to `lots`, keeping its place in the queue; both legs of an OCO pair follow.

    An iceberg loses hidden lots first.
    """

    order_id: int
    lots: int


class Replace(NamedTuple):
    """Cancel an order, then place another, with nothing between; refused as a whole when there is none to cancel."""

    cancel_id: int
    order: NewOrder


class SetLastPrice(NamedTuple):
    """Set the last price from outside (a replayed or mirrored market); triggers stop orders as a trade would."""

    price: int


Command = NewOrder | NewList | Cancel | CancelList | Amend | Replace | SetLastPrice

MARKET_TYPES = frozenset({OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT})
STOP_TYPES = frozenset(
    {OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
)
