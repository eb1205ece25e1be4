"""Netting through zero, the cash-flow identity to the last digit, allocation and strict parsing."""

from decimal import Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.instruments import Side
from kernel.lots import Lot, PositionState, apply_fill, cost_basis
from kernel.money import InvalidAmountError, allocate, parse_decimal

QUANTITIES = st.decimals("0.00000001", "999999.99999999", places=8)
PRICES = st.decimals("0.00000001", "9999999.99999999", places=8)
FILLS = st.lists(
    st.tuples(st.sampled_from(list(Side)), QUANTITIES, PRICES, st.decimals("-1", "9", places=12)), max_size=25
)


def run(fills):
    state = PositionState()
    for side, quantity, price, fee in fills:
        state, _ = apply_fill(state, Side(side), Decimal(quantity), Decimal(price), Decimal(fee))
    return state


@given(FILLS, PRICES)
def test_realised_and_unrealised_are_the_cash_flow_to_the_last_digit(fills, mark):
    state, fifo, average, fees, flow, held = (
        PositionState(),
        Fraction(0),
        Fraction(0),
        Fraction(0),
        Fraction(0),
        Fraction(0),
    )
    for side, quantity, price, fee in fills:
        state, realised = apply_fill(state, side, quantity, price, fee)
        sign = 1 if side is Side.BUY else -1
        held += sign * Fraction(quantity)
        flow -= sign * Fraction(quantity) * Fraction(price)
        fifo, average = fifo + Fraction(realised.fifo), average + Fraction(realised.average)
        fees += Fraction(realised.fee)
        assert sum(Fraction(match.profit) for match in realised.matches) == Fraction(realised.fifo)
    total = flow + held * Fraction(mark)
    assert (Fraction(state.quantity), Fraction(state.cash_flow), Fraction(state.fees)) == (held, flow, fees)
    assert (Fraction(state.realised_fifo), Fraction(state.realised_average)) == (fifo, average)
    assert Fraction(state.realised_fifo) + Fraction(state.unrealised_fifo(mark)) == total
    assert Fraction(state.realised_average) + Fraction(state.unrealised_average(mark)) == total


@given(FILLS)
def test_lots_add_up_to_the_position_and_both_methods_end_alike(fills):
    state = run(fills)
    assert sum(Fraction(lot.quantity) for lot in state.lots) == abs(Fraction(state.quantity))
    assert all(lot.quantity > 0 for lot in state.lots)
    if state.quantity:
        side = Side.SELL if state.quantity > 0 else Side.BUY
        state, _ = apply_fill(state, side, state.quantity.copy_abs(), Decimal("7.7"), Decimal(0))
    assert (state.quantity, state.lots, state.cost, cost_basis(state)) == (0, (), 0, 0)
    assert state.realised_fifo == state.realised_average == state.cash_flow


def test_first_in_first_out_by_hand():
    state = run([("buy", "1", "100", "0.1"), ("buy", "2", "110", "0.2")])
    assert state.average_price(Decimal("0.01")) == Decimal("106.67")
    state, realised = apply_fill(state, Side.SELL, Decimal("1.5"), Decimal("120"), Decimal("0.3"))
    assert [(match.quantity, match.open_price) for match in realised.matches] == [(1, 100), (Decimal("0.5"), 110)]
    assert (realised.fifo, realised.average, realised.fee) == (25, 20, Decimal("0.3"))
    assert state.lots == (Lot(Decimal("1.5"), Decimal("110")),)
    assert state.fees == Decimal("0.6")


def test_a_fill_nets_through_zero_into_a_short():
    state = run([("buy", "1", "100", "0"), ("sell", "3", "90", "0")])
    assert (state.quantity, state.lots, state.realised_fifo) == (-2, (Lot(Decimal(2), Decimal(90)),), -10)
    assert state.average_price() == 90
    assert state.unrealised_fifo(Decimal(80)) == 20
    state, realised = apply_fill(state, Side.BUY, Decimal("0.5"), Decimal(70), Decimal(0))
    assert (realised.fifo, realised.average) == (10, 10)


@pytest.mark.parametrize(("quantity", "price"), [("-1", "1"), ("1", "0"), ("NaN", "1"), ("1", "Infinity")])
def test_an_impossible_fill_is_refused(quantity, price):
    with pytest.raises(ValueError):
        apply_fill(PositionState(), Side.BUY, Decimal(quantity), Decimal(price), Decimal(0))


def test_a_fill_whose_fee_took_it_all_counts_only_its_fee():
    before = run([("buy", "1", "100", "0")])
    after, realised = apply_fill(before, Side.BUY, Decimal(0), Decimal(90), Decimal("0.9"))
    assert (after.quantity, after.lots, after.cost, after.cash_flow) == (1, before.lots, 100, -100)
    assert (after.fees, realised.fee, realised.fifo, realised.matches) == (Decimal("0.9"), Decimal("0.9"), 0, ())


def test_more_digits_than_the_default_context_are_kept():
    state = run([("buy", "1.000000000000000000000000000000001", "3", "0")])
    assert state.cash_flow == Context(prec=60).create_decimal("-3.000000000000000000000000000000003")


WEIGHTS = st.lists(st.decimals("0", "1000", places=3), min_size=1, max_size=12).filter(any)


@given(st.integers(-(10**15), 10**15), WEIGHTS, st.sampled_from(["0.01", "0.00000001", "1", "0.5"]))
def test_allocation_loses_nothing_and_is_fair_to_a_quantum(units, weights, quantum):
    total, step = Fraction(units) * Fraction(quantum), Fraction(quantum)
    parts = allocate(Decimal(quantum) * units, weights, Decimal(quantum))
    assert sum(Fraction(part) for part in parts) == total
    whole = sum(Fraction(weight) for weight in weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part) - total * Fraction(weight) / whole) < step
        assert (Fraction(part) / step).denominator == 1


def test_equal_remainders_go_to_the_earlier_weight():
    one = Decimal(1)
    assert allocate(Decimal("0.05"), [one, one, one], Decimal("0.01")) == [
        Decimal("0.02"),
        Decimal("0.02"),
        Decimal("0.01"),
    ]


@pytest.mark.parametrize(
    ("total", "weights", "quantum"),
    [("1", ["0", "0"], "1"), ("1", ["-1", "2"], "1"), ("0.5", ["1"], "1"), ("1", ["1"], "0")],
)
def test_an_impossible_allocation_is_refused(total, weights, quantum):
    with pytest.raises(ValueError):
        allocate(Decimal(total), [Decimal(weight) for weight in weights], Decimal(quantum))


REFUSED = ["1_000", "NaN", "Infinity", "-inf", "", " 1", "1 ", "1,5", "0x10", "١٢", "１", "1e99999", "1e21", "1e-19"]


@pytest.mark.parametrize("text", [*REFUSED, "--1", ".", "9" * 21, "9" * 70, "0." + "1" * 19])
def test_text_that_is_no_plain_number_is_refused(text):
    with pytest.raises(InvalidAmountError):
        parse_decimal(text)


@pytest.mark.parametrize("value", [1.0, True, None, b"1", [], Decimal("NaN"), Decimal("sNaN"), 10**80])
def test_values_of_other_types_are_refused(value):
    with pytest.raises(InvalidAmountError):
        parse_decimal(value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "1"),
        ("-0.10", "-0.1"),
        ("+.5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("0e9", "0"),
        ("2.5" + "0" * 20, "2.5"),
    ],
)
def test_plain_numbers_are_read_exactly(text, number):
    assert parse_decimal(text) == Decimal(number)
