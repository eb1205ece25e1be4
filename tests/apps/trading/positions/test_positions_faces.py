"""The positions page, its forms, the API, the desk and the topic."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from apps.core.actors import Actor
from apps.core.clock import now
from apps.trading.exchanges.operations import add_connection, seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.positions import live
from apps.trading.positions.choices import Purpose
from apps.trading.positions.models import (
    ContractPosition,
    ContractRequest,
    ContractTerms,
    HedgeRule,
    MarginAccount,
    Position,
)
from apps.trading.positions.operations import FillFacts, apply_fill, open_book, open_contracts
from kernel.instruments import Side
from tests.factories.people import once
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db
D = Decimal
SYSTEM = Actor.system("test")


@pytest.fixture
def book(customer):
    seed_venues()
    seed_instruments()
    made = add_connection(
        actor=SYSTEM, owner_id=customer.pk, venue="sandbox", label="Mine", api_key="k", api_secret="s"
    )
    return open_book(actor=SYSTEM, owner_id=customer.pk, connection_id=made.pk, purpose=Purpose.MANUAL)


@pytest.fixture
def account(customer, book):
    """A contract account as it might have been read."""
    row = open_contracts(actor=Actor.of(customer), owner_id=customer.pk, connection_id=book.connection_id)
    MarginAccount.objects.filter(pk=row.pk).update(
        wallet=10_000, cross_wallet=10_000, balance=9_000, unrealised=-1_000, initial=3_000, maintenance=7_380,
        available=0, ratio=82, state="called", read_at=now(),
    )  # fmt: skip
    ContractPosition.objects.create(
        account=row, symbol="BTCUSDT", quantity=D("-1"), entry=60_000, mark=61_000, liquidation=D("62620.5"),
        leverage=20, is_isolated=False, unrealised=-1_000, initial=3_050, maintenance=7_380, ratio=82, read_at=now(),
    )  # fmt: skip
    ContractRequest.objects.create(
        account=row, kind="reduce", stage=1, symbol="BTCUSDT", side="buy", quantity=D("0.4"), ratio=82,
        reason="Stage 1: margin ratio 82.00 %, to be 60 % or less", client_id="um1",
    )  # fmt: skip
    return MarginAccount.objects.get(pk=row.pk)


def buy(book, quantity, price):
    fill = FillFacts(
        fill_id=uuid4(), symbol="BTCUSDT", base="BTC", quote="USDT", side=Side.BUY, quantity=D(quantity),
        price=D(price), fee=D("1"), fee_asset="USDT", at=now(),
    )  # fmt: skip
    return apply_fill(actor=SYSTEM, book_id=book.pk, fill=fill)


def test_the_page_shows_positions_results_and_contracts(customer, other_customer, book, account, web):
    buy(book, "0.5", "60000")
    say_price("BTCUSDT", D(61_000))
    text = web(customer).get("/positions/").content.decode()
    for words in (
        "Mine, by hand",
        "bid, ",
        "+500.00",
        "+1.67",
        "Margin call",
        "62,620.5",
        "2.66",
        "Stage 1",
        "+499.00",
    ):
        assert words in text, words
    assert "Mine" not in web(other_customer).get("/positions/").content.decode()
    assert web(customer).get("/positions/?by=symbol").status_code == 200
    assert web(customer).get("/positions/?by=nonsense").status_code == 200


def test_the_page_without_anything_says_what_to_do(customer, web):
    assert "No open position" in web(customer).get("/positions/").content.decode()


def test_forms_do_once_what_they_say_and_keep_what_was_refused(customer, book, account, web):
    seen = web(customer)
    given = {
        "book_id": str(book.pk), "symbol": "ETHUSDT", "kind": "opening", "quantity": "2", "price": "3000",
        "reason": "Held before", "idempotency_key": "once",
    }  # fmt: skip
    for _ in range(2):
        assert seen.post(reverse("positions-correct"), given).status_code == 302
    assert Position.objects.get(symbol="ETHUSDT").quantity == 2
    refused = seen.post(
        reverse("positions-correct"), given | {"kind": "withdrawal", "quantity": "9", "idempotency_key": "2"}
    )
    assert refused.status_code == 422
    assert 'value="9"' in refused.content.decode()
    one = {"account_id": account.pk}
    assert seen.post(reverse("contracts-protect", kwargs=one), {"idempotency_key": "3"}).status_code == 302
    assert MarginAccount.objects.get(pk=account.pk).protects is False
    band = {"symbol": "BTCUSDT", "low": "-1", "high": "1", "target": "0", "most": "5", "is_on": "on"}
    assert seen.post(reverse("contracts-hedge", kwargs=one), band | {"idempotency_key": "4"}).status_code == 302
    assert HedgeRule.objects.get().high == 1
    assert (
        seen.post(reverse("contracts-hedge", kwargs=one), band | {"low": "2", "idempotency_key": "5"}).status_code
        == 422
    )
    assert seen.post(reverse("contracts-move", kwargs=one), {"amount": "0", "idempotency_key": "6"}).status_code == 422
    assert (
        seen.post(reverse("contracts-move", kwargs=one), {"amount": "-5.5", "idempotency_key": "7"}).status_code == 302
    )
    ContractTerms.objects.create(
        account=account, symbol="BTCUSDT", leverage=20, is_isolated=False, tiers=[["300000", 125, "0.004"]]
    )
    terms = {"symbol": "BTCUSDTPERP", "leverage": "10", "mode": "isolated"}
    assert seen.post(reverse("contracts-terms", kwargs=one), terms | {"idempotency_key": "8"}).status_code == 302
    chosen = ContractTerms.objects.get()
    assert (chosen.wanted_leverage, chosen.wanted_isolated, chosen.leverage) == (10, True, 20)
    text = seen.get("/positions/").content.decode()
    assert "asked for 10×" in text
    assert reverse("contracts-close", args=[ContractPosition.objects.get().pk]) in text
    more = terms | {"leverage": "126", "idempotency_key": "9"}
    assert seen.post(reverse("contracts-terms", kwargs=one), more).status_code == 422
    moved = ContractRequest.objects.get(kind="move")
    assert (moved.side, moved.quantity, moved.state) == ("sell", D("5.5"), "wanted")


def test_the_api_shows_and_does_all_of_it(customer, other_customer, book, account, api):
    buy(book, "0.5", "60000")
    say_price("BTCUSDT", D(61_000))
    client = api(customer)
    (row,) = client.get("/api/v1/contracts").json()["results"]
    assert (row["ratio"], row["state"], row["wallet"]) == ("82.0000", "called", "10000")
    shown = client.get(f"/api/v1/contracts/{account.pk}").json()
    assert shown["positions"][0]["liquidation"] == "62620.5"
    assert client.get(f"/api/v1/contracts/{account.pk}/requests").json()["results"][0]["stage"] == 1
    assert client.get(f"/api/v1/contracts/{account.pk}/funding").json()["results"] == []
    (result,) = client.get("/api/v1/positions/results?by=connection").json()["results"]
    assert (result["net"], result["percent"], result["label"]) == ("499", "1.6667", "Mine")
    assert client.get("/api/v1/positions/results?by=colour").status_code == 422
    assert client.get("/api/v1/positions").json()["results"][0]["percent"] == "1.6667"
    assert client.get("/api/v1/books").json()["results"][-1]["id"] == str(book.pk)
    path = f"/api/v1/contracts/{account.pk}"
    assert client.patch(path, {"protects": False}, format="json", headers=once()).json()["account"]["protects"] is False
    band = {"symbol": "BTCUSDT", "low": "-1", "high": "1", "target": "0", "most": "2"}
    assert client.put(f"{path}/hedges", band, format="json", headers=once()).json()["high"] == "1"
    ContractTerms.objects.create(
        account=account, symbol="BTCUSDT", leverage=20, is_isolated=False, tiers=[["300000", 125, "0.004"]]
    )
    terms = {"symbol": "BTCUSDTPERP", "leverage": 5, "is_isolated": True}
    assert client.put(f"{path}/terms", terms, format="json", headers=once()).json()["wanted_leverage"] == 5
    for wrong in ({"symbol": "ETHUSDTPERP"}, {"leverage": 126}):
        assert client.put(f"{path}/terms", terms | wrong, format="json", headers=once()).status_code == 422
    assert api(other_customer).put(f"{path}/terms", terms, format="json", headers=once()).status_code == 404
    assert client.get(path).json()["terms"][0]["symbol"] == "BTCUSDT"
    moved = client.post(f"{path}/moves", {"amount": "10"}, format="json", headers=once())
    assert (moved.status_code, moved.json()["kind"]) == (201, "move")
    change = {"book_id": str(book.pk), "symbol": "ETHUSDT", "kind": "opening", "quantity": "1", "price": "3000",
              "reason": "Held before", "key": "a1"}  # fmt: skip
    assert client.post("/api/v1/positions/corrections", change, format="json", headers=once()).status_code == 201
    assert api(other_customer).get(path).status_code == 404
    assert api(other_customer).get("/api/v1/contracts").json()["results"] == []


def test_the_topic_carries_margin(account):
    frame = live.account_frame(account)
    assert (frame["BTCUSDT_unrealised"], frame["BTCUSDT_liquidation"]) == ("-1000", "62,620.50")
    assert (frame["ratio"], frame["state"], frame["positions"][0]["liquidation"]) == ("82", "called", "62620.5")


def test_the_desk_lists_what_there_is(staff, account, web):
    names = (
        "marginaccount",
        "contractposition",
        "contractrequest",
        "contractterms",
        "fundingpayment",
        "positioncorrection",
        "hedgerule",
    )
    for name in names:
        assert web(staff).get(reverse(f"admin:positions_{name}_changelist")).status_code in (200, 302)
