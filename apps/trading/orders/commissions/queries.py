"""Reads of commissions."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, QuerySet, Sum

from apps.trading.orders.commissions.choices import EVERY, ChargeState
from apps.trading.orders.commissions.errors import ScheduleMissing
from apps.trading.orders.commissions.models import (
    CommissionCharge,
    CommissionPromotion,
    CommissionRate,
    CommissionSchedule,
)
from apps.trading.orders.commissions.operations.fixing import Terms, terms_for
from apps.trading.orders.models import Order
from kernel.instruments import InstrumentSpec


@dataclass(frozen=True, slots=True)
class Owed:
    """What was charged in one asset and mode: booked in all, and still due."""

    mode: str
    asset: str
    booked: Decimal
    due: Decimal


@dataclass(frozen=True, slots=True)
class InForce:
    """The schedule in force for one sort of money, as it stands for a customer and symbol now."""

    terms: Terms
    rates: list[CommissionRate]
    promotions: list[CommissionPromotion]


def get_in_force(owner_id: UUID, mode: str, symbol: str = EVERY) -> InForce | None:
    """Return what an order of a customer would be charged, with the table it follows from; None without a schedule."""
    terms = terms_for(owner_id, mode, symbol, keeps=False)
    if terms is None:
        return None
    return InForce(
        terms,
        list(terms.schedule.rates.order_by("symbol", "from_volume")),
        list(terms.schedule.promotions.order_by("starts", "id")),
    )


def list_charges(owner_id: UUID) -> QuerySet[CommissionCharge]:
    """Return a customer's charges, newest first."""
    return CommissionCharge.objects.filter(owner_id=owner_id).select_related("fill").order_by("-id")


def sum_charges(owner_id: UUID) -> list[Owed]:
    """Return what a customer was charged, by money and asset."""
    found: dict[tuple[str, str], dict[str, Decimal]] = {}
    rows = CommissionCharge.objects.filter(owner_id=owner_id).values("mode", "asset", "state")
    for row in rows.annotate(sum=Sum("amount")).order_by("mode", "asset"):
        found.setdefault((row["mode"], row["asset"]), {})[row["state"]] = row["sum"]
    return [
        Owed(mode, asset, sums.get(ChargeState.BOOKED, Decimal(0)), sums.get(ChargeState.DUE, Decimal(0)))
        for (mode, asset), sums in found.items()
    ]


def sum_of_order(order: Order) -> dict[str, Decimal]:
    """Return what the fills of an order were charged, by asset."""
    rows = CommissionCharge.objects.filter(fill__order=order).values("asset").annotate(sum=Sum("amount"))
    return {row["asset"]: row["sum"] for row in rows.order_by("asset")}


def charged_asset(schedule: CommissionSchedule, order: Order, spec: InstrumentSpec) -> str:
    """Return in what an order is charged."""
    return spec.base if schedule.charges_base(order.side, order.symbol) else spec.quote


def list_schedules() -> QuerySet[CommissionSchedule]:
    """Return the schedules of this tenant with their tables, newest first."""
    tables = (
        Prefetch("rates", CommissionRate.objects.order_by("symbol", "from_volume")),
        Prefetch("promotions", CommissionPromotion.objects.order_by("starts", "id")),
    )
    return CommissionSchedule.objects.prefetch_related(*tables).order_by("-id")


def get_schedule(schedule_id: UUID) -> CommissionSchedule:
    """Return a schedule with its tables, or raise ScheduleMissing."""
    found = list_schedules().filter(pk=schedule_id).first()
    if found is None:
        raise ScheduleMissing
    return found
