"""Booking fills: exact, once, append-only, and the same sums by every road."""

import random
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.trading.exchanges.operations import add_connection, seed_venues
from apps.trading.positions.choices import Purpose
from apps.trading.positions.errors import AmountTooFine, BookMissing
from apps.trading.positions.models import Position, PositionEntry, PositionLot
from apps.trading.positions.operations import FillFacts, apply_fill, open_book
from apps.trading.positions.queries import Mark, sum_result, value_position
from kernel.instruments import Side
from kernel.lots import PositionState
from kernel.lots import apply_fill as kernel_fill

pytestmark = pytest.mark.django_db
D = Decimal
SYSTEM = Actor.system("test")


@pytest.fixture
def book(customer):
    seed_venues()
    made = add_connection(
        actor=SYSTEM, owner_id=customer.pk, venue="sandbox", label="Mine", api_key="k", api_secret="s"
    )
    return open_book(actor=SYSTEM, owner_id=customer.pk, connection_id=made.pk, purpose=Purpose.MANUAL)


def fill(side: str, quantity: str, price: str, fee: str = "0", fee_asset: str = "USDT", **more) -> FillFacts:
    return FillFacts(
        fill_id=more.get("fill_id") or uuid4(),
        symbol="BTCUSDT",
        base="BTC",
        quote="USDT",
        side=Side(side),
        quantity=D(quantity),
        price=D(price),
        fee=D(fee),
        fee_asset=fee_asset,
        at=now(),
    )


def book_all(book, *fills: FillFacts) -> Position:
    for item in fills:
        apply_fill(actor=SYSTEM, book_id=book.pk, fill=item)
    return Position.objects.get(book=book)


def test_lots_close_oldest_first_and_average_cost_stands_beside(book):
    position = book_all(book, fill("buy", "1", "100"), fill("buy", "2", "130"), fill("sell", "1.5", "150", fee="0.225"))
    lots = [(row.quantity, row.remaining, row.price) for row in position.lots.order_by("sequence")]
    assert lots == [(1, 0, 100), (2, D("1.5"), 130)]
    assert position.realised_fifo == 50 + D("0.5") * 20
    assert position.realised_average == D("1.5") * 30
    assert (position.quantity, position.cost, position.fees) == (D("1.5"), 180, D("0.225"))
    value = value_position(position, Mark(D(140), now(), is_stale=False))
    assert value.net == 45 + 30 - D("0.225")
    assert position.cash_flow + position.quantity * 140 - position.fees == value.net


def test_a_fee_in_base_reduces_what_arrived_and_the_cash_that_moved_stays_exact(book):
    position = book_all(book, fill("buy", "0.1", "50000", fee="0.0001", fee_asset="BTC"))
    assert position.quantity == D("0.0999")
    assert position.cash_flow - position.fees == -5000
    assert position.fees == 5
    position = book_all(book, fill("sell", "0.09", "51000", fee="4.59", fee_asset="USDT"))
    assert position.quantity == D("0.0099")
    assert position.cash_flow - position.fees == -5000 + 4590 - D("4.59")


def test_a_fee_of_all_that_was_bought_or_more_moves_nothing_or_takes_from_what_was_there(book):
    position = book_all(book, fill("buy", "0.1", "50000"), fill("buy", "0.001", "50000", fee="0.001", fee_asset="BTC"))
    assert (position.quantity, position.fees, position.lots.count()) == (D("0.1"), 50, 1)
    assert position.cash_flow - position.fees == -5050
    position = book_all(book, fill("buy", "0.001", "50000", fee="0.003", fee_asset="BTC"))
    assert (position.quantity, position.fees) == (D("0.098"), 200)
    assert position.lots.get().remaining == D("0.098")
    assert position.cash_flow - position.fees == -5100


def test_a_fee_in_a_third_asset_is_kept_and_not_valued(book):
    position = book_all(
        book,
        fill("buy", "1", "100", fee="0.01", fee_asset="BNB"),
        fill("sell", "1", "110", fee="0.02", fee_asset="BNB"),
    )
    assert position.other_fees == {"BNB": "0.03"}
    assert (position.fees, position.realised_fifo) == (0, 10)


def test_a_fill_is_booked_once(book):
    same = fill("buy", "1", "100")
    first = book_all(book, same)
    again = book_all(book, same)
    assert (again.version, again.quantity) == (first.version, first.quantity) == (1, 1)
    assert PositionEntry.objects.count() == PositionLot.objects.count() == 1


def test_a_position_goes_through_zero_into_a_new_lot(book):
    position = book_all(book, fill("buy", "1", "100"), fill("sell", "3", "90"), fill("buy", "1", "80"))
    open_lots = [(row.remaining, row.price) for row in position.lots.filter(remaining__gt=0)]
    assert open_lots == [(1, 90)]
    assert position.quantity == -1
    assert position.realised_fifo == -10 + 10


def test_rows_follow_the_kernel_over_many_fills_and_lots_sum_to_the_position(book):
    source, state = random.Random(7), PositionState()
    for _ in range(80):
        side = Side.BUY if source.random() < 0.5 else Side.SELL
        quantity, price = D(source.randrange(1, 400)) / 1000, D(source.randrange(5_000, 9_000)) / 100
        state, _ = kernel_fill(state, side, quantity, price, D("0.01"))
        position = book_all(book, fill(side.value, str(quantity), str(price), fee="0.01"))
        assert (position.quantity, position.cost) == (state.quantity, state.cost)
        lots = position.lots.filter(remaining__gt=0).order_by("sequence")
        assert [(row.remaining, row.price) for row in lots] == [(lot.quantity, lot.price) for lot in state.lots]
    assert position.realised_fifo == state.realised_fifo
    assert sum(entry.realised_fifo for entry in position.entries.all()) == state.realised_fifo
    assert position.version == 80


def test_results_of_orders_count_only_what_they_closed(book):
    opened, closed = fill("buy", "1", "100", fee="0.1"), fill("sell", "1", "103", fee="0.103")
    book_all(book, opened, closed)
    assert sum_result([opened.fill_id]) is None
    assert sum_result([closed.fill_id]) == 3 - D("0.103")


def test_entries_never_change_and_rows_are_never_deleted(book):
    book_all(book, fill("buy", "1", "100"))
    for refused in (
        lambda: PositionEntry.objects.update(quantity=2),
        lambda: PositionEntry.objects.all().delete(),
        lambda: Position.objects.all().delete(),
        lambda: PositionLot.objects.update(remaining=2),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            refused()
    assert PositionEntry.objects.get().quantity == 1


def test_what_cannot_be_stored_exactly_is_refused_and_leaves_nothing(book):
    with pytest.raises(AmountTooFine):
        book_all(book, fill("buy", "0.1", "0.1234567890123456789"))
    with pytest.raises(BookMissing):
        apply_fill(actor=SYSTEM, book_id=uuid4(), fill=fill("buy", "1", "1"))
    assert not PositionEntry.objects.exists()


def test_one_manual_book_for_a_connection(book):
    again = open_book(actor=SYSTEM, owner_id=book.owner_id, connection_id=book.connection_id, purpose=Purpose.MANUAL)
    assert again.pk == book.pk


def test_the_api_shows_own_positions_only(book, customer, other_customer, api):
    position = book_all(book, fill("buy", "1", "100"))
    listed = api(customer).get("/api/v1/positions").json()["results"]
    assert [(row["id"], row["quantity"], row["cost"]) for row in listed] == [(str(position.pk), "1", "100")]
    assert api(customer).get("/api/v1/positions?open=false").json()["results"] == []
    assert api(customer).get(f"/api/v1/positions/{position.pk}").status_code == 200
    assert api(other_customer).get(f"/api/v1/positions/{position.pk}").status_code == 404
    assert api(customer).get("/api/v1/positions?symbol=%00").status_code == 422
