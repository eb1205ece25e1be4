"""The usual movements, as journals ready for `post_many`. Each opens the accounts it needs.

Books never mix: what passes from a customer to the house is two journals that meet in the clearing accounts of the two
books; a proof checks that clearing sums to zero over both.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.finance.ledger.choices import KINDS, AccountKind, JournalKind, Mode
from apps.finance.ledger.operations.accounts import open_accounts
from apps.finance.ledger.operations.commands import AccountName, Leg, NewJournal


def customer_account(holder_id: UUID, asset: str, mode: Mode = Mode.LIVE) -> AccountName:
    """Return the name of the account a customer spends from."""
    return AccountName(AccountKind.CUSTOMER, asset, mode, holder_id)


def hot_account(kind: AccountKind, asset: str, mode: Mode, spread_by: UUID) -> AccountName:
    """Return the stripe of a house-wide account that postings of `spread_by` go to: always the same one."""
    return AccountName(kind, asset, mode, stripe=spread_by.int % KINDS[kind].stripes)


def move_journal(
    *, key: str, kind: JournalKind, source: AccountName, target: AccountName, amount: Decimal, **more: Any
) -> NewJournal:
    """Return a journal that debits `source` and credits `target`; both are of one asset, mode and book."""
    ids = open_accounts([source, target])
    return NewJournal(
        key=key,
        kind=kind,
        book=KINDS[source.kind].book,
        mode=source.mode,
        legs=(Leg(ids[source], -amount), Leg(ids[target], amount)),
        **more,
    )


def deposit_journal(
    *, key: str, holder_id: UUID, asset: str, amount: Decimal, mode: Mode = Mode.LIVE, **more: Any
) -> NewJournal:
    """Return the journal of money that came from outside: custody grows, and so does what we owe the customer."""
    custody = hot_account(AccountKind.CUSTODY, asset, mode, holder_id)
    target = customer_account(holder_id, asset, mode)
    kind = more.pop("kind", JournalKind.DEPOSIT)
    return move_journal(key=key, kind=kind, source=custody, target=target, amount=amount, **more)


def withdrawal_journal(
    *, key: str, holder_id: UUID, asset: str, amount: Decimal, mode: Mode = Mode.LIVE, **more: Any
) -> NewJournal:
    """Return the journal of money that left: the opposite of a deposit."""
    custody = hot_account(AccountKind.CUSTODY, asset, mode, holder_id)
    source = customer_account(holder_id, asset, mode)
    kind = more.pop("kind", JournalKind.WITHDRAWAL)
    return move_journal(key=key, kind=kind, source=source, target=custody, amount=amount, **more)


def transfer_journal(
    *, key: str, from_id: UUID, to_id: UUID, asset: str, amount: Decimal, mode: Mode = Mode.LIVE, **more: Any
) -> NewJournal:
    """Return the journal of a transfer between two customers."""
    return move_journal(
        key=key,
        kind=JournalKind.TRANSFER,
        source=customer_account(from_id, asset, mode),
        target=customer_account(to_id, asset, mode),
        amount=amount,
        **more,
    )


def fee_journals(*, key: str, payer: AccountName, amount: Decimal, **more: Any) -> list[NewJournal]:
    """Return the two journals of a fee: from the payer's account (wallet book) to the house's fees (house book).

    `uses` of a hold belong to the payer's leg. Keys: `key` and `key` + "/house".
    """
    return _to_house(key, payer, AccountKind.FEES, amount, kind=more.pop("kind", JournalKind.FEE), **more)


def reward_journals(*, key: str, target: AccountName, amount: Decimal, **more: Any) -> list[NewJournal]:
    """Return the two journals of interest or a reward: from the house's interest account to `target`."""
    return _from_house(key, target, AccountKind.INTEREST, amount, kind=more.pop("kind", JournalKind.INTEREST), **more)


def adjustment_journals(*, key: str, target: AccountName, amount: Decimal, **more: Any) -> list[NewJournal]:
    """Return the two journals of a correction: `amount` to the customer (or from, when negative) by the house."""
    more = {"kind": JournalKind.ADJUSTMENT, **more}
    if amount < 0:
        return _to_house(key, target, AccountKind.ADJUSTMENTS, -amount, **more)
    return _from_house(key, target, AccountKind.ADJUSTMENTS, amount, **more)


def _to_house(
    key: str, payer: AccountName, kind_of_house: AccountKind, amount: Decimal, **more: Any
) -> list[NewJournal]:
    spread = _spread(payer)
    asset, mode = payer.asset, payer.mode
    into = hot_account(AccountKind.WALLET_CLEARING, asset, mode, spread)
    out_of = hot_account(AccountKind.HOUSE_CLEARING, asset, mode, spread)
    house = hot_account(kind_of_house, asset, mode, spread)
    uses = more.pop("uses", ())
    return [
        move_journal(key=key, source=payer, target=into, amount=amount, uses=uses, **more),
        move_journal(key=f"{key}/house", source=out_of, target=house, amount=amount, **more),
    ]


def _from_house(
    key: str, target: AccountName, kind_of_house: AccountKind, amount: Decimal, **more: Any
) -> list[NewJournal]:
    spread = _spread(target)
    asset, mode = target.asset, target.mode
    house = hot_account(kind_of_house, asset, mode, spread)
    into = hot_account(AccountKind.HOUSE_CLEARING, asset, mode, spread)
    out_of = hot_account(AccountKind.WALLET_CLEARING, asset, mode, spread)
    return [
        move_journal(key=f"{key}/house", source=house, target=into, amount=amount, **more),
        move_journal(key=key, source=out_of, target=target, amount=amount, **more),
    ]


def _spread(name: AccountName) -> UUID:
    if name.holder_id is None:
        raise ValueError("a customer's account is needed here")
    return name.holder_id
