"""Random histories on real PostgreSQL: posting function and kernel model agree on every step and every refusal."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

import kernel.ledger as model
from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.finance.ledger import errors
from apps.finance.ledger.choices import KINDS, AccountKind, HoldPurpose, JournalKind, Mode
from apps.finance.ledger.models import Account, Hold, Journal
from apps.finance.ledger.operations import (
    AccountName,
    HoldUse,
    Leg,
    NewHold,
    NewJournal,
    Release,
    freeze_account,
    open_accounts,
    post_many,
    unfreeze_account,
)
from apps.finance.ledger.proofs import ledger_holds
from tests.factories.people import make_customer

SYSTEM = Actor.system("tests")
D = Decimal
SAME: dict[type[Exception], type[DomainError] | tuple[type[DomainError], ...]] = {
    model.FloorBreached: errors.InsufficientFunds,
    model.HoldClosed: errors.HoldEnded,
    model.HoldMissing: errors.HoldMissing,
    model.HoldTooSmall: errors.HoldTooSmall,
    model.KeyReused: errors.KeyReused,
    model.AccountFrozen: errors.AccountFrozen,
    model.AccountClosed: errors.AccountClosed,
    model.AmountNotBookable: (errors.AmountTooFine, errors.AmountNotBookable),
    # The tables' trigger sees crossed books last, after everything else that may be wrong.
    model.BooksCrossed: (
        errors.JournalUnbalanced,
        errors.InsufficientFunds,
        errors.AccountFrozen,
        errors.AmountTooFine,
    ),
    model.UseExceedsLeg: errors.JournalUnbalanced,
    model.UnbalancedError: errors.JournalUnbalanced,
}
AMOUNTS = st.one_of(
    st.integers(1, 400).map(D),
    st.decimals("0.000001", "250", places=6),
    st.sampled_from([D("0.00000001"), D("0.000000001"), D("1E-18"), D("99999999")]),
)
PICK = st.integers(0, 10_000)
LIVE = ("live:c0", "live:c1", "live:c2", "live:s")


class Histories(RuleBasedStateMachine):
    """Each rule is a verb of money, tried on the tables and on the model; both do it, or both refuse for one reason."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        frame: Any = self.frame
        frame._from_testcase = True  # the transaction of the test, not of the code under test
        self.frame.__enter__()
        self.model = model.Holdings()
        self.ids: dict[str, UUID] = {}
        self.holds: dict[str, UUID] = {}
        self.count = 0
        self.done: list[NewJournal] = []
        self._open()

    def _open(self) -> None:
        people = [make_customer(f"h{place}@example.test") for place in range(3)]
        names: dict[str, AccountName] = {}
        for mode in Mode:
            for place, person in enumerate(people):
                names[f"{mode}:c{place}"] = AccountName(AccountKind.CUSTOMER, "USDT", mode, person.pk)
                names[f"{mode}:s{place}"] = AccountName(AccountKind.SAVINGS, "USDT", mode, person.pk, person.pk)
            names[f"{mode}:custody"] = AccountName(AccountKind.CUSTODY, "USDT", mode)
            names[f"{mode}:clearing"] = AccountName(AccountKind.WALLET_CLEARING, "USDT", mode)
        names["house:clearing"] = AccountName(AccountKind.HOUSE_CLEARING, "USDT")
        names["house:fees"] = AccountName(AccountKind.FEES, "USDT")
        names["paper:mirror"] = AccountName(AccountKind.MIRROR, "USDT", Mode.PAPER, people[0].pk, people[0].pk)
        names["paper:venue"] = AccountName(AccountKind.VENUE_CLEARING, "USDT", Mode.PAPER, None, people[0].pk)
        found = open_accounts(list(names.values()))
        self.ids = {word: found[name] for word, name in names.items()}
        for row in Account.objects.filter(pk__in=self.ids.values()):
            word = next(word for word, pk in self.ids.items() if pk == row.pk)
            self.model = self.model.open_account(
                model.Account(
                    name=word,
                    asset="USDT",
                    side=row.side,
                    floor=row.floor,
                    precision=row.precision,
                    book=f"{row.book}/{row.mode}",
                )
            )
        self.words = sorted(names)
        self.names = names

    def teardown(self) -> None:
        """Every proof of the ledger holds at the end of a history; then the history is undone."""
        try:
            assert ledger_holds() == []
            assert self.model.invariants() == []
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)

    def key(self) -> str:
        self.count += 1
        return f"k{self.count}"

    def pick(self, number: int, *prefixes: str) -> str:
        words = [word for word in self.words if word.startswith(prefixes)]
        return words[number % len(words)]

    def both(self, after: Any, call: Any) -> bool:
        """Do a step on both sides; return whether it was done. `after` returns the model's next state."""
        try:
            wanted = after()
        except model.LedgerRefusal as found:
            refusal = found
        else:
            with transaction.atomic():
                call()
            self.model = wanted
            self.compare()
            return True
        return self.refused(refusal, call)

    def refused(self, refusal: Exception, call: Any) -> bool:
        """The tables refuse what the model refused, for the same reason, and nothing changes."""
        expected = next(ours for theirs, ours in SAME.items() if isinstance(refusal, theirs))
        with pytest.raises(DomainError) as caught, transaction.atomic():
            call()
        assert isinstance(caught.value, expected), (repr(refusal), caught.value)
        self.compare()
        return False

    def compare(self) -> None:
        rows = {row.pk: row for row in Account.objects.filter(pk__in=self.ids.values())}
        for word, pk in self.ids.items():
            expected = self.model.accounts[word]
            assert (rows[pk].balance, rows[pk].held) == (expected.balance, expected.held), word
        found = {row.key: row for row in Hold.objects.filter(key__in=self.holds)}
        for key, hold in self.model.holds.items():
            row = found[key]
            assert (row.remaining, row.settled, row.released) == (hold.remaining, hold.settled, hold.released)

    def journal(self, key: str, source: str, target: str, amount: Decimal, uses: tuple[str, ...] = ()) -> NewJournal:
        kind = self.names[source].kind
        return NewJournal(
            key=key,
            book=KINDS[kind].book,
            kind=JournalKind.TRANSFER,
            mode=self.names[source].mode,
            legs=(Leg(self.ids[source], -amount), Leg(self.ids[target], amount)),
            uses=tuple(HoldUse(self.holds[hold], amount) for hold in uses),
        )

    def step(self, key: str, source: str, target: str, amount: Decimal, uses: tuple[str, ...] = ()) -> None:
        journal = self.journal(key, source, target, amount, uses)
        legs = [model.Leg(source, "USDT", -amount), model.Leg(target, "USDT", amount)]
        if self.both(
            lambda: self.model.post(key, legs, [(hold, amount) for hold in uses]),
            lambda: post_many(actor=SYSTEM, journals=[journal]),
        ):
            self.done.append(journal)

    @rule(person=PICK, amount=AMOUNTS, mode=st.sampled_from(["live", "paper"]))
    def deposit(self, person: int, amount: Decimal, mode: str) -> None:
        self.step(self.key(), f"{mode}:custody", self.pick(person, f"{mode}:c0", f"{mode}:c1", f"{mode}:c2"), amount)

    @rule(one=PICK, other=PICK, amount=AMOUNTS)
    def move_anywhere(self, one: int, other: int, amount: Decimal) -> None:
        words = (
            "live:c0",
            "live:s",
            "live:custody",
            "paper:c0",
            "paper:s1",
            "paper:custody",
            "paper:mirror",
            "house:fees",
        )
        source, target = self.pick(one, *words), self.pick(other, *words)
        if source != target:
            self.step(self.key(), source, target, amount)

    @rule(one=PICK, other=PICK, amount=AMOUNTS)
    def transfer(self, one: int, other: int, amount: Decimal) -> None:
        source, target = self.pick(one, *LIVE), self.pick(other, *LIVE)
        if source != target:
            self.step(self.key(), source, target, amount)

    @rule(payer=PICK, amount=AMOUNTS)
    def fee(self, payer: int, amount: Decimal) -> None:
        source = self.pick(payer, "live:c0", "live:c1", "live:c2")
        first, second = self.key(), self.key()
        ours = [
            self.journal(first, source, "live:clearing", amount),
            self.journal(second, "house:clearing", "house:fees", amount),
        ]
        self.both(
            lambda: self.model.post(
                first, [model.Leg(source, "USDT", -amount), model.Leg("live:clearing", "USDT", amount)]
            ).post(second, [model.Leg("house:clearing", "USDT", -amount), model.Leg("house:fees", "USDT", amount)]),
            lambda: post_many(actor=SYSTEM, journals=ours),
        )

    @rule(amount=AMOUNTS, is_buy=st.booleans())
    def fill(self, amount: Decimal, is_buy: bool) -> None:
        pair = ("paper:mirror", "paper:venue") if is_buy else ("paper:venue", "paper:mirror")
        self.step(self.key(), *pair, amount)

    @rule(account=PICK, amount=AMOUNTS, must_cover=st.booleans())
    def reserve(self, account: int, amount: Decimal, must_cover: bool) -> None:
        word, key = self.pick(account, *LIVE, "paper:c0", "paper:mirror", "live:custody"), self.key()
        hold = NewHold(
            key=key, account_id=self.ids[word], amount=amount, purpose=HoldPurpose.WITHDRAWAL, must_cover=must_cover
        )

        def call() -> None:
            self.holds[key] = post_many(actor=SYSTEM, holds=[hold]).holds[0]

        if not self.both(lambda: self.model.reserve(key, word, amount, must_cover=must_cover), call):
            self.holds.pop(key, None)

    @precondition(lambda self: self.holds)
    @rule(which=PICK, other=PICK, part=st.sampled_from([D(1), D("0.5"), D("1.000001")]))
    def settle(self, which: int, other: int, part: Decimal) -> None:
        key = sorted(self.holds)[which % len(self.holds)]
        hold = self.model.holds[key]
        source = self.model.accounts[hold.account]
        # A clearing account moves only beside the other book's, as a fee does; alone it would rightly fail the proof.
        words = [
            word
            for word in self.words
            if self.model.accounts[word].book == source.book and word != hold.account and ":clearing" not in word
        ]
        amount = ((hold.remaining or hold.amount) * part).quantize(D("0.000001"))
        if amount:
            self.step(self.key(), hold.account, words[other % len(words)], amount, (key,))

    @precondition(lambda self: self.holds)
    @rule(which=PICK, amount=st.one_of(st.none(), AMOUNTS))
    def release(self, which: int, amount: Decimal | None) -> None:
        key = sorted(self.holds)[which % len(self.holds)]
        self.both(
            lambda: self.model.release(key, amount),
            lambda: post_many(actor=SYSTEM, releases=[Release(self.holds[key], amount)]),
        )

    @precondition(lambda self: self.done)
    @rule(which=PICK, is_same=st.booleans())
    def repeat(self, which: int, is_same: bool) -> None:
        """The same key again: the same content changes nothing, other content is refused."""
        journal = self.done[which % len(self.done)]
        legs = journal.legs if is_same else tuple(Leg(leg.account_id, leg.amount * 2) for leg in journal.legs)
        again = NewJournal(
            key=journal.key, book=journal.book, kind=journal.kind, mode=journal.mode, legs=legs, uses=journal.uses
        )
        if is_same:
            with transaction.atomic():
                assert post_many(actor=SYSTEM, journals=[again]).replayed == (True,)
        else:
            with pytest.raises(errors.KeyReused), transaction.atomic():
                post_many(actor=SYSTEM, journals=[again])
        self.compare()

    @precondition(lambda self: self.done)
    @rule(which=PICK)
    def reverse(self, which: int) -> None:
        journal = self.done[which % len(self.done)]
        if self.model.journals[journal.key].uses or f"reversal:{journal.key}" in self.model.journals:
            return
        opposite = NewJournal(
            key=f"reversal:{journal.key}",
            book=journal.book,
            mode=journal.mode,
            kind=JournalKind.REVERSAL,
            legs=tuple(Leg(leg.account_id, -leg.amount) for leg in journal.legs),
            reverses_id=Journal.objects.get(key=journal.key).pk,
        )
        self.both(lambda: self.model.reverse(journal.key), lambda: post_many(actor=SYSTEM, journals=[opposite]))

    @rule(account=PICK)
    def freeze_or_open(self, account: int) -> None:
        word = self.pick(account, *LIVE, "live:custody")
        is_frozen = self.model.accounts[word].frozen
        verb, expected = (unfreeze_account, "frozen") if is_frozen else (freeze_account, "open")
        with transaction.atomic():
            verb(actor=SYSTEM, account_id=self.ids[word], expected=expected, reason="test")
        self.model = self.model.freeze(word, frozen=not is_frozen)


def run(examples: int, steps: int) -> None:
    # No shrinking: a failing history is printed as it is, and a minute saved is worth more than a shorter one.
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
        ),
    )


@pytest.mark.django_db
def test_two_hundred_histories_of_fifty_steps() -> None:
    run(200, 50)


@pytest.mark.long
@pytest.mark.django_db
def test_five_thousand_histories_of_a_hundred_steps() -> None:
    run(5000, 100)
