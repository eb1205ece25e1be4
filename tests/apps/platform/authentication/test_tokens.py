"""API keys, session tokens, and what ends them."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.core.actors import Actor
from apps.core.clock import travel
from apps.core.models import OutboxEvent
from apps.platform.authentication.models import ApiKey
from apps.platform.users.operations import deactivate_user
from tests.apps.platform.identity import age_proofs, app_token, code, enrol, log_in, verified
from tests.factories.people import HOST, PASSWORD

pytestmark = pytest.mark.django_db
JSON = "application/json"


def made(api, user, **more):
    answer = api(user).post("/api/v1/api-keys", {"name": "script", **more}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def me(**headers) -> int:
    return Client(HTTP_HOST=HOST).get("/api/v1/me", headers=headers).status_code


def with_key(text: str) -> int:
    return me(Authorization=f"Bearer {text}")


def test_a_key_is_shown_once_and_works(api, customer):
    key = made(api, customer)
    assert with_key(key["key"]) == 200
    row = ApiKey.objects.get(pk=key["id"])
    assert key["key"].endswith("_" + key["key"].rpartition("_")[2])
    assert row.secret_hash not in key["key"]
    listed = api(customer).get("/api/v1/api-keys").json()
    assert [item["id"] for item in listed] == [key["id"]]
    assert "key" not in listed[0]
    row.refresh_from_db()
    assert row.last_used_at is not None


@pytest.mark.parametrize(
    "text", ["", "ck_", "ck_000000000000_" + "a" * 43, "bearer", "ck_" + "0" * 200, "\u00e9", "ck_0_\x7f"]
)
def test_wrong_keys_are_401_with_a_challenge(text, db):
    answer = Client(HTTP_HOST=HOST).get("/api/v1/me", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"


def test_no_credential_is_401(db):
    assert me() == 401


def test_a_key_with_a_changed_secret_is_refused(api, customer):
    text = made(api, customer)["key"]
    assert with_key(text[:-1] + ("A" if text[-1] != "A" else "B")) == 401


def test_revoked_expired_and_closed_keys_are_refused(api, customer):
    revoked, expiring = made(api, customer), made(api, customer, expires_days=1)
    assert api(customer).delete(f"/api/v1/api-keys/{revoked['id']}").status_code == 204
    assert with_key(revoked["key"]) == 401
    assert with_key(expiring["key"]) == 200
    with travel(timedelta(days=1, seconds=1)):
        assert with_key(expiring["key"]) == 401
    deactivate_user(actor=Actor.system("tests"), user_id=customer.pk, reason="test")
    assert with_key(expiring["key"]) == 401


def test_a_key_works_from_its_networks_only(api, customer):
    key = made(api, customer, cidrs=["192.0.2.0/24", "2001:db8::/32"])["key"]
    for ip, status in (("192.0.2.7", 200), ("2001:db8::1", 200), ("198.51.100.1", 401)):
        browser = Client(HTTP_HOST=HOST, REMOTE_ADDR=ip)
        assert browser.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"}).status_code == status
    spoofed = Client(HTTP_HOST=HOST, REMOTE_ADDR="198.51.100.1")
    headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": "192.0.2.7"}
    assert spoofed.get("/api/v1/me", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "bad",
    [
        {"cidrs": ["nonsense"]}, {"scopes": ["no.such"]}, {"scopes": ["authentication.manage_own"]},
        {"scopes": ["security.manage_roles"]}, {"expires_days": 0}, {"expires_days": 366}, {"name": ""},
        {"name": "a\x00b"}, {"expires_days": 10**30}, {"scopes": "x"}, {"scopes": [None]},
    ],
)  # fmt: skip
def test_bad_wishes_make_no_key(api, customer, bad):
    answer = api(customer).post("/api/v1/api-keys", {"name": "k", **bad}, format="json")
    assert answer.status_code == 422, answer.content
    assert not ApiKey.objects.exists()


def test_a_key_never_manages_credentials(api, customer):
    key = made(api, customer)["key"]
    program = Client(HTTP_HOST=HOST, headers={"Authorization": f"Bearer {key}"})
    assert program.post("/api/v1/api-keys", {"name": "another"}, content_type=JSON).status_code == 403
    assert program.get("/api/v1/sessions").status_code == 403
    assert program.post("/api/v1/two-factor", {"code": "1"}, content_type=JSON).status_code == 403
    assert ApiKey.objects.count() == 1


def test_others_keys_do_not_exist_for_me(api, customer, other_customer):
    key = made(api, customer)
    assert api(other_customer).delete(f"/api/v1/api-keys/{key['id']}").status_code == 404
    assert with_key(key["key"]) == 200


def test_with_a_second_factor_a_key_needs_a_fresh_proof(customer):
    browser = verified(customer)
    age_proofs(browser, 301)
    refused = browser.post("/api/v1/api-keys", {"name": "k"}, content_type=JSON)
    assert refused.status_code == 403
    assert refused.json()["code"] == "authentication.second_factor_stale"
    with travel(timedelta(seconds=30)):
        assert browser.post("/api/v1/two-factor", {"code": code()}, content_type=JSON).status_code == 204
    assert browser.post("/api/v1/api-keys", {"name": "k"}, content_type=JSON).status_code == 201


def test_an_app_logs_in_with_both_factors_and_its_token_changes(customer):
    enrol(customer)
    app = Client(HTTP_HOST=HOST)
    body = {"email": customer.email, "password": PASSWORD}
    first = app.post("/api/v1/auth/app/v1/auth/login", body, content_type=JSON)
    pending = first.json()["meta"]["session_token"]
    assert first.status_code == 401
    assert me(**{"X-Session-Token": pending}) == 401
    token = app_token(customer, second=code())
    answer = app.get("/api/v1/me", headers={"X-Session-Token": token}).json()
    assert answer["is_verified"] is True
    assert answer["has_second_factor"] is True


def test_log_out_password_change_and_closing_end_tokens(customer):
    tokens = [app_token(customer) for _ in range(3)]
    app = Client(HTTP_HOST=HOST, headers={"X-Session-Token": tokens[0]})
    assert app.delete("/api/v1/auth/app/v1/auth/session").status_code == 401
    assert me(**{"X-Session-Token": tokens[0]}) == 401
    browser, _ = log_in(customer.email)
    changed = browser.post("/account/password/", {"current": PASSWORD, "password1": "a fresh pass phrase 7"})
    assert changed.status_code == 302
    assert me(**{"X-Session-Token": tokens[1]}) == 401
    assert browser.get("/api/v1/me").status_code == 200, "the session that changed it stays"
    deactivate_user(actor=Actor.system("tests"), user_id=customer.pk, reason="test")
    assert browser.get("/api/v1/me").status_code == 401


def test_sessions_are_listed_by_hash_and_can_be_ended(customer):
    here, there = log_in(customer.email)[0], log_in(customer.email)[0]
    listed = here.get("/api/v1/sessions").json()
    assert len(listed) == 2
    assert sum(row["is_current"] for row in listed) == 1
    assert str(there.session.session_key) not in str(listed)
    other = next(row["id"] for row in listed if not row["is_current"])
    assert here.delete(f"/api/v1/sessions/{other}").status_code == 204
    assert there.get("/api/v1/me").status_code == 401
    assert here.get("/api/v1/me").status_code == 200
    assert here.delete(f"/api/v1/sessions/{other}").status_code == 404


def test_the_cookie_needs_csrf_for_writes(customer):
    browser = Client(HTTP_HOST=HOST, enforce_csrf_checks=True)
    browser.force_login(customer, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = browser.post("/api/v1/api-keys", {"name": "k"}, content_type=JSON)
    assert answer.status_code == 403
    assert not ApiKey.objects.exists()


def test_credential_changes_are_events(api, customer):
    key = made(api, customer)
    api(customer).delete(f"/api/v1/api-keys/{key['id']}")
    events = OutboxEvent.objects.filter(name="authentication.credential_changed").order_by("id")
    assert [event.payload["credential"] for event in events] == ["api_key_created", "api_key_revoked"]


def test_the_page_makes_and_revokes_keys(web, customer):
    browser = web(customer)
    page = browser.post("/account/api-keys/", {"name": "script", "scopes": "read", "expires_days": "30"})
    text = page.context["page"].new_api_key
    assert page.status_code == 200
    assert with_key(text) == 200
    assert browser.post("/account/api-keys/", {"name": "", "scopes": "x", "expires_days": "-1"}).status_code == 200
    assert ApiKey.objects.count() == 1
    browser.post("/account/api-keys/revoke/", {"key": str(ApiKey.objects.get().pk)})
    assert with_key(text) == 401
