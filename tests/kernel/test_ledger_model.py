"""The model of the ledger: balanced legs, refusals by name, and no sequence of steps that makes or loses money."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kernel.ledger import (
    Account,
    AccountClosed,
    AccountFrozen,
    AccountMissing,
    AlreadyReversed,
    AmountNotBookable,
    BooksCrossed,
    FloorBreached,
    Hold,
    HoldClosed,
    Holdings,
    HoldMissing,
    HoldState,
    HoldTooSmall,
    Journal,
    JournalMissing,
    KeyReused,
    LedgerRefusal,
    Leg,
    NotReversible,
    UnbalancedError,
    UseExceedsLeg,
    check_balanced,
    totals,
)
from kernel.money import exact_multiple

D = Decimal
STEP = D("0.01")


def legs(*parts: tuple[str, str]) -> list[Leg]:
    return [Leg(account, "EUR", D(amount)) for account, amount in parts]


@pytest.fixture
def state() -> Holdings:
    """Ann has 100, Bob nothing; the bank account stands on the debit side; the mirror has no floor."""
    opened = Holdings()
    for account in (
        Account("ann", "EUR", floor=D(0), precision=2),
        Account("bob", "EUR", floor=D(0), precision=2),
        Account("bank", "EUR", side=-1, precision=2),
        Account("mirror", "EUR", precision=2),
        Account("coins", "BTC", floor=D(0), precision=8),
        Account("house", "EUR", book="house", precision=2),
    ):
        opened = opened.open_account(account)
    return opened.post("deposit", legs(("ann", "100"), ("bank", "-100")))


@pytest.mark.parametrize(
    "wrong",
    [
        [], legs(("a", "1")), legs(("a", "1"), ("b", "-1.01")), legs(("a", "1"), ("a", "-1")),
        legs(("a", "0"), ("b", "0")), legs(("a", "1"), ("b", "-1"), ("c", "0")), legs(("a", "NaN"), ("b", "-1")),
        legs(("a", "Infinity"), ("b", "-Infinity")), [Leg("a", "EUR", D(1)), Leg("b", "USD", D(-1))],
        [Leg("a", "EUR", 1.0), Leg("b", "EUR", -1.0)], [Leg("a", "EUR", 1), Leg("b", "EUR", -1)],  # type: ignore[arg-type]
        legs(("a", "1e-30"), ("b", "1"), ("c", "-1")),
    ],
)  # fmt: skip
def test_what_is_no_journal_is_refused(wrong):
    with pytest.raises(UnbalancedError):
        check_balanced(wrong)


WEI = D("1e-18")


@given(st.lists(st.integers(-(10**37), 10**37).filter(bool), min_size=1, max_size=9), st.integers(-3, 3))
def test_legs_balance_exactly_when_their_sum_is_zero(units, off):
    units = [*units, off - sum(units)]
    parts = [Leg(str(place), "EUR", exact_multiple(WEI, unit)) for place, unit in enumerate(units)]
    if off or not units[-1]:
        with pytest.raises(UnbalancedError):
            check_balanced(parts)
    else:
        check_balanced(parts)
    assert totals(parts) == {"EUR": exact_multiple(WEI, off)}


def test_a_deposit_stands_on_both_sides(state):
    assert (state.accounts["ann"].available, state.accounts["bank"].natural) == (100, 100)
    assert state.accounts["bank"].balance == -100
    assert state.invariants() == []


def test_the_same_key_works_once_and_never_for_other_content(state):
    assert state.post("deposit", legs(("bank", "-100.00"), ("ann", "100"))) is state
    with pytest.raises(KeyReused):
        state.post("deposit", legs(("ann", "99"), ("bank", "-99")))
    held = state.reserve("h", "ann", D(5))
    assert held.reserve("h", "ann", D("5.00")) is held
    for account, amount in (("ann", "6"), ("bob", "5")):
        with pytest.raises(KeyReused):
            held.reserve("h", account, D(amount))
    assert held.release("h").reserve("h", "ann", D(5)).accounts["ann"].held == 0


def test_a_hold_is_settled_in_part_and_its_rest_given_back(state):
    state = state.reserve("h", "ann", D(60))
    assert state.accounts["ann"].available == 40
    with pytest.raises(FloorBreached):
        state.post("t", legs(("ann", "-40.01"), ("bob", "40.01")))
    state = state.post("t", legs(("ann", "-45"), ("bob", "45")), uses=[("h", D(10)), ("h", D(15))])
    assert state.holds["h"] == Hold("h", "ann", D(60), D(35), settled=D(25))
    assert state.accounts["ann"].available == 20
    state = state.release("h", D(5)).expire("h")
    assert state.holds["h"] == Hold("h", "ann", D(60), D(0), D(25), D(35), HoldState.SETTLED)
    assert (state.accounts["ann"].available, state.accounts["ann"].held) == (55, 0)
    assert state.invariants() == []


@pytest.mark.parametrize(
    ("end", "expected"), [("release", HoldState.RELEASED), ("expire", HoldState.EXPIRED)]
)  # fmt: skip
def test_a_hold_that_nobody_used_ends_as_what_ended_it(state, end, expected):
    state = getattr(state.reserve("h", "ann", D(1)), end)("h")
    assert state.holds["h"].state is expected
    for again in (state.release, state.expire):
        with pytest.raises(HoldClosed):
            again("h")


def test_an_account_without_a_floor_covers_only_what_must_be_covered(state):
    with pytest.raises(FloorBreached):
        state.reserve("h", "mirror", D(1))
    state = state.reserve("h", "mirror", D(1), must_cover=False)
    assert state.accounts["mirror"].available == -1
    assert state.post("t", legs(("mirror", "-5"), ("bob", "5"))).accounts["mirror"].available == -6
    assert state.invariants() == []


def test_the_floor_of_a_debit_account_is_on_its_own_side():
    state = Holdings().open_account(Account("cash", "EUR", side=-1, floor=D(-10)))
    state = state.open_account(Account("other", "EUR"))
    state = state.post("in", legs(("cash", "-5"), ("other", "5"))).post("out", legs(("cash", "15"), ("other", "-15")))
    assert state.accounts["cash"].available == -10
    with pytest.raises(FloorBreached):
        state.post("more", legs(("cash", "0.01"), ("other", "-0.01")))
    assert state.post("back", legs(("cash", "-1"), ("other", "1"))).accounts["cash"].available == -9


def test_a_frozen_account_takes_and_never_gives(state):
    state = state.reserve("h", "ann", D(5)).freeze("ann")
    assert state.post("in", legs(("ann", "1"), ("bank", "-1"))).accounts["ann"].balance == 101
    with pytest.raises(AccountFrozen):
        state.post("out", legs(("ann", "-1"), ("bank", "1")), uses=[("h", D(1))])
    with pytest.raises(AccountFrozen):
        state.reserve("g", "ann", D(1))
    with pytest.raises(AccountFrozen):
        state.close("ann")
    assert state.release("h").freeze("ann", frozen=False).reserve("g", "ann", D(100)).accounts["ann"].available == 0


def test_a_closed_account_is_left_alone(state):
    state = state.close("bob")
    for refused in (lambda: state.post("t", legs(("ann", "-1"), ("bob", "1"))), lambda: state.freeze("bob")):
        with pytest.raises(AccountClosed):
            refused()


def test_a_reversal_is_the_exact_opposite_and_comes_once(state):
    state = state.reserve("h", "ann", D(60)).post("t", legs(("ann", "-30"), ("bob", "30")), uses=[("h", D(30))])
    after = state.reverse("t")
    assert (after.accounts["ann"].balance, after.accounts["bob"].balance) == (100, 0)
    assert after.accounts["ann"].available == 70
    assert after.holds == state.holds
    assert after.invariants() == []
    for key, error in (("t", AlreadyReversed), ("reversal:t", NotReversible), ("none", JournalMissing)):
        with pytest.raises(error):
            after.reverse(key)
    spent = state.post("s", legs(("bob", "-1"), ("ann", "1")))
    with pytest.raises(FloorBreached):
        spent.reverse("t")


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (lambda s: s.post("t", legs(("ann", "-1"), ("bob", "2"))), UnbalancedError),
        (lambda s: s.post("t", legs(("ann", "-1"), ("coins", "1"))), UnbalancedError),
        (lambda s: s.post("t", legs(("ann", "-1"), ("house", "1"))), BooksCrossed),
        (lambda s: s.post("t", legs(("ann", "-1"), ("eve", "1"))), AccountMissing),
        (lambda s: s.post("t", legs(("ann", "-0.001"), ("bob", "0.001"))), AmountNotBookable),
        (lambda s: s.post("t", legs(("ann", "-100.01"), ("bob", "100.01"))), FloorBreached),
        (lambda s: s.post("t", legs(("ann", "-1"), ("bob", "1")), [("none", D(1))]), HoldMissing),
        (lambda s: s.post("t", legs(("ann", "-9"), ("bob", "9")), [("h", D("5.01"))]), HoldTooSmall),
        (lambda s: s.post("t", legs(("ann", "-4"), ("bob", "4")), [("h", D(5))]), UseExceedsLeg),
        (lambda s: s.post("t", legs(("bob", "4"), ("bank", "-4")), [("h", D(4))]), UseExceedsLeg),
        (lambda s: s.post("t", legs(("ann", "4"), ("bank", "-4")), [("h", D(4))]), UseExceedsLeg),
        (lambda s: s.post("t", legs(("ann", "-1"), ("bob", "1")), [("h", D(-1))]), AmountNotBookable),
        (lambda s: s.post("t", legs(("ann", "-1"), ("bob", "1")), [("h", D("0.001"))]), AmountNotBookable),
        (lambda s: s.reserve("g", "eve", D(1)), AccountMissing),
        (lambda s: s.reserve("g", "ann", D("95.01")), FloorBreached),
        (lambda s: s.reserve("g", "ann", D(0)), AmountNotBookable),
        (lambda s: s.reserve("g", "ann", D(-1)), AmountNotBookable),
        (lambda s: s.reserve("g", "ann", D("NaN")), AmountNotBookable),
        (lambda s: s.reserve("g", "ann", 1.0), AmountNotBookable),
        (lambda s: s.release("none"), HoldMissing),
        (lambda s: s.release("h", D("5.01")), HoldTooSmall),
        (lambda s: s.release("h", D(0)), AmountNotBookable),
        (lambda s: s.release("h", D("0.001")), AmountNotBookable),
        (lambda s: s.open_account(Account("ann", "EUR")), KeyReused),
        (lambda s: s.open_account(Account("new", "EUR", balance=D(1))), ValueError),
        (lambda s: s.open_account(Account("new", "EUR", side=0)), ValueError),
        (lambda s: s.open_account(Account("new", "EUR", floor=D(1))), ValueError),
    ],
)
def test_each_refusal_has_its_name(state, refused, error):
    with pytest.raises(error):
        refused(state.reserve("h", "ann", D(5)))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda s: s._with(accounts=[replace(s.accounts["ann"], balance=D(101))]), "is not the sum of its legs"),
        (lambda s: s._with(accounts=[replace(s.accounts["ann"], balance=D(101))]), "does not sum to zero in EUR"),
        (lambda s: s._with(accounts=[replace(s.accounts["ann"], held=D(4))]), "remains of its open holds"),
        (lambda s: s._with(accounts=[replace(s.accounts["ann"], floor=D(96))]), "below the floor"),
        (lambda s: s._with(holds=[replace(s.holds["h"], amount=D(6))]), "do not make the whole"),
        (lambda s: s._with(holds=[replace(s.holds["h"], released=D(-1), remaining=D(6))]), "a part is negative"),
        (lambda s: s._with(holds=[replace(s.holds["h"], state=HoldState.EXPIRED)]), "expired with 5 remaining"),
        (lambda s: s._with(holds=[replace(s.holds["h"], settled=D(1))]), "is not what journals used"),
        (lambda s: s._with(journals=[Journal("x", tuple(legs(("ann", "1"))))]), "at least two legs"),
    ],
)
def test_a_spoiled_state_is_seen(state, spoil, says):
    state = state.reserve("h", "ann", D(5))
    assert state.invariants() == []
    assert any(says in fault for fault in spoil(state).invariants())


NAMES = ("ann", "bob", "bank", "mirror")
CENTS = st.integers(1, 5_000).map(lambda cents: D(cents) * STEP)
KEYS = st.integers(0, 40).map(str)
HOLDS = st.integers(0, 9).map(str)
PLACES = st.integers(0, 99)


class LedgerSteps(RuleBasedStateMachine):
    """Any steps in any order. A second count in whole cents runs beside the model and knows nothing of it."""

    state = Holdings()

    @initialize()
    def start(self) -> None:
        self.state = Holdings()
        for account in (
            Account("ann", "EUR", floor=D(0), precision=2),
            Account("bob", "EUR", floor=D(-10), precision=2),
            Account("bank", "EUR", side=-1, precision=2),
            Account("mirror", "EUR", precision=2),
        ):
            self.state = self.state.open_account(account)
        parts = legs(("ann", "150"), ("bob", "50"), ("mirror", "50"), ("bank", "-250"))
        self.state = self.state.post("start", parts)
        self.cents = {leg.account: int(leg.amount * 100) for leg in parts}

    def attempt(self, step) -> bool:
        before = self.state
        counted = repr(before)
        try:
            self.state = step(before)
        except LedgerRefusal:
            assert self.state is before
        assert repr(before) == counted
        return self.state is not before

    @rule(key=KEYS, giver=st.sampled_from(NAMES), taker=st.sampled_from(NAMES), amount=CENTS)
    def move(self, key, giver, taker, amount) -> None:
        self.book(key, [Leg(giver, "EUR", -amount), Leg(taker, "EUR", amount)])

    @precondition(lambda self: self.state.holds)
    @rule(key=KEYS, place=PLACES, taker=st.sampled_from(NAMES), amount=CENTS, used=CENTS, fits=st.booleans())
    def settle(self, key, place, taker, amount, used, fits) -> None:
        hold = self.any_hold(place)
        known = self.state.holds.get(hold)
        if known and fits:
            used = min(used, amount, known.remaining or used)
        giver = known.account if known else "ann"
        sign = -1 if giver == "bank" else 1
        self.book(key, [Leg(giver, "EUR", -sign * amount), Leg(taker, "EUR", sign * amount)], [(hold, used)])

    @rule(key=KEYS, amount=CENTS, fee=CENTS)
    def move_with_a_fee(self, key, amount, fee) -> None:
        self.book(key, [Leg("ann", "EUR", -amount), Leg("bob", "EUR", amount - fee), Leg("mirror", "EUR", fee)])

    def book(self, key, parts, uses=()) -> None:
        if self.attempt(lambda state: state.post(key, parts, uses)):
            for leg in parts:
                self.cents[leg.account] += int(leg.amount * 100)

    def any_hold(self, place) -> str:
        known = sorted(self.state.holds)
        return known[place % len(known)] if known and place < 95 else "none"

    @rule(key=HOLDS, account=st.sampled_from(NAMES), amount=CENTS, cover=st.booleans())
    def reserve(self, key, account, amount, cover) -> None:
        self.attempt(lambda state: state.reserve(key, account, amount, must_cover=cover))

    @precondition(lambda self: self.state.holds)
    @rule(place=PLACES, amount=st.none() | CENTS)
    def release(self, place, amount) -> None:
        hold = self.any_hold(place)
        self.attempt(lambda state: state.release(hold, amount))

    @precondition(lambda self: self.state.holds)
    @rule(place=PLACES)
    def expire(self, place) -> None:
        hold = self.any_hold(place)
        self.attempt(lambda state: state.expire(hold))

    @rule(place=PLACES)
    def reverse(self, place) -> None:
        known = sorted(self.state.journals)
        key = known[place % len(known)]
        if self.attempt(lambda state: state.reverse(key)):
            for leg in self.state.journals[key].legs:
                self.cents[leg.account] -= int(leg.amount * 100)

    @rule(account=st.sampled_from(NAMES), place=PLACES)
    def freeze(self, account, place) -> None:
        self.attempt(lambda state: state.freeze(account, frozen=place < 20))

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        assert self.state.invariants() == []
        assert {name: int(account.balance * 100) for name, account in self.state.accounts.items()} == self.cents
        assert self.cents["ann"] >= 0
        assert self.cents["bob"] >= -1_000


TestLedgerSteps = LedgerSteps.TestCase
TestLedgerSteps.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
