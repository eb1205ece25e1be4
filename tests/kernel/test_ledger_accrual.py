"""Interest by the day: what is booked is the exact sum, rounded down once."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.ledger import DayCount, Method, Position, Terms, accrue_day, accrue_days, days_between
from kernel.ledger.accrual import YEAR_PARTS
from kernel.money import InvalidAmountError

D = Decimal
BASIS = {DayCount.ACT_365: 365, DayCount.ACT_360: 360, DayCount.THIRTY_360: 360}
DATES = st.dates(date(1999, 12, 1), date(2032, 3, 1))
RATES = st.decimals("0", "3", places=12)
PRINCIPALS = st.decimals("0", "1e15", places=18)
QUANTA = st.integers(0, 18).map(lambda places: D((0, (1,), -places)))
COUNTS = st.sampled_from(list(DayCount))


def floor(value, quantum):
    return value // Fraction(quantum) * Fraction(quantum)


def run(position, start, days):
    return list(accrue_days(position, start, start + timedelta(days=days)))


@settings(deadline=None)
@given(PRINCIPALS, RATES, QUANTA, COUNTS, st.sampled_from(list(Method)), DATES, st.integers(1, 500))
def test_the_sum_of_the_days_is_the_exact_sum_rounded_down_once(principal, rate, quantum, count, method, start, days):
    exact, booked, balance = Fraction(0), Fraction(0), Fraction(principal)
    for day, position, amount in run(Position(principal, Terms(rate, quantum, count, method)), start, days):
        counted = days_between(count, day, day + timedelta(days=1))
        exact += balance * Fraction(rate) * counted / BASIS[count]
        booked += Fraction(amount)
        balance += Fraction(amount) if method is Method.COMPOUND else 0
        assert booked == floor(exact, quantum) == Fraction(position.booked)
        assert Fraction(position.carry) == (exact - booked) * YEAR_PARTS
        assert 0 <= position.carry < YEAR_PARTS * quantum
        assert (Fraction(amount) / Fraction(quantum)).denominator == 1
        assert len(position.carry.as_tuple().digits) <= 38
        assert int(position.carry.as_tuple().exponent) >= -30


CHANGES = st.lists(st.tuples(PRINCIPALS, RATES, COUNTS, st.integers(0, 40)), min_size=1, max_size=6)


@settings(deadline=None)
@given(CHANGES, QUANTA, DATES)
def test_changes_of_principal_rate_and_day_count_lose_nothing(changes, quantum, start):
    position, exact, day = Position(D(0), Terms(D(0), quantum)), Fraction(0), start
    for principal, rate, count, days in changes:
        position = replace(position, principal=principal, terms=Terms(rate, quantum, count))
        end = day + timedelta(days=days)
        for _day, after, _amount in accrue_days(position, day, end):
            position = after
        exact += Fraction(principal) * Fraction(rate) * days_between(count, day, end) / BASIS[count]
        day = end
    assert Fraction(position.booked) == floor(exact, quantum)


@settings(deadline=None)
@given(st.decimals("0", "1e9", places=6), st.decimals("0", "0.3", places=4), st.integers(0, 400), DATES)
def test_compound_interest_stays_within_a_part_of_a_quantum_of_the_closed_formula(principal, rate, days, start):
    quantum = D("0.000001")
    position = Position(principal, Terms(rate, quantum, DayCount.ACT_365, Method.COMPOUND))
    for _day, after, _amount in accrue_days(position, start, start + timedelta(days=days)):
        position = after
    growth = (1 + Fraction(rate) / 365) ** days - 1
    short = Fraction(principal) * growth - Fraction(position.booked) - Fraction(position.carry) / YEAR_PARTS
    assert 0 <= short <= Fraction(quantum) * growth


@given(PRINCIPALS, RATES, COUNTS, DATES, st.integers(0, 60), st.integers(0, 60))
def test_a_missed_run_is_made_up_with_the_same_amounts(principal, rate, count, start, before, missed):
    position = Position(principal, Terms(rate, D("0.00000001"), count, Method.COMPOUND))
    whole = run(position, start, before + missed)
    first = run(position, start, before)
    resumed = first[-1][1] if first else position
    # What a row keeps: the carry as text of the database.
    kept = replace(resumed, carry=D(f"{resumed.carry:.30f}"))
    later = run(kept, start + timedelta(days=before), missed)
    assert [item[2] for item in first + later] == [item[2] for item in whole]


@given(COUNTS, DATES, DATES, DATES)
def test_days_of_neighbouring_spans_add_up(count, one, two, three):
    first, middle, last = sorted((one, two, three))
    parts = (days_between(count, first, middle), days_between(count, middle, last))
    assert sum(parts) == days_between(count, first, last)
    assert min(parts) >= 0


@pytest.mark.parametrize(
    ("count", "start", "end", "days"),
    [
        (DayCount.ACT_365, date(2024, 2, 28), date(2024, 3, 1), 2),
        (DayCount.ACT_360, date(2023, 1, 1), date(2024, 1, 1), 365),
        (DayCount.THIRTY_360, date(2023, 1, 1), date(2024, 1, 1), 360),
        (DayCount.THIRTY_360, date(2023, 2, 28), date(2023, 3, 1), 3),
        (DayCount.THIRTY_360, date(2024, 2, 29), date(2024, 3, 1), 2),
        (DayCount.THIRTY_360, date(2023, 1, 30), date(2023, 1, 31), 0),
        (DayCount.THIRTY_360, date(2023, 1, 31), date(2023, 2, 1), 1),
        (DayCount.THIRTY_360, date(2023, 1, 31), date(2023, 3, 31), 60),
    ],
)
def test_days_by_hand(count, start, end, days):
    assert days_between(count, start, end) == days


@pytest.mark.parametrize(
    ("count", "method", "year", "interest"),
    [
        (DayCount.ACT_365, Method.SIMPLE, 2023, "50"),
        (DayCount.ACT_365, Method.SIMPLE, 2024, "50.136986"),
        (DayCount.ACT_360, Method.SIMPLE, 2023, "50.694444"),
        (DayCount.THIRTY_360, Method.SIMPLE, 2024, "50"),
        # 1000 × (1 + 0.05 ÷ 365)^365 − 1000 = 51.2674964…
        (DayCount.ACT_365, Method.COMPOUND, 2023, "51.267496"),
    ],
)
def test_a_year_at_five_per_cent_by_hand(count, method, year, interest):
    position = Position(D(1000), Terms(D("0.05"), D("0.000001"), count, method))
    *_, (_day, last, _amount) = accrue_days(position, date(year, 1, 1), date(year + 1, 1, 1))
    assert last.booked == D(interest)


def test_a_small_position_earns_when_its_carry_reaches_a_quantum():
    # 1 × 0.10 ÷ 365 = 0.000273…: a cent every 36.5 days.
    position = Position(D(1), Terms(D("0.10"), D("0.01")))
    amounts = [amount for _day, _position, amount in run(position, date(2023, 1, 1), 73)]
    assert [place for place, amount in enumerate(amounts, start=1) if amount] == [37, 73]
    assert sum(amounts) == D("0.02")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Terms(D("-0.01"), D("0.01")),
        lambda: Terms(D("0.0000000000001"), D("0.01")),
        lambda: Terms(0.05, D("0.01")),  # type: ignore[arg-type]
        lambda: Terms(D("NaN"), D("0.01")),
        lambda: Terms(D("0.05"), D("0.02")),
        lambda: Terms(D("0.05"), D("10")),
        lambda: Terms(D("0.05"), D("-0.01")),
        lambda: Position(D(-1), Terms(D("0.05"), D("0.01"))),
        lambda: Position(D(1), Terms(D("0.05"), D("0.01")), booked=D(-1)),
        lambda: Position(D(1), Terms(D("0.05"), D("0.01")), carry=D(-1)),
        lambda: Position(D(1), Terms(D("0.05"), D("0.01")), carry=D("NaN")),
    ],
)
def test_impossible_terms_and_positions_are_refused(wrong):
    with pytest.raises((ValueError, InvalidAmountError)):
        wrong()


def test_nothing_earns_nothing():
    position = Position(D(0), Terms(D("0.05"), D("0.01")))
    assert accrue_day(position, date(2023, 1, 1)) == (position, 0)
