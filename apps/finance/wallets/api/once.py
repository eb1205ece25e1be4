"""Writes that take the second factor, and pages of lists."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from apps.core.actors import Actor
from apps.core.api.writes import key_of, write_once
from apps.core.models import IdempotencyRecord
from apps.platform.security.operations import Summary, require_recent_2fa


def confirmed_once(
    request: Request,
    *,
    actor: Actor,
    operation: str,
    payload: Mapping[str, Any] | None,
    summary: Summary,
    run: Callable[[], Mapping[str, Any]],
    status: int = 200,
) -> HttpResponse:
    """Run a write once for its Idempotency-Key after the second factor for exactly `payload` (None: it takes none).

    A key that was answered is answered again without another code: the repetition does nothing. Raises
    IdempotencyKeyMissing, before any code is asked for or used up, and StepUpRequired.
    """
    key = key_of(request)
    if payload is not None and not _is_answered(actor, operation, key):
        require_recent_2fa(request._request, operation, payload, summary=summary)
    return write_once(request, actor=actor, operation=operation, run=run, status=status)


def page_data(found: Sequence[Any], limit: int, page: type[Serializer[Any]]) -> dict[str, Any]:
    """Return a page's body; `found` has one row more than the page when another page follows."""
    rows = list(found[:limit])
    after = rows[-1].id if len(found) > limit else None
    shaped: dict[str, Any] = page({"results": rows, "next": after}).data
    return shaped


def _is_answered(actor: Actor, operation: str, key: str) -> bool:
    if actor.id is None:
        return False
    return IdempotencyRecord.objects.filter(actor_id=actor.id, operation=operation, key=key).exists()
