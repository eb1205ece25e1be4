"""How large an order should be: five ways, exact in Decimals. All return base, cut down to whole lots.

Equity and prices are in quote, percentages in percent (1 is one hundredth), volatility as a part of the price a year.
Each raises SizingError for figures that mean nothing; a size below one lot is 0.
"""

from decimal import ROUND_FLOOR, Context, Decimal

from kernel.money.exact import ZERO

HUNDRED = Decimal(100)
_CONTEXT = Context(prec=50, rounding=ROUND_FLOOR)


class SizingError(ValueError):
    """A figure is out of its range."""


def size_fixed(quantity: Decimal, *, lot: Decimal) -> Decimal:
    """Return a fixed quantity of base."""
    _positive(quantity=quantity)
    return whole_lots(quantity, lot)


def size_percent(equity: Decimal, percent: Decimal, *, price: Decimal, lot: Decimal) -> Decimal:
    """Return what a percentage of the equity buys at a price."""
    _positive(equity=equity, percent=percent, price=price)
    return whole_lots(_CONTEXT.divide(equity * percent, HUNDRED * price), lot)


def kelly_fraction(win_rate: Decimal, payoff: Decimal, *, cap: Decimal) -> Decimal:
    """Return the part of the equity that Kelly's rule stakes, at most `cap`, never below 0.

    f* = p − (1 − p) / b for wins of b times the stake with probability p (J. L. Kelly, "A New Interpretation of
    Information Rate", Bell System Technical Journal 35 (1956), in the form of E. O. Thorp, "The Kelly Criterion in
    Blackjack, Sports Betting and the Stock Market", 2006). `payoff` is the average win over the average loss.
    """
    if not 0 <= win_rate <= 1:
        raise SizingError("the win rate is between 0 and 1")
    if not 0 < cap <= 1:
        raise SizingError("the cap is above 0 and at most 1")
    _positive(payoff=payoff)
    full = _CONTEXT.subtract(win_rate, _CONTEXT.divide(1 - win_rate, payoff))
    return min(max(full, ZERO), cap)


def size_kelly(
    equity: Decimal, *, win_rate: Decimal, payoff: Decimal, cap: Decimal, price: Decimal, lot: Decimal
) -> Decimal:
    """Return what Kelly's part of the equity buys at a price."""
    _positive(equity=equity, price=price)
    part = kelly_fraction(win_rate, payoff, cap=cap)
    return whole_lots(_CONTEXT.divide(_CONTEXT.multiply(equity, part), price), lot)


def size_volatility(
    equity: Decimal, *, target: Decimal, volatility: Decimal, price: Decimal, lot: Decimal, cap: Decimal = Decimal(1)
) -> Decimal:
    """Return the size whose volatility a year is `target` of the equity: equity × target / volatility / price.

    `cap` is the largest part of the equity that may be used (1: no borrowed money).
    """
    _positive(equity=equity, target=target, volatility=volatility, price=price, cap=cap)
    part = min(_CONTEXT.divide(target, volatility), cap)
    return whole_lots(_CONTEXT.divide(_CONTEXT.multiply(equity, part), price), lot)


def size_atr(equity: Decimal, *, risk_percent: Decimal, atr: Decimal, multiple: Decimal, lot: Decimal) -> Decimal:
    """Return the size that loses `risk_percent` of the equity when the price moves `multiple` × ATR against it.

    J. W. Wilder's average true range ("New Concepts in Technical Trading Systems", 1978) as the distance of the stop.
    """
    _positive(equity=equity, risk_percent=risk_percent, atr=atr, multiple=multiple)
    distance = _CONTEXT.multiply(atr, multiple)
    return whole_lots(_CONTEXT.divide(_CONTEXT.multiply(equity, risk_percent), HUNDRED * distance), lot)


def whole_lots(quantity: Decimal, lot: Decimal) -> Decimal:
    """Return a quantity cut down to a multiple of the lot; never more than it was."""
    _positive(lot=lot)
    lots = _CONTEXT.divide(quantity, lot).to_integral_value(rounding=ROUND_FLOOR)
    return _CONTEXT.multiply(lots, lot)


def _positive(**figures: Decimal) -> None:
    for name, value in figures.items():
        if not value.is_finite() or value <= 0:
            raise SizingError(f"{name.replace('_', ' ')} must be above zero")
