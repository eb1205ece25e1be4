"""Connections: states, ownership, balances, and the faces that show them."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import KeyRingMissing
from apps.core.sealing import KeyRing, Ring, key_ring
from apps.trading.exchanges import queries
from apps.trading.exchanges.errors import ConnectionMissing, ConnectionNotActive
from apps.trading.exchanges.models import Connection
from apps.trading.exchanges.operations import (
    Balance,
    activate_connection,
    add_connection,
    begin_connection,
    close_venues,
    open_credentials,
    open_venue,
    record_balances,
    revoke_connection,
    seed_venues,
)

pytestmark = pytest.mark.django_db
D = Decimal
SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def _venues():
    seed_venues()


def connect(customer) -> Connection:
    return add_connection(
        actor=Actor.of(customer),
        owner_id=customer.pk,
        venue="sandbox",
        label="Mine",
        api_key="key-abcd",
        api_secret="secret-text",
    )


def test_states_move_one_way_and_the_database_agrees(customer):
    begun = begin_connection(actor=Actor.of(customer), owner_id=customer.pk, venue="sandbox", label="Mine")
    with pytest.raises(ConnectionNotActive):
        open_venue(begun.pk)
    active = activate_connection(actor=SYSTEM, connection_id=begun.pk, api_key="a-key1", api_secret="b")
    again = activate_connection(actor=SYSTEM, connection_id=begun.pk, api_key="other", api_secret="c")
    assert active.key_hint == again.key_hint == "key1"
    revoke_connection(actor=Actor.of(customer), connection_id=begun.pk)
    revoke_connection(actor=Actor.of(customer), connection_id=begun.pk)
    with pytest.raises(ConnectionNotActive):
        activate_connection(actor=SYSTEM, connection_id=begun.pk, api_key="x", api_secret="y")
    changes = ({"state": "active"}, {"api_key": b"x"})
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            Connection.objects.filter(pk=begun.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Connection.objects.all().delete()


def test_a_stranger_cannot_revoke(customer, other_customer, staff):
    row = connect(customer)
    with pytest.raises(ConnectionMissing):
        revoke_connection(actor=Actor.of(other_customer), connection_id=row.pk)
    row.refresh_from_db()
    assert row.state == "active"
    assert revoke_connection(actor=Actor.of(staff), connection_id=row.pk, reason="asked for").state == "revoked"


def test_without_the_trading_ring_a_key_can_be_sealed_and_never_opened(customer, settings, tmp_path):
    web_ring = tmp_path / "web.json"
    web_ring.write_text(KeyRing.from_json(key_ring().to_json()).without(Ring.TRADING).to_json())
    settings.KEY_RING_PATH = web_ring
    row = connect(customer)
    for opening in (open_venue, open_credentials):
        with pytest.raises(KeyRingMissing):
            opening(row.pk)


def test_credentials_carry_the_key_and_do_not_show_it(customer):
    made = open_credentials(connect(customer).pk)
    assert (made.settings["apiKey"], made.settings["secret"], made.ccxt_id) == ("key-abcd", "secret-text", "binance")
    assert "secret-text" not in repr(made)
    close_venues()


def test_balances_are_replaced_and_never_by_older_ones(customer):
    row, moment = connect(customer), now()
    first = [Balance("USDT", D("10.5"), D(1)), Balance("BTC", D(2), D(0))]
    record_balances(actor=SYSTEM, connection_id=row.pk, balances=first, seen_at=moment)
    newer = [Balance("USDT", D(9), D(0))]
    record_balances(actor=SYSTEM, connection_id=row.pk, balances=newer, seen_at=moment + timedelta(seconds=1))
    record_balances(actor=SYSTEM, connection_id=row.pk, balances=first, seen_at=moment)
    assert [(item.asset, item.free) for item in queries.list_balances(row.pk)] == [("USDT", D(9))]


def test_the_api_lists_opens_and_revokes(customer, other_customer, api):
    client = api(customer)
    row = connect(customer)
    answer = client.get("/api/v1/connections")
    assert answer.status_code == 200
    (shown,) = answer.json()["results"]
    assert (shown["id"], shown["state"], shown["key_hint"]) == (str(row.pk), "active", "abcd")
    assert b"secret" not in answer.content
    assert api(other_customer).get(f"/api/v1/connections/{row.pk}").status_code == 404
    assert api(other_customer).delete(f"/api/v1/connections/{row.pk}").status_code == 404
    assert client.delete(f"/api/v1/connections/{row.pk}").status_code == 204
    assert client.delete(f"/api/v1/connections/{row.pk}").status_code == 204
    assert client.get(f"/api/v1/connections/{row.pk}").json()["state"] == "revoked"
    assert client.get(f"/api/v1/connections/{uuid4()}").status_code == 404


def test_the_api_opens_once_per_key(customer, api):
    client = api(customer)
    body = {"venue": "sandbox"}
    missing = client.post("/api/v1/connections", body, format="json")
    assert missing.status_code == 422
    first = client.post("/api/v1/connections", body, format="json", headers={"Idempotency-Key": "one"})
    again = client.post("/api/v1/connections", body, format="json", headers={"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    other = client.post("/api/v1/connections", body, format="json", headers={"Idempotency-Key": "two"})
    assert (other.status_code, other.json()["code"]) == (409, "exchanges.already_connected")
    wrong = client.post("/api/v1/connections", {"venue": "x"}, format="json", headers={"Idempotency-Key": "3"})
    assert wrong.status_code == 422
    assert Connection.objects.count() == 1


def test_the_page_connects_shows_and_disconnects(customer, other_customer, web):
    browser = web(customer)
    assert b"Connect the sandbox" in browser.get("/exchanges/").content
    assert browser.post("/exchanges/connect/").status_code == 302
    page = browser.get("/exchanges/").content.decode()
    assert "The exchange is opening the account" in page
    row = Connection.objects.get()
    activate_connection(actor=SYSTEM, connection_id=row.pk, api_key="key-wxyz", api_secret="secret-text")
    record_balances(actor=SYSTEM, connection_id=row.pk, balances=[Balance("USDT", D("50000"), D(0))], seen_at=now())
    page = browser.get("/exchanges/").content.decode()
    assert "50,000.00" in page
    assert "…wxyz" in page
    assert "secret-text" not in page
    assert web(other_customer).post(f"/exchanges/{row.pk}/revoke/").status_code == 404
    row.refresh_from_db()
    assert row.state == "active"
    assert browser.post(f"/exchanges/{row.pk}/revoke/").status_code == 302
    row.refresh_from_db()
    assert row.state == "revoked"
    assert browser.get("/exchanges/").status_code == 200
    assert web().get("/exchanges/").status_code == 302
