"""Changing orders, many at once, taking all back, and the kill switch."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.clock import now, travel
from apps.core.errors import DomainError
from apps.core.relay import drain
from apps.core.timers import fire_due
from apps.trading.exchanges.operations import open_venue
from apps.trading.orders.choices import HeldBy
from apps.trading.orders.models import Order
from apps.trading.orders.operations import (
    NewTerms,
    amend_order,
    cancel_all,
    look_at_held,
    place_order,
    send_order,
    settle_order,
    stop_scope,
)
from apps.trading.orders.tasks import nudge_due
from apps.trading.positions.models import Position
from apps.trading.risk.operations import engage_own_switch
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.test_order_kinds import kind_of, near, placed, price_now
from tests.apps.trading.orders.wishes import D, wish
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


def amended(customer, on_commit, order, **terms: Decimal) -> Order:
    with on_commit():
        made = amend_order(actor=Actor.of(customer), order_id=order.pk, terms=NewTerms(**terms))
    for _ in range(2):
        with on_commit():
            nudge_due()
    made.refresh_from_db()
    order.refresh_from_db()
    return made


def test_a_smaller_quantity_keeps_the_place_at_the_exchange(market, customer, connection_id, on_commit):
    order = placed(customer, connection_id, wish("buy", "0.02", near(market, "-5")))
    made = amended(customer, on_commit, order, quantity=D("0.01"))
    assert (made.pk, made.quantity, made.state) == (order.pk, D("0.01"), "open")
    (shown,) = open_venue(connection_id).open_orders("BTCUSDT")
    assert (shown.client_id, shown.quantity) == (order.client_id, D("0.01"))
    assert faults() == {}


def test_another_price_is_another_order_that_is_sent_when_the_first_is_over(market, customer, connection_id, on_commit):
    order = placed(customer, connection_id, wish("buy", "0.02", near(market, "-5")))
    made = amended(customer, on_commit, order, price=D(near(market, "-4")), quantity=D("0.03"))
    assert made.pk != order.pk
    assert (made.replaces_id, made.state, made.quantity) == (order.pk, "open", D("0.03"))
    assert order.state == "cancelled"
    assert [row.client_id for row in open_venue(connection_id).open_orders("BTCUSDT")] == [made.client_id]
    assert faults() == {}


def test_never_two_of_them_live_while_the_answer_to_the_cancel_is_lost(market, customer, connection_id, on_commit):
    order = placed(customer, connection_id, wish("buy", "0.02", near(market, "-5")))
    market.sandbox.control.inject_fault("drop", method="DELETE", path="/api/v3/order")
    with on_commit():
        made = amend_order(actor=Actor.of(customer), order_id=order.pk, terms=NewTerms(price=D(near(market, "-4"))))
    made.refresh_from_db()
    assert made.state == "held"
    assert len(open_venue(connection_id).open_orders("BTCUSDT")) == 1
    for _ in range(4):
        Order.objects.filter(check_at__isnull=False).update(check_at=now())  # not travelled: the exchange has a clock
        with on_commit():
            nudge_due()
    made.refresh_from_db()
    assert made.state == "open", made.reject_message
    assert [row.client_id for row in open_venue(connection_id).open_orders("BTCUSDT")] == [made.client_id]


def test_a_replacement_of_an_order_that_filled_meanwhile_is_taken_back(market, customer, connection_id, on_commit):
    order = placed(customer, connection_id, wish("buy", "0.02", near(market, "-0.05")))
    amend_order(actor=Actor.of(customer), order_id=order.pk, terms=NewTerms(price=D(near(market, "-4"))))
    for _ in range(200):
        market.step(6)
        if not open_venue(connection_id).open_orders("BTCUSDT"):
            break
    for _ in range(3):
        with on_commit():
            nudge_due()
    order.refresh_from_db()
    made = Order.objects.get(replaces=order)
    assert (order.state, made.state) == ("filled", "cancelled")
    assert Position.objects.get().quantity == D("0.01998")
    assert faults() == {}


def test_a_held_order_gets_another_trigger_and_its_hold_follows(market, customer, connection_id, on_commit):
    say_price("BTCUSDT", price_now(market))
    order = placed(customer, connection_id, kind_of("stop", stop_price=near(market, "-2"), held_by="platform"))
    made = amended(customer, on_commit, order, stop_price=D(near(market, "-3")))
    assert (order.state, made.state, made.stop_price) == ("cancelled", "held", D(near(market, "-3")))
    assert made.check_at is None
    assert faults() == {}


def test_what_is_over_or_on_its_way_is_not_changed(market, customer, connection_id):
    done = placed(customer, connection_id, wish())
    stored = place_order(
        actor=Actor.of(customer), owner_id=customer.pk, connection_id=connection_id, order=wish(price="60000")
    )
    for order, code in ((done, "orders.already_over"), (stored, "orders.cannot_amend")):
        with pytest.raises(DomainError) as refused:
            amend_order(actor=Actor.of(customer), order_id=order.pk, terms=NewTerms(price=D("59000")))
        assert refused.value.code == code


def test_a_batch_answers_for_each_order_and_is_the_same_again(market, customer, connection_id, api):
    client, key = api(customer), uuid4().hex
    one = {"connection_id": str(connection_id), "symbol": "BTCUSDT", "side": "buy", "kind": "limit",
           "quantity": "0.01", "price": "60000"}  # fmt: skip
    body = {"orders": [one, {**one, "quantity": "0.0000001"}, {**one, "kind": "stop", "price": None}, one]}
    answers = [
        client.post(f"{V1}/orders/batch", body, format="json", headers={"Idempotency-Key": key}).json()
        for _ in range(2)
    ]
    found = answers[0]["results"]
    assert [row["status"] for row in found] == [201, 422, 422, 201]
    assert [row["problem"]["code"] for row in found if "problem" in row] == [
        "orders.quantity_off_grid",
        "orders.trigger_needed",
    ]
    assert [row.get("order") for row in answers[1]["results"]] == [row.get("order") for row in found]
    assert Order.objects.count() == 2
    too_many = client.post(
        f"{V1}/orders/batch", {"orders": [one] * 21}, format="json", headers={"Idempotency-Key": "x"}
    )
    assert too_many.status_code in (400, 422)


def test_all_orders_are_taken_back_at_once(market, customer, other_customer, connection_id, api, on_commit):
    for price in ("-5", "-6", "-7"):
        placed(customer, connection_id, wish("buy", "0.01", near(market, price)))
    headers = {"Idempotency-Key": "all"}
    with on_commit():
        foreign = api(other_customer).post(f"{V1}/orders/cancel-all", {}, format="json", headers=headers)
    assert foreign.json() == {"order_ids": []}
    assert Order.objects.filter(state="open").count() == 3
    with on_commit():
        answer = api(customer).post(f"{V1}/orders/cancel-all", {"symbol": "BTCUSDT"}, format="json", headers=headers)
    assert len(answer.json()["order_ids"]) == 3
    assert {row.state for row in Order.objects.all()} == {"cancelled"}
    assert open_venue(connection_id).open_orders("BTCUSDT") == []
    with on_commit():
        placed(customer, connection_id, wish("buy", "0.01", near(market, "-7")))
        again = api(customer).post(f"{V1}/orders/cancel-all", {"symbol": "BTCUSDT"}, format="json", headers=headers)
    assert (again.content, again["Idempotency-Replayed"]) == (answer.content, "true")
    assert Order.objects.filter(state="open").count() == 1


def test_what_is_wanted_back_with_all_others_never_leaves_though_nobody_tells_the_worker(
    market, customer, connection_id, api, on_commit
):
    say_price("BTCUSDT", price_now(market))
    actor = Actor.of(customer)
    place = {"actor": actor, "owner_id": customer.pk, "connection_id": connection_id}
    held = place_order(
        **place, order=kind_of("stop", "sell", "0.1", stop_price=D(near(market, "-5")), held_by=HeldBy.PLATFORM)
    )
    intents = [place_order(**place, order=wish("buy", "0.01")) for _ in range(2)]
    assert (held.state, intents[0].state) == ("held", "intent")
    assert sorted(cancel_all(actor=actor, owner_id=customer.pk)) == sorted([held.pk, *[row.pk for row in intents]])
    assert cancel_all(actor=actor, owner_id=customer.pk) == []
    say_price("BTCUSDT", D(near(market, "-9")))
    look_at_held()
    assert send_order(order_id=intents[0].pk).state == "cancelled"
    with on_commit():
        nudge_due()
    assert {row.state for row in Order.objects.all()} == {"cancelled"}
    assert open_venue(connection_id).fills("BTCUSDT") == []
    assert faults() == {}


def test_a_bracket_over_the_api(market, customer, connection_id, api, on_commit):
    say_price("BTCUSDT", price_now(market))
    body = {
        "connection_id": str(connection_id),
        "entry": {"symbol": "BTCUSDT", "side": "buy", "kind": "market", "quantity": "0.02"},
        "take_profit": {"price": near(market, "3")},
        "stop": {"trail_percent": "2"},
        "held_by": "platform",
    }
    client = api(customer)
    with on_commit():
        made = client.post(f"{V1}/orders/groups", body, format="json", headers={"Idempotency-Key": "g"})
    assert made.status_code == 201, made.content
    group = client.get(f"{V1}/orders/groups/{made.json()['id']}").json()
    assert {row["leg"]: row["state"] for row in group["orders"]} == {
        "entry": "filled",
        "take_profit": "held",
        "stop": "held",
    }
    assert group["covered"] == "0.01998"
    with on_commit():
        client.post(f"{V1}/orders/groups/{group['id']}/cancel", headers={"Idempotency-Key": "c"})
    after = client.get(f"{V1}/orders/groups/{group['id']}").json()
    assert (after["state"], {row["state"] for row in after["orders"]}) == ("done", {"filled", "cancelled"})


def test_an_engaged_switch_takes_everything_back_and_closes_what_is_open(market, customer, connection_id, on_commit):
    say_price("BTCUSDT", price_now(market))
    placed(customer, connection_id, wish("buy", "0.05"))
    resting = [placed(customer, connection_id, wish("buy", "0.01", near(market, f"-{n}"))) for n in range(5, 10)]
    waiting = place_order(
        actor=Actor.of(customer), owner_id=customer.pk, connection_id=connection_id, order=wish("buy", "0.01")
    )
    engaged_at = now()
    with on_commit():
        switch = engage_own_switch(actor=Actor.of(customer), scope="customer", subject_id=customer.pk, reason="enough")
    with on_commit():
        drain()
    assert open_venue(connection_id).open_orders("BTCUSDT") == []
    assert {Order.objects.get(pk=row.pk).state for row in (*resting, waiting)} == {"cancelled"}
    sent = Order.objects.exclude(origin_kind="guard").filter(sent_at__isnull=False)
    last_out = max(row.sent_at for row in sent if row.sent_at)
    assert last_out - engaged_at <= timedelta(seconds=2)
    stop_scope(switch_id=switch.pk, scope="customer", subject_id=customer.pk, flatten=True)
    for order in Order.objects.filter(state="intent"):
        send_order(order_id=order.pk)
    assert Position.objects.get().quantity < D("0.00001")
    closing = Order.objects.get(origin_kind="guard")
    assert (closing.state, closing.reduce_only) == ("filled", True)
    with pytest.raises(DomainError) as refused:
        placed(customer, connection_id, wish("buy", "0.01"))
    assert refused.value.code.startswith("risk.")
    with travel(timedelta(minutes=1)), on_commit():
        fire_due()
    assert Order.objects.filter(origin_kind="guard").count() == 1
    assert faults() == {}


def test_an_order_that_a_switch_reaches_before_it_is_sent_never_leaves(market, customer, connection_id):
    say_price("BTCUSDT", price_now(market))
    order = place_order(
        actor=Actor.of(customer), owner_id=customer.pk, connection_id=connection_id, order=wish("buy", "0.01")
    )
    engage_own_switch(actor=Actor.of(customer), scope="customer", subject_id=customer.pk, reason="enough")
    assert send_order(order_id=order.pk).state == "rejected"
    assert settle_order(order_id=order.pk).reject_code.startswith("risk.")
    assert open_venue(connection_id).fills("BTCUSDT") == []
    assert faults() == {}
