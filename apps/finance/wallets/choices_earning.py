"""Words of saving, yield and staking: states and their moves, schedules, reasons. Each says what it means."""

from django.db import models

from apps.core.transitions import StateTable
from kernel import ledger as kernel


class GoalState(models.TextChoices):
    """Where a savings goal stands."""

    ACTIVE = "active"
    """Money goes in by its schedule, or by hand."""
    PAUSED = "paused"
    """The schedule rests; money goes in and out by hand."""
    REACHED = "reached"
    """The target is saved; the schedule has ended."""
    CLOSED = "closed"
    """The money went back to the wallet."""


GOAL_STATES = StateTable(
    field="state",
    moves={
        "pause": {GoalState.ACTIVE: GoalState.PAUSED},
        "resume": {GoalState.PAUSED: GoalState.ACTIVE},
        "reach": {GoalState.ACTIVE: GoalState.REACHED, GoalState.PAUSED: GoalState.REACHED},
        "close": {
            GoalState.ACTIVE: GoalState.CLOSED,
            GoalState.PAUSED: GoalState.CLOSED,
            GoalState.REACHED: GoalState.CLOSED,
        },
    },
)
OPEN_GOALS = (GoalState.ACTIVE, GoalState.PAUSED, GoalState.REACHED)


class Every(models.TextChoices):
    """How often a schedule is due. All days are days of UTC."""

    DAY = "day"
    """Every day; no anchor."""
    WEEK = "week"
    """One day of the week; the anchor is 1 (Monday) to 7 (Sunday)."""
    MONTH = "month"
    """One day of the month; the anchor is 1 to 31, and a month without that day is due on its last."""


class ContributionOutcome(models.TextChoices):
    """What became of a due date."""

    EXECUTED = "executed"
    """The money went into the goal."""
    SKIPPED = "skipped"
    """Nothing moved; the reason says why."""


class SkipReason(models.TextChoices):
    """Why a due date was skipped."""

    NO_FUNDS = "no_funds", "Not enough was available"
    """The wallet had less than the amount; a part is never taken."""
    FROZEN = "frozen", "The wallet was frozen"
    """Nothing may leave the wallet."""
    MISSED = "missed", "The date was too long past"
    """The product stood still and came back more than CATCH_UP_DAYS later."""


class ProductState(models.TextChoices):
    """Whether a product takes money."""

    DRAFT = "draft"
    """Staff prepare it; customers do not see it."""
    OFFERED = "offered"
    """Customers may put money in."""
    WITHDRAWN = "withdrawn"
    """No new positions; those that are open go on."""


PRODUCT_STATES = StateTable(
    field="state",
    moves={
        "offer": {ProductState.DRAFT: ProductState.OFFERED, ProductState.WITHDRAWN: ProductState.OFFERED},
        "withdraw": {ProductState.OFFERED: ProductState.WITHDRAWN},
    },
)


class DayCount(models.TextChoices):
    """How days make a year; the kernel's own words."""

    ACT_365 = kernel.DayCount.ACT_365.value, "Actual/365"
    """The days of the calendar over 365."""
    ACT_360 = kernel.DayCount.ACT_360.value, "Actual/360"
    """The days of the calendar over 360."""
    THIRTY_360 = kernel.DayCount.THIRTY_360.value, "30/360"
    """Every month has 30 days, over 360."""


class YieldState(models.TextChoices):
    """Where a yield position stands."""

    ACTIVE = "active"
    """Interest accrues every day."""
    REDEEMING = "redeeming"
    """Asked back; interest accrues until the lock ends, then it is paid out."""
    CLOSED = "closed"
    """Paid out."""


YIELD_STATES = StateTable(
    field="state",
    moves={
        "redeem": {YieldState.ACTIVE: YieldState.REDEEMING},
        "pay_out": {YieldState.REDEEMING: YieldState.CLOSED},
    },
)


class StakeState(models.TextChoices):
    """Where a staking position stands."""

    PENDING = "pending"
    """Waits to be bonded; no rewards yet."""
    BONDED = "bonded"
    """Rewards accrue every day."""
    UNBONDING = "unbonding"
    """Asked back; no more rewards, and the waiting time runs."""
    RELEASED = "released"
    """Paid back to the wallet."""


STAKE_STATES = StateTable(
    field="state",
    moves={
        "bond": {StakeState.PENDING: StakeState.BONDED},
        "unbond": {StakeState.BONDED: StakeState.UNBONDING},
        "release": {StakeState.UNBONDING: StakeState.RELEASED},
    },
)


class Family(models.TextChoices):
    """Which of the two kinds of product."""

    YIELD = "yield", "Yield"
    """Interest by an annual rate."""
    STAKING = "staking", "Staking"
    """Rewards by a rate per day."""
