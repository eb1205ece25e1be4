"""What the exchange remembers: accounts, keys, orders, order lists, trades, markets and the market clock.

Everything here is a function of the journal. Amounts are units of 10^-8, prices ticks, quantities lots, times Unix ms.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from apps.trading.sandbox.exchange.amounts import UNIT
from apps.trading.sandbox.exchange.ladder import Ladder
from apps.trading.sandbox.exchange.symbols import SymbolSpec
from apps.trading.sandbox.exchange.usdm.state import UsdmState
from kernel.matching import MARKET_TYPES, STOP_TYPES, ListKind, Market, OrderType, Side

__all__ = [
    "DEFAULT_FEE",
    "MARKET_TYPES",
    "NO_LIST",
    "OPEN_STATUSES",
    "STOP_TYPES",
    "TAPE_LENGTH",
    "Account",
    "Amendment",
    "ApiKey",
    "Desk",
    "ExchangeState",
    "ListKind",
    "MarketClock",
    "MarketState",
    "Order",
    "OrderFacts",
    "OrderList",
    "OrderStatus",
    "OrderType",
    "PreventedMatch",
    "PrivateTrade",
    "Side",
    "TapeTrade",
    "Totals",
]

TAPE_LENGTH = 1_000
DEFAULT_FEE = UNIT // 1_000  # 0.1 %
NO_LIST = -1


class OrderStatus(Enum):
    """Where an order stands."""

    NEW = "NEW"  # accepted, nothing traded; a stop order also while it waits for its trigger
    PENDING_NEW = "PENDING_NEW"  # of a list, waits until the working order is filled
    PARTIALLY_FILLED = "PARTIALLY_FILLED"  # a part traded, the rest still may
    FILLED = "FILLED"  # all traded
    CANCELED = "CANCELED"  # taken out by its owner
    EXPIRED = "EXPIRED"  # ended by its time in force, its list, or for lack of orders or funds
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"  # ended by self-trade prevention


OPEN_STATUSES = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.PENDING_NEW)


class Amendment(NamedTuple):
    """One reduction of an order that kept its place in the queue."""

    execution_id: int
    time: int
    old_client_id: str
    new_client_id: str
    old_lots: int
    new_lots: int


@dataclass(eq=False, slots=True)
class OrderFacts:
    """What changes or is read of every order; slots, since orders come by the thousand."""

    id: int
    account_id: int
    symbol: str
    side: Side
    type: OrderType
    tif: str
    price: int  # ticks; 0 for market orders
    lots: int  # ordered; for a quote-quantity order what it traded
    quote_quantity: int  # ordered quote amount, 0 unless a quote-quantity order
    client_id: str
    time: int  # wall
    updated: int  # wall
    working_time: int = -1  # wall
    locked: int = 0  # still held for this order, in the asset it gives
    status: OrderStatus = OrderStatus.NEW
    executed: int = 0  # lots
    quote_executed: int = 0
    is_open: bool = True
    prevented_lots: int = 0
    list_id: int = NO_LIST


class Order(OrderFacts):
    """One customer order. What few orders have stays on the class until it is set."""

    stop_price: int = 0  # ticks
    trailing_delta: int = 0  # basis points
    trailing_time: int = -1  # wall; since when the trailing follows the price
    iceberg_lots: int = 0  # shown at most
    stp_mode: str = "NONE"
    prevented_match_id: int = -1
    is_working: bool = True  # in the book or done; False while a stop order or a pending order waits
    budget: int = 0  # tick-lots a stop order that buys at market may spend
    strategy_id: int | None = None
    strategy_type: int | None = None
    expiry_reason: str = ""
    amendments: tuple[Amendment, ...] = ()

    @property
    def remaining(self) -> int:
        """Lots that may still trade."""
        return self.lots - self.executed - self.prevented_lots


@dataclass(slots=True)
class OrderList:
    """Orders placed together; OTO and OTOCO begin with the working order."""

    id: int
    account_id: int
    symbol: str
    kind: ListKind
    client_id: str
    time: int  # wall
    order_ids: tuple[int, ...]
    is_open: bool = True

    @property
    def contingency(self) -> str:
        """The protocol's contingencyType."""
        return "OCO" if self.kind is ListKind.OCO else "OTO"

    @property
    def status(self) -> str:
        """The protocol's listStatusType."""
        return "EXEC_STARTED" if self.is_open else "ALL_DONE"

    @property
    def order_status(self) -> str:
        """The protocol's listOrderStatus."""
        return "EXECUTING" if self.is_open else "ALL_DONE"

    @property
    def pair(self) -> tuple[int, ...]:
        """The two legs of which only one may trade, or nothing."""
        if self.kind is ListKind.OTO:
            return ()
        return self.order_ids[-2:]


class PrivateTrade(NamedTuple):
    """One account's part in a trade."""

    id: int
    order_id: int
    symbol: str
    side: Side
    price: int
    lots: int
    quote: int
    fee: int
    fee_asset: str
    time: int  # wall
    market_time: int
    is_maker: bool


class PreventedMatch(NamedTuple):
    """A trade of an account with itself that its orders' self-trade prevention stopped."""

    id: int
    symbol: str
    taker_order_id: int
    maker_order_id: int
    trade_group_id: int
    mode: str
    price: int
    lots: int
    time: int  # wall
    account_id: int


class TapeTrade(NamedTuple):
    """One public trade; time is market time."""

    id: int
    price: int
    lots: int
    time: int
    buyer_is_maker: bool


@dataclass(slots=True)
class ApiKey:
    """A key of an account."""

    key: str
    secret: str  # of an HMAC key; else the PEM public key
    account_id: int
    label: str
    kind: str = "HMAC"  # or RSA, ED25519
    permissions: tuple[str, ...] = ("read", "trade")
    ips: tuple[str, ...] = ()  # addresses or networks; empty: any


@dataclass(slots=True)
class Desk:
    """One account's orders and trades of one symbol, in the order in which they came about."""

    orders: list[Order] = field(default_factory=list)
    open: dict[int, Order] = field(default_factory=dict)
    by_client_id: dict[str, Order] = field(default_factory=dict)  # the newest under each id
    trades: list[PrivateTrade] = field(default_factory=list)

    def add(self, order: Order) -> None:
        """Take a new order."""
        self.orders.append(order)
        self.open[order.id] = self.by_client_id[order.client_id] = order


@dataclass(slots=True)
class Account:
    """Virtual funds and all orders of one account."""

    id: int
    label: str
    reference: str
    maker_fee: int
    taker_fee: int
    initial: dict[str, int]
    free: dict[str, int] = field(default_factory=dict)
    locked: dict[str, int] = field(default_factory=dict)
    updated: int = 0
    fee_asset: str = ""  # fees are taken from it, with the discount, while it lasts; empty: from what is received
    fee_discount: int = 0  # units of 10^-8: a quarter is 25,000,000
    desks: dict[str, Desk] = field(default_factory=dict)  # by symbol
    lists: dict[int, OrderList] = field(default_factory=dict)
    lists_by_client_id: dict[str, OrderList] = field(default_factory=dict)  # the newest under each id
    prevented: list[PreventedMatch] = field(default_factory=list)

    def desk(self, symbol: str) -> Desk:
        """What the account has of a symbol, to be read: an empty desk where it has nothing yet."""
        return self.desks.get(symbol) or Desk()

    def begin_desk(self, symbol: str) -> Desk:
        """The account's desk of a symbol, begun by its first order: the order of desks follows from the journal."""
        return self.desks.setdefault(symbol, Desk())

    @property
    def open_orders(self) -> dict[tuple[str, int], Order]:
        """Open orders by symbol and id, symbol by symbol."""
        return {(name, number): order for name, desk in self.desks.items() for number, order in desk.open.items()}

    @property
    def open_count(self) -> int:
        """How many orders are open."""
        return sum(len(desk.open) for desk in self.desks.values())

    @property
    def trades(self) -> dict[str, list[PrivateTrade]]:
        """Trades by symbol, of the symbols that have any."""
        return {name: desk.trades for name, desk in self.desks.items() if desk.trades}

    def assets(self) -> list[str]:
        """Assets ever held, by name."""
        return sorted(self.free.keys() | self.locked.keys())


@dataclass(slots=True)
class MarketState:
    """One symbol: its book, counters and recent public trades."""

    spec: SymbolSpec
    book: Market
    ladder: Ladder
    last_order_id: int = 0
    last_trade_id: int = 0
    last_prevented_id: int = 0
    last_amendment_id: int = 0
    orders: dict[int, Order] = field(default_factory=dict)
    armed: dict[int, Order] = field(default_factory=dict)  # stop orders that wait for their trigger
    ahead: dict[str, int] = field(default_factory=dict)  # "BUY@ticks" -> recorded lots still ahead of customers' orders
    halted: bool = False  # no orders are taken, nothing trades
    tape: deque[TapeTrade] = field(default_factory=lambda: deque(maxlen=TAPE_LENGTH))
    lot_units: int = 0
    tick_lot_units: int = 0
    base_asset: str = ""
    quote_asset: str = ""

    def __post_init__(self) -> None:
        """Keep what every trade needs at hand."""
        self.lot_units, self.tick_lot_units = self.spec.lot_units, self.spec.tick_lot_units
        self.base_asset, self.quote_asset = self.spec.base, self.spec.quote

    @property
    def status(self) -> str:
        """The protocol's symbol status."""
        return "BREAK" if self.halted else "TRADING"


@dataclass(slots=True)
class MarketClock:
    """Position in the recording. `quantum` counts QUANTA a bar; market time = origin + quantum x quantum_ms."""

    origin: int
    quantum: int
    speed: float
    mode: str
    running: bool = True
    standing: bool = False  # lock-step: at a bar's open, zero spread, deep
    configured: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Totals:
    """Where units are that no account holds, by asset; accounts + fees + street = granted, always."""

    granted: dict[str, int] = field(default_factory=dict)  # given to accounts at opening and by resets
    fees: dict[str, int] = field(default_factory=dict)  # taken as fees
    street: dict[str, int] = field(default_factory=dict)  # what synthetic liquidity took minus what it gave


@dataclass(slots=True)
class ExchangeState:
    """The whole, but for what a mirrored market's view has learned (`live_view`)."""

    clock: MarketClock
    markets: dict[str, MarketState]
    accounts: dict[int, Account] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    lists: dict[int, OrderList] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    usdm: UsdmState = field(default_factory=UsdmState)
    last_account_id: int = 0
    last_list_id: int = 0
