"""One code is one use, and a password alone changes nothing about the second factor."""

import threading
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection

from apps.core.clock import travel
from apps.core.context import in_schema
from apps.core.models import OutboxEvent
from tests.apps.platform.identity import SECRET, app_token, code, enrol, log_in, verified, visitor
from tests.factories.people import HOST, make_customer

FACTORS = "/api/v1/auth/app/v1/account/authenticators/totp"


def totp(user):
    return Authenticator.objects.get(user=user, type="totp").wrap()


@pytest.mark.real_commit
def test_thirty_two_parallel_uses_of_one_code_are_one(real_db):
    from apps.platform.tenants.queries import get_tenant

    schema = get_tenant("alpha").schema
    with in_schema(schema):
        user = make_customer("ann@example.test")
        enrol(user)
        given = code()
    start, accepted = threading.Barrier(32), []

    def use() -> None:
        start.wait()
        try:
            with in_schema(schema):
                accepted.append(totp(user).validate_code(given))
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accepted) == 32
    assert sum(accepted) == 1
    with in_schema(schema):
        cache.clear()
        assert totp(user).validate_code(given) is False
        with travel(timedelta(seconds=29)):
            assert totp(user).validate_code(given) is False


@pytest.mark.django_db
def test_a_code_is_refused_before_and_after_its_time(customer):
    enrol(customer)
    assert totp(customer).validate_code(code(steps=-2)) is False
    assert totp(customer).validate_code(code(steps=2)) is False
    assert totp(customer).validate_code(code(steps=1)) is True
    assert totp(customer).validate_code(code()) is False, "older than the last one used"


@pytest.mark.django_db
def test_the_secret_is_sealed(customer):
    enrol(customer)
    stored = Authenticator.objects.get(user=customer, type="totp").data["secret"]
    assert SECRET not in stored


@pytest.mark.django_db
def test_removal_needs_a_code_not_a_password(customer):
    browser = verified(customer)
    with travel(timedelta(hours=1)):
        assert browser.post("/two-factor/remove/", {"code": "000000"}).status_code == 200
        assert Authenticator.objects.filter(user=customer, type="totp").exists()
        assert browser.post("/two-factor/remove/", {"code": code()}).status_code == 302
    assert not Authenticator.objects.filter(user=customer).exists()


@pytest.mark.django_db
def test_an_app_with_a_stale_proof_cannot_remove_it_by_password(customer):
    enrol(customer)
    token = app_token(customer, second=code())
    app = visitor(HOST, headers={"X-Session-Token": token})
    with travel(timedelta(hours=1)):
        assert app.delete(FACTORS).status_code == 401
        again = app.post(
            "/api/v1/auth/app/v1/auth/reauthenticate",
            {"password": "correct horse battery staple"},
            content_type="application/json",
        )
        assert again.status_code == 200
        assert app.delete(FACTORS).status_code == 401
        assert Authenticator.objects.filter(user=customer, type="totp").exists()
        proof = app.post("/api/v1/two-factor", {"code": code()}, content_type="application/json")
        assert proof.status_code == 204, proof.content


@pytest.mark.django_db
def test_an_app_with_a_fresh_proof_can_remove_it(customer):
    enrol(customer)
    app = visitor(HOST, headers={"X-Session-Token": app_token(customer, second=code())})
    assert app.delete(FACTORS).status_code == 200
    assert not Authenticator.objects.filter(user=customer).exists()


@pytest.mark.django_db
def test_wrong_codes_are_counted(customer):
    enrol(customer)
    browser = verified(customer)
    pages = [browser.post("/two-factor/confirm/", {"code": f"00000{at}"}).content.decode() for at in range(11)]
    assert "Too many requests" not in pages[0]
    assert "Too many requests" in pages[10]
    with travel(timedelta(seconds=30)):
        assert "Too many" in browser.post("/two-factor/confirm/", {"code": code()}).content.decode()


@pytest.mark.django_db
def test_new_recovery_codes_replace_the_old(customer):
    browser = verified(customer)
    old = Authenticator.objects.get(user=customer, type="recovery_codes").wrap().get_unused_codes()
    with travel(timedelta(seconds=30)):
        page = browser.post("/two-factor/recovery-codes/", {"code": code()})
    assert page.status_code == 200
    assert not set(page.context["page"].codes) & set(old)


@pytest.mark.django_db
def test_pages_need_a_log_in(customer):
    for path in ("setup", "confirm", "recovery-codes", "remove"):
        answer = visitor().get(f"/two-factor/{path}/")
        assert answer.status_code == 302
        assert answer.url.startswith("/login/")
    assert log_in(customer.email)[0].get("/two-factor/confirm/").url.startswith("/two-factor/setup/")


@pytest.mark.django_db
def test_the_owner_hears_of_guessing(customer):
    enrol(customer)
    browser, _ = log_in(customer.email)
    for at in range(4):
        browser.post("/two-factor/", {"code": f"00000{at}"})
    told = [
        event.payload["credential"] for event in OutboxEvent.objects.filter(name="authentication.credential_changed")
    ]
    assert told == ["second_factor_guessed"]
