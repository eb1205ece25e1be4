"""Background work of market data: historical syncs, retention, and the daily check of what is stored."""

from uuid import UUID

from celery import shared_task

from apps.core.actors import Actor
from apps.core.clock import now, now_ms
from apps.core.context import PUBLIC, in_schema
from apps.core.errors import LimitReached, Unavailable
from apps.trading.exchanges.operations import instrument_client
from apps.trading.exchanges.queries import get_venue, venue_settings
from apps.trading.market_data import queries
from apps.trading.market_data.gateways.history import CcxtHistory, HistoryPort
from apps.trading.market_data.operations.history import enqueue_sync, on_sync_queued, work_on
from apps.trading.market_data.operations.quality import check_series
from apps.trading.market_data.operations.ticks import apply_retention

DAY_MS = 86_400_000
KEEPER = Actor.system("market_data")


@shared_task(name="market_data.sync_history")  # type: ignore[untyped-decorator]  # celery ships no types
def sync_history(sync_id: str) -> None:
    """Do a turn of a sync. A message that comes twice does nothing twice: the lease decides."""
    with in_schema(PUBLIC):
        again = work_on(UUID(sync_id), connect)
    if again:
        enqueue_sync(UUID(sync_id))


@shared_task(name="market_data.sweep_syncs")  # type: ignore[untyped-decorator]
def sweep_syncs() -> None:
    """Every few seconds: hand out again the syncs whose worker or message was lost, or whose venue may be back."""
    with in_schema(PUBLIC):
        waiting = queries.list_abandoned_syncs(now())
    for sync_id in waiting:
        enqueue_sync(sync_id)


@shared_task(name="market_data.apply_retention")  # type: ignore[untyped-decorator]
def retain() -> None:
    """Every hour: join, roll up and drop stored trades and book samples."""
    with in_schema(PUBLIC):
        apply_retention(actor=KEEPER)


@shared_task(name="market_data.check_recent")  # type: ignore[untyped-decorator]
def check_recent() -> None:
    """Every night: check the last two days of every series and write their scores."""
    with in_schema(PUBLIC):
        for series in queries.list_series():
            end = min(series.last_ts + DAY_MS, now_ms())
            check_series(
                actor=KEEPER,
                symbol=series.symbol,
                interval=series.interval,
                start_ms=(end // DAY_MS - 2) * DAY_MS,
                end_ms=end,
                venue=series.venue,
            )


def connect(venue: str) -> HistoryPort:
    """Return the venue's history through ccxt, within the request budget all processes share. Raises VenueUnknown."""
    return CcxtHistory(
        get_venue(venue).ccxt_id,
        venue_settings(venue),
        meter=lambda client: instrument_client(client, venue=venue),
        not_sent=(LimitReached, Unavailable),
    )


def register() -> None:
    """Say how syncs reach the workers (called when the product starts)."""
    on_sync_queued(lambda sync_id: sync_history.delay(str(sync_id)))
