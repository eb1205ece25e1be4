"""What the pages of markets are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from apps.core.clock import from_ms
from apps.core.templatetags.ui import amount, signed_percent
from apps.core.view import Chart, Choice, Fact, Figure, State, level, result, share
from apps.trading.instruments.queries import get_spec, list_instruments, spec_of
from apps.trading.market_data import queries
from apps.trading.market_data.operations.panels import panel_rows
from kernel.instruments import INTERVALS, VOLUME_SCALE, Bars, InstrumentSpec

NAMES = {"BTC": "Bitcoin", "ETH": "Ether", "SOL": "Solana"}
INTERVAL_CHOICES = ("1m", "5m", "15m", "1h", "4h", "1d")
DEFAULT_INTERVAL = "5m"
DAY_MS = INTERVALS["1d"]
CHART_CANDLES = 300
SPARK_POINTS = 29
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class MarketRow:
    """A market in the list; figures of the last 24 hours of market time."""

    symbol: str
    pair: str
    name: str
    url: str
    price: str
    places: int
    change: Figure
    high: str
    low: str
    volume: str
    spark_points: str
    backtest_url: str


@dataclass(frozen=True, slots=True)
class MarketsPage:
    """The list."""

    note: str
    query: str
    rows: Sequence[MarketRow]


@dataclass(frozen=True, slots=True)
class SymbolPage:
    """One market with its chart and what the customer has on it."""

    symbol: str
    pair: str
    name: str
    interval: str
    places: int
    price: Figure
    change: Figure
    facts: Sequence[Fact]
    feed: State
    intervals: Sequence[Choice]
    chart: Chart
    markets_url: str
    backtest_url: str
    bot_url: str
    orders: Sequence[Any]
    positions: Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Day:
    """The last 24 hours; None where nothing is known."""

    last: Decimal | None
    change_percent: Decimal | None
    high: Decimal | None
    low: Decimal | None
    volume: Decimal | None
    spark_points: str
    as_of_ms: int | None


def markets_page(query: str) -> MarketsPage:
    """Return the list of markets that match a search."""
    rows = [_market_row(spec_of(instrument)) for instrument in list_instruments(query[:32])[:MOST_ROWS]]
    return MarketsPage(note=_note(), query=query, rows=rows)


def symbol_page(symbol: str, interval: str, owner_id: UUID) -> SymbolPage:
    """Return the page of a symbol. Raises UnknownSymbol; an interval without candles falls back to the default one."""
    spec = get_spec(symbol)
    places = _places(spec)
    available = [name for name in INTERVAL_CHOICES if name in queries.list_intervals(symbol)]
    chosen = interval if interval in available else DEFAULT_INTERVAL
    day, pair = _day(spec), _pair(spec)
    last = amount(day.last, places)
    return SymbolPage(
        symbol=spec.symbol,
        pair=pair,
        name="Spot",
        interval=chosen,
        places=places,
        price=level(day.last, places),
        change=share(day.change_percent),
        facts=[
            Fact("High", amount(day.high, places)),
            Fact("Low", amount(day.low, places)),
            Fact(f"Volume, {spec.base}", amount(day.volume, 0)),
        ],
        feed=_feed(symbol),
        intervals=[Choice(name, f"?{urlencode({'interval': name})}", name == chosen) for name in available],
        chart=Chart(
            symbol=spec.symbol,
            interval=chosen,
            limit=CHART_CANDLES,
            places=places,
            summary=f"{pair}, {chosen} candles. Last {last}, {signed_percent(day.change_percent)} in 24 hours.",
            live=True,
            marks=panel_rows("marks", owner_id, symbol),
        ),
        markets_url=reverse("markets"),
        backtest_url=_url("backtests-new", symbol),
        bot_url=_url("bots-new", symbol),
        orders=panel_rows("orders", owner_id, symbol),
        positions=panel_rows("positions", owner_id, symbol),
    )


def _market_row(spec: InstrumentSpec) -> MarketRow:
    day, places = _day(spec), _places(spec)
    return MarketRow(
        symbol=spec.symbol,
        pair=_pair(spec),
        name=NAMES.get(spec.base, spec.base),
        url=reverse("market", args=[spec.symbol]),
        price=amount(day.last, places),
        places=places,
        change=result(day.change_percent),
        high=amount(day.high, places),
        low=amount(day.low, places),
        volume=amount(day.volume, 0),
        spark_points=day.spark_points,
        backtest_url=_url("backtests-new", spec.symbol),
    )


def _day(spec: InstrumentSpec) -> _Day:
    bars = queries.latest_bars(spec.symbol, queries.BASE_INTERVAL, DAY_MS // INTERVALS[queries.BASE_INTERVAL])
    quote = queries.get_quote(spec.symbol)
    if not len(bars):
        known = None if quote is None else quote.last
        return _Day(known, None, None, None, None, "", None)
    last = spec.price(int(bars.close[-1])) if quote is None else quote.last
    opened = spec.price(int(bars.open[0]))
    return _Day(
        last=last,
        change_percent=(last - opened) / opened * 100,
        high=max(last, spec.price(int(bars.high.max()))),
        low=min(last, spec.price(int(bars.low.min()))),
        volume=Decimal(int(bars.volume.sum())) / VOLUME_SCALE,
        spark_points=_spark(bars),
        as_of_ms=int(bars.ts[-1]),
    )


def _spark(bars: Bars) -> str:
    """Return the closes as points in a 100 × 24 box, in integers of a tenth."""
    stride = max(1, len(bars) // SPARK_POINTS)
    closes = bars.close[::stride].tolist()
    low, high = min(closes), max(closes)
    span, width = max(high - low, 1), max(len(closes) - 1, 1)
    points = ((at * 1000 // width, 230 - (close - low) * 220 // span) for at, close in enumerate(closes))
    return " ".join(f"{x // 10}.{x % 10},{y // 10}.{y % 10}" for x, y in points)


def _note() -> str:
    newest = max((row.last_ts for row in queries.list_series()), default=None)
    return "" if newest is None else f"Recorded markets, replayed: {from_ms(newest):%-d %b %Y, %H:%M} UTC"


def _feed(symbol: str) -> State:
    quote = queries.get_quote(symbol)
    if quote is None:
        return State("warn", "No live price: the feed is silent")
    return State("warn", "Price is old") if quote.is_stale else State("good", "Sandbox, live")


def _pair(spec: InstrumentSpec) -> str:
    return f"{spec.base}/{spec.quote}"


def _places(spec: InstrumentSpec) -> int:
    """Return the digits after the point that a price on the tick grid needs."""
    return max(0, -int(spec.tick.as_tuple().exponent))


def _url(name: str, symbol: str) -> str:
    """Return the address of a page of an app above, with the symbol filled in; the markets page without it."""
    try:
        return f"{reverse(name)}?{urlencode({'symbol': symbol})}"
    except NoReverseMatch:
        return reverse("market", args=[symbol])
