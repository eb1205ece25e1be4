"""The markets and filters of a venue, kept for all processes; a change makes a new version."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import PUBLIC, in_schema
from apps.core.operation import operation
from apps.trading.exchanges.models import Venue, VenueMarkets
from apps.trading.exchanges.operations.connections import RECORD

FRESH = timedelta(hours=1)
FILTERS = ("id", "symbol", "type", "active", "precision", "limits", "taker", "maker", "contractSize")
"""What makes a version: a change of anything else of a market is none."""


class VenueMarketStore:
    """The kept markets of one venue, as a gateway asks for them."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    def load(self) -> Mapping[str, Any] | None:
        """Return the newest version while it was read within the hour, else None."""
        with in_schema(PUBLIC):
            newest = _newest(self._venue)
        if newest is None or newest.checked_at < now() - FRESH:
            return None
        found: dict[str, Any] = json.loads(zlib.decompress(bytes(newest.payload)))
        return found

    def keep(self, markets: Mapping[str, Any]) -> None:
        """Keep what was just read."""
        record_markets(actor=Actor.system("exchanges"), venue=self._venue, markets=markets)


@operation("exchanges.record_markets", permission=RECORD, trail=False)
def record_markets(*, actor: Actor, venue: Venue, markets: Mapping[str, Any]) -> int:
    """Keep the markets of a venue and return their version; the same again only renews the time of reading."""
    digest = digest_of(markets)
    with in_schema(PUBLIC):
        newest = _newest(venue)
        if newest is not None and newest.digest == digest:
            VenueMarkets.objects.filter(pk=newest.pk).update(checked_at=now())
            return newest.version
        version = 1 if newest is None else newest.version + 1
        payload = zlib.compress(json.dumps(markets, default=str).encode())
        try:
            with transaction.atomic():
                VenueMarkets.objects.create(
                    venue=venue, version=version, digest=digest, payload=payload, count=len(markets), checked_at=now()
                )
        except IntegrityError:  # another process read the same and was first
            return version
        return version


def digest_of(markets: Mapping[str, Any]) -> str:
    """Return SHA-256 over the filters of all markets, in the order of their symbols."""
    rows = [[markets[symbol].get(name) for name in FILTERS] for symbol in sorted(markets)]
    return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()


def _newest(venue: Venue) -> VenueMarkets | None:
    return VenueMarkets.objects.filter(venue=venue).order_by("-version").first()
