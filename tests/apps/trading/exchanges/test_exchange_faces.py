"""Pages and API of exchanges and keys."""

import pytest

from apps.core.actors import Actor
from apps.trading.exchanges.choices import CallKind
from apps.trading.exchanges.models import Connection
from apps.trading.exchanges.operations import (
    NewKey,
    publish_limit,
    record_clock,
    seed_venues,
    submit_key,
    take_budget,
)
from apps.trading.exchanges.operations.keys import refuse_key

pytestmark = pytest.mark.django_db
SECRET = "secret-text-of-a-key"


@pytest.fixture(autouse=True)
def _venues():
    seed_venues()


@pytest.fixture
def owner(customer):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=customer, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
    return customer


def entered(owner, venue: str = "okx") -> Connection:
    key = NewKey("key-text-wxyz", SECRET, "the phrase")
    return submit_key(actor=Actor.of(owner), owner_id=owner.pk, venue=venue, label="Second account", key=key)


def test_the_list_and_every_tested_exchange_have_a_page(customer, web):
    browser = web(customer)
    page = browser.get("/exchanges/list/").content.decode()
    for name in ("Binance", "Coinbase Advanced", "Kraken", "KuCoin", "Bybit", "OKX", "Bitget", "Gate", "HTX", "MEXC"):
        assert name in page
    assert page.count(">Synthetic<") == 5
    assert page.count(">Recorded rules<") == 5
    publish_limit("binance", limit=6_000)
    take_budget("binance", cost=600, priority=CallKind.DATA)
    record_clock("binance", offset_ms=5_000, trip_ms=10)
    shown = browser.get("/exchanges/list/binance/").content.decode()
    assert "600 of 6,000 used" in shown
    assert "5.0 s ahead of ours" in shown
    assert "recorded from the exchange" in shown
    assert "the rest of those descriptions is synthetic" in shown
    assert "the figures in them are made up" in browser.get("/exchanges/list/kucoin/").content.decode()
    assert "it was not tested here" in browser.get("/exchanges/list/poloniex/").content.decode()
    assert browser.get("/exchanges/list/mtgox2/").status_code == 404


def test_a_key_is_entered_on_the_page_and_never_shown_again(owner, other_customer, web):
    browser = web(owner)
    assert browser.get("/exchanges/new/?venue=okx").status_code == 200
    body = {"venue": "okx", "label": "Second account", "api_key": "key-text-wxyz", "secret": SECRET}
    missing = browser.post("/exchanges/new/", body)
    assert missing.status_code == 422
    assert "OKX needs the passphrase of the key too." in missing.content.decode()
    assert SECRET not in missing.content.decode()
    made = browser.post("/exchanges/new/", {**body, "passphrase": "the phrase"})
    row = Connection.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/exchanges/{row.pk}/")
    page = browser.get(f"/exchanges/{row.pk}/").content.decode()
    assert "The exchange is asked about the key" in page
    assert "Key entered" in page
    assert SECRET not in page
    assert "key-text-wxyz" not in page
    assert web(other_customer).get(f"/exchanges/{row.pk}/").status_code == 404
    assert web(other_customer).post(f"/exchanges/{row.pk}/key/", body).status_code == 404
    again = browser.post(f"/exchanges/{row.pk}/key/", {"api_key": "another", "secret": "s", "passphrase": "p"})
    assert again.status_code == 302
    assert bytes(Connection.objects.get().next_key) != bytes(row.next_key)


def test_a_refused_key_is_told_on_the_page_and_over_the_api(owner, web, api):
    row = entered(owner)
    refuse_key_of(row)
    page = web(owner).get("/exchanges/").content.decode()
    assert "The key was refused" in page
    assert "This key may withdraw." in page
    shown = api(owner).get(f"/api/v1/connections/{row.pk}").json()
    assert (shown["state"], shown["problem"]) == ("refused", "key_may_withdraw")
    lines = api(owner).get(f"/api/v1/connections/{row.pk}/activity").json()
    assert [(line["event"], line["by"]) for line in lines] == [("refused", "system"), ("submitted", "customer")]


def refuse_key_of(row: Connection) -> None:
    refuse_key(
        actor=Actor.system("tests"), connection_id=row.pk, problem="key_may_withdraw",
        reason="This key may withdraw.", sealed=bytes(row.next_key),
    )  # fmt: skip


def test_the_api_lists_exchanges_by_capability_and_takes_keys(owner, api):
    client = api(owner)
    everything = client.get("/api/v1/exchanges").json()
    assert len(everything) > 100
    assert [row["id"] for row in everything[:2]] == ["binance", "bybit"]
    trailing = client.get("/api/v1/exchanges", {"can": "trailing_order"}).json()
    assert "okx" in {row["id"] for row in trailing} > set()
    assert "coinbase" not in {row["id"] for row in trailing}
    unknown = client.get("/api/v1/exchanges", {"can": "teleport"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "exchanges.capability_unknown")
    one = client.get("/api/v1/exchanges/okx").json()
    assert (one["capabilities"]["passphrase"], one["health"]["condition"]) == ("yes", "unknown")
    assert client.get("/api/v1/exchanges/nowhere").status_code == 422
    body = {"venue": "bybit", "label": "Mine", "api_key": "key-a", "secret": SECRET}
    made = client.post("/api/v1/connections", body, format="json", headers={"Idempotency-Key": "one"})
    assert (made.status_code, made.json()["state"]) == (202, "opening")
    path = f"/api/v1/connections/{made.json()['id']}/key"
    renewed = client.post(
        path, {"api_key": "key-b", "secret": "s"}, format="json", headers={"Idempotency-Key": "two"}
    )  # fmt: skip
    assert renewed.status_code == 202
    assert SECRET.encode() not in client.get("/api/v1/connections").content
