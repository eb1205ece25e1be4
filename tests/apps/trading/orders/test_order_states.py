"""The state machine: every answer in every order, late, twice and stale."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from apps.core.actors import Actor
from apps.core.clock import freeze, now, travel
from apps.core.permissions import PermissionMissing
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.exchanges.operations import (
    Balance,
    Confirmed,
    Rejected,
    Unknown,
    VenueStatus,
    add_connection,
    record_balances,
    revoke_connection,
    seed_venues,
)
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.operations import seed_instruments
from apps.trading.orders.choices import LATEST_ACCEPTANCE, MANUAL_PATIENCE, Kind
from apps.trading.orders.client_ids import client_id_of_bot, client_id_of_order, is_ours
from apps.trading.orders.errors import (
    OrderAlreadyOver,
    OrderMissing,
    PriceNeeded,
    PriceOffGrid,
    QuantityOffGrid,
    ValueTooSmall,
    VenueNotActive,
)
from apps.trading.orders.models import Fill, Order, ReconcileIncident
from apps.trading.orders.operations import (
    NewOrder,
    cancel_order,
    claim_order,
    record_fills,
    record_outcome,
    settle_order,
)
from apps.trading.orders.queries import list_orders_to_check
from apps.trading.positions.models import Position
from kernel.instruments import Side
from tests.apps.trading.orders.wishes import SYSTEM, D, execution, place, sent, view, wish
from tests.factories.candles import make_bars, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(customer):
    seed_venues()
    seed_instruments()
    store(make_bars(3))
    return funded(customer, "Mine")


def funded(owner, label):
    """A connection that was seen to hold something."""
    made = add_connection(actor=SYSTEM, owner_id=owner.pk, venue="sandbox", label=label, api_key="k", api_secret="s")
    balances = [Balance("USDT", D(100_000), D(0)), Balance("BTC", D(1), D(0))]
    record_balances(actor=SYSTEM, connection_id=made.pk, balances=balances, seen_at=now())
    return made


def record(order: Order, outcome) -> Order:
    return record_outcome(actor=SYSTEM, order_id=order.pk, outcome=outcome, answered_at=now())


def test_an_intent_has_its_client_id_before_anything_is_sent(customer, connection):
    order = place(customer, connection.pk)
    assert order.state == "intent"
    assert order.client_id == client_id_of_order(order.pk)
    assert is_ours(order.client_id)
    assert len(order.client_id) <= 32
    assert order.sent_at is None


def test_client_ids_of_bots_are_deterministic_short_and_all_different():
    bots = [uuid4() for _ in range(50)]
    ids = {client_id_of_bot(bot, number) for bot in bots for number in (0, 1, 35, 36, 10**9)}
    assert len(ids) == 250
    assert all(len(text) == 32 and text.isalnum() and is_ours(text) for text in ids)
    assert client_id_of_bot(bots[0], 5) == client_id_of_bot(bots[0], 5)


@pytest.mark.parametrize(
    ("order", "refusal"),
    [
        (wish(quantity="0.000001"), QuantityOffGrid),
        (wish(quantity="0"), QuantityOffGrid),
        (wish(price="67000.001"), PriceOffGrid),
        (wish(quantity="0.00001", price="67000"), ValueTooSmall),
        (wish(symbol="NOPEUSDT"), UnknownSymbol),
        (NewOrder(symbol="BTCUSDT", side=Side.BUY, kind=Kind.LIMIT, quantity=D(1)), PriceNeeded),
    ],
)
def test_what_the_venue_would_refuse_is_refused_before_and_leaves_nothing(customer, connection, order, refusal):
    with pytest.raises(refusal):
        place(customer, connection.pk, order)
    assert not Order.objects.exists()


def test_only_the_owner_places_and_only_on_an_active_connection(customer, other_customer, connection):
    with pytest.raises(ConnectionMissing):
        place(other_customer, connection.pk)
    revoke_connection(actor=SYSTEM, connection_id=connection.pk)
    with pytest.raises(VenueNotActive):
        place(customer, connection.pk)
    assert not Order.objects.exists()


def test_a_key_without_the_scope_places_nothing(customer, connection):
    from apps.core.actors import ActorKind
    from apps.trading.orders.operations import place_order

    key = Actor(ActorKind.API_KEY, customer.pk, "key", frozenset({"strategies.write"}))
    with pytest.raises(PermissionMissing):
        place_order(actor=key, owner_id=customer.pk, connection_id=connection.pk, order=wish())
    assert not Order.objects.exists()


def test_an_intent_is_claimed_once(customer, connection):
    order = sent(customer, connection.pk)
    assert claim_order(actor=SYSTEM, order_id=order.pk) is None
    assert (order.state, order.attempts) == ("sent", 1)


def test_the_request_carries_the_time_of_the_claim(customer, connection):
    order = place(customer, connection.pk)
    moment = now()
    with freeze(moment):
        claimed = claim_order(actor=SYSTEM, order_id=order.pk)
    assert claimed is not None
    assert claimed.request.timestamp_ms == int(moment.timestamp() * 1000)
    assert claimed.request.client_id == order.client_id


def test_an_order_by_hand_that_could_not_be_sent_in_time_is_given_up(customer, connection):
    order = place(customer, connection.pk)
    with travel(MANUAL_PATIENCE):
        assert claim_order(actor=SYSTEM, order_id=order.pk) is None
    order.refresh_from_db()
    assert (order.state, order.reject_code, order.sent_at) == ("rejected", "not_sent", None)


def test_an_answer_books_its_fills_once_however_often_it_comes(customer, connection):
    order = sent(customer, connection.pk)
    fills = (execution(order, "1", "0.004"), execution(order, "2", "0.006", "67010", fee="0.4"))
    for _ in range(3):
        found = record(order, Confirmed(view(order, VenueStatus.FILLED, "0.01"), fills))
    record_fills(actor=SYSTEM, order_id=order.pk, fills=fills)
    assert (found.state, found.filled, found.fees) == ("filled", D("0.01"), {"USDT": "0.4"})
    assert found.average_price == D("67006")
    assert Fill.objects.count() == 2
    assert Position.objects.get().quantity == D("0.01")


def test_silence_is_unknown_and_nothing_is_sent_again(customer, connection):
    order = record(sent(customer, connection.pk), Unknown("timed out"))
    assert (order.state, order.needs_settling) == ("unknown", True)
    assert order.answered_at is None
    assert claim_order(actor=SYSTEM, order_id=order.pk) is None


def test_all_roads_lead_to_the_same_end(customer, connection):
    """Part of the answer by the socket, part by asking, part by the reply: the sequence does not matter."""
    ends = set()
    for number, sequence in enumerate(permutations(range(4))):
        order, venue_id = sent(customer, connection.pk), f"v{number}"
        first = execution(order, f"{venue_id}a", "0.004", venue_id=venue_id)
        second = execution(order, f"{venue_id}b", "0.006", venue_id=venue_id)
        answers = (
            Unknown("timed out"),
            Confirmed(view(order, VenueStatus.PARTLY_FILLED, "0.004", venue_id), (first,)),
            Confirmed(view(order, VenueStatus.FILLED, "0.01", venue_id), (second,)),
        )
        for step in sequence:
            if step == 3:
                record_fills(actor=SYSTEM, order_id=order.pk, fills=[first])
            else:
                record(order, answers[step])
        order.refresh_from_db()
        ends.add((order.state, order.filled, order.needs_settling))
    assert ends == {("filled", D("0.01"), False)}


def test_filled_means_that_every_fill_is_booked(customer, connection):
    order = sent(customer, connection.pk)
    order = record(order, Confirmed(view(order, VenueStatus.FILLED, "0.01"), ()))
    assert (order.state, order.needs_settling) == ("open", True)
    order = record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "1", "0.01")])
    assert (order.state, order.needs_settling) == ("filled", False)
    other = sent(customer, connection.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        Order.objects.filter(pk=other.pk).update(state="filled")


def test_a_late_fill_after_a_cancel_is_booked(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    record(order, Confirmed(view(order, VenueStatus.OPEN)))
    order = record(order, Confirmed(view(order, VenueStatus.CANCELLED)))
    assert order.state == "cancelled"
    order = record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "1", "0.004", "60000")])
    assert (order.state, order.filled) == ("cancelled", D("0.004"))
    order = record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "2", "0.006", "60000")])
    assert (order.state, order.filled) == ("filled", D("0.01"))
    assert Position.objects.get().quantity == D("0.01")


def test_a_cancelled_order_is_asked_about_until_its_fills_came_and_no_longer(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    record(order, Confirmed(view(order, VenueStatus.OPEN)))
    order = record(order, Confirmed(view(order, VenueStatus.CANCELLED, "0.004"), ()))
    assert (order.state, order.needs_settling) == ("cancelled", True)
    assert order.check_at is not None
    assert [row.pk for row in list_orders_to_check()] == [order.pk]
    order = record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "1", "0.004", "60000")])
    assert (order.state, order.needs_settling, order.check_at) == ("cancelled", False, None)
    assert list_orders_to_check() == []


def test_one_that_is_over_and_whole_and_was_left_on_the_list_is_taken_off_it(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    record(order, Confirmed(view(order, VenueStatus.CANCELLED)))
    Order.objects.filter(pk=order.pk).update(check_at=now())
    assert settle_order(order_id=order.pk).check_at is None
    assert list_orders_to_check() == []


def test_a_stale_word_opens_nothing_again(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    record(order, Confirmed(view(order, VenueStatus.CANCELLED)))
    assert record(order, Confirmed(view(order, VenueStatus.OPEN))).state == "cancelled"
    assert record(order, Rejected("-2010", "no")).state == "cancelled"


def test_a_refusal_keeps_the_venues_words_and_ends_only_what_is_in_flight(customer, connection):
    order = record(sent(customer, connection.pk), Rejected("-2010", "Account has insufficient balance."))
    assert (order.state, order.reject_code, order.reject_message) == (
        "rejected", "-2010", "Account has insufficient balance.",
    )  # fmt: skip
    resting = sent(customer, connection.pk, wish(price="60000"))
    record(resting, Confirmed(view(resting, VenueStatus.OPEN)))
    assert record(resting, Rejected("-2011", "Unknown order sent.")).state == "open"


def test_what_counted_as_dead_and_shows_up_is_booked_and_told(customer, connection):
    order = record(sent(customer, connection.pk), Rejected("never_accepted", "dead"))
    order = record(order, Confirmed(view(order, VenueStatus.FILLED, "0.01"), (execution(order, "1", "0.01"),)))
    assert (order.state, order.filled) == ("filled", D("0.01"))
    incident = ReconcileIncident.objects.get()
    assert (incident.kind, incident.subject) == ("revived_order", order.client_id)


def test_the_database_refuses_moves_that_the_table_does_not_have(customer, connection):
    order = sent(customer, connection.pk)
    record(order, Rejected("-2010", "no"))
    for state in ("intent", "sent", "unknown", "cancelling"):
        with pytest.raises(DatabaseError), transaction.atomic():
            Order.objects.filter(pk=order.pk).update(state=state)
    with pytest.raises(DatabaseError), transaction.atomic():
        Order.objects.filter(pk=order.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Fill.objects.create(
            order=order, connection=connection, venue="sandbox", symbol="BTCUSDT", trade_id="1", side="buy",
            quantity=Decimal(0), price=1, fee=0, is_maker=False, at=now(),
        )  # fmt: skip


def test_two_accounts_of_ours_may_share_a_trade_and_one_account_may_not_book_it_twice(
    customer, other_customer, connection
):
    theirs = funded(other_customer, "Theirs")
    ours, other = sent(customer, connection.pk), sent(other_customer, theirs.pk, wish("sell"))
    for order in (ours, other):
        record(order, Confirmed(view(order, VenueStatus.FILLED, "0.01"), (execution(order, "9", "0.01"),)))
    assert Fill.objects.filter(trade_id="9").count() == 2
    twin = sent(customer, connection.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        record(twin, Confirmed(view(twin, VenueStatus.FILLED, "0.01", "78"), (execution(twin, "9", "0.01"),)))


def test_cancelling_an_intent_ends_it_and_somebody_elses_order_is_not_there(customer, other_customer, connection):
    order = place(customer, connection.pk)
    with pytest.raises(OrderMissing):
        cancel_order(actor=Actor.of(other_customer), order_id=order.pk)
    assert cancel_order(actor=Actor.of(customer), order_id=order.pk).state == "cancelled"
    with pytest.raises(OrderAlreadyOver):
        cancel_order(actor=Actor.of(customer), order_id=order.pk)
    assert claim_order(actor=SYSTEM, order_id=order.pk) is None


def test_the_wait_is_longer_than_the_receive_window():
    assert timedelta(seconds=5) < LATEST_ACCEPTANCE < timedelta(seconds=60)
