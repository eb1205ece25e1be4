"""Who may open a live socket, and what closes it."""

from typing import Any

import pytest
from django.test import Client

from apps.core.actors import Actor
from apps.core.live import Identity
from apps.platform.authentication import sockets
from apps.platform.authentication.sessions import session_hash
from apps.platform.authentication.sockets import _identify
from apps.platform.users.operations import deactivate_user
from tests.apps.platform.identity import app_token, log_in
from tests.factories.people import HOST

pytestmark = pytest.mark.django_db
PORT = f"{HOST}:8000"


def scope(
    *, host: str = PORT, origin: str | None = f"http://{PORT}", cookie: str = "", ticket: str = "", tls=False
) -> Any:
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if cookie:
        headers.append((b"cookie", f"other=1; __Host-sessionid={cookie}".encode()))
    offered = [f"ticket.{ticket}"] if ticket else []
    return {"type": "websocket", "scheme": "wss" if tls else "ws", "headers": headers, "subprotocols": offered}


def identify(**facts: Any) -> Identity | None:
    return _identify(scope(**facts))


@pytest.fixture
def browser(customer) -> Any:
    return log_in(customer.email)[0]


def test_our_page_with_its_cookie(customer, browser, tenant_a):
    key = browser.session.session_key
    identity = identify(cookie=key)
    assert identity is not None
    assert (identity.schema, identity.user_id) == (tenant_a.schema, customer.pk)
    assert identity.session_hash == session_hash(key)
    assert key not in identity.session_hash
    assert identity.recheck is not None
    assert identity.recheck()
    browser.post("/logout/")
    assert not identity.recheck()


@pytest.mark.parametrize(
    "facts",
    [
        {"origin": f"https://{PORT}"}, {"origin": f"http://{HOST}:9000"}, {"origin": f"http://{HOST}"},
        {"origin": "http://beta.localhost:8000"}, {"origin": "http://localhost:8000"}, {"origin": "null"},
        {"origin": None}, {"origin": f"http://{PORT}/"}, {"tls": True},
        {"host": "beta.localhost:8000", "origin": "http://beta.localhost:8000"},
        {"host": "nowhere.localhost:8000", "origin": "http://nowhere.localhost:8000"},
        {"host": "", "origin": "http://"},
    ],
)  # fmt: skip
def test_anything_else_with_the_cookie_is_refused(browser, facts):
    assert identify(cookie=browser.session.session_key, **facts) is None


@pytest.mark.parametrize("cookie", ["", "x", "é", "0" * 32, "a" * 500, "'; --"])
def test_no_session_is_refused(db, cookie):
    assert identify(cookie=cookie) is None


def ticket_of(client: Any, **headers: str) -> str:
    answer = client.post("/api/v1/socket-tickets", content_type="application/json", headers=headers)
    assert answer.status_code == 201, answer.content
    assert answer.json()["subprotocol"] == f"ticket.{answer.json()['ticket']}"
    assert answer.json()["expires_in"] == 30
    return str(answer.json()["ticket"])


def test_a_ticket_opens_one_socket(customer):
    token = app_token(customer)
    ticket = ticket_of(Client(HTTP_HOST=HOST), **{"X-Session-Token": token})
    identity = identify(origin=None, ticket=ticket)
    assert identity is not None
    assert identity.user_id == customer.pk
    assert identity.subprotocol == f"ticket.{ticket}"
    assert identity.session_hash == session_hash(token)
    assert identify(origin=None, ticket=ticket) is None


def test_a_ticket_of_a_tenants_host_is_unknown_elsewhere_and_not_burnt(browser):
    ticket = ticket_of(browser)
    assert identify(host="beta.localhost:8000", origin=None, ticket=ticket) is None
    assert identify(origin="http://beta.localhost:8000", ticket=ticket) is None
    assert identify(origin=None, ticket=ticket) is not None


def test_a_ticket_dies_with_its_session(customer, browser):
    ticket = ticket_of(browser)
    browser.post("/logout/")
    assert identify(origin=None, ticket=ticket) is None


def test_a_ticket_of_a_key_dies_with_the_key(customer, api):
    key = api(customer).post("/api/v1/api-keys", {"name": "k"}, format="json").json()
    program = Client(HTTP_HOST=HOST)
    first, second = (ticket_of(program, Authorization=f"Bearer {key['key']}") for _ in range(2))
    identity = identify(origin=None, ticket=first)
    assert identity is not None
    assert identity.recheck is not None
    assert identity.recheck()
    api(customer).delete(f"/api/v1/api-keys/{key['id']}")
    assert not identity.recheck()
    assert identify(origin=None, ticket=second) is None


def test_what_ends_a_session_closes_its_sockets(customer, browser, tenant_a, on_commit, monkeypatch):
    closed = []
    monkeypatch.setattr(sockets, "revoke", lambda *facts: closed.append(facts))
    key = browser.session.session_key
    with on_commit():
        browser.post("/logout/")
    assert (tenant_a.schema, customer.pk, session_hash(key)) in [
        (s, type(customer.pk)(str(u)), h) for s, u, h in closed
    ]


def test_closing_an_account_closes_all_its_sockets(customer, browser, tenant_a, on_commit, monkeypatch):
    from apps.core import relay

    closed = []
    monkeypatch.setattr(sockets, "revoke", lambda *facts: closed.append(facts))
    identity = identify(cookie=browser.session.session_key)
    deactivate_user(actor=Actor.system("tests"), user_id=customer.pk, reason="test")
    assert identity is not None
    assert identity.recheck is not None
    assert not identity.recheck()
    with on_commit():
        relay.drain()
    assert (tenant_a.schema, customer.pk, None) in closed
