"""Portfolios: own ones only, paper and live apart, every figure exact or said to be missing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from apps.core.clock import freeze, now
from apps.core.context import current_schema
from apps.trading.exchanges.models import Connection
from apps.trading.portfolios import operations, queries
from apps.trading.portfolios.errors import (
    AmountInvalid,
    AssetUnknown,
    DefaultIsFixed,
    ModesMixed,
    PortfolioMissing,
    PortfolioNameTaken,
    PriceMissing,
)
from apps.trading.portfolios.models import CashFlow, NavSample, Portfolio
from apps.trading.portfolios.operations import FlowWish, sample_portfolio
from apps.trading.portfolios.performing import perform
from apps.trading.portfolios.tasks import sample
from tests.apps.trading.portfolios.ground import SYSTEM, D, Ground
from tests.factories.prices import forget_price, say_price

pytestmark = pytest.mark.django_db


def whose(ground: Ground, row: Portfolio) -> dict[str, Any]:
    return {"actor": ground.actor, "owner_id": ground.owner.pk, "portfolio_id": row.pk}


def test_value_allocation_and_results_are_exact(ground):
    ground.fill("buy", "2", "90", fee="0.18")
    ground.fill("sell", "0.5", "110", fee="0.055")
    row = ground.portfolio("Mine", ground.book)
    operations.record_flow(**whose(ground, row), wish=FlowWish(asset="USDT", quantity=D(1000)))
    found = queries.summarise(queries.get_portfolio(row.pk, ground.owner.pk))
    # 1000 − 180 − 0.18 + 55 − 0.055 in cash, 1.5 BTC at 100.
    assert found.value == D("1024.765")
    assert [(one.asset, one.quantity, one.worth) for one in found.allocation] == [
        ("USDT", D("874.765"), D("874.765")), ("BTC", D("1.5"), D(150)),
    ]  # fmt: skip
    assert (found.realised, found.unrealised, found.fees) == (10, 15, D("0.235"))
    price, share = found.allocation[1].price, found.share_of(found.allocation[1])
    assert price is not None
    assert price.source == "quote"
    assert share is not None
    assert round(share, 4) == D("14.6375")
    # The book came in with the 24.765 it had brought; since then nothing happened.
    assert (found.flows, found.result) == (D("1024.765"), 0)


def test_a_missing_price_is_said_and_never_zero(ground):
    ground.fill("buy", "1", "100")
    row = ground.portfolio("Mine", ground.book)
    forget_price("BTCUSDT")
    found = queries.summarise(row)
    assert (found.value, found.missing, found.result, found.unrealised) == (None, ["BTC"], None, None)
    assert sample_portfolio(actor=SYSTEM, portfolio_id=row.pk) is False
    assert not NavSample.objects.exists()
    with pytest.raises(PriceMissing):
        operations.record_flow(**whose(ground, row), wish=FlowWish(asset="USDT", quantity=D(5)))


def test_a_default_portfolio_follows_its_account_and_never_mixes_modes(ground, customer):
    ground.fund(USDT="10000", BTC="1")
    ground.fill("buy", "1", "100")
    ground.open_book(uuid4())
    rows = operations.open_defaults(actor=ground.actor, owner_id=customer.pk)
    assert [(row.name, row.mode) for row in rows] == [("All paper books", "paper")]
    again = operations.open_defaults(actor=ground.actor, owner_id=customer.pk)
    assert [row.pk for row in again] == [row.pk for row in rows]
    assert queries.list_members(rows[0]).count() == 2
    # The account's mirror says 10,000 USDT and 1 BTC. The book bought that BTC for 100 USDT: the rest is own money.
    assert queries.summarise(again[0]).value == D(10_100)
    assert list(CashFlow.objects.filter(kind="account").values_list("asset", "quantity")) == [("USDT", D(10_100))]
    with pytest.raises(DefaultIsFixed):
        operations.archive_portfolio(**whose(ground, rows[0]))
    Connection.objects.update(mode="live")
    live = operations.open_defaults(actor=ground.actor, owner_id=customer.pk)
    assert [(row.name, row.mode) for row in live] == [("All live books", "live")]
    paper = operations.create_portfolio(actor=ground.actor, owner_id=customer.pk, name="Paper", mode="paper")
    with pytest.raises(ModesMixed):
        operations.add_book(**whose(ground, paper), book_id=ground.book.pk)


def test_they_belong_to_one_person_and_names_come_once(ground, other_customer):
    row = ground.portfolio("Mine", ground.book)
    with pytest.raises(PortfolioNameTaken):
        ground.portfolio(" Mine ")
    with pytest.raises(PortfolioMissing):
        operations.rename_portfolio(actor=ground.actor, owner_id=other_customer.pk, portfolio_id=row.pk, name="Yours")
    operations.add_book(**whose(ground, row), book_id=ground.book.pk)
    assert queries.list_members(row).count() == 1
    operations.archive_portfolio(**whose(ground, row))
    assert not queries.list_portfolios(ground.owner.pk).exists()
    assert ground.portfolio("Mine").pk != row.pk


@pytest.mark.parametrize("wrong", ["0", "-1", "NaN", "Infinity", "0.0000000000000000001", "1E+15"])
def test_odd_amounts_are_refused(ground, wrong):
    row = ground.portfolio()
    with pytest.raises(AmountInvalid):
        operations.record_flow(**whose(ground, row), wish=FlowWish(asset="USDT", quantity=Decimal(wrong)))
    with pytest.raises(AssetUnknown):
        operations.record_flow(**whose(ground, row), wish=FlowWish(asset="NOPE", quantity=D(1)))
    assert not CashFlow.objects.exists()


def test_flows_never_change(ground):
    row = ground.portfolio()
    operations.record_flow(**whose(ground, row), wish=FlowWish(asset="USDT", quantity=D(5)))
    for refused in (lambda: CashFlow.objects.update(amount=1), lambda: CashFlow.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            refused()


def test_money_that_comes_and_goes_is_no_performance(ground):
    start = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    with freeze(start):
        row = ground.portfolio("Mine", ground.book)
        operations.record_flow(**whose(ground, row), wish=FlowWish(asset="USDT", quantity=D(100)))
        ground.fill("buy", "1", "100")
        say_price("BTCUSDT", D(100))
        assert sample_portfolio(actor=SYSTEM, portfolio_id=row.pk)
    with freeze(start + timedelta(hours=1)):
        say_price("BTCUSDT", D(110))  # + 10 %
        operations.record_flow(**whose(ground, row), wish=FlowWish(asset="USDT", quantity=D(890)))
        assert sample_portfolio(actor=SYSTEM, portfolio_id=row.pk)
    with freeze(start + timedelta(hours=2)):
        say_price("BTCUSDT", D(60))  # 1000 → 950: − 5 %
        assert sample_portfolio(actor=SYSTEM, portfolio_id=row.pk)
        row.refresh_from_db()
        found = perform(row, "1D")
        assert [sample.value for sample in found.samples] == [100, 1000, 950]
        assert found.own.measures is not None
        assert round(found.own.measures.twr, 12) == D("4.5")
        assert round(found.own.measures.worst_fall, 12) == 5
        summary = queries.summarise(row)
        assert (summary.result, summary.day_result) == (-40, -40)
        assert summary.day_since == start


def test_values_are_noted_once_a_span_and_rolled_up(ground):
    row = ground.portfolio("Mine", ground.book)
    operations.record_flow(**whose(ground, row), wish=FlowWish(asset="BTC", quantity=D(1)))
    start = datetime(2026, 3, 1, 22, 59, 10, tzinfo=UTC)
    for after, price in ((0, "100"), (20, "101"), (60, "102"), (3_700, "103")):
        with freeze(start + timedelta(seconds=after)):
            say_price("BTCUSDT", D(price))
            sample(current_schema())
            sample(current_schema())
    by = {name: [value for _, value in rows] for name, rows in _samples(row).items()}
    assert by == {"minute": [101, 102, 103], "hour": [101, 102, 103], "day": [102, 103]}
    with freeze(start + timedelta(days=3)):
        say_price("BTCUSDT", D(104))
        sample(current_schema())
    assert {name: len(rows) for name, rows in _samples(row).items()}["minute"] == 1


def _samples(row: Portfolio) -> dict[str, list[tuple[datetime, Decimal]]]:
    found: dict[str, list[tuple[datetime, Decimal]]] = {}
    for one in NavSample.objects.filter(portfolio=row).order_by("at"):
        found.setdefault(one.resolution, []).append((one.at, one.value))
    return found


def test_a_portfolio_that_was_emptied_begins_anew(ground):
    row = ground.portfolio()
    operations.record_flow(**whose(ground, row), wish=FlowWish(asset="USDT", quantity=D(100)))
    operations.record_flow(**whose(ground, row), wish=FlowWish(asset="USDT", quantity=D(100), is_deposit=False))
    row.refresh_from_db()
    assert row.units == 0
    operations.record_flow(**whose(ground, row), wish=FlowWish(asset="USDT", quantity=D(7)))
    row.refresh_from_db()
    assert (row.units, row.epoch, queries.sum_flows(row)) == (7, 3, 7)
    assert now() >= CashFlow.objects.latest("id").at
