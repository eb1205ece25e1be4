"""Reads of a customer's limits of real money."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.platform.configurations.queries import get_value
from apps.trading.orders.choices import SelfMatch
from apps.trading.orders.models import OrderSafety
from apps.trading.orders.operations.safety import limits_of, worth_today

NAMES = ("confirm_above", "most_per_order", "most_per_day")
OWN, PLATFORM = "own", "platform"


@dataclass(frozen=True, slots=True)
class LimitInForce:
    """A limit in quote (USDT): `value` is in force, the lower one of `own` (None: not set) and `platform`."""

    name: str
    value: Decimal
    own: Decimal | None
    platform: Decimal
    set_by: str


@dataclass(frozen=True, slots=True)
class LimitsInForce:
    """What live orders of a customer are held to; `used_today` is what those of this UTC day come to."""

    limits: Sequence[LimitInForce]
    self_match: SelfMatch
    used_today: Decimal
    left_today: Decimal


def get_limits_in_force(owner_id: UUID) -> LimitsInForce:
    """Return the limits of a customer with whose they are, and what is used of the day's amount."""
    row = OrderSafety.objects.filter(owner_id=owner_id).first()
    found = limits_of(owner_id)
    limits = []
    for name in NAMES:
        own: Decimal | None = None if row is None else getattr(row, name)
        platform = Decimal(get_value(f"orders.{name}"))
        by = OWN if own is not None and own < platform else PLATFORM
        limits.append(LimitInForce(name, getattr(found, name), own, platform, by))
    used = worth_today(owner_id)
    return LimitsInForce(limits, found.self_match, used, max(Decimal(0), found.most_per_day - used))
