"""What the page of one market is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from apps.core.clock import now_ms
from apps.core.templatetags.ui import amount, signed_percent
from apps.core.view import Chart, Choice, Fact, Figure, State, level, share
from apps.trading.instruments.queries import get_instrument, is_open, list_watchlists, spec_of
from apps.trading.market_data import queries
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.operations.panels import panel_rows
from apps.trading.market_data.pages import depth
from apps.trading.market_data.pages.figures import day_of, pair_of, places_of, size_places_of, url_of

INTERVAL_CHOICES = ("1m", "5m", "15m", "1h", "4h", "1d")
DEFAULT_INTERVAL = "5m"
CHART_CANDLES = 300


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
    alert_url: str
    arbitrage_url: str
    watch: Sequence[Choice]
    orders: Sequence[Any]
    positions: Sequence[Any]
    tickets: Sequence[Any]
    ladder: depth.Ladder
    tape: Sequence[depth.PrintRow]
    statistics: Sequence[depth.StatisticRow]
    venues: Sequence[depth.VenueRow]


def symbol_page(symbol: str, interval: str, owner_id: UUID) -> SymbolPage:
    """Return the page of a symbol. Raises UnknownSymbol; an interval without candles falls back to the default one."""
    instrument = get_instrument(symbol)
    spec = spec_of(instrument)
    places, sizes = places_of(spec), size_places_of(spec)
    available = [name for name in INTERVAL_CHOICES if name in queries.list_intervals(symbol)]
    chosen = interval if interval in available else DEFAULT_INTERVAL
    day, pair = day_of(spec), pair_of(spec)
    last = amount(day.last, places)
    return SymbolPage(
        symbol=spec.symbol,
        pair=pair,
        name="Spot" if instrument.asset_class == "crypto" else instrument.get_asset_class_display(),
        interval=chosen,
        places=places,
        price=level(day.last, places),
        change=share(day.change_percent),
        facts=[
            Fact("High", amount(day.high, places)),
            Fact("Low", amount(day.low, places)),
            Fact(f"Volume, {spec.base}", amount(day.volume, 0)),
        ],
        feed=_feed(symbol) if is_open(instrument, now_ms()) else State("off", "Market closed"),
        intervals=[Choice(name, f"?{urlencode({'interval': name})}", name == chosen) for name in available],
        chart=Chart(
            symbol=spec.symbol,
            interval=chosen,
            limit=CHART_CANDLES,
            places=places,
            summary=f"{pair}, {chosen} candles. Last {last}, {signed_percent(day.change_percent)} in 24 hours.",
            live=True,
            marks=panel_rows("marks", owner_id, symbol),
            lines=panel_rows("lines", owner_id, symbol),
        ),
        markets_url=reverse("markets"),
        backtest_url=url_of("backtests-new", symbol),
        bot_url=url_of("bots-new", symbol),
        alert_url=url_of("alerts", symbol),
        arbitrage_url=url_of("arbitrage", symbol),
        watch=[Choice(row.name, reverse("watchlist", args=[row.pk])) for row in list_watchlists(owner_id)],
        orders=panel_rows("orders", owner_id, symbol),
        positions=panel_rows("positions", owner_id, symbol),
        tickets=panel_rows("tickets", owner_id, symbol),
        ladder=depth.ladder(symbol, places, sizes),
        tape=depth.tape(symbol, places, sizes),
        statistics=depth.statistics(symbol, places),
        venues=depth.venues(symbol, places),
    )


def _feed(symbol: str) -> State:
    quote = queries.get_quote(symbol)
    if quote is None:
        return State("warn", "No live price: the feed is silent")
    if quote.is_stale or queries.is_market_stale(symbol):
        return State("warn", "Price is old")
    return State("good", f"{HOME_VENUE.capitalize()}, live")
