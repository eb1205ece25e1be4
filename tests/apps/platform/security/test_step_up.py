"""The second proof: this action, this payload, this person, this session, once, within five minutes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.core.clock import now, travel
from apps.core.context import in_schema
from apps.platform.authentication.bridge import attach
from apps.platform.authentication.sessions import open_session
from apps.platform.security.access import asks_for_step_up
from apps.platform.security.errors import StepUpNeedsSession, StepUpRequired
from apps.platform.security.models import StepUpGrant
from apps.platform.security.operations import Summary, require_recent_2fa
from tests.apps.platform.identity import app_token, code, enrol, log_in, recovery_code, verified
from tests.factories.people import HOST

pytestmark = pytest.mark.django_db
ACTION = "withdrawals.send"
PAYLOAD = {"to": "bc1q0", "amount": "1.5"}
SUMMARY = Summary("Send 1.5 BTC", [("To", "bc1q0"), ("Amount", "1.5 BTC")], "/wallet/")


def of_browser(browser: Any) -> Any:
    """Return a request as a view of that browser would get it."""
    return of_session(browser.session.session_key)


def of_session(key: Any) -> Any:
    request = RequestFactory().post("/", HTTP_HOST=HOST)
    found: Any = open_session(key)
    request.session, request.user = found[1], attach(*found)
    return request


def do(request: Any, payload: Any = None, action: str = ACTION) -> str:
    """Return the challenge's id, or an empty text when the action may go on."""
    try:
        require_recent_2fa(request, action, payload or PAYLOAD, summary=SUMMARY)
    except StepUpRequired as asked:
        return str(asked.params["challenge"])
    return ""


def confirm(browser: Any, challenge: str, given: str, **headers: str) -> Any:
    return browser.post(
        f"/api/v1/step-ups/{challenge}", {"code": given}, content_type="application/json", headers=headers
    ).status_code


@pytest.fixture
def browser(customer) -> Any:
    return verified(customer)


def test_confirmed_once_is_good_once(browser):
    challenge = do(of_browser(browser))
    assert challenge
    shown = browser.get(f"/api/v1/step-ups/{challenge}").json()
    assert shown["title"] == "Send 1.5 BTC"
    assert shown["facts"] == [["To", "bc1q0"], ["Amount", "1.5 BTC"]]
    with travel(timedelta(seconds=30)):
        assert confirm(browser, challenge, code()) == 200
    assert do(of_browser(browser)) == ""
    assert do(of_browser(browser)) != ""


def granted(browser: Any) -> str:
    challenge = do(of_browser(browser))
    with travel(timedelta(seconds=30)):
        assert confirm(browser, challenge, code()) == 200
    return challenge


@pytest.mark.parametrize("other", [{"to": "bc1q0", "amount": "1.6"}, {"to": "evil", "amount": "1.5"}, {"to": "bc1q0"}])
def test_another_payload_is_not_confirmed(browser, other):
    granted(browser)
    assert do(of_browser(browser), other) != ""
    assert do(of_browser(browser)) == "", "the confirmed one still is"


def test_another_action_session_or_person_is_not_confirmed(browser, customer, other_customer):
    granted(browser)
    assert do(of_browser(browser), action="settings.change") != ""
    with travel(timedelta(seconds=60)):
        second = verified(customer)
    assert do(of_browser(second)) != ""
    assert do(of_browser(verified(other_customer))) != ""


def test_others_cannot_confirm_or_see_it(browser, customer, other_customer):
    challenge = do(of_browser(browser))
    foreign = verified(other_customer)
    assert foreign.get(f"/api/v1/step-ups/{challenge}").status_code == 404
    with travel(timedelta(seconds=30)):
        assert confirm(foreign, challenge, code()) == 404
        assert confirm(verified(customer), challenge, code(steps=1)) == 404
    assert not StepUpGrant.objects.filter(granted_at__isnull=False).exists()


def test_a_wrong_or_used_code_grants_nothing(browser):
    challenge = do(of_browser(browser))
    assert confirm(browser, challenge, "000000") == 422
    assert confirm(browser, challenge, code()) == 422, "used at log-in"
    assert do(of_browser(browser)) != ""


def test_a_recovery_code_grants(browser, customer):
    challenge = do(of_browser(browser))
    assert confirm(browser, challenge, recovery_code(customer)) == 200
    assert do(of_browser(browser)) == ""


def test_without_a_second_factor_nothing_is_granted(customer):
    plain, _ = log_in(customer.email)
    challenge = do(of_browser(plain))
    assert confirm(plain, challenge, "123456") == 403
    page = plain.get(f"/step-up/{challenge}/")
    assert page.status_code == 200
    assert "/two-factor/setup/" in page.content.decode()


def test_a_factor_removed_meanwhile_takes_the_grant_with_it(browser, customer):
    granted(browser)
    from allauth.mfa.models import Authenticator

    Authenticator.objects.filter(user=customer).delete()
    assert do(of_browser(browser)) != ""


def test_it_is_over_after_five_minutes(browser):
    challenge = do(of_browser(browser))
    with travel(timedelta(minutes=5, seconds=1)):
        assert confirm(browser, challenge, code()) == 404
    granted(browser)
    with travel(timedelta(minutes=5, seconds=1)):
        assert do(of_browser(browser)) != ""


def test_the_database_refuses_a_longer_life(customer):
    with pytest.raises(IntegrityError), transaction.atomic():
        StepUpGrant.objects.create(
            user=customer, session_hash="x", action="a", payload_hash="y", title="t",
            created_at=now(), expires_at=now() + timedelta(minutes=6),
        )  # fmt: skip


def test_the_page_shows_the_payload_and_goes_back(browser):
    challenge = do(of_browser(browser))
    page = browser.get(f"/step-up/{challenge}/").content.decode()
    assert "Send 1.5 BTC" in page
    assert "bc1q0" in page
    with travel(timedelta(seconds=30)):
        answer = browser.post(f"/step-up/{challenge}/", {"code": code()})
    assert answer.status_code == 302
    assert answer.url == "/wallet/"
    assert do(of_browser(browser)) == ""


def test_a_token_confirms_for_its_own_session(customer):
    enrol(customer)
    token = app_token(customer, second=code())
    challenge = do(of_session(token))
    app = Client(HTTP_HOST=HOST)
    with travel(timedelta(seconds=30)):
        assert confirm(app, challenge, code(), **{"X-Session-Token": token}) == 200
    assert do(of_session(token)) == ""


def test_a_key_never_confirms(customer, api):
    class Sender(APIView):
        def post(self, request: Any) -> Response:
            with pytest.raises(StepUpNeedsSession):
                require_recent_2fa(request, ACTION, PAYLOAD, summary=SUMMARY)
            return Response({"checked": True})

    key = api(customer).post("/api/v1/api-keys", {"name": "k"}, format="json").json()["key"]
    request = APIRequestFactory().post("/", HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Bearer {key}")
    assert Sender.as_view()(request).data == {"checked": True}


def test_the_api_challenge_names_where_to_confirm(browser):
    with pytest.raises(StepUpRequired) as asked:
        require_recent_2fa(of_browser(browser), ACTION, PAYLOAD, summary=SUMMARY)
    challenge = asked.value.params["challenge"]
    assert asked.value.http_status == 401
    assert asked.value.params["url"] == f"/step-up/{challenge}/"
    assert asked.value.params["api_url"] == f"/api/v1/step-ups/{challenge}"


def test_it_does_not_travel(browser, tenant_b):
    challenge = granted(browser)
    there = Client(HTTP_HOST="beta.localhost")
    there.cookies["__Host-sessionid"] = browser.session.session_key
    assert there.get(f"/api/v1/step-ups/{challenge}").status_code == 401
    with in_schema(tenant_b.schema):
        assert not StepUpGrant.objects.exists()


def test_a_page_leads_to_the_question(browser):
    @asks_for_step_up
    def send(request: Any) -> HttpResponse:
        require_recent_2fa(request, ACTION, PAYLOAD, summary=SUMMARY)
        return HttpResponse("sent")

    asked = send(of_browser(browser))
    assert asked.status_code == 302
    with travel(timedelta(seconds=30)):
        assert browser.post(asked["Location"], {"code": code()}).status_code == 302
    assert send(of_browser(browser)).status_code == 200
