"""The algorithms in a back-test: the same steps over candles, filled as kernel.simulation fills."""

from dataclasses import dataclass, field, replace
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
    """What a plan did over candles. `seen_volume` is the market's volume since its start, in lots.

    `arrival_ticks` is the price it found; `paused_ms` when it stopped by itself (0: it did not): nobody resumes it.
    """

    state: State
    children: list[Child] = field(default_factory=list)
    fills: list[ReplayFill] = field(default_factory=list)
    seen_volume: int = 0
    ended_ms: int = 0
    arrival_ticks: int = 0
    paused_ms: int = 0


@dataclass(frozen=True, slots=True)
class _Market:
    """What is the same at every candle: the plan, its instrument, and what trading costs."""

    plan: Plan
    spec: InstrumentSpec
    costs: Costs


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
    done, market = Replay(State()), _Market(plan, spec, costs)
    volume = 0
    for index in range(int(np.searchsorted(bars.ts, plan.start_ms)), len(bars)):
        now = int(bars.ts[index])
        done.seen_volume = volume_lots(volume, spec)
        done.arrival_ticks = done.arrival_ticks or int(bars.open[index])
        _stand(done, market, int(bars.open[index]), now)
        done.ended_ms = now
        if done.state.status is Status.PAUSED and not done.paused_ms:
            done.paused_ms = now
        if done.state.status is Status.DONE:
            break
        _sweep(done, market, int(bars.low[index]), int(bars.high[index]), now)
        volume += int(bars.volume[index])
    return done


def _stand(done: Replay, market: _Market, price: int, now: int) -> None:
    seen = Seen(price, price, done.seen_volume)
    while True:
        done.state, intents = step(market.plan, done.state, seen, done.children, now)
        if not intents:
            return
        for intent in intents:
            _obey(done, market, intent, price, now)


def _obey(done: Replay, market: _Market, intent: Intent, price: int, now: int) -> None:
    if not isinstance(intent, Place):
        child = done.children[intent.number]
        done.children[intent.number] = replace(child, is_over=True)
        return
    side = market.plan.side
    paid = price if intent.rests else _slipped(side, price, market.costs)
    if intent.limit_ticks and not _reaches(side, paid, intent.limit_ticks):
        done.children.append(Child(intent.number, intent.lots, is_over=not intent.rests))
        return
    done.children.append(Child(intent.number, intent.lots, intent.lots, is_over=True, mean=paid))
    done.fills.append(_fill(market, intent, paid, now, is_maker=False))


def _sweep(done: Replay, market: _Market, low: int, high: int, now: int) -> None:
    """Fill what rests at a price that the candle reaches."""
    plan = market.plan
    if plan.algo is not Algo.ICEBERG or not done.children or done.children[-1].is_over:
        return
    child = done.children[-1]
    if _reaches(plan.side, low if plan.side is Side.BUY else high, plan.limit_ticks):
        done.children[-1] = Child(child.number, child.lots, child.lots, is_over=True, mean=plan.limit_ticks)
        done.fills.append(_fill(market, child, plan.limit_ticks, now, is_maker=True))


def _fill(market: _Market, part: Place | Child, ticks: int, now: int, *, is_maker: bool) -> ReplayFill:
    share = market.costs.maker_fee if is_maker else market.costs.taker_fee
    fee = market.spec.quantity(part.lots) * market.spec.price(ticks) * share
    return ReplayFill(now, part.number, part.lots, ticks, fee, is_maker)


def _slipped(side: Side, price: int, costs: Costs) -> int:
    """Return a price worse by the slippage, on the next worse tick."""
    rates = costs.rates()
    if side is Side.BUY:
        worse = price * (rates.slippage_denominator + rates.slippage_numerator)
        return -(-worse // rates.slippage_denominator)
    return max(1, price * (rates.slippage_denominator - rates.slippage_numerator) // rates.slippage_denominator)


def _reaches(side: Side, price: int, limit: int) -> bool:
    return price <= limit if side is Side.BUY else price >= limit
