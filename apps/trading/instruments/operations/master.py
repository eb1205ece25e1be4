"""Keeping the symbol master: adding instruments, changing what markets change, other names."""

import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.trading.instruments import queries
from apps.trading.instruments.choices import AssetClass, InstrumentStatus
from apps.trading.instruments.errors import InstrumentInvalid, SymbolTaken
from apps.trading.instruments.models import Instrument, InstrumentAlias
from apps.trading.instruments.operations.permissions import MANAGE
from kernel.instruments import HOURS

CODE = re.compile(r"[A-Z0-9]{1,16}")
ALIAS = re.compile(r"[!-`{-~]{1,40}")
MOST = Decimal(10) ** 18
CHANGEABLE = frozenset(
    {"name", "market", "tick", "lot", "min_quantity", "max_quantity", "min_notional", "hours", "status"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInstrument:
    """Facts of an instrument; steps and limits in quote (tick, min_notional) and base."""

    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    name: str = ""
    asset_class: str = AssetClass.CRYPTO
    market: str = ""
    min_quantity: Decimal = Decimal(0)
    max_quantity: Decimal = Decimal(1_000_000_000)
    min_notional: Decimal = Decimal(0)
    hours: str = "24x7"


@operation("instruments.add_instrument", permission=MANAGE)
def add_instrument(*, actor: Actor, instrument: NewInstrument) -> Instrument:
    """List an instrument. Raises InstrumentInvalid and SymbolTaken."""
    facts = asdict(instrument)
    _check(facts)
    if not queries.SYMBOL.fullmatch(instrument.symbol):
        raise InstrumentInvalid(field="symbol", why="a symbol has 2 to 32 capitals and digits")
    for name in ("base", "quote"):
        if not CODE.fullmatch(facts[name]):
            raise InstrumentInvalid(field=name, why=f"the {name} has 1 to 16 capitals and digits")
    if Instrument.objects.filter(symbol=instrument.symbol).exists():
        raise SymbolTaken(field="symbol", symbol=instrument.symbol)
    made = Instrument.objects.create(**facts)
    queries.forget_catalogue()
    return made


@operation("instruments.change_instrument", permission=MANAGE, audited=("symbol", "changes"))
def change_instrument(*, actor: Actor, symbol: str, changes: dict[str, object], reason: str = "") -> Instrument:
    """Change name, market, grid, limits, hours or status of an instrument; delisting takes it out of all lists.

    Raises UnknownSymbol and InstrumentInvalid.
    """
    queries.get_instrument(symbol)
    row = Instrument.objects.select_for_update().get(symbol=symbol)
    if not changes.keys() <= CHANGEABLE:
        raise InstrumentInvalid(why="only grid, limits, name, market, hours and status can change")
    for name, value in changes.items():
        setattr(row, name, value)
    _check({name: getattr(row, name) for name in (*CHANGEABLE, "asset_class")})
    row.is_active = row.status != InstrumentStatus.DELISTED
    row.save()
    queries.forget_catalogue()
    return row


@operation("instruments.add_alias", permission=MANAGE, audited=("symbol", "alias", "source"))
def add_alias(*, actor: Actor, symbol: str, alias: str, source: str = "", reason: str = "") -> InstrumentAlias:
    """Say another name of an instrument, at a venue or provider (`source`) or everywhere; again is the same.

    Raises UnknownSymbol, InstrumentInvalid and SymbolTaken.
    """
    instrument = queries.get_instrument(symbol)
    wanted = alias.strip().upper()
    if not ALIAS.fullmatch(wanted) or len(source) > 32 or not source.isascii():
        raise InstrumentInvalid(field="alias", why="an alias has 1 to 40 printable signs without spaces")
    try:
        with transaction.atomic():
            row, _ = InstrumentAlias.objects.get_or_create(
                alias=wanted, source=source.lower(), defaults={"instrument": instrument}
            )
    except IntegrityError:
        raise SymbolTaken(field="alias", symbol=wanted) from None
    other = Instrument.objects.filter(symbol=wanted).exclude(pk=instrument.pk).exists()
    if row.instrument_id != instrument.pk or (other and not source):
        raise SymbolTaken(field="alias", symbol=wanted)
    queries.forget_catalogue()
    return row


@operation("instruments.remove_alias", permission=MANAGE, audited=("alias_id",))
def remove_alias(*, actor: Actor, alias_id: UUID, reason: str = "") -> int:
    """Take an alias away; again is the same. Return how many rows went."""
    gone, _ = InstrumentAlias.objects.filter(pk=alias_id).delete()
    queries.forget_catalogue()
    return gone


def _check(facts: dict[str, object]) -> None:
    if facts["hours"] not in HOURS:
        raise InstrumentInvalid(field="hours", why=f"hours are one of {', '.join(HOURS)}")
    if facts["asset_class"] not in AssetClass.values or facts.get("status", "trading") not in InstrumentStatus.values:
        raise InstrumentInvalid(why="its kind or status is unknown")
    for name, most in (("name", 120), ("market", 24)):
        text = facts[name]
        if not isinstance(text, str) or len(text) > most or not (text.isprintable() or not text):
            raise InstrumentInvalid(field=name, why=f"the {name} has at most {most} printable signs")
    _check_grid(facts)


def _check_grid(facts: dict[str, object]) -> None:
    numbers: dict[str, Decimal] = {}
    for name in ("tick", "lot", "min_quantity", "max_quantity", "min_notional"):
        value = facts[name]
        if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= MOST:
            raise InstrumentInvalid(field=name, why=f"{name.replace('_', ' ')} is no amount")
        numbers[name] = value
    if not (numbers["tick"] and numbers["lot"]):
        raise InstrumentInvalid(field="tick", why="tick and lot are above 0")
    if numbers["max_quantity"] < numbers["min_quantity"]:
        raise InstrumentInvalid(field="max_quantity", why="the largest quantity is below the smallest")
