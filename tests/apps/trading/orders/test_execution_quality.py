"""Execution quality: figures as by hand, by exchange, market, origin and algorithm; bounds that tell once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.core.clock import now
from apps.core.relay import drain
from apps.platform.notifications.models import InboxItem
from apps.trading.orders.models import Order
from apps.trading.orders.operations import send_order
from apps.trading.orders.quality.queries import By, report_quality
from tests.apps.trading.orders.test_algos import started, work_off
from tests.apps.trading.orders.test_algos import wish as algo_wish
from tests.apps.trading.orders.wishes import D, place, wish

pytestmark = pytest.mark.django_db


def executed(customer, connection_id, side: str, worse_bp: str, **ms: int) -> Order:
    """A filled order at market whose price at decision was so much better, with legs of so many ms."""
    order = send_order(order_id=place(customer, connection_id, wish(side, "0.02")).pk)
    factor = 1 + D(worse_bp) / 10_000 * (1 if side == "buy" else -1)
    sent = order.created_at + timedelta(milliseconds=ms.get("send", 10))
    Order.objects.filter(pk=order.pk).update(
        average_price=D(60_000) * factor,
        wanted_price=D(60_000),
        decided_at=order.created_at - timedelta(milliseconds=ms.get("decision", 5)),
        sent_at=sent,
        answered_at=sent + timedelta(milliseconds=ms.get("answer", 100)),
        first_fill_at=sent + timedelta(milliseconds=90),
    )
    order.refresh_from_db()
    return order


def test_the_report_equals_figures_by_hand(market, customer, other_customer, connection_id):
    executed(customer, connection_id, "buy", "10", answer=100)
    executed(customer, connection_id, "sell", "4", answer=300)
    send_order(order_id=place(customer, connection_id, wish("buy", "0.01", "30000")).pk)  # rests, and names its price
    (row,) = report_quality(customer.pk, by=By.VENUE)
    assert (row.key, row.orders, row.measured) == ("sandbox", 3, 2)
    assert (row.slippage_bps, row.worst_bps) == (7, 10)
    assert row.shortfall == D("0.02") * 60_000 * D("0.0014")
    assert row.worth == D("0.02") * (D(60_060) + D(59_976))
    assert (row.answer.p99, row.fill.p50) == (report_quality(customer.pk, by=By.SYMBOL)[0].answer.p99, 90)
    assert row.answer.p99 is not None
    assert D(290) < row.answer.p99 <= 300
    assert [found.key for found in report_quality(customer.pk, by=By.ORIGIN)] == ["manual"]
    assert [found.key for found in report_quality(customer.pk, by=By.ALGO)] == ["none"]
    assert report_quality(other_customer.pk, by=By.VENUE) == []
    assert report_quality(customer.pk, by=By.VENUE, end=now() - timedelta(hours=1)) == []


def test_algorithms_have_a_line_of_their_own(market, customer, connection_id):
    work_off(market, started(market, customer, connection_id, algo_wish("twap", slices=3)), 12)
    (row,) = report_quality(customer.pk, by=By.ALGO)
    assert (row.key, row.orders, row.measured) == ("twap", 3, 3)
    assert row.slippage_bps == 0  # the book stands still in lock-step: the touch is the price


def test_page_and_api_show_it_and_bounds_tell_the_owner_once(market, customer, connection_id, web, api, on_commit):
    client, reader = web(customer), api(customer)
    assert "Nothing was sent yet" in client.get("/orders/quality/").content.decode()
    saved = reader.put(
        "/api/v1/orders/quality/bounds", {"worst_slippage_bps": 5, "slowest_answer_ms": None}, format="json",
        HTTP_IDEMPOTENCY_KEY=uuid4().hex,
    )  # fmt: skip
    assert (saved.status_code, saved.json()) == (200, {"worst_slippage_bps": 5, "slowest_answer_ms": None})
    poor = executed(customer, connection_id, "buy", "8")
    executed(customer, connection_id, "buy", "2")
    for _ in range(2):
        drain()
    told = InboxItem.objects.filter(topic="orders.poor_execution")
    assert [str(poor.pk) in str(row.params) for row in told] == [True]
    text = client.get("/orders/quality/?by=symbol").content.decode()
    assert "BTCUSDT" in text
    assert [row["key"] for row in reader.get("/api/v1/orders/quality").json()] == ["sandbox"]
    assert reader.get("/api/v1/orders/quality?by=eaten").status_code == 422
    assert client.post("/orders/quality/", {"worst_slippage_bps": "x"}).status_code == 422
    assert client.post("/orders/quality/", {"slowest_answer_ms": "900"}).status_code == 302
    assert reader.get("/api/v1/orders/quality/bounds").json() == {
        "worst_slippage_bps": None, "slowest_answer_ms": 900,
    }  # fmt: skip
