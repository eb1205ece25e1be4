"""Starting what a form asks for, once for each key of the form."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.idempotency import Reply, execute_once
from apps.trading.backtests.pages.forms import FIELD_OF


def start_once(request: HttpRequest, form: Form, operation: str, start: Callable[[Actor], Any]) -> UUID | None:
    """Run `start` for a valid form; return the key of the row it made, or None with the refusal noted in the form."""
    actor = Actor.of(request.user)
    try:
        reply = execute_once(
            actor=actor,
            operation=operation,
            key=request.POST.get("idempotency_key", ""),
            request=form.cleaned_data,
            run=lambda: Reply(201, str(start(actor).pk)),
        )
    except DomainError as refusal:
        name = FIELD_OF.get(refusal.field or "", refusal.field or "")
        form.add_error(name if name in form.fields else None, refusal.text)
        return None
    return UUID(reply.body)
