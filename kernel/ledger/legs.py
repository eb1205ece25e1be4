"""Legs of a journal. Credit is positive, debit negative; in each asset they sum to zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.ledger.errors import UnbalancedError
from kernel.money.exact import ZERO, add, negate

FEWEST = 2


@dataclass(frozen=True, slots=True)
class Leg:
    """What a journal adds to one account: credit positive, debit negative."""

    account: str
    asset: str
    amount: Decimal


def totals(legs: Iterable[Leg]) -> dict[str, Decimal]:
    """Return the exact sum of the legs of each asset, in the order in which the assets come."""
    sums: dict[str, Decimal] = {}
    for leg in legs:
        sums[leg.asset] = add(sums.get(leg.asset, ZERO), leg.amount)
    return sums


def check_balanced(legs: Sequence[Leg]) -> None:
    """Raise UnbalancedError unless the legs are a journal.

    At least two legs, one an account, each amount a finite Decimal that is not zero, and the amounts of each asset sum
    to exactly zero.
    """
    if len(legs) < FEWEST:
        raise UnbalancedError("a journal has at least two legs")
    if len({leg.account for leg in legs}) != len(legs):
        raise UnbalancedError("a journal has one leg for each account")
    for leg in legs:
        if not isinstance(leg.amount, Decimal) or not leg.amount.is_finite() or not leg.amount:
            raise UnbalancedError(f"the amount of {leg.account} is not a finite Decimal other than zero")
    wrong = [asset for asset, amount in totals(legs).items() if amount]
    if wrong:
        raise UnbalancedError(f"the legs do not sum to zero in {', '.join(wrong)}")


def opposite(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """Return the legs with their signs turned: what a reversal books."""
    return tuple(Leg(leg.account, leg.asset, negate(leg.amount)) for leg in legs)
