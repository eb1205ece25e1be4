"""The one door of the API: a program's key, an app's session token, or the browser's session."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from apps.core.actors import Actor, ActorKind
from apps.platform.authentication.bridge import attach
from apps.platform.authentication.models import ApiKey
from apps.platform.authentication.queries import find_usable_key, note_use
from apps.platform.authentication.sessions import open_session
from apps.platform.rate_limiting.queries import client_ip

REFUSED = "This credential is unknown, expired, revoked, or not valid from here."


class Authenticator(BaseAuthentication):
    """Resolves the caller and sets `request.actor` and `request.identity_session` (None for a key)."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return (user, key or session), or None without a credential. Raises AuthenticationFailed."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme:
            return self._by_key(request, scheme, value.strip())
        token = request.headers.get("X-Session-Token")
        if token is not None:
            return self._by_token(request, token)
        return self._by_cookie(request)

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge, so that a missing credential is 401 and not 403."""
        return 'Bearer realm="api"'

    def _by_key(self, request: Request, scheme: str, value: str) -> tuple[Any, Any]:
        key = find_usable_key(value, client_ip(request._request)) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed(REFUSED)
        note_use(key)
        user = attach(key.owner, {})
        actor = Actor(ActorKind.API_KEY, user.pk, f"key {key.prefix}", frozenset(key.scopes))
        return _known(request, user, key, None, actor)

    def _by_token(self, request: Request, token: str) -> tuple[Any, Any]:
        found = open_session(token)
        if found is None:
            raise AuthenticationFailed(REFUSED)
        user, session = found
        return _known(request, attach(user, session), session, session, Actor.of(user))

    def _by_cookie(self, request: Request) -> tuple[Any, Any] | None:
        user = request._request.user
        if not user.is_authenticated:
            return None
        _enforce_csrf(request)
        session = request._request.session
        return _known(request, user, session, session, Actor.of(user))


def _known(request: Request, user: Any, auth: ApiKey | Any, session: Any, actor: Actor) -> tuple[Any, Any]:
    request._request.actor = actor  # type: ignore[attr-defined]
    request._request.identity_session = session  # type: ignore[attr-defined]
    return user, auth


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: Any, reason: str) -> Any:
        return reason


def _enforce_csrf(request: Request) -> None:
    check = _CsrfCheck(lambda _request: None)  # type: ignore[arg-type]  # never called
    check.process_request(request._request)
    reason = check.process_view(request._request, _no_view, (), {})
    if reason:
        raise PermissionDenied(f"CSRF: {reason}")


def _no_view(_request: Any) -> HttpResponseBase:
    """Stand for the view: the check only looks whether it is exempt, and this one is not."""
    return HttpResponse(status=500)


class AuthenticatorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the three ways in to the OpenAPI document."""

    target_class = "apps.platform.authentication.api.authenticator.Authenticator"
    name = ["apiKey", "sessionToken", "sessionCookie"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Return the schemes."""
        from django.conf import settings

        return [
            {"type": "http", "scheme": "bearer", "description": "A key made under Account and security: ck_…"},
            {"type": "apiKey", "in": "header", "name": "X-Session-Token"},
            {"type": "apiKey", "in": "cookie", "name": str(settings.SESSION_COOKIE_NAME)},
        ]
