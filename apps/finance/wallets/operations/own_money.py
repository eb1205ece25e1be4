"""What saving, yield and staking share: whose money, how much, and the names of the accounts it moves between."""

from decimal import Decimal
from uuid import UUID

from apps.core.actors import Actor
from apps.core.assets import parse_amount
from apps.core.errors import Defect
from apps.finance.ledger.choices import AccountKind, JournalKind, Mode
from apps.finance.ledger.operations import AccountName, NewJournal, account_ids
from apps.finance.ledger.operations.patterns import customer_account, move_journal
from apps.finance.ledger.queries import get_balance
from apps.finance.wallets.models import SavingsGoal, StakePosition, YieldPosition

Holding = SavingsGoal | YieldPosition | StakePosition
"""What money of a customer can be put aside in."""


def owner_of(actor: Actor) -> UUID:
    """Return the customer an actor stands for; raises Defect for the product itself."""
    if actor.id is None:
        raise Defect("Own money needs a person.")
    return actor.id


def checked_amount(amount: Decimal, asset: str, *, field: str = "amount") -> Decimal:
    """Return an amount the ledger can hold, more than zero. Raises UnknownAsset, InvalidAmount."""
    return parse_amount(amount, asset, field=field)


def place_of_holding(holding: Holding) -> AccountName:
    """Return the account that holds the money of a goal or position."""
    if isinstance(holding, SavingsGoal):
        kind, asset = AccountKind.SAVINGS, holding.asset_id
    elif isinstance(holding, YieldPosition):
        kind, asset = AccountKind.EARN, holding.product.asset_id
    else:
        kind, asset = AccountKind.STAKE, holding.product.asset_id
    return AccountName(kind, asset, Mode(holding.mode), holding.owner_id, holding.pk)


def wallet_of(holding: Holding) -> AccountName:
    """Return the account of the owner that money comes from and goes back to."""
    place = place_of_holding(holding)
    return customer_account(holding.owner_id, place.asset, place.mode)


JOURNALS = {
    AccountKind.SAVINGS: JournalKind.SAVE,
    AccountKind.EARN: JournalKind.EARN,
    AccountKind.STAKE: JournalKind.STAKE,
}


def money_in(holding: Holding, amount: Decimal, *, key: str) -> NewJournal:
    """Return the journal from the owner's wallet into a goal or position."""
    place = place_of_holding(holding)
    return move_journal(
        key=key,
        kind=JOURNALS[place.kind],
        source=wallet_of(holding),
        target=place,
        amount=amount,
        subject_id=holding.pk,
    )


def money_out(holding: Holding, amount: Decimal, *, key: str) -> NewJournal:
    """Return the journal from a goal or position back into the owner's wallet."""
    place = place_of_holding(holding)
    return move_journal(
        key=key,
        kind=JOURNALS[place.kind],
        source=place,
        target=wallet_of(holding),
        amount=amount,
        subject_id=holding.pk,
    )


def saved_in(holding: Holding) -> Decimal:
    """Return how much is in a goal or position by the ledger; 0 before the first money."""
    found = account_ids([place_of_holding(holding)])
    return get_balance(next(iter(found.values()))).natural if found else Decimal(0)
