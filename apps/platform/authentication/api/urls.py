"""Addresses of the API, and allauth's own endpoints for apps without a browser."""

import functools
from collections.abc import Callable
from typing import Any

import redis
from allauth.headless.constants import Client
from allauth.headless.urls import build_urlpatterns
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path

from apps.core.api.problems import problem_page
from apps.core.errors import DomainError, Invalid
from apps.platform.authentication.api import views
from apps.platform.rate_limiting.errors import LimitsUnavailable

View = Callable[..., HttpResponseBase]


def answering_problems(view: View) -> View:
    """Make a view of allauth answer our refusals as problems, and 503 while the counters are down."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except redis.RedisError:
            refusal: DomainError = LimitsUnavailable(retry_after=1)
        except UnicodeEncodeError:
            refusal = Invalid("The text has characters that cannot be stored.")
        except DomainError as error:
            refusal = error
        response = problem_page(refusal.http_status, refusal.code, refusal.text)
        if refusal.http_status in (429, 503):
            response["Retry-After"] = str(refusal.params.get("retry_after", 1))
        return response

    return guarded


def _guarded(patterns: list[Any]) -> list[Any]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _guarded(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            pattern.callback = answering_problems(pattern.callback)
    return patterns


urlpatterns = [
    path("me", views.MeView.as_view(), name="authentication-me"),
    path("sessions", views.SessionsView.as_view(), name="authentication-api-sessions"),
    path("sessions/revoke-others", views.OtherSessionsView.as_view(), name="authentication-api-sessions-revoke-others"),
    path("sessions/<str:session_id>", views.SessionView.as_view(), name="authentication-api-session"),
    path("api-keys", views.ApiKeysView.as_view(), name="authentication-api-api-keys"),
    path("api-keys/<uuid:key_id>", views.ApiKeyView.as_view(), name="authentication-api-api-key"),
    path("two-factor", views.TwoFactorView.as_view(), name="authentication-api-two-factor"),
    path("socket-tickets", views.SocketTicketsView.as_view(), name="authentication-api-socket-tickets"),
    path("auth/app/", include((_guarded(build_urlpatterns(Client.APP)), "headless"), namespace="headless")),
]
