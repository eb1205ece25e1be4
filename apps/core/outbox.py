"""Publishing domain events and registering who handles them."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_request_id, current_schema
from apps.core.errors import Defect
from apps.core.models import OutboxEvent
from kernel.events import CATALOGUE, DomainEvent, to_payload

E = TypeVar("E", bound=DomainEvent)
Handler = Callable[[Any, OutboxEvent], None]

_handlers: dict[str, dict[str, Handler]] = {}
_nudges: list[Callable[[str], None]] = []


def publish(item: DomainEvent, *, actor: Actor) -> OutboxEvent:
    """Write the event into the outbox of this schema, in the caller's transaction, and nudge the relay after commit."""
    if item.name not in CATALOGUE:
        raise Defect(f"Event {item.name} is not in the catalogue.")
    if not transaction.get_connection().in_atomic_block:
        raise Defect(f"Event {item.name} was published outside a transaction.")
    row = OutboxEvent.objects.create(
        name=item.name,
        version=item.version,
        payload=to_payload(item),
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        request_id=current_request_id(),
        next_attempt_at=now(),
    )
    schema = current_schema()
    for nudge in _nudges:
        transaction.on_commit(lambda nudge=nudge: nudge(schema), robust=True)  # type: ignore[misc]
    return row


def handles(
    cls: type[E], *, name: str
) -> Callable[[Callable[[E, OutboxEvent], None]], Callable[[E, OutboxEvent], None]]:
    """Register a function as handler `name` ("notifications.fill") of an event class.

    A handler runs inside the relay's transaction, at least once until its receipt is written; it changes rows and
    schedules work after commit, and never touches the outside world itself.
    """

    def register(function: Callable[[E, OutboxEvent], None]) -> Callable[[E, OutboxEvent], None]:
        registered = _handlers.setdefault(cls.name, {})
        if registered.get(name, function) is not function:
            raise Defect(f"Handler {name} is registered twice for {cls.name}.")
        registered[name] = function
        return function

    return register


def handlers_of(event_name: str) -> dict[str, Handler]:
    """Return the handlers of an event by their names."""
    return dict(_handlers.get(event_name, {}))


def on_nudge(function: Callable[[str], None]) -> None:
    """Register what wakes the relay of a schema after a commit (the Celery task, when a broker is there)."""
    if function not in _nudges:
        _nudges.append(function)
