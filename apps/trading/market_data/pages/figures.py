"""What several pages of markets need: the day of a symbol, its digits, its addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from apps.trading.market_data import queries
from apps.trading.market_data.day_figures import day_figures
from kernel.instruments import InstrumentSpec


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours; None where nothing is known."""

    last: Decimal | None
    change_percent: Decimal | None
    high: Decimal | None
    low: Decimal | None
    volume: Decimal | None
    spark_points: str


def day_of(spec: InstrumentSpec) -> Day:
    """Return the day of a symbol: candles, with the newest quote on top."""
    day, quote = day_figures(spec.symbol), queries.get_quote(spec.symbol)
    if day is None:
        known = None if quote is None else quote.last
        return Day(known, None if quote is None else quote.change_percent, None, None, None, "")
    last = day.last if quote is None else quote.last
    return Day(
        last=last,
        change_percent=(last - day.opened) / day.opened * 100,
        high=max(last, day.high),
        low=min(last, day.low),
        volume=day.volume,
        spark_points=_spark(day.closes),
    )


def pair_of(spec: InstrumentSpec) -> str:
    """Return "BTC/USDT"."""
    return f"{spec.base}/{spec.quote}"


def places_of(spec: InstrumentSpec) -> int:
    """Return the digits after the point that a price on the tick grid needs."""
    return max(0, -int(spec.tick.as_tuple().exponent))


def size_places_of(spec: InstrumentSpec) -> int:
    """Return the digits after the point that a quantity on the lot grid needs."""
    return max(0, -int(spec.lot.as_tuple().exponent))


def url_of(name: str, symbol: str) -> str:
    """Return the address of a page of an app above, with the symbol filled in; the markets page without it."""
    try:
        return f"{reverse(name)}?{urlencode({'symbol': symbol})}"
    except NoReverseMatch:
        return reverse("market", args=[symbol])


def _spark(closes: Sequence[int]) -> str:
    """Return the closes as points in a 100 × 24 box, in integers of a tenth."""
    low, high = min(closes), max(closes)
    span, width = max(high - low, 1), max(len(closes) - 1, 1)
    points = ((at * 1000 // width, 230 - (close - low) * 220 // span) for at, close in enumerate(closes))
    return " ".join(f"{x // 10}.{x % 10},{y // 10}.{y % 10}" for x, y in points)
