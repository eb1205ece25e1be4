"""The outermost layers of a request: its id, its measure, health answers, and the headers of every reply."""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.core import health, metrics
from apps.core.clock import monotonic
from apps.core.context import request_scope
from apps.core.ids import uuid7

REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
ADMIN_PREFIXES = ("/admin/", "/platform/")
DOCS_PREFIX = "/api/v1/docs"


class RequestScope:
    """Gives the request an id, answers health checks on any host, and counts and times the rest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = health.ROUTES.get(request.path)
        if answer is not None:
            return answer(request)
        given = request.headers.get("X-Request-Id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid7().hex
        started = monotonic()
        with request_scope(request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        route = request.resolver_match.route if request.resolver_match else "unmatched"
        metrics.REQUESTS.labels(request.method, route, response.status_code).observe(monotonic() - started)
        return response


class SecurityHeaders:
    """Content-Security-Policy with a nonce, and no storing of private pages by anyone in between."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", _policy(request, nonce))
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if not request.path.startswith(str(settings.STATIC_URL)):
            response.setdefault("Cache-Control", "private, no-store")
            vary = {word.strip() for word in response.get("Vary", "").split(",") if word.strip()}
            response["Vary"] = ", ".join(sorted(vary | {"Cookie"}))
        return response


def _policy(request: HttpRequest, nonce: str) -> str:
    script, style = f"'self' 'nonce-{nonce}'", f"'self' 'nonce-{nonce}'"
    if request.path.startswith(ADMIN_PREFIXES):
        # The admin theme ships Alpine's standard build: it evaluates expressions and sets style attributes.
        script, style = "'self' 'unsafe-eval' 'unsafe-inline'", "'self' 'unsafe-inline'"
    elif request.path.startswith(DOCS_PREFIX):
        script, style = "'self' 'unsafe-inline'", "'self' 'unsafe-inline'"
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; "
        "manifest-src 'self'"
    )
