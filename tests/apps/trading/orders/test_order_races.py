"""Real commits: many workers at once, and the account stream as a process of its own threads."""

import asyncio
import random
import threading
from collections.abc import Callable
from typing import Any

import ccxt
import pytest
from django.db import connection

from apps.core.clock import monotonic
from apps.core.context import in_schema
from apps.finance.ledger.models import Journal
from apps.platform.tenants.queries import get_tenant
from apps.trading.exchanges.operations import Confirmed, VenueStatus, close_venues, open_credentials
from apps.trading.exchanges.queries import list_balances
from apps.trading.orders.errors import InsufficientBalance
from apps.trading.orders.models import AccountStream, BalanceBaseline, Order
from apps.trading.orders.operations import (
    backfill_connection,
    place_order,
    reconcile_connection,
    record_outcome,
    release_stream,
    renew_stream,
    send_order,
    take_stream,
)
from apps.trading.orders.stream.process import LEASE, AccountsProcess
from apps.trading.positions.models import Position
from tests.apps.trading.orders.funded import connected, faults, standing
from tests.apps.trading.orders.wishes import SYSTEM, D, execution, view, wish
from tests.factories.paper_market import PaperMarket
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit


def alpha() -> str:
    """Tenant A's schema."""
    return get_tenant("alpha").schema


@pytest.fixture
def account(exchange, real_db, settings):
    """(market, customer, connection) in tenant A, with real commits."""
    exchange.control.clear_faults()
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with in_schema(alpha()):
        market = PaperMarket(exchange)
        market.store_history(10)
        customer = make_customer("ann@example.test")
        connection_id = market.connect(customer)
    yield market, customer, connection_id
    market.close()


def stored(customer: Any, connection_id: Any, order: Any) -> Order:
    """An intent whose nudge is lost."""
    from apps.trading.orders import tasks

    before, tasks.send.delay = tasks.send.delay, lambda *_: None
    try:
        return place_order(actor=SYSTEM, owner_id=customer.pk, connection_id=connection_id, order=order)
    finally:
        tasks.send.delay = before


def at_once(count: int, work: Callable[[], object]) -> list[BaseException]:
    """Run `work` in several threads that begin together; return what they raised."""
    gate, raised = threading.Barrier(count), []

    def run() -> None:
        try:
            with in_schema(alpha()):
                gate.wait()
                work()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)
        finally:
            close_venues()
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def test_many_workers_with_one_order_send_it_once(account):
    _, customer, connection_id = account
    with in_schema(alpha()):
        order = stored(customer, connection_id, wish())
    assert at_once(6, lambda: send_order(order_id=order.pk)) == []
    with in_schema(alpha()):
        order.refresh_from_db()
        rows = ccxt.binance(open_credentials(connection_id).settings).privateGetAllOrders({"symbol": "BTCUSDT"})
        assert [row["clientOrderId"] for row in rows] == [order.client_id]
        assert (order.state, order.attempts) == ("filled", 1)
        assert Position.objects.get().version == order.fills.count()


def test_the_same_answer_from_many_sides_at_once_is_booked_once(account):
    _, customer, connection_id = account
    with in_schema(alpha()):
        from apps.trading.orders.operations import claim_order

        order = stored(customer, connection_id, wish())
        claim_order(actor=SYSTEM, order_id=order.pk)
    answer = Confirmed(
        view(order, VenueStatus.FILLED, "0.01"),
        (execution(order, "1", "0.004"), execution(order, "2", "0.006")),
    )
    assert at_once(5, lambda: record_outcome(actor=SYSTEM, order_id=order.pk, outcome=answer)) == []
    with in_schema(alpha()):
        position = Position.objects.get()
        assert (position.version, position.quantity) == (2, D("0.01"))


def test_many_orders_at_once_reserve_no_more_than_there_is(account):
    with in_schema(alpha()):
        connection = connected(make_customer("poor@example.test"), USDT="1000")
        owner = connection.owner_id

    def order() -> None:
        place_order(actor=SYSTEM, owner_id=owner, connection_id=connection.pk, order=wish(price="30000"))

    from apps.trading.orders import tasks

    before, tasks.send.delay = tasks.send.delay, lambda *_: None
    try:
        raised = at_once(6, order)
    finally:
        tasks.send.delay = before
    assert [type(error) for error in raised] == [InsufficientBalance] * 3
    with in_schema(alpha()):
        assert standing(connection) == {"USDT": (D(1_000), D(900))}
        assert Order.objects.filter(owner_id=owner).count() == 3
        assert BalanceBaseline.objects.filter(connection=connection).count() == 1
        assert faults() == {}


def test_one_mirror_is_opened_however_many_open_it(account):
    _, _, connection_id = account
    with in_schema(alpha()):
        assert not BalanceBaseline.objects.exists()
    assert at_once(4, lambda: backfill_connection(actor=SYSTEM, connection_id=connection_id)) == []
    with in_schema(alpha()):
        (row,) = BalanceBaseline.objects.all()
        assert Journal.objects.filter(key=f"baseline:{row.pk}").count() == 1


def test_reconciling_twice_at_once_is_once(account):
    market, customer, connection_id = account
    with in_schema(alpha()):
        price = market.sandbox.control.status()["prices"]["BTCUSDT"]
        order = send_order(order_id=stored(customer, connection_id, wish(price=str(price))).pk)
    market.sandbox.control.step(3)
    assert at_once(3, lambda: reconcile_connection(connection_id=connection_id)) == []
    with in_schema(alpha()):
        order.refresh_from_db()
        assert Position.objects.get().version == order.fills.count()


def test_one_process_follows_an_account(account):
    _, _, connection_id = account
    with in_schema(alpha()):
        epoch = take_stream(connection_id, "one", LEASE)
        assert epoch is not None
        assert take_stream(connection_id, "two", LEASE) is None
        assert renew_stream(connection_id, "one", epoch, LEASE)
        release_stream(connection_id, "one", epoch)
        assert take_stream(connection_id, "two", LEASE) == epoch + 1
        assert not renew_stream(connection_id, "one", epoch, LEASE)


async def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a condition in tenant A; what is waited for happens in other threads and at the exchange."""
    loop, deadline = asyncio.get_running_loop(), monotonic() + seconds

    def asked() -> bool:
        with in_schema(alpha()):
            return condition()

    while not await loop.run_in_executor(None, asked):
        assert monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


def test_the_stream_books_fills_that_no_worker_waits_for(account):
    asyncio.run(follow_a_resting_order(*account))
    with in_schema(alpha()):
        assert take_stream(account[2], "next", LEASE) is not None, "the lease was not given back"


async def follow_a_resting_order(market: PaperMarket, customer: Any, connection_id: Any) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    process = AccountsProcess(owner="test", rng=random.Random(1))
    running = asyncio.create_task(process.run(stop))
    try:
        await until(lambda: AccountStream.objects.filter(snapshot_at__isnull=False).exists())

        def rest() -> Order:
            with in_schema(alpha()):
                price = D(market.sandbox.control.status()["prices"]["BTCUSDT"]) * D("0.9995")
                order = wish(price=str(price.quantize(D("0.01"))))
                return send_order(order_id=stored(customer, connection_id, order).pk)

        order = await loop.run_in_executor(None, rest)
        assert order.state == "open"
        for _ in range(40):
            await loop.run_in_executor(None, market.sandbox.control.step, 1)
            if market.sandbox.control.account(account_of(market, connection_id))["open_orders"] == 0:
                break
        await until(lambda: Order.objects.get(pk=order.pk).state == "filled")
        await until(lambda: any(row.asset == "BTC" and row.free == D("0.01") for row in list_balances(connection_id)))
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


def account_of(market: PaperMarket, connection_id: Any) -> int:
    """The exchange's number of the account made last."""
    return max(int(row["account_id"]) for row in market.sandbox.control.accounts())
