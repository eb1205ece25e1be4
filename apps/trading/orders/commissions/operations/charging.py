"""Charging fills: one row and one entry of the ledger for each, out of what is held for it on the customer's wallet.

The wallet is what the tenant owes the customer; the account at the venue is never spent from. Where neither the hold
nor the wallet has the amount, the charge stays due and is tried again: a fill is a fact that no missing money undoes.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, Context, Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.core import timers
from apps.core.actors import Actor
from apps.core.assets import code_at_venue, ensure_assets, get_asset
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.operations import HoldUse, NewJournal, Release, post_many
from apps.finance.ledger.operations.patterns import customer_account, fee_journals
from apps.finance.ledger.queries import HoldFacts, find_hold, get_available
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.commissions.choices import ChargeState
from apps.trading.orders.commissions.models import CommissionCharge, OrderCommission
from apps.trading.orders.commissions.operations.covering import cover_key
from apps.trading.orders.models import Fill, Order
from apps.trading.orders.operations.recording import RECORD

EXACT = Context(prec=100)
ZERO = Decimal(0)
TIMER = "orders.commissions_due"
AGAIN, SOON = timedelta(hours=1), timedelta(minutes=1)
BATCH = 200


@operation("orders.charge_fill", permission=RECORD, trail=False)
def charge_fill(*, actor: Actor, fill_id: UUID) -> CommissionCharge | None:
    """Charge one fill by the terms of its order, once; None without terms. Books what the wallet has for it."""
    terms = OrderCommission.objects.select_related("schedule").filter(order__fills=fill_id).first()
    if terms is None:
        return None
    row, is_new = _row_of(fill_id, terms)
    if is_new and row.state == ChargeState.DUE:
        _book_due(actor, row.owner_id, ended=_ended_hold(row.fill.order))
        row.refresh_from_db()
    return row


@operation("orders.release_cover", permission=RECORD, trail=False)
def release_cover(*, actor: Actor, order_id: UUID) -> None:
    """Charge what is not charged of an order that is over, then give back what is left of its hold. Safe to repeat."""
    order = Order.objects.get(pk=order_id)
    terms = OrderCommission.objects.select_related("schedule").filter(order=order).first()
    if terms is None:
        return
    for fill_id in order.fills.filter(commission=None).values_list("pk", flat=True):
        _row_of(fill_id, terms)
    hold = _ended_hold(order)
    if hold is not None:
        _book_due(actor, order.owner_id, ended=hold)


def _ended_hold(order: Order) -> HoldFacts | None:
    """Return what is still held for an order that is over and whose fills all have their charge, else None."""
    hold = find_hold(cover_key(order))
    if hold is None or not hold.is_open or not order.is_final or order.needs_settling:
        return None
    return None if order.fills.filter(commission=None).exists() else hold


def _row_of(fill_id: UUID, terms: OrderCommission) -> tuple[CommissionCharge, bool]:
    fill = Fill.objects.select_related("order", "connection").get(pk=fill_id)
    asset, share, amount = _amount(fill, terms)
    return CommissionCharge.objects.get_or_create(
        fill=fill,
        defaults={
            "owner_id": fill.order.owner_id, "mode": fill.connection.mode, "asset": asset, "share": share,
            "amount": amount, "state": ChargeState.DUE if amount else ChargeState.NOTHING,
        },
    )  # fmt: skip


@operation("orders.charge_due", permission=RECORD, trail=False)
def charge_due(*, actor: Actor, owner_id: UUID) -> int:
    """Book what is due of a customer as far as the wallet has it, oldest first; return how many were booked."""
    return _book_due(actor, owner_id)


def commission_key(fill_id: UUID) -> str:
    """Return the key of a fill's commission in the ledger."""
    return f"commission:{fill_id}"


def _amount(fill: Fill, terms: OrderCommission) -> tuple[str, Decimal, Decimal]:
    spec, share = get_spec(fill.symbol), terms.maker if fill.is_maker else terms.taker
    is_base = terms.schedule.charges_base(fill.side, fill.symbol)
    charged = fill.quantity if is_base else EXACT.multiply(fill.quantity, fill.price)
    asset = code_at_venue(spec.base if is_base else spec.quote)
    ensure_assets({spec.base, spec.quote})
    step = Decimal(1).scaleb(-get_asset(asset).precision)
    amount = EXACT.multiply(charged, share).quantize(step, rounding=ROUND_DOWN, context=EXACT)
    return asset, share, amount


def _book_due(actor: Actor, owner_id: UUID, *, ended: HoldFacts | None = None) -> int:
    """Book due charges in one posting. The rows are locked, so that two never book the same; keys would refuse it.

    What remains of the hold of an order that is over is given back with it.
    """
    waiting = CommissionCharge.objects.filter(owner_id=owner_id, state=ChargeState.DUE)
    releases = [] if ended is None else [Release(ended.hold_id)]
    fitting = _fitting(waiting, owner_id)
    try:
        with transaction.atomic():
            journals = [journal for paid in fitting for journal in _journals(paid)]
            post_many(actor=actor, journals=journals, releases=_left_of(releases, ended, fitting))
    except DomainError:  # somebody spent it meanwhile, or the account is frozen: it stays due
        fitting = []
        if releases:
            post_many(actor=actor, journals=[], releases=releases)
    keys = [paid.row.pk for paid in fitting]
    booked = CommissionCharge.objects.filter(pk__in=keys, state=ChargeState.DUE)
    count = booked.update(state=ChargeState.BOOKED, booked_at=now())
    if waiting.exists():
        _look_again(owner_id, at_once=count >= BATCH)
    return count


def _left_of(releases: list[Release], ended: HoldFacts | None, fitting: "list[_Paid]") -> list[Release]:
    """Return the releases but for a hold that is used up."""
    if ended is None:
        return []
    used = sum((use.amount for paid in fitting for use in paid.uses if use.hold_id == ended.hold_id), ZERO)
    return releases if used < ended.remaining else []


def _journals(paid: "_Paid") -> list[NewJournal]:
    row = paid.row
    return fee_journals(
        key=commission_key(row.fill_id),
        payer=customer_account(row.owner_id, row.asset, Mode(row.mode)),
        amount=row.amount,
        subject_id=row.fill_id,
        uses=paid.uses,
    )


def _look_again(owner_id: UUID, *, at_once: bool) -> None:
    """Set the timer of the hour in which it is tried again; the timer that runs now is another one."""
    due_at = now() + (SOON if at_once else AGAIN)
    key = f"{owner_id}:{due_at:%Y%m%d%H%M}" if at_once else f"{owner_id}:{due_at:%Y%m%d%H}"
    timers.schedule(name=TIMER, key=key, due_at=due_at, payload={"owner_id": str(owner_id)})


@dataclass(frozen=True, slots=True)
class _Paid:
    """A charge that is booked now, and what of it its order's hold pays."""

    row: CommissionCharge
    uses: tuple[HoldUse, ...]


def _fitting(waiting: "QuerySet[CommissionCharge]", owner_id: UUID) -> list[_Paid]:
    """Return the charges that their holds and what is free pay, oldest first; one that does not fit holds up nobody."""
    found: list[_Paid] = []
    held: dict[UUID, Decimal] = {}
    for asset, mode in waiting.values_list("asset", "mode").distinct().order_by("asset", "mode"):
        free = max(get_available(owner_id, asset, mode=Mode(mode)), ZERO)
        rows = waiting.filter(asset=asset, mode=mode).select_for_update(of=("self",), skip_locked=True).order_by("id")
        for row in rows.select_related("fill__order")[: BATCH - len(found)]:
            hold = find_hold(cover_key(row.fill.order))
            left = ZERO if hold is None else held.get(hold.hold_id, hold.remaining if hold.is_open else ZERO)
            used = min(left, row.amount)
            if row.amount - used > free:
                continue
            free -= row.amount - used
            uses: tuple[HoldUse, ...] = ()
            if hold is not None and used:
                held[hold.hold_id] = left - used
                uses = (HoldUse(hold.hold_id, used),)
            found.append(_Paid(row, uses))
    return found
