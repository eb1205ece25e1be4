"""What trading costs in a simulation."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class CostRates(NamedTuple):
    """The taker fee and the slippage as reduced ratios for the compiled loop."""

    fee_numerator: int
    fee_denominator: int
    slippage_numerator: int
    slippage_denominator: int


@dataclass(frozen=True, slots=True)
class Costs:
    """Fees as shares (0.001 is 0.1 %) and slippage in basis points of the price.

    Market orders pay `taker_fee`; `maker_fee` is for orders that rest in the book. A market order fills `slippage_bps`
    worse than the open, rounded to the next worse tick. Raises ValueError outside 0 … 10 % or beyond 8 decimals of the
    share (4 of the basis point).
    """

    maker_fee: Decimal = Decimal(0)
    taker_fee: Decimal = Decimal(0)
    slippage_bps: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        for name, share in (
            ("maker_fee", self.maker_fee),
            ("taker_fee", self.taker_fee),
            ("slippage_bps", self.slippage_bps / 10_000),
        ):
            if not share.is_finite() or not 0 <= share <= Decimal("0.1"):
                raise ValueError(f"{name} must be between 0 and 10 %")
            if (Fraction(share) * 10**8).denominator != 1:
                raise ValueError(f"{name} has too many decimals")

    def rates(self) -> CostRates:
        """The ratios the loop uses."""
        fee, slippage = Fraction(self.taker_fee), Fraction(self.slippage_bps) / 10_000
        return CostRates(fee.numerator, fee.denominator, slippage.numerator, slippage.denominator)
