"""The account's process follows contracts, too: real commits, the sandbox exchange's socket, unmodified ccxt.pro."""

import asyncio
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.core.clock import monotonic
from apps.core.context import in_schema
from apps.finance.ledger.models import Hold
from apps.trading.exchanges.operations import close_venues
from apps.trading.orders import operations as orders
from apps.trading.orders.models import AccountStream, Fill, Order
from apps.trading.orders.stream.process import LEASE, AccountsProcess
from apps.trading.positions.models import MarginAccount, Position
from tests.apps.trading.orders.contract_desk import Desk
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.test_order_faults import alpha
from tests.apps.trading.orders.test_order_kinds import price_now
from tests.factories.paper_market import PaperMarket
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit
D = Decimal


@pytest.fixture
def desk(exchange, real_db, settings):
    """A contract wallet in tenant A that no worker reads: only the process does."""
    exchange.control.clear_faults()
    with in_schema(alpha()):
        market = PaperMarket(exchange)
        market.store_history(10)
        customer = make_customer("ann@example.test")
        yield Desk(market, customer, market.connect(customer, {"USDT": D(100_000)}))
    market.close()
    close_venues()


async def inside(function: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """Run something in tenant A, in a thread."""

    def run() -> Any:
        with in_schema(alpha()):
            return function(*given, **more)

    return await asyncio.get_running_loop().run_in_executor(None, run)


async def until(condition: Callable[[], bool], seconds: float = 25.0) -> None:
    deadline = monotonic() + seconds
    while not await inside(condition):
        assert monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


def test_orders_wallet_and_foreign_trades_become_known_from_the_socket(desk):
    with in_schema(alpha()):
        asyncio.run(follow(desk))
        report = orders.reconcile_connection(connection_id=desk.connection_id)
        assert (report.error, report.differences, report.new_fills) == ("", [], 0)
        assert faults() == {}
        assert orders.take_stream(desk.connection_id, "next", LEASE) is not None, "the lease was not given back"


async def follow(desk: Desk) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(AccountsProcess(owner="test", rng=random.Random(1)).run(stop))
    try:
        read_at = (await inside(MarginAccount.objects.get)).read_at
        await until(lambda: AccountStream.objects.filter(snapshot_at__isnull=False).exists())
        await until(lambda: AccountStream.objects.get().event_at is not None)  # contracts are read once at the start
        assert (await inside(MarginAccount.objects.get)).read_at > read_at

        resting = await inside(rest, desk)
        assert resting.state == "open"
        await inside(fill, desk)
        await until(lambda: Order.objects.get(pk=resting.pk).state == "filled")
        assert (await inside(Order.objects.get, pk=resting.pk)).filled == D("0.1")
        await until(lambda: Position.objects.get().quantity == D("0.1"))
        await until(lambda: not Hold.objects.filter(state="open").exists())

        # What somebody does at the exchange itself: nobody of us asks, the socket tells, the reading books it.
        await inside(lambda: desk.venue().fapiPrivatePostOrder(
            {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.04"}
        ))  # fmt: skip
        await until(lambda: Position.objects.get().quantity == D("0.06"))
        wallet = await inside(lambda: D(desk.venue().fapiPrivateV2GetAccount()["totalWalletBalance"]))
        await until(lambda: MarginAccount.objects.get().wallet == desk.mirror() == wallet)
        assert await inside(lambda: sum(row.quantity for row in Fill.objects.all())) == D("0.1")  # ours, once
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


def rest(desk: Desk) -> Any:
    return desk.trade("buy", "0.1", str((price_now(desk.market) * D("0.9995")).quantize(D("0.01"))))


def fill(desk: Desk) -> None:
    """Let the market come to the order; nobody but the socket says so."""
    for _ in range(60):
        desk.market.sandbox.control.step(1)
        if not desk.venue().fapiPrivateGetOpenOrders():
            return
    raise AssertionError("the market never got there")


def test_contracts_that_are_opened_later_are_followed_without_a_new_start(exchange, real_db):
    """The process that follows the spot side looks for contracts again and again."""
    from apps.trading.orders.stream.contracts import contracts_to_follow
    from apps.trading.orders.stream.facts import active_accounts

    with in_schema(alpha()):
        market = PaperMarket(exchange)
        customer = make_customer("bob@example.test")
        connection_id = market.connect(customer, {"USDT": D(100_000)})
    (account,) = [each for each in active_accounts() if each.connection_id == connection_id]
    with in_schema(alpha()):
        assert contracts_to_follow(account) is None
        desk = Desk(market, customer, connection_id)
        assert contracts_to_follow(account) == desk.account.pk
    market.close()
    close_venues()
