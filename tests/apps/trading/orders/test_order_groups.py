"""Brackets and pairs: one exit cancels the other, and no more is closed than there is, wherever the exits stand."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.trading.exchanges.operations import open_venue
from apps.trading.orders.choices import Kind
from apps.trading.orders.models import Fill, Order, OrderGroup
from apps.trading.orders.operations import (
    Exit,
    NewGroup,
    NewOrder,
    NewTerms,
    advance_group,
    amend_order,
    cancel_order,
    look_at,
    place_group,
    settle_order,
)
from apps.trading.orders.operations.groups import PAUSE
from apps.trading.orders.tasks import nudge_due
from apps.trading.positions.models import Position
from kernel.instruments import Side
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.test_order_kinds import near, price_now, seen
from tests.apps.trading.orders.wishes import SYSTEM, D
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db


def bracket(market: Any, **more: Any) -> NewGroup:
    entry = NewOrder(symbol="BTCUSDT", side=Side.BUY, kind=Kind.MARKET, quantity=D(more.pop("quantity", "0.05")))
    given = {"take_profit": Exit(price=D(near(market, "3"))), "stop": Exit(stop_price=D(near(market, "-3")))}
    return NewGroup(entry=more.pop("entry", entry), **{**given, **more})


def pair(market: Any, **more: Any) -> NewGroup:
    given = {"take_profit": Exit(price=D(near(market, "3"))), "stop": Exit(stop_price=D(near(market, "-3")))}
    return NewGroup(symbol="BTCUSDT", side=Side.SELL, quantity=D("0.05"), **{**given, **more})


def started(on_commit: Any, owner: Any, connection_id: Any, wanted: NewGroup) -> OrderGroup:
    with on_commit():
        made = place_group(actor=Actor.of(owner), owner_id=owner.pk, connection_id=connection_id, group=wanted)
    settled(on_commit)
    return made


def settled(on_commit: Any, group: OrderGroup | None = None) -> None:
    """Let workers run until nothing is left to do."""
    for _ in range(3):
        with on_commit():
            nudge_due()
    with on_commit():
        for order in Order.objects.filter(state__in=("open", "partly_filled")):
            settle_order(order_id=order.pk, ask_anyway=True)
        nudge_due()


def legs(group: OrderGroup) -> dict[str, Order]:
    return {order.leg: order for order in group.orders.order_by("id")}


def states(group: OrderGroup) -> dict[str, str]:
    return {leg: order.state for leg, order in legs(group).items()}


def closed(group: OrderGroup) -> Decimal:
    rows = Fill.objects.filter(order__group=group).exclude(order__leg="entry")
    return sum((row.quantity for row in rows), Decimal(0))


def step_until(market: Any, on_commit: Any, is_there: Any) -> None:
    for _ in range(400):
        if is_there():
            return
        market.step(6)
        settled(on_commit)
    raise AssertionError("the market never got there")


def test_the_exits_of_a_filled_bracket_go_to_the_exchange_as_one_list(market, customer, connection_id, on_commit):
    say_price("BTCUSDT", price_now(market))
    group = started(on_commit, customer, connection_id, bracket(market))
    group.refresh_from_db()
    assert states(group) == {"entry": "filled", "take_profit": "open", "stop": "open"}
    assert (group.covered, group.state, group.is_native) == (D("0.04995"), "working", True)
    assert {order.quantity for leg, order in legs(group).items() if leg != "entry"} == {D("0.04995")}
    venue: Any = open_venue(connection_id)  # its port does not show the exchange's own lists
    lists = venue.client.privateGetOpenOrderList()
    assert [len(row["orders"]) for row in lists] == [2]
    assert faults() == {}
    with on_commit():
        cancel_order(actor=Actor.of(customer), order_id=legs(group)["stop"].pk)
    settled(on_commit)
    group.refresh_from_db()
    assert states(group) == {"entry": "filled", "take_profit": "cancelled", "stop": "cancelled"}
    assert group.state == "done"
    assert faults() == {}


@pytest.mark.parametrize("held_by", ["", "platform"])
@pytest.mark.parametrize("goes", ["up", "down"])
def test_one_exit_fills_and_the_other_ends(market, customer, connection_id, on_commit, held_by, goes):
    say_price("BTCUSDT", price_now(market))
    near_, far = ("0.1", "-20") if goes == "up" else ("20", "-0.1")
    wanted = pair(market, held_by=held_by, take_profit=Exit(stop_price=D(near(market, near_))),
                  stop=Exit(stop_price=D(near(market, far))))  # fmt: skip
    group = started(on_commit, customer, connection_id, wanted)
    assert set(states(group).values()) == {"held" if held_by else "open"}
    wins, loses = ("take_profit", "stop") if goes == "up" else ("stop", "take_profit")

    def is_there() -> bool:
        if held_by:
            with on_commit():
                look_at(seen(price_now(market)))
            settled(on_commit)
        return states(group)[wins] == "filled"

    step_until(market, on_commit, is_there)
    settled(on_commit)
    group.refresh_from_db()
    assert states(group) == {wins: "filled", loses: "cancelled"}
    assert (closed(group), group.state) == (D("0.05"), "done")
    assert faults() == {}


def test_exits_follow_the_fills_of_an_entry_that_still_works(market, customer, connection_id, on_commit):
    price = price_now(market)
    say_price("BTCUSDT", price)
    entry = NewOrder(
        symbol="BTCUSDT", side=Side.BUY, kind=Kind.LIMIT, quantity=D("0.05"), price=D(near(market, "-0.5"))
    )
    group = started(on_commit, customer, connection_id, bracket(market, entry=entry, held_by="platform"))
    assert states(group) == {"entry": "open", "take_profit": "held", "stop": "held"}
    with on_commit():
        assert look_at(seen(near(market, "-10"))) == 0  # nothing to close yet, so nothing fires
    from apps.trading.orders.operations import record_fills
    from tests.apps.trading.orders.wishes import execution

    row = legs(group)["entry"]
    with on_commit():
        fill = execution(row, "9000001", "0.02", near(market, "-0.5"), venue_id=row.venue_order_id)
        record_fills(actor=SYSTEM, order_id=row.pk, fills=[fill])
    group.refresh_from_db()
    assert group.covered == D("0.02")
    assert legs(group)["stop"].quantity == D("0.02")
    with on_commit():
        assert look_at(seen(near(market, "-10"))) == 1
    for _ in range(3):
        with on_commit():
            nudge_due()
    found = states(group)
    assert found["stop"] == "filled"
    assert found["entry"] in ("cancelled", "cancelling")
    assert closed(group) == D("0.02")


def test_a_pair_that_the_exchange_does_not_take_is_held_by_the_platform(
    market, customer, connection_id, on_commit, monkeypatch
):
    say_price("BTCUSDT", price_now(market))
    entry = NewOrder(symbol="BTCUSDT", side=Side.BUY, kind=Kind.LIMIT, quantity=D("0.05"), price=D(near(market, "1")))
    # The stop lies above the market when the pair arrives: the exchange says that it would trigger at once.
    wanted = bracket(market, entry=entry, stop=Exit(stop_price=D(near(market, "0.5"))))
    group = started(on_commit, customer, connection_id, wanted)
    group.refresh_from_db()
    assert states(group) == {"entry": "filled", "take_profit": "held", "stop": "held"}
    assert group.is_native is False
    assert faults() == {}
    with on_commit():
        assert look_at(seen(price_now(market))) == 1
    settled(on_commit)
    assert states(group) == {"entry": "filled", "take_profit": "cancelled", "stop": "filled"}
    assert faults() == {}


def test_a_lost_answer_to_a_list_is_settled_by_asking_for_each_exit(market, customer, connection_id, on_commit):
    say_price("BTCUSDT", price_now(market))
    market.sandbox.control.inject_fault("accept_then_timeout", method="POST", path="/api/v3/orderList/oco", delay_ms=50)
    group = started(on_commit, customer, connection_id, bracket(market))
    assert states(group) == {"entry": "filled", "take_profit": "open", "stop": "open"}
    assert len(open_venue(connection_id).open_orders("BTCUSDT")) == 2
    assert faults() == {}


def test_a_stop_that_the_exchange_was_too_busy_for_is_fired_again(market, customer, connection_id, on_commit):
    say_price("BTCUSDT", price_now(market))
    group = started(on_commit, customer, connection_id, pair(market, held_by="platform"))
    market.sandbox.control.inject_fault("http_429", method="POST", path="/api/v3/order")
    with on_commit():
        assert look_at(seen(near(market, "-3.5"))) == 1
    settled(on_commit)
    refused = Order.objects.get(group=group, leg="stop")
    group.refresh_from_db()
    assert (refused.state, refused.reject_code, group.state) == ("rejected", "-1003", "working")
    assert group.check_at is not None
    assert group.check_at > now()
    Order.objects.filter(pk=refused.pk).update(ended_at=F("ended_at") - PAUSE)
    OrderGroup.objects.update(check_at=now())
    settled(on_commit)
    group.refresh_from_db()
    assert states(group) == {"take_profit": "cancelled", "stop": "filled"}
    assert (closed(group), group.state) == (D("0.05"), "done")
    assert faults() == {}


def test_a_pair_whose_new_prices_the_exchange_did_not_take_goes_on_here(market, customer, connection_id, on_commit):
    say_price("BTCUSDT", price_now(market))
    group = started(on_commit, customer, connection_id, pair(market))
    assert set(states(group).values()) == {"open"}
    market.sandbox.control.inject_fault("http_429", method="POST", path="/api/v3/orderList/oco")
    stop = legs(group)["stop"]
    with on_commit():
        amend_order(actor=Actor.of(customer), order_id=stop.pk, terms=NewTerms(stop_price=D(near(market, "-2"))))
    settled(on_commit)
    group.refresh_from_db()
    assert (states(group), group.state) == ({"take_profit": "held", "stop": "held"}, "working")
    assert {order.quantity for order in legs(group).values()} == {D("0.05")}
    assert faults() == {}


def test_prices_that_do_not_surround_the_entry_are_refused(market, customer, connection_id):
    say_price("BTCUSDT", price_now(market))
    wanted = bracket(market, take_profit=Exit(price=D(near(market, "-1"))))
    with pytest.raises(DomainError) as refused:
        place_group(actor=Actor.of(customer), owner_id=customer.pk, connection_id=connection_id, group=wanted)
    assert refused.value.code == "orders.exits_do_not_fit"
    assert not OrderGroup.objects.exists()


def test_advancing_a_group_again_changes_nothing(market, customer, connection_id, on_commit):
    say_price("BTCUSDT", price_now(market))
    group = started(on_commit, customer, connection_id, bracket(market, held_by="platform"))
    before = list(group.orders.order_by("id").values())
    for _ in range(3):
        with on_commit():
            advance_group(actor=SYSTEM, group_id=group.pk)
    assert list(group.orders.order_by("id").values()) == before
    assert Position.objects.get().quantity == D("0.04995")
