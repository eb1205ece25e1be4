"""Writes of commissions: schedules by staff, terms with the order, charges per fill."""

from apps.trading.orders.commissions.operations.charging import charge_due, charge_fill, release_cover
from apps.trading.orders.commissions.operations.drafting import (
    APPROVE,
    PROPOSE,
    PromotionLine,
    RateLine,
    discard_schedule,
    draft_schedule,
    propose_end,
    propose_schedule,
)
from apps.trading.orders.commissions.operations.fixing import Terms, fix_terms, terms_for

__all__ = [
    "APPROVE",
    "PROPOSE",
    "PromotionLine",
    "RateLine",
    "Terms",
    "charge_due",
    "charge_fill",
    "discard_schedule",
    "draft_schedule",
    "fix_terms",
    "propose_end",
    "propose_schedule",
    "release_cover",
    "terms_for",
]
