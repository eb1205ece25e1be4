"""The way into an admin site: active staff, with a second factor proved in this session not long ago."""

from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.platform.authentication.bridge import device_for
from apps.platform.configurations.queries import get_value

PROVING = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_verified_staff(request: HttpRequest) -> bool:
    """Return whether the person is active staff and proved a second factor within the tenant's hours."""
    user = request.user
    if not (user.is_authenticated and user.is_active and user.is_staff):
        return False
    return device_for(request.session, user, max_age=int(get_value("security.admin_hours")) * 3600) is not None


def way_in(request: HttpRequest, back: str) -> HttpResponseBase:
    """Send a person to what is missing: log-in, enrolment, or a code. Raises PermissionDenied for non-staff."""
    user = request.user
    if not user.is_authenticated:
        return _to(str(settings.LOGIN_URL), back)
    if not (user.is_active and user.is_staff):
        raise PermissionDenied
    if Authenticator.objects.filter(user_id=user.pk, type__in=PROVING).exists():
        return _to(reverse("authentication-second-factor-confirm"), back)
    return _to(reverse("authentication-second-factor-setup"), back)


class AdminGate:
    """Mixin of an admin site, before the site class."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may enter the site at all; desks ask for their own permissions."""
        return is_verified_staff(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Redirect instead of showing a log-in form of its own: there is one log-in."""
        wanted = request.GET.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(
            wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )
        back = wanted if wanted and is_ours else self._home()
        if self.has_permission(request):
            return HttpResponseRedirect(back)
        return way_in(request, back)

    def _home(self) -> str:
        return reverse(f"{self.name}:index")  # type: ignore[attr-defined]  # the site it is mixed into


def _to(address: str, back: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{address}?{urlencode({'next': back})}")
