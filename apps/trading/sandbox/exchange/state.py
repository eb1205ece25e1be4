"""What the exchange remembers: accounts, keys, orders, trades, markets and the market clock.

Everything here is a function of the journal. Amounts are units of 10^-8, prices ticks, quantities lots, times Unix ms.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from apps.trading.sandbox.exchange.amounts import UNIT
from apps.trading.sandbox.exchange.ladder import Ladder
from apps.trading.sandbox.exchange.symbols import SymbolSpec
from kernel.matching import OrderBook, Side

TAPE_LENGTH = 1_000
DEFAULT_FEE = UNIT // 1_000  # 0.1 %


class OrderType(Enum):
    """Order types accepted today."""

    LIMIT = "LIMIT"  # at a price or better
    MARKET = "MARKET"  # at any price, at once
    LIMIT_MAKER = "LIMIT_MAKER"  # refused when it would take


class OrderStatus(Enum):
    """Where an order stands."""

    NEW = "NEW"  # accepted, nothing traded
    PARTIALLY_FILLED = "PARTIALLY_FILLED"  # rests with a part traded
    FILLED = "FILLED"  # all traded
    CANCELED = "CANCELED"  # taken out by its owner
    EXPIRED = "EXPIRED"  # what could not trade at once was dropped


OPEN_STATUSES = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


@dataclass(slots=True)
class Order:
    """One customer order."""

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
    status: OrderStatus = OrderStatus.NEW
    executed: int = 0  # lots
    quote_executed: int = 0
    locked: int = 0  # still held for this order, in the asset it gives

    @property
    def is_open(self) -> bool:
        """Whether it rests in the book."""
        return self.status in OPEN_STATUSES

    @property
    def remaining(self) -> int:
        """Lots not traded."""
        return self.lots - self.executed


@dataclass(frozen=True, slots=True)
class PrivateTrade:
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


@dataclass(frozen=True, slots=True)
class TapeTrade:
    """One public trade; time is market time."""

    id: int
    price: int
    lots: int
    time: int
    buyer_is_maker: bool


@dataclass(slots=True)
class ApiKey:
    """An HMAC key of an account."""

    key: str
    secret: str
    account_id: int
    label: str


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
    orders: dict[str, list[Order]] = field(default_factory=dict)
    open_orders: dict[tuple[str, int], Order] = field(default_factory=dict)
    by_client_id: dict[tuple[str, str], Order] = field(default_factory=dict)  # the newest under each id
    trades: dict[str, list[PrivateTrade]] = field(default_factory=dict)

    def assets(self) -> list[str]:
        """Assets ever held, by name."""
        return sorted(self.free.keys() | self.locked.keys())


@dataclass(slots=True)
class MarketState:
    """One symbol: its book, counters and recent public trades."""

    spec: SymbolSpec
    book: OrderBook
    ladder: Ladder
    last_order_id: int = 0
    last_trade_id: int = 0
    orders: dict[int, Order] = field(default_factory=dict)
    tape: deque[TapeTrade] = field(default_factory=lambda: deque(maxlen=TAPE_LENGTH))


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
class ExchangeState:
    """The whole."""

    clock: MarketClock
    markets: dict[str, MarketState]
    accounts: dict[int, Account] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    last_account_id: int = 0
