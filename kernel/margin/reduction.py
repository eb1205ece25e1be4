"""Staged reduction: what to close, and how much of it, before the venue would liquidate everything.

Each stage has the margin ratio (percent) at which it begins and the one it brings the pool back to. Positions
are closed in the order of what they need: the one with the most maintenance margin first. A close at the mark costs
`cost` of its notional (fee and slippage), so the plan counts what the reduction itself takes out of the balance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from kernel.margin.account import MarginAccount
from kernel.margin.contracts import maintenance_margin
from kernel.margin.exact import add, multiply


@dataclass(frozen=True, slots=True)
class Stage:
    """From `begins_at` percent margin ratio, reduce until it is `until` percent or less."""

    number: int
    begins_at: Decimal
    until: Decimal


@dataclass(frozen=True, slots=True)
class Reduction:
    """Close `quantity` base (positive) of the pool's position number `index`; the position's sign gives the side."""

    index: int
    quantity: Decimal


DEFAULT_STAGES: Final = (
    Stage(1, Decimal(75), Decimal(60)),
    Stage(2, Decimal(85), Decimal(50)),
    Stage(3, Decimal(92), Decimal(0)),
)
"""A third stage that ends at 0 closes everything: nothing is left for the venue to liquidate."""


def due_stage(ratio: Decimal, done: int, stages: Sequence[Stage] = DEFAULT_STAGES) -> Stage | None:
    """The highest stage a ratio has reached that comes after number `done`; None when none is due."""
    due = [stage for stage in stages if stage.number > done and ratio >= stage.begins_at]
    return due[-1] if due else None


def plan_reduction(
    account: MarginAccount, until: Decimal, *, steps: Sequence[Decimal], cost: Decimal = Decimal("0.001")
) -> tuple[Reduction, ...]:
    """What to close so that the margin ratio is `until` percent or less, each a multiple of its lot step.

    The least number of steps of the neediest position is found by halving, then the next position. Where even closing
    all does not reach it, all is closed. `steps` are the lot steps of the positions, in their order.
    """
    plan: list[Reduction] = []
    needs = [maintenance_margin(leg, mark) for leg, mark in account.legs]
    for index in sorted(range(len(needs)), key=lambda number: (-needs[number], number)):
        if account.ratio <= until:
            break
        leg = account.legs[index][0]
        whole = int(leg.quantity.copy_abs() / steps[index])
        lots = _least(account, index, steps[index], whole, until, cost)
        if lots:
            quantity = min(multiply(steps[index], Decimal(lots)), leg.quantity.copy_abs())
            plan.append(Reduction(index, quantity))
            account = closed(account, index, quantity, cost)
    return tuple(plan)


def closed(account: MarginAccount, index: int, quantity: Decimal, cost: Decimal) -> MarginAccount:
    """The pool after closing `quantity` of a position at its mark: the profit goes to the wallet, less the cost."""
    leg, mark = account.legs[index]
    signed = quantity if leg.quantity > 0 else quantity.copy_negate()
    gain = multiply(signed, add(mark, leg.entry.copy_negate()))
    paid = multiply(quantity, mark, cost)
    rest = replace(leg, quantity=add(leg.quantity, signed.copy_negate()))
    legs = (*account.legs[:index], (rest, mark), *account.legs[index + 1 :])
    return MarginAccount(add(account.wallet, gain, paid.copy_negate()), legs)


def _least(account: MarginAccount, index: int, step: Decimal, whole: int, until: Decimal, cost: Decimal) -> int:
    """The least number of steps that brings the ratio down to `until`, or all of them."""
    low, high = 1, whole
    if whole < 1:
        return 0
    while low < high:
        middle = (low + high) // 2
        if closed(account, index, multiply(step, Decimal(middle)), cost).ratio <= until:
            high = middle
        else:
            low = middle + 1
    return low
