"""The proof is clean after trading and red after any change behind the product's back."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from apps.core.proofs import prove
from apps.trading.positions.models import Position, PositionLot
from tests.apps.trading.positions.test_booking import book as book_fixture
from tests.apps.trading.positions.test_booking import book_all, fill

pytestmark = pytest.mark.django_db
book = book_fixture


@pytest.fixture
def traded(book: Any) -> Position:
    return book_all(book, fill("buy", "1", "100"), fill("buy", "2", "130"), fill("sell", "1.5", "150", fee="0.225"))


def test_a_traded_position_proves_clean(traded: Position, tenant_a: Any) -> None:
    found = prove(tenant_a.schema)
    assert found["positions"] == []
    assert found["schema"] == []
    assert found["audit chain"] == []


@pytest.mark.parametrize("change", ["quantity", "realised_fifo", "version"])
def test_a_changed_position_is_found(traded: Position, tenant_a: Any, change: str) -> None:
    Position.objects.filter(pk=traded.pk).update(**{change: 7})
    assert prove(tenant_a.schema)["positions"] == [f"position {traded.pk} is not the sum of its entries"]


def test_a_changed_lot_is_found(traded: Position, tenant_a: Any) -> None:
    PositionLot.objects.filter(position=traded, remaining__gt=0).update(remaining=1)
    assert prove(tenant_a.schema)["positions"]


def test_the_command_says_red_and_exits_with_one(traded: Position, tenant_a: Any) -> None:
    clean = StringIO()
    call_command("proof", "--json", stdout=clean)
    assert json.loads(clean.getvalue())["clean"] is True
    Position.objects.filter(pk=traded.pk).update(quantity=9)
    red = StringIO()
    with pytest.raises(SystemExit):
        call_command("proof", "--json", stdout=red)
    assert json.loads(red.getvalue())["schemas"][tenant_a.schema]["positions"]
