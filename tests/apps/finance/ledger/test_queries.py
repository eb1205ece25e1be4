"""Balances in both times, pages of entries, the trial balance, statements."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.core.clock import freeze
from apps.finance.ledger import errors, queries
from apps.finance.ledger.choices import AccountKind, Book, Mode
from apps.finance.ledger.statements import (
    get_entry,
    get_statement,
    iterate_lines,
    list_lines,
    page_of_entries,
    sum_by_kind,
    sum_held_by_purpose,
)
from tests.apps.finance.ledger.ledger_ground import D, account_of, at, deposit, fee, hold, reward, transfer

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH, APRIL = (at(f"2026-0{month}-01") for month in range(1, 5))
DAY = timedelta(days=1)


@pytest.fixture
def history(customer: Any, other_customer: Any) -> Any:
    """100 on 10 January; −30 on 10 February; on 10 March: 5 from 20 January on, and a fee of 1 from 20 February on."""
    with freeze(at("2026-01-10")):
        deposit(customer, "100", "d1")
    with freeze(at("2026-02-10")):
        transfer(customer, other_customer, "30", "t1")
    with freeze(at("2026-03-10")):
        deposit(customer, "5", "d2", effective_at=at("2026-01-20"))
        fee(customer, "1", "f1", effective_at=at("2026-02-20"))
    return account_of(customer)


@pytest.mark.parametrize(
    ("effective", "booked", "balance"),
    [
        (None, None, "74"),
        (None, JANUARY, "0"),
        (None, at("2026-01-10"), "100"),
        (None, FEBRUARY, "100"),
        (None, MARCH, "70"),
        (None, APRIL, "74"),
        (JANUARY, None, "0"),
        (at("2026-01-10"), None, "100"),
        (FEBRUARY, None, "105"),
        (at("2026-02-10"), None, "75"),
        (MARCH, None, "74"),
        (JANUARY, APRIL, "0"),
        (FEBRUARY, FEBRUARY, "100"),
        (FEBRUARY, MARCH, "100"),
        (FEBRUARY, at("2026-03-10"), "105"),
        (MARCH, FEBRUARY, "100"),
        (MARCH, MARCH, "70"),
        (MARCH, APRIL, "74"),
        (APRIL, JANUARY, "0"),
    ],
)
def test_a_balance_in_both_times(history: Any, effective: datetime, booked: datetime, balance: str) -> None:
    assert queries.balance_at(history.pk, effective=effective, booked=booked) == D(balance)


def test_an_unknown_account_has_no_balance(history: Any, other_customer: Any) -> None:
    with pytest.raises(errors.AccountMissing):
        queries.balance_at(uuid4())
    with pytest.raises(errors.AccountMissing):
        queries.get_balance(history.pk, holder_id=other_customer.pk)


def test_entries_are_paged_by_version_and_filtered_by_what_counts(history: Any) -> None:
    first = queries.list_entries(history.pk, limit=3)
    assert [(row.version, row.amount, row.balance_after) for row in first] == [
        (4, D(-1), D(74)),
        (3, D(5), D(75)),
        (2, D(-30), D(70)),
    ]
    assert [row.version for row in queries.list_entries(history.pk, below=2)] == [1]
    january = queries.list_entries(history.pk, since=JANUARY, until=FEBRUARY)
    assert [(row.version, row.effective_at, row.booked_at) for row in january] == [
        (3, at("2026-01-20"), at("2026-03-10")),
        (1, at("2026-01-10"), at("2026-01-10")),
    ]


def test_pages_stay_as_they_are_while_entries_are_added(history: Any, customer: Any) -> None:
    first = page_of_entries(history, limit=2)
    deposit(customer, "1", "later")
    second = page_of_entries(history, below=first[-1].version, limit=2)
    assert [row.version for row in (*first, *second)] == [4, 3, 2, 1]
    bounded = page_of_entries(history, effective=FEBRUARY, booked=MARCH)
    assert [row.version for row in bounded] == [1]


def test_the_trial_balance_sums_to_zero_in_each_book_mode_and_asset(history: Any, customer: Any) -> None:
    deposit(customer, "0.5", "btc", asset="BTC")
    deposit(customer, "7", "paper", mode=Mode.PAPER)
    reward(customer, "0.00000001", "i1", asset="BTC")
    rows = queries.trial_balance()
    sums: dict[Any, Any] = {}
    for row in rows:
        place = (row.book, row.mode, row.asset)
        sums[place] = sums.get(place, D(0)) + row.debit - row.credit
    assert sums == {
        (Book.HOUSE, Mode.LIVE, "BTC"): 0,
        (Book.HOUSE, Mode.LIVE, "USDT"): 0,
        (Book.WALLET, Mode.LIVE, "BTC"): 0,
        (Book.WALLET, Mode.LIVE, "USDT"): 0,
        (Book.WALLET, Mode.PAPER, "USDT"): 0,
    }
    live = {row.kind: row for row in rows if (row.book, row.mode, row.asset) == ("wallet", "live", "USDT")}
    assert (live["customer"].accounts, live["customer"].debit, live["customer"].credit) == (2, D(31), D(135))
    assert live["customer"].balance == D(104)
    assert live["custody"].balance == D(105)
    assert live["wallet_clearing"].balance == D(1)


def test_the_trial_balance_of_a_day_counts_what_was_effective(history: Any) -> None:
    january = {row.kind: row.balance for row in queries.trial_balance(at=FEBRUARY)}
    assert january == {"customer": D(105), "custody": D(105)}
    assert queries.trial_balance(at=JANUARY) == []
    assert queries.sum_of_kind(AccountKind.CUSTODY, "USDT") == D(105)


def test_statements_go_by_booking_and_touch(history: Any) -> None:
    found = [
        get_statement(history, since=since, until=until)
        for since, until in ((JANUARY, FEBRUARY), (FEBRUARY, MARCH), (MARCH, APRIL))
    ]
    assert [(one.opening, one.incoming, one.outgoing, one.closing, one.lines) for one in found] == [
        (0, D(100), 0, D(100), 1),
        (D(100), 0, D(-30), D(70), 1),
        (D(70), D(5), D(-1), D(74), 2),
    ]
    assert [[row.version for row in iterate_lines(history, one)] for one in found] == [[1], [2], [3, 4]]
    assert [row.version for row in list_lines(history, found[2], kind="fee")] == [4]
    empty = get_statement(history, since=APRIL, until=APRIL + DAY)
    assert (empty.opening, empty.closing, empty.lines) == (D(74), D(74), 0)
    assert list(iterate_lines(history, empty)) == []


def test_a_past_statement_never_changes(history: Any, customer: Any) -> None:
    before = get_statement(history, since=JANUARY, until=FEBRUARY)
    with freeze(at("2026-03-20")):
        deposit(customer, "9", "late", effective_at=at("2026-01-05"))
    assert get_statement(history, since=JANUARY, until=FEBRUARY) == before


def test_clocks_of_two_processes_do_not_break_the_chain(customer: Any) -> None:
    """Version 2 was booked by a clock before that of version 1: the month's end lies between them."""
    with freeze(FEBRUARY):
        deposit(customer, "10", "a")
    with freeze(FEBRUARY - timedelta(microseconds=1)):
        deposit(customer, "5", "b")
    account = account_of(customer)
    january, february = (
        get_statement(account, since=since, until=until) for since, until in ((JANUARY, FEBRUARY), (FEBRUARY, MARCH))
    )
    assert (january.lines, january.closing, february.opening, february.lines) == (2, D(15), D(15), 0)


def test_movements_by_kind_and_what_is_held(history: Any, customer: Any) -> None:
    hold(customer, "20", "h1")
    hold(customer, "4", "h2")
    whole = get_statement(history, since=JANUARY, until=APRIL)
    found = {row.kind.value: (row.lines, row.incoming, row.outgoing) for row in sum_by_kind(history, whole)}
    assert found == {"deposit": (2, D(105), 0), "transfer": (1, 0, D(-30)), "fee": (1, 0, D(-1))}
    assert [(row.purpose, row.holds, row.amount) for row in sum_held_by_purpose(history)] == [("withdrawal", 2, D(24))]


def test_debit_accounts_are_shown_on_their_own_side(history: Any) -> None:
    from apps.finance.ledger.models import Account

    custody = Account.objects.get(kind="custody")
    statement = get_statement(custody, since=JANUARY, until=APRIL)
    assert (statement.incoming, statement.outgoing, statement.closing) == (D(105), 0, D(105))


def test_one_entry_with_what_stands_behind_it(history: Any) -> None:
    found = get_entry(history, 2)
    assert (found.balance_before, found.row.amount, found.row.balance_after) == (D(100), D(-30), D(70))
    assert (found.reversed_by, found.reverses) == (None, None)
    with pytest.raises(errors.EntryMissing):
        get_entry(history, 5)
