"""What timers start: runs of accruals in steps, and the net that catches what no timer waits for any more."""

from datetime import date, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.finance.wallets.calendar_days import DAY, today
from apps.finance.wallets.choices_earning import Family, GoalState, StakeState, YieldState
from apps.finance.wallets.models import SavingsGoal, StakePosition, YieldPosition
from apps.finance.wallets.operations.earning import MADE_UP, PAY_OUT, accrue_yield, schedule_accrual
from apps.finance.wallets.operations.permissions_earning import RUN
from apps.finance.wallets.operations.saving import arm
from apps.finance.wallets.operations.staking import BOND, RELEASE, accrue_staking

LATE = timedelta(hours=1)


@operation("wallets.run_accruals", permission=RUN, trail=False)
def run_accruals(*, actor: Actor, family: Family, product_id: UUID, day: date, step: int) -> int:
    """Take one step of a product's run and schedule the next: at once while there is more, else when today is over.

    Returns how many days were written. A product on which nothing earns waits for its next position.
    """
    accrue = accrue_yield if family is Family.YIELD else accrue_staking
    written = accrue(actor=actor, product_id=product_id)
    if written:
        schedule_accrual(family, product_id, day, step=step + 1, due_at=now())
    elif _earning(family).filter(product_id=product_id).exists():
        schedule_accrual(family, product_id, today())
    return written


@operation("wallets.rearm_earning", permission=RUN, trail=False)
def rearm_earning(*, actor: Actor) -> int:
    """Schedule again what is over an hour late, because its timer gave up or was lost; return how many."""
    late = now() - LATE
    rows = 0
    for goal in SavingsGoal.objects.filter(state=GoalState.ACTIVE, next_due_on__lte=late.date()):
        arm(goal)
        rows += 1
    for family in Family:
        behind = _earning(family).filter(accrued_through__lt=late.date() - DAY)
        for product_id in set(behind.values_list("product_id", flat=True)):
            schedule_accrual(family, product_id, today(), step=MADE_UP, due_at=now())
            rows += 1
    ends = {
        PAY_OUT: YieldPosition.objects.filter(state=YieldState.REDEEMING, unlocks_at__lte=late),
        BOND: StakePosition.objects.filter(state=StakeState.PENDING, bonds_at__lte=late),
        RELEASE: StakePosition.objects.filter(state=StakeState.UNBONDING, releases_at__lte=late),
    }
    for name, positions in ends.items():
        rows += sum(_again(name, pk) for pk in positions.values_list("pk", flat=True))
    return rows


def _earning(family: Family) -> "QuerySet[YieldPosition] | QuerySet[StakePosition]":
    if family is Family.YIELD:
        earns = Q(last_day__isnull=True) | Q(accrued_through__lt=F("last_day"))
        return YieldPosition.objects.exclude(state=YieldState.CLOSED).filter(earns)
    return StakePosition.objects.filter(state=StakeState.BONDED)


def _again(name: str, position_id: UUID) -> int:
    timers.schedule(name=name, key=str(position_id), due_at=now(), payload={"position": str(position_id)})
    return 1
