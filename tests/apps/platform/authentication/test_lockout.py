"""Guessing fails, locking others out fails too."""

import threading

import pytest
from allauth.account.auth_backends import AuthenticationBackend
from django.db import connection
from django.test import Client

from apps.core.context import in_schema
from apps.platform.authentication.models import KnownDevice
from apps.platform.rate_limiting import operations
from tests.apps.platform.identity import LOGIN, log_in
from tests.factories.people import HOST, PASSWORD, make_customer

WRONG = "not the pass phrase"


def guess(email: str, times: int, *, ip: str = "203.0.113.9") -> None:
    for _ in range(times):
        log_in(email, WRONG, client=Client(HTTP_HOST=HOST, REMOTE_ADDR=ip))


@pytest.mark.django_db
def test_an_attacker_locks_strangers_out_but_not_the_known_browser(customer):
    known, _ = log_in(customer.email)
    assert KnownDevice.objects.filter(owner=customer).count() == 1
    known.post("/logout/")
    for at in range(12):
        guess(customer.email, 1, ip=f"203.0.113.{at}")
    fresh, answer = log_in(customer.email, client=Client(HTTP_HOST=HOST, REMOTE_ADDR="198.51.100.4"))
    assert answer.status_code in (200, 429)
    assert fresh.get("/account/security/").status_code == 302
    assert log_in(customer.email, client=known)[1].status_code == 302
    assert known.get("/account/security/").status_code == 200


@pytest.mark.django_db
def test_a_device_cookie_counts_for_its_own_account_only(customer, other_customer):
    known, _ = log_in(customer.email)
    known.post("/logout/")
    for at in range(12):
        guess(other_customer.email, 1, ip=f"203.0.113.{at}")
    assert log_in(other_customer.email, client=known)[1].status_code in (200, 429)
    assert known.get("/account/security/").status_code == 302


@pytest.mark.django_db
def test_good_log_ins_are_not_counted(customer):
    for _ in range(12):
        assert log_in(customer.email)[1].status_code == 302


@pytest.mark.django_db
def test_the_api_counts_too(customer):
    app = Client(HTTP_HOST=HOST)
    body = {"email": customer.email, "password": WRONG}
    statuses = [app.post(LOGIN, body, content_type="application/json").status_code for _ in range(8)]
    assert set(statuses[:5]) == {400}
    assert set(statuses[5:]) <= {400, 429}
    right = app.post(LOGIN, {**body, "password": PASSWORD}, content_type="application/json")
    assert right.status_code in (400, 429)


@pytest.mark.real_commit
def test_sixty_four_parallel_guesses_reach_the_hash_at_most_five_times(real_db, monkeypatch):
    from apps.platform.tenants.queries import get_tenant

    with in_schema(get_tenant("alpha").schema):
        user = make_customer("ann@example.test")
    reached, start = [], threading.Barrier(64)
    original = AuthenticationBackend._check_password

    def counting(self, found, password):
        reached.append(1)
        return original(self, found, password)

    monkeypatch.setattr(AuthenticationBackend, "_check_password", counting)

    def attempt() -> None:
        start.wait()
        try:
            log_in(user.email, WRONG)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(reached) <= 5


@pytest.mark.django_db
def test_without_redis_log_in_and_sign_up_answer_503_and_reading_goes_on(customer, settings, api, monkeypatch):
    client = api(customer)
    settings.REDIS_URL = "redis://127.0.0.1:1"
    assert client.get("/api/v1/me").status_code == 200
    assert log_in(customer.email)[1].status_code == 503
    body = {"email": "new@example.test", "password1": PASSWORD, "terms": "on"}
    assert Client(HTTP_HOST=HOST).post("/signup/", body).status_code == 503
    reset = Client(HTTP_HOST=HOST).post("/password-reset/", {"email": customer.email})
    assert reset.status_code == 503
    app = Client(HTTP_HOST=HOST).post(
        LOGIN, {"email": customer.email, "password": PASSWORD}, content_type="application/json"
    )
    assert app.status_code == 503
    assert app["Content-Type"] == "application/problem+json"
    ticket = client.post("/api/v1/socket-tickets", format="json")
    assert ticket.status_code == 503
    assert ticket["Retry-After"]
    assert operations.limits_client().connection_pool.connection_kwargs["port"] == 1


@pytest.mark.django_db
def test_without_the_cache_log_in_and_sign_up_answer_503(customer, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1"}}
    assert log_in(customer.email)[1].status_code == 503
    assert Client(HTTP_HOST=HOST).get("/signup/").status_code == 503
    app = Client(HTTP_HOST=HOST).post(
        LOGIN, {"email": customer.email, "password": PASSWORD}, content_type="application/json"
    )
    assert app.status_code == 503
    assert Client(HTTP_HOST=HOST).get("/login/").status_code == 200
