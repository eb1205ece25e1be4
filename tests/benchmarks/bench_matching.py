"""Matching in memory: 60 % passive limits, 30 % cancels, 10 % marketable orders, beside a bare book without rules."""

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from apps.core.benchmarks import Row, benchmark
from kernel.matching import Event, Market, NewOrder, OrderType, Side, Traded
from tests.benchmarks.reference_book import Fill, ReferenceBook

RESTING, COMMANDS, ROUNDS = 20_000, 100_000, 7
MIDDLE, GAP, WIDTH = 100_000, 10, 400  # ticks: no passive order is nearer to the middle than GAP
GOAL_P99_US = 20.0

Step = NewOrder | int  # an order, or the id of the order to cancel


@benchmark("matching")
def run() -> Iterator[Row]:
    """Run the same steps through both books; their trades, cancelled lots and resting orders are equal first."""
    opening, steps = mixed_steps(seed=1)
    check_equal_answers(opening, steps)
    market_figures, book_figures, waits = [], [], []
    for _ in range(ROUNDS):  # in turns, so that both meet the same machine
        market_figures.append(COMMANDS / market_seconds(opening, steps))
        book_figures.append(COMMANDS / book_seconds(opening, steps))
        waits.append(market_waits(opening, steps))
    case = f"60/30/10 mix, {RESTING:,} orders resting"
    market, book = statistics.median(market_figures), statistics.median(book_figures)
    yield Row("matching", case, market, "1/s CPU", "bare dict + deque + heap", book)
    for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
        figure = statistics.median(each[int(COMMANDS * share)] for each in waits)
        yield Row("matching", f"{name} of a command", figure, "us", "goal of p99", GOAL_P99_US)


def mixed_steps(seed: int) -> tuple[list[NewOrder], list[Step]]:
    """RESTING passive orders, then COMMANDS steps that keep about as many in the book."""
    draw = random.Random(seed)
    opening = [_passive(draw, order_id) for order_id in range(1, RESTING + 1)]
    market, known = Market(), [order.order_id for order in opening]
    for order in opening:
        market.place(order)
    steps: list[Step] = []
    for order_id in range(RESTING + 1, RESTING + 1 + COMMANDS):
        share = draw.random()
        if share < 0.6:
            step: Step = _passive(draw, order_id)
            known.append(order_id)
        elif share < 0.9:
            step = _pick_resting(draw, market, known)
        else:
            step = _marketable(draw, order_id)
        steps.append(step)
        _carry_out(market, step)
    return opening, steps


def check_equal_answers(opening: list[NewOrder], steps: list[Step]) -> None:
    """Raise AssertionError when the two books ever disagree."""
    market, book = filled_market(opening), filled_book(opening)
    for step in steps:
        events = _carry_out(market, step)
        if isinstance(step, int):
            assert events == [(step, book.cancel(step))]
            continue
        fills: list[Fill] = [(each.maker_id, each.price, each.lots) for each in events if type(each) is Traded]
        assert fills == book.place(step.order_id, step.side is Side.BUY, step.price, step.lots)
    resting = {order_id: lots for order_id, _, _, lots in market.resting()}
    assert resting == {order_id: entry[0] for order_id, entry in book.orders.items()}


def market_seconds(opening: list[NewOrder], steps: list[Step]) -> float:
    """CPU seconds of all steps in a market."""
    market = filled_market(opening)
    calls = [step if isinstance(step, int) else step[:3] + step[4:6] for step in steps]
    return _seconds(market.place_limit, market.cancel, calls)


def book_seconds(opening: list[NewOrder], steps: list[Step]) -> float:
    """CPU seconds of all steps in the bare book."""
    book = filled_book(opening)
    calls = [
        step if isinstance(step, int) else (step.order_id, step.side is Side.BUY, step.price, step.lots)
        for step in steps
    ]
    return _seconds(book.place, book.cancel, calls)


def _seconds(place: Callable[..., object], cancel: Callable[[int], object], calls: list[Any]) -> float:
    gc.collect()
    before = time.process_time()
    for call in calls:
        if type(call) is int:
            cancel(call)
        else:
            place(*call)
    return time.process_time() - before


def market_waits(opening: list[NewOrder], steps: list[Step]) -> list[float]:
    """Wall microseconds of every step in a market, sorted."""
    market, clock = filled_market(opening), time.perf_counter_ns
    waits = []
    for step in steps:
        before = clock()
        _carry_out(market, step)
        waits.append((clock() - before) / 1_000)
    return sorted(waits)


def filled_market(opening: list[NewOrder]) -> Market:
    """Return a market with the opening orders."""
    market = Market()
    for order in opening:
        market.place(order)
    return market


def filled_book(opening: list[NewOrder]) -> ReferenceBook:
    """Return a bare book with the opening orders."""
    book = ReferenceBook()
    for order in opening:
        book.place(order.order_id, order.side is Side.BUY, order.price, order.lots)
    return book


def _carry_out(market: Market, step: Step) -> list[Event]:
    return market.cancel(step) if isinstance(step, int) else market.place(step)


def _passive(draw: random.Random, order_id: int) -> NewOrder:
    side = draw.choice((Side.BUY, Side.SELL))
    away = GAP + int(draw.random() ** 2 * WIDTH)
    price = MIDDLE - away if side is Side.BUY else MIDDLE + away
    return NewOrder(order_id, draw.randint(1, 100), side, OrderType.LIMIT, price, draw.randint(1, 100))


def _marketable(draw: random.Random, order_id: int) -> NewOrder:
    side = draw.choice((Side.BUY, Side.SELL))
    price = MIDDLE + WIDTH if side is Side.BUY else MIDDLE - WIDTH
    return NewOrder(order_id, draw.randint(1, 100), side, OrderType.LIMIT, price, draw.randint(50, 250))


def _pick_resting(draw: random.Random, market: Market, known: list[int]) -> int:
    """Take a resting order's id out of `known`, which keeps ids of traded ones too."""
    while True:
        index = draw.randrange(len(known))
        known[index], known[-1] = known[-1], known[index]
        order_id = known.pop()
        if order_id in market:
            return order_id
