"""Taking candles and prices from a provider of stocks and forex."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from apps.core.actors import Actor
from apps.core.clock import now_ms
from apps.core.live import publish
from apps.core.live.publishing import client
from apps.trading.instruments.queries import get_instrument, spec_of
from apps.trading.market_data import packing
from apps.trading.market_data.gateways.quote_cache import EXPIRY_SECONDS, key_of, to_text
from apps.trading.market_data.operations.quality import ReceiveReport, receive_candles
from apps.trading.market_data.providers import PriceProvider, ProviderBar, ProviderQuote
from apps.trading.market_data.providers.errors import ProviderRefused
from kernel.instruments import INTERVALS, VOLUME_SCALE, InstrumentSpec

PAGE = 4_000
"""Candles of one request: below what the provider gives at most."""


@dataclass(frozen=True, slots=True)
class ProvidedReport:
    """How many candles a provider gave, in how many requests, and what became of them."""

    symbol: str
    interval: str
    candles: int
    requests: int
    stored: tuple[ReceiveReport, ...]


def take_history(
    *, actor: Actor, provider: PriceProvider, symbol: str, interval: str, start_ms: int, end_ms: int
) -> ProvidedReport:
    """Ask a provider for closed candles and store them, page by page; safe to repeat and to break off.

    What cannot be trusted is held back as with any venue. Prices between two ticks go to the nearer one (half to
    even). Raises UnknownSymbol and the errors of providers; pages that were stored stay.
    """
    instrument = get_instrument(symbol)
    spec, step = spec_of(instrument), INTERVALS[interval]
    end = min(end_ms, now_ms() // step * step)
    at, candles, requests = start_ms // step * step, 0, 0
    stored = []
    while at < end:
        until = min(end, at + PAGE * step)
        found = provider.history(instrument, interval, at, until)
        requests += 1
        candles += len(found)
        if any(bar.ts % step for bar in found):
            raise ProviderRefused(
                provider=provider.name, why=f"its candles of {interval} begin off the full {interval}"
            )
        bars = packing.from_rows([_row(bar, spec) for bar in found])
        report = receive_candles(actor=actor, symbol=symbol, interval=interval, bars=bars, reason=provider.name)
        stored.append(report)
        at = until
    return ProvidedReport(symbol, interval, candles, requests, tuple(stored))


def show_price(quote: ProviderQuote, spec: InstrumentSpec) -> dict[str, str | None]:
    """Put a provider's price into the quote cache and on its topic; without bid and ask both are the last price."""
    digits = Decimal(spec.tick)
    bid, last, ask = (f"{_near(value or quote.last, digits):f}" for value in (quote.bid, quote.last, quote.ask))
    change = None if quote.change_percent is None else f"{quote.change_percent:f}"
    data = {"bid": bid, "ask": ask, "last": last, "at": str(now_ms()), "change_percent": change}
    client().set(key_of(quote.symbol), to_text(data), ex=EXPIRY_SECONDS)  # type: ignore[arg-type]  # change may be None
    publish(f"quotes.{quote.symbol}", data)
    return data


def follow_prices(*, provider: PriceProvider, symbols: Sequence[str], most: int | None = None) -> int:
    """Show a provider's streamed prices until its stream ends (`most`: after so many); return how many were shown."""
    instruments = [get_instrument(symbol) for symbol in symbols]
    specs = {row.symbol: spec_of(row) for row in instruments}
    shown = 0
    for quote in provider.stream(instruments):
        show_price(quote, specs[quote.symbol])
        shown += 1
        if most is not None and shown >= most:
            break
    return shown


def _row(bar: ProviderBar, spec: InstrumentSpec) -> tuple[int, ...]:
    prices = (int(_near(price, spec.tick) / spec.tick) for price in (bar.open, bar.high, bar.low, bar.close))
    volume = int((bar.volume * VOLUME_SCALE).to_integral_value(ROUND_HALF_EVEN))
    return (bar.ts, *prices, volume)


def _near(price: Decimal, tick: Decimal) -> Decimal:
    """Return the price on the grid that is nearest."""
    return (price / tick).to_integral_value(ROUND_HALF_EVEN) * tick
