"""Writes over the API: one effect per Idempotency-Key, and the same bytes for each repetition."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from apps.core.actors import Actor
from apps.core.idempotency import Reply, checked_key, execute_once

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)
"""What a write says in the API's document: it takes a key."""


def key_of(request: Request) -> str:
    """Return the request's Idempotency-Key. Raises IdempotencyKeyMissing.

    For views that do something before `write_once` (count a try, ask for the second factor): they call this first.
    """
    return checked_key(request.headers.get("Idempotency-Key", ""))


def write_once(
    request: Request, *, actor: Actor, operation: str, run: Callable[[], Mapping[str, Any]], status: int = 201
) -> HttpResponse:
    """Run `run` once for the request's Idempotency-Key and answer its mapping as JSON.

    The key's scope is the actor, the operation and the address; the same key with another body is 409. Raises
    IdempotencyKeyMissing without a key.
    """
    reply = execute_once(
        actor=actor,
        operation=operation,
        key=key_of(request),
        request={"path": request.path, "body": request.data},
        run=lambda: Reply(status, json.dumps(run(), cls=JSONEncoder, separators=(",", ":"))),
    )
    response = HttpResponse(reply.body, status=reply.status, content_type="application/json")
    if reply.replayed:
        response["Idempotency-Replayed"] = "true"
    return response
