"""Journals of the venue book: what an account at a venue holds, moved by fills and by the venue's own figures.

A mirror has an account for each asset. Its other side is the clearing account of the connection; fees have their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from uuid import UUID

from apps.core.assets import code_at_venue, ensure_assets
from apps.finance.ledger.choices import AccountKind, Book, JournalKind, Mode
from apps.finance.ledger.errors import AmountTooFine
from apps.finance.ledger.operations.accounts import account_ids, open_accounts
from apps.finance.ledger.operations.commands import AccountName, Leg, NewJournal
from kernel.instruments import Side
from kernel.money.assets import MOST_PRECISION

EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, Overflow])
STEP = Decimal(1).scaleb(-MOST_PRECISION)
Wanted = tuple[AccountKind, str]
"""A kind of account, and what the venue calls the asset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Whose account at a venue: the connection, its owner, and whether the money is real."""

    connection_id: UUID
    holder_id: UUID
    mode: Mode

    def account(self, kind: AccountKind, asset: str) -> AccountName:
        """Return the name of an account of this mirror, by what the venue calls the asset."""
        holder = self.holder_id if kind is AccountKind.MIRROR else None
        return AccountName(kind, code_at_venue(asset), self.mode, holder, self.connection_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredFill:
    """An execution as the ledger takes it: quantity and price positive, the fee in any asset (negative: a rebate)."""

    key: str
    fill_id: UUID
    base: str
    quote: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    effective_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChange:
    """What is added to a mirror (negative: taken from it) because the venue shows it so."""

    key: str
    asset: str
    amount: Decimal


def fill_journals(mirror: Mirror, fills: Sequence[MirroredFill]) -> list[NewJournal]:
    """Return one journal for each fill, with one leg for each account it moves, and open the accounts that are missing.

    Base and quote go against the clearing account (quote = quantity × price, exact), the fee against the fees. Raises
    AmountTooFine when 18 decimals cannot hold an amount.
    """
    moves = [_moves(fill) for fill in fills]
    ids = _accounts(mirror, [wanted for of_fill in moves for wanted in of_fill])
    return [
        NewJournal(
            key=fill.key,
            book=Book.VENUE,
            kind=JournalKind.FILL,
            mode=mirror.mode,
            legs=tuple(Leg(ids[wanted], amount) for wanted, amount in of_fill.items()),
            effective_at=fill.effective_at,
            subject_id=fill.fill_id,
        )
        for fill, of_fill in zip(fills, moves, strict=True)
    ]


def balance_journals(
    mirror: Mirror, changes: Sequence[BalanceChange], kind: JournalKind = JournalKind.VENUE_BALANCE
) -> list[NewJournal]:
    """Return a journal for each change that is not zero, against the clearing account. Raises AmountTooFine."""
    moves = [
        (change, _legs([(AccountKind.MIRROR, change.asset, change.amount)], AccountKind.VENUE_CLEARING))
        for change in changes
        if change.amount
    ]
    ids = _accounts(mirror, [wanted for _, legs in moves for wanted in legs])
    return [
        NewJournal(
            key=change.key,
            book=Book.VENUE,
            kind=kind,
            mode=mirror.mode,
            legs=tuple(Leg(ids[wanted], amount) for wanted, amount in legs.items()),
            subject_id=mirror.connection_id,
        )
        for change, legs in moves
    ]


def _moves(fill: MirroredFill) -> dict[Wanted, Decimal]:
    value = EXACT.multiply(fill.quantity, fill.price)
    given, taken = (fill.quote, value), (fill.base, fill.quantity)
    if fill.side is Side.SELL:
        given, taken = taken, given
    pairs = [
        (AccountKind.MIRROR, taken[0], taken[1]),
        (AccountKind.MIRROR, given[0], given[1].copy_negate()),
    ]
    legs = _legs(pairs, AccountKind.VENUE_CLEARING)
    if fill.fee and fill.fee_asset:
        fee = _legs([(AccountKind.MIRROR, fill.fee_asset, fill.fee.copy_negate())], AccountKind.VENUE_FEES)
        legs = _sum([*legs.items(), *fee.items()])
    return legs


def _legs(moved: Sequence[tuple[AccountKind, str, Decimal]], against: AccountKind) -> dict[Wanted, Decimal]:
    both = [((kind, asset), amount) for kind, asset, amount in moved]
    both += [((against, asset), amount.copy_negate()) for _, asset, amount in moved]
    return _sum(both)


def _sum(moved: Sequence[tuple[Wanted, Decimal]]) -> dict[Wanted, Decimal]:
    """Return one storable amount for each account, without those that come to nothing."""
    total: dict[Wanted, Decimal] = {}
    for wanted, amount in moved:
        total[wanted] = EXACT.add(total.get(wanted, Decimal(0)), amount)
    return {wanted: _storable(wanted[1], amount) for wanted, amount in total.items() if amount}


def _storable(asset: str, amount: Decimal) -> Decimal:
    try:
        return amount.quantize(STEP, context=EXACT)
    except Inexact:
        raise AmountTooFine(asset=asset, precision=MOST_PRECISION) from None


def _accounts(mirror: Mirror, wanted: Sequence[Wanted]) -> Mapping[Wanted, UUID]:
    """Return account ids; assets that the registry does not have are registered: a fact is never refused."""
    if not wanted:
        return {}
    names = {pair: mirror.account(*pair) for pair in dict.fromkeys(wanted)}
    found = account_ids(list(names.values()))
    missing = {pair: name for pair, name in names.items() if name not in found}
    if missing:
        ensure_assets({asset for _, asset in missing})
        found |= open_accounts(list(missing.values()))
    return {pair: found[name] for pair, name in names.items()}
