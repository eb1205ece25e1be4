"""Differences of price between venues, after fees."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.urls import reverse

from apps.core.clock import now_ms, to_ms
from apps.core.templatetags.ui import amount
from apps.core.view import Choice, Curve, Figure, Stat, State, level, share
from apps.trading.instruments.queries import get_spec, list_instruments
from apps.trading.market_data import queries
from apps.trading.market_data.operations.panels import own_fees
from apps.trading.market_data.pages import depth
from apps.trading.market_data.pages.figures import pair_of, places_of, size_places_of

MOST_PAIRS = 60
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class PairRow:
    """Buying here and selling there at once."""

    buy_venue: str
    buy_price: str
    sell_venue: str
    sell_price: str
    size: str
    fees: str
    gross: Figure
    net: Figure


@dataclass(frozen=True, slots=True)
class FeeRow:
    """What a taker pays at a venue, and where that is known from."""

    venue: str
    taker: str
    source: str


@dataclass(frozen=True, slots=True)
class ArbitragePage:
    """One symbol over all venues."""

    symbol: str
    pair: str
    choices: Sequence[Choice]
    stats: Sequence[Stat]
    state: State
    venues: Sequence[depth.VenueRow]
    pairs: Sequence[PairRow]
    fees: Sequence[FeeRow]
    history: Curve | None
    markets_url: str


def arbitrage_page(symbol: str, owner_id: UUID) -> ArbitragePage:
    """Return the venues of a symbol side by side. An empty text is the first symbol; raises UnknownSymbol."""
    symbols = [row.symbol for row in list_instruments(asset_class="crypto")[:50]]
    wanted = symbol or (symbols[0] if symbols else "")
    choices = [Choice(name, f"?symbol={name}", name == wanted) for name in symbols]
    if not wanted:
        return ArbitragePage("", "", choices, [], State("off", "No markets yet"), [], [], [], None, reverse("markets"))
    spec = get_spec(wanted)
    places, sizes = places_of(spec), size_places_of(spec)
    whole = queries.get_consolidated(wanted)
    shown = depth.venues(wanted, places)
    known = queries.list_taker_fees(wanted, [row.venue for row in shown], own_fees(owner_id))
    fees = {row.venue: row.taker for row in known}
    found = queries.list_arbitrage(wanted, fees)
    paying = sum(row.net_percent > 0 for row in found)
    stats = [] if whole is None else [
        Stat("Best bid", level(whole.bid, places), whole.bid_venue.capitalize()),
        Stat("Best ask", level(whole.ask, places), whole.ask_venue.capitalize()),
        Stat("Index price", level(whole.index, places), f"{whole.venues} venue{'s' if whole.venues != 1 else ''}"),
        Stat("Best pair after fees", share(found[0].net_percent if found else None, 3)),
    ]  # fmt: skip
    return ArbitragePage(
        symbol=wanted,
        pair=pair_of(spec),
        choices=choices,
        stats=stats,
        state=_state(whole is not None, len(found), paying),
        venues=shown,
        pairs=[
            PairRow(
                buy_venue=row.buy_venue,
                buy_price=amount(row.buy_price, places),
                sell_venue=row.sell_venue,
                sell_price=amount(row.sell_price, places),
                size=amount(row.size, sizes),
                fees=f"{_percent(fees[row.buy_venue])} + {_percent(fees[row.sell_venue])}",
                gross=share(row.gross_percent, 3),
                net=share(row.net_percent, 3),
            )
            for row in found[:MOST_PAIRS]
        ],
        fees=[FeeRow(row.venue, _percent(row.taker), str(row.source.label)) for row in known],
        history=_history(wanted, spec.base),
        markets_url=reverse("markets"),
    )


def _percent(fee: Decimal) -> str:
    return f"{amount(fee * 100, 3)} %"


def _history(symbol: str, base: str) -> Curve | None:
    """Return what the best pair would have brought over the last day; None before there are two samples."""
    present = now_ms()
    samples = queries.list_arbitrage_history(symbol, present - DAY_MS, present)[::-1]
    if len(samples) < 2:
        return None
    best = [rows[0].net_percent for _, rows in samples]
    paying = sum(value > 0 for value in best)
    series = [{"label": "Best pair after fees", "kind": "own", "values": [f"{value:.4f}" for value in best]}]
    data = {"times": [to_ms(at) // 1_000 for at, _ in samples], "series": series, "unit": "%", "places": 3}
    summary = f"In {paying} of {len(best)} samples of the last day a pair of venues for {base} paid after taker fees."
    return Curve("arbitrage-history", data, summary)


def _state(is_known: bool, pairs: int, paying: int) -> State:
    if not is_known:
        return State("warn", "No venue has a fresh price")
    if not pairs:
        return State("off", "Only one venue has a fresh price")
    return State("good", f"{paying} of {pairs} pairs pay") if paying else State("off", "No pair pays after fees")
