"""Alerts of customers: making, arming, pausing and removing them."""

from dataclasses import dataclass
from uuid import UUID

from apps.core import work
from apps.core.actors import Actor
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.trading.instruments import queries
from apps.trading.instruments.choices import ALERT_STATES, WORK, AlertState, Rearm
from apps.trading.instruments.errors import ConditionInvalid, TooManyKept
from apps.trading.instruments.models import Alert
from apps.trading.instruments.operations.permissions import WATCH
from apps.trading.instruments.operations.watchlists import clean_name
from kernel.rules import parse_moment

MOST_ALERTS = 200
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertWish:
    """What to watch: `condition` is decoded JSON (kernel.rules, catalogue MOMENT); the pause is in seconds."""

    symbol: str
    name: str
    condition: object
    rearm: str = Rearm.ONCE
    pause_seconds: int = 300


@operation("instruments.create_alert", permission=WATCH)
def create_alert(*, actor: Actor, owner_id: UUID, wish: AlertWish) -> Alert:
    """Make an armed alert; one whose condition holds already fires at the first look.

    Raises UnknownSymbol, NameInvalid, ConditionInvalid and TooManyKept.
    """
    symbol = queries.get_instrument(wish.symbol).symbol
    condition, problems = parse_moment(wish.condition)
    if condition is None:
        raise ConditionInvalid(tuple(problems))
    if Alert.objects.filter(owner_id=owner_id).count() >= MOST_ALERTS:
        raise TooManyKept(most=MOST_ALERTS, what="alerts")
    row = Alert.objects.create(
        owner_id=owner_id,
        symbol=symbol,
        name=clean_name(wish.name, LONGEST_NAME),
        condition=condition.model_dump(mode="json"),
        rearm=wish.rearm,
        pause_seconds=wish.pause_seconds,
    )
    work.keep(WORK)
    return row


@operation("instruments.arm_alert", permission=WATCH, audited=("alert_id",))
def arm_alert(*, actor: Actor, owner_id: UUID, alert_id: UUID) -> Alert:
    """Let an alert watch again from now on; one that watches stays as it is. Raises AlertMissing."""
    row = queries.get_alert(alert_id, owner_id)
    if row.state == AlertState.ARMED:
        return row
    work.keep(WORK)
    return transition(row, "arm", table=ALERT_STATES, expected=row.state, actor=actor, seen={}, was_false=False)


@operation("instruments.pause_alert", permission=WATCH, audited=("alert_id",))
def pause_alert(*, actor: Actor, owner_id: UUID, alert_id: UUID) -> Alert:
    """Put an alert aside; one that does not watch is refused. Raises AlertMissing and MoveNotAllowed."""
    row = queries.get_alert(alert_id, owner_id)
    if row.state == AlertState.PAUSED:
        return row
    return transition(row, "pause", table=ALERT_STATES, expected=row.state, actor=actor)


@operation("instruments.remove_alert", permission=WATCH, audited=("alert_id",))
def remove_alert(*, actor: Actor, owner_id: UUID, alert_id: UUID) -> None:
    """Remove an alert; what it has told stays told. Raises AlertMissing."""
    queries.get_alert(alert_id, owner_id).delete()
