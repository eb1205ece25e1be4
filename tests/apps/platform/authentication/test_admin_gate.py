"""Every way to log in, with no second factor, with one, and half-way, against the back office."""

from datetime import timedelta
from typing import Any

import pytest
from django_otp import devices_for_user, user_has_device

from apps.core.clock import travel
from tests.apps.platform.identity import app_token, code, enrol, log_in, newest_code, recovery_code, verified, visitor
from tests.factories.people import HOST

pytestmark = pytest.mark.django_db
NEW = "a fresh pass phrase 7"


def admin(browser: Any) -> tuple[int, str]:
    answer = browser.get("/admin/", follow=False)
    if answer.status_code == 302 and answer.url.startswith("/admin/login"):
        answer = browser.get(answer.url)
    return answer.status_code, answer.get("Location", "").partition("?")[0]


def by_password(user, **_more) -> Any:
    return log_in(user.email)[0]


def by_reset(user) -> Any:
    browser = visitor()
    browser.post("/password-reset/", {"email": user.email})
    browser.post("/password-reset/code/", {"code": newest_code(user.email)})
    browser.post("/password-reset/new/", {"password1": NEW})
    return log_in(user.email, NEW, client=browser)[0]


PATHS = [by_password, by_reset]


@pytest.mark.parametrize("path", PATHS)
def test_staff_without_a_factor_is_sent_to_enrolment(staff, path):
    assert admin(path(staff)) == (302, "/two-factor/setup/")


@pytest.mark.parametrize("path", PATHS)
def test_staff_half_way_is_nobody(staff, path):
    enrol(staff)
    assert admin(path(staff)) == (302, "/login/")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_staff_with_a_proof_enters(staff, path, kind):
    enrol(staff)
    browser = path(staff)
    given = code() if kind == "totp" else recovery_code(staff)
    assert browser.post("/two-factor/", {"code": given}).status_code == 302
    assert admin(browser) == (200, "")


def test_a_token_is_no_way_in(staff):
    enrol(staff)
    token = app_token(staff, second=code())
    browser = visitor(HOST, headers={"X-Session-Token": token})
    assert admin(browser) == (302, "/login/")


def test_an_api_key_is_no_way_in(staff, api):
    made = api(staff).post("/api/v1/api-keys", {"name": "k"}, format="json").json()
    browser = visitor(HOST, headers={"Authorization": f"Bearer {made['key']}"})
    assert admin(browser) == (302, "/login/")


def test_a_customer_is_refused(customer):
    browser = verified(customer)
    assert admin(browser)[0] == 403


def test_the_proof_lasts_twelve_hours(staff):
    browser = verified(staff)
    assert admin(browser)[0] == 200
    with travel(timedelta(hours=12, minutes=1)):
        assert admin(browser) == (302, "/two-factor/confirm/")


def test_fresh_enrolment_is_no_proof_but_the_next_code_is(staff):
    browser, _ = log_in(staff.email)
    page = browser.get("/two-factor/setup/")
    secret = page.context["page"].secret.replace(" ", "")
    answer = browser.post("/two-factor/setup/", {"code": code(secret)})
    assert answer.status_code == 200
    assert len(answer.context["page"].codes) == 10
    assert admin(browser) == (302, "/two-factor/confirm/")
    assert browser.post("/two-factor/confirm/", {"code": code(secret)}).status_code == 200, "the code is used up"
    with travel(timedelta(seconds=30)):
        assert browser.post("/two-factor/confirm/?next=/admin/", {"code": code(secret)}).url == "/admin/"
        assert admin(browser)[0] == 200


def test_removing_the_factor_closes_the_door_at_once(staff):
    browser = verified(staff)
    with travel(timedelta(seconds=30)):
        assert browser.post("/two-factor/remove/", {"code": code()}).status_code == 302
    assert admin(browser) == (302, "/two-factor/setup/")


def test_django_otp_tells_the_truth(staff, rf):
    assert not user_has_device(staff)
    enrol(staff)
    assert user_has_device(staff)
    device = next(device for device in devices_for_user(staff) if device.name == "totp")
    assert device.verify_token(code()) is True
    assert device.verify_token(code()) is False


def test_only_our_own_addresses_are_followed(staff):
    browser = verified(staff)
    assert browser.get("/admin/login/?next=https://evil.example/").url == "/admin/"
    assert log_in(staff.email, client=visitor())[1].url == "/two-factor/"
