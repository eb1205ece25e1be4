"""A sandbox exchange in lock-step, and an account on it, for the tests of orders."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.factories.paper_market import PaperMarket
from tests.factories.sandbox_exchange import RunningSandbox, running_sandbox


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """One exchange for a module; each test opens its own account."""
    with running_sandbox(tmp_path_factory.mktemp("exchange"), "step") as sandbox:
        yield sandbox


@pytest.fixture
def market(exchange: RunningSandbox, db: None, settings) -> Iterator[PaperMarket]:
    """The market of a test, with a little history."""
    exchange.control.clear_faults()
    made = PaperMarket(exchange)
    made.store_history(10)
    yield made
    exchange.control.clear_faults()
    made.close()


@pytest.fixture
def connection_id(market: PaperMarket, customer):
    """A connection of the customer with 100,000 USDT and 1 BTC, and the usual fees."""
    funds = {"USDT": Decimal(100_000), "BTC": Decimal(1)}
    return market.connect(customer, funds, maker_fee=Decimal("0.001"), taker_fee=Decimal("0.001"))
