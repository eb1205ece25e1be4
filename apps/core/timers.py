"""Scheduling work for later and running what is due."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min

from apps.core import work
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.errors import Defect
from apps.core.models import Timer, TimerState

logger = logging.getLogger("outcry.timers")
TimerHandler = Callable[[Timer], None]
KIND = "core.timers"
"""Timers in the index of work."""
MAX_ATTEMPTS = 8
_handlers: dict[str, TimerHandler] = {}


def on_timer(name: str) -> Callable[[TimerHandler], TimerHandler]:
    """Register the handler of timers called `name`; it runs in the transaction that finishes the timer."""

    def register(function: TimerHandler) -> TimerHandler:
        if _handlers.get(name, function) is not function:
            raise Defect(f"Timer {name} has two handlers.")
        _handlers[name] = function
        return function

    return register


def schedule(*, name: str, key: str, due_at: datetime, payload: dict[str, Any] | None = None) -> Timer:
    """Make (or move) the one waiting timer of (name, key), in the caller's transaction."""
    timer, _ = Timer.objects.update_or_create(
        name=name,
        key=key,
        state=TimerState.WAITING,
        defaults={"due_at": due_at, "payload": payload or {}},
    )
    schema = current_schema()
    transaction.on_commit(lambda: work.note_due(schema, KIND, due_at), robust=True)
    return timer


def cancel(*, name: str, key: str) -> bool:
    """Call off the waiting timer of (name, key); return whether there was one."""
    updated = Timer.objects.filter(name=name, key=key, state=TimerState.WAITING).update(
        state=TimerState.CANCELLED, finished_at=now()
    )
    return bool(updated)


def fire_due(limit: int = 200) -> int:
    """Run the due timers of this schema, each in its own transaction; renew the index entry; return how many ran."""
    fired = 0
    while fired < limit and _fire_next():
        fired += 1
    work.renew(current_schema(), KIND, _next_due)
    return fired


def _fire_next() -> bool:
    with transaction.atomic():
        timer = (
            Timer.objects.select_for_update(skip_locked=True)
            .filter(state=TimerState.WAITING, due_at__lte=now())
            .order_by("due_at")
            .first()
        )
        if timer is None:
            return False
        try:
            with transaction.atomic():
                _handlers[timer.name](timer)
            timer.state = TimerState.DONE
            timer.finished_at = now()
        except Exception as error:
            logger.warning("timer failed", extra={"timer": timer.name}, exc_info=True)
            _postpone(timer, error)
        timer.save(update_fields=["state", "finished_at", "attempts", "last_error", "due_at"])
        return True


def _postpone(timer: Timer, error: Exception) -> None:
    timer.attempts += 1
    timer.last_error = f"{type(error).__name__}: {error}"[:2000]
    if timer.attempts >= MAX_ATTEMPTS:
        timer.state = TimerState.FAILED
        timer.finished_at = now()
    else:
        timer.due_at = now() + timedelta(seconds=2**timer.attempts)


def _next_due() -> datetime | None:
    found: datetime | None = Timer.objects.filter(state=TimerState.WAITING).aggregate(due=Min("due_at"))["due"]
    return found
