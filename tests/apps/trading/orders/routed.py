"""Accounts at two exchanges with books of their own, for the tests of routed orders."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from apps.core.clock import now
from apps.core.context import PUBLIC, in_schema
from apps.trading.exchanges.models import Venue
from apps.trading.exchanges.operations import Balance, add_connection, record_balances, register_venue
from apps.trading.orders.operations import settle_order
from apps.trading.orders.routing.models import RoutedOrder
from apps.trading.orders.routing.operations import RouteWish, advance_route
from apps.trading.orders.routing.queries import list_children
from apps.trading.sandbox.client import ccxt_urls
from kernel.instruments import Side
from tests.apps.trading.orders.wishes import SYSTEM, D
from tests.factories.prices import say_book, say_price
from tests.factories.sandbox_exchange import RunningSandbox, running_sandbox

DAY = 86_400_000
FIRST, SECOND = "sandbox", "binanceus"
_address: dict[str, str] = {}


def second_settings() -> dict[str, Any]:
    return ccxt_urls(_address["url"])


@contextmanager
def second_exchange(folder: Path) -> Iterator[RunningSandbox]:
    """Run another exchange whose market is a day later: its price is another one."""
    with running_sandbox(folder, "step", start_ms=1_717_200_000_000 + DAY) as other:
        _address["url"] = other.url
        register_venue(SECOND, second_settings)
        yield other


def connect_second(owner: Any, other: RunningSandbox, funds: dict[str, Decimal], fee: str = "0.001") -> UUID:
    """Open an account at the second exchange, and return its connection."""
    with in_schema(PUBLIC):
        Venue.objects.get_or_create(code=SECOND, defaults={"title": "Second", "ccxt_id": "binance", "mode": "paper"})
    account = other.open_account(funds, maker_fee=D(fee), taker_fee=D(fee))
    made = add_connection(
        actor=SYSTEM, owner_id=owner.pk, venue=SECOND, label="Other",
        api_key=account["api_key"], api_secret=account["secret"],
    )  # fmt: skip
    balances = [Balance(asset, amount, D(0)) for asset, amount in funds.items()]
    record_balances(actor=SYSTEM, connection_id=made.pk, balances=balances, seen_at=now())
    return made.pk


def wish_for(side: str = "buy", quantity: str = "0.5", **more: Any) -> RouteWish:
    return RouteWish(symbol="BTCUSDT", side=Side(side), quantity=D(quantity), mode=more.pop("mode", "paper"), **more)


def offer(venue: str, *asks: tuple[Any, Any], below: str = "100", **more: Any) -> None:
    """Let a venue's book offer `asks`; its bids are so much lower that nobody meets them."""
    say_book("BTCUSDT", venue, bids=[(D(str(asks[0][0])) - D(below), "5")], asks=list(asks), **more)


def price_at(exchange: RunningSandbox) -> Decimal:
    return D(exchange.control.status()["prices"]["BTCUSDT"])


def work_off(row: RoutedOrder) -> RoutedOrder:
    """What the workers do: step, send, settle."""
    found = advance_route(route_id=row.pk)
    for child in list_children(row.pk):
        if not child.is_final or child.needs_settling:
            settle_order(order_id=child.pk, ask_anyway=True)
    return found if found.is_over else advance_route(route_id=row.pk)


def say_now(price: Decimal) -> None:
    say_price("BTCUSDT", price)
