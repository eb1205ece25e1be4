"""Charging fills: one row and one entry of the ledger for each, out of the customer's wallet.

The wallet is what the tenant owes the customer; the account at the venue is never spent from. Where the wallet does not
have the amount, the charge stays due and is tried again: a fill is a fact that no missing money undoes.
"""

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
from apps.finance.ledger.operations import post_many
from apps.finance.ledger.operations.patterns import customer_account, fee_journals
from apps.finance.ledger.queries import get_available
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.commissions.choices import ChargeState
from apps.trading.orders.commissions.models import CommissionCharge, OrderCommission
from apps.trading.orders.models import Fill
from apps.trading.orders.operations.recording import RECORD

EXACT = Context(prec=100)
TIMER = "orders.commissions_due"
AGAIN, SOON = timedelta(hours=1), timedelta(minutes=1)
BATCH = 200


@operation("orders.charge_fill", permission=RECORD, trail=False)
def charge_fill(*, actor: Actor, fill_id: UUID) -> CommissionCharge | None:
    """Charge one fill by the terms of its order, once; None without terms. Books what the wallet has for it."""
    terms = OrderCommission.objects.select_related("schedule").filter(order__fills=fill_id).first()
    if terms is None:
        return None
    fill = Fill.objects.select_related("order", "connection").get(pk=fill_id)
    asset, share, amount = _amount(fill, terms)
    row, is_new = CommissionCharge.objects.get_or_create(
        fill=fill,
        defaults={
            "owner_id": fill.order.owner_id, "mode": fill.connection.mode, "asset": asset, "share": share,
            "amount": amount, "state": ChargeState.DUE if amount else ChargeState.NOTHING,
        },
    )  # fmt: skip
    if is_new and row.state == ChargeState.DUE:
        _book_due(actor, row.owner_id)
        row.refresh_from_db()
    return row


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


def _book_due(actor: Actor, owner_id: UUID) -> int:
    """Book due charges in one posting. The rows are locked, so that two never book the same; keys would refuse it."""
    waiting = CommissionCharge.objects.filter(owner_id=owner_id, state=ChargeState.DUE)
    fitting = _fitting(waiting, owner_id)
    try:
        with transaction.atomic():
            journals = [
                journal
                for row in fitting
                for journal in fee_journals(
                    key=commission_key(row.fill_id),
                    payer=customer_account(row.owner_id, row.asset, Mode(row.mode)),
                    amount=row.amount,
                    subject_id=row.fill_id,
                )
            ]
            post_many(actor=actor, journals=journals)
    except DomainError:  # somebody spent it meanwhile, or the account is frozen: it stays due
        fitting = []
    booked = CommissionCharge.objects.filter(pk__in=[row.pk for row in fitting], state=ChargeState.DUE)
    count = booked.update(state=ChargeState.BOOKED, booked_at=now())
    if waiting.exists():
        _look_again(owner_id, at_once=count >= BATCH)
    return count


def _look_again(owner_id: UUID, *, at_once: bool) -> None:
    """Set the timer of the hour in which it is tried again; the timer that runs now is another one."""
    due_at = now() + (SOON if at_once else AGAIN)
    key = f"{owner_id}:{due_at:%Y%m%d%H%M}" if at_once else f"{owner_id}:{due_at:%Y%m%d%H}"
    timers.schedule(name=TIMER, key=key, due_at=due_at, payload={"owner_id": str(owner_id)})


def _fitting(waiting: "QuerySet[CommissionCharge]", owner_id: UUID) -> list[CommissionCharge]:
    """Return the charges that what is free now pays, oldest first; one that does not fit does not hold up others."""
    found: list[CommissionCharge] = []
    for asset, mode in waiting.values_list("asset", "mode").distinct().order_by("asset", "mode"):
        free = get_available(owner_id, asset, mode=Mode(mode))
        if free <= 0:
            continue
        rows = waiting.filter(asset=asset, mode=mode).select_for_update(skip_locked=True).order_by("id")
        for row in rows[: BATCH - len(found)]:
            if row.amount <= free:
                free -= row.amount
                found.append(row)
    return found
