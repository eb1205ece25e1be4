"""A large order tried on recorded candles: the very steps of a live one, and the same measures. It writes nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from apps.core.clock import from_ms, to_ms
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import BASE_INTERVAL, load_bars
from apps.trading.orders.algos.choices import AlgoClock
from apps.trading.orders.algos.errors import AlgoDoesNotFit, AlgoHistoryMissing
from apps.trading.orders.algos.operations.starting import AlgoWish, check_wish, checked_plan, draft_of
from apps.trading.orders.errors import ContractsOnlyPlain
from kernel.execution import (
    Plan,
    Replay,
    Tracking,
    Why,
    participation_bps,
    replay,
    schedule_error,
    slippage_bps,
    volume_price,
)
from kernel.instruments import INTERVALS, Bars, InstrumentSpec, is_perpetual
from kernel.simulation import Costs

STEP = INTERVALS[BASE_INTERVAL]
PLACES = Decimal(1).scaleb(-12)


@dataclass(frozen=True, slots=True)
class TrialFill:
    """One fill: the moment of the candle, the child, base, price and fee in quote, and whether it rested before."""

    at: datetime
    number: int
    quantity: Decimal
    price: Decimal
    fee: Decimal
    is_maker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it: quantities in base, prices and fees in quote, shares in basis points.

    `market_price` is the market's own mean over the same time, by volume. `paused_at`: when it stopped by itself.
    """

    wish: AlgoWish
    start: datetime
    end: datetime
    why: str
    paused_at: datetime | None
    parts: int
    filled: Decimal
    arrival_price: Decimal
    average_price: Decimal | None
    market_price: Decimal | None
    fees: Decimal
    slippage_bps: Decimal | None
    against_market_bps: Decimal | None
    share_bps: Decimal | None
    tracking: Tracking | None
    fills: list[TrialFill]


def try_algo(*, wish: AlgoWish, start: datetime, costs: Costs) -> Trial:
    """Work a wish off over the candles from `start` (the next candle's open) for its duration, at most 7 days.

    At each open the algorithm is stepped as live; what it sends fills there with the slippage and fee of `costs`.
    Raises UnknownSymbol, ContractsOnlyPlain, AlgoDoesNotFit and AlgoHistoryMissing.
    """
    if is_perpetual(wish.symbol):
        raise ContractsOnlyPlain(field="symbol")
    spec = get_spec(wish.symbol)
    if wish.duration is None:
        raise AlgoDoesNotFit(field="duration", reason="Say how long it may take.")
    check_wish(wish, spec, None)
    first = -(-to_ms(start) // STEP) * STEP
    row = draft_of(replace(wish, seed=wish.seed or 0), AlgoClock.MARKET, first)
    plan, bars = checked_plan(row), _candles(wish.symbol, first, row.end_ms)
    check_wish(wish, spec, spec.price(int(bars.open[0])))
    return _told(wish, plan, spec, bars, replay(bars, plan, spec, costs))


def _candles(symbol: str, first: int, end: int) -> Bars:
    """Return the candles from the start to the one that opens at the end or after it, all of them."""
    until = (-(-end // STEP) + 1) * STEP
    bars, wanted = load_bars(symbol, BASE_INTERVAL, first, until), (until - first) // STEP
    if len(bars) != wanted or any(later - earlier != STEP for earlier, later in pairwise(map(int, bars.ts))):
        raise AlgoHistoryMissing(field="start", wanted=wanted, missing=wanted - len(bars))
    return bars


def _told(wish: AlgoWish, plan: Plan, spec: InstrumentSpec, bars: Bars, done: Replay) -> Trial:
    lots = sum(fill.lots for fill in done.fills)
    mean = Fraction(sum(fill.lots * fill.ticks for fill in done.fills), lots) if lots else None
    market = volume_price(bars[: -(-(plan.end_ms - plan.start_ms) // STEP)])
    arrival = spec.price(done.arrival_ticks)
    average, usual = (None if ticks is None else _price(ticks, spec) for ticks in (mean, market))
    kept = schedule_error(plan, [(fill.ms, fill.lots) for fill in done.fills], plan.end_ms)
    return Trial(
        wish=wish,
        start=from_ms(plan.start_ms),
        end=from_ms(plan.end_ms),
        why=done.state.why.value or Why.TIME.value,
        paused_at=from_ms(done.paused_ms) if done.paused_ms else None,
        parts=len(done.children),
        filled=spec.quantity(lots),
        arrival_price=arrival,
        average_price=average,
        market_price=usual,
        fees=sum((fill.fee for fill in done.fills), Decimal(0)),
        slippage_bps=None if average is None else slippage_bps(plan.side, arrival, average),
        against_market_bps=None if average is None or usual is None else slippage_bps(plan.side, usual, average),
        share_bps=participation_bps(lots, done.seen_volume),
        tracking=kept if plan.weights else None,
        fills=[
            TrialFill(
                from_ms(fill.ms), fill.number, spec.quantity(fill.lots), spec.price(fill.ticks), fill.fee, fill.is_maker
            )
            for fill in done.fills
        ],
    )


def _price(ticks: Fraction, spec: InstrumentSpec) -> Decimal:
    exact = ticks * Fraction(spec.tick)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PLACES)
