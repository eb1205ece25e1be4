"""Notional tiers of a contract: most leverage, maintenance rate and the amount that keeps the steps continuous.

Source: Binance, "Leverage and Margin of USDⓈ-M Futures" (tiers, "maintenance amount"): maintenance margin = notional ×
rate of the tier − maintenance amount of the tier; the amount of a tier is that of the tier below plus floor × (rate −
rate below), so that the margin does not jump at a tier's floor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.margin.exact import ZERO, add, multiply, subtract


@dataclass(frozen=True, slots=True)
class Bracket:
    """One tier: notional in (floor, cap] quote (`cap` None: no end), leverage, rate as a fraction, amount in quote."""

    floor: Decimal
    cap: Decimal | None
    leverage: int
    rate: Decimal
    amount: Decimal


def build_brackets(rows: Sequence[tuple[str, int, str]]) -> tuple[Bracket, ...]:
    """Brackets of (cap or "", most leverage, rate) in rising order, with the amounts that follow from them."""
    found: list[Bracket] = []
    for cap, leverage, rate in rows:
        if not found:
            found.append(Bracket(ZERO, Decimal(cap) if cap else None, leverage, Decimal(rate), ZERO))
            continue
        last = found[-1]
        if last.cap is None:
            raise ValueError("only the last bracket has no end")
        amount = add(last.amount, multiply(last.cap, subtract(Decimal(rate), last.rate)))
        found.append(Bracket(last.cap, Decimal(cap) if cap else None, leverage, Decimal(rate), amount))
    return tuple(found)


def bracket_of(brackets: Sequence[Bracket], notional: Decimal) -> Bracket:
    """The tier of a notional; beyond the last cap, the last tier. Raises ValueError without brackets."""
    if not brackets:
        raise ValueError("a contract has at least one bracket")
    for bracket in brackets:
        if bracket.cap is None or notional <= bracket.cap:
            return bracket
    return brackets[-1]


def maintenance_of(brackets: Sequence[Bracket], notional: Decimal) -> Decimal:
    """Maintenance margin in quote of a position of that notional."""
    bracket = bracket_of(brackets, notional)
    return subtract(multiply(notional, bracket.rate), bracket.amount)
