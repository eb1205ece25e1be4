"""Comparing with the venue: the missed is found, the foreign left alone, differences told, nothing invented."""

import json
from decimal import Decimal

import ccxt
import pytest
from django.core.management import call_command

from apps.core.context import current_schema
from apps.trading.exchanges.operations import open_credentials
from apps.trading.orders.models import ExternalOrder, Fill, Order, ReconcileIncident
from apps.trading.orders.operations import claim_order, reconcile_connection, send_order
from apps.trading.orders.queries import list_incidents
from apps.trading.positions.models import Position
from tests.apps.trading.orders.wishes import SYSTEM, D, place, wish

pytestmark = pytest.mark.django_db


def foreign(connection_id):
    """Another program with the same key."""
    return ccxt.binance(open_credentials(connection_id).settings)


def test_a_second_run_changes_nothing(market, customer, connection_id):
    reconcile_connection(connection_id=connection_id)
    send_order(order_id=place(customer, connection_id).pk)
    first = reconcile_connection(connection_id=connection_id)
    rows = (Fill.objects.count(), Position.objects.get().version, Order.objects.count())
    second = reconcile_connection(connection_id=connection_id)
    assert (first.differences, first.balances_compared, first.error) == ([], True, "")
    assert (second.settled, second.new_fills, second.differences) == (0, 0, [])
    assert (Fill.objects.count(), Position.objects.get().version, Order.objects.count()) == rows


def test_an_order_whose_worker_died_after_sending_is_adopted(market, customer, connection_id):
    reconcile_connection(connection_id=connection_id)
    order = place(customer, connection_id)
    claimed = claim_order(actor=SYSTEM, order_id=order.pk)
    from apps.trading.exchanges.operations import open_venue

    assert claimed is not None
    open_venue(connection_id).submit(claimed.request)
    report = reconcile_connection(connection_id=connection_id)
    order.refresh_from_db()
    assert (order.state, report.settled, report.differences) == ("filled", 1, [])
    assert Position.objects.get().version == order.fills.count()


def test_executions_nobody_told_us_of_are_booked(market, customer, connection_id):
    reconcile_connection(connection_id=connection_id)
    price = Decimal(market.sandbox.control.status()["prices"]["BTCUSDT"])
    bid = (price * D("0.9999")).quantize(D("0.01"))
    orders = [send_order(order_id=place(customer, connection_id, wish(price=str(bid))).pk) for _ in range(3)]
    for _ in range(30):
        market.step()
        report = reconcile_connection(connection_id=connection_id)
        assert report.differences == []
        if not Order.objects.filter(state="open").exists():
            break
    assert {Order.objects.get(pk=order.pk).state for order in orders} == {"filled"}
    assert Position.objects.get().quantity == D("0.03") * D("0.999")


def test_foreign_orders_are_listed_and_never_touched(market, customer, connection_id):
    venue = foreign(connection_id)
    theirs = venue.create_order("BTC/USDT", "limit", "buy", 0.01, 30_000)
    report = reconcile_connection(connection_id=connection_id)
    row = ExternalOrder.objects.get()
    assert (report.external, row.venue_order_id, row.is_open, report.differences) == (1, theirs["id"], True, [])
    assert not Order.objects.exists()
    assert len(venue.fetch_open_orders("BTC/USDT")) == 1
    venue.cancel_order(theirs["id"], "BTC/USDT")
    reconcile_connection(connection_id=connection_id)
    row.refresh_from_db()
    assert not row.is_open


def test_a_balance_that_our_fills_do_not_explain_is_an_incident_and_no_fill_is_invented(
    market, customer, connection_id
):
    reconcile_connection(connection_id=connection_id)
    foreign(connection_id).create_order("BTC/USDT", "market", "buy", 0.01)
    for _ in range(2):
        report = reconcile_connection(connection_id=connection_id)
        assert {item["subject"] for item in report.differences} == {"BTC", "USDT"}
    assert ReconcileIncident.objects.count() == 2
    assert not Fill.objects.exists()
    foreign(connection_id).create_order("BTC/USDT", "market", "sell", 0.00999)
    reconcile_connection(connection_id=connection_id)
    assert list_incidents(connection_id).count() == 1 + ("BTC" in {row.subject for row in list_incidents()})


def test_an_order_with_our_mark_and_without_intent_is_told(market, customer, connection_id):
    stray = place(customer, connection_id, wish(price="30000"))
    params = {"clientOrderId": "m" + "z" * 25}
    foreign(connection_id).create_order("BTC/USDT", "limit", "buy", 0.01, 30_000, params)
    report = reconcile_connection(connection_id=connection_id)
    assert [(item["kind"], item["subject"]) for item in report.differences] == [("lost_intent", "m" + "z" * 25)]
    stray.refresh_from_db()
    assert stray.state == "intent"


def test_an_exchange_that_is_away_is_an_error_and_no_difference(market, customer, connection_id, settings):
    from apps.trading.exchanges.operations import close_venues

    close_venues()
    url, settings.SANDBOX_URL = settings.SANDBOX_URL, "http://127.0.0.1:9"
    report = reconcile_connection(connection_id=connection_id)
    settings.SANDBOX_URL = url
    close_venues()
    assert report.error
    assert report.differences == []


def test_the_command_answers_with_its_exit_code(market, customer, connection_id, capsys):
    schema = current_schema()
    for code, act in ((0, None), (1, lambda: foreign(connection_id).create_order("BTC/USDT", "market", "buy", 0.01))):
        if act is not None:
            act()
        with pytest.raises(SystemExit) as ended:
            call_command("reconcile", "--json", "--schema", schema)
        answer = json.loads(capsys.readouterr().out)
        assert (ended.value.code, bool(answer["differences"])) == (code, bool(code))
        assert len(answer["tenants"][schema]) == 1
