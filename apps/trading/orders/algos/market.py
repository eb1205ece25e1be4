"""What an algorithm sees: its clock, the best prices, the volume; and its row as the kernel's plan and state.

A contract goes by the prices, the candles and the time of the market that it follows.
"""

from decimal import Decimal
from fractions import Fraction

from apps.core.clock import now, to_ms
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import BASE_INTERVAL, get_quote, get_series, is_market_stale, load_bars
from apps.trading.orders.algos.choices import AlgoClock
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.choices import OrderState, Origin
from apps.trading.orders.models import Order
from kernel.execution import Algo, CatchUp, Child, Plan, Rest, Seen, State, Status, Why, volume_lots
from kernel.instruments import INTERVALS, VOLUME_SCALE, InstrumentSpec, Side, market_of

STEP = INTERVALS[BASE_INTERVAL]
OWN_TIME = 3 * STEP
"""A paper market whose newest candle is farther than this from the wall clock has a time of its own."""
STATE_FIELDS = (
    "status", "why", "next_number", "slice", "goal", "sent_ms", "turned_down", "trusted_from", "guard_from",
)  # fmt: skip


def clock_of(symbol: str, *, is_paper: bool) -> AlgoClock:
    """Return which clock a new schedule follows: the market's own where a paper market replays other days."""
    end = market_ms(symbol)
    if is_paper and end is not None and abs(end - to_ms(now())) > OWN_TIME:
        return AlgoClock.MARKET
    return AlgoClock.WALL


def moment_ms(symbol: str, clock: str) -> int:
    """Return the present moment of a clock in ms."""
    wall = to_ms(now())
    if clock != AlgoClock.MARKET:
        return wall
    return market_ms(symbol) or wall


def market_ms(symbol: str) -> int | None:
    """Return the end of the newest closed candle, or None without any."""
    series = get_series(market_of(symbol), BASE_INTERVAL)
    return None if series is None else series.last_ts + STEP


def read_volume(symbol: str, since_ms: int, until_ms: int) -> Decimal:
    """Return what traded in the candles that opened since one moment and closed by another, in base."""
    bars = load_bars(market_of(symbol), BASE_INTERVAL, since_ms, until_ms)
    return Decimal(int(bars.volume.sum())) / VOLUME_SCALE if len(bars) else Decimal(0)


def seen_of(algo: AlgoOrder, spec: InstrumentSpec) -> Seen:
    """Return the market of an algorithm now; without a fresh price it says so."""
    volume = volume_lots(int(algo.volume * VOLUME_SCALE), spec)
    market = market_of(algo.symbol)
    quote = get_quote(market)
    if quote is None or quote.is_stale or not 0 < quote.bid <= quote.ask or is_market_stale(market):
        return Seen(1, 1, volume, is_fresh=False)
    bid, ask = Fraction(quote.bid) / Fraction(spec.tick), Fraction(quote.ask) / Fraction(spec.tick)
    return Seen(max(1, int(bid)), -(-ask.numerator // ask.denominator), volume)


def plan_of(algo: AlgoOrder) -> Plan:
    """Return the kernel's plan of a row. Raises ValueError when its figures do not fit."""
    spec = get_spec(algo.symbol)
    unit = Fraction(spec.tick) * Fraction(spec.lot)
    least_worth = Fraction(spec.min_notional) / unit
    display = 0 if algo.display_quantity is None else spec.lots(algo.display_quantity)
    return Plan(
        algo=Algo(algo.algo),
        side=Side(algo.side),
        lots=spec.lots(algo.quantity),
        start_ms=algo.start_ms,
        end_ms=algo.end_ms,
        weights=tuple(algo.weights),
        participation_bps=algo.participation_bps,
        limit_ticks=0 if algo.limit_price is None else spec.ticks(algo.limit_price),
        display_lots=display,
        guard_bps=algo.guard_bps,
        min_lots=max(1, spec.lots(spec.min_quantity)),
        max_lots=spec.lots(spec.max_quantity),
        min_worth=-(-least_worth.numerator // least_worth.denominator),
        time_jitter_bps=algo.time_jitter_bps,
        size_jitter_bps=algo.size_jitter_bps,
        seed=algo.seed,
        catch_up=CatchUp(algo.catch_up),
        rest=Rest(algo.rest),
    )


def state_of(algo: AlgoOrder) -> State:
    """Return the kernel's state of a row."""
    tick = Fraction(get_spec(algo.symbol).tick)
    return State(
        Status(algo.status), Why(algo.why), algo.next_number, algo.slice, algo.goal, algo.sent_ms, algo.turned_down,
        algo.trusted_from, algo.guard_from, Fraction(algo.guard_price or 0) / tick,
    )  # fmt: skip


def write_state(algo: AlgoOrder, state: State) -> None:
    """Put the kernel's state into a row (not saved)."""
    for name in STATE_FIELDS:
        value = getattr(state, name)
        setattr(algo, name, value.value if isinstance(value, Status | Why) else value)
    was = state_of(algo).reference
    if state.reference != was:  # a price that was seen, in whole ticks
        algo.guard_price = get_spec(algo.symbol).price(int(state.reference)) if state.reference else None


def orders_of(algo: AlgoOrder) -> list[Order]:
    """Return the children of an algorithm, oldest first."""
    return list(Order.objects.filter(origin_kind=Origin.ALGO, origin_id=algo.pk).order_by("sequence"))


def child_of(order: Order, spec: InstrumentSpec) -> Child:
    """Return what the kernel needs to know of a child. One whose outcome or fills are not clear is not over."""
    mean = None if order.average_price is None else Fraction(order.average_price) / Fraction(spec.tick)
    return Child(
        number=order.sequence,
        lots=spec.lots(order.quantity),
        filled=spec.lots(spec.floor_quantity(max(order.filled, order.reported_filled))),
        is_over=order.is_final and not order.needs_settling,
        is_refused=order.state == OrderState.REJECTED,
        mean=mean,
    )
