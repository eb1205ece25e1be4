"""The ledger's side of orders: every fill is booked in the mirror of its account, in the transaction that stores it.

An order's hold is used by its fills and given back at its end. One transaction posts once: whoever changes an order
calls `book_changes` once, as the last thing it does to the order.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.operations import (
    HoldUse,
    Mirror,
    MirroredFill,
    NewJournal,
    Release,
    fill_journals,
    post_many,
)
from apps.finance.ledger.queries import HoldFacts, closed_until, find_hold
from apps.trading.orders.choices import HeldBy, Leg, OrderState
from apps.trading.orders.models import Fill, Order
from apps.trading.orders.operations.guarding import follow
from kernel.instruments import InstrumentSpec, Side

logger = logging.getLogger("outcry.orders")
YOUNG = timedelta(minutes=50)
"""A period is closed one hour after its end at the earliest, so what is younger lies in none."""


@dataclass(frozen=True, slots=True)
class Executions:
    """Fills of one order that this transaction stored, as the ledger takes them."""

    mirror: Mirror
    fills: Sequence[MirroredFill]


def mirror_of(connection: Any) -> Mirror:
    """Return the mirror of a connection."""
    return Mirror(connection_id=connection.pk, holder_id=connection.owner_id, mode=Mode(connection.mode))


def hold_key(order_id: UUID) -> str:
    """Return the key of an order's hold."""
    return f"order:{order_id}"


def hold_key_of(order: Order) -> str:
    """Return the key of the hold that an order uses: two exits of one list at the venue share theirs."""
    return f"group:{order.group_id}" if _shares(order) else hold_key(order.pk)


def _shares(order: Order) -> bool:
    is_exit = bool(order.leg) and order.leg != Leg.ENTRY
    return is_exit and (order.held_by == HeldBy.VENUE or order.state == OrderState.HELD)


def _is_hold_done(order: Order) -> bool:
    """Whether nothing that uses the order's hold can fill any more."""
    if not _shares(order):
        return order.is_final and not order.needs_settling
    others = Order.objects.filter(group_id=order.group_id).exclude(pk=order.pk).exclude(leg=Leg.ENTRY)
    return all(row.state == OrderState.HELD or (row.is_final and not row.needs_settling) for row in (order, *others))


def fill_key(fill_id: UUID) -> str:
    """Return the key of a fill's journal."""
    return f"fill:{fill_id}"


def book_changes(order: Order, actor: Actor, new: Executions | None = None, beside: Sequence[NewJournal] = ()) -> None:
    """Post new fills of a locked order with what they use of its hold; at its end give back the rest.

    `beside` are further journals of the same posting.

    An order whose outcome or executions are not all known keeps its hold. A fill that comes after the hold was given
    back is booked without one. Raises AmountTooFine.
    """
    if new is not None or order.is_final:
        follow(order)
    is_over = _is_hold_done(order)
    if new is None and not is_over:
        return
    hold = find_hold(hold_key_of(order))
    journals = [] if new is None else fill_journals(new.mirror, new.fills)
    releases: list[Release] = []
    if hold is not None and hold.is_open:
        journals, remaining = with_uses(journals, hold)
        if is_over and remaining:
            releases.append(Release(hold.hold_id))
    journals = [*journals, *beside]
    if journals or releases:
        post_many(actor=actor, journals=journals, releases=releases)


def with_uses(journals: Sequence[NewJournal], hold: HoldFacts) -> tuple[list[NewJournal], Decimal]:
    """Let each journal use as much of the hold as it takes from the hold's account; return what remains, too."""
    remaining, found = hold.remaining, []
    for journal in journals:
        leaving = sum((-leg.amount for leg in journal.legs if leg.account_id == hold.account_id), Decimal(0))
        used = max(min(remaining, leaving), Decimal(0))
        remaining -= used
        found.append(replace(journal, uses=(HoldUse(hold.hold_id, used),)) if used else journal)
    return found, remaining


def mirrored(fills: Sequence[Fill], spec: InstrumentSpec) -> list[MirroredFill]:
    """Return fills of one instrument as the ledger takes them.

    They count from the venue's time on, but never later than they are booked (its clock may be ahead of ours), and from
    now on when that time lies in a closed period.
    """
    moment = now()
    closed = closed_until() if any(row.at < moment - YOUNG for row in fills) else None
    return [
        MirroredFill(
            key=fill_key(row.pk),
            fill_id=row.pk,
            base=spec.base,
            quote=spec.quote,
            side=Side(row.side),
            quantity=row.quantity,
            price=row.price,
            fee=row.fee,
            fee_asset=row.fee_asset,
            effective_at=_effective(row, moment, closed),
        )
        for row in fills
    ]


def _effective(row: Fill, moment: datetime, closed: datetime | None) -> datetime:
    if closed is not None and row.at < closed:
        logger.info("a fill of a closed period counts from now on", extra={"fill": str(row.pk)})
        return moment
    return min(row.at, moment)
