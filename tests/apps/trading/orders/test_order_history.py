"""The history: narrowed, in pages, summed as by hand, exported whole, and from an index however long it is."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database

from apps.core.clock import now, to_ms
from apps.trading.orders.choices import OrderState
from apps.trading.orders.history.choices import Wanted
from apps.trading.orders.history.export import chunks
from apps.trading.orders.history.queries import list_history, list_symbols, list_trades, sum_history
from apps.trading.orders.models import Order
from apps.trading.orders.operations import cancel_order, send_order, transmit_cancel
from tests.apps.trading.orders.wishes import SYSTEM, D, place, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def traded(market, customer, connection_id):
    """Bought 0.03, sold 0.02, one cancelled, one refused, one open; fees of a tenth of a percent."""
    made = [place(customer, connection_id, wish("buy", "0.03")), place(customer, connection_id, wish("sell", "0.02"))]
    low, high = D("30000"), D("67000")
    made += [place(customer, connection_id, wish("buy", "0.01", f"{low}")) for _ in range(2)]
    made = [send_order(order_id=order.pk) for order in made]
    cancel_order(actor=SYSTEM, order_id=made[2].pk)
    made[2] = transmit_cancel(order_id=made[2].pk)
    lost = place(customer, connection_id, wish("buy", "0.01", f"{high}"))
    Order.objects.filter(pk=lost.pk).update(state=OrderState.REJECTED, ended_at=now(), reject_code="-2010")
    made.append(Order.objects.get(pk=lost.pk))
    assert [order.state for order in made] == ["filled", "filled", "cancelled", "open", "rejected"]
    return made


def test_sums_equal_those_by_hand(traded, customer):
    buy, sell = traded[0], traded[1]
    found = sum_history(customer.pk, Wanted())
    assert (found.orders, found.over, found.fills) == (5, 4, 2)
    assert (found.fill_rate, found.cancel_rate, found.reject_rate, found.maker_share) == (
        D("0.5"),
        D("0.25"),
        D("0.25"),
        0,
    )
    assert found.worth == {"USDT": D("0.03") * buy.average_price + D("0.02") * sell.average_price}
    assert found.fees == {"BTC": D("0.00003"), "USDT": D("0.00002") * sell.average_price}
    assert found.realised == ({"USDT": sell.realised} if sell.realised else {})
    (day,) = found.by_day
    assert (day.key, day.orders, day.filled, day.rejected) == (f"{now():%Y-%m-%d}", 5, 2, 1)
    assert [(row.key, row.orders) for row in found.by_symbol] == [("BTCUSDT", 5)]
    assert [(row.key, row.label) for row in found.by_origin] == [("manual:", "By hand")]


def test_every_filter_narrows_and_strangers_see_nothing(traded, customer, other_customer, connection_id):
    def count(**given) -> int:
        return list_history(customer.pk, Wanted(**given)).count()

    assert count() == 5
    assert (count(side="sell"), count(outcome="open"), count(outcome="rejected"), count(symbol="ETHUSDT")) == (
        1,
        1,
        1,
        0,
    )
    assert (count(origin="manual"), count(origin="bot"), count(connection_id=connection_id)) == (5, 0, 5)
    moment = now() + timedelta(seconds=1)
    assert (count(end=moment), count(start=moment), count(start=moment - timedelta(hours=1))) == (5, 0, 5)
    assert (list_trades(customer.pk, Wanted(side="buy")).count(), list_symbols(customer.pk)) == (1, ["BTCUSDT"])
    assert list_history(other_customer.pk, Wanted()).count() == list_trades(other_customer.pk, Wanted()).count() == 0
    assert list_symbols(other_customer.pk) == []


def test_pages_api_and_export_show_the_same_rows(traded, customer, other_customer, web, api):
    client, keys = web(customer), [str(order.pk) for order in traded][::-1]
    text = client.get("/orders/history/?state=rejected&symbol=BTCUSDT").content.decode()
    assert keys[0] in text
    assert keys[1] not in text
    assert "Nothing fits this filter" in client.get("/orders/history/?side=sell&state=open").content.decode()
    assert client.get("/orders/history/?start=nonsense&connection=x&after=y").status_code == 200
    statistics = client.get("/orders/history/statistics/").content.decode()
    for words in ("50.0 %", "25.0 %", "By day", "By hand"):
        assert words in statistics
    answer = client.get("/orders/history.csv")
    assert (answer.status_code, answer.streaming, answer["Content-Type"]) == (200, True, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO("".join(chunks(customer.pk, Wanted())))))
    assert [row["id"] for row in rows] == keys
    assert (rows[0]["state"], rows[-1]["filled"], rows[-1]["fees"]) == ("rejected", "0.03", "0.00003 BTC")
    reader = api(customer)
    first = reader.get("/api/v1/orders/history?limit=2").json()
    second = reader.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == keys[:4]
    assert [row["side"] for row in reader.get("/api/v1/trades").json()["results"]] == ["sell", "buy"]
    sums = reader.get("/api/v1/orders/statistics").json()
    assert (sums["orders"], sums["fill_rate"], sums["by_symbol"][0]["key"]) == (5, "0.5", "BTCUSDT")
    assert reader.get("/api/v1/orders/history?outcome=eaten").status_code == 422
    stranger = api(other_customer)
    assert stranger.get("/api/v1/orders/history").json()["results"] == []
    assert "".join(chunks(other_customer.pk, Wanted())).count("\n") == 1


def test_a_page_of_twenty_thousand_is_read_from_an_index(traded, customer, connection_id):
    """Copies of the orders and fills, over 20 days; what is read for a page does not grow with them."""
    first = to_ms(now() - timedelta(days=20))
    with database.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO orders_order SELECT (jsonb_populate_record(o, jsonb_build_object(
                'id', (lpad(to_hex(%s + n * 86400), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
                'client_id', 'copy' || n, 'venue_order_id', 'copy' || n,
                'symbol', CASE WHEN n %% 300 = 0 THEN 'ETHUSDT' ELSE o.symbol END))).*
            FROM orders_order o, generate_series(1, 20000) n WHERE o.id = %s
            """,
            [first, traded[0].pk],
        )
        # The product's role may not gather statistics: without them the planner would sort.
        for way in ("sort", "seqscan", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    assert len(list_history(customer.pk, Wanted(symbol="ETHUSDT"))[:51]) == 51
    for wanted, rows in ((Wanted(), 51), (Wanted(end=now() - timedelta(days=10)), 51)):
        found = list_history(customer.pk, wanted)[:51]
        plan = found.explain(analyze=True, format="json")
        assert "Seq Scan on orders_order" not in plan
        assert len(found) == rows
        assert most_rows(plan) < 2_000, plan
    assert list_symbols(customer.pk) == ["BTCUSDT", "ETHUSDT"]


def most_rows(plan: str) -> int:
    """The most rows that any node of a plan produced or threw away."""

    def walk(node: dict[str, Any]) -> Iterator[int]:
        yield int(node.get("Actual Rows", 0)) + int(node.get("Rows Removed by Filter", 0))
        for child in node.get("Plans", ()):
            yield from walk(child)

    return max(walk(json.loads(plan)[0]["Plan"]))
