"""Pages, API and desk of large orders."""

from uuid import uuid4

import pytest

from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.operations import advance_algo
from tests.apps.trading.orders.test_algos import price_now
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db


def key() -> dict[str, str]:
    return {"HTTP_IDEMPOTENCY_KEY": uuid4().hex}


def wanted(connection_id, **more):
    facts = {"connection_id": str(connection_id), "symbol": "BTCUSDT", "side": "buy", "algo": "twap"}
    return {**facts, "quantity": "0.24", "minutes": 60, "slices": 12, **more}


def test_a_large_order_is_started_read_and_steered_over_the_api(market, customer, other_customer, connection_id, api):
    client, once = api(customer), key()
    made = client.post("/api/v1/algo-orders", wanted(connection_id), format="json", **once)
    again = client.post("/api/v1/algo-orders", wanted(connection_id), format="json", **once)
    assert (made.status_code, again.content == made.content, AlgoOrder.objects.count()) == (201, True, 1)
    found = made.json()
    assert {name: found[name] for name in ("status", "filled", "slices", "clock", "why")} == {
        "status": "working", "filled": "0", "slices": 12, "clock": "market", "why": "",
    }  # fmt: skip
    url = f"/api/v1/algo-orders/{found['id']}"
    for verb, status in (("pause", "paused"), ("resume", "working"), ("cancel", "ending")):
        answer = client.post(f"{url}/{verb}", {}, format="json", **key())
        assert (answer.status_code, answer.json()["status"]) == (202, status)
    say_price("BTCUSDT", price_now(market))
    advance_algo(algo_id=found["id"])
    assert client.get(url).json()["reason"] == "It was cancelled; what is filled stays filled."
    assert client.post(f"{url}/pause", {}, format="json", **key()).status_code == 409
    assert [row["id"] for row in client.get("/api/v1/algo-orders").json()["results"]] == [found["id"]]
    stranger = api(other_customer)
    assert stranger.get(url).status_code == 404
    assert stranger.post(f"{url}/cancel", {}, format="json", **key()).status_code == 404
    assert (found["guard_bps"], found["guard_price"]) == (0, None)
    guarded = client.post("/api/v1/algo-orders", wanted(connection_id, guard_bps=25), format="json", **key()).json()
    assert (guarded["guard_bps"], guarded["guard_price"]) == (25, guarded["arrival_price"])
    wrong = client.post("/api/v1/algo-orders", wanted(connection_id, slices=0), format="json", **key())
    assert (wrong.status_code, wrong.json()["code"]) == (422, "orders.algo_does_not_fit")


def test_the_pages_start_it_show_its_progress_and_steer_it(market, customer, connection_id, web):
    client = web(customer)
    assert "No large orders yet" in client.get("/orders/algos/").content.decode()
    assert client.get("/orders/algos/new/").status_code == 200
    form = {
        "connection": str(connection_id), "symbol": "BTCUSDT", "side": "buy", "quantity": "0.24", "algo": "twap",
        "minutes": "60", "slices": "12", "catch_up": "at_once", "rest": "finish", "guard": "0.25",
        "idempotency_key": uuid4().hex,
    }  # fmt: skip
    refused = client.post("/orders/algos/new/", {**form, "slices": ""})
    assert (refused.status_code, "Choose 1 to 500 parts." in refused.content.decode()) == (422, True)
    started = client.post("/orders/algos/new/", form)
    assert client.post("/orders/algos/new/", form).url == started.url
    algo = AlgoOrder.objects.get()
    say_price("BTCUSDT", price_now(market))
    advance_algo(algo_id=algo.pk)
    text = client.get(started.url).content.decode()
    for words in (
        "Buy 0.24 BTC, TWAP",
        "Filled",
        "0.02",
        "Off the schedule",
        "1 sent, newest first",
        "own time",
        "Stops when worse by",
    ):
        assert words in text
    assert client.post(f"{started.url}pause/").url == started.url
    assert "Resume" in client.get(started.url).content.decode()
    assert client.post(f"{started.url}eat/").status_code == 404
    assert "TWAP" in client.get("/orders/algos/").content.decode()
