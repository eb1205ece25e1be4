"""What a taker pays at each venue, and where that is known from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from apps.core.shelves import Shelf
from apps.trading.exchanges.errors import VenueUnknown
from apps.trading.exchanges.queries import published_taker_fee
from apps.trading.instruments.queries import get_instrument
from apps.trading.market_data.choices import FeeSource

ASSUMED = Decimal("0.001")
PUBLISHED = Shelf("taker_fees", seconds=3_600)


@dataclass(frozen=True, slots=True)
class VenueFee:
    """A taker's share of the worth at a venue (0.001 = 0.1 %)."""

    venue: str
    taker: Decimal
    source: FeeSource


def list_taker_fees(symbol: str, venues: Iterable[str], own: Mapping[str, Decimal] | None = None) -> list[VenueFee]:
    """Return the taker fee at each venue: the customer's `own`, else the published one, else 0.1 %.

    Raises UnknownSymbol.
    """
    instrument = get_instrument(symbol)
    pair = f"{instrument.base}/{instrument.quote}"
    return [_fee(venue, pair, own or {}) for venue in sorted(venues)]


def _fee(venue: str, pair: str, own: Mapping[str, Decimal]) -> VenueFee:
    if venue in own:
        return VenueFee(venue, own[venue], FeeSource.OWN)
    text: str = PUBLISHED.get(f"{venue}.{pair}", lambda: _published(venue, pair))
    return VenueFee(venue, Decimal(text), FeeSource.PUBLISHED) if text else VenueFee(venue, ASSUMED, FeeSource.ASSUMED)


def _published(venue: str, pair: str) -> str:
    try:
        fee = published_taker_fee(venue, pair)
    except VenueUnknown:
        return ""
    return "" if fee is None else f"{fee:f}"
