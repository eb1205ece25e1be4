"""Pages, API and topics of bots and orders: they show what is, take what may be, and know no stranger."""

from decimal import Decimal
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.live.topics import Identity, find_topic
from apps.trading.bots.live import frame
from apps.trading.bots.models import Bot
from apps.trading.bots.operations import advance
from apps.trading.bots.queries import get_config, value_bot
from apps.trading.orders.models import Order
from apps.trading.orders.queries import list_bot_orders
from tests.apps.trading.bots.documents import CROSS, make_bot
from tests.apps.trading.bots.test_bot_life import begun, holding, stepped

pytestmark = pytest.mark.django_db
D = Decimal


def key() -> dict[str, str]:
    return {"HTTP_IDEMPOTENCY_KEY": uuid4().hex}


def wanted(bot: Bot, **more) -> dict[str, object]:
    config = get_config(bot)
    return {
        "name": "From the API",
        "strategy_version_id": str(config.strategy_version_id),
        "connection_id": str(bot.connection_id),
        "symbol": "BTCUSDT",
        "budget": "500",
        **more,
    }


def test_a_bot_is_made_started_paused_resumed_and_stopped_over_the_api(market, customer, api):
    client = api(customer)
    first = make_bot(customer, market.connect(customer), CROSS)
    body, once = wanted(first), key()
    made = client.post("/api/v1/bots", body, format="json", **once)
    again = client.post("/api/v1/bots", body, format="json", **once)
    assert (made.status_code, again.content == made.content) == (201, True)
    assert Bot.objects.count() == 2
    url = f"/api/v1/bots/{made.json()['bot']['id']}"
    for verb, state in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        answer = client.post(f"{url}/{verb}", {}, format="json", **key())
        assert (answer.status_code, answer.json()["bot"]["desired_state"]) == (200, state)
    assert client.post(f"{url}/pause", {}, format="json", **key()).status_code == 409
    assert client.post(f"{url}/start", {}, format="json").status_code == 422
    assert client.get(url).json()["worth"]["equity"] == "500"
    for part in ("log", "signals", "equity"):
        assert client.get(f"{url}/{part}").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"symbol": "\u0000"},
        {"budget": "-1"},
        {"budget": "1"},
        {"budget": "NaN"},
        {"budget": "1e400"},
        {"name": ""},
        {"name": "a\u0000b"},
        {"strategy_version_id": "x"},
        {"late_bars": 10**30},
        {"max_day_loss_percent": "101"},
    ],
)
def test_wrong_values_are_422_and_leave_nothing(market, customer, api, wrong):
    first = make_bot(customer, market.connect(customer), CROSS)
    answer = api(customer).post("/api/v1/bots", wanted(first, **wrong), format="json", **key())
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert Bot.objects.count() == 1


def test_an_unknown_symbol_is_404(market, customer, api):
    first = make_bot(customer, market.connect(customer), CROSS)
    answer = api(customer).post("/api/v1/bots", wanted(first, symbol="NOPEUSDT"), format="json", **key())
    assert (answer.status_code, answer.json()["code"]) == (404, "instruments.unknown_symbol")
    assert Bot.objects.count() == 1


def test_strangers_find_nothing(market, customer, other_customer, api, web):
    bot = holding(market, customer, market.connect(customer))
    (order,) = list_bot_orders(bot.pk)
    stranger, page = api(other_customer), web(other_customer)
    for url in (f"bots/{bot.pk}", f"bots/{bot.pk}/log", f"orders/{order.pk}"):
        assert stranger.get(f"/api/v1/{url}").status_code == 404
    for url in (f"bots/{bot.pk}/stop", f"bots/{bot.pk}/start", f"orders/{order.pk}/cancel"):
        assert stranger.post(f"/api/v1/{url}", {}, format="json", **key()).status_code == 404
    for url in (f"/bots/{bot.pk}/", f"/bots/{bot.pk}/log/", f"/orders/{order.pk}/"):
        assert page.get(url).status_code == 404
    assert stranger.get("/api/v1/orders").json()["results"] == []
    assert stranger.get("/api/v1/bots").json()["results"] == []
    page.post(f"/bots/{bot.pk}/control/", {"action": "stop"})
    bot.refresh_from_db()
    assert bot.desired_state == "running"


def test_the_pages_show_the_bot_its_orders_and_its_log(market, customer, web):
    client = web(customer)
    for url in ("/bots/", "/bots/new/", "/orders/"):
        assert client.get(url).status_code == 200
    bot = holding(market, customer, market.connect(customer))
    for _ in range(3):
        market.step()
        stepped(bot)
    (order,) = list_bot_orders(bot.pk)
    page = client.get(f"/bots/{bot.pk}/").content.decode()
    assert "Waiting for the" in page
    assert f'data-live-topic="bot.{bot.pk}"' in page
    assert str(order.pk) in page
    assert "Back-test of the same candles" in page
    assert 'value="stop-and-sell"' in page
    assert "Bought" in client.get(f"/bots/{bot.pk}/log/").content.decode()
    listed = client.get(f"/orders/?bot={bot.pk}&state=filled").content.decode()
    assert str(order.pk) in listed
    assert order.client_id in client.get(f"/orders/{order.pk}/").content.decode()
    assert client.get("/orders/?state=nonsense&after=zzz").status_code == 200
    assert client.get("/markets/BTCUSDT/").status_code == 200


def test_the_form_makes_and_starts_a_bot_once(market, customer, web):
    first = make_bot(customer, market.connect(customer), CROSS)
    client, config = web(customer), get_config(first)
    form = {
        "name": "By the form",
        "strategy": str(config.strategy_version_id),
        "symbol": "BTCUSDT",
        "connection": str(first.connection_id),
        "capital": "500",
        "idempotency_key": "once",
    }
    answers = [client.post("/bots/new/", form) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {302}
    made = Bot.objects.get(name="By the form")
    assert made.desired_state == "running"
    wrong = client.post("/bots/new/", {**form, "capital": "1", "idempotency_key": "two"})
    assert wrong.status_code == 422
    assert "worth" in wrong.content.decode()
    assert Bot.objects.count() == 2


def test_the_buttons_press_once_and_stop_all_stops_all(market, customer, web):
    bot = begun(customer, market.connect(customer))
    client, url = web(customer), f"/bots/{bot.pk}/control/"
    for _ in range(2):
        assert client.post(url, {"action": "pause", "idempotency_key": "p"}).status_code == 302
    bot.refresh_from_db()
    assert bot.desired_state == "paused"
    client.post(url, {"action": "explode"})
    assert client.post("/bots/stop-all/").status_code == 302
    bot.refresh_from_db()
    assert bot.desired_state == "stopped"


def test_the_ticket_places_one_order_for_one_key(market, customer, web):
    connection = market.connect(customer)
    form = {
        "connection": str(connection), "symbol": "BTCUSDT", "side": "buy", "kind": "limit", "quantity": "0.01",
        "price": "30000", "idempotency_key": "t",
    }  # fmt: skip
    client = web(customer)
    urls = {client.post("/orders/ticket/", form)["Location"] for _ in range(2)}
    order = Order.objects.get()
    assert urls == {f"/orders/{order.pk}/"}
    assert client.post("/orders/ticket/", {**form, "quantity": "nonsense"}).status_code == 422
    assert Order.objects.count() == 1
    assert client.post(f"/orders/{order.pk}/cancel/").status_code == 302


def test_an_order_over_the_api_is_placed_once_and_cancelled(market, customer, api):
    client, connection = api(customer), market.connect(customer)
    body = {
        "connection_id": str(connection), "symbol": "BTCUSDT", "side": "buy", "kind": "limit", "quantity": "0.01",
        "price": "30000.00",
    }  # fmt: skip
    once = key()
    made, again = (client.post("/api/v1/orders", body, format="json", **once) for _ in range(2))
    assert (made.status_code, made.json()["state"], again.content) == (201, "intent", made.content)
    assert client.post("/api/v1/orders", {**body, "quantity": "1"}, format="json", **once).status_code == 409
    url = f"/api/v1/orders/{made.json()['id']}"
    cancelled = client.post(f"{url}/cancel", {}, format="json", **key())
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    for wrong in ({"quantity": "0.0000001"}, {"side": "up"}, {"kind": "stop"}, {"price": "0"}, {"quantity": "1e99"}):
        assert client.post("/api/v1/orders", {**body, **wrong}, format="json", **key()).status_code == 422
    assert Order.objects.count() == 1


def test_only_the_owner_hears_of_a_bot(market, customer, other_customer, tenant_a):
    bot = holding(market, customer, market.connect(customer))
    topic = find_topic(f"bot.{bot.pk}")
    owner, stranger = (Identity(tenant_a.schema, user.pk, "") for user in (customer, other_customer))
    assert topic.authorise(owner, f"bot.{bot.pk}")
    assert not topic.authorise(stranger, f"bot.{bot.pk}")
    assert not topic.authorise(owner, "bot.nonsense")
    shown = topic.snapshot(owner, f"bot.{bot.pk}")
    assert shown == frame(Bot.objects.get(pk=bot.pk))
    assert D(shown["position"]) == value_bot(bot).position
    orders = find_topic("orders").snapshot(owner, "orders")
    assert [row["bot_id"] for row in orders["rows"]] == [str(bot.pk)]
    assert find_topic("orders").snapshot(stranger, "orders") == {"rows": []}


def test_staff_sees_the_desk_and_stops_a_bot_with_a_reason(market, customer, staff):
    from apps.trading.bots.operations import halt_bot

    bot = begun(customer, market.connect(customer))
    halt_bot(actor=Actor.of(staff), bot_id=bot.pk, reason="asked for")
    advance(bot_id=bot.pk, cause="test")
    bot.refresh_from_db()
    assert bot.activity == "stopped"
