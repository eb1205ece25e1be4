"""Orders through fourteen kinds of faults, several workers at once: none doubled, none lost, no fill counted twice."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import ccxt
import pytest
from django.db import connection as database

from apps.core.actors import Actor
from apps.core.clock import monotonic, travel
from apps.core.context import in_schema
from apps.core.errors import DomainError
from apps.platform.tenants.queries import get_tenant
from apps.trading.exchanges.operations import close_venues, open_credentials, open_venue
from apps.trading.orders.choices import LATEST_ACCEPTANCE, OrderState
from apps.trading.orders.models import Fill, Order
from apps.trading.orders.operations import (
    cancel_order,
    place_order,
    reconcile_connection,
    record_fills,
    send_order,
    settle_order,
    transmit_cancel,
)
from apps.trading.positions.models import Position
from tests.apps.trading.orders.funded import faults as faults_of_money
from tests.apps.trading.orders.wishes import SYSTEM, D, wish
from tests.factories.paper_market import PaperMarket
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit
POST, DELETE = {"method": "POST", "path": "/api/v3/order"}, {"method": "DELETE", "path": "/api/v3/order"}
WORKERS = 4
HARMLESS = {"orders.already_over", "orders.connection_not_active"}
BACK_WITHIN = 30.0
FUNDS = {"USDT": Decimal(1_000_000), "BTC": Decimal(10)}


@dataclass(frozen=True)
class Kind:
    """One kind of trouble: the rule of the exchange, and what a worker orders."""

    name: str
    rule: dict[str, Any] = field(default_factory=dict)
    rests: bool = False
    cancels: bool = False
    repeats: bool = False


KINDS = [
    Kind("accepted, answer lost", {"kind": "accept_then_timeout", "delay_ms": 5, **POST}),
    Kind("dropped before it arrived", {"kind": "drop", **POST}),
    Kind("server error", {"kind": "error_5xx", **POST}),
    Kind("too many requests", {"kind": "http_429", **POST}),
    Kind("slow to arrive", {"kind": "delay_ms", "delay_ms": 30, **POST}),
    Kind("slow to answer", {"kind": "late_answer", "delay_ms": 30, **POST}),
    Kind("sent twice by the network", {"kind": "duplicate", **POST}, rests=True),
    Kind("filled in parts", {"kind": "partial_fill", "percent": 40, **POST}),
    Kind("the clock is off", {"kind": "clock_skew", "skew_ms": -2_500}),
    Kind("maintenance", {"kind": "maintenance"}),
    Kind("cancelled, answer lost", {"kind": "accept_then_timeout", "delay_ms": 5, **DELETE}, rests=True, cancels=True),
    Kind("cancel dropped", {"kind": "drop", **DELETE}, rests=True, cancels=True),
    Kind("cancel meets fill", {"kind": "late_answer", "delay_ms": 20, **DELETE}, cancels=True),
    Kind("fills twice and out of order", repeats=True),
]


@dataclass
class Account:
    """A customer's account that suffers one kind of trouble."""

    kind: Kind
    owner: Any
    connection_id: UUID
    count: int
    placed: list[UUID] = field(default_factory=list)
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

        def build(total: int) -> list[Account]:
            accounts = []
            for place, kind in enumerate(KINDS):
                count = total // len(KINDS) + (place < total % len(KINDS))
                owner = make_customer(f"trader{place}@example.test")
                accounts.append(Account(kind, owner, market.connect(owner, FUNDS), count))
            return accounts

        yield market, build
    exchange.control.clear_faults()
    market.close()


def wanted(account: Account, rng: random.Random) -> Any:
    quantity = f"{rng.randint(10, 60) / 10_000:.4f}"
    if account.kind.rests:
        return wish("buy", quantity, f"{rng.randint(30_000, 50_000)}")
    return wish(rng.choice(("buy", "sell")), quantity)


def trade(account: Account, seed: int) -> None:
    """Place the account's orders as a worker would, whatever the exchange does; cancel where the kind says so."""
    rng = random.Random(seed)
    for _ in range(account.count):
        try:
            made = place_order(
                actor=Actor.of(account.owner),
                owner_id=account.owner.pk,
                connection_id=account.connection_id,
                order=wanted(account, rng),
            )
        except DomainError as refusal:
            account.refused.append(refusal.code)
            continue
        account.placed.append(made.pk)
        if account.kind.cancels:
            try:
                cancel_order(actor=Actor.of(account.owner), order_id=made.pk)
            except DomainError as refusal:
                account.refused.append(refusal.code)
        if account.kind.repeats:
            _tell_again(account, made.pk, rng)


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


def at_once(accounts: list[Account], seed: int) -> list[BaseException]:
    """Let the workers go through the accounts; return what they raised."""
    raised: list[BaseException] = []
    queue, turn = list(enumerate(accounts)), threading.Lock()

    def run() -> None:
        try:
            with in_schema(alpha()):
                while True:
                    with turn:
                        if not queue:
                            return
                        place, account = queue.pop()
                    trade(account, seed + place)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)
        finally:
            close_venues()
            database.close()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return raised


def until(is_done: Callable[[], bool], what: str) -> float:
    """Wait for a condition with a deadline; return the seconds it took."""
    begun = monotonic()
    while not is_done():
        assert monotonic() - begun < BACK_WITHIN, what
    return monotonic() - begun


def settle(accounts: list[Account]) -> float:
    """The exchange is back: send what never left, settle the rest; return the seconds it took."""
    begun = monotonic()
    ids = [account.connection_id for account in accounts]

    def all_sent() -> bool:
        for order in Order.objects.filter(connection_id__in=ids, state=OrderState.INTENT):
            send_order(order_id=order.pk)
        return not Order.objects.filter(connection_id__in=ids, state=OrderState.INTENT).exists()

    until(all_sent, "intents are left")
    with travel(LATEST_ACCEPTANCE + timedelta(seconds=1)):

        def all_clear() -> bool:
            left = [order for order in Order.objects.filter(connection_id__in=ids) if order.needs_settling]
            for order in left:
                done = settle_order(order_id=order.pk)
                if done.cancel_requested_at is not None and not done.is_final:
                    transmit_cancel(order_id=done.pk)
            return not left

        until(all_clear, "orders are unsettled")
    return monotonic() - begun


def compare(account: Account) -> Counter[str]:
    """Compare our books with the exchange's own lists, read by another client; return what was seen."""
    venue = ccxt.binance(open_credentials(account.connection_id).settings)
    theirs = venue.privateGetAllOrders({"symbol": "BTCUSDT", "limit": 1000})
    trades = venue.privateGetMyTrades({"symbol": "BTCUSDT", "limit": 1000})
    ours = {order.client_id: order for order in Order.objects.filter(connection_id=account.connection_id)}
    arrived = Counter(row["clientOrderId"] for row in theirs)
    name = account.kind.name
    assert max(arrived.values(), default=1) == 1, f"{name}: doubled"
    assert set(arrived) <= set(ours), f"{name}: orphaned"
    for client_id, order in ours.items():
        is_refused = order.state == OrderState.REJECTED or not order.venue_order_id
        assert is_refused == (client_id not in arrived), f"{name}: {order.state} {order.reject_code}"
    booked = Counter(Fill.objects.filter(connection_id=account.connection_id).values_list("trade_id", flat=True))
    assert booked == Counter(str(row["id"]) for row in trades), f"{name}: fills differ"
    for row in theirs:
        assert ours[row["clientOrderId"]].filled == D(row["executedQty"]), name
    return Counter(order.state for order in ours.values())


def run_through(town: Any, total: int, seed: int) -> None:
    market, build = town
    accounts = build(total)
    for account in accounts:
        if account.kind.rule:
            key = open_credentials(account.connection_id).settings["apiKey"]
            is_standing = account.kind.rule["kind"] in ("clock_skew", "maintenance")
            turn = {} if is_standing else {"every": 2, "count": 1_000_000}
            market.sandbox.control.inject_fault(api_key=key, **turn, **account.kind.rule)
    print(f"seed {seed}")
    assert at_once(accounts, seed) == []
    assert {code for account in accounts for code in account.refused} <= HARMLESS
    market.sandbox.control.clear_faults()
    close_venues()
    took = settle(accounts)
    for account in accounts:  # what rested may have met other accounts' orders meanwhile
        first = reconcile_connection(connection_id=account.connection_id)
        assert (first.differences, first.error) == ([], ""), account.kind.name
    seen = sum((compare(account) for account in accounts), Counter())
    print(f"{total} orders, settled in {took:.1f} s: {dict(seen)}")
    assert took <= BACK_WITHIN
    for account in accounts:
        before = (Fill.objects.count(), Order.objects.count(), Position.objects.order_by("id").values_list("version"))
        second = reconcile_connection(connection_id=account.connection_id)
        assert (second.settled, second.new_fills, second.differences) == (0, 0, [])
        after = (Fill.objects.count(), Order.objects.count(), Position.objects.order_by("id").values_list("version"))
        assert list(before[2]) == list(after[2])
        assert before[:2] == after[:2]
    assert faults_of_money() == {}


@pytest.mark.long
def test_two_hundred_orders_through_fourteen_kinds_of_faults(town):
    run_through(town, 200, random.randrange(1_000_000))


@pytest.mark.long
def test_two_thousand_orders_for_each_kind_of_fault(town):
    run_through(town, 2_000 * len(KINDS), random.randrange(1_000_000))
