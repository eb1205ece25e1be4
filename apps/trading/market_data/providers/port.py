"""What a provider of prices can be asked. Amounts are Decimal, times Unix ms (UTC); symbols are ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from apps.trading.instruments.queries import Instrument


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan allows, in credits."""

    per_minute: int
    per_day: int


@dataclass(frozen=True, slots=True)
class ProviderBar:
    """A closed candle: open time and prices in quote, volume in base (shares, units)."""

    ts: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class ProviderQuote:
    """A price: `at` is when the provider saw it; bid and ask where the provider has them."""

    symbol: str
    last: Decimal
    at: int
    bid: Decimal | None = None
    ask: Decimal | None = None
    change_percent: Decimal | None = None


class PriceProvider(Protocol):
    """One source."""

    name: str
    limits: Limits

    def history(self, instrument: Instrument, interval: str, start_ms: int, end_ms: int) -> list[ProviderBar]:
        """Return the candles that open in [start, end), oldest first; one request. Raises its errors."""
        ...

    def quote(self, instrument: Instrument) -> ProviderQuote:
        """Return the present price; one request."""
        ...

    def stream(self, instruments: Sequence[Instrument]) -> Iterator[ProviderQuote]:
        """Yield prices as they come until the stream ends; ends with an error of this package or of core.outbound."""
        ...
