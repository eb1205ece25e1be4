"""Changing the orders of a bracket: its entry and its exits, held or at the exchange; never two exits live."""

from typing import Any

import pytest

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.trading.exchanges.operations import open_venue
from apps.trading.orders.choices import Kind
from apps.trading.orders.models import Order
from apps.trading.orders.operations import Exit, NewOrder, NewTerms, amend_order
from apps.trading.orders.panels import lines
from apps.trading.positions.models import Position
from kernel.instruments import Side
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.test_order_groups import bracket, closed, legs, settled, started, states, step_until
from tests.apps.trading.orders.test_order_kinds import near
from tests.apps.trading.orders.wishes import D

pytestmark = pytest.mark.django_db


def changed(on_commit: Any, owner: Any, order: Order, **terms: Any) -> Order:
    with on_commit():
        made = amend_order(actor=Actor.of(owner), order_id=order.pk, terms=NewTerms(**terms))
    settled(on_commit)
    made.refresh_from_db()
    return made


def resting(market: Any, percent: str = "-2") -> NewOrder:
    price = D(near(market, percent))
    return NewOrder(symbol="BTCUSDT", side=Side.BUY, kind=Kind.LIMIT, quantity=D("0.05"), price=price)


def refused(owner: Any, order: Order, **terms: Any) -> str:
    before = Order.objects.count()
    with pytest.raises(DomainError) as refusal:
        amend_order(actor=Actor.of(owner), order_id=order.pk, terms=NewTerms(**terms))
    assert Order.objects.count() == before
    return refusal.value.code


def test_exits_that_wait_get_other_prices_in_place(market, customer, connection_id, on_commit):
    group = started(on_commit, customer, connection_id, bracket(market, entry=resting(market)))
    before = legs(group)
    assert {line["price"] for line in lines(customer.pk, "BTCUSDT") if line.get("url")} == {
        f"{order.stop_price or order.price:f}".rstrip("0").rstrip(".") for order in before.values()
    }
    profit, stop = D(near(market, "4")), D(near(market, "-5"))
    assert changed(on_commit, customer, before["take_profit"], stop_price=profit).pk == before["take_profit"].pk
    assert changed(on_commit, customer, before["stop"], stop_price=stop).pk == before["stop"].pk
    after = legs(group)
    assert (after["take_profit"].price, after["take_profit"].stop_price) == (profit, profit)
    assert (after["stop"].price, after["stop"].stop_price) == (None, stop)
    assert states(group) == {"entry": "open", "take_profit": "held", "stop": "held"}
    assert refused(customer, after["stop"], stop_price=D(near(market, "-1"))) == "orders.exits_do_not_fit"
    assert refused(customer, after["stop"], quantity=D("0.01")) == "orders.cannot_amend"
    assert legs(group)["stop"].stop_price == stop


def test_an_entry_at_another_price_brings_the_same_exits(market, customer, connection_id, on_commit):
    group = started(on_commit, customer, connection_id, bracket(market, entry=resting(market)))
    first = legs(group)["entry"]
    assert refused(customer, first, price=D(near(market, "-4"))) == "orders.exits_do_not_fit"
    assert refused(customer, first, quantity=D("0.04")) == "orders.cannot_amend"
    made = changed(on_commit, customer, first, price=D(near(market, "1")))
    first.refresh_from_db()
    assert (made.leg, made.group_id, made.replaces_id) == ("entry", group.pk, first.pk)
    step_until(market, on_commit, lambda: states(group)["entry"] == "filled")
    settled(on_commit)
    group.refresh_from_db()
    assert first.state == "cancelled"
    assert group.covered == D("0.04995")
    assert states(group) == {"entry": "filled", "take_profit": "open", "stop": "open"}
    assert sorted(row.quantity for row in open_venue(connection_id).open_orders("BTCUSDT")) == [group.covered] * 2
    assert faults() == {}


def test_exits_at_the_exchange_are_replaced_by_another_pair(market, customer, connection_id, on_commit):
    group = started(on_commit, customer, connection_id, bracket(market))
    before = legs(group)
    assert states(group) == {"entry": "filled", "take_profit": "open", "stop": "open"}
    price = D(near(market, "5"))
    made = changed(on_commit, customer, before["take_profit"], price=price)
    assert (made.replaces_id, made.state, made.price) == (before["take_profit"].pk, "open", price)
    rows = {row.client_id: row.quantity for row in open_venue(connection_id).open_orders("BTCUSDT")}
    now_living = {row.client_id: row.quantity for row in group.orders.filter(state="open")}
    assert rows == now_living
    assert len(rows) == 2
    for order in before.values():
        order.refresh_from_db()
    assert [before[leg].state for leg in ("take_profit", "stop")] == ["cancelled"] * 2
    group.refresh_from_db()
    assert group.state == "working"
    nearer = changed(on_commit, customer, made, price=D(near(market, "0.01")))
    step_until(market, on_commit, lambda: Order.objects.get(pk=nearer.pk).state == "filled")
    settled(on_commit)
    group.refresh_from_db()
    assert group.state == "done"
    assert closed(group) == group.covered
    assert Position.objects.get().quantity == 0
    assert faults() == {}


def test_a_trail_of_a_bracket_gets_another_distance(market, customer, connection_id, on_commit):
    wanted = bracket(market, stop=Exit(trail_percent=D(3)), held_by="platform")
    group = started(on_commit, customer, connection_id, wanted)
    made = changed(on_commit, customer, legs(group)["stop"], trail_percent=D(1))
    assert (made.state, made.trail_percent, made.stop_price) == ("held", D(1), None)
