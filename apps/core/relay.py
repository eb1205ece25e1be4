"""Delivering the outbox: one event, one transaction, one receipt per handler; failures wait longer each time."""

import logging
from datetime import timedelta

from django.db import transaction

from apps.core.clock import now
from apps.core.models import EventReceipt, OutboxEvent
from apps.core.outbox import handlers_of
from kernel.events import CATALOGUE, from_payload

logger = logging.getLogger("outcry.relay")
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=10)


def drain(limit: int = 500) -> int:
    """Deliver due events of this schema, the urgent ones first, then in order of their ids; return how many were done.

    Two relays may run at once: each event is claimed by a row lock, and receipts keep handlers from running twice. An
    urgent event nudges a relay of its own, so it never waits behind the others.
    """
    urgent = [name for name, cls in CATALOGUE.items() if cls.is_urgent]
    finished = 0
    for names in (urgent, None):
        for _ in range(limit):
            outcome = _deliver_next(names)
            if outcome is None:
                break
            finished += outcome
    return finished


def _deliver_next(names: list[str] | None) -> bool | None:
    due = OutboxEvent.objects.filter(dispatched_at__isnull=True, next_attempt_at__lte=now())
    if names is not None:
        due = due.filter(name__in=names)
    with transaction.atomic():
        event = due.select_for_update(skip_locked=True).order_by("id").first()
        if event is None:
            return None
        handlers = handlers_of(event.name)
        done = set(event.receipts.values_list("handler", flat=True)) if handlers else set()
        failures = [error for name in handlers if name not in done and (error := _deliver_to(event, name))]
        if failures:
            event.attempts += 1
            event.last_error = "\n".join(failures)[:2000]
            event.next_attempt_at = now() + min(FIRST_DELAY * 2 ** min(event.attempts - 1, 20), LONGEST_DELAY)
        else:
            event.dispatched_at = now()
        event.save(update_fields=["attempts", "last_error", "next_attempt_at", "dispatched_at"])
        return not failures


def _deliver_to(event: OutboxEvent, handler: str) -> str:
    """Run one handler in a savepoint with its receipt; return the error in words, or an empty string."""
    try:
        with transaction.atomic():
            EventReceipt.objects.create(event=event, handler=handler)
            handlers_of(event.name)[handler](from_payload(event.name, event.payload), event)
    except Exception as error:
        logger.warning("handler failed", extra={"event": event.name, "handler": handler}, exc_info=True)
        return f"{handler}: {type(error).__name__}: {error}"
    return ""
