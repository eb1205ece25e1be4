"""A contract through a falling market, every figure exact: margin call, staged reduction, funding, close."""

from decimal import Decimal

import pytest
from django.urls import reverse

from apps.core import relay
from apps.core.models import OutboxEvent
from apps.platform.notifications.models import InboxItem
from apps.trading.orders import operations as orders
from apps.trading.orders.models import Order
from apps.trading.positions.models import ContractPosition, ContractRequest, FundingPayment, MarginAccount, Position
from apps.trading.positions.operations import request_move
from apps.trading.positions.topics import CALLED
from kernel.instruments import Bars
from kernel.margin.brackets import build_brackets, maintenance_of
from tests.apps.trading.orders.contract_desk import Desk
from tests.apps.trading.orders.funded import faults

pytestmark = pytest.mark.django_db
D = Decimal
START, BARS = 1_709_652_000_000, 55
"""On 5 March 2024 from 15:20 UTC on bitcoin fell by 9.8 % in 55 candles, over the settlement of 16:00."""
SLOT = 1_709_654_400_000
TIERS = build_brackets(
    [("300000", 125, "0.004"), ("800000", 100, "0.005"), ("3000000", 75, "0.0065"), ("12000000", 50, "0.01"),
     ("70000000", 25, "0.02")]
)  # fmt: skip
QUANTITY = D(300)


def opening_price(bars: Bars, at_ms: int) -> Decimal:
    """The recorded price at a moment."""
    return D(int(bars.open[int((at_ms - int(bars.ts[0])) // 300_000)])).scaleb(-2)


@pytest.fixture
def desk(exchange, request, customer):
    exchange.control.jump(START - 300_000)
    exchange.control.step(1)
    market = request.getfixturevalue("market")
    connection_id = market.connect(customer, {"USDT": D(10_000_000)})
    return Desk(market, customer, connection_id, funds="3000000")


def test_open_fall_margin_call_reduction_funding_and_close(desk, web):
    bought = desk.trade("buy", str(QUANTITY))
    entry = bought.average_price
    assert (bought.state, bought.filled) == ("filled", QUANTITY)
    price = opening_price(desk.market.recorded, START + BARS * 300_000)
    spare = _leave_little(desk, entry, price)
    funding = _fall(desk, entry, price)
    reducing = _reduce(desk)
    closing = _close(desk, web, QUANTITY - reducing.filled)

    account = desk.advance()
    position = Position.objects.get()
    results = sum((each.filled * (each.average_price - entry) for each in (reducing, closing)), D(0))
    fees = sum((D(each.fees["USDT"]) for each in (bought, reducing, closing)), D(0))
    assert (position.quantity, position.version) == (0, 3)
    assert (position.realised_average, position.realised_fifo, position.fees) == (results, results, fees)
    assert account.wallet == 3_000_000 - spare + results - fees + funding == desk.mirror()
    assert (account.ratio, account.state, account.error) == (0, "safe", "")
    assert not ContractPosition.objects.exists()
    assert faults() == {}
    report = orders.reconcile_connection(connection_id=desk.connection_id)
    assert (report.error, report.differences, report.new_fills, report.contracts_compared) == ("", [], 0, True)


def _leave_little(desk, entry, price):
    """Leave in the wallet what makes the margin ratio 85 % at a price; return what was moved out."""
    wanted = maintenance_of(TIERS, QUANTITY * price) / D("0.85") - QUANTITY * (price - entry)
    spare = (desk.advance().wallet - wanted).quantize(D("0.01"))
    request_move(**desk.who, account_id=desk.account.pk, amount=-spare)
    assert (desk.advance().state, ContractPosition.objects.get().leverage) == ("safe", 10)
    return spare


def _fall(desk, entry, price):
    """Let the market fall: funding is booked, margin is called; return the funding."""
    before = MarginAccount.objects.get()
    desk.market.step(BARS)
    account = desk.advance()
    (settled,) = FundingPayment.objects.all()
    (shown,) = desk.venue().fapiPublicGetFundingRate({"symbol": "BTCUSDT", "limit": 1})
    at_slot = opening_price(desk.market.recorded, SLOT)
    assert settled.amount == (-QUANTITY * at_slot * D(shown["fundingRate"])).quantize(D("1E-8"))
    assert Position.objects.get().funding == settled.amount
    assert account.wallet == before.wallet + settled.amount == desk.mirror()
    assert account.maintenance == maintenance_of(TIERS, QUANTITY * price)
    assert account.balance == account.wallet + QUANTITY * (price - entry)
    assert account.ratio == (account.maintenance * 100 / account.balance).quantize(D("0.0001"))
    assert (account.state, OutboxEvent.objects.filter(name="positions.margin_called").count()) == ("called", 1)
    return settled.amount


def _reduce(desk):
    """Let the product do what it wants: one order, sent once, before the exchange liquidates."""
    (request,) = ContractRequest.objects.filter(kind="reduce")
    assert request.state == "wanted"
    relay.drain()
    assert InboxItem.objects.filter(topic=CALLED.name).count() == 1
    (reducing,) = Order.objects.filter(origin_id=request.pk)
    assert (reducing.reduce_only, reducing.side, reducing.quantity) == (True, "sell", request.quantity)
    orders.send_order(order_id=reducing.pk)
    reducing = orders.send_order(order_id=reducing.pk)
    relay.drain()
    request.refresh_from_db()
    assert (request.state, request.filled, request.client_id) == ("done", request.quantity, reducing.client_id)
    assert desk.advance().ratio < 75
    assert desk.venue().fapiPrivateGetForceOrders({"symbol": "BTCUSDT"}) == []
    assert Order.objects.count() == 2
    return reducing


def _close(desk, web, quantity):
    """Press the button twice: one order closes what is left."""
    shown = ContractPosition.objects.get()
    assert shown.quantity == quantity
    page = reverse("contracts-close", args=[shown.pk])
    answers = [web(desk.customer).post(page, {"idempotency_key": "close-1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    closing = orders.send_order(order_id=Order.objects.get(origin_kind="manual", side="sell").pk)
    assert (closing.state, closing.filled) == ("filled", quantity)
    return closing
