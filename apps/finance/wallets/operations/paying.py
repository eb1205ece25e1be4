"""Having a withdrawal paid: an intent, one call, its answer. What is unknown is asked about, never sent again."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.errors import DomainError, Unavailable
from apps.core.operation import operation
from apps.core.sealing import open_field
from apps.core.transitions import transition
from apps.core.work import keep
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.operations import HoldUse, NewJournal, post_many
from apps.finance.ledger.operations.patterns import customer_account, fee_journals, withdrawal_journal
from apps.finance.wallets.choices import CALL_STATES, WORK, CallState, WithdrawalState
from apps.finance.wallets.errors import WithdrawalMissing
from apps.finance.wallets.gateways.port import (
    Accepted,
    Outcome,
    PayoutRequest,
    PayoutStatus,
    PayoutView,
    Refused,
    Unknown,
)
from apps.finance.wallets.gateways.registry import provider_named
from apps.finance.wallets.models import ProviderCall, Withdrawal
from apps.finance.wallets.operations.ending import get_row, key_of, lock_row, step
from apps.finance.wallets.operations.permissions import RUN, SYSTEM
from kernel.addresses import Network
from kernel.events.finance import WithdrawalConfirmed, WithdrawalFailed, WithdrawalSent

logger = logging.getLogger("outcry.wallets")
VALID_FOR = timedelta(seconds=60)
"""The provider takes a payout so long after it was sent, and never later."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=1)
MISSING_AFTER = 20
"""So many questions about an accepted payout that the provider does not know are a fault staff see (and go on)."""
NEVER_ACCEPTED, BAD_ADDRESS, MISSING = "wallets.never_accepted", "wallets.provider_refuses_address", "wallets.missing"


def begin_call(row: Withdrawal) -> ProviderCall:
    """Write down that a withdrawal in `signing` is to be paid; a task sends it after the commit.

    The database lets a withdrawal have one attempt that is not refused.
    """
    attempt = row.calls.count() + 1
    call = ProviderCall.objects.create(
        withdrawal=row,
        attempt=attempt,
        provider=row.provider,
        client_id=f"w{row.pk.hex}-{attempt}",
        check_at=now(),
    )
    keep(WORK)
    schema = current_schema()

    def nudge() -> None:
        from apps.finance.wallets.tasks import pay  # the task calls the operations

        pay.delay(schema, str(call.pk))

    transaction.on_commit(nudge, robust=True)
    return call


def send_call(*, call_id: UUID) -> None:
    """Send an intent to its provider, once, and write the answer down. Anything but an intent is left alone.

    Must run outside a transaction: that it was sent is committed before the provider hears of it. Raises
    WithdrawalMissing.
    """
    call = _get(call_id)
    if call.state != CallState.INTENT:
        return
    row = get_row(call.withdrawal_id)
    network, address = Network(row.network), open_field(row.entry, "address")
    try:
        provider = provider_named(call.provider)
        is_payable = provider.validate_address(network, address)
    except Unavailable as error:
        _ask_later(actor=SYSTEM, call_id=call_id, code=error.code)
        return
    sent = _mark_sent(actor=SYSTEM, call_id=call_id)
    if sent is None or sent.valid_until is None:
        return
    if not is_payable:
        _record(call_id, Refused(BAD_ADDRESS))
        return
    request = PayoutRequest(
        client_id=sent.client_id,
        network=network,
        asset=row.asset_id,
        address=address,
        amount=row.payout,
        valid_until=sent.valid_until,
    )
    try:
        outcome = provider.submit_withdrawal(request)
    except Exception:
        logger.exception("a provider failed while it was handed a payout", extra={"call": str(call_id)})
        outcome = Unknown("failure")
    _record(call_id, outcome)


def settle_call(*, call_id: UUID) -> None:
    """Ask the provider by our id what became of a call, and write the answer down. Safe to repeat and to run at once.

    "Not found" proves that nothing left only when it was asked after the last moment at which the provider could have
    taken it; what a provider had accepted never ends by "not found". Raises WithdrawalMissing.
    """
    call = _get(call_id)
    if call.state in (CallState.INTENT, CallState.PAID, CallState.REFUSED):
        return
    asked_at = now()
    try:
        view = provider_named(call.provider).get_withdrawal(call.client_id)
    except Unavailable as error:
        _ask_later(actor=SYSTEM, call_id=call_id, code=error.code)
        return
    if view is not None:
        _record(call_id, Accepted(view))
    elif call.state != CallState.ACCEPTED and call.valid_until is not None and asked_at > call.valid_until:
        _record(call_id, Refused(NEVER_ACCEPTED))
    else:
        lost = call.state == CallState.ACCEPTED and call.checks >= MISSING_AFTER
        _ask_later(actor=SYSTEM, call_id=call_id, code=MISSING if lost else "")


def _get(call_id: UUID) -> ProviderCall:
    found = ProviderCall.objects.filter(pk=call_id).first()
    if found is None:
        raise WithdrawalMissing
    return found


def _record(call_id: UUID, outcome: Outcome) -> None:
    """Write an answer down; what our own books refuse (a frozen account) is asked about and tried again."""
    try:
        record_provider_outcome(actor=SYSTEM, call_id=call_id, outcome=outcome)
    except DomainError as refusal:
        logger.exception("a provider's answer could not be booked", extra={"call": str(call_id)})
        _ask_later(actor=SYSTEM, call_id=call_id, code=refusal.code)


@operation("wallets.mark_sent", permission=RUN, trail=False)
def _mark_sent(*, actor: Actor, call_id: UUID) -> ProviderCall | None:
    """Take the right to send a call; None when somebody else has it."""
    moment = now()
    taken = ProviderCall.objects.filter(pk=call_id, state=CallState.INTENT).update(
        state=CallState.SENT, sent_at=moment, valid_until=moment + VALID_FOR, check_at=moment + FIRST_WAIT
    )
    return ProviderCall.objects.get(pk=call_id) if taken else None


@operation("wallets.record_provider_outcome", permission=RUN, audited=("call_id",))
def record_provider_outcome(*, actor: Actor, call_id: UUID, outcome: Outcome) -> Withdrawal:
    """Write down what a provider answered, on the call and on the withdrawal. The same again changes nothing.

    Money is booked only on a confirmation with a transaction. Raises StateChanged when another answer came first.
    """
    found = ProviderCall.objects.get(pk=call_id)
    row = lock_row(found.withdrawal_id)
    call = ProviderCall.objects.select_for_update(no_key=True).get(pk=call_id)
    if call.state in (CallState.PAID, CallState.REFUSED):
        return row
    if isinstance(outcome, Unknown):
        if call.state == CallState.SENT:
            _move(call, "lose", actor, check_at=now() + FIRST_WAIT)
        return row
    if isinstance(outcome, Refused):
        return _failed(call, row, outcome.code, actor)
    return _as_shown(call, row, outcome.view, actor)


def _as_shown(call: ProviderCall, row: Withdrawal, view: PayoutView, actor: Actor) -> Withdrawal:
    if view.client_id != call.client_id:
        return row
    if view.status is PayoutStatus.REFUSED:
        return _failed(call, row, view.code or "wallets.refused", actor)
    if view.status is PayoutStatus.CONFIRMED and view.txid:
        return _paid(call, row, view, actor)
    if call.state != CallState.ACCEPTED:
        call = _move(call, "accept", actor, txid=view.txid)
    _postpone(call)
    if view.txid and row.state == WithdrawalState.SIGNING:
        row = step(row, "send", actor=actor, txid=view.txid)
        outbox.publish(
            WithdrawalSent(
                withdrawal_id=row.pk, owner_id=row.owner_id, asset=row.asset_id, amount=row.payout, mode=row.mode
            ),
            actor=actor,
        )
    return row


def _paid(call: ProviderCall, row: Withdrawal, view: PayoutView, actor: Actor) -> Withdrawal:
    _move(call, "pay", actor, txid=view.txid, network_fee=view.network_fee)
    row = step(row, "settle", actor=actor, txid=view.txid, ended_at=now())
    post_many(actor=actor, journals=_journals(row))
    outbox.publish(
        WithdrawalConfirmed(
            withdrawal_id=row.pk,
            owner_id=row.owner_id,
            asset=row.asset_id,
            amount=row.payout,
            fee=row.fee,
            mode=row.mode,
        ),
        actor=actor,
    )
    return row


def _journals(row: Withdrawal) -> list[NewJournal]:
    """Return the payout and the fee; each uses its part of the hold."""
    mode = Mode(row.mode)
    found = [
        withdrawal_journal(
            key=f"{key_of(row)}:paid",
            holder_id=row.owner_id,
            asset=row.asset_id,
            amount=row.payout,
            mode=mode,
            uses=(HoldUse(row.hold_id, row.payout),),
            subject_id=row.pk,
        )
    ]
    if row.fee:
        found += fee_journals(
            key=f"{key_of(row)}:fee",
            payer=customer_account(row.owner_id, row.asset_id, mode),
            amount=row.fee,
            uses=(HoldUse(row.hold_id, row.fee),),
            subject_id=row.pk,
        )
    return found


def _failed(call: ProviderCall, row: Withdrawal, code: str, actor: Actor) -> Withdrawal:
    """Nothing left. The money stays held: it is tried again by staff, or given back."""
    _move(call, "refuse", actor, code=code[:80])
    row = step(row, "fail", actor=actor, code=code[:80], end_code=code[:80])
    outbox.publish(
        WithdrawalFailed(
            withdrawal_id=row.pk,
            owner_id=row.owner_id,
            asset=row.asset_id,
            amount=row.amount,
            mode=row.mode,
            reason=code[:80],
        ),
        actor=actor,
    )
    return row


@operation("wallets.ask_later", permission=RUN, trail=False)
def _ask_later(*, actor: Actor, call_id: UUID, code: str) -> None:
    call = ProviderCall.objects.select_for_update(no_key=True).get(pk=call_id)
    if call.state not in (CallState.PAID, CallState.REFUSED):
        _postpone(call, code)


def _postpone(call: ProviderCall, code: str = "") -> None:
    call.checks += 1
    wait: timedelta = min(FIRST_WAIT * 2 ** min(call.checks - 1, 10), LONGEST_WAIT)
    call.check_at, call.code = now() + wait, code[:80]
    call.save(update_fields=["checks", "check_at", "code"])
    keep(WORK)


def _move(call: ProviderCall, event: str, actor: Actor, **changes: Any) -> ProviderCall:
    answered: datetime = now()
    return transition(call, event, table=CALL_STATES, expected=call.state, actor=actor, answered_at=answered, **changes)
