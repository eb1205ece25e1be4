"""Writes from forms: one effect for each form that was shown, however often it is sent."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest

from apps.core.actors import Actor
from apps.core.idempotency import Reply, execute_once, has_answered
from apps.core.ids import uuid7

FIELD, LONGEST = "idempotency_key", 200


def form_key(request: HttpRequest) -> str:
    """Return the key that a form carries, a new one where it has none that can be one."""
    key = request.POST.get(FIELD, "")[:LONGEST]
    return key if key and key.isascii() and key.isprintable() else uuid7().hex


def do_once(request: HttpRequest, operation: str, facts: Mapping[str, Any], act: Callable[[Actor], object]) -> str:
    """Do `act` once for the key of the form and return its answer as text; the same press again repeats the text.

    `facts` is what the form says: the same key with others raises IdempotencyKeyReused.
    """
    actor = Actor.of(request.user)

    def run() -> Reply:
        return Reply(200, str(act(actor) or ""))

    told = {name: str(value) for name, value in facts.items()}
    return execute_once(actor=actor, operation=operation, key=form_key(request), request=told, run=run).body


def is_done(request: HttpRequest, operation: str) -> bool:
    """Return whether the form's key has done its work: its repetition takes no second code."""
    return has_answered(Actor.of(request.user), operation, request.POST.get(FIELD, "")[:LONGEST])
