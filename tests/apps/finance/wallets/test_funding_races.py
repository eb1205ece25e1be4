"""Exactly one effect, however many ask at the same moment: real connections, real commits, released together."""

from decimal import Decimal

import pytest

from apps.core.actors import Actor
from apps.core.approvals import AlreadyVoted, ApprovalClosed
from apps.core.context import in_schema
from apps.core.errors import StateChanged
from apps.core.proofs import prove as recompute
from apps.core.transitions import MoveNotAllowed
from apps.finance.ledger.errors import InsufficientFunds
from apps.finance.ledger.models import Account
from apps.finance.wallets import operations as wallets
from apps.finance.wallets.errors import ResetTooSoon, TooLateToStop
from apps.finance.wallets.gateways.sandbox import order_fault
from apps.finance.wallets.models import Deposit, ProviderCall, SimulatedPayout, Transfer, Withdrawal
from apps.finance.wallets.models.simulated import FaultKind
from tests.apps.finance.wallets.funding_ground import (
    SYSTEM,
    D,
    advance,
    alpha,
    at_once,
    confirmed,
    ready,
    require_approvers,
    standing,
    states,
)
from tests.apps.finance.wallets.test_deposits import pay, place
from tests.factories.people import api_client, make_customer, make_staff

pytestmark = pytest.mark.real_commit
MANY = 64


@pytest.fixture
def ann(real_db):
    """A customer of tier 2 with 100 USDT and a usable address, with real commits."""
    with in_schema(alpha()):
        user = make_customer("ann@example.test")
        user.entry = ready(user, "100")
    return user


def inside():
    return in_schema(alpha())


def faults() -> list[str]:
    with inside():
        return recompute(alpha())["wallets.funding"]


def test_sixty_four_withdrawals_of_everything_are_one(ann):
    def ask(_number):
        return wallets.request_withdrawal(actor=Actor.of(ann), entry_id=ann.entry.pk, amount=D(100))

    done, raised = at_once(MANY, ask)
    assert (len(done), {type(error) for error in raised}) == (1, {InsufficientFunds})
    assert len(raised) == MANY - 1
    with inside():
        assert (Withdrawal.objects.count(), standing(ann)) == (1, (D(100), D(100)))
    assert faults() == []


def test_sixty_four_votes_of_one_person_are_one_and_pay_once(ann):
    with inside():
        require_approvers(1)
        row = advance(confirmed(ann, ann.entry))
        fay = Actor.of(make_staff("fay@example.test", role="finance_approver"))

    done, raised = at_once(
        MANY, lambda _number: wallets.approve_withdrawal(actor=fay, withdrawal_id=row.pk, reason="ok")
    )
    assert len(done) == 1
    assert {type(error) for error in raised} <= {ApprovalClosed, AlreadyVoted, TooLateToStop}
    with inside():
        assert (states(), ProviderCall.objects.count(), SimulatedPayout.objects.count()) == (["broadcast"], 1, 1)


def test_two_people_of_sixty_four_votes_are_two(ann):
    with inside():
        require_approvers(2)
        row = advance(confirmed(ann, ann.entry))
        people = [Actor.of(make_staff(f"fay{n}@example.test", role="finance_approver")) for n in range(4)]
    done, _ = at_once(
        MANY, lambda number: wallets.approve_withdrawal(actor=people[number % 4], withdrawal_id=row.pk, reason="ok")
    )
    assert len(done) == 2
    with inside():
        assert (states(), ProviderCall.objects.count(), SimulatedPayout.objects.count()) == (["broadcast"], 1, 1)


def test_cancelling_and_signing_at_once_end_in_one_of_them(ann):
    for _ in range(4):
        with inside():
            row = confirmed(ann, ann.entry, "20")

        def act(number, row=row):
            if number % 2:
                return wallets.cancel_withdrawal(actor=Actor.of(ann), withdrawal_id=row.pk).state
            return advance(row).state

        _, raised = at_once(16, act)
        assert {type(error) for error in raised} <= {TooLateToStop, StateChanged}
        with inside():
            row.refresh_from_db()
            assert row.state in ("cancelled", "broadcast")
            assert row.calls.count() == (row.state == "broadcast")
    with inside():
        sent = Withdrawal.objects.filter(state="broadcast").count()
        assert (SimulatedPayout.objects.count(), standing(ann)) == (sent, (D(100), sent * D(20)))
    assert faults() == []


def test_cancelling_and_approving_at_once_end_in_one_of_them(ann):
    with inside():
        require_approvers(1)
        row = advance(confirmed(ann, ann.entry))
        people = [Actor.of(make_staff(f"fay{n}@example.test", role="finance_approver")) for n in range(8)]

    def act(number):
        if number % 2:
            return wallets.cancel_withdrawal(actor=Actor.of(ann), withdrawal_id=row.pk)
        return wallets.approve_withdrawal(actor=people[number // 2], withdrawal_id=row.pk, reason="ok")

    _, raised = at_once(16, act)
    assert {type(error) for error in raised} <= {TooLateToStop, StateChanged, ApprovalClosed}
    with inside():
        ended = states()[0]
        assert ended in ("cancelled", "broadcast")
        assert SimulatedPayout.objects.count() == (ended == "broadcast")
    assert faults() == []


def test_a_payout_is_sent_once_by_sixteen_workers_and_booked_once(ann):
    with inside():
        # The first try, right after the commit, finds the provider down and leaves the intent.
        order_fault(FaultKind.DOWN)
        row = advance(confirmed(ann, ann.entry))
        call = ProviderCall.objects.get()
        assert (call.state, SimulatedPayout.objects.count()) == ("intent", 0)
    _, raised = at_once(16, lambda _number: wallets.send_call(call_id=call.pk))
    assert raised == []
    with inside():
        assert SimulatedPayout.objects.count() == 1
    _, raised = at_once(16, lambda _number: wallets.settle_call(call_id=call.pk))
    assert raised == []
    with inside():
        row.refresh_from_db()
        assert (row.state, standing(ann)) == ("confirmed", (D(50), D(0)))
    assert faults() == []


def test_a_deposit_is_credited_once_by_sixteen_watchers(ann):
    with inside():
        row = place(ann)
        pay(row, "0.5")
    for _ in range(3):
        _, raised = at_once(16, lambda _number: wallets.poll_deposits(provider="sandbox"))
        assert {type(error) for error in raised} <= {StateChanged}
    with inside():
        assert (Deposit.objects.count(), standing(ann, "BTC")) == (1, (D("0.5"), D(0)))
    assert faults() == []


def test_a_bank_transfer_is_credited_once_by_sixteen_of_the_staff(ann):
    with inside():
        found = wallets.announce_deposit(actor=Actor.of(ann), asset="EUR", amount=D(70))
        people = [Actor.of(make_staff(f"fin{n}@example.test", role="finance")) for n in range(4)]
    done, raised = at_once(
        16,
        lambda number: wallets.confirm_deposit(
            actor=people[number % 4], deposit_id=found.pk, received=D(70), reason="there"
        ),
    )
    assert (len(done), {type(error) for error in raised}) == (1, {MoveNotAllowed})
    with inside():
        assert standing(ann, "EUR") == (D(70), D(0))


def test_sixty_four_transfers_of_everything_are_one_delivered_once(ann):
    with inside():
        bob = make_customer("bob@example.test")

    def send(_number):
        return wallets.transfer_between_customers(
            actor=Actor.of(ann), to=bob.email, asset="USDT", amount=D(100), is_confirmed=True
        )

    done, raised = at_once(MANY, send)
    assert (len(done), {type(error) for error in raised}) == (1, {InsufficientFunds})
    _, raised = at_once(16, lambda _number: wallets.deliver_transfer(actor=SYSTEM, transfer_id=done[0].pk))
    assert raised == []
    with inside():
        assert (standing(ann), standing(bob)) == ((D(0), D(0)), (D(100), D(0)))
        assert Transfer.objects.get().state == "done"
    assert faults() == []


def test_the_same_key_by_sixteen_is_one_effect_and_the_same_bytes(ann):
    body = {"address_id": str(ann.entry.pk), "amount": "60"}

    def ask(_number):
        client = api_client(ann)
        answer = client.post("/api/v1/withdrawals", body, format="json", headers={"Idempotency-Key": "once"})
        return answer.status_code, answer.content

    answers, raised = at_once(16, ask)
    assert raised == []
    assert {status for status, _ in answers} == {201}
    assert len({content for _, content in answers}) == 1
    with inside():
        assert (Withdrawal.objects.count(), standing(ann)) == (1, (D(100), D(60)))


def test_a_reset_of_play_money_by_sixteen_is_one(ann):
    done, raised = at_once(16, lambda _number: wallets.reset_paper_funds(actor=Actor.of(ann)))
    assert (len(done), {type(error) for error in raised}) == (1, {ResetTooSoon})
    with inside():
        total = sum((row.natural for row in Account.objects.filter(mode="paper", kind="customer")), Decimal(0))
    assert total == D(10000)
