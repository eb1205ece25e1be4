"""Market data at the desks: what is stored for staff of tenants, who feeds it for the platform."""

from typing import ClassVar

from django.contrib import admin

from apps.core.clock import from_ms
from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, desk_admin
from apps.trading.market_data.models import CandleChunk, CandleSeries, FeedLease, StreamSubscription


@desk_admin(CandleSeries)
class CandleSeriesAdmin(DeskAdmin):
    """Stored series with their range."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "interval", "first", "newest"]

    @admin.display(description="First candle")
    def first(self, row: CandleSeries) -> str:
        """Return the open time of the first candle."""
        return _moment(row.first_ts)

    @admin.display(description="Newest candle")
    def newest(self, row: CandleSeries) -> str:
        """Return the open time of the newest candle."""
        return _moment(row.last_ts)


@desk_admin(CandleChunk, site="console")
class CandleChunkAdmin(LedgerAdmin):
    """Sealed slots and their corrections."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "interval", "start_ts", "version", "count", "reason", "created_at"]
    list_filter: ClassVar = ["symbol", "interval"]
    exclude: ClassVar = ["payload"]


@desk_admin(StreamSubscription, site="console")
class StreamSubscriptionAdmin(DeskAdmin):
    """Which bots are woken by which stream."""

    desk = Desk.TRADING
    list_display: ClassVar = ["stream", "schema", "bot_id"]


@desk_admin(FeedLease, site="console")
class FeedLeaseAdmin(DeskAdmin):
    """Who feeds what."""

    desk = Desk.TRADING
    list_display: ClassVar = ["name", "owner", "epoch", "until"]


def _moment(ms: int | None) -> str:
    return "–" if ms is None else f"{from_ms(ms):%Y-%m-%d %H:%M}"
