"""FIFO and average cost against a brute-force oracle: unit by unit, in fractions, over random histories."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.instruments import Side
from kernel.lots import PositionState, apply_fill, cost_basis

STEP = Fraction(1, 10**18)


class Oracle:
    """A queue of single milli-units, each with its price: what FIFO means. Average cost beside it, in fractions."""

    def __init__(self):
        self.units, self.sign = [], 0
        self.fifo = self.average = self.cost = self.flow = self.fees = Fraction(0)

    def fill(self, side, thousandths, price, fee):
        sign = 1 if side is Side.BUY else -1
        price = Fraction(price)
        self.flow -= sign * price * thousandths / 1_000
        self.fees += Fraction(fee)
        for _ in range(thousandths):
            if self.units and self.sign == -sign:
                opened = self.units.pop(0)
                share = self.cost / (len(self.units) + 1)
                self.fifo += self.sign * (price - opened) / 1_000
                self.average += self.sign * price / 1_000 - share
                self.cost -= share
            else:
                self.units.append(price)
                self.sign = sign
                self.cost += sign * price / 1_000

    @property
    def quantity(self):
        return Fraction(self.sign * len(self.units), 1_000)

    def basis(self):
        return self.sign * sum(self.units, Fraction(0)) / 1_000


FILLS = st.lists(
    st.tuples(
        st.sampled_from(list(Side)),
        st.integers(1, 60),
        st.decimals("0.01", "70000", places=2),
        st.decimals("-0.5", "3", places=6),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(FILLS, st.decimals("0.01", "70000", places=2))
def test_lots_equal_a_unit_by_unit_oracle(fills, mark):
    state, oracle = PositionState(), Oracle()
    for side, thousandths, price, fee in fills:
        state, _ = apply_fill(state, side, Decimal(thousandths).scaleb(-3), price, fee)
        oracle.fill(side, thousandths, price, fee)
        slack = STEP * len(fills)
        assert Fraction(state.quantity) == oracle.quantity
        assert Fraction(state.realised_fifo) == oracle.fifo
        assert Fraction(cost_basis(state)) == oracle.basis()
        assert [Fraction(lot.price) for lot in state.lots] == _runs(oracle.units, state)
        assert abs(Fraction(state.realised_average) - oracle.average) <= slack
        assert abs(Fraction(state.cost) - oracle.cost) <= slack
        assert Fraction(state.cash_flow) == oracle.flow
        assert Fraction(state.fees) == oracle.fees
    assert Fraction(state.unrealised_fifo(mark)) == oracle.quantity * Fraction(mark) - oracle.basis()


def _runs(units, state):
    """Prices of the oracle's units where each of the state's lots begins."""
    starts, at = [], 0
    for lot in state.lots:
        starts.append(units[at])
        at += int(lot.quantity * 1_000)
    assert at == len(units)
    return starts


def test_a_table_by_hand():
    """Long, added to, partly closed, flipped short, added to, closed: every figure written out."""
    table = [
        # side, quantity, price, → quantity, FIFO so far, average so far, cost (average)
        ("buy", "2", "100", "2", "0", "0", "200"),
        ("buy", "2", "120", "4", "0", "0", "440"),
        ("sell", "1", "130", "3", "30", "20", "330"),  # FIFO 130 − 100; average 130 − 110
        ("sell", "2", "90", "1", "-10", "-20", "110"),  # FIFO (90 − 100) + (90 − 120); average 2 × (90 − 110)
        ("sell", "3", "150", "-2", "20", "20", "-300"),  # closes 1: FIFO +30, average +40; 2 short at 150
        ("sell", "1", "180", "-3", "20", "20", "-480"),
        ("buy", "2", "140", "-1", "40", "60", "-160"),  # FIFO 2 × (150 − 140); average 2 × (160 − 140)
        ("buy", "1", "200", "0", "20", "20", "0"),  # FIFO 180 − 200; average 160 − 200
    ]
    state = PositionState()
    for side, quantity, price, held, fifo, average, cost in table:
        state, _ = apply_fill(state, Side(side), Decimal(quantity), Decimal(price), Decimal(0))
        found = (state.quantity, state.realised_fifo, state.realised_average, state.cost)
        assert found == (Decimal(held), Decimal(fifo), Decimal(average), Decimal(cost))
    assert state.cash_flow == state.realised_fifo == state.realised_average
