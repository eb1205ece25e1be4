"""Nothing that proves something at one tenant proves anything at another, not even for a copied account."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.test import Client

from apps.core.context import in_schema
from apps.platform.authentication.sockets import issue_ticket
from apps.platform.users.models import User
from tests.apps.platform.identity import app_token, code, enrol, log_in, newest_code
from tests.factories.people import HOST, PASSWORD

pytestmark = pytest.mark.django_db
THERE = "beta.localhost"


def copy(user: Any, schema: str) -> Any:
    """Put the same account (key and password hash) into another tenant."""
    with in_schema(schema):
        twin = User.objects.create(
            pk=user.pk, email=user.email, password=user.password, is_staff=user.is_staff, created_at=user.created_at
        )
        EmailAddress.objects.create(user=twin, email=twin.email, verified=True, primary=True)
        return twin


@pytest.fixture(params=["stranger", "copied"])
def account(request, customer, tenant_b):
    """A customer of A; in one of two runs the same row stands in B."""
    if request.param == "copied":
        copy(customer, tenant_b.schema)
    return customer


def test_session_cookie(account):
    browser, _ = log_in(account.email)
    name = "__Host-sessionid"
    there = Client(HTTP_HOST=THERE)
    there.cookies[name] = browser.cookies[name].value
    assert browser.get("/account/security/").status_code == 200
    assert there.get("/account/security/").status_code == 302
    assert there.get("/api/v1/me").status_code == 401


def test_session_token(account):
    token = app_token(account)
    assert Client(HTTP_HOST=HOST).get("/api/v1/me", headers={"X-Session-Token": token}).status_code == 200
    assert Client(HTTP_HOST=THERE).get("/api/v1/me", headers={"X-Session-Token": token}).status_code == 401


def test_api_key(account, api):
    key = api(account).post("/api/v1/api-keys", {"name": "k"}, format="json").json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    assert Client(HTTP_HOST=HOST).get("/api/v1/me", headers=headers).status_code == 200
    assert Client(HTTP_HOST=THERE).get("/api/v1/me", headers=headers).status_code == 401


def test_code_of_a_sign_up(account):
    here, there = Client(HTTP_HOST=HOST), Client(HTTP_HOST=THERE)
    for browser in (here, there):
        browser.post("/signup/", {"email": "new@example.test", "password1": PASSWORD, "terms": "on"})
    given = newest_code("new@example.test")
    assert there.post("/verify-email/", {"code": given}).status_code == 200
    assert there.get("/account/security/").status_code == 302


def test_code_of_a_reset(account, tenant_b):
    here, there = Client(HTTP_HOST=HOST), Client(HTTP_HOST=THERE)
    for browser in (here, there):
        browser.post("/password-reset/", {"email": account.email})
    given = newest_code(account.email)
    assert there.post("/password-reset/code/", {"code": given}).status_code == 200
    assert there.get("/password-reset/new/").status_code == 302


def test_signatures_and_reset_tokens(account, tenant_b):
    signed, token = signing.dumps("x"), default_token_generator.make_token(account)
    with in_schema(tenant_b.schema):
        with pytest.raises(signing.BadSignature):
            signing.loads(signed)
        assert not default_token_generator.check_token(account, token)
    assert signing.loads(signed) == "x"
    assert default_token_generator.check_token(account, token)


def test_session_row_that_was_copied(customer, tenant_b):
    from django.contrib.sessions.models import Session

    copy(customer, tenant_b.schema)
    browser, _ = log_in(customer.email)
    row = Session.objects.get(session_key=browser.session.session_key)
    with in_schema(tenant_b.schema):
        Session.objects.create(session_key=row.session_key, session_data=row.session_data, expire_date=row.expire_date)
    there = Client(HTTP_HOST=THERE)
    there.cookies["__Host-sessionid"] = row.session_key
    assert there.get("/account/security/").status_code == 302


def test_second_factor_secret_that_was_copied(customer, tenant_b):
    from allauth.mfa.models import Authenticator

    from apps.core.sealing import SealBroken

    enrol(customer)
    row = Authenticator.objects.get(user=customer, type="totp")
    twin = copy(customer, tenant_b.schema)
    with in_schema(tenant_b.schema):
        moved = Authenticator.objects.create(user=twin, type="totp", data=row.data)
        with pytest.raises(SealBroken):
            moved.wrap().validate_code(code())


def test_ticket_key_names_the_schema(account, tenant_a, tenant_b):
    from apps.platform.rate_limiting.operations import limits_client

    issue_ticket(user_id=account.pk, session_key="x" * 32, key_id=None)
    keys = [key.decode() for key in limits_client().scan_iter("wst:*")]
    assert keys
    assert all(tenant_a.schema in key and tenant_b.schema not in key for key in keys)
