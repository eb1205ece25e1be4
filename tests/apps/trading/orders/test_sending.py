"""Sending, settling and cancelling at a real exchange that loses answers: one order, whatever happens."""

from datetime import timedelta
from decimal import Decimal

import ccxt
import pytest

from apps.core.actors import Actor
from apps.core.clock import now, travel
from apps.trading.exchanges.operations import close_venues, open_credentials, open_venue
from apps.trading.orders.choices import LATEST_ACCEPTANCE
from apps.trading.orders.models import Order
from apps.trading.orders.operations import (
    cancel_order,
    claim_order,
    record_outcome,
    send_order,
    settle_order,
    transmit,
    transmit_cancel,
)
from apps.trading.orders.tasks import nudge_due
from apps.trading.positions.models import Position
from tests.apps.trading.orders.wishes import SYSTEM, D, place, wish
from tests.factories.paper_market import PaperMarket

pytestmark = pytest.mark.django_db
PATH = "/api/v3/order"


def at_venue(connection_id):
    """Every order of the account, by another client than ours."""
    venue = ccxt.binance(open_credentials(connection_id).settings)
    return venue.privateGetAllOrders({"symbol": "BTCUSDT"})


def fault(market: PaperMarket, kind: str, method: str = "POST", **more) -> None:
    market.sandbox.control.inject_fault(kind, method=method, path=PATH, **more)


def test_an_order_is_sent_filled_and_booked_with_its_fee(market, customer, connection_id):
    order = send_order(order_id=place(customer, connection_id).pk)
    assert (order.state, order.filled, order.needs_settling) == ("filled", D("0.01"), False)
    assert order.sent_at is not None
    assert order.answered_at is not None
    assert order.answered_at >= order.sent_at
    position = Position.objects.get()
    assert position.quantity == D("0.01") * D("0.999")
    assert position.cash_flow - position.fees == -order.average_price * D("0.01")
    assert send_order(order_id=order.pk).state == "filled"
    assert len(at_venue(connection_id)) == 1


@pytest.mark.parametrize("kind", ["accept_then_timeout", "drop", "error_5xx", "http_429"])
def test_whatever_happens_to_the_request_there_is_at_most_one_order_and_we_know_it(
    market, customer, connection_id, kind
):
    fault(market, kind, delay_ms=50)
    order = send_order(order_id=place(customer, connection_id).pk)
    arrived = at_venue(connection_id)
    assert len(arrived) == (1 if kind == "accept_then_timeout" else 0)
    if kind == "http_429":
        assert (order.state, order.reject_code) == ("rejected", "-1003")
        return
    assert order.state == ("filled" if arrived else "unknown")
    with travel(LATEST_ACCEPTANCE):
        order = settle_order(order_id=order.pk)
    assert (order.state, order.reject_code) == (("filled", "") if arrived else ("rejected", "never_accepted"))
    assert len(at_venue(connection_id)) == len(arrived)
    assert Position.objects.filter(quantity__gt=0).count() == len(arrived)


def test_not_found_says_nothing_before_the_venue_can_no_longer_accept(market, customer, connection_id):
    fault(market, "drop")
    order = send_order(order_id=place(customer, connection_id).pk)
    for seconds in (0, 1, 3, 5, 7):
        with travel(timedelta(seconds=seconds)):
            assert settle_order(order_id=order.pk).state == "unknown"
    assert order.check_at is not None
    with travel(LATEST_ACCEPTANCE):
        assert settle_order(order_id=order.pk).state == "rejected"


def test_a_sender_that_slept_after_its_claim_is_refused_by_the_venue(market, customer, connection_id):
    order = place(customer, connection_id)
    with travel(-LATEST_ACCEPTANCE):
        claimed = claim_order(actor=SYSTEM, order_id=order.pk)
    assert claimed is not None
    assert settle_order(order_id=order.pk).reject_code == "never_accepted"
    order = transmit(claimed=claimed, port=open_venue(connection_id))
    assert (order.state, order.reject_code) == ("rejected", "never_accepted")
    assert at_venue(connection_id) == []


def test_an_answer_slower_than_our_patience_is_settled_by_asking(market, customer, connection_id):
    order = place(customer, connection_id)
    claimed = claim_order(actor=SYSTEM, order_id=order.pk)
    port = open_venue(connection_id)
    assert settle_order(order_id=order.pk, port=port).state == "sent"  # not there yet, and that proves nothing
    assert claimed is not None
    outcome = port.submit(claimed.request)
    assert settle_order(order_id=order.pk, port=port).state == "filled"
    assert record_outcome(actor=SYSTEM, order_id=order.pk, outcome=outcome, answered_at=now()).filled == D("0.01")
    assert Position.objects.get().version == 1


def test_an_exchange_that_is_away_keeps_the_intent_and_the_sweep_sends_it(
    market, customer, connection_id, settings, on_commit
):
    close_venues()
    url, settings.SANDBOX_URL = settings.SANDBOX_URL, "http://127.0.0.1:9"
    order = send_order(order_id=place(customer, connection_id).pk)
    assert (order.state, order.attempts) == ("intent", 1)
    close_venues()
    settings.SANDBOX_URL = url
    with on_commit():
        nudge_due()
    order.refresh_from_db()
    assert (order.state, order.attempts) == ("filled", 2)
    assert len(at_venue(connection_id)) == 1


def test_the_venues_refusal_is_kept_in_its_own_words(market, customer, connection_id):
    order = place(customer, connection_id, wish(quantity="1"))
    venue = ccxt.binance(open_credentials(connection_id).settings)
    venue.create_order("BTC/USDT", "market", "buy", 1)  # somebody else spends it first
    order = send_order(order_id=order.pk)
    assert (order.state, order.reject_code) == ("rejected", "-2010")
    assert order.reject_message == "Account has insufficient balance for requested action."
    assert not Position.objects.exists()


def resting(customer, connection_id, price: str = "30000") -> Order:
    order = send_order(order_id=place(customer, connection_id, wish(price=price)).pk)
    assert order.state == "open"
    return order


def test_cancelling_takes_the_order_out_of_the_book(market, customer, connection_id, on_commit):
    order = resting(customer, connection_id)
    with on_commit():
        assert cancel_order(actor=Actor.of(customer), order_id=order.pk).state == "cancelling"
    order.refresh_from_db()
    assert (order.state, order.needs_settling) == ("cancelled", False)
    assert [row["status"] for row in at_venue(connection_id)] == ["CANCELED"]


@pytest.mark.parametrize("kind", ["accept_then_timeout", "drop", "error_5xx"])
def test_a_cancel_whose_answer_is_lost_is_settled_and_repeated(market, customer, connection_id, kind, on_commit):
    order = resting(customer, connection_id)
    fault(market, kind, method="DELETE", delay_ms=50)
    with on_commit():
        cancel_order(actor=Actor.of(customer), order_id=order.pk)
    order.refresh_from_db()
    assert order.state == ("cancelled" if kind == "accept_then_timeout" else "cancelling")
    with travel(timedelta(seconds=10)), on_commit():
        nudge_due()
    order.refresh_from_db()
    assert order.state == "cancelled"


def test_an_order_that_filled_before_the_cancel_is_filled(market, customer, connection_id):
    price = f"{market.sandbox.control.status()['prices']['BTCUSDT']}"
    order = send_order(order_id=place(customer, connection_id, wish(price=price)).pk)
    if order.state == "open":
        market.step()
    Order.objects.filter(pk=order.pk, state="open").update(cancel_requested_at=now())
    order = transmit_cancel(order_id=order.pk)
    assert order.state in ("filled", "cancelled")
    (row,) = at_venue(connection_id)
    assert Decimal(row["executedQty"]) == order.filled
    assert (row["status"] == "FILLED") == (order.state == "filled")
