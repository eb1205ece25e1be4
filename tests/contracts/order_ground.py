"""A valid request for every write of orders over the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from apps.core.actors import Actor
from apps.core.approvals import decide
from apps.core.clock import now
from apps.core.context import current_tenant_schema
from apps.platform.tenants.queries import get_tenant_by_schema
from apps.trading.orders.algos.choices import AlgoKind
from apps.trading.orders.algos.operations import AlgoWish, pause_algo, start_algo
from apps.trading.orders.choices import Kind
from apps.trading.orders.commissions.operations import RateLine, draft_schedule, propose_schedule
from apps.trading.orders.models import Order, StaffTrade
from apps.trading.orders.operations import (
    Exit,
    NewGroup,
    NewOrder,
    claim_order,
    open_mirror,
    place_group,
    place_order,
)
from apps.trading.orders.routing.operations import RouteWish, place_route
from apps.trading.orders.staff_trades.operations import Traded, ask_to_book
from apps.trading.sandbox.models import SandboxAccount
from kernel.instruments import Side
from tests.contracts.money_ground import SYSTEM, D, Person, Request, on_row
from tests.factories.people import make_staff
from tests.factories.prices import say_book


def order_of(person: Person) -> Any:
    """Return an order that is stored and not sent."""
    wish = NewOrder(symbol="BTCUSDT", side=Side.BUY, kind=Kind.LIMIT, quantity=D("0.01"), price=D(60000))
    return place_order(actor=person.actor, owner_id=person.user.pk, connection_id=person.connection_id, order=wish)


def _place_order(person: Person) -> Request:
    body = {
        "connection_id": str(person.connection_id), "symbol": "BTCUSDT", "side": "buy", "kind": "limit",
        "quantity": "0.01", "price": "60000",
    }  # fmt: skip
    return Request("/api/v1/orders", body, {**body, "price": "60001"}, ("", {**body, "quantity": "900"}))


def _cancel_order(person: Person) -> Request:
    return on_row("/orders/{}/cancel", order_of(person).pk)


def _amend_order(person: Person) -> Request:
    order = order_of(person)
    claimed = claim_order(actor=SYSTEM, order_id=order.pk)
    assert claimed is not None
    Order.objects.filter(pk=order.pk).update(state="open", venue_order_id=f"v-{order.pk}"[:64])
    body = {"price": "59000"}
    return Request(f"/api/v1/orders/{order.pk}/amend", body, {"price": "58000"}, ("", {"price": "0.001"}))


def _batch(person: Person) -> Request:
    one = _place_order(person).body
    return Request("/api/v1/orders/batch", {"orders": [one]}, {"orders": [one, one]}, ("", {"orders": []}))


def _cancel_all(person: Person) -> Request:
    order_of(person)
    body = {"symbol": "BTCUSDT"}
    return Request("/api/v1/orders/cancel-all", body, {"symbol": "ETHUSDT"}, ("", {"symbol": "not a symbol"}))


def _group(person: Person) -> Request:
    body = {
        "connection_id": str(person.connection_id), "entry": _place_order(person).body,
        "take_profit": {"price": "90000"}, "stop": {"stop_price": "40000"},
    }  # fmt: skip
    crossed = {**body, "take_profit": {"price": "30000"}}
    return Request("/api/v1/orders/groups", body, {**body, "stop": {"stop_price": "41000"}}, ("", crossed))


def _cancel_group(person: Person) -> Request:
    entry = NewOrder(symbol="BTCUSDT", side=Side.BUY, kind=Kind.LIMIT, quantity=D("0.01"), price=D(60000))
    wanted = NewGroup(entry=entry, take_profit=Exit(price=D(90000)), stop=Exit(stop_price=D(40000)))
    group = place_group(actor=person.actor, owner_id=person.user.pk, connection_id=person.connection_id, group=wanted)
    return on_row("/orders/groups/{}/cancel", group.pk)


def _algo_body(person: Person) -> dict[str, Any]:
    return {
        "connection_id": str(person.connection_id), "symbol": "BTCUSDT", "side": "buy", "algo": "twap",
        "quantity": "0.05", "minutes": 60, "slices": 5,
    }  # fmt: skip


def _algo(person: Person) -> Request:
    body = _algo_body(person)
    return Request("/api/v1/algo-orders", body, {**body, "slices": 4}, ("", {**body, "quantity": "0.0000001"}))


def _algo_verb(verb: str) -> Callable[[Person], Request]:
    def made(person: Person) -> Request:
        wish = AlgoWish(
            symbol="BTCUSDT", side=Side.BUY, algo=AlgoKind.TWAP, quantity=D("0.05"),
            duration=timedelta(hours=1), slices=5,
        )  # fmt: skip
        row = start_algo(actor=person.actor, owner_id=person.user.pk, connection_id=person.connection_id, wish=wish)
        if verb == "resume":
            pause_algo(actor=person.actor, algo_id=row.pk)
        return on_row(f"/algo-orders/{{}}/{verb}", row.pk)

    return made


def _route_body(person: Person) -> dict[str, Any]:
    assert person.connection_id  # an account that the order can be routed to
    say_book("BTCUSDT", "sandbox", bids=[("59990", "5")], asks=[("60000", "5")])
    return {"symbol": "BTCUSDT", "side": "buy", "mode": "paper", "quantity": "0.01", "limit_price": "60100"}


def _route(person: Person) -> Request:
    body = _route_body(person)
    return Request("/api/v1/routed-orders", body, {**body, "quantity": "0.02"}, ("", {**body, "mode": "live"}))


def _cancel_route(person: Person) -> Request:
    given = _route_body(person)
    wish = RouteWish(
        symbol=given["symbol"], side=Side.BUY, mode="paper", quantity=D(given["quantity"]), limit_price=D("60100")
    )
    row = place_route(actor=person.actor, owner_id=person.user.pk, wish=wish)
    return on_row("/routed-orders/{}/cancel", row.pk)


def _bounds(person: Person) -> Request:
    body = {"worst_slippage_bps": 50, "slowest_answer_ms": 2_000}
    refused = {**body, "worst_slippage_bps": -1}
    return Request(
        "/api/v1/orders/quality/bounds", body, {**body, "slowest_answer_ms": 3_000}, ("", refused), method="PUT"
    )


def _order_limits(person: Person) -> Request:
    body = {"most_per_order": "4000", "most_per_day": "9000", "confirm_above": "500"}
    return Request("/api/v1/orders/limits", body, {"most_per_day": "8000"}, ("", {"most_per_day": "-1"}), method="PUT")


def _staff_trade_body(person: Person) -> dict[str, Any]:
    open_mirror(actor=SYSTEM, connection_id=person.connection_id)
    return {
        "customer_id": str(person.user.pk), "connection_id": str(person.connection_id), "symbol": "BTCUSDT",
        "side": "buy", "quantity": "0.01", "price": "60000", "fee": "0.6",
        "traded_at": (now() - timedelta(days=1)).isoformat(), "reason": "by telephone",
    }  # fmt: skip


def _staff_trade(person: Person) -> Request:
    assert person.staff.session
    body = _staff_trade_body(person)
    wrong = {**body, "customer_id": str(uuid4())}
    return Request("/api/v1/staff-trades", body, {**body, "quantity": "0.02"}, ("", wrong), by_staff=True)


def _counter_trade(person: Person) -> Request:
    assert person.staff.session
    maker, checker = (make_staff(f"{role}-{person.name}@example.test", role=role) for role in ("trading_ops", "owner"))
    given = _staff_trade_body(person)
    traded = Traded(
        connection_id=person.connection_id, symbol="BTCUSDT", side=Side.BUY, quantity=D("0.01"), price=D(60000),
        traded_at=now() - timedelta(days=1),
    )  # fmt: skip
    asked = ask_to_book(actor=Actor.of(maker), owner_id=person.user.pk, traded=traded, reason=given["reason"])
    decide(actor=Actor.of(checker), approval_id=asked.pk, agrees=True)
    body, path = {"reason": "twice in the books"}, "/api/v1/staff-trades/{}/counter-requests"
    row = StaffTrade.objects.get(owner_id=person.user.pk)
    return Request(path.format(row.pk), body, {"reason": "another"}, (path.format(uuid4()), body), by_staff=True)


def _schedule(person: Person) -> Request:
    assert person.staff.session
    line = {"symbol": "*", "from_volume": "0", "maker": "0.001", "taker": "0.002"}
    sale = {"symbol": "*", "starts": "2030-01-01T00:00:00Z", "ends": "2030-02-01T00:00:00Z", "percent_off": "10"}
    body = {
        "name": "Usual", "mode": "paper", "charged_in": "quote", "rates": [line], "promotions": [sale],
        "reason": "a new year",
    }  # fmt: skip
    return Request(
        "/api/v1/orders/commission-schedules", body, {**body, "name": "Unusual"}, ("", {**body, "rates": []}),
        by_staff=True,
    )  # fmt: skip


def _schedule_verb(verb: str) -> Callable[[Person], Request]:
    def made(person: Person) -> Request:
        assert person.staff.session
        maker, checker = (
            make_staff(f"{role}-{person.name}@example.test", role=role) for role in ("finance", "finance_approver")
        )
        rates = [RateLine("*", D(0), D("0.001"), D("0.002"))]
        row = draft_schedule(
            actor=Actor.of(maker), name="Usual", mode="paper", charged_in="quote", rates=rates, reason="a test"
        )
        if verb == "end-proposals":
            asked = propose_schedule(actor=Actor.of(maker), schedule_id=row.pk, reason="a test")
            decide(actor=Actor.of(checker), approval_id=asked.pk, agrees=True)
        body, path = {"reason": "as agreed"}, f"/api/v1/orders/commission-schedules/{{}}/{verb}"
        return Request(path.format(row.pk), body, {"reason": "another"}, (path.format(uuid4()), body), by_staff=True)

    return made


def _reset_account(person: Person) -> Request:
    found = get_tenant_by_schema(current_tenant_schema())
    SandboxAccount.objects.create(tenant_id=found.id, connection_id=person.connection_id, funds={"USDT": "100000"})
    return on_row("/connections/{}/reset", person.connection_id)


ORDER_SAMPLES: dict[str, Callable[[Person], Request]] = {
    "OrderList.post": _place_order,
    "OrderCancel.post": _cancel_order,
    "OrderAmend.post": _amend_order,
    "OrderBatch.post": _batch,
    "CancelAll.post": _cancel_all,
    "GroupList.post": _group,
    "GroupCancel.post": _cancel_group,
    "AlgoOrderList.post": _algo,
    "AlgoOrderPause.post": _algo_verb("pause"),
    "AlgoOrderResume.post": _algo_verb("resume"),
    "AlgoOrderCancel.post": _algo_verb("cancel"),
    "RoutedOrderList.post": _route,
    "RoutedOrderCancel.post": _cancel_route,
    "QualityBounds.put": _bounds,
    "OrderLimits.put": _order_limits,
    "StaffTradeList.post": _staff_trade,
    "StaffTradeCounter.post": _counter_trade,
    "CommissionScheduleList.post": _schedule,
    "CommissionScheduleProposal.post": _schedule_verb("proposals"),
    "CommissionScheduleEnd.post": _schedule_verb("end-proposals"),
    "CommissionScheduleDiscard.post": _schedule_verb("discard"),
    "AccountReset.post": _reset_account,
}
"""View and method → a valid request of a person, and what makes it be refused."""
