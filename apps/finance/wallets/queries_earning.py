"""Reading goals, products, positions and what accrued on them. Plain values, for pages and the API."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet, Sum

from apps.core.sealing import open_field
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.queries import Balance, get_balances
from apps.finance.wallets.calendar_days import DAY, today
from apps.finance.wallets.choices_earning import GoalState, ProductState, StakeState
from apps.finance.wallets.errors_earning import GoalMissing, PositionMissing, ProductMissing
from apps.finance.wallets.models import (
    Accrual,
    AccrualRun,
    FiatRate,
    GoalContribution,
    SavingsGoal,
    StakePosition,
    StakingProduct,
    YieldPosition,
    YieldProduct,
)
from apps.finance.wallets.operations.accruing import RateTable, rates_of
from kernel.money.exact import ZERO, plain, subtract

SHARE_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal with what is in it. `progress` is saved by target, cut to 0.0001, at most 1; `name` is opened."""

    id: UUID
    name: str
    asset: str
    mode: str
    target: Decimal
    saved: Decimal
    progress: Decimal
    deadline: date | None
    amount: Decimal | None
    every: str
    anchor_day: int | None
    next_due_on: date | None
    state: str
    reached_at: datetime | None
    closed_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ContributionView:
    """What became of a due day."""

    due_on: date
    outcome: str
    reason: str
    reason_words: str
    amount: Decimal
    done_at: datetime


@dataclass(frozen=True, slots=True)
class TierView:
    """From an amount on, all of it earns `rate`: a year's for yield, a day's for staking; 0.05 is 5 %."""

    from_amount: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class ProductView:
    """A yield product as customers see it. `rates` hold today, `coming` from `coming_from` on; `left` is its room."""

    id: UUID
    name: str
    asset: str
    minimum: Decimal
    capacity: Decimal | None
    left: Decimal | None
    compounds: bool
    state: str
    rates: tuple[TierView, ...]
    coming_from: date | None
    coming: tuple[TierView, ...]
    day_count: str = ""
    lock_days: int = 0
    bonding_days: int = 0
    unbonding_days: int = 0


@dataclass(frozen=True, slots=True)
class PositionView:
    """A yield position: what is in it by the ledger, what it has earned, the rate that it earns by today."""

    id: UUID
    product_id: UUID
    product: str
    asset: str
    mode: str
    amount: Decimal
    principal: Decimal
    earned: Decimal
    rate: Decimal
    compounds: bool
    state: str
    accrued_through: date
    opened_at: datetime
    unlocks_at: datetime | None
    closed_at: datetime | None
    paid_out: Decimal | None
    bonds_at: datetime | None = None
    releases_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccrualView:
    """What a day came to."""

    day: date
    principal: Decimal
    rate: Decimal
    amount: Decimal


def list_goals(owner_id: UUID, *, mode: Mode | None = None) -> list[GoalView]:
    """Return the goals of a customer, open ones first, then newest first."""
    rows = SavingsGoal.objects.filter(owner_id=owner_id).order_by("-id")
    if mode is not None:
        rows = rows.filter(mode=mode)
    inside = _inside(owner_id, AccountKind.SAVINGS, {row.mode for row in rows})
    return sorted((_goal(row, inside) for row in rows), key=lambda view: view.state == GoalState.CLOSED)


def get_goal(goal_id: UUID, *, owner_id: UUID) -> GoalView:
    """Return a goal of a customer. Raises GoalMissing."""
    row = SavingsGoal.objects.filter(pk=goal_id, owner_id=owner_id).first()
    if row is None:
        raise GoalMissing
    return _goal(row, _inside(owner_id, AccountKind.SAVINGS, [row.mode]))


def list_contributions(goal_id: UUID, *, owner_id: UUID, limit: int = 100) -> list[ContributionView]:
    """Return what became of the due days of a goal, newest first. Raises GoalMissing."""
    if not SavingsGoal.objects.filter(pk=goal_id, owner_id=owner_id).exists():
        raise GoalMissing
    rows = GoalContribution.objects.filter(goal_id=goal_id).order_by("-due_on")[:limit]
    return [
        ContributionView(
            row.due_on, row.outcome, row.reason, row.get_reason_display() if row.reason else "", plain(row.amount),
            row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def list_yield_products(*, asset: str = "", mode: Mode = Mode.LIVE) -> list[ProductView]:
    """Return the yield products that take money, by asset and name; `left` is the room in `mode`."""
    return _products(YieldProduct.objects.filter(state=ProductState.OFFERED), asset, mode)


def list_staking_products(*, asset: str = "", mode: Mode = Mode.LIVE) -> list[ProductView]:
    """Return the staking products that take money, by asset and name."""
    return _products(StakingProduct.objects.filter(state=ProductState.OFFERED), asset, mode)


def get_yield_product(product_id: UUID, *, mode: Mode = Mode.LIVE) -> ProductView:
    """Return a yield product that customers see or saw. Raises ProductMissing."""
    return _product_or_missing(YieldProduct.objects.filter(pk=product_id), mode)


def get_staking_product(product_id: UUID, *, mode: Mode = Mode.LIVE) -> ProductView:
    """Return a staking product that customers see or saw. Raises ProductMissing."""
    return _product_or_missing(StakingProduct.objects.filter(pk=product_id), mode)


def list_yield_positions(owner_id: UUID, *, mode: Mode | None = None) -> list[PositionView]:
    """Return the yield positions of a customer, newest first."""
    return _positions(YieldPosition.objects.filter(owner_id=owner_id), owner_id, mode)


def get_yield_position(position_id: UUID, *, owner_id: UUID) -> PositionView:
    """Return a yield position of a customer. Raises PositionMissing."""
    return _one(_positions(YieldPosition.objects.filter(pk=position_id, owner_id=owner_id), owner_id, None))


def list_stakes(owner_id: UUID, *, mode: Mode | None = None) -> list[PositionView]:
    """Return the staking positions of a customer, newest first."""
    return _positions(StakePosition.objects.filter(owner_id=owner_id), owner_id, mode)


def get_stake(position_id: UUID, *, owner_id: UUID) -> PositionView:
    """Return a staking position of a customer. Raises PositionMissing."""
    return _one(_positions(StakePosition.objects.filter(pk=position_id, owner_id=owner_id), owner_id, None))


def list_accruals(position_id: UUID, *, owner_id: UUID, limit: int = 100) -> list[AccrualView]:
    """Return what accrued on a yield position, newest first. Raises PositionMissing."""
    if not YieldPosition.objects.filter(pk=position_id, owner_id=owner_id).exists():
        raise PositionMissing
    return _accruals(Accrual.objects.filter(position_id=position_id), limit)


def list_rewards(position_id: UUID, *, owner_id: UUID, limit: int = 100) -> list[AccrualView]:
    """Return what accrued on a staking position, newest first. Raises PositionMissing."""
    if not StakePosition.objects.filter(pk=position_id, owner_id=owner_id).exists():
        raise PositionMissing
    return _accruals(Accrual.objects.filter(stake_id=position_id), limit)


def list_runs(*, day: date | None = None, limit: int = 200) -> list[AccrualRun]:
    """Return what days of products came to, newest first."""
    rows = AccrualRun.objects.select_related("product", "staking_product").order_by("-day", "id")
    return list((rows if day is None else rows.filter(day=day))[:limit])


def count_behind() -> int:
    """Return how many positions have not accrued up to yesterday."""
    yesterday = today() - DAY
    return (
        YieldPosition.objects.filter(accrued_through__lt=yesterday, last_day__isnull=True).count()
        + StakePosition.objects.filter(accrued_through__lt=yesterday, state=StakeState.BONDED).count()
    )


def list_fiat_rates() -> list[FiatRate]:
    """Return the newest rate of each pair."""
    newest = FiatRate.objects.values("base", "quote").annotate(newest=Max("as_of")).order_by("base", "quote")
    return [
        FiatRate.objects.filter(base_id=row["base"], quote_id=row["quote"], as_of=row["newest"]).latest("id")
        for row in newest
    ]


Inside = dict[UUID, Decimal]
"""Goal or position → what is in it by the ledger."""


def _inside(owner_id: UUID, kind: AccountKind, modes: Iterable[str]) -> Inside:
    rows: list[Balance] = [row for mode in modes for row in get_balances(owner_id, mode=Mode(mode))]
    return {row.subject_id: row.natural for row in rows if row.kind == kind and row.subject_id is not None}


def _goal(row: SavingsGoal, inside: Inside) -> GoalView:
    saved = inside.get(row.pk, ZERO)
    return GoalView(
        id=row.pk,
        name=open_field(row, "name"),
        asset=row.asset_id,
        mode=row.mode,
        target=plain(row.target),
        saved=plain(saved),
        progress=min(Decimal(1), (saved / row.target).quantize(SHARE_STEP, rounding="ROUND_DOWN")),
        deadline=row.deadline,
        amount=None if row.amount is None else plain(row.amount),
        every=row.every,
        anchor_day=row.anchor_day,
        next_due_on=row.next_due_on,
        state=row.state,
        reached_at=row.reached_at,
        closed_at=row.closed_at,
        created_at=row.created_at,
    )


def _products(rows: "QuerySet[YieldProduct] | QuerySet[StakingProduct]", asset: str, mode: Mode) -> list[ProductView]:
    wanted = rows.filter(asset_id=asset) if asset else rows
    return [_product(row, mode) for row in wanted.order_by("asset_id", "name", "id")]


def _product_or_missing(rows: "QuerySet[YieldProduct] | QuerySet[StakingProduct]", mode: Mode) -> ProductView:
    row = rows.exclude(state=ProductState.DRAFT).first()
    if row is None:
        raise ProductMissing
    return _product(row, mode)


def _product(row: YieldProduct | StakingProduct, mode: Mode) -> ProductView:
    used = row.positions.filter(mode=mode, closed_at__isnull=True).aggregate(total=Sum("amount"))["total"] or ZERO
    rates, day = rates_of(row), today()
    coming = next(((first, tiers) for first, tiers in rates.versions if first > day), None)
    shared: dict[str, Any] = {
        "id": row.pk,
        "name": row.name,
        "asset": row.asset_id,
        "minimum": plain(row.minimum),
        "capacity": None if row.capacity is None else plain(row.capacity),
        "left": None if row.capacity is None else plain(max(ZERO, subtract(row.capacity, used))),
        "compounds": row.compounds,
        "state": row.state,
        "rates": _tiers(next((tiers for first, tiers in reversed(rates.versions) if first <= day), ())),
        "coming_from": coming[0] if coming else None,
        "coming": _tiers(coming[1] if coming else ()),
    }
    if isinstance(row, YieldProduct):
        return ProductView(**shared, day_count=row.day_count, lock_days=row.lock_days)
    return ProductView(**shared, bonding_days=row.bonding_days, unbonding_days=row.unbonding_days)


def _tiers(tiers: Sequence[tuple[Decimal, Decimal]]) -> tuple[TierView, ...]:
    return tuple(TierView(plain(least), plain(rate)) for least, rate in tiers)


def _positions(
    rows: "QuerySet[YieldPosition] | QuerySet[StakePosition]", owner_id: UUID, mode: Mode | None
) -> list[PositionView]:
    wanted = rows if mode is None else rows.filter(mode=mode)
    found: list[Any] = list(wanted.select_related("product").annotate(earned=Sum("accruals__amount")).order_by("-id"))
    kind = AccountKind.EARN if rows.model is YieldPosition else AccountKind.STAKE
    inside = _inside(owner_id, kind, {row.mode for row in found})
    tables: dict[UUID, RateTable] = {row.product_id: rates_of(row.product) for row in found}
    return [_position(row, inside.get(row.pk, ZERO), tables[row.product_id]) for row in found]


def _position(row: YieldPosition | StakePosition, principal: Decimal, rates: RateTable) -> PositionView:
    stake = row if isinstance(row, StakePosition) else None
    return PositionView(
        id=row.pk,
        product_id=row.product_id,
        product=row.product.name,
        asset=row.product.asset_id,
        mode=row.mode,
        amount=plain(row.amount),
        principal=plain(principal),
        earned=plain(getattr(row, "earned", None) or ZERO),
        rate=plain(rates.on(today(), principal)),
        compounds=row.product.compounds,
        state=row.state,
        accrued_through=row.accrued_through,
        opened_at=row.created_at,
        unlocks_at=None if isinstance(row, StakePosition) else row.unlocks_at,
        closed_at=row.closed_at,
        paid_out=None if row.paid_out is None else plain(row.paid_out),
        bonds_at=stake.bonds_at if stake else None,
        releases_at=stake.releases_at if stake else None,
    )


def _one(found: list[PositionView]) -> PositionView:
    if not found:
        raise PositionMissing
    return found[0]


def _accruals(rows: "QuerySet[Accrual]", limit: int) -> list[AccrualView]:
    return [
        AccrualView(row.day, plain(row.principal), plain(row.rate), plain(row.amount))
        for row in rows.order_by("-day")[:limit]
    ]
