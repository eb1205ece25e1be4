"""The ground that tests of risk stand on."""

import pytest

from tests.apps.trading.risk.ground import Ground


@pytest.fixture
def ground(customer) -> Ground:
    """A customer with 100,000 USDT of paper money; BTC is worth 100, ETH 10."""
    return Ground(customer)
