"""The list of markets, in the order that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.core.clock import from_ms
from apps.core.templatetags.ui import amount
from apps.core.view import Choice, PricedRow, result
from apps.trading.instruments.queries import Instrument, list_instruments, search_instruments, spec_of
from apps.trading.market_data import queries
from apps.trading.market_data.pages.figures import Day, day_of, pair_of, places_of, url_of

MOST_ROWS = 200
COLUMNS = (
    ("market", "Market", ""),
    ("price", "Price", "end"),
    ("change", "24 h, %", "end"),
    ("high", "High", "end desktop-only"),
    ("low", "Low", "end desktop-only"),
    ("volume", "Volume, 24 h", "end desktop-only"),
)
"""Key of the order, words, classes of the cell."""
CLASSES = (("", "All"), ("crypto", "Crypto"), ("forex", "Forex"), ("stock", "Stocks"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, with anything unknown left out."""

    query: str = ""
    sort: str = ""
    descending: bool = False
    asset_class: str = ""

    @classmethod
    def of(cls, given: Any) -> "Asked":
        """Read the parameters of an address."""
        sort, kind = given.get("sort", ""), given.get("class", "")
        return cls(
            query=given.get("q", "").replace("\x00", "").strip()[:32],
            sort=sort if sort in {key for key, _, _ in COLUMNS} else "",
            descending=given.get("order") == "desc",
            asset_class=kind if kind in {key for key, _ in CLASSES} else "",
        )

    def url(self, **changes: str) -> str:
        """Return the address of the list with some parameters changed."""
        parts = {
            "q": self.query,
            "class": self.asset_class,
            "sort": self.sort,
            "order": "desc" if self.descending else "",
            **changes,
        }
        return f"?{urlencode({name: text for name, text in parts.items() if text})}"


@dataclass(frozen=True, slots=True)
class Column:
    """A head of the table: its address sorts by it; `sorted` is ascending, descending or empty."""

    label: str
    classes: str
    url: str
    sorted: str


@dataclass(frozen=True, slots=True)
class MarketRow(PricedRow):
    """A market in the list; figures of the last 24 hours of market time."""

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
    columns: Sequence[Column]
    classes: Sequence[Choice]
    arbitrage_url: str


def markets_page(asked: Asked) -> MarketsPage:
    """Return the list of markets that match a search, in the wanted order; unknown figures come last."""
    if asked.query:
        found = search_instruments(asked.query, asset_class=asked.asset_class, limit=MOST_ROWS)
    else:
        found = list(list_instruments(asset_class=asked.asset_class)[:MOST_ROWS])
    days = [(instrument, day_of(spec_of(instrument))) for instrument in found]
    if asked.sort:
        days = _sorted(days, asked)
    return MarketsPage(
        note=_note(),
        query=asked.query,
        rows=[_row(instrument, day) for instrument, day in days],
        columns=[_column(key, label, classes, asked) for key, label, classes in COLUMNS],
        classes=[Choice(label, asked.url(**{"class": key}), key == asked.asset_class) for key, label in CLASSES],
        arbitrage_url=reverse("arbitrage"),
    )


def _sorted(days: list[tuple[Instrument, Day]], asked: Asked) -> list[tuple[Instrument, Day]]:
    def key(pair: tuple[Instrument, Day]) -> Any:
        day = pair[1]
        values: dict[str, Any] = {
            "market": pair[0].symbol,
            "price": day.last,
            "change": day.change_percent,
            "high": day.high,
            "low": day.low,
            "volume": day.volume,
        }
        return values[asked.sort]

    known = sorted((pair for pair in days if key(pair) is not None), key=key, reverse=asked.descending)
    return known + [pair for pair in days if key(pair) is None]


def _column(key: str, label: str, classes: str, asked: Asked) -> Column:
    is_sorted = asked.sort == key
    # Numbers begin with the largest, names with A; the next click turns it round.
    starts_down = key != "market"
    down = not asked.descending if is_sorted else starts_down
    state = ("descending" if asked.descending else "ascending") if is_sorted else ""
    return Column(label, classes, asked.url(sort=key, order="desc" if down else ""), state)


def _row(instrument: Instrument, day: Day) -> MarketRow:
    spec = spec_of(instrument)
    places = places_of(spec)
    volume: Decimal | None = day.volume
    return MarketRow(
        symbol=spec.symbol,
        pair=pair_of(spec),
        name=instrument.name or spec.base,
        url=reverse("market", args=[spec.symbol]),
        price=amount(day.last, places),
        places=places,
        change=result(day.change_percent),
        high=amount(day.high, places),
        low=amount(day.low, places),
        volume=amount(volume, 0),
        spark_points=day.spark_points,
        backtest_url=url_of("backtests-new", spec.symbol),
    )


def _note() -> str:
    newest = max((row.last_ts for row in queries.list_series()), default=None)
    return "" if newest is None else f"Recorded markets, replayed: {from_ms(newest):%-d %b %Y, %H:%M} UTC"
