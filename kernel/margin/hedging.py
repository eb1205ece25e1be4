"""Hedge rules: keep what is held of an asset, hedge included, inside a band by trading another instrument."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal

from kernel.margin.exact import ZERO, add, multiply, subtract

_CUT = Context(prec=60, rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class HedgeBand:
    """Delta in base of the hedged asset: allowed from `low` to `high`, brought back to `target` when outside.

    `step` is the hedge instrument's lot, `least` the smallest order it takes, `per_unit` the delta of one unit of it (1
    for a linear contract), `most` what one order may be at most.
    """

    low: Decimal
    high: Decimal
    target: Decimal
    step: Decimal
    least: Decimal
    most: Decimal
    per_unit: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        """Refuse a band that could trade back and forth."""
        if not self.low <= self.target <= self.high or self.step <= 0 or self.per_unit <= 0 or self.most < self.least:
            raise ValueError("a band needs low ≤ target ≤ high, a positive step and delta, and most ≥ least")


@dataclass(frozen=True, slots=True)
class HedgeDecision:
    """Signed quantity to trade in the hedge instrument (0: nothing) and the delta before and after."""

    quantity: Decimal
    before: Decimal
    after: Decimal


def decide_hedge(band: HedgeBand, *, exposure: Decimal, hedged: Decimal) -> HedgeDecision:
    """What to trade when `exposure` base is held and the hedge instrument's position is `hedged` units (signed).

    Nothing inside the band. Outside, the quantity that leads to the target, cut to the lot step towards zero and to
    `most`; less than `least` is nothing. So a rule that was carried out does not fire again at the same exposure
    unless `most` cut it.
    """
    before = add(exposure, multiply(hedged, band.per_unit))
    if band.low <= before <= band.high:
        return HedgeDecision(ZERO, before, before)
    wanted = subtract(band.target, before)
    units = _CUT.divide_int(_CUT.divide(wanted.copy_abs(), band.per_unit), band.step)
    size = min(multiply(units, band.step), multiply(_CUT.divide_int(band.most, band.step), band.step))
    if size < band.least or not size:
        return HedgeDecision(ZERO, before, before)
    quantity = size if wanted > 0 else size.copy_negate()
    return HedgeDecision(quantity, before, add(before, multiply(quantity, band.per_unit)))
