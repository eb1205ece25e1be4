"""Differences of price between venues, after fees."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from apps.core.templatetags.ui import amount
from apps.core.view import Choice, Figure, Stat, State, level, share
from apps.trading.instruments.queries import get_spec, list_instruments
from apps.trading.market_data import queries
from apps.trading.market_data.pages import depth
from apps.trading.market_data.pages.figures import pair_of, places_of, size_places_of

MOST_PAIRS = 60


@dataclass(frozen=True, slots=True)
class PairRow:
    """Buying here and selling there at once."""

    buy_venue: str
    buy_price: str
    sell_venue: str
    sell_price: str
    size: str
    gross: Figure
    net: Figure


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
    markets_url: str


def arbitrage_page(symbol: str) -> ArbitragePage:
    """Return the venues of a symbol side by side. An empty text is the first symbol; raises UnknownSymbol."""
    symbols = [row.symbol for row in list_instruments(asset_class="crypto")[:50]]
    wanted = symbol or (symbols[0] if symbols else "")
    choices = [Choice(name, f"?symbol={name}", name == wanted) for name in symbols]
    if not wanted:
        return ArbitragePage("", "", choices, [], State("off", "No markets yet"), [], [], reverse("markets"))
    spec = get_spec(wanted)
    places, sizes = places_of(spec), size_places_of(spec)
    whole = queries.get_consolidated(wanted)
    found = queries.list_arbitrage(wanted)
    paying = sum(row.net_percent > 0 for row in found)
    stats = [] if whole is None else [
        Stat("Best bid", level(whole.bid, places), whole.bid_venue),
        Stat("Best ask", level(whole.ask, places), whole.ask_venue),
        Stat("Index price", level(whole.index, places), f"{whole.venues} venue{'s' if whole.venues != 1 else ''}"),
        Stat("Best pair after fees", share(found[0].net_percent if found else None, 3)),
    ]  # fmt: skip
    return ArbitragePage(
        symbol=wanted,
        pair=pair_of(spec),
        choices=choices,
        stats=stats,
        state=_state(whole is not None, len(found), paying),
        venues=depth.venues(wanted, places),
        pairs=[
            PairRow(
                buy_venue=row.buy_venue,
                buy_price=amount(row.buy_price, places),
                sell_venue=row.sell_venue,
                sell_price=amount(row.sell_price, places),
                size=amount(row.size, sizes),
                gross=share(row.gross_percent, 3),
                net=share(row.net_percent, 3),
            )
            for row in found[:MOST_PAIRS]
        ],
        markets_url=reverse("markets"),
    )


def _state(is_known: bool, pairs: int, paying: int) -> State:
    if not is_known:
        return State("warn", "No venue has a fresh price")
    if not pairs:
        return State("off", "Only one venue has a fresh price")
    return State("good", f"{paying} of {pairs} pairs pay") if paying else State("off", "No pair pays after fees")
