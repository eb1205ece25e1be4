"""The second factor on its pages: turning it on, proving it again, new recovery codes, turning it off."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import clear_totp_secret, get_totp_secret
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.templatetags.ui import grouped
from apps.platform.authentication.access import customer_required
from apps.platform.authentication.operations import enrol_totp, new_recovery_codes, prove_second_factor, remove_totp
from apps.platform.authentication.pages.account import NAV
from apps.platform.authentication.pages.entrance import TEMPLATES, frame
from apps.platform.authentication.pages.forms import CodeForm
from apps.platform.authentication.queries import exists_factor, get_factor


@dataclass(frozen=True)
class SetupPage:
    """What second_factor_setup.html reads."""

    parent_url: str
    qr_svg: SafeString
    secret: str
    form: CodeForm
    errors: list[str]


@dataclass(frozen=True)
class RecoveryPage:
    """What recovery_codes.html reads."""

    parent_url: str
    codes: list[str]
    done_url: str


@dataclass(frozen=True)
class Fact:
    """A label with a text."""

    label: str
    text: str
    figure: None = None


@dataclass(frozen=True)
class ConfirmPage:
    """What step_up.html reads."""

    title: str
    text: str
    verb: str
    return_url: str
    facts: list[Fact]
    set_up_url: str = ""
    mode: str = ""
    payload_hash: str = ""
    token: str = ""
    minutes: int = 5


@never_cache
@require_http_methods(["GET", "POST"])
@customer_required
def set_up(request: HttpRequest) -> HttpResponseBase:
    """Show a secret; turn the second factor on when the person types its code; show the recovery codes once."""
    user: Any = request.user
    if get_factor(user.pk).is_on:
        return HttpResponseRedirect(_next(request))
    request.nav_active = NAV  # type: ignore[attr-defined]
    secret = get_totp_secret(regenerate=request.method == "GET")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = enrol_totp(actor=Actor.of(user), secret=secret, code=form.cleaned_data["code"])
        except DomainError as refusal:
            form.add_error("code", refusal.text)
        else:
            clear_totp_secret(request)
            return _show_codes(request, codes, _next(request))
    page = SetupPage(_account_url(), _picture(user, secret), grouped(secret), form, _sentences(form))
    return render(request, f"{TEMPLATES}second_factor_setup.html", {"page": page})


@never_cache
@require_http_methods(["GET", "POST"])
@customer_required
def confirm(request: HttpRequest) -> HttpResponseBase:
    """Prove the second factor in this session, then go on to `next`."""
    user: Any = request.user
    if not exists_factor(user.pk):
        return HttpResponseRedirect(
            f"{reverse('authentication-second-factor-setup')}?{urlencode({'next': _next(request)})}"
        )
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            prove_second_factor(request, form.cleaned_data["code"])
        except DomainError as refusal:
            form.add_error("code", refusal.text)
        else:
            return HttpResponseRedirect(_next(request))
    context = {
        **frame(request),
        "form": form,
        "errors": form.non_field_errors(),
        "use_recovery": "recovery" in request.GET,
        "switch_url": _switched(request),
        "cancel_url": "/",
    }
    return render(request, f"{TEMPLATES}second_factor.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@customer_required
def recovery_codes(request: HttpRequest) -> HttpResponseBase:
    """Make new recovery codes by a code of the app, and show them once."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = new_recovery_codes(actor=Actor.of(request.user), request=request, code=form.cleaned_data["code"])
        except DomainError as refusal:
            form.add_error("code", refusal.text)
        else:
            return _show_codes(request, codes, _account_url())
    return _confirm_page(
        request,
        form,
        title="Make new recovery codes",
        text="The codes you have now stop working. The new ones are shown once.",
        verb="Make new codes",
    )


@never_cache
@require_http_methods(["GET", "POST"])
@customer_required
def remove(request: HttpRequest) -> HttpResponseBase:
    """Turn the second factor off by a code of it."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            remove_totp(actor=Actor.of(request.user), request=request, code=form.cleaned_data["code"])
        except DomainError as refusal:
            form.add_error("code", refusal.text)
        else:
            messages.success(request, "The second factor is off.")
            return HttpResponseRedirect(_account_url())
    return _confirm_page(
        request,
        form,
        title="Turn off the second factor",
        text="Without it, anybody with your password can sign in. Live money closes at once.",
        verb="Turn off the second factor",
    )


def _confirm_page(request: HttpRequest, form: CodeForm, *, title: str, text: str, verb: str) -> HttpResponseBase:
    user: Any = request.user
    page = ConfirmPage(
        title=title,
        text=text,
        verb=verb,
        return_url=_account_url(),
        facts=[Fact("Account", user.email)],
        set_up_url="" if exists_factor(user.pk) else reverse("authentication-second-factor-setup"),
    )
    context = {**frame(request), "page": page, "form": form, "errors": form.non_field_errors()}
    return render(request, f"{TEMPLATES}step_up.html", context)


def _show_codes(request: HttpRequest, codes: list[str], done_url: str) -> HttpResponseBase:
    request.nav_active = NAV  # type: ignore[attr-defined]
    page = RecoveryPage(_account_url(), codes, done_url)
    return render(request, f"{TEMPLATES}recovery_codes.html", {"page": page})


def _picture(user: Any, secret: str) -> SafeString:
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    picture: SafeString = mark_safe(svg[svg.index("<svg") :])  # noqa: S308 - made by the library from our own values
    return picture


def _sentences(form: CodeForm) -> list[str]:
    return [str(error) for error in form.non_field_errors()]


def _next(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return _account_url()


def _switched(request: HttpRequest) -> str:
    keep = f"next={quote(_next(request))}"
    return f"{request.path}?{keep}" if "recovery" in request.GET else f"{request.path}?recovery=1&{keep}"


def _account_url() -> str:
    return reverse("authentication-security")
