"""The kill switch in a burst, with real commits: how soon the last order leaves and the venue has none left."""

import json
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import ccxt
import pytest

from apps.core.actors import Actor
from apps.core.clock import monotonic, to_ms, travel
from apps.core.context import in_schema
from apps.core.errors import DomainError
from apps.core.timers import fire_due
from apps.trading.exchanges.operations import open_credentials, open_venue
from apps.trading.orders import tasks
from apps.trading.orders.choices import FINAL
from apps.trading.orders.models import Order
from apps.trading.orders.operations import place_order
from apps.trading.positions.models import Position
from apps.trading.risk.operations import engage_own_switch, lift_own_switch
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.test_order_faults import alpha, threaded
from tests.apps.trading.orders.wishes import D, wish
from tests.factories.paper_market import PaperMarket
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit
RESTING, WORKERS = 50, 3
SOON = timedelta(seconds=2)
AFTER_A_RESTART = """
import django, json, sys
django.setup()
from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.core.errors import DomainError
from apps.trading.exchanges.operations import open_venue
from apps.trading.orders.operations import place_order
from tests.apps.trading.orders.wishes import wish
schema, owner, connection = sys.argv[1:]
with in_schema(schema):
    from apps.platform.users.queries import get_user
    actor = Actor.of(get_user(owner))
    try:
        place_order(actor=actor, owner_id=actor.id, connection_id=connection, order=wish("buy", "0.01", "30000"))
        code = ""
    except DomainError as refusal:
        code = refusal.code
    print(json.dumps({"code": code, "open": len(open_venue(connection).open_orders("BTCUSDT"))}))
"""


@pytest.fixture
def account(exchange, real_db, settings):
    """(customer, connection, environment of other processes) in tenant A, with real commits."""
    exchange.control.clear_faults()
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with in_schema(alpha()):
        market = PaperMarket(exchange)
        market.store_history(10)
        customer = make_customer("ann@example.test")
        connection_id = market.connect(customer, {"USDT": D(1_000_000), "BTC": D(1)})
        ways = {"OUTCRY_SANDBOX_URL": exchange.url, "OUTCRY_SANDBOX_CONTROL_URL": exchange.control_url}
        yield customer, connection_id, real_db | ways
    market.close()


def placed(customer: Any, connection_id: Any, **order: Any) -> Order:
    return place_order(
        actor=Actor.of(customer), owner_id=customer.pk, connection_id=connection_id, order=wish("buy", **order)
    )


def at_exchange(connection_id: Any) -> list[dict[str, Any]]:
    venue = ccxt.binance(open_credentials(connection_id).settings)
    found: list[dict[str, Any]] = venue.privateGetAllOrders({"symbol": "BTCUSDT", "limit": 1000})
    return found


def burst(customer: Any, connection_id: Any, counted: threading.Semaphore) -> None:
    """Order until risk says no; every order is counted."""
    ends = monotonic() + 60
    while monotonic() < ends:
        try:
            placed(customer, connection_id, quantity="0.001", price="31000")
        except DomainError as refusal:
            if refusal.code != "risk.kill_switch":
                raise
            return
        finally:
            counted.release()
    raise AssertionError("the switch stopped nothing")


def settle_all(customer: Any) -> None:
    """What timers and sweep do within the next seconds, until nothing of the customer is open."""
    for seconds in range(5, 31, 5):
        with travel(timedelta(seconds=seconds)):
            fire_due()
            tasks.sweep()
        if not Order.objects.filter(owner_id=customer.pk).exclude(state__in=FINAL).exists():
            return
    raise AssertionError(list(Order.objects.exclude(state__in=FINAL).values_list("state", "origin_kind")))


def test_a_switch_in_a_burst_stops_and_takes_back_within_two_seconds(account):
    customer, connection_id, environ = account
    placed(customer, connection_id, quantity="0.05")
    resting = {placed(customer, connection_id, quantity="0.001", price="30000").client_id for _ in range(RESTING)}
    raised: list[BaseException] = []
    counted = threading.Semaphore(0)
    workers = [threaded(lambda: burst(customer, connection_id, counted), raised) for _ in range(WORKERS)]
    for _ in range(2 * WORKERS):
        assert counted.acquire(timeout=60)
    switch = engage_own_switch(actor=Actor.of(customer), scope="customer", subject_id=customer.pk, reason="enough")
    for worker in workers:
        worker.join(60)
    assert raised == []
    rows = at_exchange(connection_id)
    gone = {row["clientOrderId"]: int(row["updateTime"]) for row in rows if row["status"] == "CANCELED"}
    assert resting <= gone.keys()
    assert switch.engaged_at is not None
    engaged_ms = to_ms(switch.engaged_at)
    last_gone = max(gone[client_id] for client_id in resting) - engaged_ms
    own = [row for row in rows if not row["clientOrderId"].startswith("g")]
    last_out = max(int(row["time"]) for row in own) - engaged_ms
    print(f"last order out after {last_out} ms, {RESTING} orders taken back after {last_gone} ms")
    assert last_out <= SOON.total_seconds() * 1_000
    assert last_gone <= SOON.total_seconds() * 1_000
    settle_all(customer)
    assert open_venue(connection_id).open_orders("BTCUSDT") == []
    assert Position.objects.get().quantity == 0
    assert faults() == {}
    command = [sys.executable, "-c", AFTER_A_RESTART, alpha(), str(customer.pk), str(connection_id)]
    after = subprocess.run(command, env=environ, capture_output=True, check=False, timeout=60)
    assert after.returncode == 0, after.stderr.decode()[-2000:]
    assert json.loads(after.stdout) == {"code": "risk.kill_switch", "open": 0}


def test_foreign_orders_stay_and_a_lifted_switch_stops_nothing_more(account):
    customer, connection_id, _ = account
    for _ in range(5):
        placed(customer, connection_id, quantity="0.001", price="30000")
    venue = ccxt.binance(open_credentials(connection_id).settings | {"options": {"defaultType": "spot"}})
    foreign = venue.create_order("BTC/USDT", "limit", "buy", 0.002, 29_000)
    whose = {"actor": Actor.of(customer), "scope": "customer", "subject_id": customer.pk}
    switch = engage_own_switch(**whose, flatten=False)
    assert [view.venue_order_id for view in open_venue(connection_id).open_orders("BTCUSDT")] == [foreign["id"]]
    lift_own_switch(actor=Actor.of(customer), switch_id=switch.pk)
    later = placed(customer, connection_id, quantity="0.001", price="30000")
    with travel(timedelta(seconds=6)):
        fire_due()
    assert Order.objects.get(pk=later.pk).state == "open"
    placed(customer, connection_id, quantity="0.01")
    for again in range(2):  # each engagement closes what it finds, the second one too
        engage_own_switch(**whose)
        settle_all(customer)
        assert Position.objects.get().quantity == 0
        lift_own_switch(actor=Actor.of(customer), switch_id=switch.pk)
        if not again:
            placed(customer, connection_id, quantity="0.02")
    assert [order.quantity for order in Order.objects.filter(origin_kind="guard").order_by("id")] == [
        D("0.01"),
        D("0.02"),
    ]
