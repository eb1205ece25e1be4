"""Trades made elsewhere: two people, one fill in position, ledger and history; only a counter-trade takes it back."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database
from django.db import transaction
from django.db.utils import DatabaseError

from apps.core.actors import Actor
from apps.core.approvals import MakerCannotCheck, decide
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.models import Approval
from apps.core.relay import drain
from apps.finance.ledger.models import Journal
from apps.trading.exchanges.operations import Balance, record_balances
from apps.trading.orders.models import CommissionCharge, Fill, Order, StaffTrade
from apps.trading.orders.operations import open_mirror
from apps.trading.orders.paid_fees import taker_fees
from apps.trading.orders.staff_trades.choices import InBalance
from apps.trading.orders.staff_trades.operations import Traded, ask_for_counter_trade, ask_to_book
from apps.trading.positions.choices import Purpose
from apps.trading.positions.models import Book
from apps.trading.positions.operations import open_book
from apps.trading.positions.queries import get_position
from kernel.instruments import Side
from tests.apps.platform.identity import verified
from tests.apps.trading.orders.funded import connected, faults, standing
from tests.apps.trading.orders.wishes import SYSTEM, D, place, wish
from tests.factories.people import api_client, make_staff, web_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _proved(db: None) -> Any:
    yield
    assert faults() == {}


@pytest.fixture
def staff(db: None) -> tuple[Any, Any]:
    """One who asks, one who agrees."""
    return make_staff("ops@example.test", role="trading_ops"), make_staff("check@example.test", role="finance_approver")


@pytest.fixture
def account(customer: Any) -> Any:
    """An account with 1,000 USDT and 1 BTC whose mirror is open."""
    made = connected(customer, USDT="1000", BTC="1")
    open_mirror(actor=SYSTEM, connection_id=made.pk)
    return made


def trade(account: Any, **more: Any) -> Traded:
    given = {
        "connection_id": account.pk, "symbol": "BTCUSDT", "side": Side.BUY, "quantity": D("0.01234567"),
        "price": D("60000.5"), "fee": D("0.4"), "traded_at": now() - timedelta(days=2),
    }  # fmt: skip
    return Traded(**{**given, **more})


def booked(staff: Any, owner: Any, wanted: Traded) -> StaffTrade:
    maker, checker = (Actor.of(person) for person in staff)
    asked = ask_to_book(actor=maker, owner_id=owner.pk, traded=wanted, reason="bought by telephone")
    decide(actor=checker, approval_id=asked.pk, agrees=True)
    drain()
    return StaffTrade.objects.latest("id")


def position(row: StaffTrade) -> tuple[Any, Any, Any]:
    found = get_position(row.book_id, row.symbol)
    assert found is not None
    return found.quantity, found.realised_average, found.fees


def test_it_is_a_fill_after_the_second_yes_and_not_before(customer, account, staff):
    maker, checker = (Actor.of(person) for person in staff)
    asked = ask_to_book(actor=maker, owner_id=customer.pk, traded=trade(account), reason="bought by telephone")
    assert not Fill.objects.exists()
    with pytest.raises(DomainError):
        decide(actor=maker, approval_id=asked.pk, agrees=True)
    owner = Actor.of(make_staff("owner@example.test", role="owner"))
    own = ask_to_book(actor=owner, owner_id=customer.pk, traded=trade(account), reason="mine")
    with pytest.raises(MakerCannotCheck):
        decide(actor=owner, approval_id=own.pk, agrees=True)
    decide(actor=checker, approval_id=asked.pk, agrees=True)
    with pytest.raises(DomainError):
        decide(actor=owner, approval_id=asked.pk, agrees=True)
    row, order, fill = StaffTrade.objects.get(), Order.objects.get(), Fill.objects.get()
    assert (row.asked_by, row.approved_by, row.order_id) == (maker.id, checker.id, order.pk)
    assert (order.origin_kind, order.origin_id, order.state) == ("staff", row.pk, "filled")
    assert (order.filled, order.average_price, order.fees) == (D("0.01234567"), D("60000.5"), {"USDT": "0.4"})
    assert timedelta(0) <= row.traded_at - fill.at < timedelta(milliseconds=1)
    assert fill.trade_id == f"staff-{row.pk}"
    assert position(row) == (D("0.01234567"), 0, D("0.4"))
    drain()
    assert not CommissionCharge.objects.exists()
    assert taker_fees(customer.pk) == {}


def test_the_mirror_stays_what_the_venue_shows_or_moves_ahead_of_it(customer, account, staff):
    before = standing(account)
    first = booked(staff, customer, trade(account))
    assert standing(account) == before, "the venue shows it already, or it was never there"
    assert Journal.objects.filter(key__startswith=f"staff-trade:{first.pk}:").count() == 2
    booked(staff, customer, trade(account, in_balance=InBalance.COMING, fee_asset="BTC", fee=D("0.00001")))
    worth = D("0.01234567") * D("60000.5")
    assert standing(account) == {"BTC": (1 + D("0.01234567") - D("0.00001"), 0), "USDT": (1000 - worth, 0)}
    seen = [Balance(asset, amount, D(0)) for asset, (amount, _) in standing(account).items()]
    record_balances(actor=SYSTEM, connection_id=account.pk, balances=seen, seen_at=now())


def test_a_counter_trade_is_the_one_way_back(customer, account, staff):
    maker, checker = (Actor.of(person) for person in staff)
    row = booked(staff, customer, trade(account, in_balance=InBalance.COMING))
    for change in ("UPDATE orders_stafftrade SET quantity = 1", "DELETE FROM orders_stafftrade"):
        with pytest.raises(DatabaseError), transaction.atomic(), database.cursor() as cursor:
            cursor.execute(change)
    first = ask_for_counter_trade(actor=maker, trade_id=row.pk, reason="twice in the books")
    second = ask_for_counter_trade(actor=maker, trade_id=row.pk, reason="twice in the books")
    decide(actor=checker, approval_id=first.pk, agrees=True)
    with pytest.raises(DomainError) as refused:
        decide(actor=checker, approval_id=second.pk, agrees=True)
    assert refused.value.code == "orders.already_countered"
    counter = StaffTrade.objects.latest("id")
    assert (counter.reverses_id, counter.side, counter.fee) == (row.pk, "sell", D("-0.4"))
    assert position(row) == (0, 0, 0)
    assert standing(account) == {"BTC": (1, 0), "USDT": (1000, 0)}
    for known in (row, counter):
        with pytest.raises(DomainError):
            ask_for_counter_trade(actor=maker, trade_id=known.pk, reason="again")


WRONG = [
    {"quantity": D(0)},
    {"quantity": D("NaN")},
    {"price": D(-1)},
    {"price": D("0.0000000000000000001")},
    {"fee": D(-1)},
    {"quantity": D("0.0000000001"), "price": D("0.0000000001")},
    {"traded_at": now() + timedelta(hours=1)},
    {"traded_at": now() - timedelta(days=400)},
    {"symbol": "NOPE"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: ",".join(f"{name}" for name in wrong))
def test_what_is_no_trade_is_refused(customer, account, staff, wrong):
    with pytest.raises(DomainError) as refused:
        ask_to_book(actor=Actor.of(staff[0]), owner_id=customer.pk, traded=trade(account, **wrong), reason="r")
    assert refused.value.code == "orders.staff_trade_invalid"
    assert not Approval.objects.exists()


def test_only_the_customers_own_account_and_book_and_only_by_staff(customer, other_customer, account, staff):
    maker = Actor.of(staff[0])
    other = connected(other_customer, USDT="5")
    theirs = open_book(actor=SYSTEM, owner_id=other_customer.pk, connection_id=other.pk, purpose=Purpose.MANUAL)
    bots = open_book(
        actor=SYSTEM, owner_id=customer.pk, connection_id=account.pk, purpose=Purpose.BOT, purpose_id=uuid4()
    )
    for owner, wanted in (
        (other_customer, trade(account)),
        (customer, trade(account, book_id=theirs.pk)),
        (other_customer, trade(other)),  # nothing was booked of this account yet
    ):
        with pytest.raises(DomainError):
            ask_to_book(actor=maker, owner_id=owner.pk, traded=wanted, reason="r")
    with pytest.raises(DomainError):
        ask_to_book(actor=Actor.of(customer), owner_id=customer.pk, traded=trade(account), reason="r")
    assert booked(staff, customer, trade(account, book_id=bots.pk)).book_id == bots.pk
    assert Book.objects.filter(connection=account, purpose=Purpose.MANUAL).count() == 0


def test_the_desk_asks_and_the_customer_sees_it(customer, other_customer, account, staff):
    browser, base = verified(staff[0]), "/admin/orders/stafftrade/"
    given = {
        "customer": "ANN@example.test", "connection": str(account.pk), "symbol": "BTCUSDT", "side": "sell",
        "quantity": "0.5", "price": "61000", "fee": "", "fee_asset": "", "traded_at": f"{now():%Y-%m-%d %H:%M}",
        "in_balance": "shown", "reason": "by telephone", "book_id": "",
    }  # fmt: skip
    assert b"another customer" in browser.post(f"{base}do/book/", {**given, "customer": "bob@example.test"}).content
    for name in ("quantity", "price", "fee"):
        for bad in ("1_000", "١٢", "NaN", "-1", "1e400", "5." + "1" * 40, *(() if name == "fee" else ("0",))):
            assert browser.post(f"{base}do/book/", {**given, name: bad}).status_code == 200, (name, bad)
    assert not Approval.objects.exists()
    assert browser.post(f"{base}do/book/", given).status_code == 302
    decide(actor=Actor.of(staff[1]), approval_id=Approval.objects.get().pk, agrees=True)
    row = StaffTrade.objects.get()
    assert browser.post(f"{base}{row.pk}/do/counter/", {"reason": "wrong"}).status_code == 302
    place(customer, account.pk, wish("buy", "0.001", "50000"))
    shown = web_client(customer).get("/orders/history/?origin=staff")
    assert [line.id for line in shown.context["page"].orders] == [str(row.order_id)]
    assert web_client(customer).get(f"/orders/{row.order_id}/").status_code == 200
    assert web_client(other_customer).get(f"/orders/{row.order_id}/").status_code == 404


def test_the_api_asks_for_staff_only(customer, account, staff):
    body = {
        "customer_id": str(customer.pk), "connection_id": str(account.pk), "symbol": "BTCUSDT", "side": "buy",
        "quantity": "0.5", "price": "61000", "traded_at": now().isoformat(), "reason": "by telephone",
    }  # fmt: skip
    client, more = verified(staff[0]), {"content_type": "application/json", "headers": {"Idempotency-Key": "a"}}
    asked = client.post("/api/v1/staff-trades", body, **more)
    assert (asked.status_code, asked.json()["payload"]["quantity"]) == (202, "0.5")
    assert client.post("/api/v1/staff-trades", body, **more).content == asked.content
    assert Approval.objects.count() == 1
    own = api_client(customer).post("/api/v1/staff-trades", body, format="json", headers={"Idempotency-Key": "b"})
    assert own.status_code == 403
    decide(actor=Actor.of(staff[1]), approval_id=Approval.objects.get().pk, agrees=True)
    (told,) = client.get("/api/v1/staff-trades").json()["results"]
    assert (told["side"], told["price"], told["reverses_id"]) == ("buy", "61000", None)
    again = {**more, "headers": {"Idempotency-Key": "c"}}
    taken = client.post(f"/api/v1/staff-trades/{told['id']}/counter-requests", {"reason": "wrong"}, **again)
    assert taken.json()["payload"]["side"] == "sell"
    assert api_client(customer).get("/api/v1/staff-trades").status_code == 403
