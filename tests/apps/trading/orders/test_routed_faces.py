"""Pages, API, desk and notices of routed orders."""

from decimal import Decimal
from uuid import uuid4

import pytest

from apps.core import relay
from apps.platform.notifications.queries import list_inbox, message_of
from apps.trading.exchanges.models import Connection
from apps.trading.orders.models import Order
from apps.trading.orders.routing.models import RoutedOrder
from apps.trading.orders.routing.operations import advance_route
from apps.trading.orders.routing.tasks import nudge_routes
from tests.apps.platform.identity import verified
from tests.apps.trading.orders.routed import FIRST, offer, price_at, say_now
from tests.apps.trading.orders.wishes import D
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db
NEW = "/orders/routes/new/"


def key() -> dict[str, str]:
    return {"HTTP_IDEMPOTENCY_KEY": uuid4().hex}


@pytest.fixture
def price(market, connection_id) -> Decimal:
    """What BTC trades at; the exchange's book offers 5 of it."""
    found = price_at(market.sandbox)
    say_now(found)
    offer(FIRST, (found, "5"))
    return found


def wanted(**more):
    return {"symbol": "BTCUSDT", "side": "buy", "mode": "paper", "quantity": "0.25", **more}


def test_it_is_checked_placed_read_and_cancelled_over_the_api(
    price, customer, other_customer, connection_id, api, django_assert_max_num_queries
):
    client, once = api(customer), key()
    with django_assert_max_num_queries(40):
        preview = client.get("/api/v1/routed-orders/preview", wanted())
    found = preview.json()
    net = price * D("0.25") * D("1.001")
    assert (preview.status_code, found["quantity"], found["missing"], D(found["net"])) == (200, "0.25", "0", net)
    (part,) = found["parts"]
    assert (part["connection_id"], part["limited"], part["taker_fee"], part["available"]) == (
        str(connection_id), "", "0.001", "100000",
    )  # fmt: skip
    assert (D(part["alone"]["net"]), found["best_alone_id"], found["saves"]) == (net, str(connection_id), "0")
    assert not RoutedOrder.objects.exists()
    made = client.post("/api/v1/routed-orders", wanted(), format="json", **once)
    again = client.post("/api/v1/routed-orders", wanted(), format="json", **once)
    assert (made.status_code, again.content == made.content, RoutedOrder.objects.count()) == (201, True, 1)
    other = client.post("/api/v1/routed-orders", wanted(quantity="0.3"), format="json", **once)
    assert other.status_code == 409
    url = f"/api/v1/routed-orders/{made.json()['id']}"
    nudge_routes()
    advance_route(route_id=made.json()["id"])
    done = client.get(url).json()
    assert {name: done[name] for name in ("status", "reason", "filled", "round", "saved")} == {
        "status": "done", "reason": "All of it is filled.", "filled": "0.25", "round": 1, "saved": "0",
    }  # fmt: skip
    assert [(part["state"], part["number"]) for part in done["parts"]] == [("placed", 0)]
    assert client.get(f"/api/v1/orders?bot_id={done['id']}").json()["results"][0]["origin_kind"] == "route"
    assert client.post(f"{url}/cancel", {}, format="json", **key()).status_code == 409
    assert [row["id"] for row in client.get("/api/v1/routed-orders").json()["results"]] == [done["id"]]
    stranger = api(other_customer)
    assert stranger.get(url).status_code == 404
    assert stranger.post(f"{url}/cancel", {}, format="json", **key()).status_code == 404
    named = wanted(connection_ids=[str(connection_id)])
    assert stranger.get("/api/v1/routed-orders/preview", named).status_code == 404
    assert stranger.post("/api/v1/routed-orders", named, format="json", **key()).status_code == 404
    nothing = client.post("/api/v1/routed-orders", wanted(limit_price="1000"), format="json", **key())
    assert (nothing.status_code, nothing.json()["code"]) == (409, "orders.nothing_to_route")
    contract = client.post("/api/v1/routed-orders", wanted(symbol="BTCUSDTPERP"), format="json", **key())
    assert (contract.status_code, contract.json()["code"]) == (422, "orders.contracts_only_plain")


def test_the_pages_check_place_show_and_cancel_it(price, customer, connection_id, web):
    client = web(customer)
    assert "No routed orders yet" in client.get("/orders/routes/").content.decode()
    assert 'value="BTCUSDT" selected' in client.get(f"{NEW}?symbol=BTCUSDT").content.decode()
    form = wanted(limit_price="", idempotency_key=uuid4().hex)
    assert client.post(NEW, {**form, "quantity": "x"}).status_code == 422
    refused = client.post(NEW, {**form, "quantity": "0.0000001", "action": "check"})
    assert (refused.status_code, "must be a multiple of" in refused.content.decode()) == (422, True)
    checked = client.post(NEW, {**form, "action": "check"})
    text = checked.content.decode()
    for words in ("Buy 0.25 BTC over your paper accounts", "0.25 of 0.25 BTC", "Better than all on Paper", "Place on"):
        assert words in text
    assert not RoutedOrder.objects.exists()
    started = client.post(NEW, {**form, "action": "place"})
    assert client.post(NEW, {**form, "action": "place"}).url == started.url
    row = RoutedOrder.objects.get()
    assert started.url == f"/orders/routes/{row.pk}/"
    assert "Cancel this routed order" in client.get(started.url).content.decode()
    advance_route(route_id=row.pk)
    text = client.get(started.url).content.decode()
    for words in ("Buy 0.25 BTC over accounts", "All of it is filled.", "1 sent, newest first", "All on Paper"):
        assert words in text
    assert "Cancel this routed order" not in text
    assert client.post(f"{started.url}cancel/").url == started.url
    assert "100 %" in client.get("/orders/routes/").content.decode()
    assert f"{NEW}?symbol=BTCUSDT" in client.get("/markets/BTCUSDT/").content.decode()
    assert "/orders/routes/" in client.get("/orders/").content.decode()


def test_a_large_one_of_real_money_asks_for_the_code_on_page_and_api(price, customer, connection_id, web, api):
    Connection.objects.filter(pk=connection_id).update(mode="live")
    client, body = web(customer), wanted(mode="live")
    check = client.post(NEW, {**body, "action": "check"})
    assert (check.status_code, "Place with real money" in check.content.decode()) == (200, True)
    answer = client.post(NEW, {**body, "action": "place", "idempotency_key": "k"})
    assert answer.status_code == 302
    assert not answer["Location"].startswith("/orders/")
    asked = api(customer).post("/api/v1/routed-orders", body, format="json", **key())
    assert asked.status_code in (401, 403)
    assert asked.json()["code"].startswith("security.")
    assert not RoutedOrder.objects.exists()
    small = client.post(NEW, {**body, "quantity": "0.001", "action": "place", "idempotency_key": "s"})
    assert small.url.startswith("/orders/routes/")
    assert not Order.objects.exists()


def test_the_owner_is_told_of_the_end_and_the_desk_sees_it(price, customer, connection_id, api):
    made = api(customer).post("/api/v1/routed-orders", wanted(), format="json", **key()).json()
    advance_route(route_id=made["id"])
    for _ in range(2):
        relay.drain()
    told = [message_of(item) for item in list_inbox(customer.pk).filter(topic="orders.route_ended")]
    assert [(item.text, item.url) for item in told] == [
        ("BTCUSDT: 0.25 of 0.25 filled. All of it is filled.", f"/orders/routes/{made['id']}/")
    ]
    trader = verified(make_staff("tia@example.test", role="trading_ops"))
    assert trader.get("/admin/orders/routedorder/").status_code == 200
