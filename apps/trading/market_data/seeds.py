"""First rows: instruments, and the bundled candles up to where the sandbox exchange begins."""

from pathlib import Path

from django.conf import settings

from apps.core.actors import Actor
from apps.core.seeding import seeds_public
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data.operations import import_candles
from apps.trading.market_data.operations.adjusting import seed_closures
from apps.trading.market_data.operations.ticks import seed_retention
from apps.trading.market_data.queries import BASE_INTERVAL, get_series
from apps.trading.sandbox.queries import replay_start_ms
from kernel.instruments import INTERVALS


@seeds_public("instruments.instruments", order=200)
def instruments() -> None:
    """Make the instruments."""
    seed_instruments()


@seeds_public("market_data.retention", order=215)
def retention() -> None:
    """Make the retention policies."""
    seed_retention()


@seeds_public("market_data.closures", order=216)
def closures() -> None:
    """Enter the holidays of exchanges."""
    seed_closures()


@seeds_public("market_data.candles", order=220)
def bundled_candles() -> None:
    """Import what is bundled and not stored yet; the feed appends what the sandbox exchange closes after its start."""
    end = replay_start_ms()
    for path in sorted(Path(settings.CANDLES_DIR).glob("*.npz")):
        series = get_series(path.name.partition("_")[0], BASE_INTERVAL)
        if series is None or series.last_ts < end - INTERVALS[BASE_INTERVAL]:
            import_candles(actor=Actor.system("seed"), path=path, end_ms=end)
