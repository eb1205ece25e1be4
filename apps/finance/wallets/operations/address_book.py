"""The address book: adding an address, proving by a mailed code that the account's owner wants it, removing it."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.operation import operation
from apps.core.sealing import open_field
from apps.core.transitions import transition
from apps.finance.wallets.choices import ENTRY_STATES, EntryState, RuleName
from apps.finance.wallets.errors import (
    AddressInvalid,
    AddressKnown,
    AddressMissing,
    OwnDepositAddress,
    ProofOver,
    ProofTooSoon,
    ProofWrong,
    TooManyAddresses,
    WalletLocked,
)
from apps.finance.wallets.models import AddressEntry, DepositAddress
from apps.finance.wallets.models.places import MOST_PROOF_ATTEMPTS
from apps.finance.wallets.operations.crediting import LETTERS
from apps.finance.wallets.operations.depositing import checked_network
from apps.finance.wallets.operations.permissions import WITHDRAW, person_of
from apps.finance.wallets.terms import get_rule
from apps.finance.wallets.waits import guard_of, lock_of
from apps.platform.notifications.operations import queue_mail
from apps.platform.users.queries import get_user
from kernel.addresses import NETWORKS, AddressError, Network, check_address
from kernel.events.finance import AddressProved

MOST_ADDRESSES, LONGEST_LABEL = 50, 60
CODE_LETTERS, CODE_LIVES, CODE_EVERY = 10, timedelta(minutes=30), timedelta(minutes=1)


@operation("wallets.add_address", permission=WITHDRAW, audited=("asset", "network"))
def add_address(*, actor: Actor, asset: str, network: str, address: str, label: str) -> AddressEntry:
    """Put an address into the actor's book and mail the code that proves it. Nothing leaves to it before that.

    Raises KeysMoveNoMoney, UnknownAsset, NetworkUnknown, AddressInvalid (also for a bad label), OwnDepositAddress,
    AddressKnown, TooManyAddresses, WalletLocked.
    """
    owner_id = person_of(actor)
    way = checked_network(asset, network)
    spelled = _checked_address(way, address)
    name = " ".join(label.split())
    if not 1 <= len(name) <= LONGEST_LABEL:
        raise AddressInvalid(field="label", why=f"Give the address a name of at most {LONGEST_LABEL} characters.")
    _refuse_when_locked(owner_id)
    if AddressEntry.objects.filter(owner_id=owner_id).exclude(state=EntryState.REMOVED).count() >= MOST_ADDRESSES:
        raise TooManyAddresses(most=MOST_ADDRESSES)
    fingerprint = fingerprint_of(owner_id, way, spelled)
    row = AddressEntry(
        owner_id=owner_id, asset_id=asset, network=way.value, address=spelled, label=name, fingerprint=fingerprint
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise AddressKnown(field="address") from None
    _mail_code(row)
    return row


@operation("wallets.mail_proof_again", permission=WITHDRAW, audited=("entry_id",))
def mail_proof_again(*, actor: Actor, entry_id: UUID) -> AddressEntry:
    """Mail a new code for an address that is not proved; the old one is dead. Raises AddressMissing, ProofTooSoon."""
    row = _own(entry_id, person_of(actor), EntryState.PENDING_PROOF)
    if row.proof_until is not None:
        next_at = row.proof_until - CODE_LIVES + CODE_EVERY
        if now() < next_at:
            raise ProofTooSoon(retry_after=int((next_at - now()).total_seconds()) + 1)
    _mail_code(row)
    return row


@operation("wallets.take_proof_attempt", permission=WITHDRAW, trail=False)
def take_proof_attempt(*, actor: Actor, entry_id: UUID) -> bool:
    """Count a try at the code, in a transaction of its own before the code is looked at; False when none is left.

    An entry that is proved already needs no try.
    """
    owner_id = person_of(actor)
    if AddressEntry.objects.filter(pk=entry_id, owner_id=owner_id, state=EntryState.ACTIVE).exists():
        return True
    row = _own(entry_id, owner_id, EntryState.PENDING_PROOF)
    if row.proof_attempts >= MOST_PROOF_ATTEMPTS:
        return False
    AddressEntry.objects.filter(pk=row.pk).update(proof_attempts=row.proof_attempts + 1)
    return True


@operation("wallets.prove_address", permission=WITHDRAW, audited=("entry_id",))
def prove_address(*, actor: Actor, entry_id: UUID, code: str) -> AddressEntry:
    """Prove an address by the mailed code; money leaves to it from `active_after` on. Call `take_proof_attempt` before.

    Raises AddressMissing, ProofWrong, ProofOver, WalletLocked.
    """
    owner_id = person_of(actor)
    row = _own(entry_id, owner_id, EntryState.PENDING_PROOF)
    _refuse_when_locked(owner_id)
    moment = now()
    if row.proof_until is None or moment > row.proof_until:
        raise ProofOver
    if not hmac.compare_digest(_hash_of(row, code), row.proof_hash):
        raise ProofWrong(field="code")
    active_after = moment + timedelta(hours=get_rule(RuleName.NEW_ADDRESS_HOURS))
    row = transition(
        row,
        "prove",
        table=ENTRY_STATES,
        expected=row.state,
        actor=actor,
        verified_at=moment,
        active_after=active_after,
        proof_hash="",
        proof_until=None,
    )
    outbox.publish(
        AddressProved(
            entry_id=row.pk,
            owner_id=owner_id,
            asset=row.asset_id,
            network=row.network,
            active_after=active_after.isoformat(),
        ),
        actor=actor,
    )
    return row


@operation("wallets.remove_address", permission=WITHDRAW, audited=("entry_id",))
def remove_address(*, actor: Actor, entry_id: UUID) -> AddressEntry:
    """Take an address out of the book; a withdrawal to it that is not signed will not leave. Again is the same as once.

    Raises AddressMissing.
    """
    row = _own(entry_id, person_of(actor))
    if row.state == EntryState.REMOVED:
        return row
    return transition(
        row, "remove", table=ENTRY_STATES, expected=row.state, actor=actor, removed_at=now(), proof_hash=""
    )


def fingerprint_of(owner_id: UUID, network: Network, address: str) -> str:
    """Return the hash that tells the addresses of a customer apart."""
    text = f"{current_schema()}|{owner_id}|{network.value}|{address}"
    return hashlib.sha256(text.encode()).hexdigest()


def _checked_address(network: Network, address: str) -> str:
    try:
        spelled = check_address(network, address)
    except AddressError as error:
        raise AddressInvalid(field="address", why=str(error)) from None
    if DepositAddress.objects.filter(network=network.value, address=spelled).exists():
        raise OwnDepositAddress(field="address")
    return spelled


def _refuse_when_locked(owner_id: UUID) -> None:
    lock = lock_of(guard_of(owner_id), now())
    if lock.days:
        raise WalletLocked(days=lock.days)


def _own(entry_id: UUID, owner_id: UUID, state: str = "") -> AddressEntry:
    rows = AddressEntry.objects.select_for_update(no_key=True).filter(pk=entry_id, owner_id=owner_id)
    found = (rows.filter(state=state) if state else rows).first()
    if found is None:
        raise AddressMissing
    return found


def _mail_code(row: AddressEntry) -> None:
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS))
    row.proof_hash, row.proof_until, row.proof_attempts = _hash_of(row, code), now() + CODE_LIVES, 0
    row.save(update_fields=["proof_hash", "proof_until", "proof_attempts"])
    address = open_field(row, "address")
    ends = f"{address[:6]} … {address[-6:]}"
    queue_mail(
        recipient=get_user(row.owner_id).email,
        subject="Confirm a new withdrawal address",
        text=(
            f"Somebody signed in to your account wants to add this address for {row.asset_id} on "
            f"{NETWORKS[Network(row.network)].title}: {ends}\n\nTo allow it, enter this code: {code}\n\n"
            "If it was not you, do not give the code to anybody and change your password now."
        ),
    )


def _hash_of(row: AddressEntry, code: str) -> str:
    return hashlib.sha256(f"{row.pk}|{code.strip().upper()}".encode()).hexdigest()
