"""Profit, requirements, liquidation price and funding of linear (quote-margined) perpetual contracts.

Sources: Binance, "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts" (LP1 formula for one-way and hedge
mode, isolated and cross); "Leverage and Margin of USDⓈ-M Futures" (initial and maintenance margin); "Introduction to
Binance Futures Funding Rates" (funding amount = nominal value of positions at mark price × rate; longs pay shorts while
the rate is positive). Quantities are signed (negative: short) in base, everything else in quote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from kernel.margin.brackets import Bracket, maintenance_of
from kernel.margin.exact import ZERO, add, divide, multiply, subtract

RATE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Leg:
    """One position: signed quantity, average entry, and the tiers of its contract."""

    quantity: Decimal
    entry: Decimal
    brackets: tuple[Bracket, ...]


def notional(quantity: Decimal, price: Decimal) -> Decimal:
    """Size of a position in quote, without sign."""
    return multiply(quantity.copy_abs(), price)


def unrealised(leg: Leg, mark: Decimal) -> Decimal:
    """Profit of closing at `mark`, before fees: quantity × (mark − entry)."""
    return multiply(leg.quantity, subtract(mark, leg.entry))


def return_percent(profit: Decimal, cost: Decimal) -> Decimal | None:
    """Profit in percent of what was put up; None where nothing was."""
    return divide(multiply(profit, Decimal(100)), cost.copy_abs()) if cost else None


def initial_margin(leg: Leg, mark: Decimal, leverage: int) -> Decimal:
    """Notional at `mark` ÷ leverage. Raises ValueError for a leverage below 1."""
    if leverage < 1:
        raise ValueError("leverage is at least 1")
    return divide(notional(leg.quantity, mark), Decimal(leverage))


def margin_rate(leverage: int) -> Decimal:
    """The part of a notional that a leverage ties up: one by it, up to six digits. Raises ValueError below 1."""
    if leverage < 1:
        raise ValueError("leverage is at least 1")
    return divide(Decimal(1), Decimal(leverage)).quantize(RATE, rounding=ROUND_UP)


def maintenance_margin(leg: Leg, mark: Decimal) -> Decimal:
    """What the position must be backed by at `mark`: notional × rate − amount of its tier; 0 without a position."""
    return maintenance_of(leg.brackets, notional(leg.quantity, mark)) if leg.quantity else ZERO


def funding_payment(quantity: Decimal, mark: Decimal, rate: Decimal) -> Decimal:
    """What a funding settlement brings the holder (negative: pays): −quantity × mark × rate."""
    return multiply(quantity, mark, rate).copy_negate() if quantity and rate else ZERO


def published_liquidation_price(
    legs: Sequence[tuple[Leg, Decimal, Decimal]], *, wallet: Decimal, other_maintenance: Decimal, other_profit: Decimal
) -> Decimal | None:
    """LP1 of the published formula, tiers given: each leg with its maintenance rate and maintenance amount.

    LP1 = (WB − TMM1 + UPNL1 + cumB + cumL + cumS − Σ signed quantity × entry) ÷ (Σ |quantity| × rate − Σ signed
    quantity). Isolated: WB is the isolated wallet, TMM1 = UPNL1 = 0. None where no positive price liquidates.
    """
    above, below = add(wallet, other_maintenance.copy_negate(), other_profit), ZERO
    for leg, rate, amount in legs:
        above = add(above, amount, multiply(leg.quantity, leg.entry).copy_negate())
        below = add(below, multiply(leg.quantity.copy_abs(), rate), leg.quantity.copy_negate())
    if not below:
        return None
    price = divide(above, below)
    return price if price > 0 else None


def liquidation_price(
    legs: Sequence[Leg],
    *,
    wallet: Decimal,
    mark: Decimal,
    other_maintenance: Decimal = ZERO,
    other_profit: Decimal = ZERO,
) -> Decimal | None:
    """The price of one symbol at which margin balance = maintenance margin, the other symbols standing still.

    `legs` are the symbol's positions (one, or long and short in hedge mode). The published formula with each tier that
    may hold there; of several answers the one nearest to `mark`. None where there is no such positive price.
    """
    held = [leg for leg in legs if leg.quantity]
    if not held:
        return None
    found: list[Decimal] = []
    edges = _edges(held)
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        inside = add(low, Decimal(1)) if high is None else divide(add(low, high), Decimal(2))
        tiers = [(leg, *_tier(leg, inside)) for leg in held]
        price = published_liquidation_price(
            tiers, wallet=wallet, other_maintenance=other_maintenance, other_profit=other_profit
        )
        if price is not None and low <= price and (high is None or price <= high):
            found.append(price)
    return min(found, key=lambda price: abs(price - mark), default=None)


def isolated_liquidation_price(leg: Leg, *, wallet: Decimal, mark: Decimal) -> Decimal | None:
    """The liquidation price of a position that is backed by its isolated wallet alone."""
    return liquidation_price([leg], wallet=wallet, mark=mark)


def _edges(legs: Sequence[Leg]) -> list[Decimal]:
    """Prices at which a leg changes its tier, rising, from 0."""
    prices = {ZERO}
    for leg in legs:
        prices |= {divide(each.cap, leg.quantity.copy_abs()) for each in leg.brackets[:-1] if each.cap is not None}
    return sorted(prices)


def _tier(leg: Leg, price: Decimal) -> tuple[Decimal, Decimal]:
    """Rate and amount that hold for a leg at a price."""
    size = notional(leg.quantity, price)
    for each in leg.brackets:
        if each.cap is None or size <= each.cap:
            return each.rate, each.amount
    return leg.brackets[-1].rate, leg.brackets[-1].amount
