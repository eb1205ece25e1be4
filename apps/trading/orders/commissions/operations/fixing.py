"""The terms of an order: fixed with it, so that its fills cost what was shown, in whatever order they are booked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_DOWN, Context, Decimal
from uuid import UUID

from django.db.models import Sum

from apps.core.clock import now
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import Origin
from apps.trading.orders.commissions.choices import EVERY, WINDOW, ScheduleState
from apps.trading.orders.commissions.models import (
    CommissionPromotion,
    CommissionRate,
    CommissionSchedule,
    CommissionVolume,
    OrderCommission,
)
from apps.trading.orders.history.queries import WORTH, first_key
from apps.trading.orders.models import Order
from apps.trading.positions.queries import get_mark

EXACT = Context(prec=80)
STEP, SHARE_STEP = Decimal(1).scaleb(-18), Decimal(1).scaleb(-8)
REFERENCE = "USDT"
LIKE_REFERENCE = frozenset({"USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD"})
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order costs at the tenant: shares after the promotion, the worth of 30 days they follow from."""

    schedule: CommissionSchedule
    maker: Decimal
    taker: Decimal
    percent_off: Decimal
    volume: Decimal


def fix_terms(order: Order) -> OrderCommission | None:
    """Store the terms of an order in the transaction of its intent; None while no schedule is in force."""
    found = terms_for(order.owner_id, order.connection.mode, order.symbol)
    if found is None:
        return None
    return OrderCommission.objects.create(
        order=order, schedule=found.schedule, maker=found.maker, taker=found.taker,
        percent_off=found.percent_off, volume=found.volume,
    )  # fmt: skip


def terms_for(owner_id: UUID, mode: str, symbol: str, *, keeps: bool = True) -> Terms | None:
    """Return what an order of a customer would be charged now; None while no schedule is in force.

    With `keeps` the day's volume is stored with it; reads pass False.
    """
    schedule = CommissionSchedule.objects.filter(mode=mode, state=ScheduleState.ACTIVE).first()
    if schedule is None:
        return None
    volume = volume_of(owner_id, mode, now().astimezone(UTC).date(), keeps=keeps)
    rate, off = _rate(schedule, symbol, volume), _percent_off(schedule, symbol)
    maker, taker = (_after(share, off) for share in (rate.maker, rate.taker))
    return Terms(schedule, maker, taker, off, volume)


def volume_of(owner_id: UUID, mode: str, day: date, *, keeps: bool) -> Decimal:
    """Return what a customer traded in the 30 full UTC days before a day, in USDT: the same all day long.

    Quotes other than dollars count at their price when it is looked at; one without a price counts nothing.
    """
    known = CommissionVolume.objects.filter(owner_id=owner_id, mode=mode, day=day).first()
    if known is not None:
        return Decimal(known.worth)
    end = datetime.combine(day, time(), UTC)
    found = Order.objects.filter(
        owner_id=owner_id, pk__gte=first_key(end - WINDOW), pk__lt=first_key(end), connection__mode=mode, filled__gt=0
    )
    found = found.exclude(origin_kind=Origin.STAFF)  # made elsewhere
    worth = Decimal(0)
    for row in found.values("symbol").annotate(worth=Sum(WORTH)).order_by("symbol"):
        worth = EXACT.add(worth, EXACT.multiply(row["worth"] or Decimal(0), _price_of(row["symbol"])))
    worth = worth.quantize(STEP, rounding=ROUND_DOWN, context=EXACT)
    if keeps:
        stored, _ = CommissionVolume.objects.get_or_create(
            owner_id=owner_id, mode=mode, day=day, defaults={"worth": worth}
        )
        return Decimal(stored.worth)
    return worth


def _rate(schedule: CommissionSchedule, symbol: str, volume: Decimal) -> CommissionRate:
    found = {
        row.symbol: row
        for row in schedule.rates.filter(symbol__in=(symbol, EVERY), from_volume__lte=volume).order_by("from_volume")
    }
    return found.get(symbol) or found[EVERY]


def _percent_off(schedule: CommissionSchedule, symbol: str) -> Decimal:
    """Return the largest promotion that holds now, 0 without one."""
    moment = now()
    found = CommissionPromotion.objects.filter(
        schedule=schedule, symbol__in=(symbol, EVERY), starts__lte=moment, ends__gt=moment
    )
    best = found.order_by("-percent_off").first()
    return Decimal(0) if best is None else Decimal(best.percent_off)


def _after(share: Decimal, percent_off: Decimal) -> Decimal:
    part = EXACT.divide(EXACT.multiply(share, HUNDRED - percent_off), HUNDRED)
    return part.quantize(SHARE_STEP, rounding=ROUND_DOWN, context=EXACT)


def _price_of(symbol: str) -> Decimal:
    """Return what one unit of a symbol's quote is worth in USDT; 0 where no price is known."""
    try:
        quote = get_spec(symbol).quote
    except UnknownSymbol:
        return Decimal(0)
    if quote in LIKE_REFERENCE:
        return Decimal(1)
    mark = get_mark(f"{quote}{REFERENCE}")
    return Decimal(0) if mark is None else mark.price
