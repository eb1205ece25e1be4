"""Refusals as application/problem+json (RFC 9457)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.core.context import current_request_id
from apps.core.errors import DomainError

CONTENT_TYPE = "application/problem+json"


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the reply to a refusal, or None for a defect (which the server reports as 500)."""
    found = _problem(error)
    if found is None:
        return None
    set_rollback()
    body, headers = found
    response = Response(body, status=body["status"], headers=headers)
    response.content_type = CONTENT_TYPE
    return response


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """Return the body of a problem; `code` is stable, `detail` says what to do."""
    return {
        "type": f"urn:outcry:error:{code}",
        "title": code.rpartition(".")[2].replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": current_request_id(),
        **more,
    }


def problem_page(status: int, code: str, detail: str) -> HttpResponse:
    """Return a problem outside DRF (unknown address under /api/, a method that is not there)."""
    return JsonResponse(problem(status, code, detail), status=status, content_type=CONTENT_TYPE)


def _problem(error: Exception) -> tuple[dict[str, Any], dict[str, str]] | None:
    if isinstance(error, DomainError):
        return _domain_problem(error)
    if isinstance(error, Http404):
        return problem(404, "core.not_found", "Nothing was found under this address."), {}
    if isinstance(error, PermissionDenied):
        return problem(403, "core.not_allowed", "You do not have permission to do this."), {}
    if isinstance(error, exceptions.ValidationError):
        return problem(422, "core.invalid", "Some values cannot be accepted.", errors=_fields(error.detail)), {}
    if isinstance(error, exceptions.APIException):
        return _library_problem(error)
    return None


def _domain_problem(error: DomainError) -> tuple[dict[str, Any], dict[str, str]]:
    more: dict[str, Any] = {"params": {key: str(value) for key, value in error.params.items()}}
    if error.field:
        more["errors"] = [{"field": error.field, "code": error.code, "detail": error.text}]
    headers = {"Retry-After": str(error.params.get("retry_after", 1))} if error.http_status in (429, 503) else {}
    return problem(error.http_status, error.code, error.text, **more), headers


def _library_problem(error: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    headers = {}
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = getattr(error, "auth_header", "") or "Bearer"
    wait = getattr(error, "wait", None)
    if wait:
        headers["Retry-After"] = str(int(wait) + 1)
    return problem(error.status_code, f"core.{error.default_code}", str(error.detail)), headers


def _fields(detail: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(detail, dict):
        return [row for key, value in detail.items() for row in _fields(value, f"{path}.{key}" if path else str(key))]
    if isinstance(detail, list):
        return [row for value in detail for row in _fields(value, path)]
    return [{"field": path, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}]
