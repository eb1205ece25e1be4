"""API and finance desk of deposits, withdrawals and transfers; policies with four eyes."""

from typing import Any
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.approvals import MakerCannotCheck, decide
from apps.core.live.topics import Identity, find_topic
from apps.core.models import Approval
from apps.core.permissions import PermissionMissing
from apps.core.seeding import SeedTenant
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations as wallets
from apps.finance.wallets.choices import RULES, RuleName
from apps.finance.wallets.errors import AddressInvalid, ChangedSinceAsked, NothingToChange, PolicyInvalid
from apps.finance.wallets.live import frame
from apps.finance.wallets.models import (
    AddressEntry,
    ApprovalPolicy,
    Deposit,
    PayInAccount,
    Transfer,
    WalletRule,
    Withdrawal,
    WithdrawalFee,
)
from apps.finance.wallets.seeds import _accounts, _approvals, _fees
from apps.finance.wallets.terms import fee_of, get_rule
from apps.platform.security.models import StepUpGrant
from tests.apps.finance.wallets.funding_ground import (
    SYSTEM,
    D,
    advance,
    allow,
    books,
    confirmed,
    fund,
    mailed_code,
    ready,
    require_approvers,
    standing,
    usable,
    verify,
)
from tests.apps.platform.identity import code, next_step, verified
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db
V1 = "/api/v1"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


def post(client: Any, path: str, body: Any = None, *, key: str = "") -> Any:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return client.post(f"{V1}{path}", body or {}, content_type="application/json", headers=headers)


def get(client: Any, path: str, **query: Any) -> Any:
    return client.get(f"{V1}{path}", query)


def confirm_step_up(client: Any, answer: Any) -> None:
    assert answer.status_code == 401, answer.content
    assert answer.json()["code"] == "security.step_up_required"
    challenge = answer.json()["params"]["challenge"]
    with next_step():
        body = {"code": code()}
        done = client.post(f"{V1}/step-ups/{challenge}", body, content_type="application/json")
    assert done.status_code == 200, done.content


@pytest.fixture
def browser(customer):
    """A browser in which the customer logged in with the second factor; all waiting times are over."""
    client = verified(customer)
    from apps.core import relay

    relay.drain()
    return client


def test_a_withdrawal_over_the_api_takes_the_second_factor_for_exactly_it(customer, browser):
    entry = ready(customer, "100")
    made = post(browser, "/withdrawals", {"address_id": str(entry.pk), "amount": "50"})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["state"], body["amount"], body["fee"], body["payout"]) == ("requested", "50", "1", "49")
    assert body["waits"][0]["cause"] == "second_factor"
    path, key = f"/withdrawals/{body['id']}/confirm", "confirm-1"
    asked = post(browser, path, key=key)
    confirm_step_up(browser, asked)
    facts = dict(StepUpGrant.objects.get().facts)
    assert facts == {
        "Leaves your wallet": "50 USDT", "Fee": "1 USDT", "Arrives": "49 USDT", "Network": "Ethereum",
        "Address": body["address"],
    }  # fmt: skip
    other = post(browser, "/withdrawals", {"address_id": str(entry.pk), "amount": "40"}).json()["id"]
    assert post(browser, f"/withdrawals/{other}/confirm").status_code == 401
    done = post(browser, path, key=key)
    assert (done.status_code, done.json()["state"]) == (200, "held")
    again = post(browser, path, key=key)
    assert (again.status_code, again.content) == (200, done.content)
    assert post(browser, path).status_code == 409
    assert list(Withdrawal.objects.order_by("id").values_list("state", flat=True)) == ["held", "requested"]


def test_the_api_shows_lists_and_takes_back(customer, other_customer, browser):
    entry = ready(customer, "100")
    rows = [confirmed(customer, entry, str(amount)) for amount in (10, 11, 12)]
    page = get(browser, "/withdrawals", limit=2).json()
    assert [row["amount"] for row in page["results"]] == ["12", "11"]
    rest = get(browser, "/withdrawals", limit=2, below=page["next"]).json()
    assert ([row["amount"] for row in rest["results"]], rest["next"]) == (["10"], None)
    one = get(browser, f"/withdrawals/{rows[0].pk}").json()
    assert [step["state"] for step in one["steps"]] == ["requested", "held"]
    taken = post(browser, f"/withdrawals/{rows[0].pk}/cancel")
    assert (taken.status_code, taken.json()["state"], taken.json()["can_cancel"]) == (200, "cancelled", False)
    thief = verified(other_customer)
    for path in (f"/withdrawals/{rows[1].pk}/cancel", f"/withdrawals/{rows[1].pk}/confirm"):
        assert post(thief, path).status_code == 404
    assert get(thief, f"/withdrawals/{rows[1].pk}").status_code == 404
    assert get(thief, "/withdrawals").json()["results"] == []
    fee = get(browser, "/withdrawals/fee", asset="USDT", network="ethereum", amount="10").json()
    assert (fee["fee"], fee["payout"]) == ("1", "9")


def test_a_refusal_uses_no_key_and_the_same_key_repeats_the_answer(customer, browser):
    entry = ready(customer, "100")
    body = {"address_id": str(entry.pk), "amount": "500"}
    before = books()
    refused = post(browser, "/withdrawals", body, key="k")
    assert (refused.status_code, refused.json()["code"]) == (409, "ledger.insufficient_funds")
    assert books() == before
    first = post(browser, "/withdrawals", {**body, "amount": "50"}, key="k")
    assert first.status_code == 201
    again = post(browser, "/withdrawals", {**body, "amount": "50"}, key="k")
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert post(browser, "/withdrawals", body, key="k").status_code == 409
    assert browser.post(f"{V1}/withdrawals", body, content_type="application/json").status_code == 422
    assert Withdrawal.objects.count() == 1


def test_the_address_book_over_the_api(customer, browser):
    body = {"asset": "USDT", "network": "tron", "address": TRON, "label": "exchange"}
    made = post(browser, "/address-book", body)
    assert (made.status_code, made.json()["state"], made.json()["address"]) == (201, "pending_proof", TRON)
    path = f"/address-book/{made.json()['id']}"
    for _ in range(4):
        wrong = post(browser, f"{path}/prove", {"code": "AAAAAAAAAA"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "wallets.proof_wrong")
    assert AddressEntry.objects.get().proof_attempts == 4
    done = post(browser, f"{path}/prove", {"code": mailed_code(customer)})
    assert (done.status_code, done.json()["state"], done.json()["is_usable"]) == (200, "active", False)
    assert len(get(browser, "/address-book").json()) == 1
    assert post(browser, f"{path}/remove").json()["state"] == "removed"
    assert get(browser, "/address-book").json() == []
    broken = post(browser, "/address-book", {**body, "address": "x\u0000"})
    assert broken.status_code == 422


def test_codes_run_out_over_the_api_too(customer, browser):
    made = post(browser, "/address-book", {"asset": "USDT", "network": "tron", "address": TRON, "label": "x"})
    path = f"/address-book/{made.json()['id']}"
    answers = [post(browser, f"{path}/prove", {"code": "AAAAAAAAAA"}).json()["code"] for _ in range(7)]
    assert answers == ["wallets.proof_wrong"] * 5 + ["wallets.proof_over"] * 2
    assert post(browser, f"{path}/prove", {"code": mailed_code(customer)}).json()["code"] == "wallets.proof_over"
    assert post(browser, f"{path}/mail-code").status_code == 429


def test_lifting_the_lock_takes_the_second_factor_and_locking_does_not(customer, browser):
    assert post(browser, "/wallets/lock", {"days": 7}).json()["days"] == 7
    assert post(browser, "/wallets/lock", {"days": 7}).status_code == 409
    asked = post(browser, "/wallets/lock", {"days": 0})
    confirm_step_up(browser, asked)
    lifted = post(browser, "/wallets/lock", {"days": 0}).json()
    assert (lifted["days"], lifted["next_days"], bool(lifted["opens_at"])) == (7, 0, True)
    assert "locked" in [wait["cause"] for wait in get(browser, "/wallets/lock").json()["waits"]]
    for days in (31, -1, "x"):
        assert post(browser, "/wallets/lock", {"days": days}).status_code == 422


def test_deposits_over_the_api(customer, browser):
    asked = post(browser, "/deposits/addresses", {"asset": "TRX", "network": "tron", "mode": "paper"})
    assert (asked.status_code, asked.json()["is_simulated"]) == (202, True)
    from apps.finance.wallets.tasks import nudge_due

    nudge_due()
    (place,) = get(browser, "/deposits/addresses", mode="paper").json()
    assert place["address"].startswith("T")
    paid = post(browser, "/deposits/simulated", {"address_id": place["id"], "amount": "5"})
    assert paid.status_code == 201
    for _ in range(21):
        nudge_due()
    (row,) = get(browser, "/deposits", mode="paper").json()["results"]
    assert (row["state"], row["credited"], row["txid"]) == ("credited", "5", paid.json()["txid"])
    (wallet,) = get(browser, "/wallets", mode="paper").json()
    assert (wallet["asset"], wallet["available"]) == ("TRX", "5")
    bank = post(browser, "/deposits", {"asset": "EUR", "amount": "100"})
    assert (bank.status_code, len(bank.json()["reference"])) == (201, 10)
    assert post(browser, f"/deposits/{bank.json()['id']}/take-back").json()["state"] == "rejected"
    assert get(browser, "/deposits/pay-in-account", asset="EUR").status_code == 422
    activity = get(browser, "/wallets/activity", mode="paper").json()
    assert [(item["kind"], item["amount"]) for item in activity["results"]] == [("deposit", "5")]


def test_play_money_over_the_api(browser):
    done = post(browser, "/wallets/paper-reset")
    assert done.json() == {
        "wallets": [
            {**done.json()["wallets"][0], "asset": "USDT", "mode": "paper", "amount": "10000", "available": "10000"}
        ]
    }
    assert post(browser, "/wallets/paper-reset").status_code == 429
    assert get(browser, "/wallets").json() == []


def test_known_and_unknown_recipients_get_the_same_answer(customer, other_customer):
    from tests.factories.people import web_client

    allow()
    verify(customer)
    fund(customer, "1000")
    client = web_client(customer)
    bodies = [{"to": to, "asset": "USDT", "amount": "5"} for to in (other_customer.email, "bot@example.test")]
    answers = [post(client, "/transfers", body) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 201]
    shown = [answer.json() for answer in answers]
    for body in shown:
        for own in ("id", "created_at", "to"):
            body.pop(own)
    assert shown[0] == shown[1]
    assert len(answers[0].content) == len(answers[1].content)
    assert standing(customer) == (D(1000), D(10))


def test_a_transfer_over_the_api_takes_the_second_factor_above_the_threshold(customer, other_customer, browser):
    allow()
    verify(customer)
    fund(customer, "1000")
    WalletRule.objects.create(name=RuleName.NEW_DEVICE_HOURS, value=0)
    body = {"to": other_customer.email, "asset": "USDT", "amount": "500"}
    asked = post(browser, "/transfers", body, key="t")
    confirm_step_up(browser, asked)
    assert post(browser, "/transfers", {**body, "amount": "501"}).status_code == 401
    done = post(browser, "/transfers", body, key="t")
    assert (done.status_code, done.json()["state"]) == (201, "held")
    assert post(browser, "/transfers", body, key="t").content == done.content
    assert post(browser, "/transfers", body).status_code == 401
    assert Transfer.objects.count() == 1
    assert get(browser, f"/transfers/{done.json()['id']}").json()["direction"] == "out"


def test_a_key_of_a_program_reads_and_moves_nothing(customer):
    from rest_framework.test import APIClient

    from apps.platform.authentication.operations import create_api_key

    entry = ready(customer, "100")
    scopes = ["wallets.withdraw", "wallets.transfer", "wallets.deposit"]
    made = create_api_key(actor=Actor.of(customer), name="bot", scopes=scopes, expires_days=30)
    client = APIClient(HTTP_HOST="alpha.localhost", HTTP_AUTHORIZATION=f"Bearer {made.text}")
    assert client.get(f"{V1}/wallets").json()[0]["amount"] == "100"
    wanted = {
        "/withdrawals": {"address_id": str(entry.pk), "amount": "5"},
        "/transfers": {"to": "bob@example.test", "asset": "USDT", "amount": "5"},
        "/address-book": {"asset": "USDT", "network": "tron", "address": TRON, "label": "x"},
        "/wallets/lock": {"days": 3},
    }
    for path, body in wanted.items():
        answer = client.post(f"{V1}{path}", body, format="json", headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["code"]) == (403, "wallets.keys_move_no_money"), path
    assert (Withdrawal.objects.count(), Transfer.objects.count(), AddressEntry.objects.count()) == (0, 0, 1)


def test_the_live_topic_is_personal_and_carries_balances(customer, on_commit):
    allow()
    verify(customer)
    fund(customer, "100")
    entry = usable(customer)
    with on_commit():
        confirmed(customer, entry, "40")
    shown = frame(customer.pk, Mode.LIVE)
    assert shown["balances"][0] | {"account_id": ""} == {
        "account_id": "", "kind": "customer", "asset": "USDT", "amount": "100", "held": "40", "available": "60",
    }  # fmt: skip
    topic = find_topic("wallet")
    assert topic.scope.value == "user"
    who = Identity(schema="x", user_id=customer.pk, session_hash="")
    assert [item["mode"] for item in topic.snapshot(who, "wallet")["modes"]] == ["live", "paper"]


FIN, FAY = "finance", "finance_approver"


@pytest.fixture
def fin(db):
    return Actor.of(make_staff("fin@example.test", role=FIN))


@pytest.fixture
def fay(db):
    return Actor.of(make_staff("fay@example.test", role=FAY))


def test_a_number_changes_when_a_second_person_agrees(fin, fay):
    asked = wallets.propose_rule(actor=fin, name=RuleName.NEW_ADDRESS_HOURS, value=72, reason="safer")
    assert get_rule(RuleName.NEW_ADDRESS_HOURS) == 24
    with pytest.raises((MakerCannotCheck, PermissionMissing)):
        decide(actor=fin, approval_id=asked.pk, agrees=True)
    decide(actor=fay, approval_id=asked.pk, agrees=True)
    assert get_rule(RuleName.NEW_ADDRESS_HOURS) == 72
    with pytest.raises(NothingToChange):
        wallets.propose_rule(actor=fin, name=RuleName.NEW_ADDRESS_HOURS, value=72, reason="again")
    for name, value in ((RuleName.NEW_ADDRESS_HOURS, 0), ("nonsense", 5), (RuleName.CREDENTIAL_HOURS, 721)):
        with pytest.raises(PolicyInvalid):
            wallets.propose_rule(actor=fin, name=name, value=value, reason="x")
    with pytest.raises(PermissionMissing):
        wallets.propose_rule(actor=fay, name=RuleName.NEW_ADDRESS_HOURS, value=2, reason="x")


def test_fees_approvals_and_accounts_take_two_people_and_never_overwrite_a_newer_one(fin, fay):
    fee: dict[str, Any] = {"asset": "USDT", "network": "tron", "fixed": D("2"), "share": D("0.001"), "minimum": D(5)}
    old = wallets.propose_fee(actor=fin, **fee, reason="a")
    new = wallets.propose_fee(actor=fin, **{**fee, "fixed": D(3)}, reason="b")
    assert Approval.objects.get(pk=old.pk).state == "voided"
    decide(actor=fay, approval_id=new.pk, agrees=True)
    assert fee_of("USDT", "tron", D("1000.000001")) == D("4.000001")
    stale = wallets.propose_fee(actor=fin, **fee, reason="c")
    WithdrawalFee.objects.update(fixed=D(9))
    with pytest.raises(ChangedSinceAsked):
        decide(actor=fay, approval_id=stale.pk, agrees=True)
    band: dict[str, Any] = {"subject": "withdrawal", "asset": "*", "above": D(500), "required": 2}
    decide(actor=fay, approval_id=wallets.propose_approvals(actor=fin, **band, reason="d").pk, agrees=True)
    assert ApprovalPolicy.objects.get().required == 2
    account = {"asset": "EUR", "holder": "House", "iban": "DE89 3704 0044 0532 0130 00", "bank": "Bank"}
    asked = wallets.propose_pay_in_account(actor=fin, **account, reason="e")
    assert PayInAccount.objects.count() == 0
    decide(actor=fay, approval_id=asked.pk, agrees=True)
    assert PayInAccount.objects.get().iban == "DE89370400440532013000"
    with pytest.raises(AddressInvalid):
        wallets.propose_pay_in_account(actor=fin, **{**account, "iban": "DE1"}, reason="f")
    wrongs: list[dict[str, Any]] = [{"share": D(1)}, {"share": D("NaN")}, {"fixed": D(-1)}, {"fixed": D("1E-30")}]
    for wrong in wrongs:
        with pytest.raises(PolicyInvalid):
            wallets.propose_fee(actor=fin, **{**fee, **wrong}, reason="x")


def test_the_first_policies_are_put_once():
    demo = SeedTenant(id=uuid4(), schema="x", slug="demo", host="x", demo=True)
    given: dict[str, Any] = {"approvals": _approvals(), "fees": _fees(), "accounts": _accounts(demo)}
    assert wallets.put_default_policies(actor=SYSTEM, **given) is True
    assert wallets.put_default_policies(actor=SYSTEM, **given) is False
    assert set(WalletRule.objects.values_list("name", flat=True)) == set(RULES)
    assert PayInAccount.objects.get().iban.startswith("DE")


def test_the_finance_desk_shows_the_board_and_works(customer, other_customer):
    entry = ready(customer, "100")
    require_approvers(1)
    row = advance(confirmed(customer, entry))
    from tests.apps.platform.identity import approve
    from tests.apps.platform.identity import verified as log_in

    fay = make_staff("fay@example.test", role=FAY)
    desk = log_in(fay)
    board = desk.get("/admin/wallets/withdrawal/?state__exact=approval").content.decode()
    assert "It waits for approval" in board
    page = desk.get(f"/admin/wallets/withdrawal/{row.pk}/change/").content.decode()
    assert "requested → held → screening → approval" in page
    for label in ("Approve", "Hold", "Reject"):
        assert label in page
    address = f"/admin/wallets/withdrawal/{row.pk}/do/approve/"
    asked = desk.get(address).content.decode()
    for words in ("Pay out ", "50 USDT", customer.email, "Code of your second factor"):
        assert words in asked
    for wrong in ({"reason": "fine"}, {"reason": "fine", "code": "000000"}):
        assert desk.post(address, wrong).status_code == 200
        row.refresh_from_db()
        assert row.state == "approval"
    done = approve(desk, address)
    assert done.status_code == 302, done.content
    row.refresh_from_db()
    assert row.state == "signing"
    found = wallets.announce_deposit(actor=Actor.of(customer), asset="EUR", amount=D(10))
    assert (
        desk.post(f"/admin/wallets/deposit/{found.pk}/do/confirm/", {"received": "10", "reason": "x"}).status_code
        == 404
    )
    fin = log_in(make_staff("fin@example.test", role=FIN))
    fin.post(f"/admin/wallets/deposit/{found.pk}/do/confirm/", {"received": "10", "reason": "on the statement"})
    assert Deposit.objects.get().state == "credited"
    for model in (
        "approvalpolicy", "withdrawalfee", "walletrule", "payinaccount", "providerstanding", "providercall", "transfer",
        "addressentry", "walletguard", "depositaddress", "withdrawalstep", "paperreset",
    ):  # fmt: skip
        assert fin.get(f"/admin/wallets/{model}/").status_code == 200, model
    fee = WithdrawalFee.objects.get(asset_id="EUR")
    given = {"fixed": "1", "share": "0", "minimum": "5", "reason": "dearer"}
    assert fin.post(f"/admin/wallets/withdrawalfee/{fee.pk}/do/change/", given).status_code == 302
    assert Approval.objects.filter(action="wallets.change_fee", state="pending").count() == 1
    support = log_in(make_staff("sue@example.test", role="support"))
    assert support.get("/admin/wallets/withdrawal/").status_code in (302, 403, 404)
