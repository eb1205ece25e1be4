"""Reading instruments, watchlists and alerts."""

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.core.shelves import Shelf
from apps.trading.instruments.choices import AlertState, AssetClass, InstrumentStatus
from apps.trading.instruments.errors import AlertMissing, UnknownSymbol, WatchlistMissing
from apps.trading.instruments.facts import is_closed_on, read_facts
from apps.trading.instruments.models import Alert, Instrument, InstrumentAlias, Watchlist
from apps.trading.instruments.search import Entry, plain, ranked
from kernel.instruments import HOURS, InstrumentSpec
from kernel.instruments.contracts import PERPETUAL

__all__ = [
    "Instrument",
    "exists_watching_alert",
    "find_alert",
    "find_alias",
    "find_instrument",
    "forget_catalogue",
    "get_alert",
    "get_instrument",
    "get_spec",
    "get_watchlist",
    "is_open",
    "list_alerts",
    "list_instruments",
    "list_watched_symbols",
    "list_watchlists",
    "read_facts",
    "search_instruments",
    "spec_of",
    "symbols_of",
]

SYMBOL = re.compile(r"[A-Z0-9]{2,32}")


def get_instrument(symbol: str) -> Instrument:
    """Return the instrument of a symbol ("BTCUSDT"), or raise UnknownSymbol."""
    found = Instrument.objects.filter(symbol=symbol).first() if SYMBOL.fullmatch(symbol) else None
    if found is None:
        raise UnknownSymbol(field="symbol", symbol=symbol[:32])
    return found


def get_spec(symbol: str) -> InstrumentSpec:
    """Return grid and limits of a symbol as the kernel takes them, or raise UnknownSymbol."""
    return spec_of(get_instrument(symbol))


def get_specs(symbols: Collection[str]) -> dict[str, InstrumentSpec]:
    """Return what `get_spec` returns of each of several symbols, read at once; UnknownSymbol names one that is none."""
    found = {row.symbol: spec_of(row) for row in Instrument.objects.filter(symbol__in=symbols)}
    for symbol in sorted(set(symbols) - found.keys()):
        raise UnknownSymbol(field="symbol", symbol=symbol[:32])
    return found


def spec_of(instrument: Instrument) -> InstrumentSpec:
    """Return the kernel's view of an instrument; steps lose the zeros that the database adds."""
    return InstrumentSpec(
        symbol=instrument.symbol,
        base=instrument.base,
        quote=instrument.quote,
        tick=_short(instrument.tick),
        lot=_short(instrument.lot),
        min_quantity=_short(instrument.min_quantity),
        max_quantity=_short(instrument.max_quantity),
        min_notional=_short(instrument.min_notional),
    )


def _short(value: Decimal) -> Decimal:
    """Return the value without the zeros at its end, and without an exponent (9000, not 9E+3)."""
    short = value.normalize()
    return short if short == 0 or int(short.as_tuple().exponent) <= 0 else short.quantize(Decimal(1))


def list_instruments(search: str = "", asset_class: str = "") -> QuerySet[Instrument]:
    """Return active instruments by symbol; `search` matches symbol, base, quote or name, `asset_class` one class.

    Without a class the perpetual contracts are left out: each follows a market that is in the list.
    """
    found = Instrument.objects.filter(is_active=True).order_by("symbol")
    perpetual = AssetClass.PERPETUAL
    found = found.filter(asset_class=asset_class) if asset_class else found.exclude(asset_class=perpetual)
    if search:
        words = Q(symbol__icontains=search) | Q(base__icontains=search) | Q(quote__icontains=search)
        found = found.filter(words | Q(name__icontains=search))
    return found


def find_instrument(text: str, source: str = "") -> Instrument | None:
    """Return the one instrument of a symbol or an alias as written ("BTC/USDT", "xbtusd"), else None.

    With `source` (a venue or provider, in small letters) its own aliases come first.
    """
    written, bare = text.strip().upper()[:40], plain(text)[:32]
    for where in [source, ""] if source else [""]:
        row = InstrumentAlias.objects.filter(alias=written, source=where).select_related("instrument").first()
        if row is not None:
            return row.instrument
    return Instrument.objects.filter(symbol=bare).first()


def find_alias(instrument: Instrument, source: str) -> str:
    """Return the name of an instrument at a venue or provider, or an empty text."""
    row = InstrumentAlias.objects.filter(instrument=instrument, source=source).order_by("alias").first()
    return "" if row is None else row.alias


def search_instruments(text: str, *, asset_class: str = "", limit: int = 50) -> list[Instrument]:
    """Return active instruments that match, best first: exact, prefix, alias, words of the name, near misses.

    Perpetual contracts are found by a text with "perp", or by their class.
    """
    hidden = "" if asset_class or PERPETUAL in text.upper() else AssetClass.PERPETUAL.value
    entries = [
        row for row in _catalogue() if row.asset_class != hidden and (not asset_class or row.asset_class == asset_class)
    ]
    symbols = ranked(text[:64], entries, limit)
    found = {row.symbol: row for row in Instrument.objects.filter(symbol__in=symbols, is_active=True)}
    return [found[symbol] for symbol in symbols if symbol in found]


def forget_catalogue() -> None:
    """Let every process read the symbol master anew, after the commit of this change."""
    transaction.on_commit(CATALOGUE.forget_all, robust=True)


def is_open(instrument: Instrument, at_ms: int) -> bool:
    """Whether an instrument trades at a moment (Unix ms): by its status, its market's hours and its holidays."""
    hours = HOURS[instrument.hours]
    if instrument.status != InstrumentStatus.TRADING or not hours.is_open(at_ms):
        return False
    return hours.code == "24x7" or not is_closed_on(hours.code, hours.day_of(at_ms))


def list_watchlists(owner_id: UUID) -> QuerySet[Watchlist]:
    """Return a person's lists with their symbols, in their order."""
    return Watchlist.objects.filter(owner_id=owner_id).prefetch_related("items").order_by("position", "id")


def get_watchlist(watchlist_id: UUID, owner_id: UUID) -> Watchlist:
    """Return one of a person's lists, or raise WatchlistMissing."""
    row = list_watchlists(owner_id).filter(pk=watchlist_id).first()
    if row is None:
        raise WatchlistMissing
    return row


def symbols_of(watchlist: Watchlist) -> list[str]:
    """Return the symbols of a list in their order."""
    rows = sorted(watchlist.items.all(), key=lambda row: (row.position, row.pk))
    return [row.symbol for row in rows]


def list_alerts(owner_id: UUID, *, symbol: str = "") -> QuerySet[Alert]:
    """Return a person's alerts, newest first."""
    rows = Alert.objects.filter(owner_id=owner_id).order_by("-id")
    return rows.filter(symbol=symbol) if symbol else rows


def get_alert(alert_id: UUID, owner_id: UUID) -> Alert:
    """Return one of a person's alerts, or raise AlertMissing."""
    row = Alert.objects.filter(pk=alert_id, owner_id=owner_id).first()
    if row is None:
        raise AlertMissing
    return row


def find_alert(alert_id: UUID) -> Alert | None:
    """Return an alert of anybody in this tenant, or None when it was removed."""
    return Alert.objects.filter(pk=alert_id).first()


def exists_watching_alert() -> bool:
    """Whether this tenant has an alert that watches or waits to watch again."""
    return Alert.objects.filter(state__in=WATCHING).exists()


def list_watched_symbols() -> Sequence[str]:
    """Return the symbols that alerts of this tenant watch."""
    return list(Alert.objects.filter(state__in=WATCHING).values_list("symbol", flat=True).distinct().order_by("symbol"))


WATCHING = (AlertState.ARMED, AlertState.RESTING)
CATALOGUE = Shelf("instruments", seconds=300)
"""What is searched: one public entry, thrown away when an instrument or alias changes."""


def _catalogue() -> list[Entry]:
    rows: list[Any] = CATALOGUE.get("all", _read_catalogue)
    return [Entry(*row) for row in rows]


def _read_catalogue() -> list[list[object]]:
    names: dict[UUID, list[str]] = {}
    for instrument_id, alias in InstrumentAlias.objects.values_list("instrument_id", "alias").order_by("alias"):
        names.setdefault(instrument_id, []).append(alias)
    rows = Instrument.objects.filter(is_active=True).order_by("symbol")
    return [
        [row.symbol, row.name, row.base, row.quote, row.asset_class, names.get(row.pk, [])] for row in rows.iterator()
    ]
