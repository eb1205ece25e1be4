"""Execution algorithms: never more than the parent, never above a cap, and an end that says why; routing by hand."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.execution import (
    Algo,
    CatchUp,
    Child,
    Limited,
    Place,
    Plan,
    Rest,
    Seen,
    State,
    Status,
    TakeBack,
    Traded,
    Venue,
    Why,
    cancel,
    participation_bps,
    pause,
    replay,
    resume,
    route,
    schedule_error,
    shortfall,
    slippage_bps,
    step,
    turn_down,
    volume_curve,
)
from kernel.instruments import Bars, InstrumentSpec, Side
from kernel.simulation import Costs, random_bars

D = Decimal
SPEC = InstrumentSpec("BTCUSDT", "BTC", "USDT", D("0.01"), D("0.00001"), D("0.00001"), D(9000), D(5))
FREE = Costs()


def plan(algo: Algo = Algo.TWAP, **more) -> Plan:
    facts = {"side": Side.BUY, "lots": 1_000, "start_ms": 0, "end_ms": 10_000, "pace_ms": 0, **more}
    if algo in (Algo.TWAP, Algo.VWAP):
        facts.setdefault("weights", (1,) * 10)
    return Plan(algo=algo, **facts)


def place(made: Plan, state: State, price: int, now: int, children=(), volume: int = 0):
    return step(made, state, Seen(price, price, volume), children, now)


def run_filled(made: Plan, times: Iterable[int], volume=lambda _now: 0) -> list[tuple[int, int]]:
    """Every child fills whole at once; (ms, lots) of each."""
    state, found = State(), []
    children: list[Child] = []
    for now in times:
        while True:
            state, intents = place(made, state, 100, now, children, volume(now))
            if not intents:
                break
            (child,) = intents
            children.append(Child(child.number, child.lots, child.lots, is_over=True))
            found.append((now, child.lots))
    return found


def test_twap_sends_equal_parts_at_equal_times():
    assert run_filled(plan(), range(0, 12_000, 500)) == [(at, 100) for at in range(0, 10_000, 1_000)]


def test_vwap_follows_the_weights():
    made = plan(Algo.VWAP, weights=(1, 3, 0, 6))
    assert run_filled(made, range(0, 12_000, 100)) == [(0, 100), (2_500, 300), (7_500, 600)]


def test_pov_is_the_share_of_what_traded_and_its_rest_stays_undone():
    made = plan(Algo.POV, participation_bps=1_000, min_lots=50)
    assert run_filled(made, range(0, 80_000, 1_000), lambda now: now // 10) == [
        (5_000, 50), (10_000, 50), (15_000, 50), (20_000, 50), (25_000, 50), (30_000, 50), (35_000, 50), (40_000, 50),
        (45_000, 50), (50_000, 50), (55_000, 50), (60_000, 50), (65_000, 50),
    ]  # fmt: skip


def test_an_iceberg_shows_one_part_after_the_other():
    made = plan(Algo.ICEBERG, display_lots=300, limit_ticks=100, end_ms=0)
    state, intents = place(made, State(), 105, 0)
    assert intents == (Place(0, 300, 100, rests=True),)
    assert place(made, state, 105, 1, [Child(0, 300, 299)])[1] == ()
    state, intents = place(made, state, 105, 1, [Child(0, 300, 300, is_over=True)])
    assert intents == (Place(1, 300, 100, rests=True),)
    done = [Child(number, 300, 300, is_over=True) for number in range(3)]
    state, intents = place(made, replace(state, next_number=3), 105, 2, done)
    assert intents == (Place(3, 100, 100, rests=True),)
    assert place(made, state, 105, 2, [*done, Child(3, 100, 100, is_over=True)])[0].why is Why.COMPLETE


def missed(rule: CatchUp, rest: Rest = Rest.FINISH) -> list[tuple[int, int]]:
    """Away for slices 2 to 5 of ten."""
    return run_filled(plan(catch_up=rule, rest=rest), [*range(0, 2_000, 100), *range(6_000, 12_000, 100)])


def test_what_was_missed_is_caught_up_as_the_rule_says():
    assert missed(CatchUp.AT_ONCE) == [(0, 100), (1_000, 100), (6_000, 500), (7_000, 100), (8_000, 100), (9_000, 100)]
    assert missed(CatchUp.SPREAD) == [(0, 100), (1_000, 100), (6_000, 200), (7_000, 200), (8_000, 200), (9_000, 200)]
    left = [(0, 100), (1_000, 100), (6_000, 100), (7_000, 100), (8_000, 100), (9_000, 100)]
    assert missed(CatchUp.LEAVE) == [*left, (10_000, 400)]
    assert missed(CatchUp.LEAVE, Rest.LEAVE) == left


def test_pause_holds_everything_and_cancel_takes_back_what_rests():
    made = plan(Algo.ICEBERG, display_lots=100, limit_ticks=100, end_ms=0)
    state, _ = place(made, State(), 105, 0)
    live = [Child(0, 100, 40)]
    state = pause(state)
    state, intents = place(made, state, 105, 1, live)
    assert (intents, state.status, state.why) == ((TakeBack(0),), Status.PAUSED, Why.PERSON)
    ended = [Child(0, 100, 40, is_over=True)]
    assert place(made, state, 105, 2, ended)[1] == ()
    state, intents = place(made, resume(state), 105, 3, ended)
    assert intents == (Place(1, 100, 100, rests=True),)
    state, intents = place(made, cancel(state), 105, 4, [*ended, Child(1, 100)])
    assert (intents, state.status) == ((TakeBack(1),), Status.ENDING)
    state, intents = place(made, state, 105, 5, [*ended, Child(1, 100, is_over=True)])
    assert (intents, state.status, state.why) == ((), Status.DONE, Why.CANCELLED)
    assert cancel(state) is pause(state) is state


def test_three_refusals_pause_it_and_going_on_forgets_them():
    made, state = plan(), State()
    children: list[Child] = []
    for _ in range(3):
        state, (child,) = place(made, state, 100, 0, children)
        children.append(Child(child.number, child.lots, is_over=True, is_refused=True))
    state, intents = place(made, state, 100, 0, children)
    assert (intents, state.status, state.why) == ((), Status.PAUSED, Why.REFUSED)
    state, (child,) = place(made, resume(state), 100, 0, children)
    assert (child.number, child.lots) == (3, 100)
    for _ in range(3):
        before = turn_down(state)
        state, intents = place(made, before, 100, 0, children)
    assert (intents, state.status, state.next_number) == ((), Status.PAUSED, 3)


def test_a_price_cap_waits_and_the_end_says_so():
    made = plan(limit_ticks=99)
    state, intents = place(made, State(), 100, 0)
    assert (intents, state.why) == ((), Why.PRICE)
    state, intents = place(made, state, 99, 500)
    assert intents == (Place(0, 100, 99),)
    over = [Child(0, 100, 60, is_over=True)]
    state, intents = place(made, state, 99, 600, over)
    assert intents == (Place(1, 40, 99),)
    over.append(Child(1, 40, 0, is_over=True))
    state, _ = place(made, state, 100, 12_000, over)
    state, _ = place(made, state, 100, 70_000, over)
    assert place(made, state, 100, 70_000, over)[0].why is Why.PRICE


def test_a_silent_market_gets_nothing_and_a_missing_child_stops_everything():
    state, intents = step(plan(), State(), Seen(1, 1, is_fresh=False), (), 0)
    assert (intents, state.why) == ((), Why.SILENT)
    with pytest.raises(ValueError, match="not every child"):
        place(plan(), State(next_number=1), 100, 0)


def test_seeded_jitter_is_the_same_each_time_and_ends_with_everything():
    made = plan(time_jitter_bps=9_000, size_jitter_bps=4_000, seed=7)
    first = run_filled(made, range(0, 12_000, 10))
    assert first == run_filled(made, range(0, 12_000, 10)) != run_filled(replace(made, seed=8), range(0, 12_000, 10))
    assert sum(lots for _, lots in first) == 1_000
    assert all(index * 1_000 <= at < (index + 1) * 1_000 for index, (at, _) in enumerate(first))
    assert len({lots for _, lots in first}) > 5


GUARD_CASES = [
    # side, guard, arrival, (lots, mean) of the children so far, what the market shows, whether it stops
    (Side.BUY, 50, 10_000, [], 10_050, False),
    (Side.BUY, 50, 10_000, [], 10_051, True),
    (Side.SELL, 50, 10_000, [], 9_950, False),
    (Side.SELL, 50, 10_000, [], 9_949, True),
    (Side.BUY, 50, 10_000, [(100, Fraction(10_080)), (100, Fraction(10_020))], 10_000, False),
    (Side.BUY, 50, 10_000, [(100, Fraction(10_080)), (100, Fraction(20_041, 2))], 10_000, True),
    (Side.BUY, 50, 10_000, [(100, None), (0, Fraction(99_999))], 10_000, False),
    (Side.SELL, 50, 10_000, [(300, Fraction(9_940)), (100, Fraction(9_980))], 12_000, False),
    (Side.SELL, 50, 10_000, [(301, Fraction(9_940)), (100, Fraction(9_980))], 12_000, True),
    (Side.BUY, 0, 10_000, [(100, Fraction(99_999))], 99_999, False),
]  # fmt: skip


@pytest.mark.parametrize(("side", "guard", "arrival", "paid", "price", "stops"), GUARD_CASES)
def test_the_guard_stops_it_one_step_beyond_its_bound_and_not_at_it(side, guard, arrival, paid, price, stops):
    made = plan(side=side, guard_bps=guard)
    state = State(next_number=len(paid), reference=Fraction(arrival))
    children = [Child(number, 400, lots, is_over=True, mean=mean) for number, (lots, mean) in enumerate(paid)]
    state, intents = place(made, state, price, 9_000, children)
    assert (state.status is Status.PAUSED, state.why is Why.SLIPPAGE, intents == ()) == (stops, stops, stops)


def test_a_guard_takes_its_price_at_the_start_and_counts_anew_after_resuming():
    made = plan(guard_bps=100, start_ms=500)
    state, intents = step(made, State(), Seen(1, 1, is_fresh=False), (), 600)
    assert (intents, state.reference) == ((), 0)
    assert place(made, state, 99_999, 0)[0].reference == 0  # not before its start
    state, (child,) = place(made, state, 10_000, 600)
    assert (state.reference, child.number) == (10_000, 0)
    done = [Child(0, child.lots, child.lots, is_over=True, mean=Fraction(10_101))]
    state, intents = place(made, state, 10_000, 700, done)
    assert (intents, state.status, state.why) == ((), Status.PAUSED, Why.SLIPPAGE)
    assert place(made, state, 9_000, 2_000, done)[0].status is Status.PAUSED  # nobody resumed it
    state = resume(state)
    assert (state.guard_from, state.reference) == (1, 0)
    state, (child,) = place(made, state, 10_200, 2_000, done)
    assert (state.reference, child.number) == (10_200, 1)
    state = resume(pause(state))  # a person's pause moves no price
    assert (state.guard_from, state.reference) == (1, 10_200)
    done.append(Child(1, child.lots, child.lots, is_over=True, mean=Fraction(10_200)))
    assert place(made, state, 10_302, 2_500, done)[0].status is Status.WORKING
    state, _ = place(made, state, 10_303, 2_500, done)
    assert (state.status, state.why) == (Status.PAUSED, Why.SLIPPAGE)
    state, _ = place(made, state, 10_303, 70_000, done)
    assert place(made, state, 10_303, 70_000, done)[0].why is Why.SLIPPAGE


def test_a_guard_takes_back_what_an_iceberg_shows():
    made = plan(Algo.ICEBERG, display_lots=100, limit_ticks=10_500, end_ms=0, guard_bps=100)
    state, _ = place(made, State(), 10_000, 0)
    state, intents = place(made, state, 10_101, 1, [Child(0, 100, 40, mean=Fraction(10_000))])
    assert (intents, state.why) == ((TakeBack(0),), Why.SLIPPAGE)


PLANS = st.builds(
    lambda algo, side, lots, slices, share, limit, jitter, rules: Plan(
        algo=algo, side=side, lots=lots, start_ms=1_000, end_ms=1_000 + slices * 1_000,
        weights=tuple(1 + index % 3 for index in range(slices)) if algo in (Algo.TWAP, Algo.VWAP) else (),
        participation_bps=share or (700 if algo is Algo.POV else 0),
        limit_ticks=limit or (100 if algo is Algo.ICEBERG else 0), display_lots=max(3, lots // 4),
        min_lots=3, max_lots=lots // 2 + 3, time_jitter_bps=jitter, size_jitter_bps=jitter // 2, seed=jitter,
        catch_up=rules[0], rest=rules[1], pace_ms=100, grace_ms=5_000,
    ),
    st.sampled_from(list(Algo)), st.sampled_from(list(Side)), st.integers(3, 5_000), st.integers(1, 30),
    st.sampled_from((0, 500, 3_000)), st.sampled_from((0, 98, 103)), st.integers(0, 10_000),
    st.tuples(st.sampled_from(list(CatchUp)), st.sampled_from(list(Rest))),
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(PLANS, st.randoms(use_true_random=False))
def test_never_more_than_the_parent_nor_above_a_cap_and_it_ends_with_a_reason(made, luck):
    state, volume, now = State(), 0, 0
    children: list[Child] = []
    while state.status is not Status.DONE:
        now += luck.choice((50, 400, 1_500))
        volume += luck.randrange(0, 200)
        children = [_moved(child, luck) for child in children]
        state = luck.choice((lambda given: given,) * 30 + (pause, resume, resume))(state)
        price = luck.randrange(95, 106)
        state, intents = step(made, state, Seen(price, price, volume, luck.random() < 0.9), children, now)
        for intent in intents:
            if isinstance(intent, TakeBack):
                old = children[intent.number]
                children[intent.number] = replace(old, is_over=True)
                continue
            assert intent.lots >= made.min_lots
            assert intent.lots <= made.max_lots
            assert now >= made.start_ms
            if made.limit_ticks:
                assert intent.limit_ticks == made.limit_ticks
                worse = price > made.limit_ticks if made.side is Side.BUY else price < made.limit_ticks
                assert intent.rests or not worse
            children.append(Child(intent.number, intent.lots))
            claimed = sum(child.claim for child in children)
            assert claimed <= made.lots
            if made.participation_bps:
                assert claimed * 10_000 <= volume * made.participation_bps
        assert now < 200_000
    filled = sum(child.filled for child in children)
    assert all(child.is_over for child in children)
    assert (state.why is Why.COMPLETE) == (filled == made.lots)
    assert state.why is not Why.NOTHING


def _moved(child: Child, luck) -> Child:
    if child.is_over:
        return child
    filled = luck.choice((child.filled, luck.randint(child.filled, child.lots), child.lots))
    return replace(child, filled=filled, is_over=filled == child.lots or luck.random() < 0.3)


def flat(opens: list[int], volume: int = 10**8, spread: int = 0) -> Bars:
    prices = [opens[0], *opens, opens[-1]]
    count = len(opens)
    lows = [min(prices[i + 1], prices[i + 2]) - spread for i in range(count)]
    highs = [max(prices[i + 1], prices[i + 2]) + spread for i in range(count)]
    columns = ([i * 60_000 for i in range(count)], opens, highs, lows, opens, [volume] * count)
    return Bars(*(np.array(column, dtype=np.int64) for column in columns))


def test_the_back_test_fills_at_the_open_with_fee_and_slippage():
    bars = flat([10_000, 10_100, 10_200, 10_300])
    made = plan(lots=4_000, weights=(1, 1), end_ms=120_000)
    done = replay(bars, made, SPEC, Costs(taker_fee=D("0.001"), slippage_bps=D(10)))
    assert [(fill.ms, fill.lots, fill.ticks) for fill in done.fills] == [(0, 2_000, 10_010), (60_000, 2_000, 10_111)]
    assert done.fills[0].fee == D("0.02") * D("100.10") * D("0.001")
    assert (done.state.why, done.ended_ms) == (Why.COMPLETE, 60_000)


def test_the_back_test_stops_at_the_guard_and_nobody_resumes_it():
    bars = flat([10_000, 10_100, 10_101, 10_000, 10_000])
    made = plan(lots=4_000, weights=(1, 1, 1, 1), end_ms=240_000, guard_bps=100)
    done = replay(bars, made, SPEC, FREE)
    assert [(fill.ms, fill.lots, fill.ticks) for fill in done.fills] == [(0, 1_000, 10_000), (60_000, 1_000, 10_100)]
    assert (done.state.status, done.state.why) == (Status.PAUSED, Why.SLIPPAGE)
    assert (done.arrival_ticks, done.paused_ms, done.ended_ms) == (10_000, 120_000, 240_000)
    with_costs = replay(bars, made, SPEC, Costs(slippage_bps=D(101)))  # its own fills are too dear at once
    assert ([fill.ticks for fill in with_costs.fills], with_costs.paused_ms) == ([10_101], 60_000)


def test_an_iceberg_in_the_back_test_rests_until_a_candle_reaches_it():
    bars = flat([10_000, 9_990, 9_950, 9_960])
    made = plan(Algo.ICEBERG, lots=600, display_lots=300, limit_ticks=9_960, end_ms=0)
    done = replay(bars, made, SPEC, FREE)
    assert [(fill.ms, fill.lots, fill.ticks, fill.is_maker) for fill in done.fills] == [
        (60_000, 300, 9_960, True), (120_000, 300, 9_950, False),
    ]  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(list(Algo)))
def test_over_random_candles_the_figures_stay_in_their_bounds(seed, algo):
    bars = random_bars(seed, 200, 60_000)
    first, end = int(bars.ts[5]), int(bars.ts[150])
    curve = volume_curve(
        [int(v) for v in bars.volume[:5]], [int(t) for t in bars.ts[:5]], first_ms=first, slice_ms=600_000, slices=20
    )
    more: dict[str, Any] = (
        {"weights": curve if algo is Algo.VWAP else (1,) * 20} if algo in (Algo.TWAP, Algo.VWAP) else {}
    )
    made = Plan(algo=algo, side=Side.BUY, lots=2_000, start_ms=first, end_ms=end, pace_ms=0,
                participation_bps=500 if algo is Algo.POV else 0, display_lots=200,
                limit_ticks=int(bars.high.max()) if algo is Algo.ICEBERG else 0, **more)  # fmt: skip
    done = replay(bars, made, SPEC, FREE)
    total = sum(fill.lots for fill in done.fills)
    if algo is Algo.POV:
        assert total * 10_000 <= done.seen_volume * 500
    else:
        assert (total, done.state.why) == (2_000, Why.COMPLETE)
    track = schedule_error(made, [(fill.ms, fill.lots) for fill in done.fills], end)
    # what a slice owes may come with the first candle after its beginning
    assert track.worst_bps <= max((10_000 * w // sum(made.weights) + 1 for w in made.weights), default=0) * 2


def test_the_volume_curve_is_the_mean_of_the_time_of_day():
    day, hour = 86_400_000, 3_600_000
    ts = [d * day + h * hour for d in range(2) for h in range(24)]
    volumes = [(h + 1) * (10 if d else 30) for d in range(2) for h in range(24)]
    assert volume_curve(volumes, ts, first_ms=9 * day + 2 * hour, slice_ms=hour, slices=3) == (60, 80, 100)
    assert volume_curve(volumes, ts, first_ms=9 * day + 2 * hour, slice_ms=2 * hour, slices=1) == (70,)
    assert volume_curve([], [], first_ms=0, slice_ms=hour, slices=3) == (1, 1, 1)


def test_the_measures_equal_figures_by_hand():
    made = plan()
    track = schedule_error(made, [(0, 100), (1_500, 100), (2_500, 50)], 4_000)
    # at 1 s 100 of 100, at 2 s 200 of 200, at 3 s 250 of 300, at 4 s 250 of 400
    assert (track.worst_bps, track.mean_bps, track.slices) == (1_500, 500, 4)
    assert participation_bps(30, 400) == 750
    assert participation_bps(30, 0) is None
    assert slippage_bps(Side.BUY, D(100), D("100.05")) == 5
    assert slippage_bps(Side.SELL, D(100), D("100.05")) == -5
    found = shortfall(Traded(side=Side.BUY, wanted=D(10), filled=D(6), arrival=D(100), average=D(101), last=D(103),
                             fees=D(2)))  # fmt: skip
    assert (found.execution, found.opportunity, found.fees, found.total) == (6, 12, 2, 20)


def venue(key: str, levels, fee="0.001", budget="1000000", **more) -> Venue:
    found = tuple((D(price), D(size)) for price, size in levels)
    return Venue(key, found, D(fee), D(budget), more.pop("spec", SPEC), **more)


def test_routing_takes_the_cheapest_after_fees_as_deep_as_books_and_funds_reach():
    cheap_fee = venue("a", [("100.00", "1"), ("100.30", "5")], "0")
    low_price = venue("b", [("99.95", "2"), ("100.05", "2")], "0.001")
    found = route(Side.BUY, D(4), [cheap_fee, low_price])
    # after fees: a 100.00, b 100.04995, b 100.15005, a 100.30
    assert [(part.key, part.quantity, part.worst) for part in found.parts] == [
        ("a", D(1), D("100.00")), ("b", D(3), D("100.05")),
    ]  # fmt: skip
    assert found.parts[1].net == (D("199.90") + D("100.05")) * D("1.001")
    assert found.missing == 0
    poor = route(Side.BUY, D(4), [cheap_fee, replace(low_price, budget=D("100.04995"))])
    assert [(part.quantity, part.limited) for part in poor.parts] == [
        (D(3), Limited.NOTHING), (D(1), Limited.BUDGET),
    ]  # fmt: skip


def test_routing_leaves_out_what_is_silent_too_small_or_beyond_the_price():
    thin = venue("thin", [("99.00", "0.04")])
    deep = venue("deep", [("100.00", "1"), ("101.00", "9")])
    dumb = venue("dumb", [("90.00", "9")], is_fresh=False)
    found = route(Side.BUY, D(3), [thin, deep, dumb], limit=D("100.50"))
    assert [(part.quantity, part.limited) for part in found.parts] == [
        (D(0), Limited.TOO_SMALL), (D(1), Limited.PRICE), (D(0), Limited.SILENT),
    ]  # fmt: skip
    assert found.missing == 2
    sold = route(Side.SELL, D(3), [venue("x", [("100", "1"), ("99", "9")], budget="2"), venue("y", [("98", "9")])])
    assert [(part.quantity, part.limited) for part in sold.parts] == [(D(2), Limited.BUDGET), (D(1), Limited.NOTHING)]


def test_routing_ties_up_a_purchase_at_its_worst_price_and_keeps_to_the_largest_order():
    rows = [("100.00", "1"), ("110.00", "1")]
    (part,) = route(Side.BUY, D(2), [venue("a", rows, "0", "209")]).parts
    # 209 quote hold 1.9 at 110, although both levels together would cost only 199 for 1.9
    assert (part.quantity, part.net, part.limited) == (D("1.9"), D("199.0"), Limited.BUDGET)
    (part,) = route(Side.BUY, D(2), [venue("a", rows, "0", "209", on_top=D("0.1"))]).parts
    assert (part.quantity, part.worst) == (D("1.72727"), D("110.00"))  # 209 / 121, on the grid
    short = replace(SPEC, max_quantity=D("1.5"))
    (part,) = route(Side.BUY, D(2), [venue("a", rows, spec=short)]).parts
    assert (part.quantity, part.limited) == (D("1.5"), Limited.SIZE)


def test_accounts_of_one_exchange_share_its_book():
    rows = [("100.00", "3"), ("101.00", "1")]
    poor, rich = venue("a", rows, budget="100.1", book="x"), venue("b", rows, book="x")
    found = route(Side.BUY, D(5), [poor, rich])
    assert [(part.quantity, part.limited) for part in found.parts] == [
        (D(1), Limited.BUDGET), (D(3), Limited.DEPTH),
    ]  # fmt: skip
    assert found.missing == 1


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(list(Side)),
    st.integers(1, 400),
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(9_900, 10_100), st.integers(1, 200)), max_size=5),
            st.integers(0, 40), st.integers(0, 30_000),
        ),
        min_size=1, max_size=4,
    ),
)  # fmt: skip
def test_routing_never_exceeds_books_budgets_or_the_whole(side, hundredths, given_venues):
    venues = []
    for index, (levels, fee, budget) in enumerate(given_venues):
        ordered = sorted(levels, reverse=side is Side.SELL)
        rows = [(D(p) / 100, D(q) / 100) for p, q in ordered]
        venues.append(venue(str(index), rows, D(fee) / 10_000, D(budget) / (1 if side is Side.BUY else 10_000)))
    found = route(side, D(hundredths) / 100, venues)
    assert sum(part.quantity for part in found.parts) + found.missing == D(hundredths) / 100
    assert found.missing >= 0
    for part, one in zip(found.parts, venues, strict=True):
        assert part.quantity <= sum(size for _, size in one.levels)
        assert (part.net if side is Side.BUY else part.quantity) <= one.budget
        assert part.quantity == 0 or SPEC.check_order(part.quantity, market_price=part.worst) is None
