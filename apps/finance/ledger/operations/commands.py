"""What can be asked of the ledger, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from apps.finance.ledger.choices import AccountKind, Book, HoldPurpose, JournalKind, Mode


class AccountName(NamedTuple):
    """What an account stands for; see AccountKind. Hot kinds are kept in stripes: `stripe` names one of them."""

    kind: AccountKind
    asset: str
    mode: Mode = Mode.LIVE
    holder_id: UUID | None = None
    subject_id: UUID | None = None
    stripe: int = 0


class Leg(NamedTuple):
    """One side of a journal: credit positive, debit negative, never zero."""

    account_id: UUID
    amount: Decimal


class HoldUse(NamedTuple):
    """The part of a hold that a journal uses up; the journal takes at least as much from the hold's account."""

    hold_id: UUID
    amount: Decimal


class Release(NamedTuple):
    """The part of a hold that is given back; None: all that remains after this call's uses."""

    hold_id: UUID
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJournal:
    """One movement: legs that sum to zero per asset, in one book and mode. `key` makes it happen once, for ever."""

    key: str
    book: Book
    kind: JournalKind
    legs: tuple[Leg, ...]
    mode: Mode = Mode.LIVE
    uses: tuple[HoldUse, ...] = ()
    effective_at: datetime | None = None
    subject_id: UUID | None = None
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """An amount to reserve. With `must_cover`, accounts without a floor must have it too (mirrors of venues)."""

    key: str
    account_id: UUID
    amount: Decimal
    purpose: HoldPurpose
    subject_id: UUID | None = None
    expires_at: datetime | None = None
    must_cover: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands after the call: signed balance and what is held."""

    balance: Decimal
    held: Decimal


@dataclass(frozen=True, slots=True)
class Posted:
    """What a call did: public ids of journals and holds in the order asked, and which of them were there before."""

    journals: tuple[UUID, ...] = ()
    replayed: tuple[bool, ...] = ()
    holds: tuple[UUID, ...] = ()
    holds_replayed: tuple[bool, ...] = ()
    accounts: Mapping[UUID, Standing] = field(default_factory=dict)
