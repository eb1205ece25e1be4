"""Orders through fourteen kinds of faults, several workers at once: none doubled, none lost, no fill counted twice.

Workers place and cancel while the product's own sweep runs beside them; then the exchange is whole again, and the
sweep alone settles the rest: by the product's clock within half a minute. OUTCRY_FAULT_SEED repeats a run.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

import ccxt
import pytest
from django.conf import settings as django_settings
from django.db import connection as database
from django.urls import reverse

from apps.core.actors import Actor
from apps.core.clock import monotonic, travel
from apps.core.context import in_schema
from apps.core.errors import DomainError
from apps.platform.tenants.queries import get_tenant
from apps.trading.exchanges.operations import open_credentials, open_venue
from apps.trading.orders import tasks
from apps.trading.orders.choices import OrderState
from apps.trading.orders.models import Fill, Order
from apps.trading.orders.operations import cancel_order, place_order, reconcile_connection, record_fills
from apps.trading.positions.models import Position
from apps.trading.sandbox.client import ccxt_urls
from tests.apps.trading.orders.funded import faults as faults_of_money
from tests.apps.trading.orders.wishes import SYSTEM, D, wish
from tests.factories.paper_market import PaperMarket
from tests.factories.people import make_customer

pytestmark = [pytest.mark.real_commit, pytest.mark.product]
POST, DELETE = {"method": "POST", "path": "/api/v3/order"}, {"method": "DELETE", "path": "/api/v3/order"}
WORKERS = 4
SWEEP_SECONDS = 2.0
"""How often the product's beat looks after orders."""
BACK_WITHIN = 30.0
"""Seconds after which all is known, once the exchange is back."""
OVER = "orders.already_over"
FUNDS = {"USDT": Decimal(1_000_000), "BTC": Decimal(10)}


@dataclass(frozen=True)
class Kind:
    """One kind of trouble: the rule of the exchange, and what a worker orders."""

    name: str
    rule: dict[str, Any] = field(default_factory=dict)
    price: str = ""
    """Of limit orders, as a part of the market's; market orders have none."""
    cancels: bool = False
    moves: bool = False
    """The market moves on right after each order: while it is taken back, where it is."""
    repeats: bool = False


KINDS = [
    Kind("accepted, answer lost", {"kind": "accept_then_timeout", "delay_ms": 5, **POST}),
    Kind("dropped before it arrived", {"kind": "drop", **POST}),
    Kind("server error", {"kind": "error_5xx", **POST}),
    Kind("too many requests", {"kind": "http_429", **POST}),
    Kind("slow to arrive", {"kind": "delay_ms", "delay_ms": 30, **POST}),
    Kind("slow to answer", {"kind": "late_answer", "delay_ms": 30, **POST}),
    Kind("sent twice by the network", {"kind": "duplicate", **POST}, price="0.7"),
    Kind("filled in parts", {"kind": "partial_fill", "percent": 40, **POST}, moves=True),
    Kind("the clock is off", {"kind": "clock_skew", "skew_ms": -2_500, **POST}),
    Kind("maintenance", {"kind": "maintenance"}),
    Kind("cancelled, answer lost", {"kind": "accept_then_timeout", "delay_ms": 5, **DELETE}, "0.7", cancels=True),
    Kind("cancel dropped", {"kind": "drop", **DELETE}, "0.7", cancels=True),
    Kind("cancel meets fill", {"kind": "late_answer", "delay_ms": 20, **DELETE}, "0.9997", cancels=True, moves=True),
    Kind("fills told again and out of order", repeats=True),
]


@dataclass
class Account:
    """A customer's account that suffers one kind of trouble."""

    kind: Kind
    owner: Any
    connection_id: UUID
    count: int
    sandbox: Any
    refused: list[str] = field(default_factory=list)


def alpha() -> str:
    return get_tenant("alpha").schema


@pytest.fixture
def town(exchange, real_db, settings):
    """Tenant A with an account for each kind of trouble."""
    exchange.control.clear_faults()
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with in_schema(alpha()):
        market = PaperMarket(exchange)
        market.store_history(10)
        reverse("orders-list")  # the addresses are read once, not by all workers at the same time

        def build(total: int) -> list[Account]:
            accounts = []
            for place, kind in enumerate(KINDS):
                count = total // len(KINDS) + (place < total % len(KINDS))
                owner = make_customer(f"trader{place}@example.test")
                accounts.append(Account(kind, owner, market.connect(owner, FUNDS), count, market.sandbox))
            return accounts

        yield market, build
    exchange.control.clear_faults()
    market.close()


def wanted(account: Account, rng: random.Random) -> Any:
    quantity = f"{rng.randint(10, 60) / 10_000:.4f}"
    if account.kind.price:
        market_price = D(account.sandbox.control.status()["prices"]["BTCUSDT"])
        return wish("buy", quantity, f"{market_price * D(account.kind.price):.2f}")
    return wish(rng.choice(("buy", "sell")), quantity)


@contextmanager
def moving(account: Account) -> Iterator[None]:
    """Let the market close a candle while the block runs (which also brings new offers into its book)."""
    mover = threading.Thread(target=account.sandbox.control.step)
    mover.start()
    try:
        yield
    finally:
        mover.join(10)


def trade(account: Account, seed: int) -> None:
    """Place the account's orders as a worker would, whatever the exchange does; cancel where the kind says so."""
    rng = random.Random(seed)
    for _ in range(account.count):
        order_id = place_order(
            actor=Actor.of(account.owner),
            owner_id=account.owner.pk,
            connection_id=account.connection_id,
            order=wanted(account, rng),
        ).pk
        with moving(account) if account.kind.moves else nullcontext():
            if account.kind.cancels:
                try:
                    cancel_order(actor=Actor.of(account.owner), order_id=order_id)
                except DomainError as refusal:
                    account.refused.append(refusal.code)
        if account.kind.repeats:
            _tell_again(account, order_id, rng)


def _tell_again(account: Account, order_id: UUID, rng: random.Random) -> None:
    order = Order.objects.get(pk=order_id)
    rows = [
        row
        for row in open_venue(account.connection_id).fills(order.symbol)
        if row.venue_order_id == order.venue_order_id
    ]
    for _ in range(3):
        rng.shuffle(rows)
        record_fills(actor=SYSTEM, order_id=order_id, fills=rows)


def threaded(what: Callable[[], None], raised: list[BaseException]) -> threading.Thread:
    """Start a thread of tenant A that works with a connection of its own."""

    def run() -> None:
        try:
            with in_schema(alpha()):
                what()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)
        finally:
            database.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def at_once(accounts: list[Account], seed: int, workers: int) -> list[BaseException]:
    """Let the workers go through the accounts, and the sweep run beside them; return what they raised."""
    raised: list[BaseException] = []
    queue, done = SimpleQueue[tuple[int, Account]](), threading.Event()
    for numbered in enumerate(accounts):
        queue.put(numbered)

    def work() -> None:
        while not queue.empty():
            with suppress(Empty):
                place, account = queue.get_nowait()
                trade(account, seed + place)

    def sweep() -> None:
        while not done.wait(SWEEP_SECONDS):
            tasks.sweep()

    net = threaded(sweep, raised)
    threads = [threaded(work, raised) for _ in range(workers)]
    for thread in threads:
        thread.join(60 + sum(account.count for account in accounts))
    done.set()
    net.join(60)
    assert not any(thread.is_alive() for thread in (net, *threads))
    return raised


def settle(accounts: list[Account]) -> float:
    """The exchange is back. Return after how many seconds of the product's clock its sweep has settled everything."""
    begun, moved = monotonic(), 0.0
    ours = Order.objects.filter(connection_id__in=[account.connection_id for account in accounts])

    def passed() -> float:
        seconds = monotonic() - begun + moved
        assert seconds <= BACK_WITHIN, (f"{moved:.0f} s of them moved", _waiting(accounts))
        return seconds

    while ours.filter(state=OrderState.INTENT).exists():  # requests carry the time of our clock, so it stays right
        tasks.sweep()
        passed()
    while ours.filter(check_at__isnull=False).exists():
        moved += SWEEP_SECONDS
        with travel(timedelta(seconds=moved)):
            tasks.sweep()
        passed()
    assert not [order for order in ours if order.needs_settling]
    return passed()


def _waiting(accounts: list[Account]) -> list[tuple[Any, ...]]:
    kinds = {account.connection_id: account.kind.name for account in accounts}
    rows = Order.objects.filter(connection_id__in=kinds, check_at__isnull=False)
    facts = rows.values_list("connection_id", "state", "checks", "reported_filled", "filled", "reject_message")
    return [(kinds[row[0]], *row[1:]) for row in facts]


@lru_cache(maxsize=1)
def client_at(address: str) -> Any:
    return ccxt.binance({**ccxt_urls(address), "enableRateLimit": False})


def reader(connection_id: UUID) -> Any:
    """A client of the exchange beside ours, with the key of a connection."""
    venue, given = client_at(django_settings.SANDBOX_URL), open_credentials(connection_id).settings
    venue.apiKey, venue.secret = given["apiKey"], given["secret"]
    return venue


def pages(venue: Any, method: str, key: str, parameter: str) -> list[dict[str, Any]]:
    """Return all rows of a private list of the exchange."""
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"symbol": "BTCUSDT", "limit": 1000, parameter: 0}
    while rows := getattr(venue, method)(request):
        found += rows
        request[parameter] = int(rows[-1][key]) + 1
    return found


def compare(name: str, connection_id: UUID) -> Counter[str]:
    """Compare our books with the exchange's own lists, read by another client; return what was seen."""
    venue = reader(connection_id)
    theirs = pages(venue, "privateGetAllOrders", "orderId", "orderId")
    trades = pages(venue, "privateGetMyTrades", "id", "fromId")
    ours = {order.client_id: order for order in Order.objects.filter(connection_id=connection_id)}
    arrived = Counter(row["clientOrderId"] for row in theirs)
    assert max(arrived.values(), default=1) == 1, f"{name}: doubled"
    assert set(arrived) <= set(ours), f"{name}: orphaned"
    for client_id, order in ours.items():
        is_refused = order.state == OrderState.REJECTED or not order.venue_order_id
        assert is_refused == (client_id not in arrived), f"{name}: {order.state} {order.reject_code}"
    booked = Counter(Fill.objects.filter(connection_id=connection_id).values_list("trade_id", flat=True))
    assert booked == Counter(str(row["id"]) for row in trades), f"{name}: fills differ"
    for row in theirs:
        assert ours[row["clientOrderId"]].filled == D(row["executedQty"]), name
    held = sum(D(row["qty"]) if row["isBuyer"] else -D(row["qty"]) for row in trades)
    mine = Position.objects.filter(book__connection_id=connection_id)
    assert sum(position.quantity for position in mine) == held, f"{name}: another position"
    assert sum(position.version for position in mine) == len(trades), f"{name}: booked more often than executed"
    return Counter(order.state for order in ours.values())


def trouble(market: PaperMarket, accounts: list[Account]) -> None:
    """Let every second request of each account suffer its kind of trouble."""
    for account in accounts:
        if account.kind.rule:
            key = open_credentials(account.connection_id).settings["apiKey"]
            is_standing = account.kind.rule["kind"] in ("clock_skew", "maintenance")
            count: dict[str, Any] = {} if is_standing else {"count": 1_000_000}
            market.sandbox.control.inject_fault(api_key=key, every=2, **count, **account.kind.rule)


def recover(market: PaperMarket, accounts: list[Account]) -> None:
    """End all trouble, of which every kind was there often enough."""
    met = sorted(rule["hits"] for rule in market.sandbox.control.faults())
    assert len(met) == len(KINDS) - 1
    assert met[0] >= min(account.count for account in accounts) // 4, met
    market.sandbox.control.clear_faults()


def facts() -> tuple[int, int, list[tuple[Any, int]]]:
    versions = Position.objects.order_by("id").values_list("id", "version")
    return Fill.objects.count(), Order.objects.count(), list(versions)


def run_through(town: Any, total: int, workers: int = WORKERS) -> None:
    market, build = town
    seed = int(os.environ.get("OUTCRY_FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
    print(f"seed {seed}")
    accounts = build(total)
    trouble(market, accounts)
    assert at_once(accounts, seed, workers) == []
    recover(market, accounts)
    took = settle(accounts)
    for account in accounts:  # what rested may have met the moving market, or other accounts' orders
        first = reconcile_connection(connection_id=account.connection_id)
        assert (first.differences, first.error) == ([], ""), account.kind.name
        assert set(account.refused) <= {OVER}, account.kind.name
    seen = {account.kind.name: compare(account.kind.name, account.connection_id) for account in accounts}
    states = sum(seen.values(), Counter())
    print(f"{total} orders, settled {took:.1f} s after the exchange was back: {dict(states)}\n{seen}")
    assert states["filled"] >= total // 4
    assert states["rejected"] <= total // 2
    before = facts()
    for account in accounts:
        second = reconcile_connection(connection_id=account.connection_id)
        assert (second.settled, second.new_fills, second.differences) == (0, 0, []), account.kind.name
    assert facts() == before
    assert faults_of_money() == {}


def test_two_hundred_orders_through_fourteen_kinds_of_faults(town):
    run_through(town, 200)


@pytest.mark.long
@pytest.mark.parametrize("part", range(50))
def test_two_thousand_orders_for_each_kind_of_fault(town, part):
    """In fifty parts of 40 for each kind, all kinds at once, each with a seed of its own; one part takes minutes."""
    run_through(town, 40 * len(KINDS), workers=len(KINDS))
