"""Keeping what was measured, so that yesterday's figure can be looked up with its definition and source."""

from datetime import timedelta
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.trading.risk.errors import NothingMeasured
from apps.trading.risk.measuring import figures_of, load_portfolio, measure
from apps.trading.risk.models import RiskMeasure
from apps.trading.risk.operations.permissions import CLAIM
from apps.trading.risk.valuing import Prices

EVERY = timedelta(hours=1)
"""The monitor keeps one row an hour for each portfolio."""


@operation("risk.store_measures", permission=CLAIM, trail=False)
def store_measures(
    *, actor: Actor, owner_id: UUID, is_live: bool, prices: Prices | None = None, every: timedelta = EVERY
) -> RiskMeasure | None:
    """Measure a customer's portfolio and keep the figures; None without anything to measure, or when just done."""
    newest = RiskMeasure.objects.filter(owner_id=owner_id, is_live=is_live).order_by("-id").first()
    if newest is not None and now() - newest.at < every:
        return None
    portfolio = load_portfolio(owner_id, is_live=is_live, prices=prices)
    try:
        found = measure(portfolio)
    except NothingMeasured:
        return None
    return RiskMeasure.objects.create(
        owner_id=owner_id,
        is_live=is_live,
        at=portfolio.at,
        definition=found.definition[:300],
        source=found.source[:300],
        worth=portfolio.gross,
        figures=figures_of(found),
    )
