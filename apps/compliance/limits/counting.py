"""Measuring what a customer has used: one read per verb, the same figures for refusing and for showing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet, Sum

from apps.compliance.limits.choices import ANY_ASSET, LONGEST, REFERENCE, SPANS, Verb, Window
from apps.compliance.limits.models import LimitRow, LimitUse
from kernel.money.exact import add, subtract, total

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Used:
    """What was used in one window: amount, its worth, how many uses, how many without a known worth, the oldest."""

    amount: Decimal = ZERO
    value: Decimal = ZERO
    count: int = 0
    unpriced: int = 0
    oldest: datetime | None = None


Measured = dict[str, dict[Window, Used]]
"""Asset → window → what was used."""


def open_uses(owner_id: UUID, verb: Verb) -> QuerySet[LimitUse]:
    """Return uses that were not given back."""
    return LimitUse.objects.filter(
        owner_id=owner_id, verb=verb, reverses__isnull=True, reversed_by__isnull=True
    ).order_by()


def measure(owner_id: UUID, verb: Verb, moment: datetime) -> Measured:
    """Return what the customer used of each asset in each rolling window that ends at `moment`."""
    figures: dict[str, Any] = {}
    for window, span in SPANS.items():
        inside = Q(at__gt=moment - span)
        figures |= {
            f"{window.value}_amount": Sum("amount", filter=inside),
            f"{window.value}_value": Sum("value", filter=inside),
            f"{window.value}_count": Count("pk", filter=inside),
            f"{window.value}_unpriced": Count("pk", filter=inside & Q(value__isnull=True)),
            f"{window.value}_oldest": Min("at", filter=inside),
        }
    recent = open_uses(owner_id, verb).filter(at__gt=moment - LONGEST)
    rows: Any = recent.values("asset").annotate(**figures)
    return {row["asset"]: {window: _used(row, window) for window in SPANS} for row in rows}


def _used(row: dict[str, Any], window: Window) -> Used:
    return Used(
        amount=row[f"{window.value}_amount"] or ZERO,
        value=row[f"{window.value}_value"] or ZERO,
        count=row[f"{window.value}_count"],
        unpriced=row[f"{window.value}_unpriced"],
        oldest=row[f"{window.value}_oldest"],
    )


def of_asset(measured: Measured, asset: str, window: Window) -> Used:
    """Return what was used of one asset; nothing for an asset that was not used, and for a single amount."""
    return measured.get(asset, {}).get(window, Used())


def of_pool(measured: Measured, own: Collection[str], window: Window) -> Used:
    """Return what was used of all assets without a row of their own (`own` have one)."""
    return _together(windows[window] for asset, windows in measured.items() if asset not in own and window in SPANS)


def of_all(measured: Measured, window: Window) -> Used:
    """Return what was used of all assets together; the amount means nothing, the count does."""
    return _together(windows[window] for windows in measured.values())


def _together(parts: Iterable[Used]) -> Used:
    found = list(parts)
    return Used(
        amount=total(part.amount for part in found),
        value=total(part.value for part in found),
        count=sum(part.count for part in found),
        unpriced=sum(part.unpriced for part in found),
        oldest=min((part.oldest for part in found if part.oldest is not None), default=None),
    )


def own_assets(rows: Iterable[LimitRow]) -> set[str]:
    """Return the assets that have a row of their own."""
    return {row.asset for row in rows} - {ANY_ASSET}


def worth(asset: str, amount: Decimal, value: Decimal | None) -> Decimal | None:
    """Return the worth in the reference currency: what the caller says, or the amount of the reference itself."""
    return amount if asset == REFERENCE else value


def room_at(uses: QuerySet[LimitUse], figure: str, needed: Decimal, window: Window) -> datetime | None:
    """Return when enough of the uses in `window` has rolled out that `needed` is free again.

    `figure` is the column that adds up ("amount" or "value"); None when all of them together are not enough.
    """
    freed = ZERO
    rows: Iterable[tuple[datetime, Decimal]] = uses.order_by("at").values_list("at", figure)
    for at, size in rows:
        freed = add(freed, size)
        if freed >= needed:
            return at + SPANS[window]
    return None


def missing(limit: Decimal, used: Decimal, asked: Decimal) -> Decimal:
    """Return by how much `asked` goes beyond what is left; zero or less when it fits."""
    return subtract(add(used, asked), limit)
