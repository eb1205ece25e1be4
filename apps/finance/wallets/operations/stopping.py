"""Taking a withdrawal back, and what staff do with one: stop it, let it go on, approve, reject, try again."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.approvals import ApprovalClosed, decide
from apps.core.clock import now
from apps.core.errors import StateChanged
from apps.core.models import Approval
from apps.core.operation import operation
from apps.core.transitions import MoveNotAllowed
from apps.finance.wallets.choices import BEFORE_SIGNING, WITHDRAWAL_STATES, WithdrawalState
from apps.finance.wallets.errors import NotStopped, OwnMoney, TooLateToStop
from apps.finance.wallets.models import Withdrawal
from apps.finance.wallets.operations.ending import ATTEMPTS, call_off_approval, end, get_row, lock_row, note_step, step
from apps.finance.wallets.operations.permissions import (
    APPROVE_WITHDRAWALS,
    HANDLE_WITHDRAWALS,
    RUN,
    WITHDRAW,
    person_of,
)
from apps.finance.wallets.operations.requesting import look_again


@operation("wallets.cancel_withdrawal", permission=WITHDRAW, audited=("withdrawal_id",))
def cancel_withdrawal(*, actor: Actor, withdrawal_id: UUID) -> Withdrawal:
    """Take a withdrawal back until it is signed, or after it failed; its money is free at once.

    Cancelling a cancelled one is the same as once. Raises KeysMoveNoMoney, WithdrawalMissing, TooLateToStop.
    """
    owner_id = person_of(actor)

    def attempt() -> Withdrawal:
        row = get_row(withdrawal_id, owner_id)
        if row.state == WithdrawalState.CANCELLED:
            return row
        _check_move(row, "cancel")
        call_off_approval(row, "the customer took it back")
        return end(row, "cancel", actor=actor, code="wallets.by_owner")

    return _again(attempt)


@operation("wallets.expire_withdrawal", permission=RUN, trail=False)
def expire_withdrawal(*, actor: Actor, withdrawal_id: UUID) -> Withdrawal:
    """Give the money of a withdrawal back that nobody confirmed in time. Anything else is left alone."""
    row = lock_row(withdrawal_id)
    if row.state == WithdrawalState.REQUESTED and now() >= row.confirm_by:
        return end(row, "cancel", actor=actor, code="wallets.not_confirmed")
    return row


@operation("wallets.approve_withdrawal", permission=APPROVE_WITHDRAWALS, audited=("withdrawal_id",))
def approve_withdrawal(*, actor: Actor, withdrawal_id: UUID, reason: str) -> Approval:
    """Agree to a withdrawal; the last of the people asked for sends it.

    Raises WithdrawalMissing, TooLateToStop when it waits for nobody, MakerCannotCheck, AlreadyVoted, StillWaiting,
    ChangedSinceAsked.
    """
    row = get_row(withdrawal_id)
    if row.state != WithdrawalState.APPROVAL or row.approval_id is None:
        raise TooLateToStop(state=row.get_state_display().lower())
    return decide(actor=actor, approval_id=row.approval_id, agrees=True, reason=reason)


@operation("wallets.reject_withdrawal", permission=HANDLE_WITHDRAWALS, audited=("withdrawal_id",))
def reject_withdrawal(*, actor: Actor, withdrawal_id: UUID, reason: str) -> Withdrawal:
    """Refuse a withdrawal that is not signed, or that failed; its money goes back to the customer.

    Raises WithdrawalMissing, OwnMoney, TooLateToStop.
    """

    def attempt() -> Withdrawal:
        row = get_row(withdrawal_id)
        _refuse_own(actor, row)
        _check_move(row, "reject")
        call_off_approval(row, "staff rejected the withdrawal")
        return end(row, "reject", actor=actor, code="wallets.by_staff")

    return _again(attempt)


@operation("wallets.stop_withdrawal", permission=HANDLE_WITHDRAWALS, audited=("withdrawal_id",))
def stop_withdrawal(*, actor: Actor, withdrawal_id: UUID, reason: str) -> Withdrawal:
    """Keep a withdrawal from being signed until `release_withdrawal`. Raises WithdrawalMissing, TooLateToStop."""
    row = lock_row(withdrawal_id)
    if row.state not in BEFORE_SIGNING:
        raise TooLateToStop(state=row.get_state_display().lower())
    Withdrawal.objects.filter(pk=row.pk).update(stopped_by=actor.id)
    row.refresh_from_db()
    note_step(row, actor=actor, code="wallets.stopped")
    return row


@operation("wallets.release_withdrawal", permission=HANDLE_WITHDRAWALS, audited=("withdrawal_id",))
def release_withdrawal(*, actor: Actor, withdrawal_id: UUID, reason: str) -> Withdrawal:
    """Let a stopped withdrawal go on. Raises WithdrawalMissing, OwnMoney, NotStopped."""
    row = lock_row(withdrawal_id)
    _refuse_own(actor, row)
    if row.stopped_by is None:
        raise NotStopped
    Withdrawal.objects.filter(pk=row.pk).update(stopped_by=None)
    row.refresh_from_db()
    note_step(row, actor=actor, code="wallets.released")
    look_again(row.pk)
    return row


@operation("wallets.retry_withdrawal", permission=HANDLE_WITHDRAWALS, audited=("withdrawal_id",))
def retry_withdrawal(*, actor: Actor, withdrawal_id: UUID, reason: str) -> Withdrawal:
    """Take a failed withdrawal through waiting times, screening and approval again.

    Raises WithdrawalMissing, OwnMoney, TooLateToStop.
    """
    row = lock_row(withdrawal_id)
    _refuse_own(actor, row)
    if row.state != WithdrawalState.FAILED:
        raise TooLateToStop(state=row.get_state_display().lower())
    row = step(row, "wait_again", actor=actor, code="wallets.retry", end_code="", approval_id=None)
    look_again(row.pk)
    return row


def _refuse_own(actor: Actor, row: Withdrawal) -> None:
    if actor.id == row.owner_id:
        raise OwnMoney


def _check_move(row: Withdrawal, event: str) -> None:
    try:
        WITHDRAWAL_STATES.target(event, row.state)
    except MoveNotAllowed:
        raise TooLateToStop(state=row.get_state_display().lower()) from None


def _again(attempt: Callable[[], Withdrawal]) -> Withdrawal:
    """Run a stop; when the product moved the withdrawal at the same moment, look again and stop it where it is now."""
    for _ in range(ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return attempt()
        except (StateChanged, ApprovalClosed):
            continue
    return attempt()
