"""Who is told what about saving, yield and staking."""

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.finance.wallets.choices_earning import SkipReason
from apps.finance.wallets.topics_earning import CONTRIBUTION_SKIPPED, EARNING_ENDED, GOAL_REACHED
from apps.platform.notifications.operations import notify
from kernel.events.finance import ContributionSkipped, EarningEnded, GoalReached
from kernel.money.exact import plain


@handles(GoalReached, name="wallets.tell_goal_reached")
def tell_goal_reached(event: GoalReached, row: OutboxEvent) -> None:
    """Tell the owner that the target is saved."""
    params = {"goal_id": str(event.goal_id), "asset": event.asset, "saved": f"{plain(event.saved):f}"}
    notify(event.owner_id, GOAL_REACHED.name, params, dedupe_key=str(row.uid))


@handles(ContributionSkipped, name="wallets.tell_contribution_skipped")
def tell_contribution_skipped(event: ContributionSkipped, row: OutboxEvent) -> None:
    """Tell the owner why nothing was saved. Days missed by an outage are told by the goal's page alone."""
    if event.reason == SkipReason.MISSED:
        return
    why = SkipReason(event.reason).label.lower()
    params = {"goal_id": str(event.goal_id), "due_on": event.due_on, "why": why}
    notify(event.owner_id, CONTRIBUTION_SKIPPED.name, params, dedupe_key=str(row.uid))


@handles(EarningEnded, name="wallets.tell_earning_ended")
def tell_earning_ended(event: EarningEnded, row: OutboxEvent) -> None:
    """Tell the owner that a position was paid back."""
    params = {"family": event.family, "asset": event.asset, "amount": f"{plain(event.amount):f}"}
    notify(event.owner_id, EARNING_ENDED.name, params, dedupe_key=str(row.uid))
