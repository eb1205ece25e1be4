"""What was there before the ledger is booked in it: once, in any number of runs, beside what is booked already."""

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from apps.core.clock import now
from apps.core.context import current_schema
from apps.finance.ledger.choices import JournalKind
from apps.finance.ledger.models import Hold, Journal
from apps.trading.orders.models import BalanceBaseline, Fill, Order
from apps.trading.orders.operations import Backfilled, backfill_connection, backfill_ledger, record_fills
from apps.trading.orders.operations import backfilling as backfilling_module
from apps.trading.orders.operations.opening import FirstSeen
from apps.trading.orders.proofs import venue_book_follows_the_fills
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import FillFacts, apply_fill, open_book
from kernel.instruments import Side
from tests.apps.trading.orders.funded import connected, faults, hold_of, standing
from tests.apps.trading.orders.wishes import SYSTEM, D, execution, place, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(customer: Any) -> Any:
    return connected(customer, USDT="1000", BTC="0.5")


def old_order(connection: Any, number: int, state: str = "filled", filled: str = "0.001", **more: Any) -> Order:
    """An order from before the ledger; its one fill, of `filled` at 50,000 for a fee of 0.05, is in its position."""
    book = open_book(actor=SYSTEM, owner_id=connection.owner_id, connection_id=connection.pk, purpose=Purpose.MANUAL)
    order = Order.objects.create(
        owner_id=connection.owner_id, book=book, connection=connection, symbol="BTCUSDT", side="buy", kind="limit",
        quantity=D(more.get("quantity", "0.001")), price=D(50_000), time_in_force="GTC", client_id=f"mold{number}",
        origin_kind="manual", state=state, venue_order_id=str(number), filled=D(filled), reported_filled=D(filled),
        decided_at=now(), sent_at=now(),
    )  # fmt: skip
    if D(filled):
        fill = Fill.objects.create(
            order=order, connection=connection, venue="sandbox", symbol="BTCUSDT", trade_id=str(number), side="buy",
            quantity=D(filled), price=D(50_000), fee=D("0.05"), fee_asset="USDT", is_maker=False, at=now(),
        )  # fmt: skip
        facts = FillFacts(
            fill_id=fill.pk, symbol="BTCUSDT", base="BTC", quote="USDT", side=Side.BUY, quantity=fill.quantity,
            price=fill.price, fee=fill.fee, fee_asset="USDT", at=fill.at,
        )  # fmt: skip
        apply_fill(actor=SYSTEM, book_id=book.pk, fill=facts)
    return order


def seen_at_first(connection: Any, **amounts: str) -> None:
    for asset, amount in amounts.items():
        BalanceBaseline.objects.create(connection=connection, asset=asset, amount=D(amount))


def test_fills_balances_and_open_orders_are_booked_once(connection, monkeypatch):
    monkeypatch.setattr(backfilling_module, "BATCH", 2)
    for number in range(5):
        old_order(connection, number)
    resting = old_order(connection, 9, "partly_filled", "0.002", quantity="0.005")
    seen_at_first(connection, USDT="1000", BTC="0.5")
    assert venue_book_follows_the_fills() != []
    assert backfill_ledger(actor=SYSTEM) == Backfilled(fills=6, mirrors=1, holds=1, waiting=0)
    # 5 × 50 + 100 paid and 6 × 0.05 in fees; 0.003 × 50,000 is still to be paid.
    assert standing(connection) == {"USDT": (D("649.7"), D(150)), "BTC": (D("0.507"), D(0))}
    assert hold_of(resting) == (D(150), 0, 0, "open")
    assert faults() == {}
    before = Journal.objects.count(), Hold.objects.count()
    assert backfill_ledger(actor=SYSTEM) == Backfilled()
    assert (Journal.objects.count(), Hold.objects.count()) == before
    record_fills(actor=SYSTEM, order_id=resting.pk, fills=[execution(resting, "10", "0.003", "50000", venue_id="9")])
    assert hold_of(resting) == (0, D(150), 0, "settled")
    assert faults() == {}


def test_a_run_that_stopped_goes_on_where_it_was(connection):
    for number in range(3):
        old_order(connection, number)
    seen_at_first(connection, USDT="1000", BTC="0.5")
    backfilling_module.BATCH, kept = 1, backfilling_module.BATCH
    assert backfilling_module._book_fills(actor=SYSTEM, connection_id=connection.pk) == 1
    backfilling_module.BATCH = kept
    assert backfill_ledger(actor=SYSTEM).fills == 2
    assert faults() == {}


def test_an_account_whose_first_balances_nobody_knows_waits_for_its_comparison(connection):
    old_order(connection, 1)
    assert backfill_ledger(actor=SYSTEM) == Backfilled(fills=1, waiting=1)
    assert not BalanceBaseline.objects.exists()
    first = FirstSeen({"USDT": Decimal(1000), "BTC": D("0.5")}, now(), {})
    assert backfill_connection(actor=SYSTEM, connection_id=connection.pk, first=first) == Backfilled(mirrors=1)
    assert standing(connection) == {"USDT": (D("949.95"), D(0)), "BTC": (D("0.501"), D(0))}
    assert faults() == {}


def test_what_is_booked_already_is_left_alone(customer, connection):
    order = place(customer, connection.pk, wish(quantity="0.001", price="60000"))
    assert backfill_ledger(actor=SYSTEM) == Backfilled()
    assert hold_of(order) == (D(60), 0, 0, "open")


def test_the_command_says_what_it_did(connection):
    old_order(connection, 1)
    seen_at_first(connection, USDT="1000")
    for expected in ({"fills": 1, "mirrors": 1, "holds": 0, "waiting": 0}, dict.fromkeys(asdict_names(), 0)):
        out = StringIO()
        call_command("ledger_backfill", "--json", "--schema", current_schema(), stdout=out)
        assert json.loads(out.getvalue()) == {current_schema(): expected}
    assert Journal.objects.filter(kind=JournalKind.FILL).count() == 1
    out = StringIO()
    call_command("ledger_backfill", stdout=out)
    assert f"{current_schema()}: 0 fills" in out.getvalue()


def asdict_names() -> list[str]:
    return ["fills", "mirrors", "holds", "waiting"]
