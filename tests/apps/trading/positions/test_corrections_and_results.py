"""Corrections with a reason, fees in third assets, both sides of hedge mode, and sums over books against an oracle."""

import random
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from uuid import UUID, uuid4

import pytest

from apps.core.actors import Actor
from apps.core.clock import now
from apps.trading.exchanges.operations import add_connection, seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.positions import queries
from apps.trading.positions.choices import Correction, PositionSide, Purpose
from apps.trading.positions.errors import (
    BookMissing,
    CorrectionUnclear,
    GroupingUnknown,
    KeyTaken,
    NothingToMove,
)
from apps.trading.positions.models import Position, PositionCorrection
from apps.trading.positions.operations import Change, FillFacts, apply_fill, correct_position, open_book
from apps.trading.positions.proofs import positions_follow_their_entries
from kernel.instruments import Side
from tests.factories.prices import forget_price, say_price

pytestmark = pytest.mark.django_db
D = Decimal
SYSTEM = Actor.system("test")


@pytest.fixture
def instruments():
    """The symbols we know, and no price of any."""
    seed_instruments()
    for symbol in ("BTCUSDT", "ETHUSDT", "XYZUSDT"):
        forget_price(symbol)


@pytest.fixture
def connection(customer):
    seed_venues()
    return add_connection(
        actor=SYSTEM, owner_id=customer.pk, venue="sandbox", label="Mine", api_key="k", api_secret="s"
    )


@pytest.fixture
def book(customer, connection):
    return open_book(actor=SYSTEM, owner_id=customer.pk, connection_id=connection.pk, purpose=Purpose.MANUAL)


def fill(side, quantity, price, fee="0", fee_asset="USDT", symbol="BTCUSDT", **more) -> FillFacts:
    return FillFacts(
        fill_id=uuid4(), symbol=symbol, base=symbol[:-4], quote="USDT", side=Side(side), quantity=D(quantity),
        price=D(price), fee=D(fee), fee_asset=fee_asset, at=now(), **more,
    )  # fmt: skip


def do(book, *fills):
    for each in fills:
        apply_fill(actor=SYSTEM, book_id=book.pk, fill=each)


def correct(customer, book, kind, quantity, price=None, *, key, reason="Found in the old books", symbol="BTCUSDT"):
    change = Change(symbol=symbol, kind=kind, quantity=D(quantity), price=None if price is None else D(price))
    return correct_position(
        actor=Actor.of(customer), owner_id=customer.pk, book_id=book.pk, change=change, key=key, reason=reason
    )


def test_opening_deposit_withdrawal_and_correction_by_hand(customer, book, instruments):
    correct(customer, book, Correction.OPENING, "2", "100", key="1")
    do(book, fill("buy", "2", "120"))
    correct(customer, book, Correction.DEPOSIT, "1", "140", key="2")
    position = Position.objects.get(book=book)
    assert (position.quantity, position.cost) == (5, 580)
    correct(customer, book, Correction.WITHDRAWAL, "1", key="3")  # at 116
    position.refresh_from_db()
    assert (position.quantity, position.cost, position.realised_average) == (4, 464, 0)
    assert position.realised_fifo == 16  # the oldest cost 100
    correct(customer, book, Correction.CORRECTION, "-0.5", "116", key="4", reason="Counted twice")
    position.refresh_from_db()
    assert (position.quantity, position.realised_average) == (D("3.5"), 0)
    rows = list(PositionCorrection.objects.order_by("id").values_list("kind", "quantity", "reason"))
    assert [row[:2] for row in rows] == [("opening", 2), ("deposit", 1), ("withdrawal", -1), ("correction", D("-0.5"))]
    assert rows[3][2] == "Counted twice"
    assert positions_follow_their_entries() == []


def test_a_correction_happens_once_and_needs_its_facts(customer, other_customer, book, instruments):
    first = correct(customer, book, Correction.OPENING, "2", "100", key="same")
    assert correct(customer, book, Correction.OPENING, "2", "100", key="same").pk == first.pk
    assert Position.objects.get(book=book).quantity == 2
    with pytest.raises(KeyTaken):
        correct(customer, book, Correction.DEPOSIT, "2", "100", key="same")
    with pytest.raises(CorrectionUnclear):
        correct(customer, book, Correction.OPENING, "2", "100", key="x", reason=" ")
    with pytest.raises(CorrectionUnclear):
        correct(customer, book, Correction.DEPOSIT, "2", key="x")
    with pytest.raises(NothingToMove):
        correct(customer, book, Correction.WITHDRAWAL, "3", key="x")
    with pytest.raises(NothingToMove):
        correct(customer, book, Correction.OPENING, "-3", "1", key="x")
    with pytest.raises(BookMissing):
        correct(other_customer, book, Correction.OPENING, "2", "100", key="y")


def test_fees_in_third_assets_are_valued_when_there_is_a_price(customer, book, instruments):
    do(book, fill("buy", "1", "100", fee="0.01", fee_asset="ETH"), fill("buy", "1", "100", fee="5", fee_asset="XYZ"))
    value = queries.value_position(Position.objects.get(book=book))
    assert value.other_fees is None
    say_price("ETHUSDT", D(3_000))
    assert queries.value_position(Position.objects.get(book=book)).other_fees is None
    do(book, fill("buy", "1", "100", fee="-5", fee_asset="XYZ"))
    assert queries.value_position(Position.objects.get(book=book)).other_fees == 30


def test_long_and_short_stand_side_by_side_and_contract_fees_move_no_quantity(customer, connection):
    book = open_book(actor=SYSTEM, owner_id=customer.pk, connection_id=connection.pk, purpose=Purpose.CONTRACT)
    long, short = {"position_side": PositionSide.LONG}, {"position_side": PositionSide.SHORT}
    do(book, fill("buy", "2", "100", fee="0.001", fee_asset="BTC", is_contract=True, **long))
    do(book, fill("sell", "1", "110", is_contract=True, **short))
    do(book, fill("sell", "1", "130", is_contract=True, **long), fill("buy", "1", "90", is_contract=True, **short))
    found = {row.position_side: (row.quantity, row.realised_fifo) for row in Position.objects.filter(book=book)}
    assert found == {"long": (1, 30), "short": (0, 20)}
    assert queries.get_position(book.pk, "BTCUSDT") is None
    held = queries.get_position(book.pk, "BTCUSDT", "long")
    assert held is not None
    assert held.quantity == 1


def known(figure: Decimal | None) -> Decimal:
    """A figure that must be there."""
    assert figure is not None
    return figure


def test_sums_over_books_equal_an_oracle(customer, connection, book, instruments):
    source = random.Random(11)
    bots = [
        open_book(actor=SYSTEM, owner_id=customer.pk, connection_id=connection.pk, purpose=Purpose.BOT, purpose_id=each)
        for each in (uuid4(), uuid4())
    ]
    marks = {"BTCUSDT": D(50_000), "ETHUSDT": D(3_000)}
    for symbol, price in marks.items():
        say_price(symbol, price)
    flow: defaultdict[UUID, Fraction] = defaultdict(Fraction)
    fees: defaultdict[UUID, Fraction] = defaultdict(Fraction)
    third: defaultdict[UUID, Fraction] = defaultdict(Fraction)
    held: defaultdict[tuple[UUID, str], Fraction] = defaultdict(Fraction)
    for _ in range(60):
        where, symbol = source.choice([book, *bots]), source.choice(list(marks))
        side, quantity = source.choice(["buy", "sell"]), D(source.randint(1, 500)) / 1_000
        price = (marks[symbol] * source.randint(900, 1_100) / 1_000).quantize(D("0.01"))
        asset = source.choice(["USDT", "ETH"]) if symbol == "BTCUSDT" else "USDT"
        fee = D(source.randint(0, 9)) / 100
        do(where, fill(side, str(quantity), str(price), str(fee), asset, symbol))
        sign = 1 if side == "buy" else -1
        flow[where.pk] -= sign * Fraction(quantity) * Fraction(price)
        held[where.pk, symbol] += sign * Fraction(quantity)
        if asset == "USDT":
            fees[where.pk] += Fraction(fee)
        else:
            third[where.pk] += Fraction(fee) * 3_000

    def worth(book_id):
        return flow[book_id] + sum(q * Fraction(marks[s]) for (b, s), q in held.items() if b == book_id) - fees[book_id]

    rows = {row.key: row for row in queries.sum_results(customer.pk, by="book")}
    assert rows.keys() == {str(each.pk) for each in [book, *bots]}
    for each in [book, *bots]:
        row = rows[str(each.pk)]
        assert Fraction(known(row.net)) == worth(each.pk)
        assert Fraction(known(row.other_fees)) == third[each.pk]
    (whole,) = queries.sum_results(customer.pk, by="connection")
    assert Fraction(known(whole.net)) == sum(worth(each.pk) for each in [book, *bots])
    realised, unrealised, fees_paid = known(whole.realised), known(whole.unrealised), known(whole.fees)
    assert Fraction(realised) + Fraction(unrealised) - Fraction(fees_paid) == Fraction(known(whole.net))
    assert whole.percent == (unrealised * 100 / whole.cost).quantize(D("0.0001"))
    by_symbol = queries.sum_results(customer.pk, by="symbol")
    assert sum(known(row.net) for row in by_symbol) == whole.net
    with pytest.raises(GroupingUnknown):
        queries.sum_results(customer.pk, by="colour")
