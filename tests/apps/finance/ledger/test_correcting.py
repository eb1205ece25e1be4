"""Reversals are the exact opposite, adjustments go at the house's cost; both take two people and happen once."""

from typing import Any

import pytest

from apps.core import approvals
from apps.core.actors import Actor
from apps.core.models import Approval, AuditEvent
from apps.core.permissions import PermissionMissing
from apps.finance.ledger import errors
from apps.finance.ledger.choices import JournalKind, Mode
from apps.finance.ledger.models import Account, Journal
from apps.finance.ledger.operations import ask_for_adjustment, ask_for_reversal, freeze_account
from apps.finance.ledger.proofs import ledger_holds
from apps.finance.ledger.queries import sum_of_kind, trial_balance
from tests.apps.finance.ledger.ledger_ground import (
    SYSTEM,
    D,
    account_of,
    approve,
    deposit,
    fee,
    hold,
    person,
    picture,
    transfer,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker(db: None) -> Any:
    return person("finance")


@pytest.fixture
def checker(db: None) -> Any:
    return person("finance_approver")


def ask(maker: Any, journal: Journal, reason: str = "booked twice") -> Approval:
    return ask_for_reversal(actor=Actor.of(maker), journal_uid=journal.uid, reason=reason)


def correct(maker: Any, user: Any, amount: str, key: str = "k1") -> Approval:
    return ask_for_adjustment(
        actor=Actor.of(maker), account_id=account_of(user).pk, amount=D(amount), key=key, reason="goodwill"
    )


def legs(journal: Journal) -> dict[Any, Any]:
    return dict(journal.entries.values_list("account_id", "amount"))


def balances() -> list[Any]:
    return list(Account.objects.exclude(balance=0).values_list("kind", "balance"))


def refused(error: type[Exception], checker: Any, request: Approval) -> None:
    before = picture()
    with pytest.raises(error):
        approve(checker, request)
    assert picture() == before
    assert not request.votes.exists()


def test_a_reversal_is_the_exact_opposite(maker: Any, checker: Any, customer: Any, other_customer: Any) -> None:
    deposit(customer, "100", "d1")
    journal = transfer(customer, other_customer, "30.25", "t1")
    before = picture()
    request = ask(maker, journal)
    assert picture()[:5] == before[:5]
    approve(checker, request)
    made = Journal.objects.get(reverses=journal)
    assert legs(made) == {account: -amount for account, amount in legs(journal).items()}
    assert (made.kind, made.book, made.mode, made.subject_id) == (
        JournalKind.REVERSAL, journal.book, journal.mode, journal.subject_id,
    )  # fmt: skip
    assert made.actor_id == checker.pk
    assert account_of(customer).natural == D(100)
    assert account_of(other_customer).natural == 0
    assert AuditEvent.objects.get(operation="ledger.ask_for_reversal").actor_id == maker.pk
    assert ledger_holds() == []


def test_the_part_in_the_house_book_goes_back_too(maker: Any, checker: Any, customer: Any) -> None:
    deposit(customer, "100", "d1")
    journal = fee(customer, "2", "f1")
    assert sum_of_kind("fees", "USDT") == D(2)  # type: ignore[arg-type]
    approve(checker, ask(maker, journal))
    assert {row.key.partition(":")[0] for row in Journal.objects.filter(kind="reversal")} == {"reversal"}
    assert Journal.objects.filter(kind="reversal").count() == 2
    assert {row.kind: row.balance for row in trial_balance()} == {
        "customer": D(100), "custody": D(100), "wallet_clearing": 0, "house_clearing": 0, "fees": 0,
    }  # fmt: skip
    assert ledger_holds() == []


def test_asking_for_the_house_part_takes_back_both(maker: Any, checker: Any, customer: Any) -> None:
    deposit(customer, "100", "d1")
    fee(customer, "2", "f1")
    approve(checker, ask(maker, Journal.objects.get(key="f1/house")))
    assert account_of(customer).natural == D(100)
    assert Journal.objects.filter(kind="reversal").count() == 2


def test_paper_money_is_reversed_as_paper(maker: Any, checker: Any, customer: Any) -> None:
    journal = deposit(customer, "5", "d1", mode=Mode.PAPER)
    approve(checker, ask(maker, journal))
    assert Journal.objects.get(reverses=journal).mode == Mode.PAPER
    assert account_of(customer, mode=Mode.PAPER).natural == 0


def test_a_journal_is_reversed_once(maker: Any, checker: Any, customer: Any) -> None:
    journal = deposit(customer, "5", "d1")
    deposit(customer, "50", "d2")
    first, second = ask(maker, journal), ask(maker, journal)
    approve(checker, first)
    refused(errors.AlreadyReversed, checker, second)
    with pytest.raises(errors.AlreadyReversed):
        ask(maker, journal)
    with pytest.raises(errors.NotReversible):
        ask(maker, Journal.objects.get(reverses=journal))


def test_a_reversal_that_would_break_a_floor_changes_nothing(
    maker: Any, checker: Any, customer: Any, other_customer: Any
) -> None:
    journal = deposit(customer, "100", "d1")
    transfer(customer, other_customer, "30", "t1")
    refused(errors.InsufficientFunds, checker, ask(maker, journal))


def test_a_reversal_does_not_touch_what_is_held(maker: Any, checker: Any, customer: Any) -> None:
    journal = deposit(customer, "100", "d1")
    hold(customer, "1", "h1")
    refused(errors.InsufficientFunds, checker, ask(maker, journal))


def test_a_reversal_out_of_a_frozen_account_is_refused(maker: Any, checker: Any, customer: Any) -> None:
    journal = deposit(customer, "100", "d1")
    freeze_account(actor=SYSTEM, account_id=account_of(customer).pk, expected="open", reason="court")
    refused(errors.AccountFrozen, checker, ask(maker, journal))


def test_what_does_not_exist_is_not_asked_for(maker: Any, customer: Any) -> None:
    from uuid import uuid4

    with pytest.raises(errors.JournalMissing):
        ask_for_reversal(actor=Actor.of(maker), journal_uid=uuid4(), reason="x")
    with pytest.raises(errors.AccountMissing):
        ask_for_adjustment(actor=Actor.of(maker), account_id=uuid4(), amount=D(1), key="k", reason="x")
    assert not Approval.objects.exists()


@pytest.mark.parametrize(("amount", "left"), [("2.5", "102.5"), ("-2.5", "97.5")])
def test_an_adjustment_goes_at_the_cost_of_the_house(
    maker: Any, checker: Any, customer: Any, amount: str, left: str
) -> None:
    deposit(customer, "100", "d1")
    request = correct(maker, customer, amount)
    assert account_of(customer).natural == D(100)
    approve(checker, request)
    assert account_of(customer).natural == D(left)
    assert sum_of_kind("adjustments", "USDT") == D(amount)  # type: ignore[arg-type]
    assert ledger_holds() == []


def test_an_adjustment_of_one_key_happens_once(maker: Any, checker: Any, customer: Any) -> None:
    deposit(customer, "100", "d1")
    first, again, other = (correct(maker, customer, amount) for amount in ("2", "2", "3"))
    approve(checker, first)
    approve(checker, again)
    assert account_of(customer).natural == D(102)
    refused(errors.KeyReused, checker, other)
    assert account_of(customer).natural == D(102)


def test_an_adjustment_below_the_floor_is_refused(maker: Any, checker: Any, customer: Any) -> None:
    deposit(customer, "1", "d1")
    refused(errors.InsufficientFunds, checker, correct(maker, customer, "-1.5"))


def test_nobody_agrees_with_themselves(staff: Any, customer: Any) -> None:
    """The owner holds both permissions and is still one person."""
    journal = deposit(customer, "100", "d1")
    for request in (ask(staff, journal), correct(staff, customer, "5")):
        refused(approvals.MakerCannotCheck, staff, request)


@pytest.mark.parametrize("role", ["finance_approver", "admin", "auditor", "support", "compliance", "crm", "mmn"])
def test_only_finance_asks(role: str, customer: Any) -> None:
    journal = deposit(customer, "100", "d1")
    somebody, before = person(role), picture()
    with pytest.raises(PermissionMissing):
        ask(somebody, journal)
    with pytest.raises(PermissionMissing):
        correct(somebody, customer, "5")
    assert picture() == before


@pytest.mark.parametrize("role", ["finance", "admin", "auditor", "support", "compliance"])
def test_only_approvers_agree(role: str, maker: Any, customer: Any) -> None:
    request = ask(maker, deposit(customer, "100", "d1"))
    refused(PermissionMissing, person(role, "another"), request)


def test_a_customer_neither_asks_nor_agrees(maker: Any, customer: Any) -> None:
    journal = deposit(customer, "100", "d1")
    request = ask(maker, journal)
    refused(PermissionMissing, customer, request)
    with pytest.raises(PermissionMissing):
        correct(customer, customer, "1000")
