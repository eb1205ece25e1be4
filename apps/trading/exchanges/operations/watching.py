"""How each exchange is: judged every minute from what all processes saw, written as rows, changes kept as history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import from_ms, now
from apps.core.context import PUBLIC, in_schema
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.trading.exchanges.choices import BreakerState, Observed, VenueCondition
from apps.trading.exchanges.errors import MaintenanceNotPossible, VenueUnknown
from apps.trading.exchanges.models import Venue, VenueMaintenance, VenueState, VenueStateChange
from apps.trading.exchanges.operations.connections import RECORD
from apps.trading.exchanges.operations.health import ClockOffset, Seen, list_breakers, read_clock, read_seen

MANAGE = declare("exchanges.manage", "Enter and call off maintenance windows of exchanges")
MINUTES = 5
"""What is judged: the last minutes, the present one included."""
FEW = 5
"""Below so many requests a failure is no rate."""
DOWN_PERCENT, DEGRADED_PERCENT = 50, 10
SLOW_MS = 1_600
STREAM_LATE_MS = 6_400


@dataclass(frozen=True, slots=True)
class Verdict:
    """The condition of an exchange and the sentence that says why."""

    condition: VenueCondition
    reason: str = ""


def judge(rest: Seen, stream: Seen, *, paused: bool, maintenance: str) -> Verdict:
    """Return how an exchange is, from what was seen of it; maintenance goes first, then pauses, failures, lateness."""
    if maintenance:
        return Verdict(VenueCondition.MAINTENANCE, maintenance)
    if paused:
        return Verdict(VenueCondition.DOWN, "Requests pause because it failed several times in a row.")
    if rest.total >= FEW and rest.error_percent >= DOWN_PERCENT:
        return Verdict(VenueCondition.DOWN, f"{rest.error_percent} % of requests fail.")
    if rest.total >= FEW and rest.error_percent >= DEGRADED_PERCENT:
        return Verdict(VenueCondition.DEGRADED, f"{rest.error_percent} % of requests fail.")
    if rest.p95_ms is not None and rest.p95_ms > SLOW_MS:
        return Verdict(VenueCondition.DEGRADED, f"One request in twenty takes longer than {SLOW_MS / 1_000:.1f} s.")
    if stream.p95_ms is not None and stream.p95_ms >= STREAM_LATE_MS:
        return Verdict(VenueCondition.DEGRADED, "Its live data comes late.")
    if not rest.total and not stream.total:
        return Verdict(VenueCondition.UNKNOWN)
    return Verdict(VenueCondition.OPERATIONAL)


@dataclass(frozen=True, slots=True)
class Looked:
    """What the counters of all processes tell of an exchange at a moment."""

    venue: Venue
    rest: Seen
    stream: Seen
    shut: Sequence[bool]
    """For each of its hosts whether requests to it pause."""
    clock: ClockOffset | None


def record_states(*, actor: Actor) -> int:
    """Judge every exchange that is in use and write its row; a change adds a line of history. Returns the changes.

    The counters are read first, outside any transaction.
    """
    with in_schema(PUBLIC):
        venues = list(Venue.objects.order_by("code"))
    return sum(record_state(actor=actor, looked=look) for look in [_look(venue) for venue in venues])


def _look(venue: Venue) -> Looked:
    breakers = [row for name, row in list_breakers(venue.code).items() if not name.startswith("stream:")]
    return Looked(
        venue,
        read_seen(venue.code, Observed.REST, minutes=MINUTES),
        read_seen(venue.code, Observed.STREAM, minutes=MINUTES),
        [breaker.state is not BreakerState.CLOSED for breaker in breakers],
        read_clock(venue.code),
    )


@operation("exchanges.record_state", permission=RECORD, trail=False)
def record_state(*, actor: Actor, looked: Looked) -> bool:
    """Judge an exchange from what was seen of it and write its row; return whether condition or reason changed."""
    moment, rest, stream = now(), looked.rest, looked.stream
    with in_schema(PUBLIC):
        paused = bool(looked.shut) and all(looked.shut)
        verdict = judge(rest, stream, paused=paused, maintenance=_maintenance_of(looked.venue, moment))
        if any(looked.shut) and verdict.condition == VenueCondition.OPERATIONAL:
            verdict = Verdict(VenueCondition.DEGRADED, "One of its addresses fails; another one is asked.")
        seen_ms = max(rest.seen_ms or 0, stream.seen_ms or 0)
        known = VenueState.objects.select_for_update().filter(venue=looked.venue).first()
        changed = known is None or (known.condition, known.reason) != (verdict.condition, verdict.reason)
        is_new = known is None or known.condition != verdict.condition
        VenueState.objects.update_or_create(
            venue=looked.venue,
            defaults={
                "condition": verdict.condition, "reason": verdict.reason,
                "since": moment if is_new or known is None else known.since,
                "checked_at": from_ms(seen_ms) if seen_ms else (known.checked_at if known else moment),
                "p50_ms": rest.p50_ms, "p95_ms": rest.p95_ms, "error_percent": rest.error_percent,
                "clock_offset_ms": None if looked.clock is None else looked.clock.offset_ms,
                "stream_lag_ms": stream.p95_ms,
            },
        )  # fmt: skip
        if is_new:
            VenueStateChange.objects.create(
                venue=looked.venue, condition=verdict.condition, reason=verdict.reason, began_at=moment
            )
    return changed


@operation("exchanges.announce_maintenance", permission=MANAGE, audited=("venue", "begins_at", "ends_at"))
def announce_maintenance(
    *, actor: Actor, venue: str, begins_at: datetime, ends_at: datetime, note: str
) -> VenueMaintenance:
    """Enter a time in which an exchange is closed. Raises VenueUnknown, MaintenanceNotPossible."""
    if ends_at <= begins_at or ends_at <= now():
        raise MaintenanceNotPossible(field="ends_at")
    with in_schema(PUBLIC):
        found = Venue.objects.filter(code=venue).first()
        if found is None:
            raise VenueUnknown(venue=venue)
        return VenueMaintenance.objects.create(venue=found, begins_at=begins_at, ends_at=ends_at, note=note[:200])


@operation("exchanges.call_off_maintenance", permission=MANAGE, audited=("maintenance_id",))
def call_off_maintenance(*, actor: Actor, maintenance_id: UUID, reason: str = "") -> VenueMaintenance:
    """Call a maintenance off, or end it now. Safe to repeat. Raises MaintenanceNotPossible for one that is unknown."""
    with in_schema(PUBLIC):
        row = VenueMaintenance.objects.select_for_update().filter(pk=maintenance_id).first()
        if row is None:
            raise MaintenanceNotPossible
        if row.cancelled_at is None:
            row.cancelled_at = now()
            row.save(update_fields=["cancelled_at"])
        return row


def _maintenance_of(venue: Venue, moment: datetime) -> str:
    row = venue.maintenance.filter(begins_at__lte=moment, ends_at__gt=moment, cancelled_at__isnull=True).first()
    return "" if row is None else f"{row.note} Until {row.ends_at:%-d %b, %H:%M} UTC."
