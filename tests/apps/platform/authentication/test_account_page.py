"""The page of one's own account, on a tenant's host and on the platform's console."""

from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.core.models import OutboxEvent
from apps.platform.security.operations import grant_role
from apps.platform.users.models import User
from tests.apps.platform.identity import LOGIN, SECOND, code, enrol, log_in
from tests.factories.people import HOST, PASSWORD

pytestmark = pytest.mark.django_db
CONSOLE = "console.localhost"


def test_the_page_names_sessions_and_factor(customer):
    browser = Client(HTTP_HOST=HOST, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0")
    log_in(customer.email, client=browser)
    page = browser.get("/account/security/").content.decode()
    assert customer.email in page
    assert "Firefox on Linux" in page
    assert "/two-factor/setup/" in page
    for path in ("/account/sessions/", "/account/api-keys/"):
        assert browser.get(path).status_code == 200


def test_a_second_browser_is_news(customer):
    log_in(customer.email)
    assert not OutboxEvent.objects.filter(name="authentication.new_device").exists()
    known, _ = log_in(customer.email)
    log_in(customer.email, client=known)
    assert OutboxEvent.objects.filter(name="authentication.new_device").count() == 1


@pytest.mark.parametrize(
    "given", [{"current": "wrong", "password1": "a fresh pass phrase 7"}, {"current": PASSWORD, "password1": "x"}]
)
def test_a_refused_password_changes_nothing(customer, web, given):
    answer = web(customer).post("/account/password/", given)
    assert answer.status_code == 200
    customer.refresh_from_db()
    assert customer.check_password(PASSWORD)


def test_ending_sessions_on_the_page(customer):
    here, there = log_in(customer.email)[0], log_in(customer.email)[0]
    rows = here.get("/account/security/").context["page"].sessions
    other = next(row.id for row in rows if not row.current)
    assert here.post("/account/sessions/revoke/", {"session": other}).status_code == 302
    assert there.get("/account/security/").status_code == 302
    third, _ = log_in(customer.email)
    here.post("/account/sessions/revoke-others/")
    assert third.get("/account/security/").status_code == 302
    assert here.get("/account/security/").status_code == 200


def test_unknown_accounts_cost_one_hash_too(customer, monkeypatch):
    hashed = []
    original = MD5PasswordHasher.encode

    def counting(*facts: Any) -> Any:
        hashed.append(1)
        return original(*facts)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    counts = []
    for email in (customer.email, "nobody@example.test"):
        hashed.clear()
        log_in(email, "wrong password here")
        counts.append(len(hashed))
    assert counts[0] == counts[1] == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        "x",
        7,
        {"email": 1, "password": []},
        {"email": "a@b.test", "password": "\ud800"},
        {"email": "\x00", "password": "x"},
    ],
)
def test_odd_bodies_of_apps_are_no_defect(db, body):
    app = Client(HTTP_HOST=HOST)
    for path in (LOGIN, SECOND, "/api/v1/auth/app/v1/auth/signup", "/api/v1/auth/app/v1/auth/password/request"):
        assert app.post(path, body, content_type="application/json").status_code < 500


@pytest.fixture
def operator(db):
    with in_schema("public"):
        user = User.objects.create_user("op@example.test", PASSWORD, is_staff=True)
        from allauth.account.models import EmailAddress

        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        grant_role(actor=Actor.system("tests"), user_id=user.pk, role="operator", reason="x")
        enrol(user)
    return user


def test_the_console_has_its_own_people(operator, customer):
    browser, answer = log_in(operator.email, host=CONSOLE)
    assert answer.url == "/two-factor/"
    with in_schema("public"):
        given = code()
    assert browser.post("/two-factor/", {"code": given}).status_code == 302
    assert browser.get("/account/security/").status_code == 200
    assert browser.get("/platform/").status_code == 200
    stranger, refused = log_in(customer.email, host=CONSOLE)
    assert refused.status_code == 200
    assert stranger.get("/account/security/").status_code == 302
    assert Client(HTTP_HOST=CONSOLE).get("/signup/").status_code == 403
