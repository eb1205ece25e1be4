"""Getting in: log-in, sign-up, confirming an address, the second factor, resetting a password."""

import functools
from collections.abc import Callable
from typing import Any

import redis
from allauth.account.internal import flows
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.internal.flows.password_reset_by_code import PasswordResetVerificationProcess
from allauth.account.internal.stagekit import clear_login
from allauth.account.views import ConfirmEmailVerificationCodeView, LoginView, SignupView
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.base.views import AuthenticateView
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_ratelimit.decorators import ratelimit

from apps.core.errors import DomainError, LimitReached
from apps.platform.authentication.errors import AccountClosed, SignupClosed, WrongCode
from apps.platform.authentication.pages.forms import CodeForm, EmailForm, NewPasswordForm
from apps.platform.rate_limiting.choices import RESET, SIGNUP
from apps.platform.rate_limiting.errors import LimitsUnavailable
from apps.platform.rate_limiting.operations import take
from apps.platform.rate_limiting.queries import client_ip

TEMPLATES = "platform/authentication/"


class Entrance:
    """Mixin of allauth's views: our templates and context, refusals shown on the form, 503 while counters are down."""

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; turn a refusal into the same page with its words and status."""
        try:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except DomainError as refusal:
            return self.refused(request, refusal)
        except redis.RedisError:
            return self.refused(request, LimitsUnavailable(retry_after=1))
        return response

    def refused(self, request: HttpRequest, refusal: DomainError) -> HttpResponseBase:
        """Answer with the page and the refusal on it."""
        return _sentence_page(request, refusal)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what every page before log-in shows."""
        found: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        form = found.get("form")
        return {**found, **frame(self.request), "errors": list(form.non_field_errors()) if form is not None else []}


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class LogIn(Entrance, LoginView):  # type: ignore[misc]  # the library ships no types
    """Address and password."""

    template_name = f"{TEMPLATES}login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add where else one can go."""
        return {
            **super().get_context_data(**kwargs),
            "next_value": self.get_next_url() or "",
            "signup_url": reverse("authentication-signup"),
            "reset_url": reverse("authentication-password-reset"),
        }


class BurstGuard:
    """Mixin that refuses bursts of page views of one address; `Entrance` stands before it and answers its refusals."""

    @method_decorator(ratelimit(key="ip", rate="120/m", method="GET", block=False))
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Go on, or raise LimitReached."""
        if getattr(request, "limited", False):
            raise LimitReached(retry_after=60)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


@method_decorator(sensitive_post_parameters("password1"), name="dispatch")
class SignUp(Entrance, BurstGuard, SignupView):  # type: ignore[misc]  # the library ships no types
    """A new account. Whether the address is known already is told to its mailbox only."""

    template_name = f"{TEMPLATES}signup.html"

    def form_valid(self, form: Any) -> HttpResponseBase:
        """Count, then make the account."""
        take(SIGNUP, client_ip(self.request))
        response: HttpResponseBase = super().form_valid(form)
        return response

    def closed(self) -> HttpResponseBase:
        """Answer that nobody can sign up here."""
        return _sentence_page(self.request, SignupClosed())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the way back."""
        return {**super().get_context_data(**kwargs), "login_url": reverse("authentication-login")}


class VerifyEmail(Entrance, ConfirmEmailVerificationCodeView):  # type: ignore[misc]  # the library ships no types
    """The code that went to the new address."""

    template_name = f"{TEMPLATES}verify_sent.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the address, and the mailbox in development."""
        found = super().get_context_data(**kwargs)
        process = EmailVerificationProcess.resume(self.request)
        return {
            **found,
            "email": process.email if process is not None else "",
            "resend_url": reverse("authentication-verify-email-resend"),
            "mailbox_url": mailbox_url(self.request),
        }


class SecondFactor(Entrance, AuthenticateView):  # type: ignore[misc]  # the library ships no types
    """The second step of a log-in."""

    template_name = f"{TEMPLATES}second_factor.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the other kind of code and the way out."""
        use_recovery = "recovery" in self.request.GET
        return {
            **super().get_context_data(**kwargs),
            "use_recovery": use_recovery,
            "switch_url": self.request.path if use_recovery else f"{self.request.path}?recovery=1",
            "cancel_url": reverse("authentication-cancel"),
        }


def showing_refusals(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a function view answer refusals with their page and status instead of sending the form back."""

    @functools.wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        try:
            return view(request)
        except DomainError as refusal:
            return _sentence_page(request, refusal)
        except redis.RedisError:
            return _sentence_page(request, LimitsUnavailable(retry_after=1))

    return guarded


@require_POST
@showing_refusals
def resend_code(request: HttpRequest) -> HttpResponseBase:
    """Send the code for a new address again, at most twice."""
    process = EmailVerificationProcess.resume(request)
    if process is not None and process.can_resend:
        process.resend()
    return HttpResponseRedirect(reverse("authentication-verify-email"))


def cancel(request: HttpRequest) -> HttpResponseBase:
    """Forget a log-in that is half done."""
    clear_login(request)
    return HttpResponseRedirect(reverse("authentication-login"))


@require_POST
def log_out(request: HttpRequest) -> HttpResponseBase:
    """End this session."""
    flows.logout.logout(request, show_message=False)
    return HttpResponseRedirect(reverse("authentication-login"))


@never_cache
@require_http_methods(["GET", "POST"])
@showing_refusals
def reset_password(request: HttpRequest) -> HttpResponseBase:
    """Ask for a reset code. The answer is the same for known and unknown addresses."""
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].lower()
        take(RESET, client_ip(request))
        take(RESET, f"to:{email}", cost=4)
        PasswordResetVerificationProcess.initiate(request=request, user=_user_of(email), email=email)
        return HttpResponseRedirect(reverse("authentication-password-reset-code"))
    return _page(request, "password_reset", form, login_url=reverse("authentication-login"))


@never_cache
@require_http_methods(["GET", "POST"])
def reset_code(request: HttpRequest) -> HttpResponseBase:
    """Check the code of a reset; five wrong ones end it."""
    process = PasswordResetVerificationProcess.resume(request)
    if process is None:
        return HttpResponseRedirect(reverse("authentication-password-reset"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_right = process.user is not None and compare_user_code(
            actual=form.cleaned_data["code"], expected=process.code
        )
        if is_right:
            process.confirm_code()
            return HttpResponseRedirect(reverse("authentication-password-reset-new"))
        if not process.record_invalid_attempt():
            return HttpResponseRedirect(reverse("authentication-password-reset"))
        form.add_error("code", WrongCode.message)
    extra = {
        "email": process.state["email"],
        "mailbox_url": mailbox_url(request),
        "login_url": reverse("authentication-login"),
    }
    return _page(request, "password_reset_sent", form, **extra)


@never_cache
@sensitive_post_parameters("password1")
@require_http_methods(["GET", "POST"])
def reset_new(request: HttpRequest) -> HttpResponseBase:
    """Set the new password after the code was right. Every session ends; the second factor stays."""
    process = PasswordResetVerificationProcess.resume(request)
    if process is None or not process.state.get("code_confirmed"):
        return HttpResponseRedirect(reverse("authentication-password-reset"))
    form = NewPasswordForm(request.POST or None, user=process.user)
    if request.method == "POST" and form.is_valid():
        flows.password_reset.reset_password(process.user, form.cleaned_data["password1"])
        process.finish()
        return HttpResponseRedirect(reverse("authentication-password-reset-done"))
    return _page(request, "password_reset_confirm", form)


def reset_done(request: HttpRequest) -> HttpResponseBase:
    """Say that the password was changed."""
    context = {**frame(request), "login_url": reverse("authentication-login")}
    return render(request, f"{TEMPLATES}password_reset_done.html", context)


def inactive(request: HttpRequest) -> HttpResponseBase:
    """Answer the owner of a closed account (who knew the password)."""
    return _sentence_page(request, AccountClosed())


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the layout of pages before log-in shows."""
    tenant = getattr(request, "tenant", None)
    return {"tenant_name": tenant.name if tenant is not None else "Platform console", "home_url": "/"}


def mailbox_url(request: HttpRequest) -> str:
    """Return the address of the development mailbox, or an empty text (it is on tenants' hosts only)."""
    is_there = settings.DEVELOPMENT and getattr(request, "tenant", None) is not None
    return reverse("notifications-mailbox") if is_there else ""


def _page(request: HttpRequest, name: str, form: Any, **more: Any) -> HttpResponseBase:
    context = {**frame(request), "form": form, "errors": form.non_field_errors(), **more}
    return render(request, f"{TEMPLATES}{name}.html", context)


def _sentence_page(request: HttpRequest, refusal: DomainError) -> HttpResponseBase:
    from apps.core.pages import error_page

    response = error_page(request, refusal)
    if refusal.http_status in (429, 503):
        response["Retry-After"] = str(refusal.params.get("retry_after", 1))
    return response


def _user_of(email: str) -> Any:
    from apps.platform.users.queries import get_user_by_email

    user = get_user_by_email(email)
    return user if user is not None and user.is_active else None
