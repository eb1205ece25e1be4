"""Yield positions: opening, accruing, asking back, paying out."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q, Sum

from apps.core import outbox, timers
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.operations import post_many
from apps.finance.wallets.calendar_days import DAY, midnight, today
from apps.finance.wallets.choices_earning import YIELD_STATES, Family, ProductState, YieldState
from apps.finance.wallets.errors_earning import (
    BelowMinimum,
    CapacityUsedUp,
    PositionMissing,
    ProductMissing,
    ProductNotOffered,
)
from apps.finance.wallets.models import StakePosition, StakingProduct, YieldPosition, YieldProduct
from apps.finance.wallets.operations.accruing import Accrued, accrue_position, rates_of
from apps.finance.wallets.operations.own_money import checked_amount, money_in, money_out, owner_of
from apps.finance.wallets.operations.permissions_earning import EARN, RUN
from kernel.events.finance import EarningEnded, EarningStarted
from kernel.money.exact import ZERO, plain, subtract

ACCRUE, PAY_OUT = "wallets.accrue", "wallets.pay_out"
BATCH = 100
"""Positions that one transaction accrues."""
MADE_UP = 1000
"""Steps are counted from here in a run that staff or the net started, so that it has timers of its own."""


@operation("wallets.open_yield_position", permission=EARN, audited=("product_id", "amount", "mode"))
def open_yield_position(*, actor: Actor, product_id: UUID, amount: Decimal, mode: Mode = Mode.LIVE) -> YieldPosition:
    """Put money into a yield product. The first day that earns is tomorrow (UTC).

    Raises ProductMissing, ProductNotOffered, InvalidAmount, BelowMinimum, CapacityUsedUp, InsufficientFunds,
    AccountFrozen.
    """
    product = YieldProduct.objects.select_for_update(no_key=True).filter(pk=product_id).first()
    checked = check_entry(product, amount, mode)
    assert product is not None  # checked
    position = YieldPosition.objects.create(
        owner_id=owner_of(actor),
        product=product,
        mode=mode,
        amount=checked,
        accrued_through=today(),
        unlocks_at=midnight(today() + (product.lock_days + 1) * DAY) if product.lock_days else None,
    )
    post_many(actor=actor, journals=[money_in(position, checked, key=f"earn:{position.pk}:in")])
    schedule_accrual(Family.YIELD, product.pk, today())
    tell_start(actor, Family.YIELD, position)
    return position


@operation("wallets.redeem_yield_position", permission=EARN, audited=("position_id",))
def redeem_yield_position(*, actor: Actor, position_id: UUID) -> YieldPosition:
    """Ask a position back: paid out at once, or when its lock ends. Asking again changes nothing.

    Interest is paid for every full day until then; the day of paying out earns nothing. Raises PositionMissing.
    """
    position = _lock(position_id, owner_id=owner_of(actor))
    if position.state != YieldState.ACTIVE:
        return position
    is_free = position.unlocks_at is None or position.unlocks_at <= now()
    last = today() - DAY if is_free or position.unlocks_at is None else position.unlocks_at.date() - DAY
    position = transition(
        position,
        "redeem",
        table=YIELD_STATES,
        expected=YieldState.ACTIVE,
        actor=actor,
        last_day=max(last, position.accrued_through),
        redeem_asked_at=now(),
    )
    if is_free:
        return _pay_out(actor, position)
    assert position.unlocks_at is not None  # not free
    payload = {"position": str(position.pk)}
    timers.schedule(name=PAY_OUT, key=str(position.pk), due_at=position.unlocks_at, payload=payload)
    return position


@operation("wallets.pay_out_yield_position", permission=RUN)
def pay_out_yield_position(*, actor: Actor, position_id: UUID) -> YieldPosition:
    """Pay out a position that was asked back and whose lock has ended; another one is left as it is."""
    position = _lock(position_id)
    if position.state != YieldState.REDEEMING or (position.unlocks_at is not None and position.unlocks_at > now()):
        return position
    return _pay_out(actor, position)


@operation("wallets.accrue_yield", permission=RUN, trail=False)
def accrue_yield(*, actor: Actor, product_id: UUID) -> int:
    """Accrue some positions of a product up to yesterday; return how many days were written, 0 when all are done."""
    product = YieldProduct.objects.get(pk=product_id)
    through, into, rates = today() - DAY, Accrued(), rates_of(product)
    waiting = YieldPosition.objects.filter(product=product, accrued_through__lt=through).exclude(
        state=YieldState.CLOSED
    )
    waiting = waiting.filter(Q(last_day__isnull=True) | Q(accrued_through__lt=F("last_day")))
    for position in waiting.select_for_update(no_key=True).order_by("id")[:BATCH]:
        position.product = product
        accrue_position(position, min(through, position.last_day or through), rates=rates, into=into)
    post_many(actor=actor, journals=into.journals)
    into.write()
    return len(into.rows)


def check_entry(product: YieldProduct | StakingProduct | None, amount: Decimal, mode: Mode) -> Decimal:
    """Return the amount a locked product takes. Raises as `open_yield_position` does, but for the money."""
    if product is None or product.state == ProductState.DRAFT:
        raise ProductMissing
    if product.state != ProductState.OFFERED:
        raise ProductNotOffered
    checked = checked_amount(amount, product.asset_id)
    if checked < product.minimum:
        raise BelowMinimum(field="amount", minimum=f"{plain(product.minimum):f}", asset=product.asset_id)
    if product.capacity is not None:
        open_positions = product.positions.filter(mode=mode, closed_at__isnull=True)
        used = open_positions.aggregate(total=Sum("amount"))["total"] or ZERO
        left = max(subtract(product.capacity, used), ZERO)
        if checked > left:
            raise CapacityUsedUp(field="amount", left=f"{plain(left):f}", asset=product.asset_id)
    return checked


def schedule_accrual(
    family: Family, product_id: UUID, day: date, *, step: int = 0, due_at: datetime | None = None
) -> None:
    """Have a product's positions accrue when `day` is over (or at `due_at`); `step` counts transactions of a run."""
    payload = {"family": family.value, "product": str(product_id), "day": day.isoformat(), "step": step}
    key = f"{family.value}:{product_id}:{day}:{step}"
    timers.schedule(name=ACCRUE, key=key, due_at=due_at or midnight(day + DAY), payload=payload)


def tell_end(actor: Actor, family: Family, position: YieldPosition | StakePosition, paid: Decimal) -> None:
    """Publish that a position was paid out."""
    ended = EarningEnded(
        position_id=position.pk,
        owner_id=position.owner_id,
        family=family.value,
        asset=position.product.asset_id,
        amount=paid,
    )
    outbox.publish(ended, actor=actor)


def tell_start(actor: Actor, family: Family, position: YieldPosition | StakePosition) -> None:
    """Publish that money went into a position."""
    started = EarningStarted(
        position_id=position.pk,
        owner_id=position.owner_id,
        family=family.value,
        asset=position.product.asset_id,
        amount=position.amount,
    )
    outbox.publish(started, actor=actor)


def _lock(position_id: UUID, *, owner_id: UUID | None = None) -> YieldPosition:
    rows = YieldPosition.objects.select_for_update(no_key=True, of=("self",)).select_related("product")
    own = rows.filter(pk=position_id) if owner_id is None else rows.filter(pk=position_id, owner_id=owner_id)
    found = own.first()
    if found is None:
        raise PositionMissing
    return found


def _pay_out(actor: Actor, position: YieldPosition) -> YieldPosition:
    """Accrue what is missing, pay everything back, close; one transaction, one posting."""
    into = Accrued(days_left=100_000)
    assert position.last_day is not None  # it was asked back
    paid = accrue_position(position, position.last_day, rates=rates_of(position.product), into=into)
    post_many(actor=actor, journals=[*into.journals, money_out(position, paid, key=f"earn:{position.pk}:out")])
    into.write()
    position = transition(
        position,
        "pay_out",
        table=YIELD_STATES,
        expected=YieldState.REDEEMING,
        actor=actor,
        closed_at=now(),
        paid_out=paid,
    )
    tell_end(actor, Family.YIELD, position, paid)
    return position
