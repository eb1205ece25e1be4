"""Deposits on block chains, as the provider shows them: seen, confirmed, orphaned, gone, credited once."""

import logging
import secrets
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.assets import get_asset
from apps.core.clock import now
from apps.core.errors import Unavailable
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.operations import post_many
from apps.finance.ledger.operations.patterns import deposit_journal
from apps.finance.wallets.choices import DEPOSIT_STATES, DepositKind, DepositState, PlaceState
from apps.finance.wallets.errors import DepositMissing
from apps.finance.wallets.gateways.port import Incoming, IncomingStatus
from apps.finance.wallets.gateways.registry import provider_named
from apps.finance.wallets.live import announce
from apps.finance.wallets.models import Deposit, DepositAddress, ProviderStanding
from apps.finance.wallets.operations.permissions import RUN, SYSTEM
from kernel.addresses import NETWORKS, Network
from kernel.events.finance import DepositCredited
from kernel.money.exact import plain

logger = logging.getLogger("outcry.wallets")
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
GONE, OTHER = "wallets.gone_after_credit", "wallets.other_amount"


def poll_deposits(*, provider: str) -> int:
    """Ask a provider for payments and book what changed; returns how many it showed.

    The cursor moves on only when all of them are written down, so that a crash asks for them again.
    """
    standing = ProviderStanding.objects.filter(provider=provider).first()
    try:
        page = provider_named(provider).list_deposits("" if standing is None else standing.cursor)
    except Unavailable as error:
        note_standing(actor=SYSTEM, provider=provider, cursor=None, error=error.text)
        return 0
    for item in page.items:
        record_incoming(actor=SYSTEM, provider=provider, item=item)
    note_standing(actor=SYSTEM, provider=provider, cursor=page.cursor, error="")
    return len(page.items)


@operation("wallets.note_standing", permission=RUN, trail=False)
def note_standing(*, actor: Actor, provider: str, cursor: str | None, error: str) -> ProviderStanding:
    """Write down whether a provider answered, and how far its deposits were read."""
    row, _ = ProviderStanding.objects.select_for_update().get_or_create(provider=provider)
    if cursor is None:
        row.failed_at, row.failures, row.last_error = now(), row.failures + 1, error[:300]
    else:
        row.answered_at, row.failures, row.last_error, row.cursor = now(), 0, "", cursor
    row.save()
    return row


@operation("wallets.record_incoming", permission=RUN, trail=False)
def record_incoming(*, actor: Actor, provider: str, item: Incoming) -> Deposit | None:
    """Write a payment down as the provider shows it, and credit it once it has its confirmations.

    Told apart by network, transaction and output number: shown again it changes nothing but its confirmations. None
    for an address or an asset that is not ours.
    """
    place = DepositAddress.objects.filter(
        provider=provider, network=item.network.value, address=item.address, state=PlaceState.OPEN
    ).first()
    if place is None or item.asset not in NETWORKS[item.network].assets:
        logger.error("a payment to nobody", extra={"provider": provider, "txid": item.txid, "vout": item.vout})
        return None
    amount = plain(get_asset(item.asset).round_down(item.amount))
    if not amount:
        return None
    row = _row_of(place, item, amount)
    if (row.place_id, row.asset_id, plain(row.amount)) != (place.pk, item.asset, amount):
        return _note_problem(row, OTHER)
    if row.state == DepositState.CREDITED:
        return _note_problem(row, GONE) if item.status is not IncomingStatus.MINED else row
    return _follow(row, item, actor)


def credit(row: Deposit, amount: Decimal, *, actor: Actor, **changes: Any) -> Deposit:
    """Put a deposit into the wallet: state, journal and word about it in one transaction. Raises StateChanged."""
    done = transition(
        row,
        "credit",
        table=DEPOSIT_STATES,
        expected=row.state,
        actor=actor,
        credited=amount,
        ended_at=now(),
        **changes,
    )
    journal = deposit_journal(
        key=f"deposit:{row.pk}:credit",
        holder_id=row.owner_id,
        asset=row.asset_id,
        amount=amount,
        mode=Mode(row.mode),
        subject_id=row.pk,
    )
    post_many(actor=actor, journals=[journal])
    outbox.publish(
        DepositCredited(deposit_id=row.pk, owner_id=row.owner_id, asset=row.asset_id, amount=amount, mode=row.mode),
        actor=actor,
    )
    announce(row.owner_id, row.mode)
    return done


def lock_deposit(deposit_id: UUID) -> Deposit:
    """Return a deposit, locked until the transaction ends. Raises DepositMissing."""
    found = Deposit.objects.select_for_update(no_key=True).filter(pk=deposit_id).first()
    if found is None:
        raise DepositMissing
    return found


def reference_of() -> str:
    """Return a new reference for a deposit, made to be typed: no letters that look alike."""
    return "".join(secrets.choice(LETTERS) for _ in range(10))


def _row_of(place: DepositAddress, item: Incoming, amount: Decimal) -> Deposit:
    """Return the row of an output, locked; made when it is seen for the first time."""
    output = {"network": item.network.value, "txid": item.txid, "vout": item.vout}
    locked = Deposit.objects.select_for_update(no_key=True).filter(**output)
    found = locked.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Deposit.objects.create(
                **output,
                owner_id=place.owner_id,
                kind=DepositKind.CRYPTO,
                asset_id=item.asset,
                mode=place.mode,
                amount=amount,
                reference=reference_of(),
                place=place,
                required=NETWORKS[Network(item.network)].confirmations,
            )
    except IntegrityError:
        return locked.get()


def _follow(row: Deposit, item: Incoming, actor: Actor) -> Deposit:
    if item.status is IncomingStatus.DROPPED:
        return row if row.state == DepositState.REJECTED else _move(row, "reject", actor, _rejection())
    if row.state == DepositState.REJECTED:
        row = _move(row, "reappear", actor, {"reject_code": "", "ended_at": None, "confirmations": 0})
    if item.status is IncomingStatus.SEEN:
        is_orphan = row.state == DepositState.CONFIRMING
        return _move(row, "orphan", actor, {"confirmations": 0}) if is_orphan else row
    if item.confirmations >= row.required:
        return credit(row, row.amount, actor=actor, confirmations=item.confirmations)
    if row.state == DepositState.ANNOUNCED:
        row = _move(row, "include", actor, {})
    Deposit.objects.filter(pk=row.pk).update(confirmations=item.confirmations)
    row.confirmations = item.confirmations
    return row


def _rejection() -> dict[str, Any]:
    return {"reject_code": "wallets.dropped", "ended_at": now(), "confirmations": 0}


def _move(row: Deposit, event: str, actor: Actor, changes: dict[str, Any]) -> Deposit:
    return transition(row, event, table=DEPOSIT_STATES, expected=row.state, actor=actor, **changes)


def _note_problem(row: Deposit, code: str) -> Deposit:
    """Have staff look at a deposit that is not what it was."""
    if row.problem != code:
        Deposit.objects.filter(pk=row.pk).update(problem=code)
        logger.error("a deposit is not what it was", extra={"deposit": str(row.pk), "code": code})
    row.problem = code
    return row
