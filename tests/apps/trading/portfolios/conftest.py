"""The ground that tests of portfolios stand on."""

import pytest

from tests.apps.trading.portfolios.ground import Ground


@pytest.fixture
def ground(customer) -> Ground:
    """A customer with a paper account and one book; BTC is worth 100, ETH 10."""
    return Ground(customer)
