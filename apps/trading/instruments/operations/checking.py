"""Looking at alerts: one look at the figures of the market, each firing told once whatever dies in between.

State, number of the firing and event are one transaction on a locked row; a second look that runs at the same time
finds the row changed or locked and leaves it alone.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

from django.db import transaction

from apps.core import work
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.outbox import publish
from apps.core.transitions import transition
from apps.trading.instruments.choices import ALERT_STATES, WORK, AlertState, Rearm
from apps.trading.instruments.models import Alert
from apps.trading.instruments.operations.permissions import CHECK
from kernel.events.instruments import AlertFired
from kernel.rules import Figures, fields_of, holds, parse_moment

logger = logging.getLogger("outcry.alerts")
WATCHING = (AlertState.ARMED, AlertState.RESTING)
_enqueue: list[Callable[[], object]] = []


def on_sweep(enqueue: Callable[[], object]) -> None:
    """Say how a look in the present schema is enqueued (the task, when a broker is there)."""
    if enqueue not in _enqueue:
        _enqueue.append(enqueue)


def sweep_alerts() -> None:
    """Enqueue a look in every tenant with a watching alert (`create_alert` enters them into the index of work)."""
    for enqueue in _enqueue:
        work.sweep(WORK, enqueue)


@operation("instruments.check_alerts", permission=CHECK, trail=False)
def check_alerts(*, actor: Actor, facts: Mapping[str, Figures]) -> int:
    """Look at the watching alerts of the symbols in `facts` (symbol → figures now); return how many fired.

    An alert whose figures did not change since the last look is not touched.
    """
    rows = list(Alert.objects.filter(symbol__in=list(facts), state__in=WATCHING).order_by("pk"))
    return sum(_looked(row, facts[row.symbol], actor) for row in rows)


def _looked(row: Alert, figures: Figures, actor: Actor) -> bool:
    """Look at one alert; one that fails is left as it was, and stops no other."""
    try:
        return _look(row, figures, actor)
    except Exception:
        logger.exception("an alert could not be looked at", extra={"alert": str(row.pk)})
        return False


def _look(seen_row: Alert, figures: Figures, actor: Actor) -> bool:
    condition, _ = parse_moment(seen_row.condition)
    if condition is None:
        return False
    present = {name: f"{figures[name]:f}" for name in sorted(fields_of(condition)) if name in figures}
    if present == seen_row.seen and not _is_rested(seen_row):
        return False
    with transaction.atomic():
        row = Alert.objects.select_for_update(skip_locked=True).filter(pk=seen_row.pk, state__in=WATCHING).first()
        if row is None:
            return False
        before = {name: Decimal(text) for name, text in row.seen.items()}
        answer = holds(condition, figures, before)
        row.seen = present
        row.was_false = row.was_false or answer is False
        row.save(update_fields=["seen", "was_false"])
        if row.state == AlertState.RESTING and _is_rested(row):
            row = transition(row, "rearm", table=ALERT_STATES, expected=row.state, actor=actor)
        if row.state != AlertState.ARMED or not answer:
            return False
        _fire(row, figures.get("price"), actor)
        return True


def _is_rested(row: Alert) -> bool:
    """Whether a fired alert may watch again: its condition was false in between, and the pause is over."""
    if row.state != AlertState.RESTING or not row.was_false or row.last_fired_at is None:
        return False
    return now() >= row.last_fired_at + timedelta(seconds=row.pause_seconds)


def _fire(row: Alert, price: Decimal | None, actor: Actor) -> None:
    move = "fire" if row.rearm == Rearm.AGAIN else "fire_once"
    number = row.fired_count + 1
    transition(
        row,
        move,
        table=ALERT_STATES,
        expected=AlertState.ARMED,
        actor=actor,
        fired_count=number,
        last_fired_at=now(),
        was_false=False,
    )
    fired = AlertFired(alert_id=row.pk, owner_id=row.owner_id, symbol=row.symbol, number=number, price=price)
    publish(fired, actor=actor)
