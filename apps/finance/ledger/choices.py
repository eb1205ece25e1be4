"""Words of the ledger: books, modes, kinds of account and journal, states. Each says what it means."""

from dataclasses import dataclass

from django.db import models

from apps.core.transitions import StateTable


class Book(models.TextChoices):
    """One of the three books of a tenant. No journal has legs in two of them; linked journals meet in clearing."""

    WALLET = "wallet"
    """What we owe customers, and where it lies."""
    VENUE = "venue"
    """Mirrors of the customers' own accounts at venues; reconciled, never spent from."""
    HOUSE = "house"
    """The tenant's own: fees, interest paid, adjustments."""


class Mode(models.TextChoices):
    """Real money or play money; a journal is wholly one of them."""

    LIVE = "live"
    """Real money."""
    PAPER = "paper"
    """Play money of paper trading."""


class AccountKind(models.TextChoices):
    """What an account stands for."""

    CUSTOMER = "customer"
    """Wallet: money a customer can use."""
    SAVINGS = "savings"
    """Wallet: money put aside for a savings goal (subject: the goal)."""
    EARN = "earn"
    """Wallet: money in a yield product (subject: the position)."""
    STAKE = "stake"
    """Wallet: money staked (subject: the position)."""
    CUSTODY = "custody"
    """Wallet: where the customers' money lies: bank, custodian, hot wallet."""
    WALLET_CLEARING = "wallet_clearing"
    """Wallet: what passes between this book and the others; with its counterparts it sums to zero."""
    MIRROR = "mirror"
    """Venue: what a customer's account at a venue holds (subject: the connection)."""
    VENUE_CLEARING = "venue_clearing"
    """Venue: the other side of fills and transfers of a connection."""
    VENUE_FEES = "venue_fees"
    """Venue: fees the venue took from a connection."""
    FEES = "fees"
    """House: fees earned from customers."""
    INTEREST = "interest"
    """House: interest and staking rewards paid to customers."""
    ADJUSTMENTS = "adjustments"
    """House: corrections decided by staff with four eyes."""
    HOUSE_CLEARING = "house_clearing"
    """House: what passes between this book and the wallets."""


@dataclass(frozen=True, slots=True)
class KindFacts:
    """Book, normal side (+1: credit, −1: debit), whether it may not go below zero, in how many stripes it is kept."""

    book: Book
    side: int
    has_floor: bool = False
    stripes: int = 1


STRIPES = 16
"""Hot accounts are kept as this many rows, so that postings do not wait for one row."""

KINDS: dict[AccountKind, KindFacts] = {
    AccountKind.CUSTOMER: KindFacts(Book.WALLET, 1, has_floor=True),
    AccountKind.SAVINGS: KindFacts(Book.WALLET, 1, has_floor=True),
    AccountKind.EARN: KindFacts(Book.WALLET, 1, has_floor=True),
    AccountKind.STAKE: KindFacts(Book.WALLET, 1, has_floor=True),
    AccountKind.CUSTODY: KindFacts(Book.WALLET, -1, stripes=STRIPES),
    AccountKind.WALLET_CLEARING: KindFacts(Book.WALLET, 1, stripes=STRIPES),
    AccountKind.MIRROR: KindFacts(Book.VENUE, 1),
    AccountKind.VENUE_CLEARING: KindFacts(Book.VENUE, -1),
    AccountKind.VENUE_FEES: KindFacts(Book.VENUE, 1),
    AccountKind.FEES: KindFacts(Book.HOUSE, 1, stripes=STRIPES),
    AccountKind.INTEREST: KindFacts(Book.HOUSE, -1, stripes=STRIPES),
    AccountKind.ADJUSTMENTS: KindFacts(Book.HOUSE, -1),
    AccountKind.HOUSE_CLEARING: KindFacts(Book.HOUSE, -1, stripes=STRIPES),
}


class AccountState(models.TextChoices):
    """What may be posted to an account."""

    OPEN = "open"
    """Everything its floor allows."""
    FROZEN = "frozen"
    """Nothing may leave and nothing may be held; what comes in is booked."""
    CLOSED = "closed"
    """Nothing may be posted."""


ACCOUNT_STATES = StateTable(
    field="state",
    moves={
        "freeze": {AccountState.OPEN: AccountState.FROZEN},
        "unfreeze": {AccountState.FROZEN: AccountState.OPEN},
        "close": {AccountState.OPEN: AccountState.CLOSED},
    },
)


class JournalKind(models.TextChoices):
    """Why money moved."""

    DEPOSIT = "deposit"
    """Money came from outside."""
    WITHDRAWAL = "withdrawal"
    """Money left, proven by the provider."""
    TRANSFER = "transfer"
    """From one customer to another."""
    FEE = "fee"
    """A fee of the house."""
    SAVE = "save"
    """Into or out of a savings goal."""
    EARN = "earn"
    """Into or out of a yield product."""
    STAKE = "stake"
    """Into or out of staking."""
    INTEREST = "interest"
    """Interest or a reward accrued."""
    FILL = "fill"
    """An execution at a venue, mirrored."""
    VENUE_BALANCE = "venue_balance"
    """A venue's balance taken over: first sight, deposit or withdrawal there."""
    CONVERT = "convert"
    """One asset against another at a price."""
    ADJUSTMENT = "adjustment"
    """A correction decided by staff with four eyes."""
    REVERSAL = "reversal"
    """The exact opposite of an earlier journal."""
    RESET = "reset"
    """Play money set anew."""


class HoldState(models.TextChoices):
    """Where a hold stands."""

    OPEN = "open"
    """Some of it is still held."""
    SETTLED = "settled"
    """Used up; a rest may have been given back."""
    RELEASED = "released"
    """Given back, nothing was used."""
    EXPIRED = "expired"
    """Its time passed and the rest was given back."""


class HoldPurpose(models.TextChoices):
    """What a hold is for."""

    WITHDRAWAL = "withdrawal"
    """A withdrawal that has not left yet."""
    ORDER = "order"
    """An order that is not at its end."""
    TRANSFER = "transfer"
    """A transfer that waits for approval."""
    ESCROW = "escrow"
    """A trade between two customers."""
    BLOCK = "block"
    """Held back by staff."""
