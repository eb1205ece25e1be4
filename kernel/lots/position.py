"""Netting of fills into one position.

Sources: FIFO (first in, first out) and moving average cost as in IAS 2, paragraphs 25–27, applied to both signs.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Final

from kernel.instruments import Side

# Every sum and product here must be exact: the context raises where a digit would be lost.
_EXACT: Final = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow])
_ROUNDED: Final = Context(prec=400, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow])
_COST_STEP: Final = Decimal(1).scaleb(-18)


@dataclass(frozen=True, slots=True)
class Lot:
    """A still open part of one fill: positive quantity in base, price in quote."""

    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Match:
    """A lot (or part of one) closed by a fill; `profit` in quote, before fees."""

    quantity: Decimal
    open_price: Decimal
    close_price: Decimal
    profit: Decimal


@dataclass(frozen=True, slots=True)
class Realised:
    """What one fill realised in quote, before fees, by either method, and the fee it cost."""

    fifo: Decimal
    average: Decimal
    fee: Decimal
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class PositionState:
    """An instrument's position.

    `quantity` is signed (negative: short). `lots` are its open parts, oldest first, all of its sign. `cost` is the
    average method's book value of the position (signed like the quantity; average price = cost ÷ quantity). The totals
    since the beginning: `cash_flow` (received less paid for base, fees left out), `realised_fifo`, `realised_average`
    and `fees`, all in quote. Identity, to the last digit and at any mark: cash_flow + quantity × mark = realised +
    unrealised, by both methods.
    """

    quantity: Decimal = Decimal(0)
    lots: tuple[Lot, ...] = ()
    cost: Decimal = Decimal(0)
    cash_flow: Decimal = Decimal(0)
    realised_fifo: Decimal = Decimal(0)
    realised_average: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)

    def unrealised_fifo(self, mark: Decimal) -> Decimal:
        """Profit of closing every lot at `mark`, before fees."""
        return _EXACT.subtract(_EXACT.multiply(self.quantity, mark), cost_basis(self))

    def unrealised_average(self, mark: Decimal) -> Decimal:
        """Profit of closing the position at `mark` against its average cost, before fees."""
        return _EXACT.subtract(_EXACT.multiply(self.quantity, mark), self.cost)

    def average_price(self, step: Decimal = _COST_STEP) -> Decimal | None:
        """Average entry price to a multiple of 10^n `step`, half to even; None without a position."""
        if not self.quantity:
            return None
        return _ROUNDED.divide(self.cost, self.quantity).quantize(step, context=_ROUNDED)


def cost_basis(state: PositionState) -> Decimal:
    """Σ quantity × price of the open lots, signed like the position."""
    total = Decimal(0)
    for lot in state.lots:
        total = _EXACT.add(total, _EXACT.multiply(lot.quantity, lot.price))
    return _signed(-1 if state.quantity < 0 else 1, total)


def _signed(sign: int, value: Decimal) -> Decimal:
    """`value` with its sign kept or turned, without the rounding that unary minus does."""
    return value if sign > 0 else value.copy_negate()


def apply_fill(
    state: PositionState, side: Side, quantity: Decimal, price: Decimal, fee_quote: Decimal
) -> tuple[PositionState, Realised]:
    """The position after a fill of `quantity` base at `price` with `fee_quote` (negative: a rebate).

    A fill against the position closes lots oldest first; what is left of it opens a lot on its own side (netting
    through zero). The average method takes cost out in proportion, rounded to 10^-18; the rounding stays in the
    remaining cost, so nothing is lost. A quantity of zero (its fee took it all) counts only its fee. Raises ValueError
    when the quantity is negative, the price is not positive or anything is not finite.
    """
    if not (quantity.is_finite() and price.is_finite() and fee_quote.is_finite()) or quantity < 0 or price <= 0:
        raise ValueError("a fill has a quantity of at least zero, a positive price and a finite fee")
    sign = 1 if side is Side.BUY else -1
    against = bool(state.quantity) and (state.quantity < 0) == (sign > 0)
    closing = min(quantity, state.quantity.copy_abs()) if against else Decimal(0)
    matches, lots = _close_lots(state.lots, closing, price, -sign)
    fifo = Decimal(0)
    for match in matches:
        fifo = _EXACT.add(fifo, match.profit)
    released = _released_cost(state, closing)
    # Closing a long (sign -1) brings closing × price for the cost released; a short is the mirror image.
    average = _EXACT.subtract(_EXACT.multiply(_signed(-sign, closing), price), released)
    opening = _EXACT.subtract(quantity, closing)
    if opening:
        lots = (*lots, Lot(opening, price))
    realised = Realised(fifo, average, fee_quote, matches)
    after = replace(
        state,
        quantity=_EXACT.add(state.quantity, _signed(sign, quantity)),
        lots=lots,
        cost=_EXACT.add(_EXACT.subtract(state.cost, released), _EXACT.multiply(_signed(sign, opening), price)),
        cash_flow=_EXACT.subtract(state.cash_flow, _EXACT.multiply(_signed(sign, quantity), price)),
        realised_fifo=_EXACT.add(state.realised_fifo, fifo),
        realised_average=_EXACT.add(state.realised_average, average),
        fees=_EXACT.add(state.fees, fee_quote),
    )
    return after, realised


def _close_lots(
    lots: tuple[Lot, ...], closing: Decimal, price: Decimal, sign: int
) -> tuple[tuple[Match, ...], tuple[Lot, ...]]:
    """Take `closing` from the oldest lots of a position with `sign`: what was matched, and the lots left."""
    matches: list[Match] = []
    index = 0
    while closing:
        lot = lots[index]
        taken = min(lot.quantity, closing)
        profit = _EXACT.multiply(_signed(sign, taken), _EXACT.subtract(price, lot.price))
        matches.append(Match(taken, lot.price, price, profit))
        closing = _EXACT.subtract(closing, taken)
        if taken < lot.quantity:
            rest = Lot(_EXACT.subtract(lot.quantity, taken), lot.price)
            return tuple(matches), (rest, *lots[index + 1 :])
        index += 1
    return tuple(matches), lots[index:]


def _released_cost(state: PositionState, closing: Decimal) -> Decimal:
    """The part of the average method's cost that goes with `closing` of the position."""
    if not closing:
        return Decimal(0)
    if closing == state.quantity.copy_abs():
        return state.cost
    share = _ROUNDED.divide(_EXACT.multiply(state.cost, closing), state.quantity.copy_abs())
    return share.quantize(_COST_STEP, context=_ROUNDED)
