"""Staking positions: pending, bonded, unbonding, released; rewards accrue while bonded."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.operations import NewJournal, post_many
from apps.finance.wallets.calendar_days import DAY, midnight, today
from apps.finance.wallets.choices_earning import STAKE_STATES, Family, StakeState
from apps.finance.wallets.errors_earning import NotBondedYet, PositionMissing
from apps.finance.wallets.models import StakePosition, StakingProduct
from apps.finance.wallets.operations.accruing import Accrued, accrue_position, rates_of
from apps.finance.wallets.operations.earning import BATCH, check_entry, schedule_accrual, tell_end, tell_start
from apps.finance.wallets.operations.own_money import money_in, money_out, owner_of, saved_in
from apps.finance.wallets.operations.permissions_earning import EARN, RUN

BOND, RELEASE = "wallets.bond", "wallets.release"


@operation("wallets.open_stake", permission=EARN, audited=("product_id", "amount", "mode"))
def open_stake(*, actor: Actor, product_id: UUID, amount: Decimal, mode: Mode = Mode.LIVE) -> StakePosition:
    """Put money into staking. It is bonded at the next midnight (UTC) and the product's bonding days later.

    Raises as `open_yield_position` does.
    """
    product = StakingProduct.objects.select_for_update(no_key=True).filter(pk=product_id).first()
    checked = check_entry(product, amount, mode)
    assert product is not None  # checked
    first_day = today() + (product.bonding_days + 1) * DAY
    position = StakePosition.objects.create(
        owner_id=owner_of(actor),
        product=product,
        mode=mode,
        amount=checked,
        bonds_at=midnight(first_day),
        accrued_through=first_day - DAY,
    )
    post_many(actor=actor, journals=[money_in(position, checked, key=f"stake:{position.pk}:in")])
    payload = {"position": str(position.pk)}
    timers.schedule(name=BOND, key=str(position.pk), due_at=position.bonds_at, payload=payload)
    tell_start(actor, Family.STAKING, position)
    return position


@operation("wallets.bond_stake", permission=RUN)
def bond_stake(*, actor: Actor, position_id: UUID) -> StakePosition:
    """Bond a pending position whose time has come, as of that time; another one is left as it is."""
    return _bond(actor, lock_stake(position_id))


@operation("wallets.unbond_stake", permission=EARN, audited=("position_id",))
def unbond_stake(*, actor: Actor, position_id: UUID) -> StakePosition:
    """Ask a bonded position back: rewards end with yesterday (UTC), the waiting time begins. Again changes nothing.

    Without unbonding days it is released at once. Raises PositionMissing, NotBondedYet.
    """
    position = _bond(actor, lock_stake(position_id, owner_id=owner_of(actor)))
    if position.state == StakeState.PENDING:
        raise NotBondedYet(at=f"{position.bonds_at:%Y-%m-%d %H:%M} UTC")
    if position.state != StakeState.BONDED:
        return position
    into = Accrued(days_left=100_000)
    inside = accrue_position(position, today() - DAY, rates=rates_of(position.product), into=into)
    position = transition(
        position,
        "unbond",
        table=STAKE_STATES,
        expected=StakeState.BONDED,
        actor=actor,
        unbond_asked_at=now(),
        releases_at=now() + position.product.unbonding_days * DAY,
    )
    if position.product.unbonding_days:
        assert position.releases_at is not None  # set above
        payload = {"position": str(position.pk)}
        timers.schedule(name=RELEASE, key=str(position.pk), due_at=position.releases_at, payload=payload)
        post_many(actor=actor, journals=into.journals)
    else:
        position = _release(actor, position, inside, into.journals)
    into.write()
    return position


@operation("wallets.release_stake", permission=RUN)
def release_stake(*, actor: Actor, position_id: UUID) -> StakePosition:
    """Pay back an unbonding position whose waiting time is over; another one is left as it is."""
    position = lock_stake(position_id)
    if position.state != StakeState.UNBONDING or position.releases_at is None or position.releases_at > now():
        return position
    return _release(actor, position, saved_in(position))


@operation("wallets.accrue_staking", permission=RUN, trail=False)
def accrue_staking(*, actor: Actor, product_id: UUID) -> int:
    """Accrue some bonded positions of a product up to yesterday; return how many days were written."""
    product = StakingProduct.objects.get(pk=product_id)
    through, into, rates = today() - DAY, Accrued(), rates_of(product)
    waiting = StakePosition.objects.filter(product=product, state=StakeState.BONDED, accrued_through__lt=through)
    for position in waiting.select_for_update(no_key=True).order_by("id")[:BATCH]:
        position.product = product
        accrue_position(position, through, rates=rates, into=into)
    post_many(actor=actor, journals=into.journals)
    into.write()
    return len(into.rows)


def lock_stake(position_id: UUID, *, owner_id: UUID | None = None) -> StakePosition:
    """Return a staking position, locked; with `owner_id` only that customer's. Raises PositionMissing."""
    rows = StakePosition.objects.select_for_update(no_key=True, of=("self",)).select_related("product")
    own = rows.filter(pk=position_id) if owner_id is None else rows.filter(pk=position_id, owner_id=owner_id)
    found = own.first()
    if found is None:
        raise PositionMissing
    return found


def _bond(actor: Actor, position: StakePosition) -> StakePosition:
    if position.state != StakeState.PENDING or position.bonds_at > now():
        return position
    position = transition(position, "bond", table=STAKE_STATES, expected=StakeState.PENDING, actor=actor)
    schedule_accrual(Family.STAKING, position.product_id, max(position.bonds_at.date(), today() - DAY))
    return position


def _release(
    actor: Actor, position: StakePosition, paid: Decimal, journals: Sequence[NewJournal] = ()
) -> StakePosition:
    """Post `journals`, pay all that is in the position then, and close."""
    post_many(actor=actor, journals=[*journals, money_out(position, paid, key=f"stake:{position.pk}:out")])
    position = transition(
        position,
        "release",
        table=STAKE_STATES,
        expected=StakeState.UNBONDING,
        actor=actor,
        closed_at=now(),
        paid_out=paid,
    )
    tell_end(actor, Family.STAKING, position, paid)
    return position
