"""Who may open a page."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

View = Callable[..., HttpResponseBase]


def customer_required(view: View) -> View:
    """Let any signed-in person in; send everybody else to the log-in page, and back afterwards."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_login(request)
        return view(request, *args, **kwargs)

    return guarded


def staff_required(view: View) -> View:
    """Let staff with a verified second factor in; others are sent to log in, or refused."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        from apps.platform.authentication.admin_gate import is_verified_staff, way_in

        if is_verified_staff(request):
            return view(request, *args, **kwargs)
        return way_in(request, request.get_full_path())

    return guarded


def to_login(request: HttpRequest) -> HttpResponseRedirect:
    """Return the redirect to the log-in page that comes back to this address (after a GET)."""
    back = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': back})}")


def refuse() -> HttpResponseBase:
    """Raise the refusal of someone who is known and may not."""
    raise PermissionDenied
