"""Taking a confirmed withdrawal on: waiting times, screening, approval, and into the hands of the provider."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.compliance.limits.choices import Outcome, Verb
from apps.compliance.limits.operations import ScreeningRequest, screen
from apps.core import outbox
from apps.core.actors import Actor, ActorKind
from apps.core.approvals import approvable, request_approval
from apps.core.clock import now
from apps.core.models import Approval, ApprovalState
from apps.core.operation import operation
from apps.core.sealing import open_field
from apps.core.work import keep
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices import WORK, Subject, WaitCause, WithdrawalState
from apps.finance.wallets.errors import ChangedSinceAsked, StillWaiting
from apps.finance.wallets.models import Withdrawal
from apps.finance.wallets.operations.ending import end, key_of, lock_row, step
from apps.finance.wallets.operations.paying import begin_call
from apps.finance.wallets.operations.permissions import APPROVE_WITHDRAWALS, RUN
from apps.finance.wallets.operations.requesting import look_again
from apps.finance.wallets.terms import required_approvers
from apps.finance.wallets.waits import Wait, is_frozen, is_new_device, list_waits, ready_at
from kernel.events.finance import WithdrawalNeedsApproval
from kernel.money.exact import plain

PAY_OUT = "wallets.pay_out"
NEW_FOR = timedelta(days=7)
"""So long a device counts as new for the screenings."""
LOOK_EVERY = timedelta(hours=1)
"""A wait without an end is looked at again so often, besides the moment somebody ends it."""


@operation("wallets.advance_withdrawal", permission=RUN, trail=False)
def advance_withdrawal(*, actor: Actor, withdrawal_id: UUID) -> Withdrawal:
    """Take a withdrawal as far as it may go now. Safe to repeat, at any time and at once.

    A waiting time that has not passed puts the next look at its end. Nothing is sent from here: `signing` leaves an
    intent for the provider, which a task sends after the commit.
    """
    row = lock_row(withdrawal_id)
    if row.state == WithdrawalState.APPROVAL:
        return _after_approval(row, actor)
    if row.state != WithdrawalState.HELD:
        return row
    waits = waits_before_signing(row)
    if waits:
        look_again(row.pk, _next_look(waits))
        return row
    return _screened(step(row, "screen", actor=actor), actor)


def waits_before_signing(row: Withdrawal) -> list[Wait]:
    """Return what stands against a withdrawal leaving now."""
    found = list_waits(row.owner_id, row.entry)
    if row.stopped_by is not None or is_frozen(row.owner_id, row.asset_id, Mode(row.mode)):
        found.append(Wait(WaitCause.STOPPED))
    return found


def facts_of(row: Withdrawal) -> dict[str, Any]:
    """Return what people approve; a withdrawal that is not exactly this is not paid by their approval."""
    return {
        "withdrawal": str(row.pk),
        "owner": str(row.owner_id),
        "asset": row.asset_id,
        "network": row.network,
        "amount": f"{plain(row.amount):f}",
        "fee": f"{plain(row.fee):f}",
        "address": row.fingerprint,
    }


@approvable(PAY_OUT, permission=APPROVE_WITHDRAWALS, title="Pay out a withdrawal")
def pay_out(actor: Actor, payload: dict[str, Any]) -> None:
    """Send the withdrawal that the last person approved. Raises ChangedSinceAsked, StillWaiting."""
    row = lock_row(UUID(payload["withdrawal"]))
    if row.state != WithdrawalState.APPROVAL or facts_of(row) != payload:
        raise ChangedSinceAsked
    waits = waits_before_signing(row)
    if waits:
        until = waits[-1].until
        raise StillWaiting(
            why=waits[-1].cause.label[0].lower() + waits[-1].cause.label[1:],
            until="" if until is None else f", until {until:%-d %b %Y, %H:%M} UTC",
        )
    _sign(row, actor)


def _screened(row: Withdrawal, actor: Actor) -> Withdrawal:
    """Ask the screenings and the policy; play money goes on by itself."""
    required, code = 0, ""
    if row.mode == Mode.LIVE:
        verdict = screen(_question(row))
        code = verdict.code
        if verdict.outcome is Outcome.REJECT:
            return end(row, "reject", actor=actor, code=code or "wallets.screening")
        required = required_approvers(Subject.WITHDRAWAL, row.asset_id, row.amount)
        if verdict.outcome is Outcome.HOLD:
            required = max(required, 1)
    return _ask(row, actor, required, code) if required else _sign(row, actor)


def _question(row: Withdrawal) -> ScreeningRequest:
    verified_at = row.entry.verified_at
    return ScreeningRequest(
        owner_id=row.owner_id,
        verb=Verb.WITHDRAW,
        asset=row.asset_id,
        amount=row.amount,
        destination_kind="address",
        destination=open_field(row.entry, "address"),
        destination_age=None if verified_at is None else now() - verified_at,
        is_new_device=is_new_device(row.owner_id, NEW_FOR),
        key=key_of(row),
    )


def _ask(row: Withdrawal, actor: Actor, required: int, code: str) -> Withdrawal:
    """Ask `required` people of the staff. The customer is the maker, so the customer never checks."""
    maker = Actor(ActorKind.CUSTOMER, row.owner_id, str(row.owner_id))
    asked = request_approval(
        actor=maker, action=PAY_OUT, payload=facts_of(row), reason=code or "wallets.policy", required=required
    )
    row = step(row, "ask", actor=actor, code=code, approval_id=asked.pk, required=required, screening_code=code)
    look_again(row.pk, asked.expires_at + timedelta(minutes=1))
    keep(WORK)
    outbox.publish(
        WithdrawalNeedsApproval(
            withdrawal_id=row.pk, owner_id=row.owner_id, asset=row.asset_id, amount=row.amount, required=required
        ),
        actor=actor,
    )
    return row


def _after_approval(row: Withdrawal, actor: Actor) -> Withdrawal:
    """Follow a request that ended without the withdrawal: refused means rejected, expired means asked again."""
    asked = None if row.approval_id is None else Approval.objects.filter(pk=row.approval_id).first()
    if asked is not None and asked.state == ApprovalState.REJECTED:
        return end(row, "reject", actor=actor, code="wallets.not_approved")
    if asked is None or asked.state in (ApprovalState.EXPIRED, ApprovalState.VOIDED):
        row = step(row, "wait_again", actor=actor, code="wallets.approval_ended", approval_id=None)
        look_again(row.pk)
    return row


def _sign(row: Withdrawal, actor: Actor) -> Withdrawal:
    row = step(row, "sign", actor=actor)
    begin_call(row)
    return row


def _next_look(waits: list[Wait]) -> datetime:
    ends = ready_at(waits)
    return now() + LOOK_EVERY if ends is None else ends
