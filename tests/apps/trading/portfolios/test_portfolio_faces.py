"""Portfolios on pages and over the API."""

from uuid import uuid4

import pytest

from apps.trading.portfolios.models import Portfolio
from apps.trading.portfolios.operations import sample_portfolio
from tests.apps.trading.portfolios.ground import SYSTEM
from tests.factories.prices import forget_price

pytestmark = pytest.mark.django_db


def test_the_api_does_it_all(ground, customer, other_customer, api):
    client = api(customer)
    ground.fill("buy", "1", "90")
    made = client.post("/api/v1/portfolios", {"name": "Long term"}, format="json")
    assert (made.status_code, made.json()["mode"]) == (201, "paper")
    url = f"/api/v1/portfolios/{made.json()['id']}"
    assert client.put(f"{url}/books/{ground.book.pk}").status_code == 200
    flow = client.post(f"{url}/flows", {"asset": "USDT", "quantity": "500"}, format="json")
    assert (flow.status_code, flow.json()["amount"]) == (201, "500")
    found = client.get(url).json()
    assert (found["value"], found["unrealised"], found["flows"]) == ("510", "10", "510")
    assert [row["asset"] for row in found["allocation"]] == ["USDT", "BTC"]
    assert found["allocation"][1]["source"] == "quote"
    assert len(client.get(f"{url}/flows").json()["results"]) == 2
    changed = client.patch(url, {"name": "Core", "benchmark_symbol": "BTCUSDT"}, format="json").json()
    assert (changed["name"], changed["benchmark_symbol"]) == ("Core", "BTCUSDT")
    sample_portfolio(actor=SYSTEM, portfolio_id=made.json()["id"])
    performance = client.get(f"{url}/performance?range=1D").json()
    assert [row["value"] for row in performance["samples"]] == ["510"]
    assert client.get(f"{url}/performance?range=9Z").status_code == 422
    assert client.post(f"{url}/flows", {"asset": "USDT", "quantity": "NaN"}, format="json").status_code == 422
    forget_price("BTCUSDT")
    assert client.get(url).json()["value"] is None
    assert client.delete(f"{url}/books/{ground.book.pk}").status_code == 503
    for method in (client.get, client.delete, client.patch):
        assert method(f"/api/v1/portfolios/{uuid4()}").status_code == 404
    assert api(other_customer).get(url).status_code == 404
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_the_pages_show_everything_from_the_first_look(ground, customer, other_customer, web):
    ground.fund(USDT="10000", BTC="1")
    browser = web(customer)
    page = browser.get("/portfolios/").content.decode()
    assert "All paper books" in page
    default = Portfolio.objects.get(owner=customer)
    url = f"/portfolios/{default.pk}/"
    shown = browser.get(url).content.decode()
    assert "live quote" in shown
    forget_price("BTCUSDT")
    assert "No price for BTC" in browser.get(url).content.decode()
    assert browser.post(url, {"action": "archive"}).status_code == 403
    assert web(other_customer).get(url).status_code == 404
    assert "No account yet" in web(other_customer).get("/portfolios/").content.decode()


def test_a_portfolio_is_kept_on_its_page(ground, customer, web):
    browser = web(customer)
    answer = browser.post("/portfolios/", {"name": "Core", "mode": "paper"})
    url = answer.headers["Location"]
    assert browser.post("/portfolios/", {"name": "Core", "mode": "paper"}).status_code == 409
    assert browser.post("/portfolios/", {"name": "", "mode": "paper"}).status_code == 422
    assert browser.post(url, {"action": "add", "book_id": str(ground.book.pk)}).status_code == 302
    flow = {"action": "flow", "way": "in", "quantity": "1,000.50", "asset": "usdt", "note": "start"}
    assert browser.post(url, flow).status_code == 302
    assert browser.post(url, {**flow, "quantity": "x"}).status_code == 422
    assert "1,000.50" in browser.get(f"{url}?range=nope").content.decode()
    assert browser.post(url, {"action": "compare", "benchmark": "BTCUSDT"}).status_code == 302
    assert browser.post(url, {"action": "compare", "benchmark": "nope"}).status_code == 422
    assert browser.post(url, {"action": "remove", "book_id": str(ground.book.pk)}).status_code == 302
    assert browser.post(url, {"action": "remove", "book_id": "x"}).status_code == 422
    assert browser.post(url, {"action": "rename", "name": "Rest"}).status_code == 302
    assert Portfolio.objects.get(owner=customer, is_default=False).name == "Rest"
    assert browser.post(url, {"action": "archive"}).status_code == 302
    assert browser.get(url).status_code == 404
