"""Yield: exact interest by the day, tiers and dated rates, back-filling, locks, capacity, closing, four eyes."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core import relay
from apps.core.actors import Actor
from apps.core.clock import freeze
from apps.core.models import Timer
from apps.finance.ledger.choices import AccountKind, JournalKind, Mode
from apps.finance.ledger.models import Journal
from apps.finance.ledger.operations import close_period
from apps.finance.ledger.queries import sum_of_kind
from apps.finance.wallets.choices_earning import DayCount
from apps.finance.wallets.errors_earning import (
    PositionMissing,
)
from apps.finance.wallets.models import Accrual, AccrualRun, YieldPosition, YieldProduct, YieldRate
from apps.finance.wallets.operations import (
    accrue_again,
    accrue_yield,
    open_yield_position,
    rearm_earning,
    redeem_yield_position,
)
from apps.finance.wallets.queries_earning import get_yield_position, list_accruals
from apps.platform.notifications.models import InboxItem
from tests.apps.finance.wallets.earning_ground import (
    DAY,
    SYSTEM,
    D,
    at,
    check_books,
    free,
    fund,
    inside,
    nothing_changes,
    pass_days,
    run_timers,
    yield_product,
)
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db


def enter(user: Any, product: YieldProduct, amount: str, **more: Any) -> YieldPosition:
    return open_yield_position(actor=Actor.of(user), product_id=product.pk, amount=D(amount), **more)


def redeem(user: Any, position: YieldPosition) -> YieldPosition:
    return redeem_yield_position(actor=Actor.of(user), position_id=position.pk)


def rows(position: YieldPosition) -> list[tuple[date, Decimal, Decimal, Decimal, Decimal]]:
    found = Accrual.objects.filter(position=position).order_by("day")
    return list(found.values_list("day", "principal", "rate", "amount", "remainder"))


def accrue_all(product: YieldProduct) -> int:
    written = 0
    while step := accrue_yield(actor=SYSTEM, product_id=product.pk):
        written += step
    return written


def test_interest_is_exact_to_the_last_digit_and_paid_into_the_wallet(customer: Any) -> None:
    product = yield_product()
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "1000")
        position = enter(customer, product, "1000")
    assert (free(customer, "USDT"), inside(customer, AccountKind.EARN)) == (D(0), D(1000))
    pass_days("2025-01-02", "2025-01-04")
    # 1000 × 0.05 ÷ 365 = 0.136986301369…; the rest of each day is carried.
    assert [(day.day, amount) for day, _, _, amount, _ in rows(position)] == [
        (2, D("0.13698630")),
        (3, D("0.13698630")),
    ]
    pass_days("2025-01-05", "2025-01-10")
    amounts = [amount for _, _, _, amount, _ in rows(position)]
    assert len(amounts) == 8
    exact = Fraction(1000) * Fraction("0.05") * 8 / 365
    assert sum(amounts) == D(exact.numerator * 10**8 // exact.denominator).scaleb(-8) == D("1.09589041")
    assert free(customer, "USDT") == D("1.09589041")
    assert sum_of_kind(AccountKind.INTEREST, "USDT") == D("1.09589041")
    journal = Journal.objects.get(key=f"accrual:{Accrual.objects.filter(position=position).earliest('day').pk}")
    assert (journal.kind, journal.effective_at, journal.subject_id) == ("interest", at("2025-01-03"), position.pk)
    check_books()


def test_a_year_pays_the_rate_of_the_year(customer: Any) -> None:
    product = yield_product()
    with freeze(at("2024-12-31 15:00")):
        fund(customer, "USDT", "1000")
        position = enter(customer, product, "1000")
    with freeze(at("2026-01-01 00:05")):
        assert accrue_all(product) == 365
    assert sum(amount for _, _, _, amount, _ in rows(position)) == D(50)
    assert rows(position)[-1][4] == 0


@pytest.mark.parametrize("day_count", list(DayCount))
@pytest.mark.parametrize("compounds", [False, True])
def test_400_days_made_up_are_the_days_run_daily(customer: Any, day_count: DayCount, compounds: bool) -> None:
    rates = (
        ("2023-06-01", (("0", "0.0437"), ("1000.5", "0.0611"))),
        ("2023-12-24", (("0", "0.071"),)),
        ("2024-05-05", (("0", "0"), ("900", "0.123456789012"))),
    )
    daily, late = (yield_product(*rates, day_count=day_count, compounds=compounds) for _ in range(2))
    with freeze(at("2023-06-15 15:00")):
        fund(customer, "USDT", "1999")
        first, second = (enter(customer, product, "999.123457") for product in (daily, late))
    day = at("2023-06-16 00:00")
    for _ in range(400):
        day += DAY
        # Day by day where it compounds by actual/365; the others catch up every 40 days.
        if (day - at("2023-06-16")).days % 40 == 0 or (compounds and day_count is DayCount.ACT_365):
            with freeze(day + timedelta(minutes=1)):
                accrue_all(daily)
    with freeze(day + timedelta(hours=7)):
        assert accrue_all(late) == 400
        assert accrue_all(late) == accrue_all(daily) == 0
    assert rows(first) == rows(second)
    assert len(rows(first)) == 400
    assert {rate for _, _, rate, _, _ in rows(first)} == (
        {D("0.0437"), D("0.0611"), D("0.071"), D("0.123456789012")} if compounds
        else {D("0.0437"), D("0.071"), D("0.123456789012")}
    )  # fmt: skip
    assert [run.amount for run in AccrualRun.objects.filter(product=daily).order_by("day")] == [
        run.amount for run in AccrualRun.objects.filter(product=late).order_by("day")
    ]
    check_books()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amount=st.decimals(min_value="1", max_value="5000000", places=8),
    rates=st.lists(st.decimals(min_value="0", max_value="2", places=12), min_size=1, max_size=4),
    gaps=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    compounds=st.booleans(),
)
def test_however_the_days_are_grouped_the_rows_are_the_same(
    customer: Any, amount: Decimal, rates: list[Decimal], gaps: list[int], compounds: bool
) -> None:
    tables = [((date(2025, 1, 1) + 5 * place * DAY).isoformat(), (("0", str(r)),)) for place, r in enumerate(rates)]
    daily, grouped = (yield_product(*tables, compounds=compounds) for _ in range(2))
    with freeze(at("2025-01-01 12:00")):
        fund(customer, "USDT", str(2 * amount))
        first, second = (enter(customer, product, str(amount)) for product in (daily, grouped))
    day = at("2025-01-02 00:00")
    for gap in gaps:
        for _ in range(gap):
            day += DAY
            with freeze(day):
                assert accrue_all(daily) == 1
        with freeze(day):
            assert accrue_all(grouped) == gap
    assert rows(first) == rows(second)
    check_books()


def test_a_rate_change_holds_from_its_day(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)), ("2025-01-04", (("0", "0.73"),)))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "100")
        position = enter(customer, product, "100")
    with freeze(at("2025-01-06 00:05")):
        run_timers()
    assert [(day.day, rate, amount) for day, _, rate, amount, _ in rows(position)] == [
        (2, D("0.365"), D("0.1")),
        (3, D("0.365"), D("0.1")),
        (4, D("0.73"), D("0.2")),
        (5, D("0.73"), D("0.2")),
    ]


def test_the_tier_of_the_amount_is_the_rate_of_all_of_it(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.0365"), ("1000", "0.073"))))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "1999.99999999")
        small, large = enter(customer, product, "999.99999999"), enter(customer, product, "1000")
    with freeze(at("2025-01-03 00:05")):
        run_timers()
    assert [rows(small)[0][2], rows(large)[0][2]] == [D("0.0365"), D("0.073")]
    assert [rows(small)[0][3], rows(large)[0][3]] == [D("0.09999999"), D("0.2")]


def test_compound_interest_stays_in_and_earns(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)), compounds=True)
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "1000")
        position = enter(customer, product, "1000")
    with freeze(at("2025-01-05 00:05")):
        run_timers()
        assert [row[1] for row in rows(position)] == [D(1000), D(1001), D("1002.001")]
        assert inside(customer, AccountKind.EARN) == D("1003.003001")
        assert free(customer, "USDT") == D(0)
        closed = redeem(customer, position)
    assert (closed.state, closed.paid_out) == ("closed", D("1003.003001"))
    assert free(customer, "USDT") == D("1003.003001")
    check_books()


def test_the_day_of_opening_and_the_day_of_closing_earn_nothing(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)))
    with freeze(at("2025-01-01 00:00")):
        fund(customer, "USDT", "200")
        same_day, next_days = enter(customer, product, "100"), enter(customer, product, "100")
    with freeze(at("2025-01-01 23:59")):
        assert redeem(customer, same_day).paid_out == D(100)
    with freeze(at("2025-01-04 23:59")):
        closed = redeem(customer, next_days)
    assert rows(same_day) == []
    assert [row[0].day for row in rows(next_days)] == [2, 3]
    assert (closed.paid_out, free(customer, "USDT")) == (D(100), D("200.2"))
    with freeze(at("2025-01-09 00:05")):
        run_timers()
    assert len(rows(next_days)) == 2
    check_books()


def test_closed_while_accruals_are_behind_pays_every_full_day_once(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "100")
        position = enter(customer, product, "100")
    with freeze(at("2025-01-11 15:00")):
        redeem(customer, position)
        assert redeem(customer, position).state == "closed"
        run_timers()
    assert [row[0].day for row in rows(position)] == list(range(2, 11))
    assert free(customer, "USDT") == D("100.9")
    check_books()


def test_a_lock_pays_out_when_it_ends_and_not_a_day_more(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)), lock_days=3)
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "200")
        asked, kept = enter(customer, product, "100"), enter(customer, product, "100")
    assert asked.unlocks_at == at("2025-01-05")
    with freeze(at("2025-01-02 15:00")):
        waiting = redeem(customer, asked)
        assert (waiting.state, waiting.last_day) == ("redeeming", date(2025, 1, 4))
        assert redeem(customer, asked).state == "redeeming"
    # The product stands still over the end of the lock.
    with freeze(at("2025-01-08 00:05")):
        run_timers()
        relay.drain()
    asked.refresh_from_db()
    assert (asked.state, asked.paid_out) == ("closed", D(100))
    assert [row[0].day for row in rows(asked)] == [2, 3, 4]
    assert [row[0].day for row in rows(kept)] == [2, 3, 4, 5, 6, 7]
    item = InboxItem.objects.get(owner_id=customer.pk, topic="wallets.earning_ended")
    assert item.params == {"family": "yield", "asset": "USDT", "amount": "100"}
    with freeze(at("2025-01-08 12:00")):
        assert redeem(customer, kept).state == "closed"
    assert free(customer, "USDT") == D("200.9")
    check_books()


def test_what_waits_to_be_paid_out_keeps_nobody_from_accruing(customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.finance.wallets.operations.earning.BATCH", 1)
    product = yield_product(("2025-01-01", (("0", "0.365"),)), lock_days=1)
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "200")
        first, second = enter(customer, product, "100"), enter(customer, product, "100")
        redeem(customer, first)
    with freeze(at("2025-01-05 00:05")):
        assert accrue_all(product) == 1 + 3
    assert ([row[0].day for row in rows(first)], [row[0].day for row in rows(second)]) == ([2], [2, 3, 4])


def test_a_closed_period_of_the_books_moves_only_when_the_interest_counts(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "100")
        position = enter(customer, product, "100")
    with freeze(at("2025-01-05 10:00")):
        close_period(actor=SYSTEM, until=at("2025-01-04"), reason="test")
        run_timers()
    assert [row[0].day for row in rows(position)] == [2, 3, 4]
    interest = Journal.objects.filter(kind=JournalKind.INTEREST, book="wallet").order_by("id")
    assert [row.effective_at for row in interest] == [at("2025-01-05 10:00"), at("2025-01-04"), at("2025-01-05")]


def test_a_position_is_its_owners_alone(customer: Any, other_customer: Any) -> None:
    fund(customer, "USDT", "10")
    position = enter(customer, yield_product(), "10")
    with nothing_changes():
        with pytest.raises(PositionMissing):
            redeem(other_customer, position)
        with pytest.raises(PositionMissing):
            get_yield_position(position.pk, owner_id=other_customer.pk)
        with pytest.raises(PositionMissing):
            list_accruals(position.pk, owner_id=other_customer.pk)


def test_paper_positions_earn_paper(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)), capacity=D(100))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "100")
        fund(customer, "USDT", "100", mode=Mode.PAPER)
        enter(customer, product, "100")
        enter(customer, product, "100", mode=Mode.PAPER)
    with freeze(at("2025-01-03 00:05")):
        run_timers()
    assert (free(customer, "USDT"), free(customer, "USDT", mode=Mode.PAPER)) == (D("0.1"), D("0.1"))
    assert sorted(AccrualRun.objects.values_list("mode", "positions", "principal", "amount")) == [
        ("live", 1, D(100), D("0.1")),
        ("paper", 1, D(100), D("0.1")),
    ]
    check_books()


def test_dust_accrues_nothing_until_it_adds_up(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)), minimum=D("0.00000001"))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "0.00000400")
        position = enter(customer, product, "0.00000400")
    with freeze(at("2025-01-07 00:05")):
        run_timers()
    # 400 units × 0.001 a day = 0.4 of a unit.
    assert [row[3] for row in rows(position)] == [D(0), D(0), D("0.00000001"), D(0), D("0.00000001")]
    assert Journal.objects.filter(kind=JournalKind.INTEREST, book="wallet").count() == 2
    check_books()


def test_the_run_goes_on_by_itself_and_staff_may_start_it_again(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "100")
        position = enter(customer, product, "100")
    pass_days("2025-01-02", "2025-01-04")
    staff = make_staff("fin@example.test", role="finance")
    Timer.objects.filter(state="waiting").update(state="failed")
    with freeze(at("2025-01-07 10:00")):
        assert run_timers() == 0
        accrue_again(actor=Actor.of(staff), family="yield", product_id=product.pk, reason="the timer gave up")
        run_timers()
        assert [row[0].day for row in rows(position)] == [2, 3, 4, 5, 6]
        accrue_again(actor=Actor.of(staff), family="yield", product_id=product.pk, reason="once more")
        run_timers()
        assert len(rows(position)) == 5
    pass_days("2025-01-08", "2025-01-08")
    assert len(rows(position)) == 6
    Timer.objects.filter(state="waiting").update(state="failed")
    with freeze(at("2025-01-12 10:00")):
        assert rearm_earning(actor=SYSTEM) == 1
        run_timers()
    assert len(rows(position)) == 10
    with freeze(at("2025-01-12 10:00")):
        redeem(customer, position)
    pass_days("2025-01-13", "2025-01-14")
    assert not Timer.objects.filter(name="wallets.accrue", state="waiting").exists()


def test_many_positions_are_worked_off_in_steps(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "130")
        for _ in range(13):
            enter(customer, product, "10")
    with freeze(at("2025-04-11 00:05")):
        assert accrue_yield(actor=SYSTEM, product_id=product.pk) == 1000  # 10 of 13 positions, 99 days, and a part
        run_timers()
    assert Accrual.objects.count() == 13 * 99
    assert {run.positions for run in AccrualRun.objects.filter(product=product)} == {13}
    assert free(customer, "USDT") == D("0.01") * 13 * 99
    check_books()


def test_the_database_holds_it_all_whatever_stands_above(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "100")
        position = enter(customer, product, "100")
    with freeze(at("2025-01-03 00:05")):
        run_timers()
    row = Accrual.objects.get(position=position)
    facts = {"principal": D(100), "rate": D(0), "amount": D(0), "remainder": D(0)}
    for breach in (
        lambda: Accrual.objects.create(position=position, day=row.day, **facts),
        lambda: Accrual.objects.create(day=row.day, **facts),
        lambda: Accrual.objects.filter(pk=row.pk).update(amount=D(1)),
        lambda: Accrual.objects.filter(pk=row.pk).delete(),
        lambda: YieldRate.objects.filter(product=product).update(rate=D(1)),
        lambda: YieldProduct.objects.filter(pk=product.pk).update(lock_days=1),
        lambda: YieldProduct.objects.filter(pk=product.pk).update(compounds=True),
        lambda: YieldPosition.objects.filter(pk=position.pk).update(state="closed"),
        lambda: YieldPosition.objects.filter(pk=position.pk).update(amount=D(0)),
        lambda: YieldPosition.objects.filter(pk=position.pk).delete(),
        lambda: connection.cursor().execute("TRUNCATE wallets_accrual"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            breach()


def test_a_position_shows_what_it_earned(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)), compounds=True)
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "1000")
        position = enter(customer, product, "1000")
    with freeze(at("2025-01-04 00:05")):
        run_timers()
        view = get_yield_position(position.pk, owner_id=customer.pk)
    assert (view.amount, view.principal, view.earned, view.rate) == (D(1000), D("1002.001"), D("2.001"), D("0.365"))
    assert [(row.day.day, row.amount) for row in list_accruals(position.pk, owner_id=customer.pk)] == [
        (3, D("1.001")),
        (2, D(1)),
    ]
