"""Yield and staking products: prepared by one person; rates and offers take a second one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.assets import get_asset
from apps.core.clock import now
from apps.core.models import Approval
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.finance.wallets.calendar_days import today
from apps.finance.wallets.choices_earning import PRODUCT_STATES, DayCount, Family
from apps.finance.wallets.errors_earning import (
    NoRates,
    ProductInvalid,
    ProductMissing,
    RatesInvalid,
    RatesThere,
    RatesTooLate,
)
from apps.finance.wallets.models import StakingProduct, StakingRate, YieldProduct, YieldRate
from apps.finance.wallets.operations.earning import MADE_UP, schedule_accrual
from apps.finance.wallets.operations.own_money import checked_amount
from apps.finance.wallets.operations.permissions_earning import APPROVE_PRODUCTS, PROPOSE_PRODUCTS
from kernel.ledger import Terms
from kernel.money import InvalidAmountError
from kernel.money.exact import plain

Product = YieldProduct | StakingProduct
RATES, OFFER = "wallets.put_rates", "wallets.offer_product"
MODELS: dict[str, type[YieldProduct] | type[StakingProduct]] = {
    Family.YIELD: YieldProduct,
    Family.STAKING: StakingProduct,
}
MOST_RATE: dict[str, Decimal] = {Family.YIELD: Decimal(10), Family.STAKING: Decimal("0.1")}
LONGEST_LOCK, LONGEST_WAY, LONGEST_NAME = 3660, 366, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTerms:
    """What both kinds of product promise; see the models."""

    name: str
    asset: str
    minimum: Decimal
    capacity: Decimal | None = None
    compounds: bool = False


@dataclass(frozen=True, slots=True)
class Tier:
    """From an amount on, all of it earns `rate` (a year's for yield, a day's for staking; 0.05 is 5 %)."""

    from_amount: Decimal
    rate: Decimal


@operation("wallets.prepare_yield_product", permission=PROPOSE_PRODUCTS)
def prepare_yield_product(
    *, actor: Actor, terms: ProductTerms, day_count: str = DayCount.ACT_365, lock_days: int = 0, reason: str
) -> YieldProduct:
    """Make a draft. Its terms never change; customers see it once it has rates and is offered.

    Raises ProductInvalid, UnknownAsset, InvalidAmount.
    """
    if day_count not in DayCount.values or not 0 <= lock_days <= LONGEST_LOCK:
        raise ProductInvalid(field="lock_days", why=f"A lock is 0 to {LONGEST_LOCK} days, by a known day count.")
    return YieldProduct.objects.create(**_checked_terms(terms), day_count=day_count, lock_days=lock_days)


@operation("wallets.prepare_staking_product", permission=PROPOSE_PRODUCTS)
def prepare_staking_product(
    *, actor: Actor, terms: ProductTerms, unbonding_days: int, bonding_days: int = 0, reason: str
) -> StakingProduct:
    """Make a draft. Raises as `prepare_yield_product` does."""
    if not (0 <= unbonding_days <= LONGEST_WAY and 0 <= bonding_days <= LONGEST_WAY):
        raise ProductInvalid(field="unbonding_days", why=f"The ways in and out take 0 to {LONGEST_WAY} days.")
    return StakingProduct.objects.create(
        **_checked_terms(terms), unbonding_days=unbonding_days, bonding_days=bonding_days
    )


@operation("wallets.propose_rates", permission=PROPOSE_PRODUCTS, audited=("family", "product_id", "valid_from"))
def propose_rates(
    *, actor: Actor, family: str, product_id: UUID, valid_from: date, tiers: Sequence[Tier], reason: str
) -> Approval:
    """Ask another person to put rates that hold from a day after the approval on; what has accrued stays.

    The first tier is from 0; staking has one. Raises ProductMissing, RatesInvalid, RatesTooLate, RatesThere.
    """
    product = _product(family, product_id)
    _check_day(product, valid_from)
    checked = _checked_tiers(family, product.asset_id, tiers)
    payload = {
        "family": str(family),
        "product": str(product.pk),
        "valid_from": valid_from.isoformat(),
        "tiers": [[f"{plain(tier.from_amount):f}", f"{plain(tier.rate):f}"] for tier in checked],
    }
    return request_approval(actor=actor, action=RATES, payload=payload, reason=reason)


@operation("wallets.propose_offer", permission=PROPOSE_PRODUCTS, audited=("family", "product_id"))
def propose_offer(*, actor: Actor, family: str, product_id: UUID, reason: str) -> Approval:
    """Ask another person to open a product for customers. Raises ProductMissing, NoRates, MoveNotAllowed."""
    product = _product(family, product_id)
    PRODUCT_STATES.target("offer", product.state)
    _check_rates(product)
    payload = {"family": str(family), "product": str(product.pk)}
    return request_approval(actor=actor, action=OFFER, payload=payload, reason=reason)


@operation("wallets.withdraw_product", permission=PROPOSE_PRODUCTS, audited=("family", "product_id", "expected"))
def withdraw_product(*, actor: Actor, family: str, product_id: UUID, expected: str, reason: str) -> Product:
    """Take no new money; open positions go on. Raises ProductMissing, MoveNotAllowed, StateChanged."""
    product = _product(family, product_id)
    return transition(product, "withdraw", table=PRODUCT_STATES, expected=expected, actor=actor)


@operation("wallets.accrue_again", permission=PROPOSE_PRODUCTS, audited=("family", "product_id"))
def accrue_again(*, actor: Actor, family: str, product_id: UUID, reason: str) -> Product:
    """Have everything that has not accrued up to yesterday made up now; done twice it changes nothing."""
    product = _product(family, product_id)
    schedule_accrual(Family(family), product.pk, today(), step=MADE_UP, due_at=now())
    return product


@approvable(RATES, permission=APPROVE_PRODUCTS, title="Put rates of a product")
def put_rates(_actor: Actor, payload: dict[str, Any]) -> None:
    """Write the approved rates."""
    product = _product(payload["family"], UUID(payload["product"]))
    valid_from = date.fromisoformat(payload["valid_from"])
    _check_day(product, valid_from)
    write_rates(product, valid_from, [Tier(Decimal(least), Decimal(rate)) for least, rate in payload["tiers"]])


@approvable(OFFER, permission=APPROVE_PRODUCTS, title="Offer a product to customers")
def offer(actor: Actor, payload: dict[str, Any]) -> None:
    """Open the approved product."""
    product = _product(payload["family"], UUID(payload["product"]))
    _check_rates(product)
    transition(product, "offer", table=PRODUCT_STATES, expected=product.state, actor=actor)


def write_rates(product: Product, valid_from: date, tiers: Sequence[Tier]) -> None:
    """Add a dated table of rates. Callers have checked it."""
    if isinstance(product, StakingProduct):
        StakingRate.objects.create(product=product, valid_from=valid_from, rate=tiers[0].rate)
        return
    YieldRate.objects.bulk_create(
        [YieldRate(product=product, valid_from=valid_from, from_amount=t.from_amount, rate=t.rate) for t in tiers]
    )


def _product(family: str, product_id: UUID) -> Product:
    """Return a product, locked against other writers."""
    model: Any = MODELS.get(family)
    found = None if model is None else model.objects.select_for_update(no_key=True).filter(pk=product_id).first()
    if found is None:
        raise ProductMissing
    product: Product = found
    return product


def _checked_terms(terms: ProductTerms) -> dict[str, Any]:
    name, asset = " ".join(terms.name.split()), get_asset(terms.asset).code
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ProductInvalid(field="name", why=f"Give the product a name of at most {LONGEST_NAME} characters.")
    minimum = checked_amount(terms.minimum, asset, field="minimum")
    capacity = None if terms.capacity is None else checked_amount(terms.capacity, asset, field="capacity")
    if capacity is not None and capacity < minimum:
        raise ProductInvalid(field="capacity", why="The capacity is less than the minimum.")
    return {
        "name": name, "asset_id": asset, "minimum": minimum, "capacity": capacity, "compounds": terms.compounds
    }  # fmt: skip


def _check_day(product: Product, valid_from: date) -> None:
    if valid_from <= today():
        raise RatesTooLate(field="valid_from")
    if product.rates.filter(valid_from=valid_from).exists():
        raise RatesThere(field="valid_from", valid_from=valid_from.isoformat())


def _check_rates(product: Product) -> None:
    if not product.rates.exists():
        raise NoRates


def _checked_tiers(family: str, asset: str, tiers: Sequence[Tier]) -> list[Tier]:
    rows = sorted(tiers, key=lambda tier: tier.from_amount)
    steps = [row.from_amount for row in rows]
    if not rows or steps[0] != 0 or len(set(steps)) != len(steps):
        raise RatesInvalid(field="tiers", why="The first tier is from 0, and no two tiers begin at one amount.")
    if family == Family.STAKING and len(rows) > 1:
        raise RatesInvalid(field="tiers", why="Staking has one rate for all amounts.")
    for row in rows:
        if row.from_amount:
            checked_amount(row.from_amount, asset, field="tiers")
        _check_rate(family, row.rate)
    return rows


def _check_rate(family: str, rate: Decimal) -> None:
    most = MOST_RATE[family]
    try:
        Terms(rate=rate, quantum=Decimal(1))
    except (InvalidAmountError, ValueError):
        raise RatesInvalid(field="tiers", why="A rate is a number of at most 12 decimals, not negative.") from None
    if rate > most:
        raise RatesInvalid(field="tiers", why=f"A rate is at most {most:f}; 0.05 is 5 %.")
