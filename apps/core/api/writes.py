"""Writes over the API: one effect per Idempotency-Key, and the same bytes for each repetition."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from apps.core.actors import Actor
from apps.core.errors import IdempotencyKeyMissing
from apps.core.idempotency import Reply, execute_once


def write_once(
    request: Request, *, actor: Actor, operation: str, run: Callable[[], Mapping[str, Any]], status: int = 201
) -> HttpResponse:
    """Run `run` once for the request's Idempotency-Key and answer its mapping as JSON.

    The key's scope is the actor, the operation and the address; the same key with another body is 409. Raises
    IdempotencyKeyMissing without a key.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        raise IdempotencyKeyMissing(field="Idempotency-Key")
    reply = execute_once(
        actor=actor,
        operation=operation,
        key=key,
        request={"path": request.path, "body": request.data},
        run=lambda: Reply(status, json.dumps(run(), cls=JSONEncoder, separators=(",", ":"))),
    )
    response = HttpResponse(reply.body, status=reply.status, content_type="application/json")
    if reply.replayed:
        response["Idempotency-Replayed"] = "true"
    return response
