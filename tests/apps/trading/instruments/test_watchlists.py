"""Watchlists: own ones only, bounded, on pages and over the API."""

from typing import Any
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.clock import now
from apps.trading.instruments import operations, queries
from apps.trading.instruments.errors import TooManyKept, UnknownSymbol, WatchlistMissing, WatchlistNameTaken
from apps.trading.instruments.models import Watchlist
from apps.trading.instruments.operations import add_symbol, create_watchlist, seed_instruments
from tests.apps.trading.market_data.test_market_faces import put_quote

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _instruments() -> None:
    seed_instruments()


def made(person: Any, name: str = "Majors", *symbols: str) -> Watchlist:
    row = create_watchlist(actor=Actor.of(person), owner_id=person.pk, name=name)
    for symbol in symbols:
        add_symbol(actor=Actor.of(person), owner_id=person.pk, watchlist_id=row.pk, symbol=symbol)
    return row


def test_symbols_keep_their_order_and_come_once(customer: Any) -> None:
    row = made(customer, "Mine", "SOLUSDT", "BTCUSDT", "SOLUSDT", "ETHUSDT")
    assert queries.symbols_of(queries.get_watchlist(row.pk, customer.pk)) == ["SOLUSDT", "BTCUSDT", "ETHUSDT"]
    whose: dict[str, Any] = {"actor": Actor.of(customer), "owner_id": customer.pk, "watchlist_id": row.pk}
    assert operations.remove_symbol(**whose, symbol="BTCUSDT") == 1
    assert operations.remove_symbol(**whose, symbol="BTCUSDT") == 0
    with pytest.raises(UnknownSymbol):
        add_symbol(**whose, symbol="NOPE")
    with pytest.raises(WatchlistNameTaken):
        made(customer, " Mine ")


def test_lists_of_others_are_not_there(customer: Any, other_customer: Any) -> None:
    row = made(customer)
    with pytest.raises(WatchlistMissing):
        queries.get_watchlist(row.pk, other_customer.pk)
    with pytest.raises(WatchlistMissing):
        operations.remove_watchlist(actor=Actor.of(other_customer), owner_id=other_customer.pk, watchlist_id=row.pk)
    assert made(other_customer).name == "Majors"


def test_there_is_a_most(customer: Any) -> None:
    for at in range(20):
        made(customer, f"List {at}")
    with pytest.raises(TooManyKept):
        made(customer, "One more")


def test_the_api_does_it_all(customer: Any, other_customer: Any, api: Any) -> None:
    client = api(customer)
    one = client.post("/api/v1/watchlists", {"name": "Majors"}, format="json")
    assert one.status_code == 201
    url = f"/api/v1/watchlists/{one.json()['id']}"
    assert client.put(f"{url}/symbols/BTCUSDT").json()["symbols"] == ["BTCUSDT"]
    assert client.put(f"{url}/symbols/ETHUSDT").json()["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert client.put(f"{url}/symbols/NOPE").status_code == 404
    assert client.delete(f"{url}/symbols/BTCUSDT").status_code == 204
    assert client.patch(url, {"name": "Rest"}, format="json").json()["name"] == "Rest"
    assert [row["symbols"] for row in client.get("/api/v1/watchlists").json()["results"]] == [["ETHUSDT"]]
    assert api(other_customer).get(url).status_code == 404
    assert client.post("/api/v1/watchlists", {"name": "a\x00"}, format="json").status_code == 422
    assert client.post("/api/v1/watchlists", {"name": ""}, format="json").status_code == 422
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_the_pages_show_prices_and_take_what_was_meant(customer: Any, other_customer: Any, web: Any) -> None:
    browser = web(customer)
    assert "No watchlist yet" in browser.get("/watchlists/").content.decode()
    answer = browser.post("/watchlists/", {"name": "Majors"})
    url = answer.headers["Location"]
    assert browser.post(url, {"action": "add", "text": "bitcoin"}).status_code == 302
    put_quote(now())
    page = browser.get("/watchlists/").content.decode()
    assert 'data-live-topic="quotes.BTCUSDT"' in page
    assert "67,000.15" in page
    assert "No live price" not in page
    assert browser.post(url, {"action": "add", "text": "zzzzzz"}).status_code == 404
    assert browser.post(url, {"action": "add", "text": "\x00"}).status_code == 404
    assert browser.post(url, {"action": "rename", "name": ""}).status_code == 422
    assert browser.post(url, {"action": "remove", "symbol": "BTCUSDT"}).status_code == 302
    assert "Nothing on this list yet" in browser.get(url).content.decode()
    assert web(other_customer).get(url).status_code == 404
    assert browser.get(f"/watchlists/{uuid4()}/").status_code == 404
    assert browser.post(url, {"action": "remove-list"}).status_code == 302
    assert not Watchlist.objects.exists()
