"""Algorithms on contracts: each child holds its own margin, the figures are exact, and what reduces only reduces."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.finance.ledger.models import Hold
from apps.trading.instruments.queries import get_spec
from apps.trading.orders import operations as orders
from apps.trading.orders.algos.choices import AlgoKind
from apps.trading.orders.algos.market import orders_of, plan_of
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.operations import AlgoWish, advance_algo, cancel_algo, start_algo, step_algo
from apps.trading.orders.errors import ContractOrdersWait, NothingToReduce, PositionSideNeeded
from apps.trading.orders.models import Order
from apps.trading.positions.models import Position
from apps.trading.positions.operations import choose_mode
from kernel.execution import replay
from kernel.instruments import Side
from kernel.simulation import Costs
from tests.apps.trading.orders.contract_desk import PERP, Desk
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.test_algos import fills_of, look, price_now, work_off
from tests.apps.trading.orders.wishes import SYSTEM
from tests.factories.paper_market import STEP, between
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db
D = Decimal
FEE, MAKER = D("0.0005"), D("0.0002")


@pytest.fixture
def desk(market, customer, connection_id):
    return Desk(market, customer, connection_id)


def wish(algo: str, side: str = "buy", quantity: str = "0.24", **more: Any) -> AlgoWish:
    facts: dict[str, Any] = {"duration": timedelta(hours=1), **more}
    if algo in ("twap", "vwap"):
        facts.setdefault("slices", 6)
    return AlgoWish(symbol=PERP, side=Side(side), algo=AlgoKind(algo), quantity=D(quantity), **facts)


def start(desk: Desk, wanted: AlgoWish) -> AlgoOrder:
    say_price("BTCUSDT", price_now(desk.market))
    return start_algo(**desk.who, connection_id=desk.connection_id, wish=wanted)


def simulated(market: Any, algo: AlgoOrder) -> list[tuple[int, int, Decimal]]:
    """What the back-test of the same plan fills on the same path."""
    bars, spec = between(market.recorded, algo.start_ms, market.last_ts + 2 * STEP), get_spec(PERP)
    done = replay(bars, plan_of(algo), spec, Costs(taker_fee=FEE, maker_fee=MAKER))
    return [(fill.number, fill.lots, spec.price(fill.ticks)) for fill in done.fills]


def brought(*algos: AlgoOrder) -> Decimal:
    """What the children's fills moved in the wallet once the position is closed: prices and fees, by hand."""
    sign, total = {"buy": -1, "sell": 1}, D(0)
    for algo in algos:
        for order in orders_of(algo):
            for fill in order.fills.all():
                rate = MAKER if fill.is_maker else FEE
                total += fill.quantity * fill.price * (sign[order.side] - rate)
    return total


def test_a_twap_opens_and_another_one_closes_with_margin_held_for_each_part(desk, market):
    opening = start(desk, wish("twap"))
    first = step_algo(actor=SYSTEM, algo_id=opening.pk)
    assert first.placed is not None
    child = Order.objects.get(pk=first.placed)
    worth = D("0.04") * child.wanted_price
    hold = Hold.objects.get()
    assert (hold.key, hold.amount) == (f"order:{child.pk}", (worth / 10 + worth * FEE) * D("1.01"))
    orders.send_order(order_id=child.pk)
    opening = work_off(market, opening, 14)
    assert (opening.why, opening.filled, opening.next_number) == ("complete", D("0.24"), 6)
    assert fills_of(opening) == simulated(market, opening)
    position = Position.objects.get()
    assert (position.quantity, position.book_id, position.is_contract) == (D("0.24"), opening.book_id, True)
    assert Hold.objects.count() == 6
    assert set(Hold.objects.values_list("state", flat=True)) == {"released"}
    account = desk.advance()
    assert account.wallet == desk.mirror() == 20_000 - position.cost * FEE

    closing = start(desk, wish("twap", "sell", "0.9", reduce_only=True))
    assert closing.quantity == D("0.24")  # no more than there is
    closing = work_off(market, closing, 14)
    assert (closing.why, closing.filled, closing.next_number) == ("complete", D("0.24"), 6)
    assert {(order.reduce_only, order.state) for order in orders_of(closing)} == {(True, "filled")}
    assert Hold.objects.count() == 6  # what only closes holds nothing
    account = desk.advance()
    assert account.wallet == desk.mirror() == 20_000 + brought(opening, closing)
    position.refresh_from_db()
    assert (position.quantity, position.version) == (0, 12)
    report = orders.reconcile_connection(connection_id=desk.connection_id)
    assert (report.error, report.differences, report.new_fills) == ("", [], 0)
    assert faults() == {}


def within_reach(market: Any, side: str) -> Decimal:
    """A limit at which an order rests now, and which the recording passes within an hour."""
    sign = -1 if side == "buy" else 1
    for _ in range(100):
        price, last = price_now(market), market.last_ts
        ahead = between(market.recorded, last + STEP, last + 13 * STEP)
        best = D(int(min(ahead.low) if side == "buy" else max(ahead.high))).scaleb(-2)
        if sign * (best - price) > price * D("0.0015"):
            return (price * (1 + sign * D("0.0005"))).quantize(D("0.01"))
        market.step()
    raise AssertionError("the recording stands still")


def test_an_iceberg_shows_a_part_with_its_margin_and_another_one_only_reduces(desk, market):
    limit = within_reach(market, "buy")
    more: dict[str, Any] = {"display_quantity": D("0.02"), "duration": None}
    opening = look(market, start(desk, wish("iceberg", quantity="0.05", limit_price=limit, **more)))
    (shown,) = orders_of(opening)
    worth = D("0.02") * limit
    assert (shown.state, shown.quantity, shown.price) == ("open", D("0.02"), limit)
    assert Hold.objects.get(state="open").amount == worth / 10 + worth * FEE
    opening = work_off(market, opening, 80)
    assert (opening.why, opening.filled) == ("complete", D("0.05"))
    assert (fills_of(opening), fills_of(opening)[0][2]) == (simulated(market, opening), limit)
    assert [order.quantity for order in orders_of(opening)] == [D("0.02"), D("0.02"), D("0.01")]
    assert not Hold.objects.filter(state="open").exists()
    above = within_reach(market, "sell")
    closing = look(market, start(desk, wish("iceberg", "sell", "0.05", limit_price=above, reduce_only=True, **more)))
    (there,) = desk.venue().fapiPrivateGetOpenOrders()
    assert (there["origQty"], str(there["reduceOnly"]).lower()) == ("0.020", "true")
    assert not Hold.objects.filter(state="open").exists()
    closing = work_off(market, closing, 80)
    assert (closing.why, closing.filled) == ("complete", D("0.05"))
    assert (fills_of(closing), fills_of(closing)[0][2]) == (simulated(market, closing), above)
    account = desk.advance()
    assert account.wallet == desk.mirror() == 20_000 + brought(opening, closing)
    assert (Position.objects.get().quantity, faults()) == (0, {})


@pytest.mark.parametrize("algo", ["vwap", pytest.param("pov", marks=pytest.mark.long)])
def test_volume_of_the_market_that_a_contract_follows_sets_the_pace(desk, market, algo):
    share = {"participation_bps": 30} if algo == "pov" else {}
    going = work_off(market, start(desk, wish(algo, "sell", "0.6", **share)), 14)
    assert fills_of(going) == simulated(market, going)
    assert going.filled > 0
    assert (Position.objects.get().quantity, faults()) == (-going.filled, {})


def test_in_hedge_mode_each_side_is_worked_off_apart_and_the_mode_stays(desk, market):
    with pytest.raises(PositionSideNeeded):
        start(desk, wish("twap", position_side="long"))
    with pytest.raises(NothingToReduce):
        start(desk, wish("twap", "sell", reduce_only=True))
    assert not AlgoOrder.objects.exists()
    desk.venue().fapiPrivatePostPositionSideDual({"dualSidePosition": "true"})
    desk.advance()
    with pytest.raises(PositionSideNeeded):
        start(desk, wish("twap"))
    opening = start(desk, wish("twap", "sell", "0.06", position_side="short", slices=2, duration=timedelta(minutes=10)))
    with pytest.raises(ContractOrdersWait):
        choose_mode(**desk.who, account_id=desk.account.pk, is_hedged=False)
    opening = work_off(market, opening, 4)
    assert (opening.why, opening.filled) == ("complete", D("0.06"))
    more: dict[str, Any] = {"slices": 2, "duration": timedelta(minutes=10), "reduce_only": True}
    closing = work_off(market, start(desk, wish("twap", "buy", "0.06", position_side="short", **more)), 4)
    assert (closing.why, closing.filled) == ("complete", D("0.06"))
    assert list(Position.objects.values_list("position_side", "quantity")) == [("short", D(0))]
    assert faults() == {}


def test_a_wallet_that_is_too_small_pauses_it_and_a_cancel_gives_the_margin_back(desk, market):
    algo = start(desk, wish("twap", quantity="60", slices=2))  # 30 BTC at ten times are more than 20,000 USDT
    for _ in range(4):
        algo = look(market, algo)
        market.step()
    assert (algo.status, algo.why, algo.filled) == ("paused", "refused", 0)
    assert "USDT are available" in algo.last_refusal
    cancel_algo(**{"actor": desk.who["actor"]}, algo_id=algo.pk)
    assert advance_algo(algo_id=algo.pk).why == "cancelled"
    far = (price_now(market) * D("0.9")).quantize(D("0.01"))
    resting = wish("iceberg", quantity="0.05", limit_price=far, display_quantity=D("0.02"), duration=None)
    algo = look(market, start(desk, resting))
    assert Hold.objects.filter(state="open").count() == 1
    cancel_algo(**{"actor": desk.who["actor"]}, algo_id=algo.pk)
    assert look(market, algo).why == "cancelled"
    assert not Hold.objects.filter(state="open").exists()
    assert desk.venue().fapiPrivateGetOpenOrders() == []
    assert faults() == {}


def test_page_and_api_start_one_on_a_contract(desk, customer, web, api, market):
    say_price("BTCUSDT", price_now(market))
    body = {
        "connection_id": str(desk.connection_id), "symbol": PERP, "side": "buy", "algo": "twap", "quantity": "0.06",
        "minutes": 60, "slices": 3,
    }  # fmt: skip
    made = api(customer).post("/api/v1/algo-orders", body, format="json", headers={"Idempotency-Key": "one"})
    assert (made.status_code, made.json()["symbol"], made.json()["reduce_only"]) == (201, PERP, False)
    both = body | {"position_side": "long"}
    refused = api(customer).post("/api/v1/algo-orders", both, format="json", headers={"Idempotency-Key": "two"})
    assert (refused.status_code, refused.json()["code"]) == (422, "orders.position_side")
    client = web(customer)
    assert "BTC/USDT contract" in client.get("/orders/algos/new/").content.decode()
    form = {
        "connection": str(desk.connection_id), "symbol": PERP, "side": "sell", "algo": "twap", "quantity": "0.06",
        "minutes": "60", "slices": "3", "catch_up": "at_once", "rest": "finish", "reduce_only": "on",
        "idempotency_key": "three",
    }  # fmt: skip
    page = client.post("/orders/algos/new/", form)
    assert (page.status_code, "no open BTCUSDTPERP position" in page.content.decode()) == (422, True)
    assert client.post("/orders/algos/new/", {**form, "side": "buy", "reduce_only": ""}).status_code == 302
    assert AlgoOrder.objects.count() == 2
