"""Interest by the day, rounded down to the asset's quantum, nothing lost and nothing given twice.

On each day a position earns, exactly,

    e = B × r × d ÷ b

with B the amount that earns, r the yearly rate, d the days that the day counts for and b the days of a year, both by
the day count. What is booked is

    a = floor((c + e) ÷ q) × q,    c' = c + e − a

with q the asset's quantum and c the remainder carried from the day before, 0 ≤ c < q. By induction Σ a = floor(Σ e ÷ q)
× q: after any number of days the sum of what was booked is the exact sum, rounded down once.

1/365 has no end as a decimal, so the carry is kept as an exact numerator over YEAR_PARTS = lcm(365, 360) = 26,280: it
stays exact for ever and outlives a change of rate or day count. With balances of at most 18 and rates of at most 12
decimals it fits NUMERIC(38, 30).

Simple interest: B is the principal. Compound interest: B is the principal and what was booked before the day; the
carry, being below a quantum, does not itself earn. Against P × ((1 + r ÷ b)^n − 1) this is less by under
q × ((1 + r ÷ b)^n − 1), before the last rounding down.

Sources: day counts as in the 2006 ISDA Definitions, section 4.16: (d) Actual/365 (Fixed), (e) Actual/360, (g) 30E/360.
Of the 30/360 family 30E/360 is taken because its days add up from one day to the next whatever day one starts from.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from kernel.money import exact_multiple, parse_decimal
from kernel.money.exact import ZERO, add, multiply, plain, subtract

YEAR_PARTS: Final = 26_280
RATE_DECIMALS: Final = 12


class DayCount(StrEnum):
    """How days make a year."""

    ACT_365 = "act/365"  # the days of the calendar over 365
    ACT_360 = "act/360"  # the days of the calendar over 360
    THIRTY_360 = "30/360"  # 30E/360: every month has 30 days, the 31st counts as the 30th, over 360


class Method(StrEnum):
    """What earns."""

    SIMPLE = "simple"  # the principal alone
    COMPOUND = "compound"  # the principal and the interest booked on earlier days


_YEAR: Final = {DayCount.ACT_365: 365, DayCount.ACT_360: 360, DayCount.THIRTY_360: 360}


@dataclass(frozen=True, slots=True)
class Terms:
    """How a position earns: `rate` a year (0.05 is 5 %), not negative, at most 12 decimals; `quantum` 10^-n.

    Raises ValueError otherwise.
    """

    rate: Decimal
    quantum: Decimal
    day_count: DayCount = DayCount.ACT_365
    method: Method = Method.SIMPLE

    def __post_init__(self) -> None:
        if parse_decimal(self.rate, decimal_places=RATE_DECIMALS) < 0:
            raise ValueError("a rate is not negative")
        if self.quantum.as_tuple()[:2] != (0, (1,)) or int(self.quantum.as_tuple().exponent) > 0:
            raise ValueError("a quantum is 1, 0.1, 0.01 and so on")


@dataclass(frozen=True, slots=True)
class Position:
    """Principal, interest booked so far, and the carry: a numerator over YEAR_PARTS, in units of the asset.

    A principal or terms that change: `dataclasses.replace`, between two days. Raises ValueError for negative amounts.
    """

    principal: Decimal
    terms: Terms
    booked: Decimal = ZERO
    carry: Decimal = ZERO

    def __post_init__(self) -> None:
        for amount in (self.principal, self.booked):
            if parse_decimal(amount) < 0:
                raise ValueError("principal and booked interest are not negative")
        if not (self.carry.is_finite() and self.carry >= 0):
            raise ValueError("a carry is finite and not negative")

    @property
    def earning(self) -> Decimal:
        """The amount that earns today."""
        return self.principal if self.terms.method is Method.SIMPLE else add(self.principal, self.booked)


def days_between(day_count: DayCount, start: date, end: date) -> int:
    """Return the days from `start` (counted) to `end` (not counted); sums of neighbouring spans are exact."""
    if day_count is not DayCount.THIRTY_360:
        return (end - start).days
    months = 12 * (end.year - start.year) + end.month - start.month
    return 30 * months + min(end.day, 30) - min(start.day, 30)


def accrue_day(position: Position, day: date) -> tuple[Position, Decimal]:
    """Return the position at the end of `day` and the interest to book for it (a multiple of the quantum, perhaps 0).

    Called once for each day, in order; a day left out earns nothing. With 30/360 the 30th counts for nothing in a month
    that has a 31st, and the last day of February for itself and the days that February lacks.
    """
    terms = position.terms
    days = days_between(terms.day_count, day, day + timedelta(days=1))
    parts = days * (YEAR_PARTS // _YEAR[terms.day_count])
    pool = add(position.carry, multiply(multiply(position.earning, terms.rate), Decimal(parts)))
    amount = exact_multiple(terms.quantum, Fraction(pool) // (YEAR_PARTS * Fraction(terms.quantum)))
    carry = plain(subtract(pool, multiply(amount, Decimal(YEAR_PARTS))))
    return replace(position, booked=add(position.booked, amount), carry=carry), amount


def accrue_days(position: Position, start: date, end: date) -> Iterator[tuple[date, Position, Decimal]]:
    """Yield (day, position at its end, interest to book) for each day from `start` up to `end`, which is left out.

    A run that was missed is made up day by day with the very amounts it would have booked.
    """
    day = start
    while day < end:
        position, amount = accrue_day(position, day)
        yield day, position, amount
        day += timedelta(days=1)
