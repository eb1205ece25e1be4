"""Sixty-four real connections at one barrier: every verb has exactly one effect, and nobody sees a deadlock."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction

from apps.core import approvals
from apps.core.actors import Actor, ActorKind
from apps.core.clock import now
from apps.core.context import in_schema
from apps.core.errors import DomainError
from apps.core.permissions import PermissionMissing
from apps.finance.ledger.choices import AccountKind, Book, HoldPurpose, JournalKind
from apps.finance.ledger.errors import AlreadyReversed, PeriodClosed
from apps.finance.ledger.models import Account, Hold, Journal, PeriodClose
from apps.finance.ledger.operations import (
    AccountName,
    HoldUse,
    Leg,
    NewHold,
    NewJournal,
    Release,
    ask_for_adjustment,
    ask_for_reversal,
    close_period,
    open_accounts,
    post_many,
)
from apps.finance.ledger.proofs import ledger_holds
from apps.platform.tenants.queries import get_tenant
from tests.factories.people import make_customer, make_staff

pytestmark = pytest.mark.real_commit
SYSTEM = Actor.system("tests")
CONNECTIONS, ROUNDS = 64, 20
D = Decimal
DONE = "done"


class Crowd:
    """Threads with a connection each, released together; a call answers `done` or the code of its refusal."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self.barrier = threading.Barrier(CONNECTIONS)
        self.pool = ThreadPoolExecutor(CONNECTIONS)

    def rush(self, call: Callable[[int], object]) -> Counter[str]:
        return Counter(self.pool.map(lambda place: self._one(place, call), range(CONNECTIONS)))

    def _one(self, place: int, call: Callable[[int], object]) -> str:
        with in_schema(self.schema):
            connection.ensure_connection()
            self.barrier.wait(30)
            try:
                with transaction.atomic():
                    call(place)
            except DomainError as refusal:
                return refusal.code
            return DONE

    def close(self) -> None:
        def leave(_place: int) -> None:
            self.barrier.wait(30)
            connections.close_all()

        list(self.pool.map(leave, range(CONNECTIONS)))
        self.pool.shutdown()


@pytest.fixture
def crowd(real_db: dict[str, str]) -> Iterator[Crowd]:
    schema = get_tenant("alpha").schema
    made = Crowd(schema)
    with in_schema(schema):
        yield made
    made.close()


@pytest.fixture
def accounts(crowd: Crowd) -> dict[str, UUID]:
    ann, bob = make_customer("ann@example.test"), make_customer("bob@example.test")
    names = {
        "ann": AccountName(AccountKind.CUSTOMER, "USDT", holder_id=ann.pk),
        "bob": AccountName(AccountKind.CUSTOMER, "USDT", holder_id=bob.pk),
        "bank": AccountName(AccountKind.CUSTODY, "USDT"),
    }
    ids = open_accounts(list(names.values()))
    return {word: ids[name] for word, name in names.items()}


def move(key: str, source: UUID, target: UUID, amount: Decimal, **more: Any) -> NewJournal:
    kind = more.pop("kind", JournalKind.TRANSFER)
    return NewJournal(key=key, book=Book.WALLET, kind=kind, legs=(Leg(source, -amount), Leg(target, amount)), **more)


def fund(accounts: dict[str, UUID], word: str, amount: int) -> None:
    with transaction.atomic():
        post_many(actor=SYSTEM, journals=[move(f"fund:{uuid4()}", accounts["bank"], accounts[word], D(amount))])


def standing(account: UUID) -> tuple[Decimal, Decimal]:
    row = Account.objects.get(pk=account)
    return row.natural, row.held


def finish() -> None:
    assert ledger_holds() == []


def test_holding_the_whole_balance_succeeds_once(crowd: Crowd, accounts: dict[str, UUID]) -> None:
    for number in range(ROUNDS):
        fund(accounts, "ann", 10)

        def withdraw(place: int, number: int = number) -> None:
            hold = NewHold(
                key=f"w:{number}:{place}", account_id=accounts["ann"], amount=D(10), purpose=HoldPurpose.WITHDRAWAL
            )
            post_many(actor=SYSTEM, holds=[hold])

        assert crowd.rush(withdraw) == {DONE: 1, "ledger.insufficient_funds": CONNECTIONS - 1}
        assert standing(accounts["ann"]) == (10 * (number + 1), 10 * (number + 1))
    finish()


def test_sending_the_whole_balance_succeeds_once(crowd: Crowd, accounts: dict[str, UUID]) -> None:
    fund(accounts, "ann", 10)
    source, target = "ann", "bob"
    for number in range(ROUNDS):

        def send(place: int, number: int = number, pair: tuple[str, str] = (source, target)) -> None:
            journal = move(f"t:{number}:{place}", accounts[pair[0]], accounts[pair[1]], D(10))
            post_many(actor=SYSTEM, journals=[journal])

        assert crowd.rush(send) == {DONE: 1, "ledger.insufficient_funds": CONNECTIONS - 1}
        source, target = target, source
    assert standing(accounts[source])[0] + standing(accounts[target])[0] == 10
    finish()


def test_settling_and_releasing_one_hold_has_one_effect(crowd: Crowd, accounts: dict[str, UUID]) -> None:
    fund(accounts, "ann", 10 * ROUNDS)
    for number in range(ROUNDS):
        hold = NewHold(key=f"h:{number}", account_id=accounts["ann"], amount=D(10), purpose=HoldPurpose.WITHDRAWAL)
        with transaction.atomic():
            hold_id = post_many(actor=SYSTEM, holds=[hold]).holds[0]

        def end(place: int, number: int = number, hold_id: UUID = hold_id) -> None:
            if place % 2:
                post_many(actor=SYSTEM, releases=[Release(hold_id)])
            else:
                use = (HoldUse(hold_id, D(10)),)
                journal = move(f"s:{number}:{place}", accounts["ann"], accounts["bank"], D(10), uses=use)
                post_many(actor=SYSTEM, journals=[journal])

        assert crowd.rush(end) == {DONE: 1, "ledger.hold_ended": CONNECTIONS - 1}
        row = Hold.objects.get(pk=hold_id)
        assert (row.settled + row.released, row.remaining) == (10, 0)
    settled = Hold.objects.filter(state="settled").count()
    assert standing(accounts["ann"]) == (10 * (ROUNDS - settled), 0)
    finish()


def test_one_key_is_one_journal(crowd: Crowd, accounts: dict[str, UUID]) -> None:
    fund(accounts, "ann", ROUNDS)
    for number in range(ROUNDS):
        same = move(f"same:{number}", accounts["ann"], accounts["bob"], D(1))

        def post(_place: int, same: NewJournal = same) -> None:
            post_many(actor=SYSTEM, journals=[same])

        assert crowd.rush(post) == {DONE: CONNECTIONS}
        assert Journal.objects.filter(key=f"same:{number}").count() == 1
    assert standing(accounts["bob"])[0] == ROUNDS
    finish()


def test_crossing_batches_meet_no_deadlock(crowd: Crowd, accounts: dict[str, UUID]) -> None:
    fund(accounts, "ann", 1000)
    fund(accounts, "bob", 1000)
    for number in range(ROUNDS):

        def cross(place: int, number: int = number) -> None:
            pair = ("ann", "bob") if place % 2 else ("bob", "ann")
            batch = [
                move(f"x:{number}:{place}:{leg}", accounts[pair[leg % 2]], accounts[pair[1 - leg % 2]], D(1 + leg % 3))
                for leg in range(4)
            ]
            post_many(actor=SYSTEM, journals=batch)

        assert crowd.rush(cross) == {DONE: CONNECTIONS}
    assert standing(accounts["ann"])[0] + standing(accounts["bob"])[0] == 2000
    finish()


def test_approving_a_reversal_executes_it_once(crowd: Crowd, accounts: dict[str, UUID]) -> None:
    maker = Actor.of(make_staff("maker@example.test", role="finance"))
    checkers = [Actor.of(make_staff(f"c{place}@example.test", role="finance_approver")) for place in range(4)]
    fund(accounts, "ann", ROUNDS)
    for number in range(ROUNDS):
        key = f"r:{number}"
        with transaction.atomic():
            post_many(actor=SYSTEM, journals=[move(key, accounts["ann"], accounts["bob"], D(1))])
        journal = Journal.objects.get(key=key)
        request = ask_for_reversal(actor=maker, journal_uid=journal.uid, reason="typed twice")

        def approve(place: int, request_id: UUID = request.pk) -> None:
            # The maker tries as well.
            actor = maker if place == 0 else checkers[place % len(checkers)]
            approvals.decide(actor=actor, approval_id=request_id, agrees=True)

        outcome = crowd.rush(approve)
        assert outcome[DONE] == 1
        allowed = {DONE, "core.approval_closed", PermissionMissing.code, approvals.MakerCannotCheck.code}
        assert set(outcome) <= allowed
        assert Journal.objects.filter(reverses=journal).count() == 1
    assert standing(accounts["ann"])[0] == ROUNDS
    assert maker.kind is ActorKind.STAFF
    finish()


def test_a_journal_with_many_requests_is_reversed_once(crowd: Crowd, accounts: dict[str, UUID]) -> None:
    maker = Actor.of(make_staff("maker@example.test", role="finance"))
    checker = Actor.of(make_staff("checker@example.test", role="finance_approver"))
    fund(accounts, "ann", ROUNDS)
    for number in range(ROUNDS):
        key = f"r:{number}"
        with transaction.atomic():
            post_many(actor=SYSTEM, journals=[move(key, accounts["ann"], accounts["bob"], D(1))])
        journal = Journal.objects.get(key=key)
        requests = [ask_for_reversal(actor=maker, journal_uid=journal.uid, reason="typed twice").pk for _ in range(3)]

        def approve(place: int, requests: list[UUID] = requests) -> None:
            approvals.decide(actor=checker, approval_id=requests[place % len(requests)], agrees=True)

        outcome = crowd.rush(approve)
        assert outcome[DONE] == 1, outcome
        assert set(outcome) == {DONE, AlreadyReversed.code, "core.approval_closed"}
        assert Journal.objects.filter(reverses=journal).count() == 1
    assert standing(accounts["ann"])[0] == ROUNDS
    finish()


def test_approving_a_correction_executes_it_once(crowd: Crowd, accounts: dict[str, UUID]) -> None:
    maker = Actor.of(make_staff("maker@example.test", role="finance"))
    checkers = [Actor.of(make_staff(f"c{place}@example.test", role="finance_approver")) for place in range(8)]
    for number in range(ROUNDS):
        request = ask_for_adjustment(
            actor=maker, account_id=accounts["ann"], amount=D(3), key=f"a:{number}", reason="a day of interest"
        )

        def approve(place: int, request_id: UUID = request.pk) -> None:
            approvals.decide(actor=checkers[place % len(checkers)], approval_id=request_id, agrees=True)

        assert crowd.rush(approve) == {DONE: 1, "core.approval_closed": CONNECTIONS - 1}
        assert standing(accounts["ann"])[0] == 3 * (number + 1)
    finish()


def test_nothing_is_booked_into_a_period_once_it_is_closed(crowd: Crowd, accounts: dict[str, UUID]) -> None:
    closer = Actor.of(make_staff("closer@example.test", role="finance"))
    fund(accounts, "ann", ROUNDS * CONNECTIONS)
    for number in range(ROUNDS):
        until = now() - timedelta(days=ROUNDS - number)
        moment = until - timedelta(seconds=1)
        booked = Journal.objects.filter(effective_at=moment)
        seen: list[int] = []

        def race(place: int, number: int = number, until: Any = until, booked: Any = booked, seen: Any = seen) -> None:
            if place % 8 == 7:
                close_period(actor=closer, until=until, reason="end of the day")
                transaction.on_commit(lambda: seen.append(booked.count()))
            else:
                late = move(
                    f"late:{number}:{place}",
                    accounts["ann"],
                    accounts["bob"],
                    D(1),
                    effective_at=until - timedelta(seconds=1),
                )
                post_many(actor=SYSTEM, journals=[late])

        outcome = crowd.rush(race)
        assert set(outcome) <= {DONE, PeriodClosed.code}
        assert set(seen) == {booked.count()} == {outcome[DONE] - CONNECTIONS // 8}
        assert PeriodClose.objects.filter(until=until).count() == 1
    finish()
