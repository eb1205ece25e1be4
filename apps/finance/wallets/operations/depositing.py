"""Paying in: addresses to pay to, announcing a bank transfer, and staff who say that it arrived."""

import secrets
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import approvals, outbox, timers
from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.assets import get_asset, parse_amount
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.models import Approval, ApprovalState
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.core.work import keep
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices import (
    DEPOSIT_STATES,
    PLACE_STATES,
    SANDBOX,
    WORK,
    DepositKind,
    DepositState,
    PlaceState,
    Subject,
)
from apps.finance.wallets.errors import (
    AskedAlready,
    ChangedSinceAsked,
    DepositMissing,
    NetworkUnknown,
    NotByBank,
    NotSimulated,
    OwnMoney,
    TooManyAnnouncements,
)
from apps.finance.wallets.gateways.registry import provider_for, provider_named
from apps.finance.wallets.gateways.sandbox import pay_in
from apps.finance.wallets.models import Deposit, DepositAddress
from apps.finance.wallets.operations.crediting import credit, lock_deposit, reference_of
from apps.finance.wallets.operations.permissions import (
    APPROVE_DEPOSITS,
    CONFIRM_DEPOSITS,
    DEPOSIT,
    RUN,
    SYSTEM,
    person_of,
)
from apps.finance.wallets.terms import required_approvers
from kernel.addresses import NETWORKS, Network, networks_of
from kernel.events.finance import DepositRejected
from kernel.money.exact import plain

CREDIT, EXPIRE = "wallets.credit_deposit", "wallets.expire_deposit"
MOST_ANNOUNCED = 10
ANNOUNCED_FOR = timedelta(days=30)


def checked_network(asset: str, network: str, *, chains_only: bool = False) -> Network:
    """Return a network that carries an asset. Raises UnknownAsset, NetworkUnknown (field network)."""
    code = get_asset(asset).code
    usable = [one for one in networks_of(code) if NETWORKS[one].is_chain or not chains_only]
    found = next((one for one in usable if one.value == network), None)
    if found is None:
        choices = ", ".join(one.value for one in usable) or "none is open"
        raise NetworkUnknown(field="network", asset=code, choices=choices)
    return found


@operation("wallets.ask_deposit_address", permission=DEPOSIT, audited=("asset", "network", "mode"))
def ask_deposit_address(*, actor: Actor, asset: str, network: str, mode: Mode = Mode.LIVE) -> DepositAddress:
    """Return the actor's address for an asset on a chain; a new one is empty until the provider has answered.

    Raises UnknownAsset, NetworkUnknown, NoProvider.
    """
    owner_id = person_of(actor)
    chain = checked_network(asset, network, chains_only=True)
    row, is_new = DepositAddress.objects.get_or_create(
        owner_id=owner_id, asset_id=asset, network=chain.value, mode=mode, defaults={"provider": provider_for(mode)}
    )
    if is_new:
        keep(WORK)
        schema, place_id = current_schema(), str(row.pk)

        def nudge() -> None:
            from apps.finance.wallets.tasks import open_place  # the task calls the operations

            open_place.delay(schema, place_id)

        transaction.on_commit(nudge, robust=True)
    return row


def open_deposit_address(*, place_id: UUID) -> None:
    """Ask the provider for the address of a row, and write it down. Safe to repeat.

    Raises DepositMissing, Unavailable.
    """
    row = DepositAddress.objects.filter(pk=place_id).first()
    if row is None:
        raise DepositMissing
    if row.state == PlaceState.ASKED:
        address = provider_named(row.provider).new_address(Network(row.network), row.asset_id, f"a{row.pk.hex}")
        _record_address(actor=SYSTEM, place_id=place_id, address=address)


@operation("wallets.record_deposit_address", permission=RUN, trail=False)
def _record_address(*, actor: Actor, place_id: UUID, address: str) -> DepositAddress:
    row = DepositAddress.objects.select_for_update().get(pk=place_id)
    if row.state == PlaceState.OPEN:
        return row
    return transition(row, "open", table=PLACE_STATES, expected=row.state, actor=actor, address=address)


@operation("wallets.announce_deposit", permission=DEPOSIT, audited=("asset", "amount"))
def announce_deposit(*, actor: Actor, asset: str, amount: Decimal) -> Deposit:
    """Say that real money is on its way by bank; the deposit's `reference` belongs into the transfer's text.

    Raises UnknownAsset, NotByBank, InvalidAmount, TooManyAnnouncements.
    """
    owner_id = person_of(actor)
    code = get_asset(asset).code
    if Network.SEPA not in networks_of(code):
        raise NotByBank(field="asset", asset=code)
    size = parse_amount(amount, code, minor=True)
    waiting = Deposit.objects.filter(owner_id=owner_id, kind=DepositKind.MANUAL, state=DepositState.ANNOUNCED)
    if waiting.count() >= MOST_ANNOUNCED:
        raise TooManyAnnouncements(most=MOST_ANNOUNCED)
    row = Deposit.objects.create(
        owner_id=owner_id,
        kind=DepositKind.MANUAL,
        asset_id=code,
        network=Network.SEPA.value,
        mode=Mode.LIVE,
        amount=size,
        reference=reference_of(),
    )
    payload = {"deposit": str(row.pk)}
    timers.schedule(name=EXPIRE, key=str(row.pk), due_at=now() + ANNOUNCED_FOR, payload=payload)
    return row


@operation("wallets.take_back_deposit", permission=DEPOSIT, audited=("deposit_id",))
def take_back_deposit(*, actor: Actor, deposit_id: UUID) -> Deposit:
    """Take an announcement back that staff have not confirmed. Raises DepositMissing, MoveNotAllowed, StateChanged."""
    owner_id = person_of(actor)
    found = Deposit.objects.filter(pk=deposit_id, owner_id=owner_id, kind=DepositKind.MANUAL).first()
    if found is None:
        raise DepositMissing
    return _reject(actor, found, "wallets.by_owner")


@operation("wallets.confirm_deposit", permission=CONFIRM_DEPOSITS, audited=("deposit_id", "received"))
def confirm_deposit(*, actor: Actor, deposit_id: UUID, received: Decimal, reason: str) -> Deposit | Approval:
    """Say that a bank transfer arrived, and how much: credited at once, or when a second person has agreed.

    Raises DepositMissing, OwnMoney, InvalidAmount, AskedAlready, MoveNotAllowed.
    """
    row = _manual(deposit_id)
    if actor.id == row.owner_id:
        raise OwnMoney
    DEPOSIT_STATES.target("credit", row.state)
    size = parse_amount(received, row.asset_id, field="received", minor=True)
    required = required_approvers(Subject.DEPOSIT, row.asset_id, size)
    if not required:
        return credit(row, size, actor=actor, confirmer_id=actor.id)
    if _has_open_request(row):
        raise AskedAlready
    asked = request_approval(actor=actor, action=CREDIT, payload=_facts(row, size), reason=reason, required=required)
    Deposit.objects.filter(pk=row.pk).update(approval_id=asked.pk, confirmer_id=actor.id)
    return asked


@approvable(CREDIT, permission=APPROVE_DEPOSITS, title="Credit a deposit by bank")
def run_credit(actor: Actor, payload: dict[str, Any]) -> None:
    """Credit what a second person approved. Raises OwnMoney, ChangedSinceAsked."""
    row = _manual(UUID(payload["deposit"]))
    if str(actor.id) == str(row.owner_id):
        raise OwnMoney
    size = Decimal(payload["received"])
    if row.state != DepositState.ANNOUNCED or payload != _facts(row, size):
        raise ChangedSinceAsked
    credit(row, size, actor=actor, confirmer_id=row.confirmer_id)


@operation("wallets.reject_deposit", permission=CONFIRM_DEPOSITS, audited=("deposit_id",))
def reject_deposit(*, actor: Actor, deposit_id: UUID, reason: str) -> Deposit:
    """Say that a bank transfer never arrived or is not the customer's. Raises DepositMissing, OwnMoney."""
    found = Deposit.objects.filter(pk=deposit_id, kind=DepositKind.MANUAL).first()
    if found is None:
        raise DepositMissing
    if actor.id == found.owner_id:
        raise OwnMoney
    return _reject(actor, found, "wallets.by_staff")


@operation("wallets.expire_deposit", permission=RUN, trail=False)
def expire_deposit(*, actor: Actor, deposit_id: UUID) -> Deposit:
    """Give up an announcement that nobody confirmed for thirty days. Anything else is left alone."""
    row = Deposit.objects.get(pk=deposit_id)
    return _reject(actor, row, "wallets.never_arrived") if row.state == DepositState.ANNOUNCED else row


@operation("wallets.simulate_deposit", permission=DEPOSIT, audited=("place_id", "amount"))
def simulate_deposit(*, actor: Actor, place_id: UUID, amount: Decimal) -> tuple[str, int]:
    """Have the sandbox's chain pay to one of the actor's addresses; returns transaction and output number.

    Raises DepositMissing, NotSimulated, InvalidAmount.
    """
    place = DepositAddress.objects.filter(pk=place_id, owner_id=person_of(actor), state=PlaceState.OPEN).first()
    if place is None:
        raise DepositMissing
    if place.provider != SANDBOX:
        raise NotSimulated
    size = parse_amount(amount, place.asset_id, minor=True)
    return pay_in(
        network=Network(place.network),
        asset=place.asset_id,
        address=place.address,
        amount=size,
        seed=secrets.token_hex(16),
    )


def _reject(actor: Actor, row: Deposit, code: str) -> Deposit:
    """Reject an announced deposit; an open request for a second person falls with it, and is locked first."""
    if row.approval_id is not None and _has_open_request(row):
        approvals.void(actor=SYSTEM, approval_id=row.approval_id, reason="the deposit was rejected")
    rejected = transition(
        row, "reject", table=DEPOSIT_STATES, expected=row.state, actor=actor, reject_code=code, ended_at=now()
    )
    outbox.publish(
        DepositRejected(
            deposit_id=row.pk,
            owner_id=row.owner_id,
            asset=row.asset_id,
            amount=row.amount,
            mode=row.mode,
            reason=code,
        ),
        actor=actor,
    )
    return rejected


def _has_open_request(row: Deposit) -> bool:
    if row.approval_id is None:
        return False
    return Approval.objects.filter(pk=row.approval_id, state=ApprovalState.PENDING).exists()


def _manual(deposit_id: UUID) -> Deposit:
    row = lock_deposit(deposit_id)
    if row.kind != DepositKind.MANUAL:
        raise DepositMissing
    return row


def _facts(row: Deposit, received: Decimal) -> dict[str, Any]:
    return {
        "deposit": str(row.pk),
        "owner": str(row.owner_id),
        "asset": row.asset_id,
        "announced": f"{plain(row.amount):f}",
        "received": f"{plain(received):f}",
    }
