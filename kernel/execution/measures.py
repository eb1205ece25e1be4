"""How well an algorithm kept its plan, and what a trade cost against the price at its decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Final

from kernel.execution.plan import BASIS, Plan
from kernel.instruments import Bars, Side

EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Tracking:
    """How far from its schedule an algorithm was at the ends of its slices, in basis points of the whole size."""

    worst_bps: Decimal
    mean_bps: Decimal
    slices: int


def schedule_error(plan: Plan, fills: Sequence[tuple[int, int]], until_ms: int) -> Tracking:
    """Return how fills (ms, lots) kept the schedule, at the end of each slice that was over by `until_ms`.

    At the end of slice k the schedule wants Q(k): the error is |done − Q(k)| ÷ size. Without slices all is 0.
    """
    if not plan.weights:
        return Tracking(Decimal(0), Decimal(0), 0)
    ordered = sorted(fills)
    span, count = plan.end_ms - plan.start_ms, len(plan.weights)
    errors, done, position = [], 0, 0
    for index, level in enumerate(plan.cumulative()[1:]):
        end = plan.start_ms + span * (index + 1) // count
        if end > until_ms:
            break
        while position < len(ordered) and ordered[position][0] < end:
            done += ordered[position][1]
            position += 1
        errors.append(abs(done - level))
    if not errors:
        return Tracking(Decimal(0), Decimal(0), 0)
    mean = EXACT.divide(Decimal(sum(errors)), Decimal(len(errors)))
    return Tracking(_share(Decimal(max(errors)), plan.lots), _share(mean, plan.lots), len(errors))


def participation_bps(done: int, volume: int) -> Decimal | None:
    """Return which share of the market's volume was ours, in basis points; None without volume."""
    return _share(Decimal(done), volume) if volume > 0 else None


def slippage_bps(side: Side, arrival: Decimal, average: Decimal) -> Decimal:
    """Return how much worse than the price at arrival the average is, in basis points of it (minus: better).

    Raises ValueError for an arrival price that is not positive.
    """
    if arrival <= 0:
        raise ValueError("the arrival price is not positive")
    worse = average - arrival if side is Side.BUY else arrival - average
    return EXACT.divide(worse * BASIS, arrival).quantize(PLACES, context=EXACT)


def volume_price(bars: Bars) -> Fraction | None:
    """Return the volume-weighted price of candles in ticks, each at (high + low + close) ÷ 3; None without volume."""
    volumes = [int(volume) for volume in bars.volume]
    if not sum(volumes):
        return None
    prices = (int(h) + int(low) + int(c) for h, low, c in zip(bars.high, bars.low, bars.close, strict=True))
    return Fraction(sum(price * volume for price, volume in zip(prices, volumes, strict=True)), 3 * sum(volumes))


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Implementation shortfall in quote (Perold 1988): what trading cost against a paper trade at the arrival price."""

    execution: Decimal
    opportunity: Decimal
    fees: Decimal

    @property
    def total(self) -> Decimal:
        """All parts together."""
        return self.execution + self.opportunity + self.fees


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """What was wanted and what came of it: quantities in base, prices and fees in quote."""

    side: Side
    wanted: Decimal
    filled: Decimal
    arrival: Decimal
    average: Decimal | None
    last: Decimal | None = None
    fees: Decimal = Decimal(0)


def shortfall(traded: Traded) -> Shortfall:
    """Return the shortfall: filled × (average − arrival) + unfilled × (last − arrival) + fees, signs turned for a sale.

    Without a `last` price what was not filled costs nothing.
    """
    sign = 1 if traded.side is Side.BUY else -1
    execution = opportunity = Decimal(0)
    if traded.average is not None:
        execution = EXACT.multiply(traded.filled, traded.average - traded.arrival) * sign
    if traded.last is not None:
        opportunity = EXACT.multiply(traded.wanted - traded.filled, traded.last - traded.arrival) * sign
    return Shortfall(execution, opportunity, traded.fees)


def _share(part: Decimal, whole: int) -> Decimal:
    return EXACT.divide(part * BASIS, Decimal(whole)).quantize(PLACES, context=EXACT)
