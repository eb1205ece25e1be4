"""The decision about an order: each rule by hand, and 10,000 random streams against every way the orders may fill."""

import random
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from kernel.instruments import Side
from kernel.risk import (
    Exposure,
    Holding,
    Limit,
    OpenOrder,
    Refusal,
    Rule,
    Standing,
    TradingState,
    decide,
    is_reducing,
)

D = Decimal
MARKS = {"BTCUSDT": D(100), "ETHUSDT": D(10), "XRPUSDT": D(1)}
GROUPS = {"majors": {"BTCUSDT", "ETHUSDT"}}


def order(
    side: str = "buy",
    quantity: str = "1",
    price: str = "100",
    symbol: str = "BTCUSDT",
    group: str = "",
    book: str = "a",
) -> OpenOrder:
    unit = max(D(price), MARKS[symbol])
    return OpenOrder("new", (book, symbol), Side(side), D(quantity), unit, group)


def held(quantity: str, symbol: str = "BTCUSDT", book: str = "a") -> dict[tuple[str, str], Holding]:
    return {(book, symbol): Holding((book, symbol), D(quantity), MARKS[symbol])}


def standing(holdings=None, orders=(), **more) -> Standing:
    return Standing(holdings or {}, orders, groups=GROUPS, **more)


def limit(rule: Rule, value: str, target: str = "", scope: str = "customer") -> Limit:
    return Limit(scope, rule, D(value), target)


def refusal(*given: Any) -> Refusal:
    """What stands against an order, where something must."""
    found = decide(*given)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("rule", "value", "target", "facts", "comes_to"),
    [
        (Rule.ORDER_SIZE, "99", "", {}, "100"),
        (Rule.ORDER_SIZE, "99", "BTCUSDT", {}, "100"),
        (Rule.POSITION, "299", "", {"holdings": held("2")}, "300"),
        (Rule.SYMBOL_EXPOSURE, "299", "", {"holdings": held("2", book="b")}, "300"),
        (Rule.TOTAL_EXPOSURE, "149", "", {"holdings": held("5", "ETHUSDT")}, "150"),
        (Rule.GROUP_EXPOSURE, "149", "majors", {"holdings": held("5", "ETHUSDT")}, "150"),
        (Rule.LEVERAGE, "1.9", "", {"equity": D(50)}, "2"),
        (Rule.FREE_MARGIN, "60", "", {"equity": D(200)}, "50"),
        (Rule.OPEN_POSITIONS, "1", "", {"holdings": held("5", "ETHUSDT")}, "2"),
        (Rule.SYMBOL_POSITIONS, "1", "", {"holdings": held("1", book="b")}, "2"),
        (Rule.OPEN_ORDERS, "1", "", {"orders": [order("buy", "1", "1", "XRPUSDT")]}, "2"),
        (Rule.ORDER_RATE, "3", "", {"orders_lately": 3}, "4"),
        (Rule.DAILY_LOSS, "50", "", {"lost_today": D(50)}, "50"),
        (Rule.DRAWDOWN, "20", "", {"drawdown": D("20.5")}, "20.5"),
    ],
)
def test_each_rule_refuses_with_its_numbers_and_passes_just_below(rule, value, target, facts, comes_to):
    before = standing(**facts)
    assert decide(order(), before, [limit(rule, value, target)]) == Refusal(
        rule, "customer", D(value), D(comes_to), target
    )
    room = D(value) - 20 if rule is Rule.FREE_MARGIN else D(value) + 2
    assert decide(order(), before, [limit(rule, str(room), target)]) is None


def test_the_tightest_limit_of_a_rule_speaks_and_names_its_scope():
    limits = [limit(Rule.ORDER_SIZE, "90"), limit(Rule.ORDER_SIZE, "50", scope="tenant")]
    assert refusal(order(), standing(), limits).scope == "tenant"
    limits = [limit(Rule.FREE_MARGIN, "60"), limit(Rule.FREE_MARGIN, "80", scope="platform")]
    assert refusal(order(), standing(equity=D(200)), limits).scope == "platform"


def test_what_is_not_known_is_refused_and_what_is_of_another_symbol_is_not_asked():
    assert refusal(order(), standing(), [limit(Rule.LEVERAGE, "5")]).value is None
    assert refusal(order(), standing(equity=D(0)), [limit(Rule.FREE_MARGIN, "1")]).value is None
    others = [limit(Rule.ORDER_SIZE, "1", "ETHUSDT"), limit(Rule.GROUP_EXPOSURE, "1", "unknown")]
    assert decide(order(), standing(), others) is None


def test_reducing_passes_every_limit_and_the_reducing_state_and_nothing_passes_halted():
    before = standing(held("2"), lost_today=D(99))
    sell, most = order("sell", "2"), [limit(Rule.DAILY_LOSS, "1"), limit(Rule.OPEN_ORDERS, "0")]
    assert decide(sell, before, most) is None
    assert decide(sell, before, most, TradingState.REDUCING) is None
    assert refusal(sell, before, [], TradingState.HALTED).rule is TradingState.HALTED
    assert refusal(order("sell", "2.1"), before, [], TradingState.REDUCING).rule is TradingState.REDUCING
    assert refusal(order("buy"), before, [], TradingState.REDUCING).rule is TradingState.REDUCING


def test_open_orders_use_up_what_may_be_reduced_and_of_a_group_one_leg_counts():
    first = order("sell", "2", group="exits")
    assert is_reducing(order("sell", "2", group="exits"), standing(held("2"), [first]))
    assert not is_reducing(order("sell", "1"), standing(held("2"), [first]))
    assert not is_reducing(order("sell", "1"), standing())
    both = Exposure(standing({}, [order("buy", "2", group="g"), order("buy", "3", group="g")]))
    assert both.measure(Rule.TOTAL_EXPOSURE) == 300


def test_a_turn_to_the_other_side_is_measured_by_what_goes_beyond():
    after = Exposure(standing(held("2")), order("sell", "5", "110"))
    assert after.measure(Rule.POSITION) == 330  # 2 long are worth 200; 3 short at 110
    assert refusal(order("sell", "5"), standing(held("2")), [limit(Rule.POSITION, "299")]).value == 300


# --- 10,000 random streams ------------------------------------------------------------------------------------------
LIMITS = {
    Rule.ORDER_SIZE: (50, 400),
    Rule.POSITION: (100, 900),
    Rule.SYMBOL_EXPOSURE: (100, 1200),
    Rule.TOTAL_EXPOSURE: (100, 2000),
    Rule.GROUP_EXPOSURE: (100, 1500),
    Rule.LEVERAGE: (1, 4),
    Rule.FREE_MARGIN: (5, 90),
    Rule.OPEN_POSITIONS: (1, 5),
    Rule.SYMBOL_POSITIONS: (1, 2),
    Rule.OPEN_ORDERS: (1, 6),
}


def ways(orders: list[OpenOrder]) -> list[tuple[OpenOrder, ...]]:
    """Every set of orders that may fill in full: any of those that stand alone, at most one leg of each group."""
    choices: list[list[tuple[OpenOrder, ...]]] = [[(), (item,)] for item in orders if not item.group]
    for name in {item.group for item in orders if item.group}:
        choices.append([(), *((item,) for item in orders if item.group == name)])
    return [tuple(item for part in way for item in part) for way in product(*choices)]


def worst(held_now: dict[tuple[str, str], D], orders: list[OpenOrder], equity: D) -> dict[Rule, D]:
    """The largest (of free margin the smallest) figures over all ways in which the orders may fill, at the marks."""
    found: dict[Rule, D] = {}
    for way in ways(orders):
        after = dict(held_now)
        for item in way:
            signed = item.remaining if item.side is Side.BUY else -item.remaining
            after[item.place] = after.get(item.place, D(0)) + signed
        worths = {place: abs(quantity) * MARKS[place[1]] for place, quantity in after.items() if quantity}
        total = sum(worths.values(), D(0))
        by_symbol = {symbol: sum((w for p, w in worths.items() if p[1] == symbol), D(0)) for symbol in MARKS}
        figures = {
            Rule.POSITION: max(worths.values(), default=D(0)),
            Rule.SYMBOL_EXPOSURE: max(by_symbol.values()),
            Rule.TOTAL_EXPOSURE: total,
            Rule.GROUP_EXPOSURE: by_symbol["BTCUSDT"] + by_symbol["ETHUSDT"],
            Rule.LEVERAGE: total / equity,
            Rule.FREE_MARGIN: -100 * (equity - total) / equity,
            Rule.OPEN_POSITIONS: D(len(worths)),
            Rule.SYMBOL_POSITIONS: D(max(sum(1 for p in worths if p[1] == symbol) for symbol in MARKS)),
        }
        for rule, value in figures.items():
            found[rule] = max(found.get(rule, value), value)
    return found


def run_stream(seed: int) -> tuple[int, int]:
    """Place, fill, cancel at random; after each accepted order no way of filling breaks a limit. (accepted, refused)"""
    pick = random.Random(seed)
    equity = D(1000)
    rules = pick.sample(list(LIMITS), 3)
    limits = [
        limit(rule, str(pick.randint(*LIMITS[rule])), "majors" if rule is Rule.GROUP_EXPOSURE else "") for rule in rules
    ]
    positions: dict[tuple[str, str], D] = {}
    orders: list[OpenOrder] = []
    accepted = refused = 0
    for number in range(7):
        act = pick.random()
        if orders and act < 0.35:
            _fill(pick, positions, orders)
            continue
        if orders and act < 0.45:
            orders.pop(pick.randrange(len(orders)))
            continue
        new = _random_order(pick, number)
        before = Standing(
            {place: Holding(place, quantity, MARKS[place[1]]) for place, quantity in positions.items()},
            list(orders), equity, groups=GROUPS,
        )  # fmt: skip
        reducing = is_reducing(new, before)
        was = worst(positions, orders, equity) if reducing else {}
        if decide(new, before, limits) is not None:
            refused += 1
            continue
        accepted += 1
        orders.append(new)
        after = worst(positions, orders, equity)
        for item in limits:
            if item.rule is Rule.ORDER_SIZE:
                assert reducing or new.remaining * MARKS[new.place[1]] <= item.value
            elif item.rule is Rule.OPEN_ORDERS:
                assert reducing or len(orders) <= item.value
            else:
                most = -item.value if item.rule is Rule.FREE_MARGIN else item.value
                assert after[item.rule] <= (was[item.rule] if reducing else most), (seed, item, after)
    return accepted, refused


def _random_order(pick: random.Random, number: int) -> OpenOrder:
    symbol = pick.choice(list(MARKS))
    mark = MARKS[symbol]
    unit = max(mark, mark * pick.randint(80, 120) / 100)
    quantity = D(pick.randint(5, 400)) / mark
    group = pick.choice(["", "", "", "g1", "g2"])
    return OpenOrder(str(number), (pick.choice("ab"), symbol), pick.choice(list(Side)), quantity, unit, group)


def _fill(pick: random.Random, positions: dict[tuple[str, str], D], orders: list[OpenOrder]) -> None:
    """Fill an order in part or in full; the other legs of its group end."""
    item = orders.pop(pick.randrange(len(orders)))
    part = item.remaining if pick.random() < 0.7 or item.group else item.remaining / 2
    signed = part if item.side is Side.BUY else -part
    positions[item.place] = positions.get(item.place, D(0)) + signed
    if item.group:
        orders[:] = [other for other in orders if other.group != item.group]
    elif part < item.remaining:
        orders.append(OpenOrder(item.key, item.place, item.side, item.remaining - part, item.unit))


@pytest.mark.parametrize("start", range(0, 10_000, 2_500))
def test_ten_thousand_random_streams_break_no_limit(start):
    done = [run_stream(seed) for seed in range(start, start + 2_500)]
    accepted, refused = (sum(column) for column in zip(*done, strict=True))
    assert accepted > 2_500
    assert refused > 2_500
