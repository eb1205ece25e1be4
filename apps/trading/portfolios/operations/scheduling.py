"""Rebalancing by schedule: looked at when due, ordered on the same path as by hand, and only beyond a band."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.platform.notifications.operations import notify
from apps.trading.exchanges.choices import Mode
from apps.trading.portfolios import rebalancing
from apps.trading.portfolios.calendar import known_zone, zone_of
from apps.trading.portfolios.choices import Every, LineState
from apps.trading.portfolios.errors import LiveNeedsCode, PlanImpossible, ScheduleInvalid, ScheduleMissing
from apps.trading.portfolios.models import Portfolio, RebalancePlan, RebalanceSchedule
from apps.trading.portfolios.operations.flows import locked
from apps.trading.portfolios.operations.permissions import MANAGE, RUN
from apps.trading.portfolios.operations.rebalancing import begin, preview_rebalance
from apps.trading.portfolios.scheduling import get_schedule, next_run
from apps.trading.portfolios.topics import REBALANCED

TIMER = "portfolios.rebalance_due"
MOST_BAND, PLACES, LAST_HOUR = Decimal(50), 4, 23
DAYS = {Every.WEEK.value: 7, Every.MONTH.value: 31}
CHANGED = "The weights are not those that were confirmed. Confirm the schedule anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When, and how far off a target must be (percentage points); `most_worth` of one run in the currency.

    `day` is 1 to 7 of a week (1: Monday), 1 to 31 of a month, None for every day. `hour` is of the person's zone.
    """

    every: Every
    hour: int
    band: Decimal
    day: int | None = None
    most_worth: Decimal | None = None


@operation("portfolios.set_schedule", permission=MANAGE, audited=("portfolio_id", "rhythm"))
def set_schedule(
    *, actor: Actor, owner_id: UUID, portfolio_id: UUID, rhythm: Rhythm, confirmed: bool = False
) -> RebalanceSchedule:
    """Rebalance a portfolio by schedule, with the weights it has now; it replaces another schedule of it.

    Real money needs `most_worth`, and `confirmed`: faces ask for the second factor over exactly this. Raises
    PortfolioMissing, ScheduleInvalid, LiveNeedsCode.
    """
    row = locked(portfolio_id, owner_id)
    _check(row, rhythm)
    if row.mode == Mode.LIVE and not confirmed:
        raise LiveNeedsCode
    zone = zone_of(owner_id)
    before = get_schedule(row)
    if before is not None:
        _disarm(before)
    made, _ = RebalanceSchedule.objects.update_or_create(
        portfolio=row,
        defaults={
            "every": rhythm.every, "day": rhythm.day, "hour": rhythm.hour, "zone": zone, "band": rhythm.band,
            "most_worth": rhythm.most_worth, "weights": weights_of(row), "last_words": "",
        },
    )  # fmt: skip
    return _arm(made)


@operation("portfolios.pause_schedule", permission=MANAGE, audited=("portfolio_id",))
def pause_schedule(*, actor: Actor, owner_id: UUID, portfolio_id: UUID) -> RebalanceSchedule:
    """Order nothing by schedule until it is resumed; orders under way go on. Raises ScheduleMissing."""
    schedule = _own(portfolio_id, owner_id)
    _disarm(schedule)
    schedule.next_at = None
    schedule.save(update_fields=["next_at"])
    return schedule


@operation("portfolios.resume_schedule", permission=MANAGE, audited=("portfolio_id",))
def resume_schedule(*, actor: Actor, owner_id: UUID, portfolio_id: UUID) -> RebalanceSchedule:
    """Go on at the next due moment; one that goes on stays.

    Raises ScheduleMissing, and ScheduleInvalid where real money would follow weights that were not confirmed.
    """
    schedule = _own(portfolio_id, owner_id)
    if schedule.next_at is not None:
        return schedule
    if not _is_as_confirmed(schedule):
        raise ScheduleInvalid(why="its weights are not those that were confirmed; confirm it anew")
    return _arm(schedule)


@operation("portfolios.remove_schedule", permission=MANAGE, audited=("portfolio_id",))
def remove_schedule(*, actor: Actor, owner_id: UUID, portfolio_id: UUID) -> None:
    """Take the schedule of a portfolio away; orders under way go on. Raises ScheduleMissing."""
    schedule = _own(portfolio_id, owner_id)
    _disarm(schedule)
    schedule.delete()


@operation("portfolios.run_schedule", permission=RUN, trail=False)
def run_schedule(*, actor: Actor, schedule_id: UUID, due_at: datetime) -> RebalanceSchedule | None:
    """Look at a portfolio whose moment has come; another moment than its next one does nothing.

    Whatever comes of it is kept in words and the next moment is set; what was ordered or refused is told, once.
    """
    found = RebalanceSchedule.objects.select_for_update().filter(pk=schedule_id, next_at=due_at).first()
    if found is None:
        return None
    if found.portfolio.archived_at is not None:
        found.next_at = None
        found.save(update_fields=["next_at"])
        return found
    plan: RebalancePlan | None = None
    try:
        with transaction.atomic():
            words, plan = _rebalance(actor, found)
    except DomainError as refusal:
        words = refusal.text
    found.last_at, found.last_words = now(), words[:300]
    found.last_plan = plan or found.last_plan
    found.save(update_fields=["last_at", "last_words", "last_plan"])
    if words != _within(found):
        params = {"name": found.portfolio.name, "what": words[:200], "portfolio_id": str(found.portfolio_id)}
        notify(found.portfolio.owner_id, REBALANCED.name, params, dedupe_key=f"{TIMER}:{found.pk}:{due_at.isoformat()}")
    if _is_as_confirmed(found):
        return _arm(found)
    found.next_at = None
    found.save(update_fields=["next_at"])
    return found


def weights_of(row: Portfolio) -> dict[str, str]:
    """Return the target weights of a portfolio in their one spelling, as they are confirmed."""
    return {asset: f"{percent.normalize():f}" for asset, percent in rebalancing.list_targets(row).items()}


def _rebalance(actor: Actor, schedule: RebalanceSchedule) -> tuple[str, RebalancePlan | None]:
    """Preview and order what lies beyond the band; return what came of it in words."""
    row = locked(schedule.portfolio_id, schedule.portfolio.owner_id)
    if not _is_as_confirmed(schedule):
        raise PlanImpossible(why=CHANGED[:-1].lower())
    _, found = rebalancing.drift_of(row)
    if not any(abs(one.drift) >= schedule.band for one in found):
        return _within(schedule), None
    plan = preview_rebalance(actor=actor, owner_id=row.owner_id, portfolio_id=row.pk)
    lines = list(plan.lines.filter(state=LineState.WAITING))
    worth = sum((line.worth for line in lines), Decimal(0))
    if schedule.most_worth is not None and worth > schedule.most_worth:
        most = f"{schedule.most_worth.normalize():,f} {row.currency}"
        raise PlanImpossible(why=f"its orders are worth {worth:,.2f} {row.currency} and a run may have {most}")
    begin(actor, plan)
    return f"{len(lines)} order{'' if len(lines) == 1 else 's'} worth {worth:,.2f} {row.currency} together.", plan


def _within(schedule: RebalanceSchedule) -> str:
    return f"Nothing was {schedule.band.normalize():f} points or more off its target."


def _is_as_confirmed(schedule: RebalanceSchedule) -> bool:
    """Whether real money would follow the weights that were confirmed; play money follows those of the moment."""
    return schedule.portfolio.mode == Mode.PAPER or weights_of(schedule.portfolio) == schedule.weights


def _check(row: Portfolio, rhythm: Rhythm) -> None:
    most = DAYS.get(rhythm.every)
    if rhythm.every not in Every.values or (rhythm.day is None) != (most is None):
        raise ScheduleInvalid(field="day", why="a week and a month need their day, and a day has none")
    if most is not None and not 1 <= (rhythm.day or 0) <= most:
        raise ScheduleInvalid(field="day", why=f"the day is 1 to {most}")
    if not 0 <= rhythm.hour <= LAST_HOUR:
        raise ScheduleInvalid(field="hour", why="the hour is 0 to 23")
    band = rhythm.band
    if not band.is_finite() or not 0 < band <= MOST_BAND or band != round(band, PLACES):
        raise ScheduleInvalid(field="band", why="the band is more than 0 and at most 50 points")
    worth = rhythm.most_worth
    if worth is not None and (not worth.is_finite() or worth <= 0 or worth != round(worth, 2)):
        raise ScheduleInvalid(field="most_worth", why="what a run may be worth is above 0, with two decimals")
    if row.mode == Mode.LIVE and worth is None:
        raise ScheduleInvalid(field="most_worth", why="real money needs a bound for what a run may be worth")
    if not rebalancing.list_targets(row):
        raise ScheduleInvalid(why="the portfolio has no target weights")


def _own(portfolio_id: UUID, owner_id: UUID) -> RebalanceSchedule:
    found = get_schedule(locked(portfolio_id, owner_id))
    if found is None:
        raise ScheduleMissing
    return found


def _arm(schedule: RebalanceSchedule) -> RebalanceSchedule:
    zone = known_zone(schedule.zone)
    due = next_run(schedule.every, schedule.day, schedule.hour, zone, now())
    schedule.next_at = due
    schedule.save(update_fields=["next_at"])
    payload: dict[str, Any] = {"schedule": str(schedule.pk), "due_at": due.isoformat()}
    timers.schedule(name=TIMER, key=_key(schedule), due_at=due, payload=payload)
    return schedule


def _disarm(schedule: RebalanceSchedule) -> None:
    if schedule.next_at is not None:
        timers.cancel(name=TIMER, key=_key(schedule))


def _key(schedule: RebalanceSchedule) -> str:
    assert schedule.next_at is not None
    return f"{schedule.pk}:{schedule.next_at:%Y%m%d%H%M}"
