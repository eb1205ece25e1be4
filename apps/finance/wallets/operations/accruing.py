"""Accruals: one row and one payment for each position and day, the same whether made daily or made up later.

Day D runs from midnight to midnight of UTC and accrues after its end, on what was in the position when it began. The
arithmetic is kernel.ledger.accrual: cut to the asset's precision, the rest carried to the next day. A day's interest
counts from its end (or from now, where that period of the books is closed). Order of locks: positions, then the ledger,
then the runs by day.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F

from apps.core.assets import get_asset
from apps.core.clock import now
from apps.finance.ledger.operations import Leg, NewJournal
from apps.finance.ledger.operations.patterns import reward_journals
from apps.finance.ledger.queries import closed_until
from apps.finance.wallets.calendar_days import DAY, midnight
from apps.finance.wallets.models import Accrual, AccrualRun, StakePosition, StakingProduct, YieldPosition, YieldProduct
from apps.finance.wallets.operations.own_money import place_of_holding, saved_in, wallet_of
from kernel.ledger import DayCount, Position, Terms, accrue_day
from kernel.money.exact import ZERO, add, total

Earning = YieldPosition | StakePosition
Product = YieldProduct | StakingProduct
DAYS_OF_A_RATE = 365
"""A rate a day is this many times as much a year, by actual/365: exactly a day's part of it is earned."""


@dataclass(frozen=True, slots=True)
class RateTable:
    """Dated tables of a product: first day → (from amount, rate) in rising order."""

    versions: Sequence[tuple[date, Sequence[tuple[Decimal, Decimal]]]]

    def on(self, day: date, amount: Decimal) -> Decimal:
        """Return the rate of an amount on a day; 0 before the first table and below its lowest tier."""
        place = bisect_right([first for first, _ in self.versions], day)
        if not place:
            return ZERO
        tiers = self.versions[place - 1][1]
        tier = bisect_right([least for least, _ in tiers], amount)
        return tiers[tier - 1][1] if tier else ZERO


def rates_of(product: Product) -> RateTable:
    """Return the dated rates of a product."""
    if isinstance(product, StakingProduct):
        return RateTable([(row.valid_from, [(ZERO, row.rate)]) for row in product.rates.order_by("valid_from")])
    versions: dict[date, list[tuple[Decimal, Decimal]]] = {}
    for row in product.rates.order_by("valid_from", "from_amount"):
        versions.setdefault(row.valid_from, []).append((row.from_amount, row.rate))
    return RateTable(list(versions.items()))


@dataclass(slots=True)
class Accrued:
    """What is to be written and posted for some positions; `days_left` bounds how many days one transaction takes."""

    rows: list[Accrual] = field(default_factory=list)
    journals: list[NewJournal] = field(default_factory=list)
    days_left: int = 1000

    def write(self) -> None:
        """Write the rows and add them to the runs of their days. The journals are the caller's to post first."""
        Accrual.objects.bulk_create(self.rows)
        _add_to_runs(self.rows)


def accrue_position(position: Earning, through: date, *, rates: RateTable, into: Accrued) -> Decimal:
    """Accrue the days of a locked position that have not accrued, up to `through`; return what is in it afterwards.

    Moves `position.accrued_through` on and saves it. Stops early when `into.days_left` is used up.
    """
    principal, carry, day = saved_in(position), _carry_of(position), position.accrued_through + DAY
    made: list[Accrual] = []
    while day <= through and into.days_left:
        rate = rates.on(day, principal)
        before = Position(principal=principal, terms=_terms(position, rate), carry=carry)
        after, amount = accrue_day(before, day)
        made.append(_row(position, day, principal=principal, rate=rate, amount=amount, remainder=after.carry))
        carry = after.carry
        if position.product.compounds:
            principal = add(principal, amount)
        position.accrued_through, day = day, day + DAY
        into.days_left -= 1
    if made:
        position.save(update_fields=["accrued_through"])
        into.rows += made
        into.journals += _payments(position, [row for row in made if row.amount])
    return principal


def _terms(position: Earning, rate: Decimal) -> Terms:
    quantum = get_asset(position.product.asset_id).quantum
    if isinstance(position, StakePosition):
        return Terms(rate=rate * DAYS_OF_A_RATE, quantum=quantum, day_count=DayCount.ACT_365)
    return Terms(rate=rate, quantum=quantum, day_count=DayCount(position.product.day_count))


def _row(position: Earning, day: date, **figures: Decimal) -> Accrual:
    if isinstance(position, StakePosition):
        return Accrual(stake=position, day=day, **figures)
    return Accrual(position=position, day=day, **figures)


def _carry_of(position: Earning) -> Decimal:
    newest = position.accruals.order_by("-day").values_list("remainder", flat=True).first()
    return ZERO if newest is None else newest


def _payments(position: Earning, rows: Sequence[Accrual]) -> list[NewJournal]:
    """Return the two journals of each day, from the house's interest to the position or the wallet."""
    if not rows:
        return []
    place, line = place_of_holding(position), closed_until()
    target = place if position.product.compounds else wallet_of(position)
    pattern = reward_journals(key="accrual:pattern", target=target, amount=rows[0].amount, subject_id=position.pk)
    return [_of_day(journal, row, line) for row in rows for journal in pattern]


def _of_day(pattern: NewJournal, row: Accrual, line: datetime | None) -> NewJournal:
    ends = midnight(row.day + DAY)
    return replace(
        pattern,
        key=pattern.key.replace("pattern", str(row.pk)),
        legs=tuple(Leg(leg.account_id, row.amount if leg.amount > 0 else -row.amount) for leg in pattern.legs),
        effective_at=None if line is not None and ends < line else ends,
    )


def _add_to_runs(rows: Sequence[Accrual]) -> None:
    sums: dict[tuple[date, Product, str], list[Accrual]] = {}
    for row in rows:
        holding: Any = row.stake or row.position
        sums.setdefault((row.day, holding.product, holding.mode), []).append(row)
    moment = now()
    for day, product, mode in sorted(sums, key=lambda place: (place[0], place[1].pk, place[2])):
        of: dict[str, Any] = {"day": day, "mode": mode}
        of["product" if isinstance(product, YieldProduct) else "staking_product"] = product
        added = sums[day, product, mode]
        AccrualRun.objects.bulk_create([AccrualRun(**of, updated_at=moment)], ignore_conflicts=True)
        AccrualRun.objects.filter(**of).update(
            positions=F("positions") + len(added),
            principal=F("principal") + total(row.principal for row in added),
            amount=F("amount") + total(row.amount for row in added),
            updated_at=moment,
        )
