"""Rebalancing: worked out exactly, ordered once however often it is asked, sales before buys, called off cleanly."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.clock import freeze, now
from apps.core.transitions import MoveNotAllowed
from apps.trading.orders.models import Order
from apps.trading.orders.operations import cancel_order
from apps.trading.portfolios import operations, rebalancing
from apps.trading.portfolios.errors import PlanImpossible, PlanMissing, TargetsInvalid
from apps.trading.portfolios.models import Portfolio, RebalanceLine, RebalancePlan
from kernel.portfolio import drifts
from tests.apps.trading.portfolios.ground import SYSTEM, D, whose
from tests.factories.people import once
from tests.factories.prices import forget_price, say_price

pytestmark = pytest.mark.django_db


def states(plan) -> list[tuple[str, str]]:
    return list(RebalanceLine.objects.filter(plan=plan).order_by("number").values_list("side", "state"))


def test_drift_and_moves_are_exact():
    found = drifts({"BTC": D(5000)}, {"BTC": D(20), "ETH": D(40)}, D(10_000))
    assert [(one.asset, one.actual, one.drift, one.move) for one in found] == [
        ("BTC", 50, 30, -3000), ("ETH", 0, -40, 4000),
    ]  # fmt: skip
    for wrong in ({"BTC": D(101)}, {"BTC": D(-1)}):
        with pytest.raises(ValueError, match="targets"):
            drifts({}, wrong, D(1))
    with pytest.raises(ValueError, match="nothing"):
        drifts({}, {}, D(0))


def test_a_preview_orders_nothing_and_says_cost_and_what_cannot_be(ground, row):
    plan = operations.preview_rebalance(**whose(ground), portfolio_id=row.pk)
    lines = [(one.side, one.symbol, one.quantity, one.worth) for one in plan.lines.order_by("number")]
    assert lines == [("sell", "BTCUSDT", 30, 3000), ("buy", "ETHUSDT", 400, 4000)]
    assert plan.value == 10_000
    assert plan.fees == sum(one.fee for one in plan.lines.all()) > 0
    assert not Order.objects.exists()
    forget_price("ETHUSDT")
    say_price("BTCUSDT", D(100), age=timedelta(minutes=10))
    refused = operations.preview_rebalance(**whose(ground), portfolio_id=row.pk)
    assert {one.reason for one in refused.lines.all()} <= {"no price is known", "the price is too old to trade on"}
    with pytest.raises(PlanImpossible, match="no line"):
        operations.start_rebalance(**whose(ground), plan_id=refused.pk)


def test_run_twice_it_places_the_same_orders_sales_first(ground, row):
    plan = operations.preview_rebalance(**whose(ground), portfolio_id=row.pk)
    operations.start_rebalance(**whose(ground), plan_id=plan.pk)
    operations.start_rebalance(**whose(ground), plan_id=plan.pk)
    for _ in range(3):
        operations.advance_rebalance(plan_id=plan.pk)
    assert states(plan) == [("sell", "placed"), ("buy", "waiting")]
    sale = Order.objects.get()
    assert (sale.origin_kind, sale.origin_id, sale.quantity, sale.client_id[0]) == ("rebalance", plan.pk, 30, "r")
    # As if the worker had died before it noted the order: the same one is found again.
    RebalanceLine.objects.filter(plan=plan, number=1).update(state="waiting", order_id=None)
    operations.advance_rebalance(plan_id=plan.pk)
    assert Order.objects.get().pk == RebalanceLine.objects.get(plan=plan, number=1).order_id == sale.pk
    other = operations.preview_rebalance(**whose(ground), portfolio_id=row.pk)
    with pytest.raises(PlanImpossible, match=r"under way|no line"):
        operations.start_rebalance(**whose(ground), plan_id=other.pk)
    cancel_order(actor=SYSTEM, order_id=sale.pk)
    operations.advance_rebalance(plan_id=plan.pk)
    assert states(plan)[1][1] in {"placed", "failed"}
    for order in Order.objects.exclude(pk=sale.pk):
        cancel_order(actor=SYSTEM, order_id=order.pk)
    with CaptureQueriesContext(connection) as seen:
        operations.advance_rebalance(plan_id=plan.pk)
    assert len([one for one in seen if 'FROM "orders_order"' in one["sql"]]) == 1, "the orders' states are read at once"
    plan.refresh_from_db()
    assert plan.state == "done"


def test_called_off_it_takes_its_orders_back(ground, row):
    plan = operations.preview_rebalance(**whose(ground), portfolio_id=row.pk)
    operations.start_rebalance(**whose(ground), plan_id=plan.pk)
    operations.advance_rebalance(plan_id=plan.pk)
    operations.cancel_rebalance(**whose(ground), plan_id=plan.pk)
    for _ in range(2):
        operations.advance_rebalance(plan_id=plan.pk)
    assert states(plan) == [("sell", "placed"), ("buy", "dropped")]
    assert Order.objects.get().is_final
    with pytest.raises(MoveNotAllowed):
        operations.start_rebalance(**whose(ground), plan_id=plan.pk)


def test_what_may_not_be_is_refused(ground, row, other_customer):
    for wrong in ({"BTC": D(100)}, {"BTC": D(60), "ETH": D(60)}, {"NOPE": D(1)}, {"BTC": Decimal("NaN")}):
        with pytest.raises(TargetsInvalid):
            operations.set_targets(**whose(ground), portfolio_id=row.pk, targets=wrong)
    plan = operations.preview_rebalance(**whose(ground), portfolio_id=row.pk)
    with pytest.raises(PlanMissing):
        rebalancing.get_plan(plan.pk, other_customer.pk)
    with freeze(now() + timedelta(minutes=6)), pytest.raises(PlanImpossible, match="five minutes"):
        operations.start_rebalance(**whose(ground), plan_id=plan.pk)
    Portfolio.objects.filter(pk=row.pk).update(mode="live")
    with pytest.raises(PlanImpossible, match="one by one"):
        operations.start_rebalance(**whose(ground), plan_id=plan.pk)
    Portfolio.objects.filter(pk=row.pk).update(mode="paper")
    operations.set_targets(**whose(ground), portfolio_id=row.pk, targets={})
    with pytest.raises(PlanImpossible, match="no target"):
        operations.preview_rebalance(**whose(ground), portfolio_id=row.pk)


def test_page_and_api_do_it_all(ground, row, customer, other_customer, web, api):
    client, browser, url = api(customer), web(customer), f"/portfolios/{row.pk}/rebalance/"
    targets = {"targets": [{"asset": "BTC", "percent": "20"}, {"asset": "ETH", "percent": "40"}]}
    place = f"/api/v1/portfolios/{row.pk}"
    assert client.put(f"{place}/targets", targets, format="json", headers=once()).json() == targets
    assert client.get(f"{place}/targets").json() == targets
    made = client.post(f"{place}/rebalances", headers=once())
    assert (made.status_code, [one["quantity"] for one in made.json()["lines"]]) == (201, ["30", "400"])
    plan = f"/api/v1/rebalances/{made.json()['id']}"
    assert client.post(f"{plan}/start", headers=once()).json()["state"] == "running"
    assert client.post(f"{plan}/cancel", headers=once()).json()["state"] == "cancelled"
    assert client.post(f"{plan}/start", headers=once()).status_code == 409
    assert api(other_customer).get(plan).status_code == 404
    assert browser.post(url, {"action": "targets", "targets": "btc 10%\neth 5"}).status_code == 302
    assert browser.post(url, {"action": "targets", "targets": "btc"}).status_code == 422
    assert browser.post(url, {"action": "targets", "targets": "BTC 99\nETH 5"}).status_code == 422
    say_price("BTCUSDT", D(100))
    say_price("ETHUSDT", D(10))
    for _ in range(2):
        assert browser.post(url, {"action": "preview", "idempotency_key": "p1"}).status_code == 302
    assert RebalancePlan.objects.count() == 2, "one over the API, one of the form that was sent twice"
    page = browser.get(url).content.decode()
    assert "Place these orders" in page
    newest = rebalancing.newest_plan(row)
    assert newest is not None
    assert browser.post(url, {"action": "start", "plan_id": str(newest.pk)}).status_code == 302
    assert "Running" in browser.get(url).content.decode()
    assert browser.post(url, {"action": "cancel", "plan_id": str(newest.pk)}).status_code == 302
    assert web(other_customer).get(url).status_code == 404
