"""Histories of every verb of wallets on real PostgreSQL: the books hold at each step, all proofs at the end."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from apps.core.approvals import MakerCannotCheck, decide
from apps.core.ids import uuid7
from apps.core.models import Approval, ApprovalState
from apps.core.permissions import PermissionMissing
from apps.finance.ledger.choices import AccountKind
from apps.finance.ledger.models import Account, Journal
from apps.finance.ledger.operations import (
    ask_for_adjustment,
    ask_for_reversal,
    freeze_account,
    seal_journals,
    unfreeze_account,
)
from apps.finance.wallets import operations
from apps.finance.wallets.choices import DepositKind, DepositState, EntryState, WithdrawalState
from apps.finance.wallets.choices_earning import Every, ProductState, StakeState, YieldState
from apps.finance.wallets.gateways import sandbox
from apps.finance.wallets.models import (
    Accrual,
    AddressEntry,
    Deposit,
    DepositAddress,
    GoalContribution,
    ProviderCall,
    SavingsGoal,
    StakePosition,
    StakingProduct,
    Transfer,
    Withdrawal,
    YieldPosition,
    YieldProduct,
)
from apps.finance.wallets.models.simulated import FaultKind
from apps.finance.wallets.operations import GoalPlan, Schedule
from kernel.addresses import Network
from tests.apps.finance.wallets.history_ground import (
    OUT,
    SYSTEM,
    WAYS,
    D,
    Ground,
    NothingToDo,
    World,
    deliver_events,
    fire_timers,
    verb,
    worker_turns,
)

INSIDE = (AccountKind.SAVINGS, AccountKind.EARN, AccountKind.STAKE)
STATES = (Deposit, Withdrawal, Transfer, ProviderCall, SavingsGoal, YieldPosition, StakePosition)
SEEN: Counter[str] = Counter()
"""What the histories came to; a verb that never gets anywhere proves nothing."""
OFTEN = {
    "Deposit confirming", "Deposit credited", "ProviderCall paid", "Withdrawal confirmed", "Transfer done",
    "StakePosition bonded", "YieldPosition active", "SavingsGoal active", "accruals", "journal fee", "journal interest",
    "journal earn", "journal stake", "journal save", "journal reversal", "journal adjustment", "journal reset",
}  # fmt: skip
RARE = {
    "Deposit announced", "Deposit rejected", "Withdrawal requested", "Withdrawal held", "Withdrawal approval",
    "Withdrawal signing", "Withdrawal broadcast", "Withdrawal cancelled", "Withdrawal rejected", "Withdrawal failed",
    "Transfer returned", "ProviderCall unknown", "ProviderCall refused", "SavingsGoal reached", "SavingsGoal paused",
    "SavingsGoal closed", "YieldPosition redeeming", "YieldPosition closed", "StakePosition unbonding",
    "StakePosition released", "contributions",
}  # fmt: skip
"""What forty histories come to at least two dozen times each, and what a thousand come to as well."""


class Histories(World):
    """Counts what came of each history before it is undone."""

    def teardown(self) -> None:
        for model in STATES:
            rows: Any = model
            SEEN.update(f"{model.__name__} {state}" for state in rows.objects.values_list("state", flat=True))
        SEEN.update(f"journal {kind}" for kind in Journal.objects.values_list("kind", flat=True))
        SEEN.update({"accruals": Accrual.objects.count(), "contributions": GoalContribution.objects.count()})
        super().teardown()


# Paying in.
@verb(2)
def announce(world: World) -> None:
    given: dict[str, Any] = {"asset": world.random.choice(("EUR", "EUR", "EUR", "USDT")), "amount": world.amount()}
    world.attempt(lambda: operations.announce_deposit(actor=world.person(), **given))


@verb(3)
def confirm_arrival(world: World) -> None:
    row = world.one(Deposit.objects.filter(kind=DepositKind.MANUAL, state=DepositState.ANNOUNCED))
    received = row.amount if world.random.random() < 0.8 else world.amount()
    world.attempt(
        lambda: operations.confirm_deposit(
            actor=world.ground.finance, deposit_id=row.pk, received=received, reason="seen"
        )
    )


@verb()
def reject_arrival(world: World) -> None:
    row = world.one(Deposit.objects.all())
    finance, owner = world.ground.finance, world.owner(row)
    verbs: tuple[Callable[[], Any], ...] = (
        lambda: operations.reject_deposit(actor=finance, deposit_id=row.pk, reason="never came"),
        lambda: operations.take_back_deposit(actor=owner, deposit_id=row.pk),
        lambda: operations.confirm_deposit(actor=finance, deposit_id=row.pk, received=D(1), reason="again"),
    )
    world.attempt(world.random.choice(verbs))


@verb(3)
def pay_to_an_address(world: World) -> None:
    row = world.one(DepositAddress.objects.all())
    amount = world.amount()
    world.attempt(lambda: operations.simulate_deposit(actor=world.owner(row), place_id=row.pk, amount=amount))


@verb()
def reorganise(world: World) -> None:
    """A block falls out; what is credited stays a fact that staff look at, so histories leave it alone."""
    rows = Deposit.objects.filter(kind=DepositKind.CRYPTO)
    row = world.one(rows.exclude(state=DepositState.CREDITED))
    sandbox.reorganise(Network(row.network), row.txid, drop=world.random.random() < 0.4)


@verb(4)
def mine_and_watch(world: World) -> None:
    sandbox.advance(world.random.choice(WAYS)[1], world.random.choice((1, 5, 30)))
    world.attempt(lambda: operations.poll_deposits(provider="sandbox"))


@verb()
def set_play_money_anew(world: World) -> None:
    world.attempt(lambda: operations.reset_paper_funds(actor=world.person()))


# Paying out.
@verb(2)
def change_the_book(world: World) -> None:
    actor, way = world.person(), world.random.choice(OUT)
    if world.random.random() < 0.3:
        row = world.one(AddressEntry.objects.filter(owner_id=actor.id, asset_id=way[0]))
        world.attempt(lambda: operations.remove_address(actor=actor, entry_id=row.pk))
    else:
        seed = f"{actor.id}-{world.random.randint(1, 4)}"
        world.attempt(lambda: world.ground.prove(actor, *way, seed))


@verb(9)
def ask_and_confirm(world: World) -> None:
    row = world.one(AddressEntry.objects.filter(state=EntryState.ACTIVE))
    actor = world.owner(row)
    given: dict[str, Any] = {"amount": world.amount(), "mode": world.mode()}
    if row.asset_id == "ETH":
        given["amount"] = D(world.random.randint(5, 90)).scaleb(-2)
    made = world.attempt(lambda: operations.request_withdrawal(actor=actor, entry_id=row.pk, **given))
    if made is not None and world.random.random() < 0.85:
        world.attempt(lambda: operations.confirm_withdrawal(actor=actor, withdrawal_id=made.pk))
        world.attempt(lambda: operations.advance_withdrawal(actor=SYSTEM, withdrawal_id=made.pk))


@verb(2)
def own_verb(world: World) -> None:
    row = world.one(Withdrawal.objects.all())
    actor, pk = world.owner(row), row.pk
    verbs: tuple[Callable[[], Any], ...] = (
        lambda: operations.confirm_withdrawal(actor=actor, withdrawal_id=pk),
        lambda: operations.cancel_withdrawal(actor=actor, withdrawal_id=pk),
        lambda: operations.advance_withdrawal(actor=SYSTEM, withdrawal_id=pk),
    )
    world.attempt(world.random.choice(verbs))


@verb(3)
def staff_verb(world: World) -> None:
    """Any verb of staff on any withdrawal: most do not fit its state and are refused."""
    names = ("approve_withdrawal", "reject_withdrawal", "stop_withdrawal", "release_withdrawal", "retry_withdrawal")
    _by_staff(world, world.one(Withdrawal.objects.all()), world.random.choice(names))


@verb(4)
def approve(world: World) -> None:
    _by_staff(world, world.one(Withdrawal.objects.filter(state=WithdrawalState.APPROVAL)), "approve_withdrawal")


@verb(2)
def go_on(world: World) -> None:
    stopped = Withdrawal.objects.filter(stopped_by__isnull=False)
    if stopped.exists():
        _by_staff(world, world.one(stopped), "release_withdrawal")
    else:
        _by_staff(world, world.one(Withdrawal.objects.filter(state=WithdrawalState.FAILED)), "retry_withdrawal")


def _by_staff(world: World, row: Any, name: str) -> None:
    actor = world.random.choice((world.ground.approver, world.ground.second))
    call = getattr(operations, name)
    world.attempt(lambda: call(actor=actor, withdrawal_id=row.pk, reason="test"))


@verb(2)
def provider_fails(world: World) -> None:
    sandbox.order_fault(world.random.choice(list(FaultKind)))


@verb(2)
def pay_or_settle(world: World) -> None:
    """Any call at any time, and again: only an intent is sent, only what is open is settled."""
    call = world.one(ProviderCall.objects.all())
    step = world.random.choice((operations.send_call, operations.settle_call))
    world.attempt(lambda: step(call_id=call.pk))


@verb()
def guard(world: World) -> None:
    actor = world.person()
    if world.random.random() < 0.5:
        days = world.random.choice((0, 0, 1, 3))
        world.attempt(lambda: operations.set_lock(actor=actor, days=days))
    elif actor.id is not None:
        what = world.random.choice(("credential_changed_at", "new_device_at"))
        noted: dict[str, Any] = {"owner_id": actor.id, "what": what, "at": world.moment}
        world.attempt(lambda: operations.note_change(actor=SYSTEM, **noted))


@verb(4)
def send(world: World) -> None:
    written = world.random.choice([*(person.email for person in world.people), "nobody@example.test"])
    given: dict[str, Any] = {
        "to": written,
        "asset": world.random.choice(("USDT", "EUR")),
        "amount": world.amount(),
        "mode": world.mode(),
        "is_confirmed": world.random.random() < 0.7,
    }
    world.attempt(lambda: operations.transfer_between_customers(actor=world.person(), **given))


@verb(2)
def deliver(world: World) -> None:
    row = world.one(Transfer.objects.all())
    world.attempt(lambda: operations.deliver_transfer(actor=SYSTEM, transfer_id=row.pk))


# Putting aside.
@verb(2)
def make_a_goal(world: World) -> None:
    every = world.random.choice((None, *Every))
    schedule = None if every is None else Schedule(world.amount(), every, 3)
    plan = GoalPlan(name="A goal", target=world.amount(), schedule=schedule)
    given: dict[str, Any] = {"asset": world.random.choice(("USDT", "EUR")), "plan": plan, "mode": world.mode()}
    world.attempt(lambda: operations.create_goal(actor=world.person(), **given))


@verb(4)
def goal_verb(world: World) -> None:
    goal = world.one(SavingsGoal.objects.all())
    own: dict[str, Any] = {"goal_id": goal.pk, "actor": world.owner(goal)}
    moved: dict[str, Any] = {**own, "amount": world.amount(), "movement_id": uuid7()}
    verbs: dict[str, Callable[[], Any]] = {
        "in": lambda: operations.deposit_to_goal(**moved),
        "out": lambda: operations.withdraw_from_goal(**moved),
        "pause": lambda: operations.pause_goal(**own),
        "resume": lambda: operations.resume_goal(**own),
        "close": lambda: operations.close_goal(**own),
    }
    chosen = world.random.choices(list(verbs), (5, 3, 1, 1, 1))[0]
    if world.attempt(verbs[chosen]) is not None and chosen in ("in", "out"):
        before = Journal.objects.count()
        world.attempt(verbs[chosen])
        assert Journal.objects.count() == before  # the same movement again


@verb(2)
def earn(world: World) -> None:
    row = world.one(YieldProduct.objects.filter(state=ProductState.OFFERED, asset_id="USDT"))
    given: dict[str, Any] = {"product_id": row.pk, "amount": world.amount() + 50, "mode": world.mode()}
    world.attempt(lambda: operations.open_yield_position(actor=world.person(), **given))


@verb(3)
def stake(world: World) -> None:
    row = world.one(StakingProduct.objects.filter(state=ProductState.OFFERED, asset_id="ETH"))
    amount = D(world.random.randint(1, 80)).scaleb(-2)
    given: dict[str, Any] = {"product_id": row.pk, "amount": amount, "mode": world.mode()}
    world.attempt(lambda: operations.open_stake(actor=world.person(), **given))


@verb(3)
def ask_back(world: World) -> None:
    if world.random.random() < 0.5:
        held = world.one(YieldPosition.objects.exclude(state=YieldState.CLOSED))
        world.attempt(lambda: operations.redeem_yield_position(actor=world.owner(held), position_id=held.pk))
    else:
        staked = world.one(StakePosition.objects.exclude(state=StakeState.RELEASED))
        world.attempt(lambda: operations.unbond_stake(actor=world.owner(staked), position_id=staked.pk))


@verb()
def too_early_too_late_and_twice(world: World) -> None:
    """What timers call, at any time."""
    name = world.random.choice(("bond_stake", "release_stake", "pay_out_yield_position", "accrue_yield"))
    model: Any = {"accrue_yield": YieldProduct, "pay_out_yield_position": YieldPosition}.get(name, StakePosition)
    row = world.one(model.objects.all())
    named = {"product_id" if model is YieldProduct else "position_id": row.pk}
    world.attempt(lambda: getattr(operations, name)(actor=SYSTEM, **named))


# Staff, time, and the product itself.
@verb(2)
def four_eyes(world: World) -> None:
    row = world.one(Approval.objects.filter(state=ApprovalState.PENDING))
    world.approve(row.pk, agrees=world.random.random() < 0.75)


@verb()
def reverse(world: World) -> None:
    """Take back any journal but those of positions and goals: their proofs show a reversal until it is explained."""
    inside = Journal.objects.filter(entries__account__kind__in=INSIDE).values("id")
    row = world.one(Journal.objects.exclude(id__in=inside))
    finance = world.ground.finance
    made = world.attempt(lambda: ask_for_reversal(actor=finance, journal_uid=row.uid, reason="a mistake"))
    _by_two(world, made)


@verb()
def adjust(world: World) -> None:
    row = world.one(Account.objects.filter(kind=AccountKind.CUSTOMER))
    given: dict[str, Any] = {"account_id": row.pk, "amount": world.amount() * world.random.choice((1, -1))}
    made = world.attempt(
        lambda: ask_for_adjustment(actor=world.ground.finance, key=uuid7().hex, reason="goodwill", **given)
    )
    _by_two(world, made)


def _by_two(world: World, made: Approval | None) -> None:
    if made is not None:
        with pytest.raises((MakerCannotCheck, PermissionMissing)):
            decide(actor=world.ground.finance, approval_id=made.pk, agrees=True)
        world.approve(made.pk)


@verb()
def freeze_one(world: World) -> None:
    row = world.one(Account.objects.filter(kind=AccountKind.CUSTOMER))
    call = unfreeze_account if row.state == "frozen" else freeze_account
    finance = world.ground.finance
    world.attempt(lambda: call(actor=finance, account_id=row.pk, expected=row.state, reason="test"))


@verb(2)
def open_all(world: World) -> None:
    rows = list(Account.objects.filter(state="frozen"))
    for row in rows:
        unfreeze_account(actor=world.ground.finance, account_id=row.pk, expected="frozen", reason="test")
    if not rows:
        raise NothingToDo


@verb(7)
def time_passes(world: World) -> None:
    world.forward(timedelta(hours=world.random.choice((1, 5, 25, 25, 25, 25, 49, 24 * 8))))
    if world.random.random() < 0.75:
        fire_timers()
        world.look()


@verb(6)
def workers(world: World) -> None:
    for _ in range(world.random.choice((1, 1, 3))):
        world.forward(timedelta(seconds=61))
        worker_turns()
    world.look()


@verb()
def nets(world: World) -> None:
    operations.rearm_earning(actor=SYSTEM)
    fire_timers()
    deliver_events()
    seal_journals(actor=SYSTEM)
    world.look()


def run(examples: int, steps: int, *, expected: set[str]) -> None:
    Histories.ground = Ground()
    SEEN.clear()
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
    assert expected - {name for name, count in SEEN.items() if count} == set()


@pytest.mark.django_db
def test_forty_histories_of_fifty_steps() -> None:
    run(40, 50, expected=OFTEN)


@pytest.mark.long
@pytest.mark.django_db
def test_a_thousand_histories_of_a_hundred_steps() -> None:
    run(1000, 100, expected=OFTEN | RARE)
