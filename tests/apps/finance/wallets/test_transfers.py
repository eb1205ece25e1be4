"""Money between customers, play money, the address book."""

import pytest

from apps.compliance.limits.errors import AmountTooLarge
from apps.compliance.limits.models import LimitUse
from apps.core import relay
from apps.core.actors import Actor
from apps.core.clock import travel
from apps.core.context import current_schema
from apps.core.errors import InvalidAmount
from apps.core.proofs import prove as recompute
from apps.core.sealing import open_field
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.errors import InsufficientFunds
from apps.finance.ledger.models import Account, Journal
from apps.finance.ledger.operations import freeze_account, unfreeze_account
from apps.finance.wallets import operations as wallets
from apps.finance.wallets import queries
from apps.finance.wallets.activity import ActivityRow, CursorInvalid, list_activity
from apps.finance.wallets.errors import (
    AddressInvalid,
    AddressKnown,
    AddressMissing,
    OwnDepositAddress,
    ProofOver,
    ProofTooSoon,
    ProofWrong,
    ResetTooSoon,
    ToYourself,
    TransferMissing,
    TransferNotConfirmed,
)
from apps.finance.wallets.models import AddressEntry, Transfer
from apps.platform.notifications.models import InboxItem, OutgoingMail
from kernel.addresses import Network, example_address
from tests.apps.finance.wallets.funding_ground import (
    DAY,
    HOUR,
    SECOND,
    SYSTEM,
    D,
    allow,
    books,
    confirmed,
    fund,
    mailed_code,
    prove,
    ready,
    standing,
    verify,
)

pytestmark = pytest.mark.django_db
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


@pytest.fixture
def rich(customer):
    allow()
    verify(customer)
    fund(customer, "1000")
    return customer


def send(user, to: str, amount: str = "10", **more) -> Transfer:
    return wallets.transfer_between_customers(actor=Actor.of(user), to=to, asset="USDT", amount=D(amount), **more)


def deliver(row: Transfer) -> Transfer:
    return wallets.deliver_transfer(actor=SYSTEM, transfer_id=row.pk)


def test_a_transfer_is_held_delivered_once_and_told_to_both(rich, other_customer):
    row = send(rich, "  BOB@example.test ")
    assert (row.state, standing(rich), standing(other_customer)) == ("held", (D(1000), D(10)), (D(0), D(0)))
    for _ in range(2):
        assert deliver(row).state == "done"
    assert (standing(rich), standing(other_customer)) == ((D(990), D(0)), (D(10), D(0)))
    out, into = (queries.list_transfers(user.pk)[0] for user in (rich, other_customer))
    assert (out.direction, out.to, into.direction, into.to) == ("out", "bob@example.test", "in", "")
    relay.drain()
    topics = InboxItem.objects.values_list("owner_id", "topic")
    assert (rich.pk, "wallets.transfer_sent") in topics
    assert (other_customer.pk, "wallets.transfer_received") in topics
    assert recompute(current_schema())["wallets.funding"] == []


def test_an_unknown_address_gets_the_same_answer_and_the_money_comes_back(rich, other_customer, staff):
    known, unknown = send(rich, other_customer.email), send(rich, "nobody@example.test")
    shapes = [
        {key: value for key, value in vars(row).items() if key in ("state", "recipient_id", "amount", "ended_at")}
        for row in (known, unknown)
    ]
    assert shapes[0] == shapes[1]
    assert standing(rich) == (D(1000), D(20))
    assert (deliver(known).state, deliver(unknown).state) == ("done", "returned")
    assert standing(rich) == (D(990), D(0))
    assert LimitUse.objects.filter(reverses__isnull=True).count() == 2
    assert LimitUse.objects.filter(reverses__isnull=False).count() == 0


def test_a_closed_account_receives_nothing(rich, other_customer):
    from apps.platform.users.models import User

    User.objects.filter(pk=other_customer.pk).update(is_active=False)
    assert deliver(send(rich, other_customer.email)).state == "returned"
    assert standing(rich) == (D(1000), D(0))


def test_a_transfer_waits_while_the_senders_account_is_frozen(rich, other_customer):
    """Frozen after the money was held: nothing leaves, no worker fails, and it goes on when the account is opened."""
    row = send(rich, other_customer.email)
    account = Account.objects.get(holder_id=rich.pk, kind="customer", asset_id="USDT", mode="live")
    freeze_account(actor=SYSTEM, account_id=account.pk, expected="open", reason="court order")
    before = books()
    for _ in range(2):
        assert deliver(row).state == "held"
    assert (books(), standing(rich), standing(other_customer)) == (before, (D(1000), D(10)), (D(0), D(0)))
    unfreeze_account(actor=SYSTEM, account_id=account.pk, expected="frozen", reason="lifted")
    assert deliver(row).state == "done"
    assert (standing(rich), standing(other_customer)) == ((D(990), D(0)), (D(10), D(0)))


@pytest.mark.parametrize("amount", ["0", "-5", "0.000000001"])
def test_what_is_no_amount_is_refused(rich, other_customer, amount):
    before = books()
    with pytest.raises(InvalidAmount):
        send(rich, other_customer.email, amount)
    assert (books(), Transfer.objects.count()) == (before, 0)


def test_limits_funds_and_oneself_are_refused_and_nothing_is_left_behind(rich, other_customer):
    before = books()
    with pytest.raises(InsufficientFunds):
        send(rich, other_customer.email, "1000.5", is_confirmed=True)
    with pytest.raises(AmountTooLarge):
        send(rich, other_customer.email, "1000001", is_confirmed=True)
    with pytest.raises(ToYourself):
        send(rich, "Ann@example.test")
    assert (books(), Transfer.objects.count(), LimitUse.objects.count()) == (before, 0, 0)


def test_the_second_factor_is_asked_for_above_a_sum_of_24_hours(rich, other_customer):
    send(rich, other_customer.email, "60")
    send(rich, other_customer.email, "40")
    with pytest.raises(TransferNotConfirmed):
        send(rich, other_customer.email, "0.01")
    send(rich, other_customer.email, "500", is_confirmed=True)
    with travel(DAY + SECOND):
        assert not wallets.needs_second_factor(rich.pk, "USDT", D(100))
        assert wallets.needs_second_factor(rich.pk, "USDT", D("100.01"))
        assert wallets.needs_second_factor(rich.pk, "BTC", D("0.00001"))
        assert not wallets.needs_second_factor(rich.pk, "BTC", D(1), Mode.PAPER)


def test_strangers_see_no_transfer(rich, other_customer, staff):
    row = deliver(send(rich, "nobody@example.test"))
    with pytest.raises(TransferMissing):
        queries.get_transfer(row.pk, owner_id=other_customer.pk)
    assert queries.list_transfers(other_customer.pk) == []


def test_play_money_goes_to_play_money(rich, other_customer):
    fund(rich, "50", mode=Mode.PAPER)
    deliver(send(rich, other_customer.email, "50", mode=Mode.PAPER))
    assert standing(other_customer, mode=Mode.PAPER) == (D(50), D(0))
    assert (standing(other_customer), standing(rich)) == ((D(0), D(0)), (D(1000), D(0)))
    assert LimitUse.objects.count() == 0


def test_play_money_is_set_anew_once_a_minute_and_real_money_is_not(rich):
    fund(rich, "70", asset="BTC", mode=Mode.PAPER)
    fund(rich, "123.5", mode=Mode.PAPER)
    wallets.reset_paper_funds(actor=Actor.of(rich))
    assert standing(rich, mode=Mode.PAPER) == (D(10000), D(0))
    assert standing(rich, "BTC", Mode.PAPER) == (D(0), D(0))
    assert standing(rich) == (D(1000), D(0))
    assert set(Journal.objects.filter(kind="reset").values_list("mode", flat=True)) == {"paper"}
    before = books()
    with pytest.raises(ResetTooSoon):
        wallets.reset_paper_funds(actor=Actor.of(rich))
    assert books() == before
    with travel(61 * SECOND):
        wallets.reset_paper_funds(actor=Actor.of(rich))
    assert books() == before


def test_a_reset_leaves_what_is_held(rich):
    entry = ready_entry(rich)
    fund(rich, "100", mode=Mode.PAPER)
    confirmed(rich, entry, "40", Mode.PAPER)
    wallets.reset_paper_funds(actor=Actor.of(rich))
    assert standing(rich, mode=Mode.PAPER) == (D(10040), D(40))


def ready_entry(user):
    with travel(-30 * DAY):
        return prove(user)


def test_the_statement_runs_over_all_assets_page_by_page(rich, other_customer):
    fund(rich, "2", asset="BTC")
    for number in range(5):
        deliver(send(rich, other_customer.email, str(number + 1)))
    fund(rich, "3", asset="BTC")
    whole = list_activity(rich.pk)
    assert [(row.asset, row.amount, row.balance_after) for row in whole.rows[:2]] == [
        ("BTC", D(3), D(5)),
        ("USDT", D(-5), D(985)),
    ]
    assert (len(whole.rows), whole.next_cursor) == (8, "")
    found: list[ActivityRow] = []
    cursor = ""
    for _ in range(10):
        page = list_activity(rich.pk, cursor=cursor, limit=3)
        found += page.rows
        cursor = page.next_cursor
        if not cursor:
            break
    assert tuple(found) == whole.rows
    assert {row.asset for row in list_activity(rich.pk, asset="BTC").rows} == {"BTC"}
    assert list_activity(rich.pk, mode=Mode.PAPER).rows == ()
    for wrong in ("zzz", "²", "e30x", "W10", "eyJhIjoiYiJ9", "eyJhIjo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5fQ", "\0"):
        with pytest.raises(CursorInvalid):
            list_activity(rich.pk, cursor=wrong)


def test_wallets_show_what_is_free_and_what_is_held(rich):
    confirmed(rich, ready_entry(rich), "40")
    (row,) = queries.list_wallets(rich.pk)
    assert (row.asset, row.amount, row.held, row.available) == ("USDT", D(1000), D(40), D(960))
    assert queries.list_wallets(rich.pk, mode=Mode.PAPER) == []


def add(user, address=TRON, network="tron", asset="USDT"):
    return wallets.add_address(actor=Actor.of(user), asset=asset, network=network, address=address, label="exchange")


def test_an_address_is_sealed_proved_by_mail_and_told_about(customer):
    row = add(customer)
    assert TRON.encode() not in bytes(AddressEntry.objects.get().address)
    assert open_field(AddressEntry.objects.get(), "address") == TRON
    code = mailed_code(customer)
    assert code not in str(OutgoingMail.objects.values_list())
    assert InboxItem.objects.count() == 0
    done = wallets.prove_address(actor=Actor.of(customer), entry_id=row.pk, code=f" {code.lower()} ")
    assert done.active_after == (done.verified_at or done.created_at) + DAY
    assert (done.proof_hash, queries.get_address(row.pk, owner_id=customer.pk).is_usable) == ("", False)
    relay.drain()
    assert InboxItem.objects.filter(owner=customer, topic="wallets.address_proved").count() == 1
    with pytest.raises(AddressMissing):
        wallets.prove_address(actor=Actor.of(customer), entry_id=row.pk, code=code)


def test_wrong_codes_run_out_and_a_new_one_kills_the_old(customer):
    row = add(customer)
    actor, first = Actor.of(customer), mailed_code(customer)
    for _ in range(5):
        assert wallets.take_proof_attempt(actor=actor, entry_id=row.pk)
        with pytest.raises(ProofWrong):
            wallets.prove_address(actor=actor, entry_id=row.pk, code="AAAAAAAAAA")
    assert not wallets.take_proof_attempt(actor=actor, entry_id=row.pk)
    with pytest.raises(ProofTooSoon):
        wallets.mail_proof_again(actor=actor, entry_id=row.pk)
    with travel(61 * SECOND):
        wallets.mail_proof_again(actor=actor, entry_id=row.pk)
        assert wallets.take_proof_attempt(actor=actor, entry_id=row.pk)
        with pytest.raises(ProofWrong):
            wallets.prove_address(actor=actor, entry_id=row.pk, code=first)
    second = mailed_code(customer)
    with travel(HOUR), pytest.raises(ProofOver):
        wallets.prove_address(actor=actor, entry_id=row.pk, code=second)
    assert AddressEntry.objects.get().state == "pending_proof"


def test_an_address_stands_once_in_a_book_and_of_nobody_else(customer, other_customer):
    row = add(customer)
    with pytest.raises(AddressKnown):
        add(customer)
    assert add(other_customer).fingerprint != row.fingerprint
    wallets.remove_address(actor=Actor.of(customer), entry_id=row.pk)
    add(customer)
    with pytest.raises(AddressMissing):
        wallets.remove_address(actor=Actor.of(other_customer), entry_id=row.pk)


@pytest.mark.parametrize(
    ("address", "network"), [("x", "tron"), ("", "tron"), (TRON, "ethereum"), (TRON[:-1] + "u", "tron")]
)
def test_what_is_no_address_is_not_added(customer, address, network):
    with pytest.raises(AddressInvalid):
        add(customer, address, network)
    assert (AddressEntry.objects.count(), OutgoingMail.objects.count()) == (0, 0)


def test_an_address_of_the_house_is_not_a_way_out(customer, other_customer):
    place = wallets.ask_deposit_address(actor=Actor.of(other_customer), asset="USDT", network="tron")
    wallets.open_deposit_address(place_id=place.pk)
    place.refresh_from_db()
    with pytest.raises(OwnDepositAddress):
        add(customer, place.address)


def test_euros_go_to_a_bank_account(customer):
    entry = ready(customer, "100", asset="EUR", network="sepa")
    row = confirmed(customer, entry, "50")
    assert (row.network, row.payout) == ("sepa", D("49.5"))
    assert queries.get_withdrawal(row.pk).address == example_address(Network.SEPA, "x")
