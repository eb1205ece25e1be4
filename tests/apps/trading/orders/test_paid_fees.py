"""The taker fee that a customer pays at a venue, as the newest trades tell."""

from typing import Any

import pytest

from apps.core.clock import now
from apps.trading.market_data.operations.panels import own_fees
from apps.trading.orders.models import Fill
from tests.apps.trading.orders.funded import connected
from tests.apps.trading.orders.wishes import D, place, wish

pytestmark = pytest.mark.django_db


def test_the_newest_trade_that_tells_counts(customer: Any) -> None:
    connection = connected(customer, USDT="1000", BTC="0.5")
    assert own_fees(customer.pk) == {}
    order = place(customer, connection.pk, wish(price="50000"))
    told = [("0.04", "USDT", False), ("0.00000075", "BTC", False), ("0.001", "BNB", False), ("9", "USDT", True)]
    for number, (fee, asset, is_maker) in enumerate(told):
        Fill.objects.create(
            order=order, connection=connection, venue="sandbox", symbol="BTCUSDT", trade_id=str(number), side="buy",
            quantity=D("0.001"), price=D(50_000), fee=D(fee), fee_asset=asset, is_maker=is_maker, at=now(),
        )  # fmt: skip
    assert own_fees(customer.pk) == {"sandbox": D("0.00075")}
