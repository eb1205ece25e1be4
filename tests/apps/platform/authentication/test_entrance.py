"""Getting in through the pages."""

from typing import Any

import pytest

from apps.platform.users.models import User
from tests.apps.platform.identity import code, enrol, log_in, newest_code, recovery_code, visitor
from tests.factories.people import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "a fresh pass phrase 7"


def is_in(browser: Any) -> bool:
    return bool(browser.get("/account/security/").status_code == 200)


def test_sign_up_needs_the_code_from_the_mail():
    browser = visitor()
    answer = browser.post("/signup/", {"email": "New@Example.test", "password1": PASSWORD, "terms": "on"})
    assert answer.status_code == 302
    assert answer.url == "/verify-email/"
    assert not is_in(browser)
    page = browser.get("/verify-email/")
    assert "new@example.test" in page.content.decode()
    assert browser.post("/verify-email/", {"code": "WRONG-CODE"}).status_code == 200
    assert browser.post("/verify-email/", {"code": newest_code("new@example.test")}).status_code == 302
    assert is_in(browser)
    assert User.objects.get(email="new@example.test").is_staff is False


def test_sign_up_asks_for_consent_and_a_strong_password():
    browser = visitor()
    answer = browser.post("/signup/", {"email": "new@example.test", "password1": "short"})
    assert answer.status_code == 200
    assert not User.objects.filter(email="new@example.test").exists()


def test_log_in_and_log_out(customer):
    browser, answer = log_in(customer.email)
    assert answer.status_code == 302
    assert is_in(browser)
    assert browser.post("/logout/").status_code == 302
    assert not is_in(browser)


def test_wrong_password_says_the_same_for_known_and_unknown(customer):
    pages = []
    for email in (customer.email, "nobody@example.test"):
        _, answer = log_in(email, "wrong password here")
        pages.append((answer.status_code, answer.content.decode().replace(email, "*")))
    strip = [
        (status, "".join(line for line in text.splitlines() if "csrf" not in line and "nonce" not in line))
        for status, text in pages
    ]
    assert strip[0] == strip[1]


def test_closed_account_cannot_log_in(customer):
    User.objects.filter(pk=customer.pk).update(is_active=False)
    browser, answer = log_in(customer.email)
    assert not is_in(browser)
    assert answer.url == "/account/closed/"


def test_second_factor_is_asked_after_the_password(customer):
    enrol(customer)
    browser, answer = log_in(customer.email)
    assert answer.url == "/two-factor/"
    assert not is_in(browser)
    assert browser.get("/two-factor/").status_code == 200
    assert browser.post("/two-factor/", {"code": "000000"}).status_code == 200
    assert not is_in(browser)
    assert browser.post("/two-factor/", {"code": code()}).status_code == 302
    assert is_in(browser)


def test_recovery_code_stands_in_once(customer):
    enrol(customer)
    given = recovery_code(customer)
    first, _ = log_in(customer.email)
    assert first.post("/two-factor/", {"code": given}).status_code == 302
    second, _ = log_in(customer.email)
    assert second.post("/two-factor/", {"code": given}).status_code == 200
    assert is_in(first)
    assert not is_in(second)


def test_password_reset_ends_all_sessions_and_keeps_the_second_factor(customer):
    enrol(customer)
    old, _ = log_in(customer.email)
    old.post("/two-factor/", {"code": code()})
    assert is_in(old)
    browser = visitor()
    assert browser.post("/password-reset/", {"email": customer.email}).url == "/password-reset/code/"
    assert browser.post("/password-reset/code/", {"code": "BBBB-BBBB"}).status_code == 200
    given = newest_code(customer.email)
    assert browser.post("/password-reset/code/", {"code": given}).url == "/password-reset/new/"
    assert browser.post("/password-reset/new/", {"password1": NEW}).url == "/password-reset/done/"
    assert not is_in(browser)
    assert not is_in(old)
    _, answer = log_in(customer.email, NEW)
    assert answer.url == "/two-factor/"
    _, refused = log_in(customer.email)
    assert refused.status_code == 200


def test_reset_of_unknown_address_looks_the_same(customer):
    answers = []
    for email in (customer.email, "nobody@example.test"):
        browser = visitor()
        sent = browser.post("/password-reset/", {"email": email})
        page = browser.get("/password-reset/code/")
        wrong = browser.post("/password-reset/code/", {"code": "BBBB-BBBB"})
        answers.append((sent.status_code, sent.url, page.status_code, wrong.status_code))
    assert answers[0] == answers[1]


def test_reset_ends_after_wrong_codes(customer):
    browser = visitor()
    browser.post("/password-reset/", {"email": customer.email})
    statuses = [browser.post("/password-reset/code/", {"code": f"BBBB-BBB{at}"}).status_code for at in range(3)]
    assert statuses[-1] == 302
    browser.post("/password-reset/code/", {"code": newest_code(customer.email)})
    assert browser.get("/password-reset/new/").status_code == 302


def test_sign_up_with_a_known_address_looks_the_same_and_makes_nothing(customer):
    answers = []
    for email in (customer.email, "fresh@example.test"):
        browser = visitor()
        sent = browser.post("/signup/", {"email": email, "password1": PASSWORD, "terms": "on"})
        page = browser.get("/verify-email/")
        wrong = browser.post("/verify-email/", {"code": "BBBB-BBBB"})
        answers.append((sent.status_code, sent.url, page.status_code, wrong.status_code))
    assert answers[0] == answers[1]
    assert User.objects.filter(email=customer.email).count() == 1
