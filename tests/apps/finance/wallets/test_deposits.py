"""Money that comes in: on block chains by the provider's word, by bank by the word of staff."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from apps.core.actors import Actor
from apps.core.approvals import MakerCannotCheck, decide
from apps.core.clock import travel
from apps.core.context import current_schema
from apps.core.models import Approval, OutboxEvent
from apps.core.permissions import PermissionMissing
from apps.core.proofs import prove
from apps.core.transitions import MoveNotAllowed
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations as wallets
from apps.finance.wallets import queries, work_lists
from apps.finance.wallets.errors import (
    AskedAlready,
    DepositMissing,
    NetworkUnknown,
    NotByBank,
    OwnMoney,
    TooManyAnnouncements,
)
from apps.finance.wallets.gateways.port import Incoming, IncomingStatus
from apps.finance.wallets.gateways.sandbox import advance as mine
from apps.finance.wallets.gateways.sandbox import order_fault, pay_in, reorganise
from apps.finance.wallets.models import Deposit, DepositAddress, ProviderStanding
from apps.finance.wallets.models.simulated import FaultKind
from kernel.addresses import Network, check_address
from tests.apps.finance.wallets.funding_ground import DAY, SYSTEM, D, allow, books, fire, require_approvers, standing
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db
BITCOIN = Network.BITCOIN


def place(user, asset="BTC", network="bitcoin", mode=Mode.LIVE) -> DepositAddress:
    row = wallets.ask_deposit_address(actor=Actor.of(user), asset=asset, network=network, mode=mode)
    wallets.open_deposit_address(place_id=row.pk)
    row.refresh_from_db()
    return row


def pay(row: DepositAddress, amount: str, seed: str = "s") -> str:
    return pay_in(network=Network(row.network), asset=row.asset_id, address=row.address, amount=D(amount), seed=seed)[0]


def poll() -> None:
    wallets.poll_deposits(provider="sandbox")


def shown(row: DepositAddress, txid: str, amount: str, status: IncomingStatus, confirmations: int) -> Deposit | None:
    item = Incoming(
        network=Network(row.network), asset=row.asset_id, address=row.address, amount=D(amount), txid=txid, vout=0,
        status=status, confirmations=confirmations,
    )  # fmt: skip
    return wallets.record_incoming(actor=SYSTEM, provider="sandbox", item=item)


@pytest.fixture
def fin(db):
    return Actor.of(make_staff("fin@example.test", role="finance"))


@pytest.fixture
def fay(db):
    return Actor.of(make_staff("fay@example.test", role="finance_approver"))


def test_an_address_is_asked_for_once_and_well_formed(customer):
    row = place(customer)
    assert check_address(BITCOIN, row.address) == row.address
    assert place(customer).pk == row.pk
    assert place(customer, mode=Mode.PAPER).address != row.address
    assert [item.address for item in queries.list_deposit_addresses(customer.pk)] == [row.address]
    with pytest.raises(NetworkUnknown):
        wallets.ask_deposit_address(actor=Actor.of(customer), asset="BTC", network="tron")
    with pytest.raises(NetworkUnknown):
        wallets.ask_deposit_address(actor=Actor.of(customer), asset="EUR", network="sepa")
    with pytest.raises(DatabaseError), transaction.atomic():
        DepositAddress.objects.filter(pk=row.pk).update(address="bc1qother")


def test_a_payment_is_credited_with_its_last_confirmation_and_once(customer):
    row = place(customer)
    pay(row, "0.5")
    poll()
    found = Deposit.objects.get()
    assert (found.state, found.confirmations, found.required) == ("confirming", 1, 2)
    assert standing(customer, "BTC") == (D(0), D(0))
    poll()
    assert standing(customer, "BTC") == (D("0.5"), D(0))
    for _ in range(3):
        poll()
    assert (Deposit.objects.count(), standing(customer, "BTC")) == (1, (D("0.5"), D(0)))
    view = queries.list_deposits(customer.pk)[0]
    assert (view.state, view.credited, view.kind) == ("credited", D("0.5"), "crypto")
    assert OutboxEvent.objects.filter(name="wallets.deposit_credited").count() == 1
    assert prove(current_schema())["wallets.funding"] == []


def test_two_payments_and_two_people_are_told_apart(customer, other_customer):
    mine_, theirs = place(customer), place(other_customer)
    pay(mine_, "1", "a")
    pay(mine_, "2", "b")
    pay(theirs, "4", "a")
    poll()
    poll()
    assert standing(customer, "BTC") == (D(3), D(0))
    assert standing(other_customer, "BTC") == (D(4), D(0))
    with pytest.raises(DepositMissing):
        queries.get_deposit(Deposit.objects.get(amount=4).pk, owner_id=customer.pk)


def test_play_money_arrives_as_play_money(customer):
    row = place(customer, mode=Mode.PAPER)
    pay(row, "1")
    poll()
    poll()
    assert (standing(customer, "BTC", Mode.PAPER), standing(customer, "BTC")) == ((D(1), D(0)), (D(0), D(0)))
    with pytest.raises(IntegrityError), transaction.atomic():
        DepositAddress.objects.create(owner=customer, asset_id="ETH", network="ethereum", mode="paper", provider="bank")


def test_a_block_that_is_taken_back_takes_the_confirmations_with_it(customer):
    row = place(customer)
    txid = pay(row, "1")
    poll()
    assert Deposit.objects.get().state == "confirming"
    shown(row, txid, "1", IncomingStatus.SEEN, 0)
    assert (Deposit.objects.get().state, Deposit.objects.get().confirmations) == ("announced", 0)
    shown(row, txid, "1", IncomingStatus.MINED, 1)
    assert standing(customer, "BTC") == (D(0), D(0))
    shown(row, txid, "1", IncomingStatus.MINED, 2)
    assert standing(customer, "BTC") == (D(1), D(0))


def test_a_dropped_payment_is_rejected_and_credited_if_it_comes_back(customer):
    row = place(customer)
    txid = pay(row, "1")
    poll()
    reorganise(BITCOIN, txid, drop=True)
    poll()
    assert (Deposit.objects.get().state, Deposit.objects.get().reject_code) == ("rejected", "wallets.dropped")
    shown(row, txid, "1", IncomingStatus.MINED, 2)
    assert (Deposit.objects.get().state, standing(customer, "BTC")) == ("credited", (D(1), D(0)))


def test_what_changes_after_the_credit_is_shown_to_staff_and_changes_nothing(customer):
    row = place(customer)
    txid = pay(row, "1")
    poll()
    poll()
    before = books()
    shown(row, txid, "2", IncomingStatus.MINED, 5)
    assert Deposit.objects.get().problem == "wallets.other_amount"
    reorganise(BITCOIN, txid, drop=True)
    poll()
    assert Deposit.objects.get().problem == "wallets.gone_after_credit"
    assert books() == before
    assert len(prove(current_schema())["wallets.funding"]) == 1


def test_a_payment_to_nobody_and_of_another_networks_asset_is_left_alone(customer):
    row = place(customer)
    item = Incoming(
        network=BITCOIN, asset="BTC", address="bc1qunknown", amount=D(1), txid="t", vout=0, status=IncomingStatus.MINED,
        confirmations=9,
    )  # fmt: skip
    assert wallets.record_incoming(actor=SYSTEM, provider="sandbox", item=item) is None
    assert wallets.record_incoming(actor=SYSTEM, provider="other", item=item) is None
    assert shown(row, "dust", "0.000000001", IncomingStatus.MINED, 9) is None
    assert Deposit.objects.count() == 0


def test_another_token_on_the_same_address_is_credited_as_what_it_is(customer):
    row = place(customer, "USDT", "ethereum")
    item = Incoming(
        network=Network.ETHEREUM, asset="USDC", address=row.address, amount=D(7), txid="t", vout=3,
        status=IncomingStatus.MINED, confirmations=12,
    )  # fmt: skip
    wallets.record_incoming(actor=SYSTEM, provider="sandbox", item=item)
    assert (standing(customer, "USDC"), standing(customer, "USDT")) == ((D(7), D(0)), (D(0), D(0)))


def test_one_output_is_one_row_whoever_writes(customer):
    row = place(customer)
    pay(row, "1")
    poll()
    found = Deposit.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Deposit.objects.create(
            owner=customer, kind="crypto", asset_id="BTC", network="bitcoin", mode="live", amount=D(1), reference="X",
            place=row, txid=found.txid, vout=found.vout, required=1,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Deposit.objects.filter(pk=found.pk).update(state="credited", credited=D(1), ended_at=found.created_at)
    for column, value in (("amount", D(9)), ("txid", "other"), ("owner_id", found.pk)):
        with pytest.raises(DatabaseError), transaction.atomic():
            Deposit.objects.filter(pk=found.pk).update(**{column: value})


def test_a_provider_that_does_not_answer_costs_nothing_but_time(customer):
    row = place(customer)
    pay(row, "1")
    order_fault(FaultKind.DOWN)
    poll()
    standing_row = ProviderStanding.objects.get()
    assert (standing_row.failures, standing_row.cursor, Deposit.objects.count()) == (1, "", 0)
    poll()
    assert (ProviderStanding.objects.get().failures, Deposit.objects.count()) == (0, 1)


def test_the_sandbox_pays_its_own_addresses_only_and_really_credits(customer, other_customer):
    row = place(customer, "TRX", "tron")
    with pytest.raises(DepositMissing):
        wallets.simulate_deposit(actor=Actor.of(other_customer), place_id=row.pk, amount=D(1))
    wallets.simulate_deposit(actor=Actor.of(customer), place_id=row.pk, amount=D("12.5"))
    mine(Network.TRON, 25)
    poll()
    assert standing(customer, "TRX") == (D("12.5"), D(0))


def test_the_sweep_opens_addresses_and_credits(customer):
    from apps.finance.wallets.tasks import nudge_due

    row = wallets.ask_deposit_address(actor=Actor.of(customer), asset="BTC", network="bitcoin")
    nudge_due()
    row.refresh_from_db()
    pay(row, "1")
    nudge_due()
    nudge_due()
    assert standing(customer, "BTC") == (D(1), D(0))
    assert work_lists.exists_custody_work()


def test_a_bank_transfer_is_credited_with_what_arrived(customer, fin):
    allow()
    found = wallets.announce_deposit(actor=Actor.of(customer), asset="EUR", amount=D(100))
    assert len(found.reference) == 10
    assert standing(customer, "EUR") == (D(0), D(0))
    wallets.confirm_deposit(actor=fin, deposit_id=found.pk, received=D("99.5"), reason="on the statement")
    assert standing(customer, "EUR") == (D("99.5"), D(0))
    with pytest.raises(MoveNotAllowed):
        wallets.confirm_deposit(actor=fin, deposit_id=found.pk, received=D("99.5"), reason="again")
    with pytest.raises(MoveNotAllowed):
        wallets.reject_deposit(actor=fin, deposit_id=found.pk, reason="late")
    assert Deposit.objects.get().confirmer_id == fin.id
    assert prove(current_schema())["wallets.funding"] == []


def test_above_the_policy_a_second_person_has_to_agree(customer, fin, fay):
    allow()
    require_approvers(1, above="1000", asset="EUR", subject="deposit")
    found = wallets.announce_deposit(actor=Actor.of(customer), asset="EUR", amount=D(5000))
    asked = wallets.confirm_deposit(actor=fin, deposit_id=found.pk, received=D(5000), reason="on the statement")
    assert isinstance(asked, Approval)
    with pytest.raises(AskedAlready):
        wallets.confirm_deposit(actor=fin, deposit_id=found.pk, received=D(5000), reason="again")
    with pytest.raises((MakerCannotCheck, PermissionMissing)):
        decide(actor=fin, approval_id=asked.pk, agrees=True)
    assert standing(customer, "EUR") == (D(0), D(0))
    decide(actor=fay, approval_id=asked.pk, agrees=True)
    assert standing(customer, "EUR") == (D(5000), D(0))


def test_nobody_confirms_or_approves_their_own(fin, fay, customer):
    from apps.platform.security.operations import grant_role

    allow()
    require_approvers(1, asset="EUR", subject="deposit")
    for person in (fin, fay):
        grant_role(actor=SYSTEM, user_id=person.id, role="customer", reason="trades too")
    own = wallets.announce_deposit(actor=fin, asset="EUR", amount=D(50))
    for act in (wallets.reject_deposit, wallets.confirm_deposit):
        more = {"received": D(50)} if act is wallets.confirm_deposit else {}
        with pytest.raises(OwnMoney):
            act(actor=fin, deposit_id=own.pk, reason="mine", **more)
    theirs = wallets.announce_deposit(actor=fay, asset="EUR", amount=D(50))
    asked = wallets.confirm_deposit(actor=fin, deposit_id=theirs.pk, received=D(50), reason="ok")
    with pytest.raises(OwnMoney):
        decide(actor=fay, approval_id=asked.pk, agrees=True)
    assert books() == (0, 0, 0)
    with pytest.raises(PermissionMissing):
        wallets.confirm_deposit(actor=Actor.of(customer), deposit_id=own.pk, received=D(50), reason="x")


def test_an_announcement_is_taken_back_rejected_or_runs_out(customer, other_customer, fin, fay):
    allow()
    require_approvers(1, asset="EUR", subject="deposit")
    actor = Actor.of(customer)
    rows = [wallets.announce_deposit(actor=actor, asset="EUR", amount=D(10)) for _ in range(10)]
    with pytest.raises(TooManyAnnouncements):
        wallets.announce_deposit(actor=actor, asset="EUR", amount=D(10))
    with pytest.raises(DepositMissing):
        wallets.take_back_deposit(actor=Actor.of(other_customer), deposit_id=rows[0].pk)
    wallets.take_back_deposit(actor=actor, deposit_id=rows[0].pk)
    asked = wallets.confirm_deposit(actor=fin, deposit_id=rows[1].pk, received=D(10), reason="ok")
    wallets.reject_deposit(actor=fin, deposit_id=rows[1].pk, reason="it went back")
    assert Approval.objects.get(pk=asked.pk).state == "voided"
    with travel(31 * DAY):
        fire()
    assert set(Deposit.objects.values_list("state", flat=True)) == {"rejected"}
    codes = list(Deposit.objects.order_by("id").values_list("reject_code", flat=True))
    assert codes[:3] == ["wallets.by_owner", "wallets.by_staff", "wallets.never_arrived"]
    assert books() == (0, 0, 0)


def test_only_what_comes_by_bank_is_announced(customer):
    with pytest.raises(NotByBank):
        wallets.announce_deposit(actor=Actor.of(customer), asset="BTC", amount=D(1))
