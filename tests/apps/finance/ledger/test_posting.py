"""Posting: exact balances, one effect per key, floors, holds, precision, books; refusals change nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.models import OutboxEvent
from apps.finance.ledger.choices import AccountKind, Book, HoldPurpose, JournalKind, Mode
from apps.finance.ledger.errors import (
    AccountFrozen,
    AccountMissing,
    AmountTooFine,
    HoldEnded,
    HoldTooSmall,
    InsufficientFunds,
    JournalUnbalanced,
    KeyReused,
    PeriodClosed,
    PostedTwice,
)
from apps.finance.ledger.models import Account, Entry, Hold, Journal, PeriodClose
from apps.finance.ledger.operations import (
    AccountName,
    HoldUse,
    Leg,
    NewHold,
    NewJournal,
    Posted,
    Release,
    freeze_account,
    open_accounts,
    post_many,
)

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")
D = Decimal


@pytest.fixture
def accounts(customer: Any, other_customer: Any) -> dict[str, UUID]:
    names = {
        "ann": AccountName(AccountKind.CUSTOMER, "USDT", holder_id=customer.pk),
        "bob": AccountName(AccountKind.CUSTOMER, "USDT", holder_id=other_customer.pk),
        "ann_btc": AccountName(AccountKind.CUSTOMER, "BTC", holder_id=customer.pk),
        "bank": AccountName(AccountKind.CUSTODY, "USDT"),
        "paper": AccountName(AccountKind.CUSTOMER, "USDT", Mode.PAPER, holder_id=customer.pk),
        "fees": AccountName(AccountKind.FEES, "USDT"),
        "mirror": AccountName(AccountKind.MIRROR, "USDT", Mode.PAPER, customer.pk, uuid4()),
    }
    ids = open_accounts(list(names.values()))
    assert open_accounts(list(names.values())) == ids
    found = {word: ids[name] for word, name in names.items()}
    post(move("seed", found["bank"], found["ann"], "100"))
    return found


def move(key: str, source: UUID, target: UUID, amount: str, **more: Any) -> NewJournal:
    legs = (Leg(source, -D(amount)), Leg(target, D(amount)))
    return NewJournal(key=key, **{"book": Book.WALLET, "kind": JournalKind.TRANSFER, "legs": legs, **more})


def post(*journals: NewJournal, holds: tuple[NewHold, ...] = (), releases: tuple[Release, ...] = ()) -> Posted:
    with transaction.atomic():
        return post_many(actor=SYSTEM, journals=journals, holds=holds, releases=releases)


def hold(account: UUID, amount: str, key: str = "h1", **more: Any) -> NewHold:
    return NewHold(key=key, account_id=account, amount=D(amount), purpose=HoldPurpose.WITHDRAWAL, **more)


def picture() -> tuple[Any, ...]:
    """All the ledger holds, to show that a refusal changed nothing."""
    return (
        list(Account.objects.order_by("id").values_list("id", "balance", "held", "version", "state")),
        list(Hold.objects.order_by("id").values_list("id", "remaining", "settled", "released", "state")),
        Journal.objects.count(),
        Entry.objects.count(),
        OutboxEvent.objects.filter(name="ledger.journals_posted").count(),
    )


def of(account: UUID) -> tuple[Decimal, Decimal, int]:
    row = Account.objects.get(pk=account)
    return row.natural, row.held, row.version


def refused(error: type[Exception], *journals: NewJournal, **more: Any) -> Exception:
    before = picture()
    with pytest.raises(error) as caught:
        post(*journals, **more)
    assert picture() == before
    return caught.value


def test_a_transfer_moves_both_balances_and_leaves_a_trail(accounts: dict[str, UUID]) -> None:
    posted = post(move("t1", accounts["ann"], accounts["bob"], "30.25"))
    assert posted.replayed == (False,)
    assert of(accounts["ann"]) == (D("69.75"), 0, 2)
    assert of(accounts["bob"]) == (D("30.25"), 0, 1)
    assert posted.accounts[accounts["ann"]].balance == D("69.75")
    journal = Journal.objects.get(uid=posted.journals[0])
    rows = journal.entries.order_by("amount").values_list("account_id", "amount", "balance_after", "version")
    assert list(rows) == [
        (accounts["ann"], D("-30.25"), D("69.75"), 2),
        (accounts["bob"], D("30.25"), D("30.25"), 1),
    ]
    event = OutboxEvent.objects.filter(name="ledger.journals_posted").latest("id")
    assert event.payload["journal_ids"] == [str(journal.uid)]
    assert set(event.payload["account_ids"]) == {str(accounts["ann"]), str(accounts["bob"])}


def test_the_same_key_is_one_effect_and_other_content_is_refused(accounts: dict[str, UUID]) -> None:
    first = post(move("t1", accounts["ann"], accounts["bob"], "30"))
    before = picture()
    again = post(move("t1", accounts["ann"], accounts["bob"], "30.00"))
    assert (again.journals, again.replayed) == (first.journals, (True,))
    assert picture() == before
    refused(KeyReused, move("t1", accounts["ann"], accounts["bob"], "31"))
    refused(KeyReused, move("t1", accounts["bob"], accounts["ann"], "30"))


def test_a_batch_keeps_running_balances_and_is_all_or_nothing(accounts: dict[str, UUID]) -> None:
    post(*(move(f"b{n}", accounts["ann"], accounts["bob"], str(n)) for n in range(1, 6)))
    assert of(accounts["ann"]) == (D(85), 0, 6)
    after = Entry.objects.filter(account=accounts["ann"]).order_by("version").values_list("balance_after", flat=True)
    assert list(after) == [D(100), D(99), D(97), D(94), D(90), D(85)]
    error = refused(
        InsufficientFunds,
        move("c1", accounts["ann"], accounts["bob"], "80"),
        move("c2", accounts["ann"], accounts["bob"], "80"),
    )
    assert "Only 85 USDT are available" in str(error)


def test_money_that_is_held_cannot_be_spent_until_it_is_given_back(accounts: dict[str, UUID]) -> None:
    held = post(holds=(hold(accounts["ann"], "70"),)).holds[0]
    assert of(accounts["ann"]) == (D(100), D(70), 1)
    error = refused(InsufficientFunds, move("t1", accounts["ann"], accounts["bob"], "31"))
    assert "Only 30 USDT" in str(error)
    refused(InsufficientFunds, holds=(hold(accounts["ann"], "30.00000001", "h2"),))
    post(move("t2", accounts["ann"], accounts["bob"], "50", uses=(HoldUse(held, D(50)),)))
    assert of(accounts["ann"]) == (D(50), D(20), 2)
    refused(HoldTooSmall, move("t3", accounts["ann"], accounts["bob"], "21", uses=(HoldUse(held, D(21)),)))
    post(releases=(Release(held),))
    assert of(accounts["ann"]) == (D(50), 0, 2)
    row = Hold.objects.get(pk=held)
    assert (row.settled, row.released, row.remaining, row.state) == (D(50), D(20), 0, "settled")
    assert "already settled" in str(refused(HoldEnded, releases=(Release(held),)))


def test_settling_and_releasing_the_rest_is_one_call(accounts: dict[str, UUID]) -> None:
    held = post(holds=(hold(accounts["ann"], "70"),)).holds[0]
    post(move("t1", accounts["ann"], accounts["bob"], "60", uses=(HoldUse(held, D(60)),)), releases=(Release(held),))
    assert of(accounts["ann"]) == (D(40), 0, 2)


def test_a_hold_is_settled_by_money_that_leaves_its_account(accounts: dict[str, UUID]) -> None:
    held = post(holds=(hold(accounts["ann"], "70"),)).holds[0]
    refused(JournalUnbalanced, move("t1", accounts["bank"], accounts["ann"], "5", uses=(HoldUse(held, D(5)),)))
    refused(JournalUnbalanced, move("t2", accounts["ann"], accounts["bob"], "5", uses=(HoldUse(held, D(6)),)))


def test_the_same_hold_key_is_one_hold(accounts: dict[str, UUID]) -> None:
    first = post(holds=(hold(accounts["ann"], "70"),))
    again = post(holds=(hold(accounts["ann"], "70"),))
    assert (again.holds, again.holds_replayed) == (first.holds, (True,))
    assert of(accounts["ann"]) == (D(100), D(70), 1)
    refused(KeyReused, holds=(hold(accounts["ann"], "71"),))


def test_a_hold_past_its_time_cannot_be_settled(accounts: dict[str, UUID]) -> None:
    held = post(holds=(hold(accounts["ann"], "70", expires_at=now() - timedelta(seconds=1)),)).holds[0]
    refused(HoldEnded, move("t1", accounts["ann"], accounts["bob"], "5", uses=(HoldUse(held, D(5)),)))
    post(releases=(Release(held),))
    assert Hold.objects.get(pk=held).state == "expired"


def test_a_mirror_may_go_below_zero_but_nothing_uncovered_is_held_on_it(accounts: dict[str, UUID]) -> None:
    refused(InsufficientFunds, holds=(hold(accounts["mirror"], "1"),))
    post(holds=(hold(accounts["mirror"], "1", must_cover=False),))
    assert of(accounts["mirror"]) == (0, D(1), 0)


def test_frozen_accounts_take_in_and_let_nothing_out(accounts: dict[str, UUID]) -> None:
    freeze_account(actor=SYSTEM, account_id=accounts["ann"], expected="open", reason="court order")
    refused(AccountFrozen, move("t1", accounts["ann"], accounts["bob"], "1"))
    refused(AccountFrozen, holds=(hold(accounts["ann"], "1"),))
    post(move("t2", accounts["bank"], accounts["ann"], "1"))
    assert of(accounts["ann"])[0] == D(101)


def test_amounts_finer_than_the_asset_are_refused(accounts: dict[str, UUID]) -> None:
    precision = Account.objects.get(pk=accounts["ann"]).precision
    finer = D(1).scaleb(-precision - 1)
    assert str(precision) in str(refused(AmountTooFine, move("t1", accounts["ann"], accounts["bob"], f"{finer:f}")))
    post(move("t2", accounts["ann"], accounts["bob"], f"{finer * 10:f}"))
    assert of(accounts["bob"])[0] == finer * 10


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "0", "-Infinity", "sNaN"])
def test_what_is_no_amount_is_refused(amount: str, accounts: dict[str, UUID]) -> None:
    legs = (Leg(accounts["ann"], D(amount)), Leg(accounts["bob"], D(amount).copy_negate()))
    refused(JournalUnbalanced, move("t1", accounts["ann"], accounts["bob"], "1", legs=legs))


def test_unbalanced_legs_books_and_modes_are_refused(accounts: dict[str, UUID]) -> None:
    ann, bob, btc, fees, paper = (accounts[word] for word in ("ann", "bob", "ann_btc", "fees", "paper"))
    for legs in (
        (Leg(ann, D(-1)), Leg(bob, D(2))),
        (Leg(ann, D(-1)), Leg(btc, D(1))),
        (Leg(ann, D(-1)),),
        (Leg(ann, D(-1)), Leg(ann, D(1))),
        (Leg(ann, D(-1)), Leg(fees, D(1))),
        (Leg(ann, D(-1)), Leg(paper, D(1))),
    ):
        refused(JournalUnbalanced, move("t1", ann, bob, "1", legs=legs))
    refused(AccountMissing, move("t1", ann, uuid4(), "1"))


def test_a_closed_period_takes_nothing(accounts: dict[str, UUID]) -> None:
    until = now() - timedelta(days=1)
    PeriodClose.objects.create(until=until, reason="month end")
    late = move("t1", accounts["ann"], accounts["bob"], "1", effective_at=until - timedelta(microseconds=1))
    refused(PeriodClosed, late)
    post(move("t2", accounts["ann"], accounts["bob"], "1", effective_at=until))
    assert Journal.objects.get(key="t2").effective_at == until


def test_a_transaction_posts_once(accounts: dict[str, UUID]) -> None:
    before = picture()

    def post_two() -> None:
        for key in ("t1", "t2"):
            with transaction.atomic():
                post_many(actor=SYSTEM, journals=[move(key, accounts["ann"], accounts["bob"], "1")])

    with pytest.raises(PostedTwice), transaction.atomic():
        post_two()
    assert picture() == before


def test_the_application_role_cannot_write_past_the_function(accounts: dict[str, UUID]) -> None:
    post(move("t1", accounts["ann"], accounts["bob"], "1"), holds=(hold(accounts["ann"], "1"),))
    before = picture()
    for statement in (
        "INSERT INTO ledger_entry SELECT * FROM ledger_entry LIMIT 1",
        "INSERT INTO ledger_journal SELECT * FROM ledger_journal LIMIT 1",
        "INSERT INTO ledger_hold SELECT * FROM ledger_hold LIMIT 1",
        "UPDATE ledger_entry SET amount = 5",
        "UPDATE ledger_journal SET kind = 'fee'",
        "UPDATE ledger_account SET balance = 1000000",
        "UPDATE ledger_account SET held = 0",
        "UPDATE ledger_hold SET remaining = 0",
        "DELETE FROM ledger_entry",
        "DELETE FROM ledger_journal",
        "DELETE FROM ledger_account",
        "DELETE FROM ledger_hold",
        "TRUNCATE ledger_entry CASCADE",
        "TRUNCATE ledger_journal CASCADE",
        "TRUNCATE ledger_hold",
    ):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert picture() == before
