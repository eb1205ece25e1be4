"""What every venue can do, in our words. Amounts are Decimals, times Unix milliseconds, symbols ours ("BTCUSDT")."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from kernel.instruments import Side


class OrderKind(StrEnum):
    """How the price of an order is found."""

    MARKET = "market"
    """At once, at what the book offers."""
    LIMIT = "limit"
    """At the given price or better."""
    STOP = "stop"
    """At market once the price went against the order to `stop_price`."""
    STOP_LIMIT = "stop_limit"
    """At `price` or better once the price went against the order to `stop_price`."""
    TAKE_PROFIT = "take_profit"
    """At market once the price went in the order's favour to `stop_price`."""
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    """At `price` or better once the price went in the order's favour to `stop_price`."""
    TRAILING_STOP = "trailing_stop"
    """At market once the price came back by `trail_percent` from its best."""


class TimeInForce(StrEnum):
    """How long a limit order stays."""

    GTC = "GTC"
    """Until it is cancelled."""
    IOC = "IOC"
    """What fills at once; the rest is cancelled."""
    FOK = "FOK"
    """Everything at once, or nothing."""


class VenueStatus(StrEnum):
    """The state of an order as the venue tells it."""

    OPEN = "open"
    """In the book, nothing filled."""
    PARTLY_FILLED = "partly_filled"
    """In the book, something filled."""
    FILLED = "filled"
    """Complete."""
    CANCELLED = "cancelled"
    """Ended before it was complete (by us, by its time in force, or expired); what filled stays filled."""
    REJECTED = "rejected"
    """Never in the book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order to send; `price` and `time_in_force` belong to limit orders and are None for market orders.

    `reduce_only` and `position_side` ("long", "short": hedge mode) belong to contracts; the venue keeps them itself.
    Kinds with a trigger go only to venues that have them (`order_kinds.NATIVE`). `post_only`: refused if it would take.

    `timestamp_ms` (our clock) is the time the signed request carries: the venue refuses it after the receive window,
    however late it is sent. None: the moment of sending.
    """

    client_id: str
    symbol: str
    side: Side
    kind: OrderKind
    quantity: Decimal
    price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    timestamp_ms: int | None = None
    stop_price: Decimal | None = None
    trail_percent: Decimal | None = None
    post_only: bool = False
    reduce_only: bool = False
    position_side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An order as the venue shows it; `average_price` is None while nothing is filled."""

    client_id: str
    venue_order_id: str
    symbol: str
    side: Side
    kind: OrderKind
    status: VenueStatus
    quantity: Decimal
    filled: Decimal
    price: Decimal | None
    average_price: Decimal | None
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFill:
    """One execution. `client_id` is empty where the venue does not repeat it (lists of trades name the order's id)."""

    trade_id: str
    client_id: str
    venue_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    at_ms: int
    is_maker: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """An asset on the account: free to use, and locked in open orders."""

    asset: str
    free: Decimal
    locked: Decimal


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The venue answered: this is the order now, and what filled while it answered."""

    order: VenueOrder
    fills: tuple[VenueFill, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Rejected:
    """Proven: the venue did not do it. `code` is the venue's ("-2010"), or "local" when it was never sent."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have happened. Ask by client id before anything else; never send again."""

    reason: str


Outcome = Confirmed | Rejected | Unknown


class VenuePort(Protocol):
    """One account at one venue. Not for several threads at once."""

    def submit(self, request: OrderRequest) -> Outcome:
        """Send an order once, never twice. Raises VenueUnavailable when it is certain that nothing was sent."""
        ...

    def cancel(self, symbol: str, client_id: str) -> Outcome:
        """Cancel an open order. Rejected when it is not open any more: ask what became of it."""
        ...

    def cancel_all(self, symbol: str) -> Mapping[str, VenueOrder]:
        """Cancel every open order of a symbol, ours and foreign, by one request; return what the venue says it ended.

        By client id; empty where the venue cannot, where nothing was open, and when its answer is not clear: the
        orders that are missing are cancelled one by one, or asked about. Raises VenueUnavailable, VenueRefused when
        nothing was sent.
        """
        ...

    def submit_pair(self, take_profit: OrderRequest, stop: OrderRequest, list_id: str) -> tuple[Outcome, Outcome]:
        """Send two exits once as one list of which one cancels the other; return the outcome of each.

        Only where the venue has lists. Raises as `submit`.
        """
        ...

    def amend(self, symbol: str, client_id: str, quantity: Decimal) -> Outcome:
        """Make an open order smaller without its losing its place; `quantity` is its new whole. Only where native."""
        ...

    def query(self, symbol: str, client_id: str) -> VenueOrder | None:
        """Return an order, or None when the venue says that it has none of this client id.

        Raises VenueUnavailable or VenueRefused when the venue did not say either.
        """
        ...

    def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """Return the open orders of one or all symbols, ours and foreign. Raises VenueUnavailable, VenueRefused."""
        ...

    def contract_orders(self) -> list[VenueOrder]:
        """Return the open orders of all contracts, ours and foreign; none where the venue has no contracts for us.

        Raises VenueUnavailable, VenueRefused.
        """
        ...

    def fills(self, symbol: str, since_id: str | None = None) -> list[VenueFill]:
        """Return executions by trade id, from `since_id` on (included), at most 1,000; None: the newest.

        Raises VenueUnavailable, VenueRefused.
        """
        ...

    def balances(self) -> list[Balance]:
        """Return the assets of the account. Raises VenueUnavailable, VenueRefused."""
        ...

    def close(self) -> None:
        """Give sockets back."""
        ...
