"""How far holdings are from target weights, and what would have to move."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

EXACT: Final = Context(prec=60)
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Drift:
    """An asset against its target, in percent of the whole; `move` is the worth to buy (or, negative, to sell)."""

    asset: str
    target: Decimal
    actual: Decimal
    move: Decimal

    @property
    def drift(self) -> Decimal:
        """Return by how many percentage points there is too much (positive) or too little."""
        return EXACT.subtract(self.actual, self.target)


def drifts(worths: Mapping[str, Decimal], targets: Mapping[str, Decimal], total: Decimal) -> list[Drift]:
    """Return the drift of every asset with a target, by asset; `worths` and `total` in one currency.

    Raises ValueError when the total is not positive or the targets are not between 0 and 100 together.
    """
    if total <= 0:
        raise ValueError("there is nothing to weigh")
    if any(target < 0 for target in targets.values()) or sum(targets.values(), Decimal(0)) > HUNDRED:
        raise ValueError("targets lie between 0 and 100 together")
    rows = []
    for asset, target in sorted(targets.items()):
        worth = worths.get(asset, Decimal(0))
        wanted = EXACT.divide(EXACT.multiply(total, target), HUNDRED)
        actual = EXACT.divide(EXACT.multiply(worth, HUNDRED), total)
        rows.append(Drift(asset, target, actual, EXACT.subtract(wanted, worth)))
    return rows
