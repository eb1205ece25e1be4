"""Sending money to another customer: held first, delivered a moment later, or returned.

Whether anybody has the address that was written is never said in the answer: the amount is held either way. A transfer
that comes back counts against the limits like one that was delivered, so asking around costs.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.compliance.limits.operations import check_and_consume
from apps.core import outbox
from apps.core.actors import Actor
from apps.core.assets import get_asset, parse_amount
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.core.sealing import open_field
from apps.core.transitions import transition
from apps.core.work import keep
from apps.finance.ledger.choices import HoldPurpose, Mode
from apps.finance.ledger.operations import HoldUse, NewHold, Release, open_accounts, post_many
from apps.finance.ledger.operations.patterns import customer_account, transfer_journal
from apps.finance.wallets.choices import TRANSFER_STATES, WORK, RuleName, TransferState
from apps.finance.wallets.errors import ToYourself, TransferMissing, TransferNotConfirmed, WalletCooling, WalletLocked
from apps.finance.wallets.live import announce
from apps.finance.wallets.models import Transfer
from apps.finance.wallets.operations.permissions import RUN, SYSTEM, TRANSFER, person_of
from apps.finance.wallets.terms import get_rule, worth_of
from apps.finance.wallets.waits import guard_of, is_frozen, list_waits, lock_of, ready_at
from apps.platform.users.queries import get_user, get_user_by_email
from kernel.events.finance import TransferDone, TransferReturned
from kernel.money.exact import add, total

CONFIRM_ACTION = "wallets.transfer"
WINDOW = timedelta(hours=24)


def needs_second_factor(owner_id: UUID, asset: str, amount: Decimal, mode: Mode = Mode.LIVE) -> bool:
    """Return whether a transfer takes the second factor: with all of the last 24 hours it is worth too much.

    What has no price always takes it; play money never does.
    """
    if mode == Mode.PAPER:
        return False
    worth = worth_of(asset, amount)
    recent = Transfer.objects.filter(owner_id=owner_id, mode=Mode.LIVE, created_at__gt=now() - WINDOW)
    earlier = list(recent.values_list("worth", flat=True))
    if worth is None or None in earlier:
        return True
    sum_of_all = add(worth, total(value for value in earlier if value is not None))
    return sum_of_all > get_rule(RuleName.TRANSFER_CONFIRM_ABOVE)


@operation("wallets.transfer_between_customers", permission=TRANSFER, audited=("asset", "amount", "mode"))
def transfer_between_customers(
    *, actor: Actor, to: str, asset: str, amount: Decimal, mode: Mode = Mode.LIVE, is_confirmed: bool = False
) -> Transfer:
    """Hold `amount` for the customer who has the e-mail address `to`; delivered after the commit, if there is one.

    `is_confirmed` says that the face has used up the second factor for exactly this. Raises KeysMoveNoMoney,
    UnknownAsset, InvalidAmount, ToYourself, WalletLocked, WalletCooling, TransferNotConfirmed, InsufficientFunds,
    AccountFrozen, and the refusals of the limits; never anything that tells whether the address is known.
    """
    owner_id = person_of(actor)
    code = get_asset(asset).code
    size, written = parse_amount(amount, code), to.strip().lower()
    if get_user(owner_id).email == written:
        raise ToYourself(field="to")
    if mode == Mode.LIVE:
        _refuse_waits(owner_id)
    if not is_confirmed and needs_second_factor(owner_id, code, size, mode):
        raise TransferNotConfirmed
    transfer_id = uuid7()
    key = f"transfer:{transfer_id}"
    worth = worth_of(code, size)
    if mode == Mode.LIVE:
        check_and_consume(
            actor=SYSTEM, owner_id=owner_id, verb="transfer", asset=code, amount=size, key=key, value=worth
        )
    account = customer_account(owner_id, code, mode)
    hold = NewHold(
        key=key,
        account_id=open_accounts([account])[account],
        amount=size,
        purpose=HoldPurpose.TRANSFER,
        subject_id=transfer_id,
    )
    row = Transfer.objects.create(
        id=transfer_id,
        owner_id=owner_id,
        written=written,
        asset_id=code,
        mode=mode,
        amount=size,
        worth=worth,
        hold_id=post_many(actor=actor, holds=[hold]).holds[0],
    )
    keep(WORK)
    _deliver_after_commit(transfer_id)
    announce(owner_id, mode)
    return row


@operation("wallets.deliver_transfer", permission=RUN, trail=False)
def deliver_transfer(*, actor: Actor, transfer_id: UUID) -> Transfer:
    """Deliver a held transfer, or give it back where no customer has the address. Done twice it is done once.

    While the sender's account is frozen it stays held. Raises TransferMissing.
    """
    row = Transfer.objects.select_for_update(no_key=True).filter(pk=transfer_id).first()
    if row is None:
        raise TransferMissing
    if row.state != TransferState.HELD:
        return row
    found = get_user_by_email(open_field(row, "written"))
    if found is None or not found.is_active or found.pk == row.owner_id:
        return _returned(row, actor)
    if is_frozen(row.owner_id, row.asset_id, Mode(row.mode)):
        return row
    row = transition(
        row,
        "deliver",
        table=TRANSFER_STATES,
        expected=row.state,
        actor=actor,
        recipient_id=found.pk,
        ended_at=now(),
    )
    journal = transfer_journal(
        key=f"transfer:{row.pk}:done",
        from_id=row.owner_id,
        to_id=found.pk,
        asset=row.asset_id,
        amount=row.amount,
        mode=Mode(row.mode),
        uses=(HoldUse(row.hold_id, row.amount),),
        subject_id=row.pk,
    )
    post_many(actor=actor, journals=[journal])
    outbox.publish(
        TransferDone(
            transfer_id=row.pk,
            owner_id=row.owner_id,
            recipient_id=found.pk,
            asset=row.asset_id,
            amount=row.amount,
            mode=row.mode,
        ),
        actor=actor,
    )
    announce(row.owner_id, row.mode)
    announce(found.pk, row.mode)
    return row


def _returned(row: Transfer, actor: Actor) -> Transfer:
    row = transition(row, "give_back", table=TRANSFER_STATES, expected=row.state, actor=actor, ended_at=now())
    post_many(actor=actor, releases=[Release(row.hold_id)])
    outbox.publish(
        TransferReturned(
            transfer_id=row.pk, owner_id=row.owner_id, asset=row.asset_id, amount=row.amount, mode=row.mode
        ),
        actor=actor,
    )
    announce(row.owner_id, row.mode)
    return row


def _refuse_waits(owner_id: UUID) -> None:
    """Refuse while money may not leave: a transfer to an accomplice would be a way around the waiting times."""
    waits = list_waits(owner_id)
    until = ready_at(waits)
    if until is None:
        raise WalletLocked(days=lock_of(guard_of(owner_id), now()).days)
    if waits:
        raise WalletCooling(why=waits[-1].cause.label, until=_words(until))


def _words(moment: datetime) -> str:
    return f"{moment:%-d %b %Y, %H:%M:%S} UTC"


def _deliver_after_commit(transfer_id: UUID) -> None:
    schema = current_schema()

    def nudge() -> None:
        from apps.finance.wallets.tasks import deliver  # the task calls the operations

        deliver.delay(schema, str(transfer_id))

    transaction.on_commit(nudge, robust=True)
