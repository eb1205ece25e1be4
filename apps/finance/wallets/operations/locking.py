"""The owner's lock, and noting what makes payouts wait."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.finance.wallets.choices import BEFORE_SIGNING, MOST_LOCK_DAYS
from apps.finance.wallets.errors import LockInvalid, LockUnchanged
from apps.finance.wallets.models import WalletGuard, Withdrawal
from apps.finance.wallets.operations.permissions import RUN, WITHDRAW, person_of
from apps.finance.wallets.operations.requesting import look_again
from apps.finance.wallets.waits import lock_of
from kernel.events.finance import WalletLockChanged


@operation("wallets.set_lock", permission=WITHDRAW, audited=("days",))
def set_lock(*, actor: Actor, days: int) -> WalletGuard:
    """Lock the actor's wallet, so that it opens `days` after it is lifted; 0 lifts it.

    A longer lock holds at once and calls a lifting off. A shorter one, or none, holds after as many days as the present
    lock has. While it stands nothing leaves and no address is added. Raises LockInvalid, LockUnchanged.
    """
    owner_id = person_of(actor)
    if not 0 <= days <= MOST_LOCK_DAYS:
        raise LockInvalid(field="days")
    row = lock_guard(owner_id)
    moment = now()
    present = lock_of(row, moment)
    if days >= present.days:
        if days == present.days and present.next_from is None:
            raise LockUnchanged
        row.lock_days, row.next_lock_days, row.next_lock_from = days, None, None
        holds_from = moment
    else:
        if days == present.next_days:
            raise LockUnchanged
        holds_from = moment + timedelta(days=present.days)
        row.lock_days, row.next_lock_days, row.next_lock_from = present.days, days, holds_from
    row.save(update_fields=["lock_days", "next_lock_days", "next_lock_from"])
    _look_at_all(owner_id)
    outbox.publish(WalletLockChanged(owner_id=owner_id, days=days, from_at=holds_from.isoformat()), actor=actor)
    return row


@operation("wallets.note_change", permission=RUN, trail=False)
def note_change(*, actor: Actor, owner_id: UUID, what: str, at: datetime) -> WalletGuard:
    """Write down when a credential was changed or a device was new (`what`: the column); moments only move forward."""
    row = lock_guard(owner_id)
    WalletGuard.objects.filter(pk=row.pk).update(**{what: Greatest(Coalesce(F(what), at), at)})
    row.refresh_from_db()
    return row


def lock_guard(owner_id: UUID) -> WalletGuard:
    """Return the guard of a customer, made when there is none, locked until the transaction ends."""
    WalletGuard.objects.bulk_create([WalletGuard(owner_id=owner_id)], ignore_conflicts=True)
    return WalletGuard.objects.select_for_update(no_key=True).get(owner_id=owner_id)


def _look_at_all(owner_id: UUID) -> None:
    """Have what waits looked at again: the lock may end sooner or later than it was known."""
    waiting = Withdrawal.objects.filter(owner_id=owner_id, state__in=BEFORE_SIGNING)
    for withdrawal_id in waiting.values_list("pk", flat=True):
        look_again(withdrawal_id)
