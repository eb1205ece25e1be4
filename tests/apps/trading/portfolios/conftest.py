"""The ground that tests of portfolios stand on."""

import pytest

from apps.trading.portfolios import operations
from apps.trading.portfolios.models import Portfolio
from tests.apps.trading.portfolios.ground import D, Ground, whose


@pytest.fixture
def ground(customer) -> Ground:
    """A customer with a paper account and one book; BTC is worth 100, ETH 10."""
    return Ground(customer)


@pytest.fixture
def row(ground, customer) -> Portfolio:
    """The paper portfolio of 10,000: half USDT, half BTC; 20 % BTC and 40 % ETH are wanted."""
    ground.fund(USDT="5000", BTC="50")
    found = operations.open_defaults(actor=ground.actor, owner_id=customer.pk)[0]
    operations.set_targets(**whose(ground), portfolio_id=found.pk, targets={"BTC": D(20), "ETH": D(40)})
    return found
