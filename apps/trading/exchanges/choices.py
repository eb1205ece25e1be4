"""Choices of exchanges."""

from enum import StrEnum

from django.db.models import TextChoices

from apps.core.transitions import StateTable


class Mode(TextChoices):
    """Whether money moves."""

    PAPER = "paper"
    """Virtual funds at the sandbox exchange."""
    LIVE = "live"
    """Real funds at a real exchange."""


class ConnectionState(TextChoices):
    """The life of a connection."""

    OPENING = "opening"
    """Asked for; the exchange has not confirmed the account, or the key, yet."""
    ACTIVE = "active"
    """The key is stored and usable."""
    REFUSED = "refused"
    """The key was tried and not accepted; it is destroyed."""
    REVOKED = "revoked"
    """Closed; the key is destroyed."""


CONNECTION_STATES = StateTable(
    field="state",
    moves={
        # A paper account that is set anew: its key is gone, the exchange is asked for another account.
        "reopen": {ConnectionState.ACTIVE.value: ConnectionState.OPENING.value},
        "activate": {ConnectionState.OPENING.value: ConnectionState.ACTIVE.value},
        "refuse": {ConnectionState.OPENING.value: ConnectionState.REFUSED.value},
        # Another key is tried for a connection whose first one was refused.
        "retry": {ConnectionState.REFUSED.value: ConnectionState.OPENING.value},
        "revoke": {
            ConnectionState.OPENING.value: ConnectionState.REVOKED.value,
            ConnectionState.REFUSED.value: ConnectionState.REVOKED.value,
            ConnectionState.ACTIVE.value: ConnectionState.REVOKED.value,
        },
    },
)


class CallKind(StrEnum):
    """What a request to an exchange is for; the first is the most important."""

    CANCEL = "cancel"
    """Taking an order back: may use the whole budget."""
    RECONCILE = "reconcile"
    """Asking what became of an order, reading the account."""
    ORDER = "order"
    """Sending an order."""
    DATA = "data"
    """Market data by request, markets, tests of keys."""


class BreakerState(StrEnum):
    """Whether requests to a host of an exchange are let through."""

    CLOSED = "closed"
    """All requests pass."""
    OPEN = "open"
    """None passes until the pause is over; taking orders back is always tried."""
    HALF_OPEN = "half_open"
    """One request is let through to see whether the exchange answers again."""


class Observed(StrEnum):
    """Where something was observed of an exchange."""

    REST = "rest"
    """A request and its answer."""
    STREAM = "stream"
    """A socket: the latency is how old the newest message was when it came."""


class Capability(StrEnum):
    """What an exchange may be able to do."""

    SPOT = "spot"
    """Spot markets."""
    MARGIN = "margin"
    """Spot markets on borrowed funds."""
    PERPETUAL = "perpetual"
    """Perpetual contracts."""
    FUTURE = "future"
    """Contracts with an expiry."""
    OPTION = "option"
    """Options."""
    MARKET_ORDER = "market_order"
    """Orders at what the book offers."""
    LIMIT_ORDER = "limit_order"
    """Orders at a price or better."""
    STOP_ORDER = "stop_order"
    """Orders that wait at the exchange for a price."""
    TRAILING_ORDER = "trailing_order"
    """Stops that follow the price."""
    POST_ONLY = "post_only"
    """Orders that never take from the book."""
    REDUCE_ONLY = "reduce_only"
    """Orders that can only make a position smaller."""
    BUY_BY_COST = "buy_by_cost"
    """Market purchases for an amount of quote."""
    AMEND = "amend"
    """Changing an open order."""
    BATCH_ORDERS = "batch_orders"
    """Several orders in one request."""
    CANCEL_ALL = "cancel_all"
    """Taking all orders back in one request."""
    CANCEL_BATCH = "cancel_batch"
    """Taking several orders back in one request."""
    QUERY_ORDER = "query_order"
    """Asking for one order."""
    OPEN_ORDERS = "open_orders"
    """Listing open orders."""
    OWN_TRADES = "own_trades"
    """Listing own executions."""
    BALANCES = "balances"
    """Reading the account."""
    POSITIONS = "positions"
    """Reading positions of contracts."""
    LEVERAGE = "leverage"
    """Setting the leverage of contracts."""
    FUNDING = "funding"
    """Funding rates of perpetual contracts."""
    FEES = "fees"
    """The account's own fee rates."""
    CANDLES = "candles"
    """Recorded candles."""
    TRADES = "trades"
    """Recent public trades."""
    BOOK = "book"
    """The order book."""
    TICKERS = "tickers"
    """Last prices and daily figures."""
    CLOCK = "clock"
    """The exchange's own time."""
    STATUS = "status"
    """Whether the exchange says that it is open."""
    WITHDRAW = "withdraw"
    """An endpoint that pays out: never used, and keys that may use it are refused."""
    STREAM_CANDLES = "stream_candles"
    """Live candles."""
    STREAM_TRADES = "stream_trades"
    """Live trades."""
    STREAM_BOOK = "stream_book"
    """The live order book."""
    STREAM_TICKER = "stream_ticker"
    """Live prices."""
    STREAM_ORDERS = "stream_orders"
    """Own orders, live."""
    STREAM_BALANCES = "stream_balances"
    """Own balances, live."""
    STREAM_FILLS = "stream_fills"
    """Own executions, live."""
    READ_KEY_RIGHTS = "read_key_rights"
    """Asking what a key may do (known here for some exchanges)."""
    CLIENT_IDS = "client_ids"
    """Orders carry an id of ours, by which they are found again."""
    TESTNET = "testnet"
    """A test exchange of its own."""
    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a capability
    """Keys come with a passphrase."""


class IdStyle(StrEnum):
    """The form in which an exchange takes the ids of our orders."""

    PLAIN = "plain"
    """As they are."""
    PACKED = "packed"
    """As 28 letters, digits, - and _ that hold all of it."""
    UUID = "uuid"
    """As a UUID."""


class KeyEvent(TextChoices):
    """What happened to a key."""

    SUBMITTED = "submitted", "Key entered"
    """A person entered a key; it is sealed and waits for its test."""
    ACCEPTED = "accepted", "Key accepted"
    """The exchange accepted it and its rights are ones we keep."""
    REFUSED = "refused", "Key refused"
    """The key was tried and is destroyed; the text says why."""
    REPLACED = "replaced", "Key replaced"
    """A newer key took its place."""
    CHECKED = "checked", "Checked"
    """A person had the exchange asked."""
    PROBLEM = "problem", "Problem"
    """The exchange answered with a problem it had not before."""
    REMINDED = "reminded", "Reminder of its age"
    """The owner was told that the key is old."""
    REVOKED = "revoked", "Key deleted"
    """The connection was closed and the key destroyed."""


class VenueCondition(TextChoices):
    """How an exchange is, as all our processes see it."""

    UNKNOWN = "unknown", "Not seen lately"
    """Nobody asked it anything in the last minutes."""
    OPERATIONAL = "operational", "Operational"
    """It answers as it should."""
    DEGRADED = "degraded", "Degraded"
    """It answers late, or some requests fail."""
    DOWN = "down", "Not answering"
    """Most requests fail, or requests to it pause."""
    MAINTENANCE = "maintenance", "Maintenance"
    """It announced that it is closed for now."""
