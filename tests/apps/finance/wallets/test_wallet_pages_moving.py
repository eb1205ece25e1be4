"""Pages of deposits, withdrawals, addresses, the lock and transfers: the second factor, double clicks, refusals."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.clock import travel
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations
from apps.finance.wallets.models import AddressEntry, Deposit, DepositAddress, PayInAccount, Transfer, Withdrawal
from apps.finance.wallets.queries import get_lock
from kernel.addresses import Network, example_address
from tests.apps.finance.wallets.funding_ground import (
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
from tests.apps.finance.wallets.test_wallet_pages import text_of
from tests.apps.platform.identity import code, verified

pytestmark = pytest.mark.django_db


def key() -> str:
    return uuid4().hex


def give_code(browser: Any, answer: Any) -> str:
    """Confirm on the page that an answer leads to; return where it goes on."""
    assert answer.status_code == 302
    assert answer.url.startswith("/step-up/")
    with travel(timedelta(seconds=30)):
        done = browser.post(answer.url, {"code": code()})
    assert done.status_code == 302, done.content
    return str(done.url)


def test_a_bank_transfer_is_announced_once_and_taken_back(customer: Any, web: Any) -> None:
    PayInAccount.objects.create(asset_id="EUR", holder="House", iban="DE89370400440532013000", bank="Bank")
    client, wanted = web(customer), {"action": "announce", "asset": "EUR", "network": "sepa", "mode": "live"}
    refused = client.post("/wallet/deposit/", {**wanted, "amount": "1.234"})
    assert (refused.status_code, 'value="1.234"' in refused.content.decode()) == (422, True)
    once = {**wanted, "amount": "250", "idempotency_key": key()}
    first, second = client.post("/wallet/deposit/", once), client.post("/wallet/deposit/", once)
    deposit = Deposit.objects.get()
    assert first.url == second.url == f"/wallet/deposits/{deposit.pk}/"
    page = text_of(client.get(first.url))
    assert deposit.reference in page
    assert "DE89 3704 0044 0532 0130 00" in page
    client.post(f"{first.url}take-back/", {"idempotency_key": key()})
    assert "Not credited" in text_of(client.get(first.url))


def test_an_address_is_asked_for_and_its_payment_watched(customer: Any, web: Any) -> None:
    client, way = web(customer), {"asset": "BTC", "network": "bitcoin", "mode": "live"}
    for _ in range(2):
        assert client.post("/wallet/deposit/", {"action": "address", **way}).status_code == 302
    place = DepositAddress.objects.get()
    url = "/wallet/deposit/?asset=BTC&network=bitcoin"
    assert "The address is being made." in text_of(client.get(url))
    operations.open_deposit_address(place_id=place.pk)
    place.refresh_from_db()
    page = client.get(url).content.decode()
    assert place.address in page
    assert "<svg" in page.partition('class="qr"')[2]
    pay = {"action": "simulate", "place": str(place.pk), "amount": "0.02", **way, "idempotency_key": key()}
    for _ in range(2):
        client.post("/wallet/deposit/", pay)
    operations.poll_deposits(provider="sandbox")
    deposit = Deposit.objects.get()
    assert "of 2 confirmations" in text_of(client.get(f"/wallet/deposits/{deposit.pk}/"))
    for _ in range(4):
        operations.poll_deposits(provider="sandbox")
    assert "In your wallet" in text_of(client.get(f"/wallet/deposits/{deposit.pk}/"))
    assert standing(customer, "BTC") == (D("0.02"), D(0))


def test_nobody_simulates_at_the_address_of_another(customer: Any, other_customer: Any, web: Any) -> None:
    row = operations.ask_deposit_address(actor=Actor.of(customer), asset="BTC", network="bitcoin")
    operations.open_deposit_address(place_id=row.pk)
    wanted = {"action": "simulate", "place": str(row.pk), "asset": "BTC", "network": "bitcoin", "amount": "1"}
    answer = web(other_customer).post("/wallet/deposit/", {**wanted, "mode": "live"})
    assert answer.status_code == 404


def test_a_withdrawal_is_previewed_held_confirmed_and_cancelled(customer: Any) -> None:
    entry, browser = ready(customer, "100"), verified(customer)
    wanted = {"entry": str(entry.pk), "amount": "50", "mode": "live", "idempotency_key": key()}
    before = books()
    shown = text_of(browser.post("/wallet/withdraw/", {**wanted, "action": "preview"})).replace("\xa0", " ")
    assert "Fee 1.00 USDT" in shown
    assert "Arrives 49.00 USDT" in shown
    part = text_of(browser.get("/wallet/withdraw/preview/", wanted))
    assert "49.00" in part
    assert books() == before
    first = browser.post("/wallet/withdraw/", {**wanted, "action": "request"})
    second = browser.post("/wallet/withdraw/", {**wanted, "action": "request"})
    row = Withdrawal.objects.get()
    assert standing(customer) == (D(100), D(50))
    assert first.url != second.url
    back = give_code(browser, second)
    assert back == f"/wallet/withdrawals/{row.pk}/?confirmed=1"
    assert "Your code is accepted." in text_of(browser.get(back))
    assert row.state == "requested"
    for _ in range(2):
        assert browser.post(f"/wallet/withdrawals/{row.pk}/confirm/").url == f"/wallet/withdrawals/{row.pk}/"
    row.refresh_from_db()
    assert row.state == "held"
    page = text_of(browser.get(f"/wallet/withdrawals/{row.pk}/"))
    assert "Waiting times" in page
    once = {"action": "cancel", "idempotency_key": key()}
    for _ in range(2):
        browser.post(f"/wallet/withdrawals/{row.pk}/cancel/", once)
    row.refresh_from_db()
    assert (row.state, standing(customer)) == ("cancelled", (D(100), D(0)))
    assert "you took it back" in text_of(browser.get(f"/wallet/withdrawals/{row.pk}/"))


def test_nothing_is_confirmed_without_the_code(customer: Any) -> None:
    entry, browser = ready(customer, "100"), verified(customer)
    row = operations.request_withdrawal(actor=Actor.of(customer), entry_id=entry.pk, amount=D(50))
    for _ in range(2):
        assert browser.post(f"/wallet/withdrawals/{row.pk}/confirm/").url.startswith("/step-up/")
    row.refresh_from_db()
    assert row.state == "requested"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("100.01", "Only 100 USDT are available."),
        ("0.5", "have to arrive. Ask for more."),
        ("x", "Write the amount in digits"),
    ],
)
def test_a_refused_withdrawal_keeps_what_was_typed(customer: Any, amount: str, words: str) -> None:
    entry, browser = ready(customer, "100"), verified(customer)
    before = books()
    wanted = {"action": "request", "entry": str(entry.pk), "amount": amount, "mode": "live", "idempotency_key": key()}
    answer = browser.post("/wallet/withdraw/", wanted)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'value="{amount}"' in answer.content.decode()
    assert books() == before


def test_a_new_address_and_a_closed_tier_are_told_before_asking(customer: Any, web: Any) -> None:
    fund(customer, "100")
    entry = prove(customer)
    client, wanted = web(customer), {"entry": str(entry.pk), "amount": "50", "mode": "live"}
    assert "over this network are not open" in text_of(client.get("/wallet/withdraw/preview/", wanted))
    allow()
    assert "are closed at your tier" in text_of(client.get("/wallet/withdraw/preview/", wanted))
    verify(customer)
    page = text_of(client.get("/wallet/withdraw/preview/", wanted))
    assert "The address is new, until" in page
    assert "Left of your limit" in page


def test_the_most_is_what_a_payment_can_carry(customer: Any, web: Any) -> None:
    entry = ready(customer, "100.12345678")
    page = web(customer).get(f"/wallet/withdraw/?entry={entry.pk}&mode=live").content.decode()
    assert 'data-fill-with="100.123456"' in page


def test_an_address_is_added_proved_and_removed(customer: Any, web: Any) -> None:
    client, address = web(customer), example_address(Network.ETHEREUM, "mine")
    wanted = {"label": "Mine", "way": "USDT:ethereum", "address": address, "idempotency_key": key()}
    bad = client.post("/wallet/addresses/", {**wanted, "address": "0x12"})
    assert (bad.status_code, 'value="0x12"' in bad.content.decode()) == (422, True)
    for _ in range(2):
        assert client.post("/wallet/addresses/", wanted).status_code == 302
    entry = AddressEntry.objects.get()
    url = f"/wallet/addresses/{entry.pk}/"
    wrong = client.post(f"{url}prove/", {"code": "WRONGCODE1", "idempotency_key": key()})
    assert (wrong.status_code, "This is not the code" in text_of(wrong)) == (422, True)
    entry.refresh_from_db()
    assert entry.proof_attempts == 1
    once = {"code": mailed_code(customer), "idempotency_key": key()}
    for _ in range(2):
        assert client.post(f"{url}prove/", once).status_code == 302
    assert "Money leaves to it from" in text_of(client.get("/wallet/addresses/"))
    client.post(f"{url}remove/", {"idempotency_key": key()})
    assert "Your book is empty" in text_of(client.get("/wallet/addresses/"))


def test_a_lock_holds_at_once_and_is_lifted_with_the_second_factor(customer: Any) -> None:
    browser = verified(customer)
    assert browser.post("/wallet/lock/", {"days": "31", "idempotency_key": key()}).status_code == 422
    assert browser.post("/wallet/lock/", {"days": "5", "idempotency_key": key()}).url == "/wallet/lock/"
    assert get_lock(customer.pk).days == 5
    lift = {"action": "lift", "idempotency_key": key()}
    answer = browser.post("/wallet/lock/", lift)
    assert get_lock(customer.pk).next_from is None
    assert give_code(browser, answer) == "/wallet/lock/?days=0"
    assert browser.post("/wallet/lock/", lift).url == "/wallet/lock/"
    assert get_lock(customer.pk).next_days == 0
    assert "It is being lifted" in text_of(browser.get("/wallet/lock/"))


def test_a_small_transfer_goes_once_and_both_see_it(customer: Any, other_customer: Any, web: Any) -> None:
    ready(customer, "100")
    client = web(customer)
    wanted = {"to": "BOB@example.test", "asset": "USDT", "amount": "12.5", "mode": "live", "idempotency_key": key()}
    first, second = client.post("/wallet/send/", wanted), client.post("/wallet/send/", wanted)
    row = Transfer.objects.get()
    assert first.url == second.url == f"/wallet/transfers/{row.pk}/"
    operations.deliver_transfer(actor=Actor.system("tests"), transfer_id=row.pk)
    assert "Delivered" in text_of(client.get(first.url))
    theirs = text_of(web(other_customer).get(first.url))
    assert "another customer" in theirs
    assert customer.email not in theirs
    assert standing(other_customer) == (D("12.5"), D(0))


def test_a_large_transfer_takes_the_code_and_keeps_the_form(customer: Any, other_customer: Any) -> None:
    ready(customer, "500")
    browser = verified(customer)
    wanted = {"to": other_customer.email, "asset": "USDT", "amount": "400", "mode": "live", "idempotency_key": key()}
    before = books()
    answer = browser.post("/wallet/send/", wanted)
    assert books() == before
    page = browser.get(give_code(browser, answer)).content.decode()
    assert 'value="400"' in page
    assert f'value="{wanted["idempotency_key"]}"' in page
    for _ in range(2):
        assert browser.post("/wallet/send/", wanted).url.startswith("/wallet/transfers/")
    assert Transfer.objects.count() == 1
    assert standing(customer) == (D(500), D(400))


def test_the_answer_never_tells_whether_an_address_is_known(customer: Any, web: Any) -> None:
    ready(customer, "100")
    wanted = {"to": "nobody@example.test", "asset": "USDT", "amount": "5", "mode": "live", "idempotency_key": key()}
    client = web(customer)
    answer = client.post("/wallet/send/", wanted)
    assert answer.url == f"/wallet/transfers/{Transfer.objects.get().pk}/"
    assert "On its way" in text_of(client.get(answer.url))


def test_play_money_is_set_anew(customer: Any, web: Any) -> None:
    fund(customer, "7", mode=Mode.PAPER)
    once = {"idempotency_key": key(), "mode": "paper"}
    for _ in range(2):
        assert web(customer).post("/wallet/paper/", once).url == "/wallet/?mode=paper"
    assert standing(customer, mode=Mode.PAPER) == (D(10_000), D(0))
    assert standing(customer) == (D(0), D(0))


def test_the_overview_says_what_is_on_its_way(customer: Any, web: Any) -> None:
    entry = ready(customer, "100")
    row = confirmed(customer, entry)
    page = text_of(web(customer).get("/wallet/?mode=live"))
    assert re.search(r"Withdrawal of 50\.00.USDT", page)
    assert "Withdrawal 50.00" in page
    assert f"/wallet/withdrawals/{row.pk}/" in web(customer).get("/wallet/").content.decode()


def test_strangers_find_nothing_that_moves(customer: Any, other_customer: Any, web: Any) -> None:
    entry = ready(customer, "100")
    row = operations.request_withdrawal(actor=Actor.of(customer), entry_id=entry.pk, amount=D(50))
    deposit = operations.announce_deposit(actor=Actor.of(customer), asset="EUR", amount=D(5))
    sent = operations.transfer_between_customers(
        actor=Actor.of(customer), to="somebody@example.test", asset="USDT", amount=D(5)
    )
    stranger, before = web(other_customer), books()
    for path in (f"withdrawals/{row.pk}/", f"deposits/{deposit.pk}/", f"transfers/{sent.pk}/"):
        assert web(customer).get(f"/wallet/{path}").status_code == 200
        assert stranger.get(f"/wallet/{path}").status_code == 404
    for path in (
        f"withdrawals/{row.pk}/cancel/", f"withdrawals/{row.pk}/confirm/", f"deposits/{deposit.pk}/take-back/",
        f"addresses/{entry.pk}/prove/", f"addresses/{entry.pk}/again/", f"addresses/{entry.pk}/remove/",
    ):  # fmt: skip
        assert stranger.post(f"/wallet/{path}", {"code": "x", "idempotency_key": key()}).status_code == 404
    taken = {"action": "request", "entry": str(entry.pk), "amount": "1", "mode": "live"}
    assert stranger.post("/wallet/withdraw/", taken).status_code == 422
    assert books() == before
