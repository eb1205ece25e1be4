"""Timers of withdrawals and deposits. Each hands over to an operation that looks at the row and may find it done."""

from uuid import UUID

from apps.core.models import Timer
from apps.core.timers import on_timer
from apps.finance.wallets.operations import depositing, requesting
from apps.finance.wallets.operations.advancing import advance_withdrawal
from apps.finance.wallets.operations.depositing import expire_deposit
from apps.finance.wallets.operations.permissions import SYSTEM
from apps.finance.wallets.operations.stopping import expire_withdrawal


@on_timer(requesting.ADVANCE)
def advance(timer: Timer) -> None:
    """Look at a withdrawal that waits."""
    advance_withdrawal(actor=SYSTEM, withdrawal_id=UUID(timer.payload["withdrawal"]))


@on_timer(requesting.EXPIRE)
def expire_request(timer: Timer) -> None:
    """Give a withdrawal back that nobody confirmed."""
    expire_withdrawal(actor=SYSTEM, withdrawal_id=UUID(timer.payload["withdrawal"]))


@on_timer(depositing.EXPIRE)
def expire_announcement(timer: Timer) -> None:
    """Give up a bank transfer that never arrived."""
    expire_deposit(actor=SYSTEM, deposit_id=UUID(timer.payload["deposit"]))
