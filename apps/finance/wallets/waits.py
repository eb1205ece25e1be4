"""What a payout waits for: one reading of lock, changed credentials, new devices and new addresses, for all who ask.

A payout leaves at the moment a waiting time ends and not before. A change that is announced in the outbox and not yet
delivered counts as if it were.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max

from apps.core.clock import now
from apps.core.models import OutboxEvent
from apps.finance.ledger.choices import AccountState, Mode
from apps.finance.ledger.operations import account_ids
from apps.finance.ledger.operations.patterns import customer_account
from apps.finance.ledger.queries import get_account
from apps.finance.wallets.choices import EntryState, RuleName, WaitCause
from apps.finance.wallets.models import AddressEntry, WalletGuard
from apps.finance.wallets.terms import get_rule
from kernel.events.platform import CredentialChanged, NewDevice


@dataclass(frozen=True, slots=True)
class Wait:
    """A reason to wait, and until when; None: until somebody does something."""

    cause: WaitCause
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """The owner's lock: `days` it takes to open (0: no lock), and when it opens if it is being lifted or lowered."""

    days: int
    next_days: int | None = None
    next_from: datetime | None = None

    @property
    def opens_at(self) -> datetime | None:
        """When nothing is locked any more, None where that is not in sight."""
        return self.next_from if self.next_days == 0 else None


def lock_of(guard: WalletGuard | None, moment: datetime) -> Lock:
    """Return the lock as it stands at a moment."""
    if guard is None:
        return Lock(0)
    if guard.next_lock_days is not None and guard.next_lock_from is not None:
        if moment >= guard.next_lock_from:
            return Lock(guard.next_lock_days)
        return Lock(guard.lock_days, guard.next_lock_days, guard.next_lock_from)
    return Lock(guard.lock_days)


def guard_of(owner_id: UUID) -> WalletGuard | None:
    """Return the row of a customer, None for one about whom there is nothing to say."""
    return WalletGuard.objects.filter(owner_id=owner_id).first()


def list_waits(owner_id: UUID, entry: AddressEntry | None = None) -> list[Wait]:
    """Return what stands against a payout of a customer now (to an address of the book), longest last."""
    moment = now()
    found = [*_of_owner(owner_id, moment), *(_of_entry(entry, moment) if entry is not None else ())]
    return sorted(found, key=lambda wait: (wait.until is None, wait.until or moment))


def ready_at(waits: list[Wait]) -> datetime | None:
    """Return when the last of some waits ends: now for none, None where one of them has no end."""
    if any(wait.until is None for wait in waits):
        return None
    return max((wait.until for wait in waits if wait.until is not None), default=now())


def is_new_device(owner_id: UUID, within: timedelta) -> bool:
    """Return whether a device signed in for the first time within a span."""
    at = _newest(owner_id, NewDevice.name, guard_of(owner_id), "new_device_at")
    return at is not None and at > now() - within


def is_frozen(owner_id: UUID, asset: str, mode: Mode) -> bool:
    """Return whether nothing may leave the account that a customer spends from."""
    account = customer_account(owner_id, asset, mode)
    return get_account(account_ids([account])[account]).state != AccountState.OPEN


def _of_owner(owner_id: UUID, moment: datetime) -> Iterator[Wait]:
    guard = guard_of(owner_id)
    lock = lock_of(guard, moment)
    if lock.days:
        yield Wait(WaitCause.LOCKED, lock.opens_at)
    for cause, rule, event, column in (
        (WaitCause.CREDENTIAL_CHANGED, RuleName.CREDENTIAL_HOURS, CredentialChanged.name, "credential_changed_at"),
        (WaitCause.NEW_DEVICE, RuleName.NEW_DEVICE_HOURS, NewDevice.name, "new_device_at"),
    ):
        at = _newest(owner_id, event, guard, column)
        until = None if at is None else at + timedelta(hours=get_rule(rule))
        if until is not None and moment < until:
            yield Wait(cause, until)


def _newest(owner_id: UUID, event: str, guard: WalletGuard | None, column: str) -> datetime | None:
    undelivered = OutboxEvent.objects.filter(name=event, dispatched_at__isnull=True, payload__user_id=str(owner_id))
    found = [undelivered.aggregate(at=Max("created_at"))["at"], getattr(guard, column, None)]
    return max((at for at in found if at is not None), default=None)


def _of_entry(entry: AddressEntry, moment: datetime) -> Iterator[Wait]:
    if entry.state != EntryState.ACTIVE or entry.active_after is None:
        yield Wait(WaitCause.ADDRESS_REMOVED)
    elif moment < entry.active_after:
        yield Wait(WaitCause.NEW_ADDRESS, entry.active_after)
