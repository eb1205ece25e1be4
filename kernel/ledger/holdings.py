"""The ledger as a state machine of values. The tables and the posting function are compared with it.

Every step returns a new state or raises a LedgerRefusal. A step under a key that was used before with the same content
returns the state as it is; with other content it raises KeyReused. Where several refusals apply, a step looks in this
order: the shape of legs and uses, missing accounts, the key, books, states and decimals, holds, floors.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from kernel.ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountMissing,
    AlreadyReversed,
    AmountNotBookable,
    BooksCrossed,
    FloorBreached,
    HoldClosed,
    HoldMissing,
    HoldTooSmall,
    JournalMissing,
    KeyReused,
    NotReversible,
    UnbalancedError,
    UseExceedsLeg,
)
from kernel.ledger.legs import Leg, check_balanced, opposite
from kernel.money.exact import ZERO, add, negate, subtract, total
from kernel.money.parsing import InvalidAmountError, parse_decimal

REVERSAL = "reversal:"


class HoldState(StrEnum):
    """Where a hold stands."""

    OPEN = "open"  # some of it is still held
    SETTLED = "settled"  # at its end, and journals used some of it
    RELEASED = "released"  # given back, nothing was used
    EXPIRED = "expired"  # its time passed, nothing was used


@dataclass(frozen=True, slots=True)
class Account:
    """An amount of one asset.

    `balance` is credits less debits. `side` is +1 for accounts that normally stand in credit and −1 for those in
    debit; side × balance is the natural balance. `floor` is the least that natural balance less `held` may be; None:
    there is none. A journal stays in one `book`.
    """

    name: str
    asset: str
    side: int = 1
    floor: Decimal | None = None
    frozen: bool = False
    closed: bool = False
    precision: int = 18
    book: str = ""
    balance: Decimal = ZERO
    held: Decimal = ZERO

    @property
    def natural(self) -> Decimal:
        """The balance on the normal side."""
        return _sided(self.side, self.balance)

    @property
    def available(self) -> Decimal:
        """The natural balance less what is held."""
        return subtract(self.natural, self.held)


@dataclass(frozen=True, slots=True)
class Hold:
    """A part of an account that is reserved: amount = remaining + settled + released."""

    key: str
    account: str
    amount: Decimal
    remaining: Decimal
    settled: Decimal = ZERO
    released: Decimal = ZERO
    state: HoldState = HoldState.OPEN


@dataclass(frozen=True, slots=True)
class Journal:
    """What was booked under a key, legs by account; `uses` says how much of which hold went with it."""

    key: str
    legs: tuple[Leg, ...]
    uses: Mapping[str, Decimal] = field(default_factory=dict)
    reverses: str | None = None


@dataclass(frozen=True, slots=True)
class Holdings:
    """All accounts by name, all holds and journals by key. Never changed in place."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    journals: Mapping[str, Journal] = field(default_factory=dict)

    def open_account(self, account: Account) -> "Holdings":
        """Add an empty account. Raises KeyReused for a name that is taken, ValueError when it is not empty."""
        if account.name in self.accounts:
            raise KeyReused(account.name)
        if account.balance or account.held or account.side not in (1, -1) or (account.floor or ZERO) > 0:
            raise ValueError("an account starts empty, on side 1 or -1, with a floor of at most zero")
        return self._with(accounts=[account])

    def freeze(self, name: str, *, frozen: bool = True) -> "Holdings":
        """Freeze an account, or open it again. Raises AccountMissing, AccountClosed."""
        account = self._account(name)
        if account.closed:
            raise AccountClosed(name)
        return self._with(accounts=[replace(account, frozen=frozen)])

    def close(self, name: str) -> "Holdings":
        """Close an account for ever. Raises AccountMissing, AccountFrozen."""
        account = self._account(name)
        if account.frozen:
            raise AccountFrozen(name)
        return self._with(accounts=[replace(account, closed=True)])

    def post(self, key: str, legs: Sequence[Leg], uses: Iterable[tuple[str, Decimal]] = ()) -> "Holdings":
        """Book a journal; `uses` = (hold, amount) pairs that it settles.

        A hold is settled by money that leaves its account: the journal takes at least as much from there as it uses.
        Raises UnbalancedError (also BooksCrossed, UseExceedsLeg), AccountMissing, KeyReused, AccountClosed,
        AccountFrozen, AmountNotBookable, HoldMissing, HoldClosed, HoldTooSmall, FloorBreached.
        """
        return self._book(Journal(key, _sorted(legs), _summed(uses)), legs)

    def reserve(self, key: str, account: str, amount: Decimal, *, must_cover: bool = True) -> "Holdings":
        """Hold an amount of an account under a key of holds.

        With `must_cover` an account without a floor must have the amount too; one with a floor always must. Raises
        AccountMissing, KeyReused, AccountClosed, AccountFrozen, AmountNotBookable, FloorBreached.
        """
        at = self._account(account)
        known = self.holds.get(key)
        if known is not None:
            if (known.account, known.amount) != (account, amount):
                raise KeyReused(key)
            return self
        _check_state(at, leaving=True)
        _check_positive(at, amount)
        floor = ZERO if at.floor is None and must_cover else at.floor
        after = replace(at, held=add(at.held, amount))
        if floor is not None and after.available < floor:
            raise FloorBreached(account)
        return self._with(accounts=[after], holds=[Hold(key, account, amount, amount)])

    def release(self, hold: str, amount: Decimal | None = None) -> "Holdings":
        """Give back `amount` of a hold, or all that remains. Raises HoldMissing, HoldClosed, HoldTooSmall,
        AmountNotBookable."""
        return self._give_back(hold, amount, HoldState.RELEASED)

    def expire(self, hold: str) -> "Holdings":
        """Give back all that remains because its time has passed. Raises HoldMissing, HoldClosed."""
        return self._give_back(hold, None, HoldState.EXPIRED)

    def reverse(self, key: str) -> "Holdings":
        """Book the exact opposite of a journal under the key "reversal:" + key; settled holds stay settled.

        Raises JournalMissing, NotReversible, AlreadyReversed, and what `post` raises.
        """
        journal = self.journals.get(key)
        if journal is None:
            raise JournalMissing(key)
        if journal.reverses is not None:
            raise NotReversible(key)
        if any(other.reverses == key for other in self.journals.values()):
            raise AlreadyReversed(key)
        legs = opposite(journal.legs)
        return self._book(Journal(REVERSAL + key, legs, reverses=key), legs)

    def invariants(self) -> list[str]:
        """Return a sentence for each thing that is wrong; none for a sound state.

        Everything is counted anew from journals and holds: balances, held parts, sums per book and asset, floors.
        """
        faults: list[str] = []
        sums: dict[tuple[str, str], Decimal] = {}
        moved: dict[str, Decimal] = {}
        for journal in self.journals.values():
            faults += _faults_of_journal(journal)
            for leg in journal.legs:
                moved[leg.account] = add(moved.get(leg.account, ZERO), leg.amount)
        for account in self.accounts.values():
            place = (account.book, account.asset)
            sums[place] = add(sums.get(place, ZERO), account.balance)
            faults += _faults_of_account(account, moved.get(account.name, ZERO), self._open_holds(account.name))
        faults += [f"book {book!r} does not sum to zero in {asset}" for (book, asset), left in sums.items() if left]
        for hold in self.holds.values():
            faults += _faults_of_hold(hold, self._settled(hold.key))
        return faults

    def _book(self, journal: Journal, legs: Sequence[Leg]) -> "Holdings":
        check_balanced(legs)
        accounts = {leg.account: self._account(leg.account) for leg in legs}
        known = self.journals.get(journal.key)
        if known is not None:
            if known != journal:
                raise KeyReused(journal.key)
            return self
        for leg in legs:
            _check_leg(accounts[leg.account], leg)
        if len({account.book for account in accounts.values()}) > 1:
            raise BooksCrossed(journal.key)
        holds = [self._used(hold, amount) for hold, amount in journal.uses.items()]
        used: dict[str, Decimal] = {}
        for hold in holds:
            used[hold.account] = add(used.get(hold.account, ZERO), journal.uses[hold.key])
        amounts = {leg.account: leg.amount for leg in legs}
        for name, amount in used.items():
            if name not in accounts or amount > _sided(-accounts[name].side, amounts[name]):
                raise UseExceedsLeg(name)
        after = [_moved(account, amounts[name], used.get(name, ZERO)) for name, account in accounts.items()]
        return self._with(accounts=after, holds=holds, journals=[journal])

    def _used(self, key: str, amount: Decimal) -> Hold:
        hold = self._open_hold(key)
        _check_positive(self.accounts[hold.account], amount)
        if amount > hold.remaining:
            raise HoldTooSmall(key)
        remaining = subtract(hold.remaining, amount)
        state = HoldState.OPEN if remaining else HoldState.SETTLED
        return replace(hold, remaining=remaining, settled=add(hold.settled, amount), state=state)

    def _give_back(self, key: str, amount: Decimal | None, state: HoldState) -> "Holdings":
        hold = self._open_hold(key)
        account = self.accounts[hold.account]
        given = hold.remaining if amount is None else amount
        _check_positive(account, given)
        if given > hold.remaining:
            raise HoldTooSmall(key)
        remaining = subtract(hold.remaining, given)
        ended = HoldState.SETTLED if hold.settled else state
        after = replace(
            hold,
            remaining=remaining,
            released=add(hold.released, given),
            state=HoldState.OPEN if remaining else ended,
        )
        return self._with(accounts=[replace(account, held=subtract(account.held, given))], holds=[after])

    def _account(self, name: str) -> Account:
        try:
            return self.accounts[name]
        except KeyError:
            raise AccountMissing(name) from None

    def _open_hold(self, key: str) -> Hold:
        hold = self.holds.get(key)
        if hold is None:
            raise HoldMissing(key)
        if hold.state is not HoldState.OPEN:
            raise HoldClosed(key)
        return hold

    def _open_holds(self, account: str) -> Decimal:
        return total(hold.remaining for hold in self.holds.values() if hold.account == account)

    def _settled(self, key: str) -> Decimal:
        return total(journal.uses[key] for journal in self.journals.values() if key in journal.uses)

    def _with(
        self, *, accounts: Iterable[Account] = (), holds: Iterable[Hold] = (), journals: Iterable[Journal] = ()
    ) -> "Holdings":
        return Holdings(
            {**self.accounts, **{account.name: account for account in accounts}},
            {**self.holds, **{hold.key: hold for hold in holds}},
            {**self.journals, **{journal.key: journal for journal in journals}},
        )


def _sided(side: int, amount: Decimal) -> Decimal:
    return amount if side > 0 else negate(amount)


def _sorted(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    return tuple(sorted(legs, key=lambda leg: leg.account))


def _summed(uses: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for hold, amount in uses:
        if not isinstance(amount, Decimal) or not amount.is_finite() or amount <= 0:
            raise AmountNotBookable(hold)
        sums[hold] = add(sums.get(hold, ZERO), amount)
    return sums


def _check_leg(account: Account, leg: Leg) -> None:
    if leg.asset != account.asset:
        raise UnbalancedError(f"{account.name} is an account of {account.asset}")
    _check_state(account, leaving=_sided(account.side, leg.amount) < 0)
    _check_decimals(account, leg.amount)


def _check_state(account: Account, *, leaving: bool) -> None:
    if account.closed:
        raise AccountClosed(account.name)
    if account.frozen and leaving:
        raise AccountFrozen(account.name)


def _check_decimals(account: Account, amount: Decimal) -> None:
    try:
        parse_decimal(amount, decimal_places=account.precision)
    except InvalidAmountError as error:
        raise AmountNotBookable(f"{account.name}: {error}") from None


def _check_positive(account: Account, amount: Decimal) -> None:
    _check_decimals(account, amount)
    if amount <= 0:
        raise AmountNotBookable(f"{account.name}: not more than zero")


def _moved(account: Account, amount: Decimal, used: Decimal) -> Account:
    """Return the account after a leg that also used `used` of its holds; raises FloorBreached."""
    after = replace(account, balance=add(account.balance, amount), held=subtract(account.held, used))
    if account.floor is not None and after.available < min(account.floor, account.available):
        raise FloorBreached(account.name)
    return after


def _faults_of_journal(journal: Journal) -> list[str]:
    try:
        check_balanced(journal.legs)
    except UnbalancedError as error:
        return [f"journal {journal.key}: {error}"]
    return []


def _faults_of_account(account: Account, moved: Decimal, reserved: Decimal) -> list[str]:
    faults = []
    if account.balance != moved:
        faults.append(f"{account.name}: balance {account.balance} is not the sum of its legs {moved}")
    if account.held != reserved:
        faults.append(f"{account.name}: held {account.held} is not what remains of its open holds {reserved}")
    if account.floor is not None and account.available < account.floor:
        faults.append(f"{account.name}: {account.available} available is below the floor {account.floor}")
    return faults


def _faults_of_hold(hold: Hold, settled: Decimal) -> list[str]:
    faults = []
    if hold.amount != total((hold.remaining, hold.settled, hold.released)):
        faults.append(f"hold {hold.key}: its parts do not make the whole")
    if min(hold.remaining, hold.settled, hold.released) < 0:
        faults.append(f"hold {hold.key}: a part is negative")
    if (hold.state is HoldState.OPEN) != (hold.remaining > 0):
        faults.append(f"hold {hold.key}: {hold.state.value} with {hold.remaining} remaining")
    if hold.settled != settled:
        faults.append(f"hold {hold.key}: settled {hold.settled} is not what journals used, {settled}")
    return faults
