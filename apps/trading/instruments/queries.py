"""Reading instruments."""

import re
from decimal import Decimal

from django.db.models import Q, QuerySet

from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.models import Instrument
from kernel.instruments import InstrumentSpec

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


def list_instruments(search: str = "") -> QuerySet[Instrument]:
    """Return active instruments by symbol; `search` matches symbol, base or quote."""
    found = Instrument.objects.filter(is_active=True).order_by("symbol")
    if search:
        found = found.filter(Q(symbol__icontains=search) | Q(base__icontains=search) | Q(quote__icontains=search))
    return found
