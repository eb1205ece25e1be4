"""The algorithms in a back-test: the same steps over candles, filled as kernel.simulation fills."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np

from kernel.execution.machine import Child, Intent, Place, Seen, State, Status, step
from kernel.execution.plan import Algo, Plan
from kernel.instruments import VOLUME_SCALE, Bars, InstrumentSpec, Side
from kernel.simulation import Costs


@dataclass(frozen=True, slots=True)
class ReplayFill:
    """One fill: the moment, the child, lots, the price in ticks, the fee in quote, and whether it rested before."""

    ms: int
    number: int
    lots: int
    ticks: int
    fee: Decimal
    is_maker: bool


@dataclass(slots=True)
class Replay:
    """What a plan did over candles. `seen_volume` is the market's volume since its start, in lots."""

    state: State
    children: list[Child] = field(default_factory=list)
    fills: list[ReplayFill] = field(default_factory=list)
    seen_volume: int = 0
    ended_ms: int = 0


def volume_lots(volume: int, spec: InstrumentSpec) -> int:
    """Return a volume of candles (10^-8 base) in whole lots, rounded down."""
    lots = Fraction(volume, VOLUME_SCALE) / Fraction(spec.lot)
    return lots.numerator // lots.denominator


def replay(bars: Bars, plan: Plan, spec: InstrumentSpec, costs: Costs) -> Replay:
    """Work a plan off over candles: at each open the algorithm is stepped until it wants nothing more.

    The market then stands at that open without a spread; its volume is that of the candles that closed since the start.
    Children at market fill at the open, worse by the slippage of `costs`; what rests fills at its price when the
    candle reaches it. Ends with the plan or the candles.
    """
    done = Replay(State())
    volume = 0
    for index in range(int(np.searchsorted(bars.ts, plan.start_ms)), len(bars)):
        now = int(bars.ts[index])
        done.seen_volume = volume_lots(volume, spec)
        _stand(done, plan, spec, costs, int(bars.open[index]), now)
        done.ended_ms = now
        if done.state.status is Status.DONE:
            break
        _sweep(done, plan, spec, costs, int(bars.low[index]), int(bars.high[index]), now)
        volume += int(bars.volume[index])
    return done


def _stand(done: Replay, plan: Plan, spec: InstrumentSpec, costs: Costs, price: int, now: int) -> None:
    seen = Seen(price, price, done.seen_volume)
    while True:
        done.state, intents = step(plan, done.state, seen, done.children, now)
        if not intents:
            return
        for intent in intents:
            _obey(done, plan, spec, costs, intent, price, now)


def _obey(done: Replay, plan: Plan, spec: InstrumentSpec, costs: Costs, intent: Intent, price: int, now: int) -> None:
    if not isinstance(intent, Place):
        child = done.children[intent.number]
        done.children[intent.number] = Child(child.number, child.lots, child.filled, is_over=True)
        return
    paid = price if intent.rests else _slipped(plan.side, price, costs)
    if intent.limit_ticks and not _reaches(plan.side, paid, intent.limit_ticks):
        done.children.append(Child(intent.number, intent.lots, is_over=not intent.rests))
        return
    done.children.append(Child(intent.number, intent.lots, intent.lots, is_over=True))
    done.fills.append(_fill(intent.number, intent.lots, paid, spec, costs.taker_fee, now, is_maker=False))


def _sweep(done: Replay, plan: Plan, spec: InstrumentSpec, costs: Costs, low: int, high: int, now: int) -> None:
    """Fill what rests at a price that the candle reaches."""
    if plan.algo is not Algo.ICEBERG or not done.children or done.children[-1].is_over:
        return
    child = done.children[-1]
    if _reaches(plan.side, low if plan.side is Side.BUY else high, plan.limit_ticks):
        done.children[-1] = Child(child.number, child.lots, child.lots, is_over=True)
        done.fills.append(_fill(child.number, child.lots, plan.limit_ticks, spec, costs.maker_fee, now, is_maker=True))


def _fill(
    number: int, lots: int, ticks: int, spec: InstrumentSpec, share: Decimal, now: int, *, is_maker: bool
) -> ReplayFill:
    fee = spec.quantity(lots) * spec.price(ticks) * share
    return ReplayFill(now, number, lots, ticks, fee, is_maker)


def _slipped(side: Side, price: int, costs: Costs) -> int:
    """Return a price worse by the slippage, on the next worse tick."""
    rates = costs.rates()
    if side is Side.BUY:
        worse = price * (rates.slippage_denominator + rates.slippage_numerator)
        return -(-worse // rates.slippage_denominator)
    return max(1, price * (rates.slippage_denominator - rates.slippage_numerator) // rates.slippage_denominator)


def _reaches(side: Side, price: int, limit: int) -> bool:
    return price <= limit if side is Side.BUY else price >= limit
