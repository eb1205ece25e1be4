"""Commissions: in force by four eyes, fixed with the order, charged once per fill to the last digit in any order."""

import random
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.core.actors import Actor
from apps.core.approvals import MakerCannotCheck, decide
from apps.core.assets import get_asset
from apps.core.clock import now, travel
from apps.core.errors import DomainError
from apps.core.relay import drain
from apps.core.timers import fire_due
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.models import Hold, Journal
from apps.finance.ledger.operations import post_many
from apps.finance.ledger.operations.patterns import deposit_journal
from apps.finance.ledger.queries import get_available, sum_of_kind
from apps.trading.exchanges.models import Connection
from apps.trading.exchanges.operations import Confirmed, VenueStatus
from apps.trading.instruments.operations import seed_instruments
from apps.trading.orders.commissions import operations
from apps.trading.orders.commissions.choices import ChargeState
from apps.trading.orders.commissions.errors import CommissionNotCovered
from apps.trading.orders.commissions.operations import PromotionLine, RateLine
from apps.trading.orders.models import (
    CommissionCharge,
    CommissionSchedule,
    CommissionVolume,
    Fill,
    Order,
    OrderCommission,
)
from apps.trading.orders.operations import cancel_order, record_fills, record_outcome, set_limits
from tests.apps.platform.identity import verified
from tests.apps.trading.orders.funded import connected, faults
from tests.apps.trading.orders.wishes import SYSTEM, D, execution, place, sent, view, wish
from tests.factories.people import api_client, make_staff, web_client

pytestmark = pytest.mark.django_db
RATES = (
    RateLine("*", D(0), D("0.001"), D("0.002")),
    RateLine("*", D(10_000), D("0.0005"), D("0.00123457")),
    RateLine("ETHUSDT", D(0), D(0), D("0.005")),
)


@pytest.fixture(autouse=True)
def _proved(db: None) -> Any:
    yield
    assert faults() == {}


@pytest.fixture
def finance(db: None) -> tuple[Any, Any]:
    """Two members of finance, one who proposes and one who approves, and the markets their schedules may name."""
    seed_instruments()
    return make_staff("fin@example.test", role="finance"), make_staff("check@example.test", role="finance_approver")


def in_force(finance: Any, **more: Any) -> CommissionSchedule:
    maker, checker = (Actor.of(person) for person in finance)
    terms: dict[str, Any] = {"name": "Usual", "mode": "paper", "charged_in": "quote", "rates": RATES, **more}
    row = operations.draft_schedule(actor=maker, reason="a test", **terms)
    asked = operations.propose_schedule(actor=maker, schedule_id=row.pk, reason="a test")
    decide(actor=checker, approval_id=asked.pk, agrees=True)
    row.refresh_from_db()
    return row


def paid_in(owner: Any, asset: str, amount: str, mode: Mode = Mode.PAPER) -> None:
    key = f"test:{uuid4()}"
    with transaction.atomic():
        journal = deposit_journal(key=key, holder_id=owner.pk, asset=asset, amount=D(amount), mode=mode)
        post_many(actor=SYSTEM, journals=[journal])


def free(owner: Any, asset: str = "USDT") -> Decimal:
    return get_available(owner.pk, asset, mode=Mode.PAPER)


def held(asset: str) -> Decimal:
    """What is held for commissions."""
    rows = Hold.objects.filter(key__startswith="order-commission:", account__asset_id=asset, state="open")
    return sum((row.remaining for row in rows), D(0))


def ended(row: Order) -> Any:
    """The venue's word that an order was cancelled with what is booked of it."""
    row.refresh_from_db()
    return view(row, VenueStatus.CANCELLED, f"{row.filled}", row.venue_order_id)


def end_all() -> None:
    for order in Order.objects.all():
        record_outcome(actor=SYSTEM, order_id=order.pk, outcome=Confirmed(ended(order), ()))
    drain()


def filled(owner: Any, connection: Any, *trades: Any, order: Any = None) -> Order:
    row = sent(owner, connection.pk, order or wish("buy", "0.01", "60000"))
    for number, (quantity, price) in enumerate(trades):
        record_fills(
            actor=SYSTEM,
            order_id=row.pk,
            fills=[execution(row, f"{row.client_id}{number}", quantity, price, venue_id=row.client_id)],
        )
    drain()
    return row


@pytest.mark.parametrize(
    ("side", "symbol", "is_base"), [("buy", "BTCUSDT", True), ("sell", "BTCUSDT", False), ("buy", "BTCUSDTPERP", False)]
)
def test_what_is_received_is_charged_and_a_contract_brings_only_its_quote(side, symbol, is_base, finance):
    assert in_force(finance, charged_in="received").charges_base(side, symbol) is is_base
    assert not CommissionSchedule(charged_in="quote").charges_base(side, symbol)


def test_without_a_schedule_nothing_is_charged(customer):
    connection = connected(customer, USDT="100000")
    filled(customer, connection, ("0.01", "59000"))
    assert not OrderCommission.objects.exists()
    assert not CommissionCharge.objects.exists()
    assert api_client(customer).get("/api/v1/orders/commission?mode=paper").json()["terms"] is None


def test_a_schedule_takes_two_people_and_the_next_one_ends_it(customer, finance):
    connected(customer)
    maker, checker = (Actor.of(person) for person in finance)
    row = operations.draft_schedule(actor=maker, name="A", mode="paper", charged_in="quote", rates=RATES, reason="r")
    asked = operations.propose_schedule(actor=maker, schedule_id=row.pk, reason="because")
    with pytest.raises(DomainError):
        decide(actor=maker, approval_id=asked.pk, agrees=True)
    other = Actor.of(make_staff("both@example.test", role="owner"))
    own = operations.propose_schedule(actor=other, schedule_id=row.pk, reason="because")
    with pytest.raises(MakerCannotCheck):
        decide(actor=other, approval_id=own.pk, agrees=True)
    decide(actor=checker, approval_id=asked.pk, agrees=True)
    with pytest.raises(DomainError):
        decide(actor=checker, approval_id=own.pk, agrees=True)
    following = in_force(finance, name="B")
    states = dict(CommissionSchedule.objects.values_list("name", "state"))
    assert states == {"A": "ended", "B": "active"}
    end = operations.propose_end(actor=maker, schedule_id=following.pk, reason="over")
    decide(actor=checker, approval_id=end.pk, agrees=True)
    assert not CommissionSchedule.objects.filter(state="active").exists()


WRONG = [
    {"rates": (RateLine("*", D(5), D(0), D(0)),)},
    {"rates": (*RATES, RateLine("*", D(0), D(0), D(0)))},
    {"rates": (RateLine("*", D(0), D("0.2"), D(0)),)},
    {"rates": (RateLine("*", D(0), D(0), D("0.000000001")),)},
    {"rates": (*RATES, RateLine("NOPE", D(0), D(0), D(0)))},
    {"rates": ()},
    {"name": " "},
    {"mode": "both"},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_schedule_that_is_not_clear_is_refused(customer, finance, wrong):
    connected(customer)
    terms: dict[str, Any] = {"name": "A", "mode": "paper", "charged_in": "quote", "rates": RATES, **wrong}
    with pytest.raises(DomainError) as refused:
        operations.draft_schedule(actor=Actor.of(finance[0]), reason="r", **terms)
    assert refused.value.code == "orders.commission_schedule_invalid"
    assert not CommissionSchedule.objects.exists()


def charges_by_hand(charged_in: str) -> dict[str, Decimal]:
    """What all fills cost by the first rate; each has its entry in the ledger."""
    expected: dict[str, Decimal] = {}
    for fill in Fill.objects.all():
        is_base = charged_in == "received" and fill.side == "buy"
        base = fill.quantity if is_base else fill.quantity * fill.price
        asset = "BTC" if is_base else "USDT"
        one = (base * D("0.002")).quantize(D(1).scaleb(-get_asset(asset).precision), rounding=ROUND_DOWN)
        assert Journal.objects.get(key=f"commission:{fill.pk}").entries.filter(amount=-one).count() == 1
        expected[asset] = expected.get(asset, D(0)) + one
    return expected


@pytest.mark.parametrize("seed", range(5))
def test_the_lines_add_up_to_the_last_digit_whatever_the_order_of_replays(customer, finance, seed):
    pick = random.Random(seed)
    connection = connected(customer, USDT="1000000", BTC="10")
    set_limits(actor=Actor.of(customer), owner_id=customer.pk, limits={"self_match": "allow"}, confirmed=True)
    in_force(finance, charged_in=pick.choice(["quote", "received"]))
    charged_in = CommissionSchedule.objects.get().charged_in
    paid_in(customer, "USDT", "1000")
    paid_in(customer, "BTC", "1")
    told = []
    for number in range(4):
        side = pick.choice(["buy", "sell"])
        row = sent(customer, connection.pk, wish(side, "0.05", "60000" if side == "buy" else "50000"))
        for trade in range(3):
            size, price = f"0.0{pick.randint(1000, 1600)}", f"{pick.randint(50_000, 60_000)}.{pick.randint(0, 99):02d}"
            told.append((row, execution(row, f"{number}-{trade}", size, price, venue_id=f"v{number}")))
    for row, said in pick.sample(told * 3, len(told) * 3):
        record_fills(actor=SYSTEM, order_id=row.pk, fills=[said])
        if pick.random() < 0.5:
            drain()
    drain()
    for fill in Fill.objects.all():
        operations.charge_fill(actor=SYSTEM, fill_id=fill.pk)
    expected = charges_by_hand(charged_in)
    assert Fill.objects.count() == CommissionCharge.objects.filter(state=ChargeState.BOOKED).count() == 12
    for asset, total in expected.items():
        assert sum_of_kind(AccountKind.FEES, asset, mode=Mode.PAPER) == total
        assert free(customer, asset) + held(asset) == {"USDT": 1000, "BTC": 1}[asset] - total
    end_all()
    assert {asset: free(customer, asset) for asset in expected} == {
        asset: {"USDT": 1000, "BTC": 1}[asset] - total for asset, total in expected.items()
    }


def test_what_opens_is_refused_without_its_commission_and_what_is_held_comes_back_to_the_cent(customer, finance):
    connection = connected(customer, USDT="100000")
    in_force(finance)
    paid_in(customer, "USDT", "1.19")
    with pytest.raises(CommissionNotCovered) as refused:
        place(customer, connection.pk, wish("buy", "0.01", "60000"))
    assert refused.value.text == (
        "The commission of this order may come to 1.2 USDT, and 1.19 USDT are free in your wallet. Pay in, or choose a"
        " smaller quantity."
    )
    assert (Order.objects.count(), held("USDT")) == (0, 0)
    paid_in(customer, "USDT", "0.01")
    row = filled(customer, connection, ("0.004", "59000.01"))
    assert (free(customer), held("USDT")) == (0, D("1.2") - D("0.47200008"))
    with pytest.raises(CommissionNotCovered):
        place(customer, connection.pk, wish("buy", "0.001", "60000"))
    record_outcome(actor=SYSTEM, order_id=row.pk, outcome=Confirmed(ended(row), ()))
    for _ in range(2):
        drain()
        operations.release_cover(actor=SYSTEM, order_id=row.pk)
    assert (free(customer), held("USDT")) == (D("1.2") - D("0.47200008"), 0)
    assert Hold.objects.get(key=f"order-commission:{row.pk}").state == "settled"


def test_an_order_that_never_traded_gives_all_of_it_back_and_what_closes_is_never_kept_back(customer, finance):
    connection = connected(customer, USDT="100000", BTC="1")
    in_force(finance)
    paid_in(customer, "USDT", "1.2")
    row = place(customer, connection.pk, wish("buy", "0.01", "60000"))
    assert (free(customer), held("USDT")) == (0, D("1.2"))
    sale = place(customer, connection.pk, wish("sell", "0.5", "70000"))
    cancel_order(actor=Actor.of(customer), order_id=row.pk)
    drain()
    assert (free(customer), held("USDT")) == (D("1.2"), 0)
    assert not Hold.objects.filter(key=f"order-commission:{sale.pk}").exists()


def test_a_wallet_without_money_owes_and_pays_when_it_has_it(customer, finance):
    connection = connected(customer, BTC="1")
    in_force(finance)
    filled(customer, connection, ("0.004", "60000"), ("0.006", "59000"), order=wish("sell", "0.01", "50000"))
    assert [row.state for row in CommissionCharge.objects.order_by("id")] == ["due", "due"]
    paid_in(customer, "USDT", "0.5")
    with travel(timedelta(hours=1, minutes=1)):
        fire_due()
    assert [row.state for row in CommissionCharge.objects.order_by("id")] == ["booked", "due"]
    assert free(customer) == D("0.02")  # 240 × 0.2 %
    paid_in(customer, "USDT", "10")
    with travel(timedelta(hours=2, minutes=2)):
        fire_due()
    assert free(customer) == D("0.02") + 10 - D("0.708")
    assert operations.charge_due(actor=SYSTEM, owner_id=customer.pk) == 0


def test_tier_promotion_and_own_market_are_fixed_with_the_order(customer, finance):
    connection = connected(customer, USDT="100000", ETH="10")
    filled(customer, connection, ("0.2", "60000"), order=wish("buy", "0.2", "60000"))
    with travel(timedelta(days=3)):
        moment = now()
        half = PromotionLine("BTCUSDT", moment - timedelta(days=1), moment + timedelta(days=1), D(50))
        in_force(finance, promotions=(half,))
        paid_in(customer, "USDT", "0.370368")
        row = filled(customer, connection, ("0.01", "60000"))
        terms = OrderCommission.objects.get(order=row)
        assert (terms.volume, terms.percent_off) == (12_000, 50)
        assert (terms.maker, terms.taker) == (D("0.00025"), D("0.00061728"))
        assert CommissionVolume.objects.get().worth == 12_000
        in_force(finance, rates=(RateLine("*", D(0), D("0.01"), D("0.01")),), name="Dear")
        record_fills(
            actor=SYSTEM, order_id=row.pk, fills=[execution(row, "late", "0.01", "60000", venue_id=row.client_id)]
        )
        drain()
        told = api_client(customer).get("/api/v1/orders/commission?mode=paper&symbol=BTCUSDT").json()
    assert [(one.share, one.amount) for one in CommissionCharge.objects.all()] == [(D("0.00061728"), D("0.370368"))] * 2
    assert (told["terms"]["taker"], told["terms"]["schedule"]) == ("0.01", "Dear")
    newest, _ = api_client(customer).get("/api/v1/orders/commissions").json()["results"]
    assert (newest["order_id"], newest["amount"], newest["state"]) == (str(row.pk), "0.370368", "due")


def test_the_ticket_shows_it_before_and_the_pages_after(customer, other_customer, finance):
    connection = connected(customer, USDT="100000")
    in_force(finance)
    paid_in(customer, "USDT", "10")
    client = web_client(customer)
    form = {"connection": str(connection.pk), "symbol": "BTCUSDT", "side": "buy", "kind": "limit", "quantity": "0.01",
            "price": "60000", "time_in_force": "GTC", "action": "check"}  # fmt: skip
    facts = {fact.label: fact.text for fact in client.post("/orders/ticket/", form).context["page"].facts}
    assert facts["Commission"] == "0.1 % if it rests, 0.2 % if it takes, in USDT from your wallet"
    assert not OrderCommission.objects.exists()
    assert not CommissionVolume.objects.exists(), "asking leaves nothing"
    row = filled(customer, connection, ("0.01", "60000"))
    shown = {fact.label: fact.text for fact in client.get(f"/orders/{row.pk}/").context["page"].facts}
    assert shown["Commission"] == "1.2 USDT"
    page = client.get("/orders/commissions/?mode=paper").context["page"]
    assert [(line.amount, line.state) for line in page.charges] == [("1.2 USDT", "Booked")]
    assert [line.mine for line in page.rates] == [True, False, True]
    assert web_client(other_customer).get("/orders/commissions/?mode=paper").context["page"].charges == []
    live = client.get("/orders/commissions/").context["page"]
    assert (live.rates, live.charges) == ([], [])
    Connection.objects.filter(pk=connection.pk).update(mode="live")
    assert not hasattr(place(customer, connection.pk, wish("buy", "0.001", "60000")), "commission")


def test_the_desk_writes_proposes_and_shows(customer, finance):
    connected(customer)
    browser, base = verified(finance[0]), "/admin/orders/commissionschedule/"
    given = {
        "name": "Winter", "mode": "live", "charged_in": "received", "reason": "a test",
        "rates": "* 0 0.001 0.002\nBTCUSDT 100000 0 0.001\n", "promotions": "* 2026-12-01 2026-12-31 50",
    }  # fmt: skip
    wrong = browser.post(f"{base}do/draft/", {**given, "rates": "* 0 0.001"})
    assert b"four words" in wrong.content
    assert browser.post(f"{base}do/draft/", given).status_code == 302
    row = CommissionSchedule.objects.get()
    promotion = row.promotions.get()
    assert (promotion.ends - promotion.starts, row.rates.count()) == (timedelta(days=31), 2)
    assert browser.post(f"{base}{row.pk}/do/propose/", {"reason": "now"}).status_code == 302
    assert browser.post(f"{base}{row.pk}/do/discard/", {"reason": "no"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "discarded"
    trading = verified(make_staff("ops@example.test", role="trading_ops"))
    assert trading.post(f"{base}do/draft/", given).status_code in (403, 404)


def test_the_api_writes_proposes_ends_and_discards_for_staff_only(customer, finance):
    maker, base = verified(finance[0]), "/api/v1/orders/commission-schedules"
    rate = {"symbol": "*", "from_volume": "0", "maker": "0.001", "taker": "0.002"}
    promotion = {"symbol": "BTCUSDT", "starts": "2026-12-01T00:00:00Z", "ends": "2027-01-01T00:00:00Z"}
    body = {
        "name": "Winter", "mode": "live", "charged_in": "quote", "rates": [rate], "reason": "a new year",
        "promotions": [{**promotion, "percent_off": "50"}],
    }  # fmt: skip

    def post(path: str, given: Any, key: str = "") -> Any:
        headers = {"Idempotency-Key": key or uuid4().hex}
        return maker.post(path, given, content_type="application/json", headers=headers)

    made = post(base, body, "one")
    told = made.json()
    assert (made.status_code, told["state"], told["rates"], told["promotions"][0]["percent_off"]) == (
        201, "draft", [rate], "50",
    )  # fmt: skip
    assert post(base, body, "one").content == made.content
    assert CommissionSchedule.objects.count() == 1
    for bad in ("0.11", "-0.001", "1_0", "NaN", "0.000000001", 0.001, "", None):
        assert post(base, {**body, "rates": [{**rate, "maker": bad}]}).status_code in (400, 422), bad
    assert post(base, {**body, "rates": [{**rate, "symbol": "NOPE"}, rate]}).json()["code"] == (
        "orders.commission_schedule_invalid"
    )
    asked = post(f"{base}/{told['id']}/proposals", {"reason": "as agreed"})
    assert (asked.status_code, asked.json()["payload"]["rates"]) == (
        202, ["* from 0 USDT: maker 0.001, taker 0.002"],
    )  # fmt: skip
    decide(actor=Actor.of(finance[1]), approval_id=asked.json()["id"], agrees=True)
    assert post(f"{base}/{told['id']}/discard", {"reason": "no"}).status_code == 409
    ending = post(f"{base}/{told['id']}/end-proposals", {"reason": "no more"}).json()
    decide(actor=Actor.of(finance[1]), approval_id=ending["id"], agrees=True)
    assert maker.get(f"{base}/{told['id']}").json()["state"] == "ended"
    second = post(base, {**body, "name": "Spring"}).json()["id"]
    assert post(f"{base}/{second}/discard", {"reason": "no"}).json()["state"] == "discarded"
    assert [row["name"] for row in maker.get(base).json()["results"]] == ["Spring", "Winter"]
    assert CommissionSchedule.objects.count() == 2
    assert verified(finance[1]).get(f"{base}/{second}").json()["name"] == "Spring"
    own = api_client(customer)
    assert own.get(base).status_code == own.get(f"{base}/{second}").status_code == 403
    assert own.post(base, body, format="json", headers={"Idempotency-Key": "two"}).status_code == 403
    trading = verified(make_staff("ops@example.test", role="trading_ops"))
    assert trading.get(base).status_code == 403
