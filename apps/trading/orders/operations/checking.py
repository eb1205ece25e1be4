"""What is wanted of an order, checked against its kind and the venue's grid before anything is stored."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal

from apps.core.clock import now
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.operations import OrderKind
from apps.trading.exchanges.queries import has_kind
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import LIMITED, TIMED, WAITING, WITH_TRIGGER, HeldBy, Kind, TimeInForce
from apps.trading.orders.errors import (
    EndNotAhead,
    PriceNeeded,
    PriceNotWanted,
    PriceOffGrid,
    QuantityOffGrid,
    TriggerNeeded,
    TriggerNotWanted,
    TriggerOnWrongSide,
    ValueTooSmall,
    VenueNotActive,
)
from kernel.instruments import Filter, InstrumentSpec, Side, is_perpetual

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=90)
LEAST_TRAIL, MOST_TRAIL = Decimal("0.1"), Decimal(20)
"""Percent; Binance's usual filter, so that an order means the same wherever it is watched."""
MOST_SLIPPAGE = 5_000
EXACT = Context(prec=60)
BASIS = Decimal(10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is wanted: quantity in base, prices in quote.

    `price` and `time_in_force` for kinds with a limit (GTC when not given); `stop_price` is the trigger, or
    `trail_percent` for a trailing stop (0.1 to 20). `good_until` for GTD. `max_slippage_bps` (1 to 5,000) gives an
    order at market a worst price: it becomes what fills at once up to there. `held_by` "platform" keeps a trigger from
    the venue although it could watch it itself; empty: the venue where it can, else the platform.
    `position_side` ("long", "short") for contracts of an account in hedge mode.
    """

    symbol: str
    side: Side
    kind: Kind
    quantity: Decimal
    price: Decimal | None = None
    time_in_force: str = ""
    stop_price: Decimal | None = None
    trail_percent: Decimal | None = None
    post_only: bool = False
    reduce_only: bool = False
    good_until: datetime | None = None
    max_slippage_bps: int | None = None
    held_by: str = ""
    position_side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerms:
    """What an order is to have from now on; None leaves it as it is. `quantity` is its whole, filled or not."""

    quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """An order that may be stored: who watches it, when it ends, its worst price, and its instrument."""

    order: NewOrder
    spec: InstrumentSpec
    held_by: HeldBy
    time_in_force: str
    good_until: datetime | None
    price: Decimal | None


def check_order(
    order: NewOrder,
    *,
    connection_state: str,
    ccxt_id: str,
    market_price: Decimal | None,
    is_fresh: bool = False,
) -> Wish:
    """Return what is to be stored, or raise the refusal of connection, kind, trigger, end or grid.

    `market_price` is the newest price known; only a fresh one says that a trigger is on the wrong side.
    """
    if connection_state != ConnectionState.ACTIVE:
        raise VenueNotActive(state=ConnectionState(connection_state).label.lower())
    spec = get_spec(order.symbol)
    if order.position_side and not is_perpetual(order.symbol):
        raise TriggerNotWanted(field="position_side", kind="An order of the spot market", what="position side")
    _check_shape(order)
    _check_trigger(order, spec, market_price if is_fresh else None)
    time_in_force, good_until = _time(order)
    price = order.price
    if order.kind == Kind.MARKET and order.max_slippage_bps is not None and market_price is not None:
        price, time_in_force = (
            worst_price(order.side, market_price, order.max_slippage_bps, spec),
            TimeInForce.IOC.value,
        )
    reference = order.price if order.price is not None else order.stop_price
    broken = spec.check_order(order.quantity, reference, market_price=market_price)
    if broken is not None:
        raise refusal_of(broken, spec)
    return Wish(order, spec, _holder(order, ccxt_id), time_in_force, good_until, price)


def worst_price(side: Side, market_price: Decimal, bps: int, spec: InstrumentSpec) -> Decimal:
    """Return the price on the grid that is at most `bps` hundredths of a percent worse than the market's."""
    share = Decimal(bps) / BASIS
    factor = 1 + share if side is Side.BUY else 1 - share
    return spec.quantise_price(EXACT.multiply(market_price, factor), side)


def _holder(order: NewOrder, ccxt_id: str) -> HeldBy:
    if order.kind not in WITH_TRIGGER:
        return HeldBy.VENUE
    if order.held_by == HeldBy.PLATFORM or order.max_slippage_bps is not None or is_perpetual(order.symbol):
        return HeldBy.PLATFORM
    return HeldBy.VENUE if has_kind(ccxt_id, OrderKind(order.kind.value)) else HeldBy.PLATFORM


def _check_shape(order: NewOrder) -> None:
    """Refuse words that this kind of order does not have, and miss those that it needs."""
    name = order.kind.label
    if order.kind in LIMITED and order.price is None:
        raise PriceNeeded(field="price")
    if order.kind not in LIMITED and (order.price is not None or order.time_in_force not in ("", *_at_market(order))):
        raise PriceNotWanted(field="price")
    if order.post_only and (order.kind != Kind.LIMIT or order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)):
        raise TriggerNotWanted(field="post_only", kind=f"{name} {order.time_in_force}".strip(), what="post-only")
    if order.max_slippage_bps is not None:
        if order.kind in LIMITED:
            raise TriggerNotWanted(field="max_slippage_bps", kind=name, what="slippage limit: its price is one")
        if not 1 <= order.max_slippage_bps <= MOST_SLIPPAGE:
            raise TriggerNeeded(field="max_slippage_bps", kind=name, what="a slippage limit from 0.01 to 50 percent")


def _at_market(order: NewOrder) -> tuple[str, ...]:
    return TIMED if order.kind in WITH_TRIGGER else ()


def _check_trigger(order: NewOrder, spec: InstrumentSpec, price: Decimal | None) -> None:
    name = order.kind.label
    if (order.stop_price is not None) != (order.kind in WAITING):
        refusal = TriggerNeeded if order.kind in WAITING else TriggerNotWanted
        what = "a trigger price" if order.kind in WAITING else "trigger price"
        raise refusal(field="stop_price", kind=name, what=what)
    if (order.trail_percent is not None) != (order.kind == Kind.TRAILING_STOP):
        refusal = TriggerNeeded if order.kind == Kind.TRAILING_STOP else TriggerNotWanted
        raise refusal(field="trail_percent", kind=name, what="a distance in percent")
    trail = order.trail_percent
    if trail is not None and (not LEAST_TRAIL <= trail <= MOST_TRAIL or trail != trail.quantize(Decimal("0.01"))):
        raise TriggerNeeded(field="trail_percent", kind=name, what="a distance of 0.1 to 20 percent, two decimals")
    if order.stop_price is None:
        return
    if spec.check_order(spec.min_quantity, order.stop_price) is Filter.PRICE_FILTER:
        raise PriceOffGrid(field="stop_price", tick=f"{spec.tick:f}", quote=spec.quote)
    if price is not None and is_met(order.kind, order.side, order.stop_price, price):
        side = "above" if waits_above(order.kind, order.side) else "below"
        raise TriggerOnWrongSide(field="stop_price", price=f"{price.normalize():f}", quote=spec.quote, side=side)


def waits_above(kind: str, side: str) -> bool:
    """Return whether an order waits for the price to rise to its trigger."""
    is_stop = kind in (Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING_STOP)
    return is_stop == (side == Side.BUY)


def is_met(kind: str, side: str, trigger: Decimal, price: Decimal) -> bool:
    """Return whether a price meets a trigger."""
    return price >= trigger if waits_above(kind, side) else price <= trigger


def trail_trigger(side: str, extreme: Decimal, percent: Decimal) -> Decimal:
    """Return the trigger of a trailing stop whose best price was `extreme`."""
    share = percent / 100
    return EXACT.multiply(extreme, 1 + share if side == Side.BUY else 1 - share)


def _time(order: NewOrder) -> tuple[str, datetime | None]:
    given = order.time_in_force or (TimeInForce.GTC.value if order.kind in LIMITED else "")
    if (order.good_until is not None) != (given == TimeInForce.GTD):
        raise EndNotAhead(field="good_until")
    moment = now()
    if given == TimeInForce.DAY:
        midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return given, midnight + timedelta(days=1)
    if order.good_until is not None and not moment + SHORTEST <= order.good_until <= moment + LONGEST:
        raise EndNotAhead(field="good_until")
    return given, order.good_until


def refusal_of(broken: Filter, spec: InstrumentSpec) -> Exception:
    """Return the refusal of a filter."""
    if broken is Filter.PRICE_FILTER:
        return PriceOffGrid(field="price", tick=f"{spec.tick:f}", quote=spec.quote)
    if broken is Filter.NOTIONAL:
        return ValueTooSmall(field="quantity", least=f"{spec.min_notional:f}", quote=spec.quote)
    least, most = f"{spec.min_quantity:f}", f"{spec.max_quantity:f}"
    return QuantityOffGrid(field="quantity", lot=f"{spec.lot:f}", base=spec.base, least=least, most=most)
