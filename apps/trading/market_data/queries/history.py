"""Reading historical syncs."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.trading.market_data.choices import OPEN_SYNCS, SyncState
from apps.trading.market_data.errors import SyncMissing
from apps.trading.market_data.models import HistorySync


def get_sync(sync_id: UUID) -> HistorySync:
    """Return a sync, or raise SyncMissing."""
    found = HistorySync.objects.filter(pk=sync_id).first()
    if found is None:
        raise SyncMissing
    return found


def list_syncs() -> QuerySet[HistorySync]:
    """Return the syncs, newest first."""
    return HistorySync.objects.order_by("-id")


def list_abandoned_syncs(at: datetime) -> list[UUID]:
    """Return the open syncs that no worker holds at a moment, and that do not wait for the venue."""
    free = Q(state=SyncState.QUEUED) | Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    due = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    return list(
        HistorySync.objects.filter(free & due, state__in=OPEN_SYNCS).order_by("id").values_list("id", flat=True)
    )
