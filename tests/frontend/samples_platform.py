"""Sample contexts of the platform's pages."""

from typing import Any

from django.utils.safestring import mark_safe

from apps.core.view import Choice, Fact, Page
from tests.frontend.samples_shell import shell, text_field

AUTH = {"tenant_name": "Nordlys", "home_url": "/"}


def login() -> dict[str, Any]:
    form = {
        "login": text_field("login", "E-mail", kind="email", value="maya@example.org"),
        "password": text_field("password", "Password", kind="password"),
        "remember": text_field("remember", "Stay signed in", kind="checkbox", required=False),
    }
    return {
        **AUTH,
        "form": form,
        "errors": [],
        "next_value": "",
        "signup_url": "/signup/",
        "reset_url": "/password/reset/",
    }


def login_refused() -> dict[str, Any]:
    context = login()
    context["errors"] = [
        "The e-mail address or the password is not right. After 3 more tries this account is locked for 15 minutes."
    ]
    return context


def signup() -> dict[str, Any]:
    form = {
        "email": text_field(
            "email", "E-mail", kind="email", value="maya@", errors=["Enter a complete e-mail address."]
        ),
        "password1": text_field(
            "password1",
            "Password",
            kind="password",
            help_text="At least 12 characters. A sentence is easier to remember than a code.",
        ),
        "terms": text_field("terms", "I have read the terms and the risk notice", kind="checkbox"),
    }
    return {**AUTH, "form": form, "errors": [], "login_url": "/login/"}


def code_page(**more: Any) -> dict[str, Any]:
    """Any page that asks for one code."""
    form = {
        "code": text_field("code", "Code"),
        "email": text_field("email", "E-mail", kind="email"),
        "password1": text_field("password1", "New password", kind="password"),
    }
    given = {
        "email": "maya@example.org",
        "errors": [],
        "resend_url": "/resend/",
        "mailbox_url": "/mailbox/",
        "login_url": "/login/",
    }
    return {**AUTH, **given, "form": form, **more}


def step_up(**changes: Any) -> dict[str, Any]:
    page = {
        "title": "Turn off the second factor",
        "text": "Without it, anybody with your password can sign in. Live money closes at once.",
        "mode": "live",
        "facts": [
            Fact("Account", "maya@example.org"),
            Fact("Signed in from", "Firefox on Linux"),
            Fact("Asked at", "14:03:21 UTC"),
        ],
        "payload_hash": "9f1c 44ab",
        "verb": "Turn off the second factor",
        "token": "sample",
        "return_url": "/account/",
        "minutes": 5,
        "set_up_url": "",
    }
    return {**code_page(), "page": {**page, **changes}}


def account() -> dict[str, Any]:
    sessions = [
        {"id": "s1", "device": "Firefox on Linux", "place": "192.0.2.14", "seen": "now", "current": True},
        {"id": "s2", "device": "Safari on iPhone", "place": "198.51.100.7", "seen": "2 h ago", "current": False},
    ]
    keys = [
        {
            "id": "k1",
            "name": "Reporting script",
            "prefix": "oc_7f3a",
            "scopes": "read",
            "expires": "1 Sep 2025",
            "used": "4 min ago",
        }
    ]
    page = {
        "email": "maya@example.org",
        "since": "2 June 2025",
        "password_url": "/account/password/",
        "password_form": {
            "current": text_field("current", "Current password", kind="password"),
            "password1": text_field("password1", "New password", kind="password"),
        },
        "password_errors": [],
        "password_changed": "changed 29 days ago",
        "second_factor": {
            "on": True,
            "since": "2 June",
            "set_up_url": "/account/totp/",
            "recovery_left": 8,
            "recovery_url": "/account/recovery/",
            "remove_url": "/account/totp/remove/",
        },
        "sessions": sessions,
        "revoke_url": "/account/sessions/revoke/",
        "revoke_others_url": "/account/sessions/revoke-others/",
        "api_keys": keys,
        "api_key_url": "/account/api-keys/",
        "api_key_form": {
            "name": text_field("name", "Name"),
            "scopes": text_field(
                "scopes",
                "May",
                kind="select",
                choices=[("read", "Read"), ("read trade", "Read and trade")],
                value="read",
            ),
            "expires_days": text_field("expires_days", "Expires in", value="90"),
        },
        "api_key_revoke_url": "/account/api-keys/revoke/",
        "new_api_key": "oc_7f3a_9Qm4vX2LrT8wKs6ZbN1cYh5",
    }
    return {"shell": shell("account"), "page": page}


def account_plain() -> dict[str, Any]:
    context = account()
    page = {**context["page"], "new_api_key": "", "api_keys": []}
    page["second_factor"] = {**page["second_factor"], "on": False}
    return {**context, "page": page}


def setup() -> dict[str, Any]:
    cells = "".join(f'<rect x="{at * 7 % 25}" y="{at * 11 % 24}" width="1" height="1"/>' for at in range(280))
    picture = mark_safe(f'<svg viewBox="0 0 25 25">{cells}</svg>')
    page = {
        "parent_url": "/account/",
        "qr_svg": picture,
        "secret": "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP",
        "form": {
            "code": text_field(
                "code",
                "Six-digit code",
                errors=["That code is not right, or it was used already. Wait for the next one."],
            )
        },
        "errors": [],
    }
    return {"shell": shell("account"), "page": page}


def recovery() -> dict[str, Any]:
    return {
        "shell": shell("account"),
        "page": {
            "parent_url": "/account/",
            "codes": [f"{at:02d}f3-9a{at}c-77b{at}" for at in range(10)],
            "done_url": "/account/",
        },
    }


def inbox() -> dict[str, Any]:
    rows = [
        {
            "id": "1",
            "time": "2 Jun, 14:03",
            "tone": "good",
            "icon": "check-circle",
            "title": "Filled: bought 0.1010 BTC",
            "text": "at 103,600.0, fee 2.09 USDT",
            "url": "/orders/1/",
            "read": False,
        },
        {
            "id": "2",
            "time": "2 Jun, 11:20",
            "tone": "warn",
            "icon": "warn",
            "title": "LTC reversion paused itself",
            "text": "Day loss limit 2.0 % reached",
            "url": "/bots/1/",
            "read": False,
        },
        {
            "id": "3",
            "time": "1 Jun, 19:44",
            "tone": "plain",
            "icon": "device",
            "title": "New sign-in",
            "text": "Safari on iPhone, 198.51.100.7",
            "url": "/account/",
            "read": True,
        },
    ]
    page = {
        "note": "2 unread",
        "filters": [Choice("All", "?", True), Choice("Unread", "?unread=1")],
        "rows": rows,
        "page": Page("3 messages"),
        "read_all_url": "/inbox/read-all/",
    }
    return {"shell": shell("", unread=2), "page": page}


def mailbox() -> dict[str, Any]:
    mails = [
        {
            "url": "?mail=2",
            "time": "14:03:21",
            "to": "maya@example.org",
            "subject": "Your code for Nordlys",
            "current": True,
        },
        {
            "url": "?mail=1",
            "time": "13:58:02",
            "to": "maya@example.org",
            "subject": "Welcome to Nordlys",
            "current": False,
        },
    ]
    mail = {
        "subject": "Your code for Nordlys",
        "to": "maya@example.org",
        "sender": "no-reply@nordlys.localhost",
        "time": "2 June, 14:03:21 UTC",
        "text": "Your code: K7QX-2M9D\n\nIt works for 15 minutes.\nhttp://nordlys.localhost:8000/verify/",
    }
    return {**AUTH, "page": {"mails": mails, "mail": mail}}


AUTHENTICATION = "platform/authentication/"
ERROR = {"tenant_name": "Nordlys", "home_url": "/", "error_id": "0190d2c4", "reason": ""}
PLATFORM_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "login": (f"{AUTHENTICATION}login.html", login()),
    "login-refused": (f"{AUTHENTICATION}login.html", login_refused()),
    "signup": (f"{AUTHENTICATION}signup.html", signup()),
    "verify": (f"{AUTHENTICATION}verify_sent.html", code_page()),
    "reset": (f"{AUTHENTICATION}password_reset.html", code_page()),
    "reset-sent": (f"{AUTHENTICATION}password_reset_sent.html", code_page()),
    "reset-confirm": (f"{AUTHENTICATION}password_reset_confirm.html", code_page()),
    "reset-done": (f"{AUTHENTICATION}password_reset_done.html", code_page()),
    "second-factor": (
        f"{AUTHENTICATION}second_factor.html",
        code_page(use_recovery=False, switch_url="?recovery=1", cancel_url="/login/"),
    ),
    "second-factor-recovery": (
        f"{AUTHENTICATION}second_factor.html",
        code_page(use_recovery=True, switch_url="?", cancel_url="/login/"),
    ),
    "step-up": (f"{AUTHENTICATION}step_up.html", step_up()),
    "step-up-none": (f"{AUTHENTICATION}step_up.html", step_up(set_up_url="/account/totp/", mode="")),
    "account": (f"{AUTHENTICATION}account.html", account()),
    "account-plain": (f"{AUTHENTICATION}account.html", account_plain()),
    "second-factor-setup": (f"{AUTHENTICATION}second_factor_setup.html", setup()),
    "recovery-codes": (f"{AUTHENTICATION}recovery_codes.html", recovery()),
    "inbox": ("platform/notifications/inbox.html", inbox()),
    "landing": (
        "platform/tenants/landing.html",
        {
            **AUTH,
            "tenants": [{"name": "Nordlys", "url": "http://nordlys.localhost:8000/"}],
            "console_url": "/platform/",
        },
    ),
    "mailbox": ("platform/notifications/mailbox.html", mailbox()),
    **{f"error-{code}": (f"{code}.html", ERROR) for code in ("400", "403", "404", "429", "500", "503")},
}
