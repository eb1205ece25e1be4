"""Account and security: password, second factor, sessions, API keys on one page."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from allauth.account.internal import flows
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.templatetags.ui import age
from apps.platform.authentication.access import customer_required
from apps.platform.authentication.errors import KeyMissing, SecondFactorStale
from apps.platform.authentication.operations import create_api_key, revoke_api_key, revoke_others, revoke_session
from apps.platform.authentication.operations.api_keys import scopes_for
from apps.platform.authentication.pages.forms import ApiKeyForm, ChangePasswordForm
from apps.platform.authentication.queries import (
    exists_factor,
    exists_fresh_proof,
    get_factor,
    list_api_keys,
    list_sessions,
)
from apps.platform.rate_limiting.choices import SECOND_FACTOR
from apps.platform.rate_limiting.operations import give_back, take

NAV = "account"
READ, TRADE = "read", "trade"


@dataclass(frozen=True)
class SecondFactorCard:
    """The second factor as the page shows it."""

    on: bool
    since: str
    recovery_left: int
    set_up_url: str
    recovery_url: str
    remove_url: str


@dataclass(frozen=True)
class SessionRow:
    """A session as the page shows it."""

    id: str
    device: str
    place: str
    seen: str
    current: bool


@dataclass(frozen=True)
class KeyRow:
    """An API key as the page shows it."""

    id: UUID
    name: str
    prefix: str
    scopes: str
    expires: str
    used: str


@dataclass(frozen=True)
class AccountPage:
    """All that account.html reads."""

    email: str
    since: str
    second_factor: SecondFactorCard
    sessions: list[SessionRow]
    api_keys: list[KeyRow]
    password_form: ChangePasswordForm
    api_key_form: ApiKeyForm
    password_errors: list[str] = field(default_factory=list)
    password_changed: str = ""
    new_api_key: str = ""
    password_url: str = ""
    revoke_url: str = ""
    revoke_others_url: str = ""
    api_key_url: str = ""
    api_key_revoke_url: str = ""


@require_GET
@customer_required
def security(request: HttpRequest) -> HttpResponseBase:
    """Show the page."""
    return _page(request)


@require_POST
@sensitive_post_parameters("current", "password1")
@customer_required
def change_password(request: HttpRequest) -> HttpResponseBase:
    """Change the password; other sessions end, this one stays."""
    user: Any = request.user
    take(SECOND_FACTOR, f"password:{user.pk}")
    form = ChangePasswordForm(request.POST, user=user)
    if not form.is_valid():
        return _page(request, password_form=form)
    give_back(SECOND_FACTOR, f"password:{user.pk}")
    flows.password_change.change_password(user, form.cleaned_data["password1"])
    flows.password_change.finalize_password_change(request, user)
    messages.success(request, "Your password was changed. Your other sessions were signed out.")
    return HttpResponseRedirect(reverse("authentication-security"))


@require_POST
@customer_required
def end_session(request: HttpRequest) -> HttpResponseBase:
    """End one session."""
    revoke_session(actor=Actor.of(request.user), session_id=request.POST.get("session", ""))
    messages.success(request, "That session was signed out.")
    return HttpResponseRedirect(reverse("authentication-security"))


@require_POST
@customer_required
def end_other_sessions(request: HttpRequest) -> HttpResponseBase:
    """End all sessions but this one."""
    count = revoke_others(actor=Actor.of(request.user), keep=request.session.session_key or "")
    messages.success(request, f"{count} other session{'s' if count != 1 else ''} signed out.")
    return HttpResponseRedirect(reverse("authentication-security"))


@customer_required
def api_keys(request: HttpRequest) -> HttpResponseBase:
    """Show the page, or make a key."""
    return create_key(request) if request.method == "POST" else security(request)


@require_POST
@customer_required
def create_key(request: HttpRequest) -> HttpResponseBase:
    """Make an API key and show it this once. Who has a second factor proves it first."""
    user: Any = request.user
    if exists_factor(user.pk) and not exists_fresh_proof(request):
        messages.warning(request, SecondFactorStale.message)
        back = reverse("authentication-security")
        return HttpResponseRedirect(f"{reverse('authentication-second-factor-confirm')}?next={back}")
    actor = Actor.of(user)
    form = ApiKeyForm(request.POST, choices=_scope_choices())
    if not form.is_valid():
        return _page(request, api_key_form=form)
    scopes = list(scopes_for(actor)) if form.cleaned_data["scopes"] == TRADE else []
    try:
        made = create_api_key(
            actor=actor, name=form.cleaned_data["name"], scopes=scopes, expires_days=form.cleaned_data["expires_days"]
        )
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.text)
        return _page(request, api_key_form=form)
    return _page(request, new_api_key=made.text)


@require_POST
@customer_required
def end_key(request: HttpRequest) -> HttpResponseBase:
    """Revoke an API key."""
    try:
        key_id = UUID(request.POST.get("key", ""))
    except ValueError:
        raise KeyMissing from None
    revoke_api_key(actor=Actor.of(request.user), key_id=key_id)
    messages.success(request, "The key was revoked.")
    return HttpResponseRedirect(reverse("authentication-security"))


def _page(request: HttpRequest, **changes: Any) -> HttpResponseBase:
    user: Any = request.user
    request.nav_active = NAV  # type: ignore[attr-defined]
    factor = get_factor(user.pk)
    facts: dict[str, Any] = {
        "email": user.email,
        "since": f"{user.created_at:%-d %B %Y}",
        "second_factor": SecondFactorCard(
            on=factor.is_on,
            since=f"{factor.since:%-d %B %Y}" if factor.since else "",
            recovery_left=factor.recovery_left,
            set_up_url=reverse("authentication-second-factor-setup"),
            recovery_url=reverse("authentication-recovery-codes"),
            remove_url=reverse("authentication-second-factor-remove"),
        ),
        "sessions": [
            SessionRow(row.id, row.device, row.ip, "now" if row.is_current else age(row.last_seen_at), row.is_current)
            for row in list_sessions(user.pk, request.session.session_key or "")
        ],
        "api_keys": [_key_row(key) for key in list_api_keys(user.pk)],
        "password_form": ChangePasswordForm(user=user),
        "api_key_form": ApiKeyForm(choices=_scope_choices()),
        "password_url": reverse("authentication-password-change"),
        "revoke_url": reverse("authentication-session-revoke"),
        "revoke_others_url": reverse("authentication-sessions-revoke-others"),
        "api_key_url": reverse("authentication-api-keys"),
        "api_key_revoke_url": reverse("authentication-api-key-revoke"),
    }
    facts.update(changes)
    facts["password_errors"] = list(facts["password_form"].non_field_errors())
    return render(request, "platform/authentication/account.html", {"page": AccountPage(**facts)})


def _key_row(key: Any) -> KeyRow:
    return KeyRow(
        id=key.pk,
        name=key.name,
        prefix=f"ck_{key.prefix}",
        scopes="Read and trade" if key.scopes else "Read",
        expires=f"{key.expires_at:%-d %b %Y}",
        used=age(key.last_used_at),
    )


def _scope_choices() -> list[tuple[str, str]]:
    return [(READ, "Read"), (TRADE, "Read and trade")]
