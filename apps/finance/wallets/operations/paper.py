"""Setting play money anew."""

from datetime import timedelta
from decimal import Decimal

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.finance.ledger.choices import AccountKind, JournalKind, Mode
from apps.finance.ledger.operations import NewJournal, post_many
from apps.finance.ledger.operations.patterns import deposit_journal, withdrawal_journal
from apps.finance.ledger.queries import get_balances
from apps.finance.wallets.choices import RuleName
from apps.finance.wallets.errors import ResetTooSoon
from apps.finance.wallets.live import announce
from apps.finance.wallets.models import PaperReset
from apps.finance.wallets.operations.locking import lock_guard
from apps.finance.wallets.operations.permissions import DEPOSIT, person_of
from apps.finance.wallets.prices import PIVOT
from apps.finance.wallets.terms import get_rule
from kernel.money.exact import subtract

EVERY = timedelta(minutes=1)


@operation("wallets.reset_paper_funds", permission=DEPOSIT)
def reset_paper_funds(*, actor: Actor) -> PaperReset:
    """Set what is free of the actor's play money to the standard amount of USDT alone, at most once a minute.

    What is held, saved, earning or staked stays where it is. Raises ResetTooSoon, and InsufficientFunds when something
    was spent at the same moment.
    """
    owner_id = person_of(actor)
    lock_guard(owner_id)
    newest = PaperReset.objects.filter(owner_id=owner_id).order_by("-id").first()
    if newest is not None and newest.created_at + EVERY > now():
        raise ResetTooSoon(retry_after=int((newest.created_at + EVERY - now()).total_seconds()) + 1)
    row = PaperReset.objects.create(owner_id=owner_id)
    balances = get_balances(owner_id, mode=Mode.PAPER)
    free = {row.asset: row.available for row in balances if row.kind == AccountKind.CUSTOMER}
    wanted = {**dict.fromkeys(free, Decimal(0)), PIVOT: Decimal(get_rule(RuleName.PAPER_AMOUNT))}
    journals: list[NewJournal] = []
    for asset, target in wanted.items():
        change = subtract(target, free.get(asset, Decimal(0)))
        if change:
            make = deposit_journal if change > 0 else withdrawal_journal
            journals.append(
                make(
                    key=f"paper-reset:{row.pk}:{asset}",
                    holder_id=owner_id,
                    asset=asset,
                    amount=change.copy_abs(),
                    mode=Mode.PAPER,
                    kind=JournalKind.RESET,
                    subject_id=row.pk,
                )
            )
    post_many(actor=actor, journals=journals)
    announce(owner_id, Mode.PAPER)
    return row
