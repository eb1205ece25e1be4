"""Orders of customers at exchanges that do not speak Binance's protocol: from the intent to the booked execution."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from apps.core.clock import now, travel
from apps.trading.exchanges import queries
from apps.trading.exchanges.gateways.dialects import dialect_of
from apps.trading.exchanges.operations import (
    Balance,
    add_connection,
    close_venues,
    record_balances,
    seed_venues,
)
from apps.trading.orders.models import ReconcileIncident
from apps.trading.orders.operations import reconcile_connection, send_order, settle_order
from apps.trading.positions.models import Position
from tests.apps.trading.exchanges.test_venue_dialects import SECRET
from tests.apps.trading.orders.wishes import SYSTEM, D, place, wish
from tests.factories.venue_desk import Voice, open_desk
from tests.factories.venue_voices_more import VOICES

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["gate", "kraken"])
def voice(request, market, monkeypatch) -> Iterator[Voice]:
    seed_venues()
    made = VOICES[request.param]()
    with open_desk(made) as settings:
        monkeypatch.setitem(queries._venues, made.name, queries.VenueWay(lambda: settings))
        yield made
        close_venues()


@pytest.fixture
def account(customer, voice):
    """A connection of the customer at the exchange of the test, with 1,000 USDT."""
    row = add_connection(
        actor=SYSTEM, owner_id=customer.pk, venue=voice.name, label="Real", api_key="key-text-1", api_secret=SECRET
    )
    record_balances(
        actor=SYSTEM, connection_id=row.pk, balances=[Balance("USDT", D(900), D(100))], seen_at=now()
    )  # fmt: skip
    return row.pk


def test_an_order_rests_is_known_to_the_exchange_as_ours_and_fills(customer, account, voice):
    order = send_order(order_id=place(customer, account, wish(price="60000")).pk)
    (there,) = voice.orders
    assert (order.state, order.venue_order_id) == ("open", there.id)
    assert [row.client_id for row in queries.list_orders_at_venue(account)] == [order.client_id]
    voice.fill(there, "0.01")
    report = reconcile_connection(connection_id=account)
    order.refresh_from_db()
    assert (order.state, order.filled) == ("filled", D("0.01"))
    assert report.external == 0
    assert not ReconcileIncident.objects.filter(kind="lost_intent").exists()
    (fill,) = order.fills.all()
    assert (fill.price, fill.fee) == (D(20_000), D("0.0005"))
    assert Position.objects.filter(symbol="BTCUSDT").count() == 1
    assert list(queries.list_orders_at_venue(account)) == []


def test_a_lost_answer_is_settled_by_asking_and_never_sent_again(customer, account, voice):
    voice.fault = "drop"
    order = send_order(order_id=place(customer, account, wish(price="60000")).pk)
    voice.fault = ""
    assert len(voice.orders) == 1
    assert order.state == "open", "the question after the lost answer found it"
    voice.fill(voice.orders[0], "0.01")
    assert settle_order(order_id=order.pk, ask_anyway=True).state == "filled"
    assert len(voice.orders) == 1


def test_what_never_arrived_is_given_up_only_when_it_can_no_longer_arrive(customer, account, voice):
    voice.fault = "bad_gateway"
    order = send_order(order_id=place(customer, account, wish(price="60000")).pk)
    assert order.state == "unknown"
    with travel(timedelta(seconds=dialect_of(voice.name).accepts_for_s + 1)):
        order = settle_order(order_id=order.pk)
    assert (order.state, order.reject_code) == ("rejected", "never_accepted")
    assert voice.orders == []


def test_a_refusal_says_what_the_exchange_said(customer, account, voice):
    voice.is_poor = True
    order = send_order(order_id=place(customer, account, wish(price="60000")).pk)
    assert order.state == "rejected"
    assert order.reject_code not in ("", "local")
