"""What the tests of identity share: enrolling, codes, log-ins through the pages and through the API."""

import re
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.test import Client

from apps.core.clock import now, travel
from apps.core.sealing import open_field
from apps.platform.notifications.models import OutgoingMail
from tests.factories.people import HOST, PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGIN = "/api/v1/auth/app/v1/auth/login"
SECOND = "/api/v1/auth/app/v1/auth/2fa/authenticate"


def enrol(user: Any, secret: str = SECRET) -> None:
    """Give the user a second factor and recovery codes, as if long ago."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    auth.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)


def code(secret: str = SECRET, steps: int = 0) -> str:
    """Return the code of the present time step, or of one `steps` later."""
    return str(auth.format_hotp_value(auth.hotp_value(secret, int(now().timestamp()) // 30 + steps)))


def recovery_code(user: Any, number: int = 0) -> str:
    """Return an unused recovery code of the user."""
    row = Authenticator.objects.get(user=user, type="recovery_codes")
    return str(row.wrap().get_unused_codes()[number])


def approve(browser: Any, address: str, **given: str) -> Any:
    """Post a desk's form that asks for a fresh code, with an unused recovery code of who is logged in."""
    row = Authenticator.objects.get(user_id=browser.session["_auth_user_id"], type="recovery_codes")
    return browser.post(address, {"reason": "seen", "code": row.wrap().get_unused_codes()[0], **given})


def next_step() -> Any:
    """Return a context in which the next code is due (30 s later)."""
    return travel(timedelta(seconds=30))


def visitor(host: str = HOST, **more: Any) -> Any:
    """Return a browser that is not logged in."""
    return Client(HTTP_HOST=host, **more)


def log_in(email: str, password: str = PASSWORD, *, host: str = HOST, client: Any = None) -> tuple[Any, Any]:
    """Post the log-in form and return the client and the reply."""
    browser = client or Client(HTTP_HOST=host)
    return browser, browser.post("/login/", {"login": email, "password": password})


def verified(user: Any, *, host: str = HOST) -> Any:
    """Return a browser in which the user logged in with password and code."""
    if not Authenticator.objects.filter(user=user, type="totp").exists():
        enrol(user)
    Authenticator.objects.filter(user=user, type="totp").update(data=_without_step(user))
    browser, _ = log_in(user.email, host=host)
    answer = browser.post("/two-factor/", {"code": code()})
    assert answer.status_code == 302, answer.content
    return browser


def app_token(user: Any, *, second: str = "", host: str = HOST) -> str:
    """Return the session token of an app in which the user logged in (with a code, if one is given)."""
    app = Client(HTTP_HOST=host)
    body = {"email": user.email, "password": PASSWORD}
    answer = app.post(LOGIN, body, content_type="application/json")
    if answer.status_code == 401 and second:
        pending = answer.json()["meta"]["session_token"]
        answer = app.post(
            SECOND, {"code": second}, content_type="application/json", headers={"X-Session-Token": pending}
        )
    assert answer.status_code == 200, answer.content
    return str(answer.json()["meta"]["session_token"])


def age_proofs(browser: Any, seconds: int) -> None:
    """Make the proofs in a browser's session older (allauth stamps them with the machine's clock)."""
    session = browser.session
    session["account_authentication_methods"] = [
        {**row, "at": row["at"] - seconds} for row in session["account_authentication_methods"]
    ]
    session.save()


def newest_code(email: str) -> str:
    """Return the code in the newest mail that waits for an address."""
    for mail in OutgoingMail.objects.order_by("-id"):
        if open_field(mail, "recipient") == email:
            return str(re.findall(r"code: ([A-Z0-9-]+)", open_field(mail, "text"))[0])
    raise AssertionError(f"no mail to {email}")


def _without_step(user: Any) -> dict[str, Any]:
    row = Authenticator.objects.get(user=user, type="totp")
    return {"secret": row.data["secret"]}
