"""What the engine tells its listener: changes of orders, balances and order lists, and public trades."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from apps.trading.sandbox.exchange.state import Account, Order, OrderList, PreventedMatch, PrivateTrade, TapeTrade
from apps.trading.sandbox.exchange.usdm.events import UsdmEvent


class Execution(Enum):
    """Why an order event happened (the protocol's execution types)."""

    NEW = "NEW"  # accepted, or a waiting order became active
    TRADE = "TRADE"  # traded, wholly or in part
    CANCELED = "CANCELED"  # taken out by its owner
    REPLACED = "REPLACED"  # amended, keeping its place
    EXPIRED = "EXPIRED"  # ended by time in force, its list, or for lack of orders or funds
    TRADE_PREVENTION = "TRADE_PREVENTION"  # a trade with its own account was stopped


@dataclass(slots=True)
class OrderEvent:
    """One change of an order, for its owner."""

    account: Account
    order: Order
    execution: Execution
    trade: PrivateTrade | None = None
    cancel_client_id: str = ""
    prevented: PreventedMatch | None = None


@dataclass(slots=True)
class BalanceEvent:
    """Balances of some assets changed."""

    account: Account
    assets: tuple[str, ...]
    granted: dict[str, int] | None = None  # units that came or went without a trade (a reset)


@dataclass(slots=True)
class ListEvent:
    """An order list was placed or is done, or an order of it has another client id (`is_update`)."""

    account: Account
    order_list: OrderList
    is_update: bool = False


@dataclass(slots=True)
class TapeEvent:
    """A public trade."""

    symbol: str
    trade: TapeTrade


Event = OrderEvent | BalanceEvent | ListEvent | TapeEvent | UsdmEvent
Listener = Callable[[Event], None]
