"""Noting what portfolios are worth: once a minute, rolled up to hours and days as they go."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.trading.portfolios import queries
from apps.trading.portfolios.choices import Resolution
from apps.trading.portfolios.models import NavSample, Portfolio
from apps.trading.portfolios.operations.keeping import bring_up
from apps.trading.portfolios.operations.permissions import RUN
from apps.trading.portfolios.valuing import Prices

KEPT = {Resolution.MINUTE: timedelta(days=2), Resolution.HOUR: timedelta(days=90)}


@operation("portfolios.sample", permission=RUN, trail=False)
def sample_portfolio(*, actor: Actor, portfolio_id: UUID, prices: dict[str, Prices] | None = None) -> bool:
    """Note what a portfolio is worth now; return whether it could be valued.

    One value a minute, hour and day: the same minute again replaces its value, an older look replaces nothing. Without
    a price for everything in it, nothing is noted.
    """
    row = Portfolio.objects.filter(pk=portfolio_id, archived_at__isnull=True).first()
    if row is None:
        return False
    if row.is_default:
        bring_up(row)
    row = Portfolio.objects.select_for_update().get(pk=row.pk)
    known = (prices if prices is not None else {}).setdefault(row.currency, Prices(row.currency))
    value, _ = queries.value_now(row, known)
    if value is None:
        return False
    moment = now()
    for resolution in Resolution:
        _note(row, resolution, moment, value)
    row.sampled_at = moment
    row.save(update_fields=["sampled_at"])
    for resolution, kept in KEPT.items():
        NavSample.objects.filter(portfolio=row, resolution=resolution, at__lt=moment - kept).delete()
    return True


def span_start(moment: datetime, resolution: str) -> datetime:
    """Return the start of the minute, hour or day (UTC) that a moment lies in."""
    start = moment.replace(second=0, microsecond=0)
    if resolution == Resolution.MINUTE:
        return start
    start = start.replace(minute=0)
    return start if resolution == Resolution.HOUR else start.replace(hour=0)


def _note(row: Portfolio, resolution: Resolution, moment: datetime, value: object) -> None:
    facts = {"value": value, "units": row.units, "epoch": row.epoch, "seen_at": moment}
    with transaction.atomic():
        sample, is_new = NavSample.objects.get_or_create(
            portfolio=row, resolution=resolution, at=span_start(moment, resolution), defaults=facts
        )
        if not is_new and sample.seen_at < moment:
            NavSample.objects.filter(pk=sample.pk).update(**facts)
