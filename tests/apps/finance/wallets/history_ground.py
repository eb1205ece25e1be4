"""What random histories of wallets stand on: people, addresses, products, a clock, and what must hold at each step."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, TypeVar

from django.db import connection, transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from apps.compliance.limits.choices import Tier, TierBasis
from apps.compliance.limits.operations import put_defaults, set_tier
from apps.core import approvals, proofs, relay, seals, timers
from apps.core.actors import Actor
from apps.core.clock import freeze
from apps.core.errors import DomainError
from apps.core.models import OutboxEvent, Timer
from apps.core.sealing import open_field
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations, seeds, seeds_earning
from apps.finance.wallets.gateways import sandbox
from apps.finance.wallets.models import AddressEntry
from apps.finance.wallets.operations.first_rows import put_first_products, put_first_rates
from apps.platform.notifications.models import OutgoingMail
from kernel.addresses import Network, example_address
from tests.factories.people import make_customer, make_staff

T = TypeVar("T")
SYSTEM = Actor.system("tests")
D = Decimal
START = datetime(2024, 3, 1, 12, tzinfo=UTC)
WAYS = (("USDT", Network.TRON), ("ETH", Network.ETHEREUM))
OUT = (("USDT", Network.TRON), ("ETH", Network.ETHEREUM), ("EUR", Network.SEPA))
HOLDS_BACK = {"AccountFrozen", "InsufficientFunds"}
"""Why a timer may have to try again: staff froze an account, or took money out of it by a reversal."""

STEP_CHECKS: dict[str, str] = {
    "balances are not the sums of their entries": """
        SELECT a.id FROM ledger_account a LEFT JOIN (
            SELECT account_id, sum(amount) AS total, count(*) AS n FROM ledger_entry GROUP BY 1) e
            ON e.account_id = a.id
        WHERE a.balance <> coalesce(e.total, 0) OR a.version <> coalesce(e.n, 0)
           OR (a.floor IS NOT NULL AND a.side * a.balance - a.held < a.floor)
    """,
    "an asset does not sum to zero": "SELECT asset FROM ledger_account GROUP BY mode, asset HAVING sum(balance) <> 0",
    "what a customer has is not what came, less what left": """
        SELECT holder_id FROM (
            SELECT holder_id, mode, asset, balance AS amount FROM ledger_account
                WHERE book = 'wallet' AND holder_id IS NOT NULL
            UNION ALL SELECT owner_id, mode, asset, -credited FROM wallets_deposit WHERE state = 'credited'
            UNION ALL SELECT owner_id, mode, asset, amount FROM wallets_withdrawal WHERE state = 'confirmed'
            UNION ALL SELECT owner_id, mode, asset, amount FROM wallets_transfer WHERE state = 'done'
            UNION ALL SELECT recipient_id, mode, asset, -amount FROM wallets_transfer WHERE state = 'done'
            UNION ALL SELECT p.owner_id, p.mode, t.asset, -c.amount FROM wallets_accrual c
                JOIN wallets_yieldposition p ON p.id = c.position_id JOIN wallets_yieldproduct t ON t.id = p.product_id
            UNION ALL SELECT p.owner_id, p.mode, t.asset, -c.amount FROM wallets_accrual c
                JOIN wallets_stakeposition p ON p.id = c.stake_id JOIN wallets_stakingproduct t ON t.id = p.product_id
            UNION ALL SELECT a.holder_id, a.mode, a.asset, -e.amount FROM ledger_entry e
                JOIN ledger_journal j ON j.id = e.journal_id JOIN ledger_account a ON a.id = e.account_id
                WHERE j.kind IN ('reset', 'adjustment', 'reversal') AND a.book = 'wallet' AND a.holder_id IS NOT NULL
        ) m GROUP BY holder_id, mode, asset HAVING sum(amount) <> 0
    """,
    "what is held is not the open withdrawals and transfers": """
        SELECT holder_id FROM (
            SELECT holder_id, mode, asset, held AS amount FROM ledger_account WHERE holder_id IS NOT NULL
            UNION ALL SELECT owner_id, mode, asset, -amount FROM wallets_withdrawal WHERE ended_at IS NULL
            UNION ALL SELECT owner_id, mode, asset, -amount FROM wallets_transfer WHERE state = 'held'
        ) h GROUP BY holder_id, mode, asset HAVING sum(amount) <> 0
    """,
}
"""Fault in words → the query that finds it; written without a look at the proofs of the product."""
EACH_STEP = " UNION ALL ".join(
    f"SELECT '{words}' FROM ({query}) q{n}" for n, (words, query) in enumerate(STEP_CHECKS.items())
)
PICTURE = """
    SELECT (SELECT md5(coalesce(string_agg(concat_ws(':', id, balance, held, version, state), ',' ORDER BY id), ''))
        FROM ledger_account WHERE balance <> 0 OR held <> 0 OR version <> 0),
    (SELECT count(*) FROM ledger_journal), (SELECT count(*) FROM ledger_hold), (SELECT count(*) FROM limits_limituse),
    (SELECT md5(coalesce(string_agg(id || state, ',' ORDER BY id), '')) FROM (
        SELECT id, state FROM wallets_deposit UNION ALL SELECT id, state FROM wallets_withdrawal
        UNION ALL SELECT id, state FROM wallets_transfer UNION ALL SELECT id, state FROM wallets_savingsgoal
        UNION ALL SELECT id, state FROM wallets_yieldposition UNION ALL SELECT id, state FROM wallets_stakeposition
        UNION ALL SELECT id, state FROM wallets_addressentry UNION ALL SELECT id, state FROM core_approval) s)
"""


def asked(query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()]


def fire_timers() -> None:
    """Run what is due now; a timer may only have failed for what staff can undo."""
    for _ in range(50):
        if not timers.fire_due():
            break
    failed = Timer.objects.exclude(last_error="").values_list("name", "last_error")
    assert [row for row in failed if row[1].partition(":")[0] not in HOLDS_BACK] == []


def deliver_events() -> None:
    """Deliver the outbox; no handler may fail."""
    while relay.drain():
        pass
    assert list(OutboxEvent.objects.exclude(last_error="").values_list("name", "last_error")) == []


def worker_turns() -> None:
    """Do what workers do between two requests: pay, settle, open, deliver, watch, go on."""
    from apps.finance.wallets.tasks import nudge_due

    nudge_due()


def code_of(entry: AddressEntry) -> str:
    """Return the code of the newest mail about an address."""
    newest = OutgoingMail.objects.order_by("-id").first()
    assert newest is not None
    found = re.search(r"\b[A-Z2-9]{10}\b", open_field(newest, "text"))
    assert found is not None
    return found[0]


class Ground:
    """Made once for all histories: three customers with money, four members of staff, products on offer."""

    def __init__(self) -> None:
        with freeze(START):
            put_defaults(actor=SYSTEM)
            operations.put_default_policies(actor=SYSTEM, approvals=seeds._approvals(), fees=seeds._fees(), accounts=[])
            put_first_products(actor=SYSTEM, offered=True)
            rates = {pair: D(rate) for pair, rate in seeds_earning.DEMO_RATES.items()}
            put_first_rates(actor=SYSTEM, rates=rates | {("ETH", "USDT"): D(2000)}, as_of=START, source="test")
            self.people = [make_customer(f"h{place}@example.test") for place in range(3)]
            for person, tier in zip(self.people, (Tier.ENHANCED, Tier.VERIFIED, Tier.UNVERIFIED), strict=True):
                if tier:
                    set_tier(actor=SYSTEM, owner_id=person.pk, tier=tier, basis=TierBasis.EVIDENCE, reason="test")
            self.finance, self.approver, self.second = (
                Actor.of(make_staff(f"{name}@example.test", role=role))
                for name, role in (("fin", "finance"), ("apo", "finance_approver"), ("ape", "finance_approver"))
            )
            self.compliance = Actor.of(make_staff("com@example.test", role="compliance"))
            for person in self.people:
                self._equip(person)
            # Twice: credited, and then too deep in the chain to be shown again.
            for _ in range(2):
                for _, network in WAYS:
                    sandbox.advance(network, 120)
                worker_turns()
            deliver_events()
        with freeze(START + timedelta(hours=1)):
            fire_timers()
            assert not OutgoingMail.objects.filter(state="waiting").exists()

    def _equip(self, person: Any) -> None:
        """Give a customer places to pay in, addresses to pay to, and money of every asset."""
        actor = Actor.of(person)
        for asset, network in WAYS:
            for mode in Mode:
                place = operations.ask_deposit_address(actor=actor, asset=asset, network=network.value, mode=mode)
                operations.open_deposit_address(place_id=place.pk)
                operations.simulate_deposit(actor=actor, place_id=place.pk, amount=D(5000 if asset == "USDT" else 3))
        arrived = operations.announce_deposit(actor=actor, asset="EUR", amount=D(900))
        operations.confirm_deposit(actor=self.finance, deposit_id=arrived.pk, received=D(900), reason="test")
        operations.reset_paper_funds(actor=actor)
        for asset, network in OUT:
            self.prove(actor, asset, network, f"{person.pk}")

    def prove(self, actor: Actor, asset: str, network: Network, seed: str) -> AddressEntry:
        """Put an address into a customer's book and prove it with the mailed code."""
        entry = operations.add_address(
            actor=actor, asset=asset, network=network.value, address=example_address(network, seed), label=seed[:60]
        )
        assert operations.take_proof_attempt(actor=actor, entry_id=entry.pk)
        return operations.prove_address(actor=actor, entry_id=entry.pk, code=code_of(entry))


AMOUNTS = [
    D(text) for text in ("0.01", "1", "12.5", "99.99", "250", "1001", "4800", "26000", "0.000001", "1E-18", "-1")
]
TRIES = 6
Verb = Callable[[Any], None]
VERBS: dict[str, tuple[Verb, int]] = {}


def verb(weight: int = 1) -> Callable[[Verb], Verb]:
    """Make a function of a world one of its verbs, as likely as its weight."""

    def keep(function: Verb) -> Verb:
        VERBS[function.__name__] = (function, weight)
        return function

    return keep


class NothingToDo(Exception):
    """A verb found no row to do it with; another one is tried."""


class World(RuleBasedStateMachine):
    """One history: begins on the ground, is checked after each step and proved at its end, and is undone.

    One rule, so that Hypothesis leaves no verb out of a history; what a step does is decided by its seed.
    """

    ground: Ground
    random: Random

    @rule(seed=st.integers(0, 2**63 - 1))
    def step(self, seed: int) -> None:
        """Do one verb."""
        self.count += 1
        self.random = Random(f"{seed}:{self.count}")
        functions, weights = zip(*VERBS.values(), strict=True)
        for chosen in self.random.choices(functions, weights, k=TRIES):
            try:
                chosen(self)
            except NothingToDo:
                continue
            note(f"{chosen.__name__} at {self.moment:%d %b %H:%M}")
            return

    def amount(self) -> Decimal:
        """Return an amount: mostly an ordinary one, now and then an odd one."""
        if self.random.random() < 0.15:
            return self.random.choice(AMOUNTS)
        places = self.random.choice((0, 1, 2))
        return D(self.random.randint(1, 1000)).scaleb(-places)

    def mode(self) -> Mode:
        """Return a mode: mostly real money."""
        return self.random.choice((Mode.LIVE, Mode.LIVE, Mode.LIVE, Mode.PAPER))

    def person(self) -> Actor:
        """Return one of the customers."""
        return Actor.of(self.random.choice(self.people))

    def owner(self, row: Any) -> Actor:
        """Return the customer a row belongs to."""
        return Actor.of(next(person for person in self.people if person.pk == row.owner_id))

    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        frame: Any = self.frame
        frame._from_testcase = True  # the transaction of the test, not of the code under test
        self.frame.__enter__()
        self.clock = ExitStack()
        self.moment = START
        self.forward(timedelta(hours=20))
        self.count = 0
        self.people = self.ground.people

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        self.moment += by
        self.clock.enter_context(freeze(self.moment))

    def one(self, rows: Any) -> Any:
        """Return one of some rows. Raises NothingToDo where there is none."""
        found = list(rows.order_by("id"))
        if not found:
            raise NothingToDo
        return self.random.choice(found)

    def attempt(self, call: Callable[[], T]) -> T | None:
        """Do a step, or have it refused in words with nothing changed; then look at the books."""
        before = asked(PICTURE)
        try:
            done = call()
        except DomainError as error:
            refusal = error
        else:
            self.look()
            return done
        assert refusal.code, refusal
        assert refusal.text, refusal
        assert asked(PICTURE) == before, refusal
        return None

    def look(self) -> None:
        """Assert what must hold after each step."""
        assert asked(EACH_STEP) == []

    def approve(self, approval_id: Any, *, agrees: bool = True) -> None:
        """Have the people who may decide on a request decide, as many as it takes."""
        for checker in (self.ground.approver, self.ground.second):
            decide = partial(approvals.decide, actor=checker, approval_id=approval_id, agrees=agrees)
            asked_for = self.attempt(decide)
            if asked_for is None or asked_for.state != "pending":
                return

    def teardown(self) -> None:
        """Prove all of it, after the workers had their turns; then undo the history."""
        try:
            fire_timers()
            worker_turns()
            deliver_events()
            self.look()
            found = {name: faults for name, proof in proofs._tenant_proofs.items() if (faults := proof())}
            assert found == {}
            assert seals.verify() == []
        finally:
            self.clock.close()
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)
