"""Orders shared out over two exchanges: the decision, the fills, what they saved; deaths, refusals, more rounds."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core import relay
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.models import OutboxEvent
from apps.trading.exchanges.models import Connection
from apps.trading.orders.models import Order
from apps.trading.orders.operations import record_fills, send_order, set_limits
from apps.trading.orders.routing.models import RoutedOrder
from apps.trading.orders.routing.operations import (
    RouteWish,
    advance_route,
    cancel_route,
    place_route,
    plan_route,
    step_route,
)
from apps.trading.orders.routing.parts import read_parts
from apps.trading.orders.routing.queries import list_children
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.routed import (
    FIRST,
    SECOND,
    connect_second,
    offer,
    price_at,
    say_now,
    second_exchange,
    wish_for,
    work_off,
)
from tests.apps.trading.orders.wishes import SYSTEM, D, execution, place, wish
from tests.factories.sandbox_exchange import RunningSandbox

pytestmark = pytest.mark.django_db
FUNDS = {"USDT": D(100_000), "BTC": D(1)}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with second_exchange(tmp_path_factory.mktemp("second")) as running:
        yield running


@pytest.fixture
def prices(market: Any, other: RunningSandbox, connection_id: Any) -> tuple[Decimal, Decimal]:
    """What BTC trades at on the first and on the second exchange."""
    other.control.clear_faults()
    first, second = price_at(market.sandbox), price_at(other)
    say_now(first)
    assert first != second
    return first, second


@pytest.fixture
def second_id(customer: Any, other: RunningSandbox, prices: Any) -> Any:
    """A connection at the second exchange, where takers pay half as much."""
    return connect_second(customer, other, FUNDS, fee="0.0005")


def placed(owner: Any, wanted: RouteWish, **more: Any) -> RoutedOrder:
    return place_route(actor=Actor.of(owner), owner_id=owner.pk, wish=wanted, **more)


def refusal(call: Any) -> DomainError:
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value


def test_the_decision_names_for_each_account_what_it_gets_and_what_stopped_it(
    customer, prices, connection_id, second_id
):
    offer(FIRST, ("67000", "0.2"), ("67010", "0.1"), ("67100", "9"))
    offer(SECOND, ("67005", "0.25"), ("67050", "9"))
    plan = plan_route(owner_id=customer.pk, wish=wish_for("buy", "0.5"))
    first, second = plan.parts
    # 67000 × 0.2, 67005 × 0.25, 67010 × 0.05, each with 0.1 %
    assert (first.part.quantity, first.part.average, first.part.worst) == (D("0.25"), D(67002), D(67010))
    assert (second.part.quantity, second.part.average, second.part.worst) == (D("0.25"), D(67005), D(67005))
    assert (first.part.fee, second.part.fee) == (D("16.7505"), D("16.75125"))
    assert (plan.quantity, plan.missing, plan.worst) == (D("0.5"), 0, D(67010))
    assert (plan.average, plan.net) == (D("67003.5"), D("33535.25175"))
    assert [row.words for row in plan.parts] == ["", ""]
    # alone: 0.2 × 67000 + 0.1 × 67010 + 0.2 × 67100, or 0.25 × 67005 + 0.25 × 67050
    assert [row.single.net for row in plan.parts] == [D("33554.521"), D("33547.26375")]
    assert plan.single is second
    assert plan.saves == D("33547.26375") - D("33535.25175")
    bounded = plan_route(owner_id=customer.pk, wish=wish_for("buy", "0.5", limit_price=D(67004)))
    assert [(row.part.quantity, row.words) for row in bounded.parts] == [
        (D("0.2"), "Beyond here it is worse than the worst price."),
        (D(0), "Beyond here it is worse than the worst price."),
    ]  # fmt: skip
    poor = plan_route(owner_id=customer.pk, wish=wish_for("buy", "3"))
    # 100,000 USDT tie up 1.49 at 67100 and 1.49 at 67050
    assert [(row.part.quantity, row.words) for row in poor.parts] == [
        (D("1.49031"), "The account has no more."), (D("1.49142"), "The account has no more."),
    ]  # fmt: skip
    sold = plan_route(owner_id=customer.pk, wish=wish_for("sell", "3"))
    assert [(row.part.quantity, row.part.worst) for row in sold.parts] == [(D(1), D(66900)), (D(1), D(66905))]


def test_stale_and_silent_books_get_nothing_and_no_price_is_invented(customer, prices, connection_id, second_id):
    offer(FIRST, ("67000", "5"), age=timedelta(seconds=20))
    refused = refusal(lambda: placed(customer, wish_for()))
    assert refused.code == "orders.nothing_to_route"
    assert refused.text.endswith("Paper: There is no fresh book. Other: There is no fresh book.")
    offer(SECOND, ("67100", "0.3"))
    plan = plan_route(owner_id=customer.pk, wish=wish_for())
    assert [(row.part.quantity, row.words) for row in plan.parts] == [
        (D(0), "There is no fresh book."), (D("0.3"), "Its book holds no more."),
    ]  # fmt: skip
    assert (plan.missing, plan.single, plan.saves) == (D("0.2"), plan.parts[1], D(0))
    assert not RoutedOrder.objects.exists()


def test_it_fills_on_both_exchanges_at_their_prices_and_says_what_it_saved(customer, prices, connection_id, second_id):
    ours = {FIRST: prices[0], SECOND: prices[1]}
    taught = place(customer, second_id, wish("sell", "0.01"))  # the fee of this account is known by a trade of its own
    assert send_order(order_id=taught.pk).fees == {"USDT": f"{(prices[1] * D('0.01') * D('0.0005')).normalize():f}"}
    for venue, price in ours.items():
        offer(venue, (price, "0.3"), (price + 500, "9"))
    plan = plan_route(owner_id=customer.pk, wish=wish_for("buy", "0.5"))
    assert [row.fee.taker for row in plan.parts] == [D("0.001"), D("0.0005")]
    row = work_off(placed(customer, wish_for("buy", "0.5")))
    cheap, dear = sorted(ours, key=lambda venue: ours[venue])
    sizes = {cheap: D("0.3"), dear: D("0.2")}
    children = list_children(row.pk)
    assert {child.connection.venue.code: (child.filled, child.average_price) for child in children} == {
        venue: (sizes[venue], ours[venue]) for venue in ours
    }
    assert {(child.kind, child.time_in_force, child.state) for child in children} == {("limit", "IOC", "filled")}
    worth = sum(sizes[venue] * ours[venue] for venue in ours)
    assert (row.status, row.why, row.filled, row.round) == ("done", "complete", D("0.5"), 1)
    assert row.average_price == worth / D("0.5") == row.expected_price
    rates = {FIRST: D("0.001"), SECOND: D("0.0005")}
    fee = sum((sizes[venue] * rates[venue] for venue in ours), D(0))
    assert row.fees == {"BTC": f"{fee.normalize():f}"}
    paid = sum(sizes[venue] * ours[venue] * rates[venue] for venue in ours)
    alone = min((ours[v] * D("0.3") + (ours[v] + 500) * D("0.2")) * (1 + rates[v]) for v in ours)
    assert row.saved == alone - worth - paid
    assert row.saved > 0
    assert faults() == {}
    names = OutboxEvent.objects.filter(name__startswith="orders.route_").order_by("id").values_list("name", flat=True)
    assert list(names) == ["orders.route_started", "orders.route_ended"]


def test_workers_that_die_at_any_step_or_run_twice_place_each_part_once(customer, prices, connection_id, second_id):
    for venue, price in zip((FIRST, SECOND), prices, strict=True):
        offer(venue, (price, "0.3"), (price + 500, "9"))
    row = placed(customer, wish_for("buy", "0.5", limit_price=max(prices)))
    first = step_route(actor=SYSTEM, route_id=row.pk)  # this worker dies before it sends
    assert [(child.pk, child.sequence, child.state) for child in list_children(row.pk)] == [(first.placed, 0, "intent")]
    second = step_route(actor=SYSTEM, route_id=row.pk)  # and this one, too
    assert second.placed not in (None, first.placed)
    assert not step_route(actor=SYSTEM, route_id=row.pk)
    advance_route(route_id=row.pk)
    assert [child.state for child in list_children(row.pk)] == ["intent", "intent"]
    for _ in range(2):  # the tasks of the children's own commits
        for child in list_children(row.pk):
            send_order(order_id=child.pk)
    for _ in range(2):
        assert advance_route(route_id=row.pk).why == "complete"
    assert [len({*values}) for values in zip(*Order.objects.values_list("client_id", "pk"), strict=True)] == [2, 2]
    assert {child.client_id[0] for child in list_children(row.pk)} == {"o"}
    assert OutboxEvent.objects.filter(name="orders.route_ended").count() == 1


def test_what_was_not_there_any_more_is_shared_out_again_up_to_the_worst_price(
    customer, prices, connection_id, second_id
):
    first, second = prices
    offer(FIRST, (first, "0.2"))
    offer(SECOND, (second - 300, "0.3"))  # gone when the order arrives
    worst = max(first, second) + 10
    row = placed(customer, wish_for("buy", "0.5", limit_price=worst))
    row = advance_route(route_id=row.pk)
    assert (row.status, row.filled, row.round) == ("working", D("0.2"), 1)  # it waits for books after its own trades
    assert [child.state for child in list_children(row.pk)] in (["filled", "cancelled"], ["cancelled", "filled"])
    offer(FIRST, (worst + 1, "5"))
    offer(SECOND, (second, "0.25"), (worst + 1, "5"))
    row = advance_route(route_id=row.pk)
    assert (row.filled, row.round) == (D("0.45"), 2)
    offer(SECOND, (worst + 1, "5"))
    offer(FIRST, (worst + 1, "5"))
    row = advance_route(route_id=row.pk)
    assert (row.status, row.why, row.filled, row.round) == ("partly", "price", D("0.45"), 2)
    found = [(part.round, part.number, part.quantity) for part in read_parts(row.parts) if part.number is not None]
    assert found[2:] == [(2, 2, D("0.25"))]
    assert abs(row.average_price * D("0.45") - (first * D("0.2") + second * D("0.25"))) < D("1e-17")
    assert faults() == {}


def test_rounds_are_bounded_and_a_late_part_is_not_placed(customer, prices, connection_id, second_id):
    gone = min(prices) - 300
    offer(FIRST, (gone, "5"))
    row = placed(customer, wish_for("buy", "0.1"))
    assert row.worst_price == gone  # nobody named one: that of the first decision
    for number in (1, 2, 3):
        row = advance_route(route_id=row.pk)
        assert (row.round, row.filled) == (number, 0)
        offer(FIRST, (gone, "5"))
    assert (row.status, row.why, len(list_children(row.pk))) == ("unfilled", "rounds", 3)
    late = placed(customer, wish_for("buy", "0.1"))
    RoutedOrder.objects.filter(pk=late.pk).update(round_at=now() - timedelta(seconds=16))
    assert not step_route(actor=SYSTEM, route_id=late.pk).placed
    late.refresh_from_db()
    assert (read_parts(late.parts)[0].state, late.round) == ("late", 2)  # decided anew instead


def test_a_refused_part_keeps_its_reason_and_the_rest_goes_on(customer, market, prices, connection_id, second_id):
    resting = place(customer, connection_id, wish("sell", "0.1", str(prices[0] + 200)))
    assert resting.state == "intent"
    offer(FIRST, (prices[0] + 300, "0.3"))  # it would meet the customer's own order
    offer(SECOND, (prices[1], "0.2"), (max(prices) + 400, "9"))
    row = work_off(placed(customer, wish_for("buy", "0.3", connection_ids=(connection_id, second_id))))
    parts = {part.connection_id: part for part in read_parts(row.parts) if part.round == 1}
    assert parts[connection_id].state == "refused"
    assert parts[connection_id].refusal.startswith("This order would trade with your own sell order")
    assert (parts[second_id].state, row.filled) == ("placed", D("0.2"))
    offer(SECOND, (prices[1], "0.2"))
    row = advance_route(route_id=row.pk)
    assert {part.connection_id for part in read_parts(row.parts) if part.round == 2} == {second_id}
    assert (row.status, row.filled) == ("done", D("0.3"))


def test_a_venues_refusal_ends_it_with_the_venues_words(customer, market, prices, connection_id):
    offer(FIRST, (prices[0], "5"))
    row = placed(customer, wish_for("buy", "0.1"))
    market.sandbox.control.halt_symbol("BTCUSDT")
    try:
        row = advance_route(route_id=row.pk)
    finally:
        market.sandbox.control.trade_symbol("BTCUSDT")
    (part,) = read_parts(row.parts)
    assert (row.status, row.why, part.state) == ("refused", "refused", "refused")
    assert part.refusal == list_children(row.pk)[0].reject_message != ""


def test_a_fill_that_comes_late_is_counted(customer, prices, connection_id):
    offer(FIRST, (prices[0] - 300, "5"))  # gone when the order arrives
    row = advance_route(route_id=placed(customer, wish_for("buy", "0.1")).pk)
    cancel_route(actor=Actor.of(customer), route_id=row.pk)
    assert advance_route(route_id=row.pk).status == "unfilled"
    (child,) = list_children(row.pk)
    late = execution(child, "900001", "0.04", f"{prices[0] - 300}", venue_id=child.venue_order_id)
    record_fills(actor=SYSTEM, order_id=child.pk, fills=[late])
    relay.drain()
    row = advance_route(route_id=row.pk)
    assert (row.status, row.why, row.filled, row.average_price) == ("partly", "cancelled", D("0.04"), prices[0] - 300)
    assert OutboxEvent.objects.filter(name="orders.route_ended").count() == 1


def test_a_cancelled_one_sends_no_more(customer, prices, connection_id, second_id):
    for venue, price in zip((FIRST, SECOND), prices, strict=True):
        offer(venue, (price, "0.3"), (price + 500, "9"))
    row = placed(customer, wish_for("buy", "0.5", limit_price=max(prices)))
    step_route(actor=SYSTEM, route_id=row.pk)
    assert cancel_route(actor=Actor.of(customer), route_id=row.pk).status == "ending"
    row = advance_route(route_id=row.pk)
    assert (row.status, row.why, row.filled) == ("unfilled", "cancelled", 0)
    assert [child.state for child in list_children(row.pk)] == ["cancelled"]
    assert [part.state for part in read_parts(row.parts)] == ["placed", "dropped"]
    assert refusal(lambda: cancel_route(actor=Actor.of(customer), route_id=row.pk)).code == "orders.route_over"
    assert faults() == {}


def test_nobody_reaches_another_customers_accounts(customer, other_customer, prices, connection_id, second_id):
    offer(FIRST, (prices[0], "5"))
    wanted = wish_for("buy", "0.1", connection_ids=(connection_id,))
    for call in (
        lambda: plan_route(owner_id=other_customer.pk, wish=wanted),
        lambda: placed(other_customer, wanted),
        lambda: place_route(actor=Actor.of(other_customer), owner_id=customer.pk, wish=wanted),
    ):
        assert refusal(call).code == "exchanges.connection_missing"
    row = placed(customer, wanted)
    stranger = Actor.of(other_customer)
    assert refusal(lambda: cancel_route(actor=stranger, route_id=row.pk)).code == "orders.route_missing"
    assert refusal(lambda: placed(other_customer, wish_for())).text.endswith("You have no open paper account.")
    live = wish_for("buy", "0.1", mode="live", connection_ids=(connection_id,))
    assert refusal(lambda: placed(customer, live)).code == "exchanges.connection_missing"


def test_of_real_money_the_whole_counts_as_one_order(customer, prices, connection_id, second_id):
    Connection.objects.update(mode="live")
    for venue, price in zip((FIRST, SECOND), prices, strict=True):
        offer(venue, (price, "0.01"), (price + 500, "9"))
    wanted = wish_for("buy", "0.02", mode="live", limit_price=max(prices))
    assert refusal(lambda: placed(customer, wanted)).code == "orders.confirmation_needed"
    actor = Actor.of(customer)
    most = {"most_per_order": max(prices) * D("0.015")}
    set_limits(actor=actor, owner_id=customer.pk, limits=most)  # each part alone would pass
    assert refusal(lambda: placed(customer, wanted, confirmed=True)).code == "orders.too_large"
    set_limits(actor=actor, owner_id=customer.pk, limits={"most_per_order": None}, confirmed=True)
    assert work_off(placed(customer, wanted, confirmed=True)).status == "done"
    assert refusal(lambda: placed(customer, wish_for())).text.endswith("You have no open paper account.")
