"""Algorithms at the sandbox exchange in lock-step: the same fills as in a back-test, each child once, and figures."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.models import OutboxEvent
from apps.core.relay import drain
from apps.platform.notifications.models import InboxItem
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.algos.choices import AlgoKind, CatchUpRule
from apps.trading.orders.algos.live import frame
from apps.trading.orders.algos.market import orders_of, plan_of
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.operations import (
    AlgoWish,
    advance_algo,
    cancel_algo,
    pause_algo,
    resume_algo,
    start_algo,
    step_algo,
)
from apps.trading.orders.models import Order
from apps.trading.orders.operations import send_order, settle_order
from kernel.execution import replay
from kernel.instruments import Side
from kernel.simulation import Costs
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.wishes import SYSTEM, D
from tests.factories.paper_market import STEP, between
from tests.factories.prices import forget_price, say_price

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def wish(algo: str, side: str = "buy", quantity: str = "0.24", **more: Any) -> AlgoWish:
    facts: dict[str, Any] = {"duration": HOUR, **more}
    if algo in ("twap", "vwap"):
        facts.setdefault("slices", 12)
    return AlgoWish(symbol="BTCUSDT", side=Side(side), algo=AlgoKind(algo), quantity=D(quantity), **facts)


def price_now(market: Any) -> Decimal:
    return D(market.sandbox.control.status()["prices"]["BTCUSDT"])


def started(market: Any, customer: Any, connection_id: Any, wanted: AlgoWish) -> AlgoOrder:
    say_price("BTCUSDT", price_now(market))
    return start_algo(actor=Actor.of(customer), owner_id=customer.pk, connection_id=connection_id, wish=wanted)


def look(market: Any, algo: AlgoOrder) -> AlgoOrder:
    """What the workers do when a candle has closed."""
    for order in orders_of(algo):
        if not order.is_final:
            settle_order(order_id=order.pk, ask_anyway=True)
    for _ in range(5):  # a feed of another test may have taken the price away
        say_price("BTCUSDT", price_now(market))
        found = advance_algo(algo_id=algo.pk)
        if found.why != "silent":
            break
    return found


def work_off(market: Any, algo: AlgoOrder, bars: int) -> AlgoOrder:
    algo = look(market, algo)
    for _ in range(bars):
        if algo.is_over:
            break
        market.step()
        algo = look(market, algo)
    return algo


def fills_of(algo: AlgoOrder) -> list[tuple[int, int, Decimal | None]]:
    """(child, lots, mean price) of each child that filled."""
    spec, found = get_spec(algo.symbol), []
    for order in orders_of(algo):
        if order.filled:
            found.append((order.sequence, spec.lots(order.filled), order.average_price))
    return found


def simulated(market: Any, algo: AlgoOrder) -> Any:
    bars = between(market.recorded, algo.start_ms, market.last_ts + 2 * STEP)
    return replay(bars, plan_of(algo), get_spec(algo.symbol), Costs(taker_fee=D("0.001"), maker_fee=D("0.001")))


WISHES = [
    wish("twap", time_jitter_bps=6_000, size_jitter_bps=3_000, seed=11),
    wish("vwap", "sell"),
    wish("pov", quantity="3", participation_bps=30),
    wish("twap", quantity="0.3", slices=4, participation_bps=5, catch_up=CatchUpRule.SPREAD),
]


@pytest.mark.parametrize("wanted", WISHES, ids=lambda item: item.algo.value)
def test_on_the_same_path_live_and_back_test_fill_alike(market, customer, connection_id, wanted):
    algo = work_off(market, started(market, customer, connection_id, wanted), 14)
    done, spec = simulated(market, algo), get_spec("BTCUSDT")
    expected = [(fill.number, fill.lots, spec.price(fill.ticks)) for fill in done.fills]
    assert fills_of(algo) == expected
    assert len(expected) >= 3
    assert (algo.status, algo.why) == (done.state.status.value, done.state.why.value)
    assert sum(fill.fee for fill in done.fills) > 0
    assert faults() == {}
    if wanted.algo == AlgoKind.TWAP and not wanted.participation_bps:
        # a child of jittered time comes with the first candle after its moment: one of twelve parts late at most
        assert (algo.why, algo.filled) == ("complete", wanted.quantity)
        assert algo.schedule_error_bps is not None
        assert algo.schedule_error_bps <= 1_300
    if wanted.algo == AlgoKind.VWAP:
        assert (algo.why, algo.schedule_error_bps) == ("complete", 0)
    if wanted.participation_bps:
        assert algo.share_bps <= wanted.participation_bps
    if wanted.algo == AlgoKind.POV:
        assert algo.share_bps is not None
        assert algo.share_bps >= 20


def test_an_iceberg_shows_a_part_at_a_time_and_fills_as_the_back_test(market, customer, connection_id):
    limit = (price_now(market) * D("0.9985")).quantize(D("0.01"))
    wanted = wish("iceberg", quantity="0.05", limit_price=limit, display_quantity=D("0.02"), duration=None)
    algo = look(market, started(market, customer, connection_id, wanted))
    (shown,) = orders_of(algo)
    assert (shown.state, shown.quantity, shown.price) == ("open", D("0.02"), limit)
    algo = work_off(market, algo, 60)
    done, spec = simulated(market, algo), get_spec("BTCUSDT")
    assert fills_of(algo) == [(fill.number, fill.lots, spec.price(fill.ticks)) for fill in done.fills]
    assert [order.quantity for order in orders_of(algo)] == [D("0.02"), D("0.02"), D("0.01")]
    assert (algo.why, algo.filled, faults()) == ("complete", D("0.05"), {})


def test_two_workers_and_a_death_between_commit_and_sending_place_no_child_twice(market, customer, connection_id):
    algo = started(market, customer, connection_id, wish("twap"))
    first = step_algo(actor=SYSTEM, algo_id=algo.pk)  # this worker dies before it sends
    second = step_algo(actor=SYSTEM, algo_id=algo.pk)
    assert first.placed is not None
    assert not second
    (child,) = orders_of(algo)
    assert (child.pk, child.state, child.origin_id) == (first.placed, "intent", algo.pk)
    assert send_order(order_id=child.pk).state == "filled"
    assert send_order(order_id=child.pk).state == "filled"
    algo = work_off(market, algo, 13)
    assert (algo.filled, algo.next_number, Order.objects.count()) == (D("0.24"), 12, 12)


def test_pause_resume_and_cancel_keep_what_is_filled(market, customer, connection_id):
    actor = Actor.of(customer)
    algo = look(market, started(market, customer, connection_id, wish("twap")))
    assert pause_algo(actor=actor, algo_id=algo.pk).why == "person"
    for _ in range(3):
        market.step()
        assert look(market, algo).filled == D("0.02")
    resume_algo(actor=actor, algo_id=algo.pk)
    assert look(market, algo).filled == D("0.08")
    cancel_algo(actor=actor, algo_id=algo.pk)
    algo = look(market, algo)
    assert (algo.status, algo.why, algo.filled) == ("done", "cancelled", D("0.08"))
    assert algo.ended_at is not None
    with pytest.raises(DomainError) as over:
        resume_algo(actor=actor, algo_id=algo.pk)
    assert over.value.code == "orders.algo_over"
    names = list(
        OutboxEvent.objects.filter(name__startswith="orders.algo").order_by("id").values_list("name", flat=True)
    )
    assert names == ["orders.algo_started", "orders.algo_paused", "orders.algo_ended"]


def test_a_cancelled_iceberg_takes_its_visible_part_back(market, customer, connection_id):
    limit = (price_now(market) * D("0.9")).quantize(D("0.01"))
    wanted = wish("iceberg", quantity="0.05", limit_price=limit, display_quantity=D("0.02"), duration=None)
    algo = look(market, started(market, customer, connection_id, wanted))
    pause_algo(actor=Actor.of(customer), algo_id=algo.pk)
    look(market, algo)
    assert [order.state for order in orders_of(algo)] == ["cancelled"]
    cancel_algo(actor=Actor.of(customer), algo_id=algo.pk)
    assert look(market, algo).why == "cancelled"
    assert faults() == {}


def test_children_that_are_refused_pause_it_with_the_reason_and_a_silent_market_gets_none(
    market, customer, connection_id
):
    algo = started(market, customer, connection_id, wish("twap", quantity="12"))  # 100,000 USDT do not pay the parts
    forget_price("BTCUSDT")
    assert advance_algo(algo_id=algo.pk).why == "silent"
    for _ in range(4):
        algo = look(market, algo)
        market.step()
    algo = look(market, algo)
    assert (algo.status, algo.why) == ("paused", "refused")
    assert "USDT are available on this account" in algo.last_refusal
    assert algo.filled == D(1)


REFUSED = [
    (wish("twap", slices=0), "orders.algo_does_not_fit"),
    (wish("twap", duration=timedelta(days=8)), "orders.algo_does_not_fit"),
    (wish("twap", duration=None), "orders.algo_does_not_fit"),
    (wish("pov"), "orders.algo_does_not_fit"),
    (wish("iceberg", limit_price=D(60_000)), "orders.algo_does_not_fit"),
    (wish("iceberg", limit_price=D(60_000), display_quantity=D("0.000001")), "orders.algo_does_not_fit"),
    (wish("twap", quantity="0.000001"), "orders.quantity_off_grid"),
    (wish("twap", limit_price=D("0.001")), "orders.price_off_grid"),
]


@pytest.mark.parametrize(("wanted", "code"), REFUSED)
def test_what_does_not_fit_is_refused_before_anything_is_stored(market, customer, connection_id, wanted, code):
    with pytest.raises(DomainError) as refused:
        started(market, customer, connection_id, wanted)
    assert refused.value.code == code
    assert not AlgoOrder.objects.exists()


def test_nobody_reaches_the_algorithm_of_another(market, customer, other_customer, connection_id):
    algo = started(market, customer, connection_id, wish("twap"))
    for operation in (pause_algo, resume_algo, cancel_algo):
        with pytest.raises(DomainError) as refused:
            operation(actor=Actor.of(other_customer), algo_id=algo.pk)
        assert refused.value.code == "orders.algo_missing"


def test_a_guard_pauses_it_tells_why_and_a_person_resumes_it(market, customer, connection_id):
    actor = Actor.of(customer)
    algo = started(market, customer, connection_id, wish("twap", guard_bps=30))
    arrival = price_now(market)
    assert (algo.guard_price, look(market, algo).filled) == (arrival, D("0.02"))
    dear = (arrival * D("1.0031")).quantize(D("0.01"))
    market.step()
    say_price("BTCUSDT", (arrival * D("1.0029")).quantize(D("0.01")))
    algo = advance_algo(algo_id=algo.pk)
    assert (algo.status, algo.filled > D("0.02")) == ("working", True)
    filled = algo.filled
    market.step()
    say_price("BTCUSDT", dear)
    algo = advance_algo(algo_id=algo.pk)
    assert (algo.status, algo.why, algo.filled, algo.next_number) == ("paused", "slippage", filled, 2)
    drain()
    told = InboxItem.objects.get(owner=customer, topic="orders.algo_paused")
    assert "slippage guard" in told.params["why"]
    assert frame(algo, get_spec(algo.symbol))["state_sentence"].startswith(
        "Paused: its mean price or the market is worse"
    )
    say_price("BTCUSDT", arrival)
    assert advance_algo(algo_id=algo.pk).status == "paused"
    say_price("BTCUSDT", dear)
    resumed = resume_algo(actor=actor, algo_id=algo.pk)
    assert (resumed.guard_from, resumed.guard_price) == (2, None)
    algo = advance_algo(algo_id=algo.pk)
    assert (algo.status, algo.guard_price, algo.next_number) == ("working", dear, 3)


def test_the_guard_stops_live_and_in_a_back_test_after_the_same_fills(market, customer, connection_id):
    algo = started(market, customer, connection_id, wish("twap", guard_bps=2))
    algo = work_off(market, algo, 14)
    done, spec = simulated(market, algo), get_spec("BTCUSDT")
    assert fills_of(algo) == [(fill.number, fill.lots, spec.price(fill.ticks)) for fill in done.fills]
    assert (algo.status, algo.why) == (done.state.status.value, done.state.why.value) == ("done", "slippage")
    assert 0 < algo.filled < algo.quantity
    assert algo.start_ms < done.paused_ms < algo.end_ms
