"""Margin: the published examples to the digit shown, and what must hold of any position."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernel.margin import (
    DEFAULT_STAGES,
    Bracket,
    HedgeBand,
    Leg,
    MarginAccount,
    MarginState,
    bracket_of,
    build_brackets,
    decide_hedge,
    due_stage,
    funding_payment,
    initial_margin,
    isolated_liquidation_price,
    liquidation_price,
    maintenance_margin,
    maintenance_of,
    plan_reduction,
    published_liquidation_price,
    return_percent,
    state_of,
    unrealised,
)
from kernel.margin.reduction import closed

D = Decimal

# Binance's tiers of BTCUSDT as its help page printed them in 2021, with the amounts that page prints.
BTC = build_brackets(
    [
        ("50000", 125, "0.004"),
        ("250000", 100, "0.005"),
        ("1000000", 50, "0.01"),
        ("10000000", 20, "0.025"),
        ("20000000", 10, "0.05"),
        ("50000000", 5, "0.1"),
        ("", 2, "0.125"),
    ]
)
FLAT = (Bracket(D(0), None, 20, D("0.025"), D(0)),)


def leg(quantity, entry, brackets=BTC):
    return Leg(D(quantity), D(entry), brackets)


def test_maintenance_amounts_follow_from_the_tiers_and_margin_has_no_jump():
    assert [row.amount for row in BTC] == [D(0), D(50), D(1300), D(16300), D(266300), D(1266300), D(2516300)]
    for row in BTC[:-1]:
        assert row.cap is not None
        assert maintenance_of(BTC, row.cap) == maintenance_of(BTC, row.cap + D("1E-18")).quantize(D("1E-9"))
    assert bracket_of(BTC, D(50_000)).leverage == 125
    assert bracket_of(BTC, D("50000.01")).leverage == 100


# The examples of "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts": BTCUSDT 109.488 long from
# 32,481.98 and ETHUSDT 3,683.979 long from 1,456.84, wallet 1,535,443.01, marks 31,967.27 and 1,335.18.
@pytest.mark.parametrize(
    ("quantity", "entry", "rate", "amount", "other_due", "other_profit", "expected"),
    [
        ("109.488", "32481.98", "0.025", "16300", "356512.508", "-448192.89", "26316.89"),
        ("3683.979", "1456.84", "0.10", "135365", "71200.81144", "-56354.57", "1153.26"),
        ("3683.979", "1456.84", "0.10", "135365", "0", "0", "1114.78"),
        ("109.488", "32481.98", "0.025", "16300", "0", "0", "18778.73"),
    ],
)
def test_liquidation_prices_of_the_published_examples(quantity, entry, rate, amount, other_due, other_profit, expected):
    price = published_liquidation_price(
        [(leg(quantity, entry), D(rate), D(amount))],
        wallet=D("1535443.01"),
        other_maintenance=D(other_due),
        other_profit=D(other_profit),
    )
    assert price is not None
    assert price.quantize(D("0.01")) == D(expected)


def test_the_figures_between_in_the_published_example():
    eth = (Bracket(D(0), None, 10, D("0.10"), D(135365)),)
    other = leg("3683.979", "1456.84", eth)
    assert maintenance_margin(other, D("1335.18")).quantize(D("0.001")) == D("356512.508")
    assert unrealised(other, D("1335.18")).quantize(D("0.01")) == D("-448192.89")
    assert maintenance_margin(leg("109.488", "32481.98"), D("31967.27")).quantize(D("0.00001")) == D("71200.81144")
    # The search finds the same price by itself: its tier holds there.
    found = liquidation_price(
        [leg("109.488", "32481.98")],
        wallet=D("1535443.01"),
        mark=D("31967.27"),
        other_maintenance=D("356512.508"),
        other_profit=D("-448192.89"),
    )
    assert found is not None
    assert found.quantize(D("0.01")) == D("26316.89")


def test_hand_computed_isolated_long_and_short():
    # 1 at 10,000, 10 times: wallet 1,000; long: (1000 − 10000) ÷ (0.004 − 1); short: (1000 + 10000) ÷ (0.004 + 1).
    assert initial_margin(leg(1, 10_000), D(10_000), 10) == D(1_000)
    long = isolated_liquidation_price(leg(1, 10_000), wallet=D(1_000), mark=D(10_000))
    short = isolated_liquidation_price(leg(-1, 10_000), wallet=D(1_000), mark=D(10_000))
    assert long is not None
    assert short is not None
    assert (long.quantize(D("0.0001")), short.quantize(D("0.0001"))) == (D("9036.1446"), D("10956.1753"))
    assert isolated_liquidation_price(leg(1, 10_000), wallet=D(10_000), mark=D(10_000)) is None


def test_profit_return_and_funding():
    assert unrealised(leg("-0.5", 60_000), D(58_000)) == D(1_000)
    assert return_percent(D(50), D(-200)) == D(25)
    assert return_percent(D(50), D(0)) is None
    assert funding_payment(D("0.5"), D(60_000), D("0.0001")) == D(-3)
    assert funding_payment(D("-0.5"), D(60_000), D("0.0001")) == D(3)
    assert funding_payment(D("0.5"), D(60_000), D("-0.0001")) == D(3)


QUANTITY = st.decimals("0.001", "500", places=3)
PRICE = st.decimals("100", "90000", places=2)
SIGN = st.sampled_from([1, -1])


@given(QUANTITY, SIGN, PRICE, st.integers(1, 125), st.decimals("-0.2", "0.2", places=3))
def test_at_the_liquidation_price_balance_is_maintenance(quantity, sign, entry, leverage, profit):
    position = leg(quantity * sign, entry)
    wallet = initial_margin(position, entry, leverage)
    mark = entry * (1 + sign * profit)
    price = isolated_liquidation_price(position, wallet=wallet, mark=mark)
    if price is None:
        assert sign > 0  # a long whose wallet pays for all of it
        return
    pool = MarginAccount(wallet, ((position, price),))
    assert abs(pool.balance - pool.maintenance) < D("1E-20") * pool.maintenance.max(D(1))


@given(
    st.tuples(QUANTITY, PRICE),
    st.tuples(QUANTITY, PRICE),
    st.tuples(QUANTITY, SIGN, PRICE, PRICE),
    PRICE,
    st.decimals("1000", "9000000", places=2),
)
def test_cross_and_hedge_mode_at_the_liquidation_price(long, short, other, mark, wallet):
    legs = [leg(long[0], long[1]), leg(-short[0], short[1])]
    far = leg(other[0] * other[1], other[2])
    due, profit = maintenance_margin(far, other[3]), unrealised(far, other[3])
    price = liquidation_price(legs, wallet=wallet, mark=mark, other_maintenance=due, other_profit=profit)
    assume(price is not None)
    assert price is not None  # what a type checker does not read from the line above
    pool = MarginAccount(wallet, (*((each, price) for each in legs), (far, other[3])))
    assert abs(pool.balance - pool.maintenance) < D("1E-15") * pool.maintenance.max(D(1))


def test_states_and_stages():
    assert [state_of(D(each)) for each in ("49.9", 50, 80, 100)] == list(MarginState)
    assert due_stage(D(74), 0) is None
    first, third = due_stage(D(75), 0), due_stage(D(95), 1)
    assert first is not None
    assert first.number == 1
    assert due_stage(D(80), 1) is None
    assert third is not None
    assert third.number == 3
    assert MarginAccount(D(-1), ((leg(1, 100), D(100)),)).ratio == 1_000
    assert MarginAccount(D(10), ()).ratio == 0


def test_a_reduction_by_hand():
    # 10 long from 100 at 100, rate 2.5 %: due 25, wallet 30: ratio 83.33 %.
    # Until 60 %: (10 − x) × 2.5 ≤ 0.6 × (30 − 0.1x).
    pool = MarginAccount(D(30), ((leg(10, 100, FLAT), D(100)),))
    plan = plan_reduction(pool, D(60), steps=[D("0.1")])
    assert [(row.index, row.quantity) for row in plan] == [(0, D("2.9"))]
    assert closed(pool, 0, D("2.9"), D("0.001")).ratio <= 60 < closed(pool, 0, D("2.8"), D("0.001")).ratio


@given(
    st.lists(st.tuples(QUANTITY, SIGN, PRICE, st.decimals("-0.3", "0.3", places=3)), min_size=1, max_size=4),
    st.decimals("1", "200", places=1),
    st.sampled_from(DEFAULT_STAGES),
)
def test_a_reduction_never_flips_and_reaches_its_aim_or_closes_all(rows, percent, stage):
    legs = tuple((leg(q * sign, entry), entry * (1 + move)) for q, sign, entry, move in rows)
    bare = MarginAccount(D(0), legs)
    pool = MarginAccount(bare.maintenance * 100 / percent - bare.profit, legs)
    plan = plan_reduction(pool, stage.until, steps=[D("0.001")] * len(legs))
    assert len({row.index for row in plan}) == len(plan)
    after = pool
    for row in plan:
        assert 0 < row.quantity <= abs(legs[row.index][0].quantity)
        after = closed(after, row.index, row.quantity, D("0.001"))
    assert after.ratio <= stage.until or all(not each.quantity for each, _ in after.legs)
    if pool.ratio <= stage.until:
        assert plan == ()


BAND = HedgeBand(D(-1), D(1), D(0), D("0.01"), D("0.05"), D(100))


@pytest.mark.parametrize(
    ("exposure", "hedged", "expected"),
    [(1, 0, 0), ("1.5", 0, "-1.5"), ("1.509", 0, "-1.5"), (5, "-5.5", 0), (5, "-6.2", "1.2"), (500, 0, -100)],
)
def test_hedge_decisions(exposure, hedged, expected):
    assert decide_hedge(BAND, exposure=D(exposure), hedged=D(hedged)).quantity == D(expected)


@given(st.decimals("-90", "90", places=4), st.decimals("-90", "90", places=2), st.sampled_from(["1", "0.001", "10"]))
def test_a_carried_out_hedge_does_not_fire_again(exposure, hedged, per_unit):
    band = HedgeBand(D(-1), D(1), D("0.2"), D("0.01"), D("0.05"), D(1_000_000), D(per_unit))
    first = decide_hedge(band, exposure=exposure, hedged=hedged)
    again = decide_hedge(band, exposure=exposure, hedged=hedged + first.quantity)
    assert again.quantity == 0 or (first.after == again.before and abs(first.after) < abs(first.before))
    assert abs(first.after - band.target) <= abs(first.before - band.target)


def test_a_band_that_could_swing_is_refused():
    with pytest.raises(ValueError, match="band"):
        HedgeBand(D(1), D(0), D(0), D(1), D(1), D(1))
