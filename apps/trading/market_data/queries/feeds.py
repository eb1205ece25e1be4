"""Which processes feed the market data, and what each of them leads."""

from dataclasses import dataclass
from datetime import datetime

from apps.core.clock import now
from apps.trading.market_data.choices import PRESENCE
from apps.trading.market_data.models import FeedLease


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """A group of streams: who leads it, how often it changed hands, and whether the lease still runs."""

    name: str
    owner: str
    epoch: int
    until: datetime
    is_led: bool


def list_feeds() -> list[FeedFacts]:
    """Return the groups of streams by name; of one that nobody leads the owner is the last one."""
    present = now()
    rows = FeedLease.objects.exclude(name__startswith=PRESENCE).order_by("name")
    return [FeedFacts(row.name, row.owner, row.epoch, row.until, row.until > present) for row in rows]


def count_feed_processes() -> int:
    """Return how many feed processes said within the length of a lease that they are there."""
    return FeedLease.objects.filter(name__startswith=PRESENCE, until__gt=now()).count()
