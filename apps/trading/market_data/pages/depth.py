"""The parts of a symbol's page that the feed fills: book, tape, statistics, venues."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.clock import from_ms
from apps.core.templatetags.ui import amount, signed
from apps.core.view import Figure, State, portion
from apps.trading.market_data import queries

LEVELS = 8
PRINTS = 18
STATISTICS = (
    ("spread_bps", "Spread, bp", "fixed:2", 2),
    ("imbalance", "Imbalance", "signed:2", 2),
    ("depth_bid", "Bids, base", "fixed:2", 2),
    ("depth_ask", "Asks, base", "fixed:2", 2),
    ("vwap", "VWAP", "fixed:P", None),
    ("twap", "TWAP", "fixed:P", None),
    ("pressure", "Trade pressure", "signed:2", 2),
    ("ofi", "Order-flow imbalance", "signed:2", 2),
    ("kyle_lambda", "Kyle's lambda", "fixed:4", 4),
    ("volatility", "Realised volatility, %", "fixed:2", 2),
    ("index", "Index over venues", "fixed:P", None),
    ("trades", "Trades counted", "text", 0),
)
"""Field of the topic, words, format of live.js (P: the digits of the price), digits of the first text."""


@dataclass(frozen=True, slots=True)
class LadderRow:
    """A level: price, size, sum from the best, and the sum in per mille of the deepest side."""

    price: str
    size: str
    total: str
    per_mille: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """A book; `asks` and `bids` best first; empty when nothing is known."""

    asks: Sequence[LadderRow]
    bids: Sequence[LadderRow]
    spread: str
    state: State
    size_places: int


@dataclass(frozen=True, slots=True)
class PrintRow:
    """A public trade."""

    time: str
    price: str
    size: str
    side: str


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """A derived figure that the topic keeps alive."""

    field: str
    label: str
    text: str
    format: str


@dataclass(frozen=True, slots=True)
class VenueRow:
    """One venue's best prices."""

    venue: str
    bid: str
    ask: str
    last: str
    spread: Figure
    volume: str
    state: State
    is_best_bid: bool
    is_best_ask: bool


def ladder(symbol: str, places: int, size_places: int) -> Ladder:
    """Return the book of the home venue."""
    book = queries.get_book(symbol)
    if book is None or not (book.bids and book.asks):
        return Ladder([], [], "–", State("off", "No book: the feed is silent"), size_places)
    asks, bids = book.asks[:LEVELS], book.bids[:LEVELS]
    deepest = max(sum((size for _, size in side), Decimal(0)) for side in (asks, bids))
    state = State("warn", "Old") if book.is_stale else State("good", "Live")
    spread = book.asks[0][0] - book.bids[0][0]
    rows = [_levels(side, deepest, places, size_places) for side in (asks, bids)]
    return Ladder(rows[0], rows[1], amount(spread, places), state, size_places)


def tape(symbol: str, places: int, size_places: int) -> list[PrintRow]:
    """Return the newest trades, newest first."""
    return [
        PrintRow(
            time=f"{from_ms(row.ts):%H:%M:%S}",
            price=amount(row.price, places),
            size=amount(row.quantity, size_places),
            side="sell" if row.is_sell else "buy",
        )
        for row in queries.list_prints(symbol, PRINTS)
    ]


def statistics(symbol: str, places: int) -> list[StatisticRow]:
    """Return the derived figures; a dash where nothing is known."""
    known = queries.get_statistics(symbol) or {}
    return [
        StatisticRow(
            field=field,
            label=label,
            text=(signed if form.startswith("signed") else amount)(
                known.get(field), places if digits is None else digits
            ),
            format=form.replace("P", str(places)),
        )
        for field, label, form, digits in STATISTICS
    ]


def venues(symbol: str, places: int) -> list[VenueRow]:
    """Return the venues side by side, the best prices marked."""
    whole = queries.get_consolidated(symbol)
    return [
        VenueRow(
            venue=quote.venue,
            bid=amount(quote.bid, places),
            ask=amount(quote.ask, places),
            last=amount(quote.last, places),
            spread=portion(_spread(quote), 3),
            volume=amount(quote.volume, 0),
            state=State("warn", "Old") if quote.is_stale else State("good", "Live"),
            is_best_bid=whole is not None and not quote.is_stale and quote.bid == whole.bid,
            is_best_ask=whole is not None and not quote.is_stale and quote.ask == whole.ask,
        )
        for quote in queries.list_venue_quotes(symbol)
    ]


def _spread(quote: queries.VenueQuote) -> Decimal | None:
    middle = (quote.bid + quote.ask) / 2
    return (quote.ask - quote.bid) / middle * 100 if middle > 0 else None


def _levels(
    side: Sequence[tuple[Decimal, Decimal]], deepest: Decimal, places: int, size_places: int
) -> list[LadderRow]:
    rows, total = [], Decimal(0)
    for price, size in side:
        total += size
        rows.append(
            LadderRow(
                price=amount(price, places),
                size=amount(size, size_places),
                total=amount(total, size_places),
                per_mille=int(total * 1000 / deepest) if deepest else 0,
            )
        )
    return rows
