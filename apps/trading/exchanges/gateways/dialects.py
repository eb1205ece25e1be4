"""How exchanges differ in taking, finding, listing and cancelling orders through the adapter library's unified calls.

What is asked here is asked with the ids of the exchange; what comes back is the library's unified order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Found = dict[str, Any]
Find = Callable[[Any, str, str, int | None], Found | None]
"""(client, unified symbol, id as the exchange knows it, not before (Unix ms)) → the order, or None: it has none."""
LIST_PAGE, MOST_PAGES = 100, 20
MISSING = "-2013"
"""The code of "no such order" that the library does not know at every exchange that uses it."""


class ListTooLong(Exception):
    """A list of orders went on and on, so that nothing can be said about what was not in it."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One exchange. The defaults are a guess for exchanges that were not tested: lists instead of questions."""

    find: Find
    options: Mapping[str, Any] = field(default_factory=dict)
    """Constructor options of the library's client."""
    warm_up: Callable[[Any], object] | None = None
    """Questions about the account that the library would ask in the middle of an order."""
    look: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of asking for an order by the exchange's own id."""
    cancel_by: Callable[[str], tuple[str | None, dict[str, str]]] | None = None
    """Id of ours → (id, parameters) of a cancel; None: it is found first, then cancelled by the exchange's own id."""
    buys_by_cost: bool = False
    """It buys at market for an amount of quote only: such orders are sent as limit orders just above the best offer."""
    trades_page: int = 100
    trades_of_all: bool = False
    """Own trades come for the whole account, whatever symbol is asked for."""
    open_by_symbol: bool = False
    """Open orders are told for one symbol at a time only."""
    expiry: Callable[[int], tuple[dict[str, Any], dict[str, str]]] | None = None
    """Last moment (the exchange's clock, ms) → (parameters, headers) that make it refuse an order which comes later."""
    accepts_for_s: int = 8
    """So long after an order was sent it may still be taken; only then "not found" means that it never was."""


def by_client_id(client: Any, symbol: str, client_id: str, since: int | None) -> Found | None:
    """Ask by the id of ours."""
    return _one(client, client_id, lambda: client.fetch_order("", symbol, {"clientOrderId": client_id}))


def by_link_id(client: Any, symbol: str, client_id: str, since: int | None) -> Found | None:
    """Ask the orders that are open or ended lately, then the older ones (Bybit)."""
    wanted = {"orderLinkId": client_id}
    for ask in (client.fetch_open_orders, client.fetch_canceled_and_closed_orders):
        found: list[Found] = ask(symbol, None, None, wanted)
        if found:
            return found[0]
    return None


def open_then_closed(client: Any, symbol: str, client_id: str, since: int | None) -> Found | None:
    """Ask the open orders of this id, then the closed ones, so that one that ends in between is seen (Kraken)."""
    wanted = {"clientOrderId": client_id}
    for ask in (client.fetch_open_orders, client.fetch_closed_orders):
        found = _named(ask(None, None, None, wanted), client_id)
        if found is not None:
            return found
    return None


def in_all_orders(client: Any, symbol: str, client_id: str, since: int | None) -> Found | None:
    """Read the list of all orders page by page (Coinbase). Raises ListTooLong."""
    cursor = ""
    for _ in range(MOST_PAGES):
        rows = client.fetch_orders(symbol, since, LIST_PAGE, {"cursor": cursor} if cursor else {})
        found = _named(rows, client_id)
        if found is not None:
            return found
        answer = client.last_json_response or {}
        cursor = str(answer.get("cursor") or "") if answer.get("has_next") else ""
        if not cursor:
            return None
    raise ListTooLong


def in_lists(client: Any, symbol: str, client_id: str, since: int | None) -> Found | None:
    """Read the lists an exchange has; raises ListTooLong when they do not tell of all orders."""
    if client.has.get("fetchOrders") is True:
        names = ["fetch_orders"]
    else:
        lists = (("fetchOpenOrders", "fetch_open_orders"), ("fetchClosedOrders", "fetch_closed_orders"),
                 ("fetchCanceledOrders", "fetch_canceled_orders"))  # fmt: skip
        names = [name for capability, name in lists if client.has.get(capability) is True]
    for name in names:
        found = _named(getattr(client, name)(symbol, None if name == "fetch_open_orders" else since), client_id)
        if found is not None:
            return found
    if "fetch_orders" not in names and "fetch_closed_orders" not in names:
        raise ListTooLong
    return None


def list_open(client: Any, dialect: Dialect, symbol: str | None, known: Callable[[], list[str]]) -> list[Found]:
    """Return the open orders of one or all symbols; `known` names the symbols to ask where it is one at a time."""
    if symbol is None and dialect.open_by_symbol:
        return [row for name in known() for row in client.fetch_open_orders(name)]
    found: list[Found] = client.fetch_open_orders(symbol)
    return found


def just_above(client: Any, symbol: str) -> str:
    """Return a price 1 % above the best offer, on the market's grid: where a purchase at market may end at most."""
    offers = client.fetch_order_book(symbol)["asks"]
    price: str = client.price_to_precision(symbol, f"{Decimal(str(offers[0][0])) * Decimal('1.01'):f}")
    return price


def _one(client: Any, client_id: str, ask: Callable[[], Found]) -> Found | None:
    import ccxt

    try:
        found = ask()
    except ccxt.OrderNotFound:
        return None
    except ccxt.ExchangeError:
        if str((client.last_json_response or {}).get("code")) == MISSING:
            return None
        raise
    return found if found.get("id") else None


def _named(rows: list[Found], client_id: str) -> Found | None:
    return next((row for row in rows if row.get("clientOrderId") == client_id), None)


def _is_unified_account(client: Any) -> None:
    """Learn whether a Bitget account is a unified one; a failure of the way is none of the account."""
    import ccxt

    try:
        client.private_uta_get_v3_account_settings()
        client.options["uta"] = True
    except ccxt.OperationFailed:
        raise
    except ccxt.ExchangeError:
        client.options["uta"] = False


def _kucoin(client: Any) -> None:
    client.is_uta_enabled()
    client.load_migration_status()


def _rfc3339(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _by_client_id(client_id: str) -> tuple[str | None, dict[str, str]]:
    return None, {"clientOrderId": client_id}


UNTESTED = Dialect(in_lists, accepts_for_s=300)
DIALECTS: dict[str, Dialect] = {
    "bybit": Dialect(
        by_link_id,
        warm_up=lambda client: client.is_unified_enabled(),
        look={"acknowledged": True},
        cancel_by=lambda client_id: (None, {"orderLinkId": client_id}),
    ),
    "okx": Dialect(
        by_client_id,
        cancel_by=_by_client_id,
        expiry=lambda last: ({}, {"expTime": str(last)}),
    ),
    "kraken": Dialect(
        open_then_closed,
        cancel_by=_by_client_id,
        trades_page=50,
        trades_of_all=True,
        expiry=lambda last: ({"deadline": _rfc3339(last)}, {}),
    ),
    "coinbase": Dialect(in_all_orders, buys_by_cost=True, accepts_for_s=150),
    "kucoin": Dialect(
        by_client_id, warm_up=_kucoin, cancel_by=_by_client_id, open_by_symbol=True, accepts_for_s=12
    ),
    "bitget": Dialect(
        by_client_id,
        warm_up=_is_unified_account,
        cancel_by=_by_client_id,
        buys_by_cost=True,
        expiry=lambda last: ({"requestTime": str(last - 5_000), "receiveWindow": "5000"}, {}),
    ),
    "gate": Dialect(
        by_client_id,
        warm_up=lambda client: client.load_unified_status(),
        cancel_by=lambda client_id: (f"t-{client_id}", {}),
        buys_by_cost=True,
        trades_page=1_000,
        expiry=lambda last: ({}, {"x-gate-exptime": str(last)}),
    ),
    "htx": Dialect(
        by_client_id,
        options={"fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}}},
        warm_up=lambda client: client.load_accounts(),
        cancel_by=_by_client_id,
        buys_by_cost=True,
        accepts_for_s=360,
    ),
    "mexc": Dialect(
        by_client_id,
        options={"fetchMarkets": {"types": {"spot": True, "swap": {"linear": False, "inverse": False}}}},
        cancel_by=_by_client_id,
        open_by_symbol=True,
    ),
}  # fmt: skip
"""The tested exchanges that do not speak Binance's protocol."""


def dialect_of(ccxt_id: str) -> Dialect:
    """Return how to speak to an exchange."""
    return DIALECTS.get(ccxt_id, UNTESTED)
