"""A valid request for every verb of money and of orders over the API."""

from collections.abc import Callable

from tests.contracts.money_ground import MONEY_SAMPLES, Person, Request
from tests.contracts.order_ground import ORDER_SAMPLES
from tests.contracts.position_ground import POSITION_SAMPLES

SAMPLES: dict[str, Callable[[Person], Request]] = MONEY_SAMPLES | ORDER_SAMPLES | POSITION_SAMPLES
"""View and method → a valid request of a person, and what makes it be refused."""
