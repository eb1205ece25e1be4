"""One margin pool: a cross account with its positions, or one isolated position with its wallet.

Source: Binance, "What Are the Margin Ratio and Maintenance Margin": margin balance = wallet balance + unrealised
profit, margin ratio = maintenance margin ÷ margin balance; liquidation at 100 %.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from kernel.margin.contracts import Leg, maintenance_margin, unrealised
from kernel.margin.exact import ZERO, add, divide, multiply

WARN_AT = Decimal(50)
CALL_AT = Decimal(80)
LIQUIDATE_AT = Decimal(100)
EMPTY_RATIO = Decimal(1_000)  # shown where the margin balance is gone


class MarginState(Enum):
    """How near a pool is to its liquidation."""

    SAFE = "safe"  # below 50 %
    WATCH = "watch"  # from 50 %
    CALLED = "called"  # from 80 %: margin call
    LIQUIDATING = "liquidating"  # from 100 %


@dataclass(frozen=True, slots=True)
class MarginAccount:
    """`wallet` in quote and the positions it backs, each with its mark price."""

    wallet: Decimal
    legs: tuple[tuple[Leg, Decimal], ...]

    @property
    def profit(self) -> Decimal:
        """Unrealised profit of all positions."""
        return add(*(unrealised(leg, mark) for leg, mark in self.legs))

    @property
    def balance(self) -> Decimal:
        """Margin balance."""
        return add(self.wallet, self.profit)

    @property
    def maintenance(self) -> Decimal:
        """Maintenance margin of all positions."""
        return add(*(maintenance_margin(leg, mark) for leg, mark in self.legs))

    @property
    def ratio(self) -> Decimal:
        """Margin ratio in percent; 0 without positions, EMPTY_RATIO where nothing is left to back them."""
        due, balance = self.maintenance, self.balance
        if due <= 0:
            return ZERO
        if balance <= 0:
            return EMPTY_RATIO
        return min(EMPTY_RATIO, divide(multiply(due, Decimal(100)), balance))


def state_of(ratio: Decimal) -> MarginState:
    """The state of a margin ratio in percent."""
    if ratio >= LIQUIDATE_AT:
        return MarginState.LIQUIDATING
    if ratio >= CALL_AT:
        return MarginState.CALLED
    return MarginState.WATCH if ratio >= WARN_AT else MarginState.SAFE
