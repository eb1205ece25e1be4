"""Opening, freezing and unfreezing accounts."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from apps.core.actors import Actor
from apps.core.assets import get_asset
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.finance.ledger.choices import ACCOUNT_STATES, KINDS, AccountKind, AccountState, Book, Mode
from apps.finance.ledger.errors import AccountMissing
from apps.finance.ledger.models import Account
from apps.finance.ledger.operations.commands import AccountName
from kernel.money.assets import MOST_PRECISION

FREEZE = declare("ledger.freeze", "Freeze and unfreeze accounts")


def open_accounts(names: Sequence[AccountName]) -> dict[AccountName, UUID]:
    """Return the ids of accounts by name, making those that are not there. Safe to repeat and to run at once.

    Raises UnknownAsset. An opened account is empty; only `post_many` moves it.
    """
    found = account_ids(names)
    missing = [name for name in dict.fromkeys(names) if name not in found]
    if not missing:
        return found
    Account.objects.bulk_create([_row(name) for name in sorted(missing, key=repr)], ignore_conflicts=True)
    return found | account_ids(missing)


def account_ids(names: Sequence[AccountName]) -> dict[AccountName, UUID]:
    """Return the ids of those accounts that are there, by name; one query."""
    wanted = Q()
    for name in set(names):
        wanted |= Q(
            kind=name.kind,
            mode=name.mode,
            asset_id=name.asset,
            stripe=name.stripe,
            **({"holder__isnull": True} if name.holder_id is None else {"holder_id": name.holder_id}),
            **({"subject_id__isnull": True} if name.subject_id is None else {"subject_id": name.subject_id}),
        )
    rows = Account.objects.filter(wanted).values_list(
        "kind", "asset_id", "mode", "holder_id", "subject_id", "stripe", "id"
    )
    found: dict[AccountName, UUID] = {}
    for kind, asset, mode, holder_id, subject_id, stripe, account_id in rows:
        found[AccountName(AccountKind(kind), str(asset), Mode(mode), holder_id, subject_id, stripe)] = account_id
    return found


def _row(name: AccountName) -> Account:
    facts = KINDS[name.kind]
    # What a venue did is a fact, however fine: mirrors take all the decimals that a column has.
    precision = MOST_PRECISION if facts.book is Book.VENUE else get_asset(name.asset).precision
    return Account(
        book=facts.book,
        mode=name.mode,
        kind=name.kind,
        asset_id=name.asset,
        holder_id=name.holder_id,
        subject_id=name.subject_id,
        stripe=name.stripe,
        side=facts.side,
        precision=precision,
        floor=Decimal(0) if facts.has_floor else None,
    )


@operation("ledger.freeze_account", permission=FREEZE, audited=("account_id",))
def freeze_account(*, actor: Actor, account_id: UUID, expected: str, reason: str) -> Account:
    """Stop everything that would leave an account. Raises AccountMissing, StateChanged."""
    return transition(_get(account_id), "freeze", table=ACCOUNT_STATES, expected=expected, actor=actor)


@operation("ledger.unfreeze_account", permission=FREEZE, audited=("account_id",))
def unfreeze_account(*, actor: Actor, account_id: UUID, expected: str, reason: str) -> Account:
    """Let a frozen account pay again. Raises AccountMissing, StateChanged."""
    return transition(_get(account_id), "unfreeze", table=ACCOUNT_STATES, expected=expected, actor=actor)


def _get(account_id: UUID) -> Account:
    """Return an account that can be frozen: one of the wallet book. A frozen mirror would refuse facts."""
    found = Account.objects.filter(pk=account_id, book=Book.WALLET).first()
    if found is None or found.state == AccountState.CLOSED:
        raise AccountMissing
    return found
