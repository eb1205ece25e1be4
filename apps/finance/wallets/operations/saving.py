"""Savings goals: making, changing, filling by hand, pausing, closing. Contributions by schedule: `contributing`."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.core import outbox, timers
from apps.core.actors import Actor
from apps.core.assets import get_asset
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.errors import InsufficientFunds
from apps.finance.ledger.operations import post_many
from apps.finance.wallets.calendar_days import midnight, next_due, today
from apps.finance.wallets.choices_earning import GOAL_STATES, OPEN_GOALS, Every, GoalState
from apps.finance.wallets.errors_earning import (
    DeadlinePast,
    GoalClosed,
    GoalMissing,
    GoalReachedAlready,
    NothingSaved,
    ScheduleInvalid,
    TooManyGoals,
)
from apps.finance.wallets.models import SavingsGoal
from apps.finance.wallets.operations.own_money import checked_amount, money_in, money_out, owner_of, saved_in
from apps.finance.wallets.operations.permissions_earning import SAVE
from kernel.events.finance import GoalReached, GoalReturned

MOST_GOALS = 50
LONGEST_NAME = 80
CONTRIBUTE = "wallets.contribute"
ANCHORS = {Every.WEEK: (1, 7), Every.MONTH: (1, 31)}


@dataclass(frozen=True, slots=True)
class Schedule:
    """An amount on each due day. `anchor_day`: 1 to 7 for a week (1: Monday), 1 to 31 for a month, else None."""

    amount: Decimal
    every: Every
    anchor_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalPlan:
    """What a goal is for: a name, how much, until when (or open), and a schedule (or by hand only)."""

    name: str
    target: Decimal
    deadline: date | None = None
    schedule: Schedule | None = None


@operation("wallets.create_goal", permission=SAVE, audited=("asset", "mode"))
def create_goal(*, actor: Actor, asset: str, plan: GoalPlan, mode: Mode = Mode.LIVE) -> SavingsGoal:
    """Make a goal. Its schedule is first due on the first due day after today (UTC).

    Raises UnknownAsset, InvalidAmount, Invalid (name), DeadlinePast, ScheduleInvalid, TooManyGoals.
    """
    owner_id = owner_of(actor)
    goal = SavingsGoal(owner_id=owner_id, asset_id=get_asset(asset).code, mode=mode)
    _take_plan(goal, plan)
    if SavingsGoal.objects.filter(owner_id=owner_id, state__in=OPEN_GOALS).count() >= MOST_GOALS:
        raise TooManyGoals(most=MOST_GOALS)
    goal.save(force_insert=True)
    arm(goal)
    return goal


@operation("wallets.change_goal", permission=SAVE, audited=("goal_id",))
def change_goal(*, actor: Actor, goal_id: UUID, plan: GoalPlan) -> SavingsGoal:
    """Give an open goal another plan; a new schedule is first due after today. A target that is saved is reached.

    Raises GoalMissing, GoalClosed, GoalReachedAlready, and what `create_goal` raises.
    """
    goal = lock_own_goal(actor, goal_id)
    if goal.state == GoalState.REACHED:
        raise GoalReachedAlready
    disarm(goal)
    _take_plan(goal, plan)
    goal.save(update_fields=["name", "target", "deadline", "amount", "every", "anchor_day", "next_due_on"])
    arm(goal)
    return reach_if_saved(goal, saved_in(goal), actor=actor)


@operation("wallets.pause_goal", permission=SAVE, audited=("goal_id",))
def pause_goal(*, actor: Actor, goal_id: UUID) -> SavingsGoal:
    """Let the schedule of an active goal rest. Raises GoalMissing, GoalClosed, MoveNotAllowed."""
    goal = lock_own_goal(actor, goal_id)
    disarm(goal)
    return transition(goal, "pause", table=GOAL_STATES, expected=goal.state, actor=actor, next_due_on=None)


@operation("wallets.resume_goal", permission=SAVE, audited=("goal_id",))
def resume_goal(*, actor: Actor, goal_id: UUID) -> SavingsGoal:
    """Let a paused goal go on; what would have been due meanwhile is not made up. Raises as `pause_goal` does."""
    goal = lock_own_goal(actor, goal_id)
    following = next_due(goal.every, goal.anchor_day, today()) if goal.every else None
    goal = transition(goal, "resume", table=GOAL_STATES, expected=goal.state, actor=actor, next_due_on=following)
    arm(goal)
    return goal


@operation("wallets.deposit_to_goal", permission=SAVE, audited=("goal_id", "amount", "movement_id"))
def deposit_to_goal(*, actor: Actor, goal_id: UUID, amount: Decimal, movement_id: UUID) -> SavingsGoal:
    """Put money into an open goal by hand. The same `movement_id` with the same amount again changes nothing.

    Raises GoalMissing, GoalClosed, InvalidAmount, InsufficientFunds, AccountFrozen, KeyReused.
    """
    goal = lock_own_goal(actor, goal_id)
    checked = checked_amount(amount, goal.asset_id)
    post_many(actor=actor, journals=[money_in(goal, checked, key=f"goal:{goal.pk}:in:{movement_id}")])
    return reach_if_saved(goal, saved_in(goal), actor=actor)


@operation("wallets.withdraw_from_goal", permission=SAVE, audited=("goal_id", "amount", "movement_id"))
def withdraw_from_goal(*, actor: Actor, goal_id: UUID, amount: Decimal, movement_id: UUID) -> SavingsGoal:
    """Take money out of an open goal by hand; one that was reached stays reached. Safe to repeat by `movement_id`.

    Raises GoalMissing, GoalClosed, InvalidAmount, NothingSaved, AccountFrozen, KeyReused.
    """
    goal = lock_own_goal(actor, goal_id)
    checked, saved = checked_amount(amount, goal.asset_id), saved_in(goal)
    key = f"goal:{goal.pk}:out:{movement_id}"
    try:
        with transaction.atomic():
            post_many(actor=actor, journals=[money_out(goal, checked, key=key)])
    except InsufficientFunds:
        raise NothingSaved(saved=f"{saved:f}", asset=goal.asset_id, field="amount") from None
    return goal


@operation("wallets.close_goal", permission=SAVE, audited=("goal_id",))
def close_goal(*, actor: Actor, goal_id: UUID) -> SavingsGoal:
    """End a goal; what is in it goes back to the wallet. Raises GoalMissing, GoalClosed, AccountFrozen."""
    goal = lock_own_goal(actor, goal_id)
    disarm(goal)
    saved = saved_in(goal)
    if saved:
        post_many(actor=actor, journals=[money_out(goal, saved, key=f"goal:{goal.pk}:close")])
    goal = transition(
        goal, "close", table=GOAL_STATES, expected=goal.state, actor=actor, next_due_on=None, closed_at=now()
    )
    returned = GoalReturned(goal_id=goal.pk, owner_id=goal.owner_id, asset=goal.asset_id, amount=saved)
    outbox.publish(returned, actor=actor)
    return goal


def lock_own_goal(actor: Actor, goal_id: UUID) -> SavingsGoal:
    """Return an open goal of the actor, locked. Raises GoalMissing, GoalClosed."""
    goal = SavingsGoal.objects.select_for_update(no_key=True).filter(pk=goal_id, owner_id=owner_of(actor)).first()
    if goal is None:
        raise GoalMissing
    if goal.state == GoalState.CLOSED:
        raise GoalClosed
    return goal


def reach_if_saved(goal: SavingsGoal, saved: Decimal, *, actor: Actor) -> SavingsGoal:
    """Move a goal whose target is saved to reached, end its schedule and tell its owner; return it."""
    if goal.state == GoalState.REACHED or saved < goal.target:
        return goal
    disarm(goal)
    goal = transition(
        goal, "reach", table=GOAL_STATES, expected=goal.state, actor=actor, next_due_on=None, reached_at=now()
    )
    reached = GoalReached(goal_id=goal.pk, owner_id=goal.owner_id, asset=goal.asset_id, saved=saved)
    outbox.publish(reached, actor=actor)
    return goal


def arm(goal: SavingsGoal) -> None:
    """Schedule the timer of the next due day, when there is one."""
    if goal.next_due_on is not None:
        due = goal.next_due_on
        payload = {"goal": str(goal.pk), "due_on": due.isoformat()}
        timers.schedule(name=CONTRIBUTE, key=f"{goal.pk}:{due}", due_at=midnight(due), payload=payload)


def disarm(goal: SavingsGoal) -> None:
    """Call off the timer of the next due day, when there is one."""
    if goal.next_due_on is not None:
        timers.cancel(name=CONTRIBUTE, key=f"{goal.pk}:{goal.next_due_on}")


def _take_plan(goal: SavingsGoal, plan: GoalPlan) -> None:
    name = " ".join(plan.name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"Give the goal a name of at most {LONGEST_NAME} characters.", field="name")
    if plan.deadline is not None and plan.deadline != goal.deadline and plan.deadline <= today():
        raise DeadlinePast(field="deadline", today=today().isoformat())
    goal.name = name
    goal.target = checked_amount(plan.target, goal.asset_id, field="target")
    goal.deadline = plan.deadline
    schedule = _checked_schedule(plan.schedule, goal.asset_id)
    goal.amount = schedule.amount if schedule else None
    goal.every = schedule.every if schedule else ""
    goal.anchor_day = schedule.anchor_day if schedule else None
    is_due = schedule is not None and goal.state == GoalState.ACTIVE
    goal.next_due_on = next_due(goal.every, goal.anchor_day, today()) if is_due else None


def _checked_schedule(schedule: Schedule | None, asset: str) -> Schedule | None:
    if schedule is None:
        return None
    if schedule.every not in Every.values:
        raise ScheduleInvalid(field="every", why="Choose every day, week or month.")
    amount = checked_amount(schedule.amount, asset)
    if schedule.every == Every.DAY:
        return Schedule(amount, Every.DAY)
    first, last = ANCHORS[Every(schedule.every)]
    if schedule.anchor_day is None or not first <= schedule.anchor_day <= last:
        raise ScheduleInvalid(field="anchor_day", why=f"Choose a day from {first} to {last}.")
    return Schedule(amount, Every(schedule.every), schedule.anchor_day)
