"""Giving back holds whose time has passed."""

from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.finance.ledger.choices import HoldState
from apps.finance.ledger.errors import HoldEnded
from apps.finance.ledger.models import Hold
from apps.finance.ledger.operations.commands import Release
from apps.finance.ledger.operations.posting import post_many

EXPIRE = declare("ledger.expire_holds", "Give back expired holds (done by the product itself)")
BATCH = 500


def expire_holds(*, actor: Actor) -> int:
    """Give back every hold past its time, each in its own transaction; return how many."""
    due = Hold.objects.filter(state=HoldState.OPEN, expires_at__lte=now()).order_by("expires_at")
    return sum(_expired(actor, hold_id) for hold_id in list(due.values_list("pk", flat=True)[:BATCH]))


def _expired(actor: Actor, hold_id: UUID) -> int:
    try:
        expire_hold(actor=actor, hold_id=hold_id)
    except HoldEnded:
        return 0
    return 1


@operation("ledger.expire_hold", permission=EXPIRE, trail=False)
def expire_hold(*, actor: Actor, hold_id: UUID) -> None:
    """Give back what remains of a hold. Raises HoldEnded when somebody settled or released it first."""
    post_many(actor=actor, releases=[Release(hold_id)])
