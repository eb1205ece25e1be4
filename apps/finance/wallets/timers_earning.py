"""Timers of saving, yield and staking. Each hands over to an operation that looks at the row and may find it done."""

from datetime import date
from uuid import UUID

from apps.core.actors import Actor
from apps.core.models import Timer
from apps.core.timers import on_timer
from apps.finance.wallets.choices_earning import Family
from apps.finance.wallets.operations.contributing import contribute
from apps.finance.wallets.operations.earning import ACCRUE, PAY_OUT, pay_out_yield_position
from apps.finance.wallets.operations.running import run_accruals
from apps.finance.wallets.operations.saving import CONTRIBUTE
from apps.finance.wallets.operations.staking import BOND, RELEASE, bond_stake, release_stake

SYSTEM = Actor.system("wallets")


@on_timer(CONTRIBUTE)
def pay_contribution(timer: Timer) -> None:
    """Work off a due day of a savings goal."""
    contribute(actor=SYSTEM, goal_id=UUID(timer.payload["goal"]), due_on=date.fromisoformat(timer.payload["due_on"]))


@on_timer(ACCRUE)
def accrue(timer: Timer) -> None:
    """Take one step of a product's run."""
    run_accruals(
        actor=SYSTEM,
        family=Family(timer.payload["family"]),
        product_id=UUID(timer.payload["product"]),
        day=date.fromisoformat(timer.payload["day"]),
        step=timer.payload["step"],
    )


@on_timer(PAY_OUT)
def pay_out(timer: Timer) -> None:
    """Pay out a yield position whose lock has ended."""
    pay_out_yield_position(actor=SYSTEM, position_id=UUID(timer.payload["position"]))


@on_timer(BOND)
def bond(timer: Timer) -> None:
    """Bond a staking position."""
    bond_stake(actor=SYSTEM, position_id=UUID(timer.payload["position"]))


@on_timer(RELEASE)
def release(timer: Timer) -> None:
    """Pay back a staking position."""
    release_stake(actor=SYSTEM, position_id=UUID(timer.payload["position"]))
