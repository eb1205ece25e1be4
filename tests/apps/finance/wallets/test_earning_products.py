"""Yield products: who may enter and how much, rates and offers by two people, never back in time."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from apps.core import approvals
from apps.core.actors import Actor
from apps.core.clock import freeze
from apps.core.errors import InvalidAmount
from apps.core.permissions import PermissionMissing
from apps.core.transitions import MoveNotAllowed
from apps.finance.ledger.errors import InsufficientFunds
from apps.finance.wallets.choices_earning import Family
from apps.finance.wallets.errors_earning import (
    BelowMinimum,
    CapacityUsedUp,
    NoRates,
    ProductInvalid,
    ProductMissing,
    ProductNotOffered,
    RatesInvalid,
    RatesThere,
    RatesTooLate,
)
from apps.finance.wallets.models import YieldPosition, YieldProduct, YieldRate
from apps.finance.wallets.operations import (
    ProductTerms,
    Tier,
    accrue_yield,
    open_yield_position,
    prepare_yield_product,
    propose_offer,
    propose_rates,
    withdraw_product,
)
from apps.finance.wallets.queries_earning import list_yield_products
from tests.apps.finance.wallets.earning_ground import SYSTEM, D, at, fund, nothing_changes, yield_product
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db


def enter(user: Any, product: YieldProduct, amount: str) -> YieldPosition:
    return open_yield_position(actor=Actor.of(user), product_id=product.pk, amount=D(amount))


def test_rates_and_offers_take_two_people() -> None:
    maker, checker = (
        make_staff("fin@example.test", role="finance"),
        make_staff("app@example.test", role="finance_approver"),
    )
    with freeze(at("2025-01-01 10:00")):
        terms = ProductTerms(name="EUR flexible", asset="EUR", minimum=D(10))
        product = prepare_yield_product(actor=Actor.of(maker), terms=terms, lock_days=0, reason="new")
        with pytest.raises(NoRates):
            propose_offer(actor=Actor.of(maker), family="yield", product_id=product.pk, reason="open")
        tiers = [Tier(D(1000), D("0.01")), Tier(D(0), D("0.02"))]
        asked = propose_rates(
            actor=Actor.of(maker), family="yield", product_id=product.pk, valid_from=date(2025, 1, 2), tiers=tiers,
            reason="first rates",
        )  # fmt: skip
        assert not YieldRate.objects.filter(product=product).exists()
        with pytest.raises(approvals.MakerCannotCheck):
            approvals.decide(actor=SYSTEM, approval_id=asked.pk, agrees=True)
        with pytest.raises(PermissionMissing):
            approvals.decide(actor=Actor.of(maker), approval_id=asked.pk, agrees=True)
        approvals.decide(actor=Actor.of(checker), approval_id=asked.pk, agrees=True)
        found = YieldRate.objects.filter(product=product).order_by("from_amount")
        assert list(found.values_list("from_amount", "rate")) == [(D(0), D("0.02")), (D(1000), D("0.01"))]
        offer = propose_offer(actor=Actor.of(maker), family="yield", product_id=product.pk, reason="open")
        approvals.decide(actor=Actor.of(checker), approval_id=offer.pk, agrees=True)
    product.refresh_from_db()
    assert product.state == "offered"
    with freeze(at("2025-01-02 10:00")):
        (view,) = list_yield_products(asset="EUR")
        assert [(tier.from_amount, tier.rate) for tier in view.rates] == [(D(0), D("0.02")), (D(1000), D("0.01"))]


def test_rates_never_reach_back(customer: Any) -> None:
    maker, checker = (
        make_staff("fin@example.test", role="finance"),
        make_staff("app@example.test", role="finance_approver"),
    )
    product = yield_product(("2025-01-01", (("0", "0.365"),)))

    def propose(day: str, *tiers: tuple[str, str], family: str = "yield") -> Any:
        return propose_rates(
            actor=Actor.of(maker), family=family, product_id=product.pk, valid_from=date.fromisoformat(day),
            tiers=[Tier(D(least), D(rate)) for least, rate in tiers], reason="test",
        )  # fmt: skip

    with freeze(at("2025-01-10 10:00")):
        with nothing_changes():
            for day in ("2025-01-09", "2025-01-10"):
                with pytest.raises(RatesTooLate):
                    propose(day, ("0", "0.1"))
            for tiers in ((), (("5", "0.1"),), (("0", "0.1"), ("0", "0.2")), (("0", "11"),), (("0", "-0.1"),)):
                with pytest.raises(RatesInvalid):
                    propose("2025-01-11", *tiers)
            with pytest.raises(RatesInvalid):
                propose("2025-01-11", ("0", "0.1234567890123"))
            with pytest.raises(ProductMissing):
                propose("2025-01-11", ("0", "0.1"), family="staking")
        late = propose("2025-01-11", ("0", "0.1"))
        twice = propose("2025-01-12", ("0", "0.1"))
        again = propose("2025-01-12", ("0", "0.2"))
    with freeze(at("2025-01-11 00:00")):
        with nothing_changes(), pytest.raises(RatesTooLate):
            approvals.decide(actor=Actor.of(checker), approval_id=late.pk, agrees=True)
        approvals.decide(actor=Actor.of(checker), approval_id=twice.pk, agrees=True)
        with nothing_changes(), pytest.raises(RatesThere):
            approvals.decide(actor=Actor.of(checker), approval_id=again.pk, agrees=True)


def test_staff_and_customers_do_only_their_own_part(customer: Any) -> None:
    product = yield_product()
    maker = make_staff("fin@example.test", role="finance")
    fund(maker, "USDT", "100")
    terms = ProductTerms(name="X", asset="USDT", minimum=D(10))
    with nothing_changes():
        with pytest.raises(PermissionMissing):
            enter(maker, product, "10")
        with pytest.raises(PermissionMissing):
            prepare_yield_product(actor=Actor.of(customer), terms=terms, reason="no")
        with pytest.raises(PermissionMissing):
            accrue_yield(actor=Actor.of(maker), product_id=product.pk)
        with pytest.raises(ProductInvalid):
            prepare_yield_product(actor=Actor.of(maker), terms=terms, lock_days=4000, reason="no")
        with pytest.raises(MoveNotAllowed):
            withdraw_product(
                actor=Actor.of(maker), family=Family.YIELD, product_id=product.pk, expected="draft", reason="no"
            )


def test_entering_is_refused_where_the_product_says_no(customer: Any, other_customer: Any) -> None:
    product = yield_product(minimum=D(10), capacity=D(100))
    draft = YieldProduct.objects.create(name="Draft", asset_id="USDT", minimum=D(1))
    fund(customer, "USDT", "1000")
    enter(customer, product, "60")
    with nothing_changes():
        for error, amount in ((BelowMinimum, "9.99999999"), (CapacityUsedUp, "41"), (InvalidAmount, "10.000000001")):
            with pytest.raises(error):
                enter(customer, product, amount)
        with pytest.raises(InsufficientFunds):
            enter(other_customer, product, "40")
        with pytest.raises(ProductMissing):
            enter(customer, draft, "10")
        with pytest.raises(ProductMissing):
            open_yield_position(actor=Actor.of(customer), product_id=uuid4(), amount=D(10))
    withdraw_product(actor=SYSTEM, family="yield", product_id=product.pk, expected="offered", reason="test")
    with nothing_changes(), pytest.raises(ProductNotOffered):
        enter(customer, product, "10")
    assert product.name not in [view.name for view in list_yield_products()]
