"""Brackets and pairs of exits on contracts: held here, at most one lives, and none closes more than there is."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.actors import Actor
from apps.core.clock import travel
from apps.core.errors import DomainError
from apps.finance.ledger.models import Hold
from apps.trading.orders import operations as orders
from apps.trading.orders.choices import LATEST_ACCEPTANCE, Kind
from apps.trading.orders.errors import ExitsDoNotFit, NothingToReduce
from apps.trading.orders.models import Order, OrderGroup
from apps.trading.orders.operations import Exit, NewGroup, NewOrder, NewTerms
from apps.trading.orders.operations.previewing import preview_order
from apps.trading.positions.models import Position
from apps.trading.risk.models import RiskClaim
from kernel.instruments import Side
from tests.apps.trading.orders.contract_desk import PERP, Desk
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.test_order_groups import closed, legs, settled, states
from tests.apps.trading.orders.test_order_kinds import near, price_now
from tests.apps.trading.orders.wishes import SYSTEM, execution
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db
D = Decimal
FEE = D("0.0005")


@pytest.fixture
def desk(market, customer, connection_id):
    say_price("BTCUSDT", price_now(market))
    return Desk(market, customer, connection_id)


def entry(side: str = "buy", quantity: str = "0.1", price: str | None = None, **more: Any) -> NewOrder:
    kind = Kind.MARKET if price is None else Kind.LIMIT
    limit = None if price is None else D(price)
    return NewOrder(symbol=PERP, side=Side(side), kind=kind, quantity=D(quantity), price=limit, **more)


def exits(desk: Desk, up: str = "3", down: str = "-3") -> dict[str, Any]:
    return {
        "take_profit": Exit(stop_price=D(near(desk.market, up))),
        "stop": Exit(stop_price=D(near(desk.market, down))),
    }


def started(desk: Desk, on_commit: Any, wanted: NewGroup) -> OrderGroup:
    with on_commit():
        made = orders.place_group(**desk.who, connection_id=desk.connection_id, group=wanted)
    settled(on_commit)
    return made


def price_comes_to(on_commit: Any, price: Decimal | str) -> int:
    """The market's price here; the exchange trades where its recording is."""
    say_price("BTCUSDT", D(price))
    with on_commit():
        found = orders.look_at_held()
    settled(on_commit)
    return found


def size(side: str = "") -> Decimal:
    return D(Position.objects.get(position_side=side).quantity)


def results(*done: Order) -> Decimal:
    """What entry and exits brought, by hand: prices and fees of what filled."""
    sign = {"buy": -1, "sell": 1}
    brought = sum(sign[row.side] * row.filled * row.average_price for row in done if row.filled)
    paid = sum(row.filled * row.average_price * FEE for row in done if row.filled)
    return D(brought - paid)


def is_settled(desk: Desk) -> bool:
    report = orders.reconcile_connection(connection_id=desk.connection_id)
    assert (report.error, report.differences, report.new_fills) == ("", [], 0)
    return faults() == {} and not Hold.objects.filter(state="open").exists()


@pytest.mark.parametrize("wins", ["take_profit", "stop"])
def test_a_bracket_opens_and_one_exit_closes_it_with_exact_figures(desk, market, on_commit, wins):
    goes = {"take_profit": "4", "stop": "-4"}[wins]
    there = near(market, goes)
    with on_commit():
        group = orders.place_group(
            **desk.who, connection_id=desk.connection_id, group=NewGroup(entry=entry(), **exits(desk))
        )
        first = legs(group)["entry"]
        hold = Hold.objects.get()  # what only closes holds nothing
        worth = D("0.1") * first.wanted_price
        assert (hold.key, hold.amount) == (f"order:{first.pk}", (worth / 10 + worth * FEE) * D("1.01"))
        assert {row.reduce_only for row in group.orders.exclude(leg="entry")} == {True}
    settled(on_commit)
    group.refresh_from_db()
    assert states(group) == {"entry": "filled", "take_profit": "held", "stop": "held"}
    assert (group.covered, group.is_native, size()) == (D("0.1"), False, D("0.1"))
    assert RiskClaim.objects.get(order_id=first.pk).remaining == 0
    for _ in range(3):
        market.step()
    assert price_comes_to(on_commit, there) == 1
    group.refresh_from_db()
    loses = {"take_profit": "stop", "stop": "take_profit"}[wins]
    assert states(group) == {"entry": "filled", wins: "filled", loses: "cancelled"}
    assert (closed(group), group.state, size()) == (D("0.1"), "done", 0)
    account = desk.advance()
    assert account.wallet == desk.mirror() == 20_000 + results(legs(group)["entry"], legs(group)[wins])
    assert Order.objects.count() == 3
    assert is_settled(desk)


def test_a_trailing_stop_of_a_short_follows_down_and_closes_on_the_way_up(desk, market, on_commit):
    price = price_now(market)
    wanted = NewGroup(
        entry=entry("sell"), take_profit=Exit(price=D(near(market, "-10"))), stop=Exit(trail_percent=D(1))
    )
    group = started(desk, on_commit, wanted)
    assert (states(group)["entry"], size()) == ("filled", D("-0.1"))
    assert price_comes_to(on_commit, price * D("0.98")) == 0
    assert price_comes_to(on_commit, price * D("0.985")) == 0
    assert legs(group)["stop"].extreme_price == price * D("0.98")
    assert price_comes_to(on_commit, price * D("0.99")) == 1
    assert states(group) == {"entry": "filled", "take_profit": "cancelled", "stop": "filled"}
    assert size() == 0
    account = desk.advance()
    assert account.wallet == desk.mirror() == 20_000 + results(legs(group)["entry"], legs(group)["stop"])
    assert is_settled(desk)


def test_a_stop_is_sent_only_when_a_resting_profit_is_over_and_for_what_that_left(desk, market, on_commit):
    above, below = near(market, "3"), near(market, "-3")
    wanted = NewGroup(entry=entry(), take_profit=Exit(price=D(above)), stop=Exit(stop_price=D(below)))
    group = started(desk, on_commit, wanted)
    assert price_comes_to(on_commit, above) == 1
    profit = legs(group)["take_profit"]
    assert (profit.state, profit.price, states(group)["stop"]) == ("open", D(above), "held")
    there = desk.venue().fapiPrivateGetOpenOrders()
    assert [(row["clientOrderId"], str(row["reduceOnly"]).lower()) for row in there] == [(profit.client_id, "true")]
    assert Hold.objects.filter(state="open").count() == 0
    say_price("BTCUSDT", D(below))
    with on_commit():
        assert orders.look_at_held() == 1
        assert states(group)["stop"] == "held"  # the other one may still fill
    settled(on_commit)
    assert states(group) == {"entry": "filled", "take_profit": "cancelled", "stop": "filled"}
    assert (closed(group), size()) == (D("0.1"), 0)
    assert desk.venue().fapiPrivateGetOpenOrders() == []
    desk.advance()
    assert is_settled(desk)


def test_a_late_fill_of_the_first_exit_leaves_less_for_the_second(desk, market, on_commit):
    above, below = near(market, "3"), near(market, "-3")
    wanted = NewGroup(entry=entry(), take_profit=Exit(price=D(above)), stop=Exit(stop_price=D(below)))
    group = started(desk, on_commit, wanted)
    price_comes_to(on_commit, above)
    profit = legs(group)["take_profit"]
    say_price("BTCUSDT", D(below))
    with on_commit():
        orders.look_at_held()
        late = execution(profit, "9000001", "0.04", above, venue_id=profit.venue_order_id)
        orders.record_fills(actor=SYSTEM, order_id=profit.pk, fills=[late])
    settled(on_commit)
    stop = legs(group)["stop"]
    assert (states(group)["take_profit"], stop.state, stop.quantity, stop.filled) == (
        "cancelled", "filled", D("0.06"), D("0.06"),
    )  # fmt: skip
    assert (closed(group), size()) == (D("0.1"), 0)
    group.refresh_from_db()
    assert group.state == "done"


def test_a_fired_exit_that_was_lost_on_its_way_goes_again_once(desk, market, on_commit):
    group = started(desk, on_commit, NewGroup(entry=entry(), **exits(desk)))
    say_price("BTCUSDT", D(near(market, "-4")))
    orders.look_at_held()
    orders.advance_group(actor=SYSTEM, group_id=group.pk)
    stop = legs(group)["stop"]
    assert orders.claim_order(actor=SYSTEM, order_id=stop.pk) is not None  # the worker dies before it sends
    with travel(LATEST_ACCEPTANCE + timedelta(seconds=1)):
        assert orders.settle_order(order_id=stop.pk).state == "rejected"
    with on_commit():
        orders.advance_group(actor=SYSTEM, group_id=group.pk)
    settled(on_commit)
    tried = list(group.orders.filter(leg="stop").order_by("id").values_list("state", "reject_code", "filled"))
    assert tried == [("rejected", "never_accepted", 0), ("filled", "", D("0.1"))]
    group.refresh_from_db()
    assert (size(), group.state, states(group)["take_profit"]) == (0, "done", "cancelled")
    desk.advance()
    assert is_settled(desk)


def test_exits_of_a_position_that_is_gone_are_taken_back(desk, market, on_commit):
    group = started(desk, on_commit, NewGroup(entry=entry(), **exits(desk)))
    desk.trade("sell", "0.07", reduce_only=True)
    assert price_comes_to(on_commit, near(market, "-4")) == 1
    assert (legs(group)["stop"].quantity, closed(group), size()) == (D("0.03"), D("0.03"), 0)
    say_price("BTCUSDT", price_now(market))
    again = started(desk, on_commit, NewGroup(entry=entry(), **exits(desk)))
    desk.venue().fapiPrivatePostOrder({"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.1"})
    with on_commit():
        desk.advance()  # the reading sees what was done at the exchange
    again.refresh_from_db()
    assert (states(again), again.state) == (
        {"entry": "filled", "take_profit": "cancelled", "stop": "cancelled"}, "done",
    )  # fmt: skip
    third = started(desk, on_commit, NewGroup(entry=entry(), **exits(desk)))
    desk.trade("sell", "0.1", reduce_only=True)
    assert price_comes_to(on_commit, near(market, "4")) == 1  # a price may be quicker than the reading
    third.refresh_from_db()
    assert (set(states(third).values()), third.state) == ({"filled", "cancelled"}, "done")
    assert Order.objects.count() == 11
    desk.advance()
    assert is_settled(desk)


def test_two_exits_close_what_is_there_in_hedge_mode_too(desk, market, customer, api, on_commit):
    desk.venue().fapiPrivatePostPositionSideDual({"dualSidePosition": "true"})
    desk.advance()
    desk.trade("buy", "0.1", position_side="long")
    desk.trade("sell", "0.3", position_side="short")
    body = {
        "connection_id": str(desk.connection_id), "symbol": PERP, "side": "buy", "quantity": "0.5",
        "position_side": "short", "take_profit": {"stop_price": near(market, "-3")},
        "stop": {"stop_price": near(market, "3")},
    }  # fmt: skip
    with on_commit():
        made = api(customer).post("/api/v1/orders/groups", body, format="json", headers={"Idempotency-Key": "one"})
    assert (made.status_code, made.json()["quantity"], made.json()["is_native"]) == (201, "0.3", False)
    group = OrderGroup.objects.get()
    assert states(group) == {"take_profit": "held", "stop": "held"}
    assert price_comes_to(on_commit, near(market, "4")) == 1
    assert states(group) == {"take_profit": "cancelled", "stop": "filled"}
    assert (size("long"), size("short")) == (D("0.1"), 0)
    desk.advance()
    assert is_settled(desk)


def test_prices_are_changed_where_they_stand_and_what_does_not_fit_is_refused(desk, market, on_commit):
    pair = NewGroup(symbol=PERP, side=Side.SELL, quantity=D("0.1"), **exits(desk))
    with pytest.raises(NothingToReduce):
        orders.place_group(**desk.who, connection_id=desk.connection_id, group=pair)
    crossed = NewGroup(entry=entry(), **exits(desk, "-1", "-3"))
    with pytest.raises(ExitsDoNotFit):
        orders.place_group(**desk.who, connection_id=desk.connection_id, group=crossed)
    assert not Order.objects.exists()
    found = preview_order(**desk.who, connection_id=desk.connection_id, wanted=NewGroup(entry=entry(), **exits(desk)))
    assert found.market_price is not None
    assert (found.leverage, found.margin) == (10, D("0.1") * found.market_price / 10)
    group = started(desk, on_commit, NewGroup(entry=entry(), **exits(desk)))
    nearer = D(near(market, "-1"))
    changed = orders.amend_order(
        actor=Actor.of(desk.customer), order_id=legs(group)["stop"].pk, terms=NewTerms(stop_price=nearer)
    )
    assert (changed.stop_price, changed.reduce_only) == (nearer, True)
    with pytest.raises(DomainError):
        orders.amend_order(
            actor=Actor.of(desk.customer), order_id=changed.pk, terms=NewTerms(stop_price=D(near(market, "5")))
        )
    assert price_comes_to(on_commit, near(market, "-1.5")) == 1
    assert (states(group)["stop"], size()) == ("filled", 0)


def test_the_ticket_of_a_contract_takes_exits(desk, customer, web, market):
    client = web(customer)
    given = {
        "connection": str(desk.connection_id), "symbol": PERP, "side": "buy", "kind": "market", "quantity": "0.1",
        "take_profit": near(market, "3"), "stop_trail": "1.5", "action": "check",
    }  # fmt: skip
    page = client.post("/orders/ticket/", given).context["page"]
    facts = {fact.label: fact.text for fact in page.facts}
    assert facts["Stop behind the best price by"] == "1.5 %, once the entry is filled"
    placed = client.post("/orders/ticket/", {**dict(page.values), "action": "place", "idempotency_key": "once"})
    assert placed.status_code == 302
    group = OrderGroup.objects.get()
    assert (group.symbol, states(group)) == (PERP, {"entry": "intent", "take_profit": "held", "stop": "held"})
