"""Prices by the table of rates that staff enter and import, the other way round and through US dollars too."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from apps.finance.wallets.models import FiatRate
from apps.finance.wallets.prices import Price, chain, inverse

HUB = "USD"
History = list[Price]
"""Prices of one pair, oldest first."""


class FiatTable:
    """A price source over FiatRate. Of a pair and its inverse the newer row counts."""

    def price(self, asset: str, quote: str, at: datetime) -> Price | None:
        """Return the newest rate at or before `at`."""
        return self.prices(asset, quote, [at])[0]

    def prices(self, asset: str, quote: str, moments: Sequence[datetime]) -> list[Price | None]:
        """Return the newest rates at or before the moments; where there is none, through US dollars."""
        until = moments[-1] if moments else None
        direct = _history(asset, quote, until)
        found = [_newest(direct, at) for at in moments]
        if HUB in (asset, quote) or all(found):
            return found
        first, second = _history(asset, HUB, until), _history(HUB, quote, until)
        return [
            price or _through(_newest(first, at), _newest(second, at)) for price, at in zip(found, moments, strict=True)
        ]


def _history(asset: str, quote: str, until: datetime | None) -> History:
    pair = Q(base_id=asset, quote_id=quote) | Q(base_id=quote, quote_id=asset)
    rows = FiatRate.objects.filter(pair)
    if until is not None:
        rows = rows.filter(as_of__lte=until)
    found = []
    for row in rows.order_by("as_of", "id"):
        said = Price(row.rate.normalize(), row.source, row.as_of)
        found.append(said if row.base_id == asset else inverse(said))
    return found


def _newest(history: History, at: datetime) -> Price | None:
    place = bisect_right(history, at, key=lambda price: price.as_of)
    return history[place - 1] if place else None


def _through(first: Price | None, second: Price | None) -> Price | None:
    return chain(first, second) if first is not None and second is not None else None
