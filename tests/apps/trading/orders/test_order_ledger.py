"""Orders and the ledger: what is reserved, used, given back and booked, to the last digit; and the proof over it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.core.clock import now, travel
from apps.core.models import Asset
from apps.finance.ledger.choices import JournalKind
from apps.finance.ledger.models import Account, Hold, Journal, PeriodClose
from apps.finance.ledger.operations import Release, post_many
from apps.trading.exchanges.operations import (
    Confirmed,
    Rejected,
    Unknown,
    VenueStatus,
)
from apps.trading.orders.choices import LATEST_ACCEPTANCE, MANUAL_PATIENCE
from apps.trading.orders.errors import BalancesUnknown, InsufficientBalance, PriceUnknown
from apps.trading.orders.models import BalanceBaseline, Fill, Order
from apps.trading.orders.operations import (
    abandon_order,
    cancel_order,
    claim_order,
    record_fills,
    record_outcome,
)
from apps.trading.orders.proofs import venue_book_follows_the_fills
from tests.apps.trading.orders.funded import connected, faults, hold_of, standing
from tests.apps.trading.orders.wishes import SYSTEM, D, execution, place, sent, view, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(customer: Any) -> Any:
    """An account with 1,000 USDT and 0.5 BTC that was seen and never traded on."""
    return connected(customer, USDT="1000", BTC="0.5")


def legs_of(fill: Fill) -> dict[tuple[str, str], Decimal]:
    journal = Journal.objects.get(key=f"fill:{fill.pk}")
    return {(row.account.kind, row.account.asset_id): row.amount for row in journal.entries.select_related("account")}


def counts() -> tuple[int, int, int, int]:
    return Order.objects.count(), Hold.objects.count(), Journal.objects.count(), BalanceBaseline.objects.count()


@pytest.fixture(autouse=True)
def _proved(db: None) -> Any:
    """Whatever a test did, the proofs hold at its end."""
    yield
    assert faults() == {}


def test_a_limit_purchase_reserves_its_worth_and_opens_the_mirror(customer, connection):
    order = place(customer, connection.pk, wish(quantity="0.01", price="60000.5"))
    assert hold_of(order) == (D("600.005"), 0, 0, "open")
    assert standing(connection) == {"USDT": (D(1000), D("600.005")), "BTC": (D("0.5"), D(0))}
    assert Account.objects.get(kind="mirror", asset_id="USDT").mode == "paper"
    assert {row.asset: row.amount for row in BalanceBaseline.objects.all()} == {"USDT": D(1000), "BTC": D("0.5")}
    assert Journal.objects.filter(kind=JournalKind.VENUE_BALANCE).count() == 2
    place(customer, connection.pk, wish(quantity="0.001", price="60000"))
    assert standing(connection)["USDT"] == (D(1000), D("660.005"))
    assert Journal.objects.filter(kind=JournalKind.VENUE_BALANCE).count() == 2


def test_a_sale_reserves_its_quantity(customer, connection):
    order = place(customer, connection.pk, wish("sell", "0.2", "70000"))
    assert hold_of(order) == (D("0.2"), 0, 0, "open")
    assert standing(connection)["BTC"] == (D("0.5"), D("0.2"))


def priced(monkeypatch: Any, price: str | None) -> None:
    from apps.trading.positions.queries import Mark

    mark = None if price is None else Mark(D(price), now(), is_stale=False)
    monkeypatch.setattr("apps.trading.orders.operations.placing.get_mark", lambda *_: mark)


@pytest.mark.parametrize(
    ("quantity", "held"), [("0.01", "505"), ("0.0199", "1000"), ("0.02", "1000")], ids=["whole", "part", "no cushion"]
)
def test_a_market_purchase_reserves_a_cushion_as_far_as_there_is_one(customer, connection, monkeypatch, quantity, held):
    priced(monkeypatch, "50000")
    assert hold_of(place(customer, connection.pk, wish(quantity=quantity))) == (D(held), 0, 0, "open")


def test_a_market_order_without_any_price_reserves_nothing_and_is_refused(customer, connection, monkeypatch):
    priced(monkeypatch, None)
    with pytest.raises(PriceUnknown):
        place(customer, connection.pk)
    assert counts() == (0, 0, 0, 0)
    assert place(customer, connection.pk, wish("sell")).state == "intent"


@pytest.mark.parametrize("order", [wish(quantity="0.02", price="50000.01"), wish("sell", "0.50001", "70000")])
def test_what_the_account_does_not_have_is_refused_and_leaves_nothing(customer, connection, order):
    with pytest.raises(InsufficientBalance) as refused:
        place(customer, connection.pk, order)
    assert refused.value.params["available"] in ("1000", "0.5")
    assert counts() == (0, 0, 0, 0)


def test_what_open_orders_reserve_cannot_be_spent_twice(customer, connection):
    first = place(customer, connection.pk, wish(quantity="0.01", price="60000"))
    before = counts(), standing(connection)
    with pytest.raises(InsufficientBalance, match=r"needs 400.01 USDT, and 400 USDT are available"):
        place(customer, connection.pk, wish(quantity="0.01", price="40001"))
    assert (counts(), standing(connection)) == before
    cancel_order(actor=SYSTEM, order_id=first.pk)
    assert place(customer, connection.pk, wish(quantity="0.01", price="40001")).state == "intent"


def test_an_asset_that_was_never_there_cannot_be_sold(customer, connection):
    with pytest.raises(InsufficientBalance, match="0 ETH are available"):
        place(customer, connection.pk, wish("sell", "0.1", "3000", symbol="ETHUSDT"))
    assert counts() == (0, 0, 0, 0)


def test_an_account_that_was_never_seen_takes_no_order(customer):
    blank = connected(customer)
    with pytest.raises(BalancesUnknown):
        place(customer, blank.pk, wish(price="60000"))
    assert counts() == (0, 0, 0, 0)


def test_fills_use_the_hold_and_the_end_gives_back_the_rest(customer, connection):
    order = sent(customer, connection.pk, wish(quantity="0.01", price="60000"))
    record_outcome(
        actor=SYSTEM,
        order_id=order.pk,
        outcome=Confirmed(
            view(order, VenueStatus.PARTLY_FILLED, "0.004"),
            (execution(order, "1", "0.003", "59000"), execution(order, "2", "0.001", "60000", fee="0.06")),
        ),
    )
    # 177 + 60 paid, and a fee of 0.06 on top.
    assert hold_of(order) == (D("362.94"), D("237.06"), 0, "open")
    assert standing(connection) == {"USDT": (D("762.94"), D("362.94")), "BTC": (D("0.504"), D(0))}
    done = record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "3", "0.006", "59900")])
    assert done.state == "filled"
    assert hold_of(order) == (0, D("596.46"), D("3.54"), "settled")
    assert standing(connection) == {"USDT": (D("403.54"), D(0)), "BTC": (D("0.51"), D(0))}


def test_a_fill_is_one_journal_with_a_leg_for_each_account(customer, connection):
    order = sent(customer, connection.pk, wish(quantity="0.01", price="60000"))
    paid_in_base = replace_fee(execution(order, "1", "0.004", "60000"), "0.000004", "BTC")
    paid_elsewhere = replace_fee(execution(order, "2", "0.006", "60000"), "0.0005", "BNB")
    record_fills(actor=SYSTEM, order_id=order.pk, fills=[paid_in_base, paid_elsewhere])
    first, second = Fill.objects.order_by("trade_id")
    assert legs_of(first) == {
        ("mirror", "BTC"): D("0.003996"),
        ("venue_clearing", "BTC"): D("-0.004"),
        ("venue_fees", "BTC"): D("0.000004"),
        ("mirror", "USDT"): D("-240"),
        ("venue_clearing", "USDT"): D("240"),
    }
    assert legs_of(second) == {
        ("mirror", "BTC"): D("0.006"),
        ("venue_clearing", "BTC"): D("-0.006"),
        ("mirror", "USDT"): D("-360"),
        ("venue_clearing", "USDT"): D("360"),
        ("mirror", "BNB"): D("-0.0005"),
        ("venue_fees", "BNB"): D("0.0005"),
    }
    journal = Journal.objects.get(key=f"fill:{first.pk}")
    assert (journal.kind, journal.book, journal.mode, journal.subject_id) == ("fill", "venue", "paper", first.pk)
    assert journal.effective_at == first.at


def replace_fee(fill: Any, fee: str, asset: str) -> Any:
    from dataclasses import replace

    return replace(fill, fee=D(fee), fee_asset=asset)


def test_a_sale_uses_its_quantity_and_takes_the_fee_from_the_proceeds(customer, connection):
    order = sent(customer, connection.pk, wish("sell", "0.2", "60000"))
    record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "1", "0.2", "60001", fee="12.0002")])
    assert hold_of(order) == (0, D("0.2"), 0, "settled")
    assert standing(connection) == {"BTC": (D("0.3"), D(0)), "USDT": (D("12988.1998"), D(0))}


@pytest.mark.parametrize("fee_asset", ["1INCH", "NEWCOIN", "币安人生"])
def test_a_fee_in_an_asset_nobody_knows_is_booked_and_the_asset_is_in_no_list(customer, connection, fee_asset):
    from apps.core.assets import code_at_venue, forget_assets, get_asset, list_assets

    order = sent(customer, connection.pk, wish(price="60000"))
    fine = "0.000000000000000001"
    record_fills(actor=SYSTEM, order_id=order.pk, fills=[replace_fee(execution(order, "1", "0.01"), fine, fee_asset)])
    code = code_at_venue(fee_asset)
    assert Asset.objects.get(code=code).name == fee_asset
    assert standing(connection)[code] == (D("-" + fine), D(0))
    assert get_asset(code).precision == 18
    assert code not in {asset.code for asset in list_assets()}
    forget_assets()


@pytest.mark.parametrize("way", ["cancelled", "rejected", "expired", "abandoned", "never accepted", "taken back"])
def test_an_end_without_a_fill_gives_everything_back(customer, connection, way):
    order = place(customer, connection.pk, wish(price="60000"))
    if way == "cancelled":
        claim_order(actor=SYSTEM, order_id=order.pk)
        for status in (VenueStatus.OPEN, VenueStatus.CANCELLED):
            record_outcome(actor=SYSTEM, order_id=order.pk, outcome=Confirmed(view(order, status)))
    elif way == "rejected":
        claim_order(actor=SYSTEM, order_id=order.pk)
        record_outcome(actor=SYSTEM, order_id=order.pk, outcome=Rejected("-2010", "no"))
    elif way == "expired":
        with travel(MANUAL_PATIENCE):
            claim_order(actor=SYSTEM, order_id=order.pk)
    elif way == "abandoned":
        abandon_order(actor=SYSTEM, order_id=order.pk, reason="revoked")
    elif way == "never accepted":
        from apps.trading.orders.operations.settling import _not_found

        claim_order(actor=SYSTEM, order_id=order.pk)
        _not_found(actor=SYSTEM, order_id=order.pk, asked_at=now() + LATEST_ACCEPTANCE)
    else:
        cancel_order(actor=SYSTEM, order_id=order.pk)
    order.refresh_from_db()
    assert order.is_final
    assert hold_of(order) == (0, 0, D(600), "released")
    assert standing(connection)["USDT"] == (D(1000), D(0))


def test_an_unknown_outcome_keeps_the_hold(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    assert record_outcome(actor=SYSTEM, order_id=order.pk, outcome=Unknown("lost")).state == "unknown"
    assert hold_of(order) == (D(600), 0, 0, "open")


def test_an_end_whose_executions_are_not_all_here_keeps_what_they_will_use(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    done = record_outcome(
        actor=SYSTEM, order_id=order.pk, outcome=Confirmed(view(order, VenueStatus.CANCELLED, "0.004"))
    )
    assert (done.state, done.needs_settling, hold_of(order)) == ("cancelled", True, (D(600), 0, 0, "open"))
    record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "1", "0.004", "60000")])
    assert hold_of(order) == (0, D(240), D(360), "settled")


def test_a_fill_after_the_hold_was_given_back_is_booked_without_one(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    record_outcome(actor=SYSTEM, order_id=order.pk, outcome=Confirmed(view(order, VenueStatus.CANCELLED)))
    assert hold_of(order) == (0, 0, D(600), "released")
    record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "1", "0.01", "60000")])
    assert hold_of(order) == (0, 0, D(600), "released")
    assert standing(connection) == {"USDT": (D(400), D(0)), "BTC": (D("0.51"), D(0))}


def test_a_purchase_dearer_than_its_hold_is_booked_whole(customer, connection, monkeypatch):
    priced(monkeypatch, "50000")
    order = sent(customer, connection.pk, wish(quantity="0.01"))
    record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "1", "0.01", "120000")])
    assert hold_of(order) == (0, D(505), 0, "settled")
    assert standing(connection)["USDT"] == (D(-200), D(0))


def test_an_answer_that_comes_again_is_booked_once(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    answer = Confirmed(view(order, VenueStatus.FILLED, "0.01"), (execution(order, "1", "0.01", "60000"),))
    for _ in range(3):
        record_outcome(actor=SYSTEM, order_id=order.pk, outcome=answer)
    assert Journal.objects.filter(kind=JournalKind.FILL).count() == 1
    assert standing(connection)["USDT"] == (D(400), D(0))


def at(fill: Any, moment: Any) -> Any:
    from dataclasses import replace

    from apps.core.clock import to_ms

    return replace(fill, at_ms=to_ms(moment))


def test_a_clock_ahead_of_ours_and_a_closed_period_do_not_refuse_a_fill(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    PeriodClose.objects.create(until=now() - timedelta(hours=2), reason="test")
    moments = [now() + timedelta(hours=1), now() - timedelta(hours=1), now() - timedelta(hours=3)]
    fills = [at(execution(order, str(n), "0.001", "60000"), moment) for n, moment in enumerate(moments)]
    record_fills(actor=SYSTEM, order_id=order.pk, fills=fills)
    ahead, young, closed = (Journal.objects.get(key=f"fill:{row.pk}") for row in Fill.objects.order_by("trade_id"))
    assert ahead.effective_at <= ahead.booked_at
    assert young.effective_at == Fill.objects.get(trade_id="1").at
    assert closed.effective_at > now() - timedelta(minutes=1)


def faults_after(change: Any) -> list[str]:
    """What the proof finds after a change that nobody may make; it is undone."""
    point = transaction.savepoint()
    change()
    found = venue_book_follows_the_fills()
    transaction.savepoint_rollback(point)
    return found


def test_the_proof_sees_what_is_wrong(customer, connection):
    order = sent(customer, connection.pk, wish(price="60000"))
    record_fills(actor=SYSTEM, order_id=order.pk, fills=[execution(order, "1", "0.004", "60000")])
    row, hold = Fill.objects.get(), Hold.objects.get()
    assert venue_book_follows_the_fills() == []

    def fill_without_journal() -> None:
        row.pk, row.trade_id, row._state.adding = uuid4(), "2", True
        row.save(force_insert=True)

    found = faults_after(fill_without_journal)
    assert f"fill {row.pk} is not booked as it happened" in found
    mirrors = Account.objects.filter(kind="mirror")
    wrong = "mirror {} is not its first balance, the venue's own movements and our fills"
    assert {wrong.format(account.pk) for account in mirrors} <= set(found)
    # The hold would have to have less: the fill that is not booked has not used it, and is no fault of the hold.
    assert not any("another amount" in fault for fault in found)

    over = faults_after(lambda: Order.objects.update(state="cancelled", reported_filled=0))
    assert over == [f"order {order.client_id} is over and still holds money"]
    less = faults_after(lambda: give_back(hold, "1"))
    assert less == [f"order {order.client_id} holds another amount than its fills have left of its hold"]
    seen = faults_after(lambda: BalanceBaseline.objects.filter(asset="USDT").update(amount=999))
    assert [fault.partition(" is ")[2] for fault in seen] == ["not booked as it was seen"]
    twin = place(customer, connection.pk, wish(quantity="0.001", price="60000"))
    nothing = faults_after(lambda: give_back(Hold.objects.get(key=f"order:{twin.pk}")))
    assert nothing == [f"order {twin.client_id} is open and holds nothing"]


def give_back(hold: Hold, amount: str | None = None) -> None:
    with transaction.atomic():
        post_many(actor=SYSTEM, releases=[Release(hold.pk, None if amount is None else D(amount))])
