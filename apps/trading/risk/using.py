"""How much of each limit is used up."""

from decimal import Decimal

from apps.trading.risk.gathering import Facts
from kernel.money.exact import ZERO
from kernel.risk import LEAST, Exposure, Limit, Rule

MOST_USED = Decimal("99999")
HUNDRED = Decimal(100)
Use = tuple[Limit, Decimal | None, Decimal | None]
"""(limit, value now, part used)."""


def list_uses(limits: list[Limit], facts: Facts) -> list[Use]:
    """Return (limit, value now, part used) of limits; None where it is not known or has no meaning yet."""
    now_at = Exposure(facts.standing)
    found: list[Use] = []
    for limit in limits:
        value = None if limit.rule is Rule.ORDER_SIZE else now_at.measure(limit.rule, limit.target)
        found.append((limit, value, part_used(limit, value)))
    return found


def part_used(limit: Limit, value: Decimal | None) -> Decimal | None:
    """Return how much of a limit is used up, 1 = all; of a least it is what of the room above it is gone."""
    if value is None:
        return None
    if limit.rule in LEAST:
        room = HUNDRED - limit.value
        return (HUNDRED - value) / room if room else (Decimal(1) if value >= HUNDRED else MOST_USED)
    if not limit.value:
        return ZERO if not value else MOST_USED
    return value / limit.value
