"""A withdrawal from the request to the provider's proof, and every way out of it."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.compliance.limits.errors import AmountTooLarge
from apps.compliance.limits.models import LimitUse
from apps.core.actors import Actor, ActorKind
from apps.core.approvals import AlreadyVoted, MakerCannotCheck, decide
from apps.core.clock import freeze, travel
from apps.core.context import current_schema
from apps.core.errors import InvalidAmount
from apps.core.models import Approval, OutboxEvent
from apps.core.permissions import PermissionMissing
from apps.core.proofs import prove
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.errors import InsufficientFunds
from apps.finance.ledger.queries import trial_balance
from apps.finance.wallets import operations as wallets
from apps.finance.wallets import queries
from apps.finance.wallets.choices import Subject, WithdrawalState
from apps.finance.wallets.errors import (
    AddressMissing,
    AddressNotProved,
    ConfirmationOver,
    KeysMoveNoMoney,
    OwnMoney,
    PayoutTooSmall,
    StillWaiting,
    TooLateToStop,
    WithdrawalMissing,
)
from apps.finance.wallets.gateways.sandbox import advance as mine
from apps.finance.wallets.gateways.sandbox import order_fault
from apps.finance.wallets.models import ProviderCall, SimulatedPayout, Withdrawal
from apps.finance.wallets.models.simulated import FaultKind
from apps.finance.wallets.operations.advancing import facts_of
from apps.finance.wallets.terms import required_approvers
from kernel.addresses import Network
from tests.apps.finance.wallets.funding_ground import (
    DAY,
    HOUR,
    SECOND,
    SYSTEM,
    D,
    advance,
    books,
    confirmed,
    fire,
    fund,
    ready,
    require_approvers,
    send,
    settle,
    standing,
    states,
    usable,
)
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def approvers(db):
    return [make_staff(f"fay{number}@example.test", role="finance_approver") for number in range(3)]


def names(row: Withdrawal) -> list[str]:
    return list(row.steps.order_by("id").values_list("state", flat=True))


def test_the_whole_way_ends_in_a_booking_on_the_providers_proof(customer):
    entry = ready(customer, "100")
    row = confirmed(customer, entry, "50")
    assert (row.state, row.fee, row.payout) == ("held", D(1), D(49))
    assert standing(customer) == (D(100), D(50))
    row = advance(row)
    assert row.state == "signing"
    row = send(row)
    assert row.state == "broadcast"
    assert standing(customer) == (D(100), D(50))
    assert SimulatedPayout.objects.get().amount == D(49)
    row = settle(row)
    assert (row.state, standing(customer)) == ("confirmed", (D(50), D(0)))
    assert names(row) == ["requested", "held", "screening", "signing", "broadcast", "confirmed"]
    sums = {(line.kind, line.mode): line.balance for line in trial_balance()}
    assert sums[("custody", "live")] == D(51)
    assert sums[("fees", "live")] == D(1)
    assert prove(current_schema())["wallets.funding"] == []
    assert settle(row).state == "confirmed"
    assert OutboxEvent.objects.filter(name="wallets.withdrawal_confirmed").count() == 1


def test_timers_take_a_confirmed_withdrawal_on(customer):
    row = confirmed(customer, ready(customer))
    fire()
    row.refresh_from_db()
    assert row.state == "signing"
    assert ProviderCall.objects.get().state == "intent"


def test_more_than_there_is_is_refused_and_nothing_is_left_behind(customer):
    entry = ready(customer, "100")
    before = books()
    with pytest.raises(InsufficientFunds), transaction.atomic():
        wallets.request_withdrawal(actor=Actor.of(customer), entry_id=entry.pk, amount=D("100.000001"))
    assert books() == before
    assert (Withdrawal.objects.count(), LimitUse.objects.count()) == (0, 0)


@pytest.mark.parametrize("amount", ["0", "-1", "1.0000001", "NaN", "1E+30"])
def test_what_is_no_amount_is_refused(customer, amount):
    entry = ready(customer)
    with pytest.raises(InvalidAmount):
        wallets.request_withdrawal(actor=Actor.of(customer), entry_id=entry.pk, amount=D(amount))
    assert states() == []


def test_less_than_the_fee_is_not_paid_out(customer):
    entry = ready(customer)
    with pytest.raises(PayoutTooSmall):
        wallets.request_withdrawal(actor=Actor.of(customer), entry_id=entry.pk, amount=D(1))


def test_limits_are_used_up_at_the_request_and_given_back_at_the_end(customer):
    entry = ready(customer, "5000000")
    with pytest.raises(AmountTooLarge):
        confirmed(customer, entry, "1000001")
    row = confirmed(customer, entry, "600000")
    assert LimitUse.objects.filter(reverses__isnull=True).count() == 1
    wallets.cancel_withdrawal(actor=Actor.of(customer), withdrawal_id=row.pk)
    assert LimitUse.objects.filter(reverses__isnull=False).count() == 1
    confirmed(customer, entry, "600000")


def test_other_peoples_addresses_and_withdrawals_are_not_there(customer, other_customer):
    entry = ready(customer)
    row = confirmed(customer, entry)
    thief = Actor.of(other_customer)
    with pytest.raises(AddressMissing):
        wallets.request_withdrawal(actor=thief, entry_id=entry.pk, amount=D(10))
    for act in (wallets.confirm_withdrawal, wallets.cancel_withdrawal):
        with pytest.raises(WithdrawalMissing):
            act(actor=thief, withdrawal_id=row.pk)
    with pytest.raises(WithdrawalMissing):
        queries.get_withdrawal(row.pk, owner_id=other_customer.pk)
    assert states() == ["held"]


def test_a_key_of_a_program_never_moves_money_out(customer):
    entry = ready(customer)
    key = Actor(ActorKind.API_KEY, customer.pk, "key", frozenset({"wallets.withdraw", "wallets.transfer"}))
    with pytest.raises(KeysMoveNoMoney):
        wallets.request_withdrawal(actor=key, entry_id=entry.pk, amount=D(10))
    with pytest.raises(KeysMoveNoMoney):
        wallets.transfer_between_customers(actor=key, to="bob@example.test", asset="USDT", amount=D(1))
    assert books()[1] == 0


def test_an_address_without_proof_and_a_removed_one_take_nothing(customer):
    entry = ready(customer)
    other = wallets.add_address(
        actor=Actor.of(customer), asset="USDT", network="tron", address="TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", label="t"
    )
    with pytest.raises(AddressNotProved):
        wallets.request_withdrawal(actor=Actor.of(customer), entry_id=other.pk, amount=D(10))
    row = confirmed(customer, entry)
    wallets.remove_address(actor=Actor.of(customer), entry_id=entry.pk)
    assert advance(row).state == "held"
    with pytest.raises(AddressMissing):
        wallets.request_withdrawal(actor=Actor.of(customer), entry_id=entry.pk, amount=D(10))
    assert [wait.cause for wait in queries.get_withdrawal(row.pk).waits] == ["address_removed"]


def test_an_unconfirmed_request_ends_by_itself(customer):
    entry = ready(customer)
    row = wallets.request_withdrawal(actor=Actor.of(customer), entry_id=entry.pk, amount=D(50))
    assert standing(customer) == (D(100), D(50))
    advance(row)
    assert states() == ["requested"]
    with travel(15 * 60 * SECOND + SECOND):
        with pytest.raises(ConfirmationOver):
            wallets.confirm_withdrawal(actor=Actor.of(customer), withdrawal_id=row.pk)
        fire()
    assert (states(), standing(customer)) == (["cancelled"], (D(100), D(0)))


@pytest.mark.parametrize("state", ["requested", "held", "approval", "failed"])
def test_the_customer_takes_it_back_until_it_is_signed(customer, approvers, state):
    entry = ready(customer)
    require_approvers(1 if state == "approval" else 0)
    row = wallets.request_withdrawal(actor=Actor.of(customer), entry_id=entry.pk, amount=D(50))
    if state != "requested":
        row = wallets.confirm_withdrawal(actor=Actor.of(customer), withdrawal_id=row.pk)
    if state in ("approval", "failed"):
        row = advance(row)
    if state == "failed":
        order_fault(FaultKind.REFUSE)
        row = send(row)
    assert row.state == state
    for _ in range(2):
        wallets.cancel_withdrawal(actor=Actor.of(customer), withdrawal_id=row.pk)
    assert (states(), standing(customer)) == (["cancelled"], (D(100), D(0)))
    assert not Approval.objects.filter(state="pending").exists()
    assert OutboxEvent.objects.filter(name="wallets.withdrawal_cancelled").count() == 1


def test_once_signed_nobody_takes_it_back(customer, staff):
    row = advance(confirmed(customer, ready(customer)))
    for _ in range(2):
        before = books()
        with pytest.raises(TooLateToStop):
            wallets.cancel_withdrawal(actor=Actor.of(customer), withdrawal_id=row.pk)
        with pytest.raises(TooLateToStop):
            wallets.reject_withdrawal(actor=Actor.of(staff), withdrawal_id=row.pk, reason="x")
        with pytest.raises(TooLateToStop):
            wallets.stop_withdrawal(actor=Actor.of(staff), withdrawal_id=row.pk, reason="x")
        assert books() == before
        row = send(row) if row.state == "signing" else row


def test_two_of_the_staff_approve_and_the_second_sends_it(customer, approvers):
    entry = ready(customer)
    require_approvers(2)
    row = advance(confirmed(customer, entry))
    assert (row.state, row.required) == ("approval", 2)
    first, second, _ = [Actor.of(person) for person in approvers]
    wallets.approve_withdrawal(actor=first, withdrawal_id=row.pk, reason="ok")
    assert states() == ["approval"]
    with pytest.raises(AlreadyVoted):
        wallets.approve_withdrawal(actor=first, withdrawal_id=row.pk, reason="again")
    assert queries.get_withdrawal(row.pk).approvals_given == 1
    wallets.approve_withdrawal(actor=second, withdrawal_id=row.pk, reason="ok")
    assert states() == ["signing"]
    with pytest.raises(TooLateToStop):
        wallets.approve_withdrawal(actor=Actor.of(approvers[2]), withdrawal_id=row.pk, reason="late")
    assert ProviderCall.objects.count() == 1


def test_the_customer_never_approves_their_own_even_as_staff(customer, approvers):
    from apps.platform.security.operations import grant_role

    approver = approvers[0]
    grant_role(actor=SYSTEM, user_id=approver.pk, role="customer", reason="trades too")
    entry = ready(approver)
    require_approvers(1)
    row = advance(confirmed(approver, entry))
    with pytest.raises(MakerCannotCheck):
        wallets.approve_withdrawal(actor=Actor.of(approver), withdrawal_id=row.pk, reason="mine")
    with pytest.raises(OwnMoney):
        wallets.reject_withdrawal(actor=Actor.of(approver), withdrawal_id=row.pk, reason="mine")
    with pytest.raises(PermissionMissing):
        wallets.approve_withdrawal(actor=Actor.of(customer), withdrawal_id=row.pk, reason="x")
    vote = Approval.objects.get(action="wallets.pay_out")
    with pytest.raises(IntegrityError), transaction.atomic():
        vote.votes.create(checker_id=approver.pk, agrees=True)
    assert states() == ["approval"]


def test_an_approval_is_for_exactly_what_was_shown(customer, approvers):
    entry = ready(customer)
    require_approvers(1)
    row = advance(confirmed(customer, entry))
    asked = Approval.objects.get(action="wallets.pay_out")
    assert asked.payload == facts_of(row)
    with pytest.raises(DatabaseError), transaction.atomic():
        Approval.objects.filter(pk=asked.pk).update(payload={**asked.payload, "amount": "1"})
    for column, value in (("amount", D(99)), ("fee", D(0)), ("fingerprint", "0" * 64), ("network", "tron")):
        with pytest.raises(DatabaseError), transaction.atomic():
            Withdrawal.objects.filter(pk=row.pk).update(**{column: value})
    with pytest.raises(DatabaseError), transaction.atomic():
        type(entry).objects.filter(pk=entry.pk).update(address=b"x")
    assert states() == ["approval"]


def test_a_refusal_at_the_desk_of_approvals_rejects_it(customer, approvers):
    from apps.finance.wallets.tasks import nudge_due

    entry = ready(customer)
    require_approvers(1)
    row = advance(confirmed(customer, entry))
    assert row.approval_id is not None
    decide(actor=Actor.of(approvers[0]), approval_id=row.approval_id, agrees=False, reason="strange")
    nudge_due()
    assert (states(), standing(customer)) == (["rejected"], (D(100), D(0)))


def test_an_approval_that_nobody_decides_is_asked_for_again(customer, approvers):
    from apps.core.approvals import expire_overdue

    entry = ready(customer)
    require_approvers(1)
    row = advance(confirmed(customer, entry))
    first = row.approval_id
    with travel(3 * DAY + HOUR):
        expire_overdue()
        fire()
        fire()
        row.refresh_from_db()
        assert row.state == "approval"
        assert row.approval_id != first
        wallets.approve_withdrawal(actor=Actor.of(approvers[0]), withdrawal_id=row.pk, reason="ok")
    assert states() == ["signing"]


def test_staff_reject_stop_and_let_go_on(customer, approvers, staff):
    entry = ready(customer)
    row = confirmed(customer, entry, "20")
    olga = Actor.of(staff)
    wallets.stop_withdrawal(actor=olga, withdrawal_id=row.pk, reason="odd")
    assert advance(row).state == "held"
    assert [wait.cause for wait in queries.get_withdrawal(row.pk).waits] == ["stopped"]
    wallets.release_withdrawal(actor=olga, withdrawal_id=row.pk, reason="fine")
    fire()
    assert states() == ["signing"]
    require_approvers(1)
    second = advance(confirmed(customer, entry, "30"))
    wallets.stop_withdrawal(actor=olga, withdrawal_id=second.pk, reason="odd")
    with pytest.raises(StillWaiting):
        wallets.approve_withdrawal(actor=Actor.of(approvers[0]), withdrawal_id=second.pk, reason="ok")
    wallets.reject_withdrawal(actor=olga, withdrawal_id=second.pk, reason="no")
    assert (states(), standing(customer)) == (["signing", "rejected"], (D(100), D(20)))


def test_a_screening_holds_for_staff_and_rejects_at_once(customer):
    from apps.compliance.limits.choices import Outcome
    from apps.compliance.limits.models import ScreeningThreshold
    from apps.compliance.limits.operations import Verdict, register_screening

    entry = ready(customer)
    ScreeningThreshold.objects.filter(asset="USDT").update(amount=D(10))
    row = advance(confirmed(customer, entry, "20"))
    assert (row.state, row.required, row.screening_code) == ("approval", 1, "limits.above_threshold")

    class No:
        def screen(self, request):
            assert request.destination.startswith("0x")
            assert request.destination_kind == "address"
            return Verdict(Outcome.REJECT, "test.listed")

    undo = register_screening("test", No())
    try:
        row = advance(confirmed(customer, entry, "30"))
    finally:
        undo()
    assert (row.state, row.end_code) == ("rejected", "test.listed")
    assert standing(customer) == (D(100), D(20))


def test_without_a_policy_row_or_a_price_somebody_looks(customer):
    assert required_approvers(Subject.WITHDRAWAL, "DAI", D(1)) == 1
    require_approvers(0, asset="*")
    require_approvers(2, asset="*", above="1000")
    assert required_approvers(Subject.WITHDRAWAL, "USDT", D(1000)) == 0
    assert required_approvers(Subject.WITHDRAWAL, "USDT", D("1000.1")) == 2
    assert required_approvers(Subject.WITHDRAWAL, "DAI", D(1)) == 2
    require_approvers(1, asset="USDT", above="50")
    assert required_approvers(Subject.WITHDRAWAL, "USDT", D(5000)) == 1
    assert required_approvers(Subject.WITHDRAWAL, "USDT", D(50)) == 1
    assert required_approvers(Subject.DEPOSIT, "USDT", D(50)) == 1


def test_a_refused_payout_stays_held_and_is_tried_again_under_a_new_name(customer, staff):
    row = advance(confirmed(customer, ready(customer)))
    order_fault(FaultKind.REFUSE)
    row = send(row)
    assert (row.state, row.end_code, standing(customer)) == ("failed", "sandbox.refused", (D(100), D(50)))
    assert SimulatedPayout.objects.count() == 0
    wallets.retry_withdrawal(actor=Actor.of(staff), withdrawal_id=row.pk, reason="hot wallet filled")
    fire()
    row = settle(send(row))
    assert (row.state, standing(customer)) == ("confirmed", (D(50), D(0)))
    assert list(ProviderCall.objects.order_by("attempt").values_list("state", flat=True)) == ["refused", "paid"]
    assert SimulatedPayout.objects.count() == 1


def test_an_answer_that_got_lost_is_asked_for_and_nothing_is_sent_twice(customer):
    row = advance(confirmed(customer, ready(customer)))
    order_fault(FaultKind.TIMEOUT_AFTER)
    row = send(row)
    call = ProviderCall.objects.get()
    assert (row.state, call.state) == ("signing", "unknown")
    wallets.send_call(call_id=call.pk)
    assert SimulatedPayout.objects.count() == 1
    order_fault(FaultKind.DOWN)
    assert settle(row).state == "signing"
    mine(Network.ETHEREUM)
    row = settle(row)
    assert (row.state, standing(customer)) == ("confirmed", (D(50), D(0)))


def test_what_the_provider_never_heard_fails_only_after_its_last_moment(customer):
    row = advance(confirmed(customer, ready(customer)))
    order_fault(FaultKind.TIMEOUT_BEFORE)
    row = send(row)
    assert settle(row).state == "signing"
    valid_until = ProviderCall.objects.get().valid_until
    assert valid_until is not None
    with freeze(valid_until):
        assert settle(row).state == "signing"
    with freeze(valid_until + SECOND):
        row = settle(row)
    assert (row.state, row.end_code) == ("failed", "wallets.never_accepted")
    assert standing(customer) == (D(100), D(50))
    assert SimulatedPayout.objects.count() == 0


def test_a_crash_between_sending_and_the_answer_is_settled_by_asking(customer):
    from apps.finance.wallets.operations.paying import _mark_sent

    row = advance(confirmed(customer, ready(customer)))
    call = ProviderCall.objects.get()
    assert _mark_sent(actor=SYSTEM, call_id=call.pk) is not None
    assert _mark_sent(actor=SYSTEM, call_id=call.pk) is None
    wallets.send_call(call_id=call.pk)
    assert SimulatedPayout.objects.count() == 0
    with travel(2 * 60 * SECOND):
        assert settle(row).state == "failed"


def test_a_delayed_and_a_late_refused_payout_are_followed_to_their_end(customer):
    entry = ready(customer)
    order_fault(FaultKind.DELAY)
    slow = send(advance(confirmed(customer, entry, "20")))
    assert slow.state == "signing"
    order_fault(FaultKind.LATE_REFUSAL)
    late = send(advance(confirmed(customer, entry, "30")))
    assert late.state == "signing"
    mine(Network.ETHEREUM, 5)
    assert settle(slow).state == "confirmed"
    late = settle(late)
    assert (late.state, late.end_code) == ("failed", "sandbox.late_refusal")
    assert standing(customer) == (D(80), D(30))


def test_a_frozen_wallet_lets_nothing_be_signed(customer, staff):
    from apps.finance.ledger.models import Account
    from apps.finance.ledger.operations import freeze_account, unfreeze_account

    row = confirmed(customer, ready(customer))
    account = Account.objects.get(holder_id=customer.pk, kind="customer")
    freeze_account(actor=Actor.of(staff), account_id=account.pk, expected="open", reason="court")
    assert advance(row).state == "held"
    unfreeze_account(actor=Actor.of(staff), account_id=account.pk, expected="frozen", reason="over")
    assert advance(row).state == "signing"


def test_play_money_leaves_to_the_sandbox_only_and_asks_nobody(customer):
    entry = ready(customer)
    fund(customer, "70", mode=Mode.PAPER)
    require_approvers(2)
    row = advance(confirmed(customer, entry, "20", Mode.PAPER))
    assert (row.state, row.provider) == ("signing", "sandbox")
    assert LimitUse.objects.count() == 0
    row = settle(send(row))
    assert row.state == "confirmed"
    assert (standing(customer, mode=Mode.PAPER), standing(customer)) == ((D(50), D(0)), (D(100), D(0)))
    with pytest.raises(IntegrityError), transaction.atomic():
        Withdrawal.objects.create(
            owner=customer, asset_id="USDT", network="ethereum", mode="paper", amount=D(5), fee=D(1), entry=entry,
            fingerprint="x", provider="bank", hold_id=entry.pk, confirm_by=row.confirm_by,
        )  # fmt: skip


def test_states_move_only_along_the_table_whoever_writes(customer):
    row = confirmed(customer, ready(customer))
    for state in WithdrawalState.values:
        if state not in ("held", "screening", "rejected", "cancelled"):
            with pytest.raises(DatabaseError), transaction.atomic():
                Withdrawal.objects.filter(pk=row.pk).update(state=state)
    for broken in ("DELETE FROM wallets_withdrawal", "TRUNCATE wallets_withdrawal CASCADE"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(broken)
    assert states() == ["held"]


def test_a_second_attempt_beside_an_open_one_is_impossible(customer):
    row = advance(confirmed(customer, ready(customer)))
    call = ProviderCall.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderCall.objects.create(
            withdrawal=row, attempt=2, provider="sandbox", client_id="other", check_at=call.check_at
        )


def test_the_board_and_the_view_say_how_things_stand(customer, other_customer):
    entry = ready(customer)
    row = confirmed(customer, entry)
    view = queries.get_withdrawal(row.pk, owner_id=customer.pk)
    assert (view.payout, view.can_cancel, view.waits, view.network_title) == (D(49), True, (), "Ethereum")
    assert [step.state for step in view.steps] == ["requested", "held"]
    assert view.address.startswith("0x")
    assert [item.id for item in queries.list_board()] == [row.pk]
    assert queries.list_board("approval") == []
    assert queries.count_by_state() == {"held": 1}
    assert queries.list_withdrawals(other_customer.pk) == []
    assert queries.preview_fee("USDT", "ethereum", D(50)).payout == D(49)
    usable(other_customer)
