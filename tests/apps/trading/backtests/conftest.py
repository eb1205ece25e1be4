"""Real candles (January to March 2024) and a strategy of the customer."""

from typing import Any

import pytest

from apps.core.actors import Actor
from apps.trading.backtests.operations import start_backtest
from tests.apps.trading.backtests.prepared import make_version, request_for, store_real_candles


@pytest.fixture
def candles(db: None) -> None:
    """Store real candles of BTC."""
    store_real_candles("BTCUSDT")


@pytest.fixture
def version(candles: None, customer: Any) -> Any:
    """Return a version of the customer's strategy."""
    return make_version(customer)


@pytest.fixture
def queued(version: Any, customer: Any) -> Any:
    """Return a back-test that waits: its task was not sent, because the test's transaction never commits."""
    return start_backtest(actor=Actor.system("tests"), owner_id=customer.pk, request=request_for(version))
