"""Contributions by schedule: one row for each due day, whatever happened between it and now.

After the product stood still, missed days are made up one by one, in order: those at most CATCH_UP_DAYS old are paid
as if they were due now, older ones are skipped as missed. Days on which a goal was paused were never due.
"""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.operation import operation
from apps.finance.ledger.errors import AccountClosed, AccountFrozen, InsufficientFunds
from apps.finance.ledger.operations import post_many
from apps.finance.wallets.calendar_days import next_due, today
from apps.finance.wallets.choices_earning import ContributionOutcome, GoalState, SkipReason
from apps.finance.wallets.models import GoalContribution, SavingsGoal
from apps.finance.wallets.operations.own_money import money_in, saved_in
from apps.finance.wallets.operations.permissions_earning import RUN
from apps.finance.wallets.operations.saving import arm, reach_if_saved
from kernel.events.finance import ContributionSkipped
from kernel.money.exact import subtract

CATCH_UP_DAYS = 7
ZERO = Decimal(0)


@operation("wallets.contribute", permission=RUN, trail=False)
def contribute(*, actor: Actor, goal_id: UUID, due_on: date) -> GoalContribution | None:
    """Work off one due day of a goal and schedule the next; None when it is not what the goal waits for any more.

    The last contribution is cut to what the target lacks; a part is never taken because the wallet has less.
    """
    goal = SavingsGoal.objects.select_for_update(no_key=True).get(pk=goal_id)
    if goal.state != GoalState.ACTIVE or goal.next_due_on != due_on or goal.amount is None:
        return None
    saved = saved_in(goal)
    amount = min(goal.amount, subtract(goal.target, saved))
    reason = _too_old(due_on) or _pay(actor, goal, amount, due_on)
    row = GoalContribution.objects.create(
        goal=goal,
        due_on=due_on,
        outcome=ContributionOutcome.SKIPPED if reason else ContributionOutcome.EXECUTED,
        reason=reason or "",
        amount=ZERO if reason else amount,
    )
    goal.next_due_on = next_due(goal.every, goal.anchor_day, due_on)
    goal.save(update_fields=["next_due_on"])
    arm(goal)
    if reason:
        skipped = ContributionSkipped(
            goal_id=goal.pk, owner_id=goal.owner_id, asset=goal.asset_id, due_on=due_on.isoformat(), reason=reason.value
        )
        outbox.publish(skipped, actor=actor)
    else:
        reach_if_saved(goal, saved + amount, actor=actor)
    return row


def _too_old(due_on: date) -> SkipReason | None:
    return SkipReason.MISSED if today() - due_on > timedelta(days=CATCH_UP_DAYS) else None


def _pay(actor: Actor, goal: SavingsGoal, amount: Decimal, due_on: date) -> SkipReason | None:
    try:
        with transaction.atomic():
            post_many(actor=actor, journals=[money_in(goal, amount, key=f"goal:{goal.pk}:due:{due_on}")])
    except InsufficientFunds:
        return SkipReason.NO_FUNDS
    except (AccountFrozen, AccountClosed):
        return SkipReason.FROZEN
    return None
