"""Limits of real money, the fresh second factor above a worth, and no trade with oneself."""

from typing import Any
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.trading.exchanges.models import Connection
from apps.trading.orders.models import Order
from apps.trading.orders.operations import claim_order, limits_of, loosens, place_order, set_limits
from tests.apps.trading.orders.funded import connected
from tests.apps.trading.orders.wishes import SYSTEM, D, place, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(customer):
    """A live account with 100,000 USDT and 1 BTC, without an exchange behind it."""
    made = connected(customer, USDT="100000", BTC="1")
    Connection.objects.filter(pk=made.pk).update(mode="live")
    made.refresh_from_db()
    return made


def refusal(call: Any) -> str:
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value.code


def confirmed(owner: Any, connection_id: Any, order: Any) -> Order:
    return place_order(
        actor=Actor.of(owner), owner_id=owner.pk, connection_id=connection_id, order=order, confirmed=True
    )


def test_a_large_live_order_needs_a_fresh_code_and_a_small_or_paper_one_does_not(customer, live):
    assert refusal(lambda: place(customer, live.pk, wish(quantity="0.1", price="50000"))) == (
        "orders.confirmation_needed"
    )
    assert place(customer, live.pk, wish(quantity="0.01", price="50000")).state == "intent"
    assert confirmed(customer, live.pk, wish(quantity="0.1", price="50000")).state == "intent"
    Connection.objects.filter(pk=live.pk).update(mode="paper")
    assert place(customer, live.pk, wish(quantity="0.1", price="50000")).state == "intent"


def test_the_api_asks_for_the_code_of_exactly_this_order(customer, live, api):
    body = {"connection_id": str(live.pk), "symbol": "BTCUSDT", "side": "buy", "kind": "limit", "quantity": "0.1",
            "price": "50000"}  # fmt: skip
    answer = api(customer).post("/api/v1/orders", body, format="json", headers={"Idempotency-Key": uuid4().hex})
    assert answer.status_code in (401, 403)
    assert answer.json()["code"].startswith("security.")
    assert not Order.objects.exists()


def test_the_ticket_checks_without_a_code_and_places_only_with_one(customer, live, web):
    form = {"connection": str(live.pk), "symbol": "BTCUSDT", "side": "buy", "kind": "limit", "quantity": "0.1",
            "price": "50000", "time_in_force": "GTC"}  # fmt: skip
    client = web(customer)
    page = client.post("/orders/ticket/", {**form, "action": "check"}).context["page"]
    assert (page.sentence, page.mode) == ("Buy 0.1 BTC, limit", "live")
    for exits in ({}, {"take_profit": "90000", "stop_loss": "40000"}):
        answer = client.post("/orders/ticket/", {**form, **exits, "action": "place", "idempotency_key": "k"})
        assert answer.status_code == 302
        assert not answer["Location"].startswith(("/orders/", "/markets/"))
    assert not Order.objects.exists()


def test_one_order_and_one_day_have_their_limits_and_people_lower_them(customer, live):
    actor = Actor.of(customer)
    set_limits(actor=actor, owner_id=customer.pk, limits={"most_per_order": D(4000), "most_per_day": D(9000)})
    assert (limits_of(customer.pk).most_per_order, limits_of(customer.pk).most_per_day) == (4000, 9000)
    assert refusal(lambda: confirmed(customer, live.pk, wish(quantity="0.1", price="50000"))) == "orders.too_large"
    for _ in range(2):
        confirmed(customer, live.pk, wish(quantity="0.08", price="50000"))
    assert refusal(lambda: confirmed(customer, live.pk, wish(quantity="0.08", price="50000"))) == "orders.day_limit"
    assert confirmed(customer, live.pk, wish(quantity="0.02", price="50000")).state == "intent"
    assert loosens(customer.pk, {"most_per_day": None})
    assert not loosens(customer.pk, {"most_per_day": D(100)})
    set_limits(actor=actor, owner_id=customer.pk, limits={"most_per_order": D(10) ** 12}, confirmed=True)
    assert limits_of(customer.pk).most_per_order == 1_000_000  # nobody raises the platform's


def test_somebody_elses_limits_are_not_set(customer, other_customer, live):
    assert refusal(
        lambda: set_limits(actor=Actor.of(other_customer), owner_id=customer.pk, limits={"most_per_day": D(1)})
    )


CROSSES = [
    ("sell", "50000", "buy", "50000", True),
    ("sell", "50000", "buy", "50001", True),
    ("sell", "50000", "buy", "49999", False),
    ("buy", "50000", "sell", "50000", True),
    ("buy", "50000", "sell", "50001", False),
    ("buy", "50000", "buy", "50000", False),
]


@pytest.mark.parametrize(("side", "price", "other", "at", "meets"), CROSSES)
def test_an_order_never_meets_another_one_of_the_same_customer(customer, live, side, price, other, at, meets):
    Connection.objects.filter(pk=live.pk).update(mode="paper")
    resting = place(customer, live.pk, wish(side, "0.01", price))
    claim_order(actor=SYSTEM, order_id=resting.pk)
    wanted = wish(other, "0.02", at)
    if not meets:
        assert place(customer, live.pk, wanted).quantity == D("0.02")
        return
    assert refusal(lambda: place(customer, live.pk, wanted)) == "orders.would_meet_own_order"
    set_limits(actor=Actor.of(customer), owner_id=customer.pk, limits={"self_match": "reduce"})
    assert place(customer, live.pk, wanted).quantity == D("0.01")
    assert refusal(lambda: place(customer, live.pk, wish(other, "0.005", at))) == "orders.would_meet_own_order"
    set_limits(actor=Actor.of(customer), owner_id=customer.pk, limits={"self_match": "allow"}, confirmed=True)
    assert place(customer, live.pk, wanted).quantity == D("0.02")
