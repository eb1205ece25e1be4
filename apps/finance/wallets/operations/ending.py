"""What every end and every step of a withdrawal shares: the row's lock, the step, the money back, the word about it."""

from typing import Any
from uuid import UUID

from apps.compliance.limits.operations import give_back
from apps.core import approvals, outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.models import Approval, ApprovalState
from apps.core.transitions import transition
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.operations import Release, post_many
from apps.finance.wallets.choices import WITHDRAWAL_STATES, WithdrawalState
from apps.finance.wallets.errors import WithdrawalMissing
from apps.finance.wallets.live import announce
from apps.finance.wallets.models import Withdrawal, WithdrawalStep
from apps.finance.wallets.operations.permissions import SYSTEM
from kernel.events.finance import WithdrawalCancelled, WithdrawalRejected

ATTEMPTS = 3
"""So often a stop tries again when the product moved the withdrawal at the same moment."""
EVENTS: dict[str, Any] = {"cancel": WithdrawalCancelled, "reject": WithdrawalRejected}


def get_row(withdrawal_id: UUID, owner_id: UUID | None = None) -> Withdrawal:
    """Return a withdrawal; with `owner_id` only that customer's. Raises WithdrawalMissing."""
    rows = Withdrawal.objects.filter(pk=withdrawal_id)
    found = (rows if owner_id is None else rows.filter(owner_id=owner_id)).first()
    if found is None:
        raise WithdrawalMissing
    return found


def lock_row(withdrawal_id: UUID) -> Withdrawal:
    """Return a withdrawal, locked against every other step until the transaction ends. Raises WithdrawalMissing."""
    found = Withdrawal.objects.select_for_update(no_key=True).filter(pk=withdrawal_id).first()
    if found is None:
        raise WithdrawalMissing
    return found


def step(row: Withdrawal, event: str, *, actor: Actor, code: str = "", **changes: Any) -> Withdrawal:
    """Move a withdrawal from the state its row shows, and write the step down. Raises StateChanged."""
    moved = transition(row, event, table=WITHDRAWAL_STATES, expected=row.state, actor=actor, **changes)
    note_step(moved, actor=actor, code=code)
    announce(row.owner_id, row.mode)
    return moved


def note_step(row: Withdrawal, *, actor: Actor, code: str = "") -> None:
    """Write down that a withdrawal is in its present state."""
    WithdrawalStep.objects.create(
        withdrawal=row, state=row.state, code=code, actor_kind=actor.kind.value, actor_id=actor.id
    )


def call_off_approval(row: Withdrawal, reason: str) -> None:
    """Void the open request for approval of a withdrawal.

    Requests are locked before withdrawals, here and where they are decided. Raises ApprovalClosed when it is decided.
    """
    if row.state == WithdrawalState.APPROVAL and row.approval_id is not None:
        pending = Approval.objects.filter(pk=row.approval_id, state=ApprovalState.PENDING)
        if pending.exists():
            approvals.void(actor=SYSTEM, approval_id=row.approval_id, reason=reason)


def end(row: Withdrawal, event: str, *, actor: Actor, code: str) -> Withdrawal:
    """End a withdrawal (`cancel` or `reject`): give the limits and the money back, tell who listens."""
    ended = step(row, event, actor=actor, code=code, end_code=code, ended_at=now())
    if ended.mode == Mode.LIVE:
        give_back(actor=SYSTEM, key=key_of(ended))
    post_many(actor=actor, releases=[Release(ended.hold_id)])
    outbox.publish(
        EVENTS[event](
            withdrawal_id=ended.pk,
            owner_id=ended.owner_id,
            asset=ended.asset_id,
            amount=ended.amount,
            mode=ended.mode,
            reason=code,
        ),
        actor=actor,
    )
    return ended


def key_of(row: Withdrawal) -> str:
    """Return the name of a withdrawal at limits and ledger."""
    return f"withdrawal:{row.pk}"
