"""Staking: pending, bonded, unbonding, released; rewards only while bonded, the same after an outage."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.core import approvals
from apps.core.actors import Actor
from apps.core.clock import freeze
from apps.finance.ledger.choices import AccountKind
from apps.finance.wallets.errors_earning import NotBondedYet, PositionMissing, RatesInvalid
from apps.finance.wallets.models import Accrual, StakePosition, StakingProduct, StakingRate
from apps.finance.wallets.operations import (
    ProductTerms,
    Tier,
    accrue_staking,
    open_stake,
    prepare_staking_product,
    propose_rates,
    rearm_earning,
    release_stake,
    unbond_stake,
)
from apps.finance.wallets.queries_earning import get_stake, list_rewards, list_staking_products
from tests.apps.finance.wallets.earning_ground import (
    SYSTEM,
    D,
    at,
    check_books,
    free,
    fund,
    inside,
    nothing_changes,
    pass_days,
    run_timers,
    staking_product,
)
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db


def stake(user: Any, product: StakingProduct, amount: str) -> StakePosition:
    return open_stake(actor=Actor.of(user), product_id=product.pk, amount=D(amount))


def unbond(user: Any, position: StakePosition) -> StakePosition:
    return unbond_stake(actor=Actor.of(user), position_id=position.pk)


def rewards(position: StakePosition) -> list[tuple[int, Decimal]]:
    return [(row.day.day, row.amount) for row in Accrual.objects.filter(stake=position).order_by("day")]


def test_the_whole_way_of_a_stake(customer: Any) -> None:
    product = staking_product(("2025-01-01", "0.0001"), bonding_days=1, unbonding_days=3)
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "ETH", "10")
        position = stake(customer, product, "10")
        assert (position.state, position.bonds_at) == ("pending", at("2025-01-03"))
        with nothing_changes(), pytest.raises(NotBondedYet):
            unbond(customer, position)
    assert (free(customer, "ETH"), inside(customer, AccountKind.STAKE)) == (D(0), D(10))
    pass_days("2025-01-02", "2025-01-06")
    position.refresh_from_db()
    assert position.state == "bonded"
    assert rewards(position) == [(3, D("0.001")), (4, D("0.001")), (5, D("0.001"))]
    with freeze(at("2025-01-06 18:00")):
        leaving = unbond(customer, position)
        assert (leaving.state, leaving.releases_at) == ("unbonding", at("2025-01-09 18:00"))
        assert unbond(customer, position).state == "unbonding"
        assert release_stake(actor=SYSTEM, position_id=position.pk).state == "unbonding"
    pass_days("2025-01-07", "2025-01-09")
    position.refresh_from_db()
    assert position.state == "unbonding"
    with freeze(at("2025-01-09 18:00")):
        run_timers()
    position.refresh_from_db()
    assert (position.state, position.paid_out) == ("released", D(10))
    assert len(rewards(position)) == 3
    assert free(customer, "ETH") == D("10.003")
    check_books()


def test_an_outage_changes_no_reward(customer: Any) -> None:
    product = staking_product(("2025-01-01", "0.0001"), ("2025-01-05", "0.00025"), compounds=True, unbonding_days=1)
    twin = staking_product(("2025-01-01", "0.0001"), ("2025-01-05", "0.00025"), compounds=True, unbonding_days=1)
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "ETH", "6.5")
        daily, late = stake(customer, product, "3.123456789012345678"), stake(customer, twin, "3.123456789012345678")
    for day in range(2, 21):
        with freeze(at(f"2025-01-{day:02} 00:05")):
            StakePosition.objects.filter(pk=daily.pk, state="pending").update(state="bonded")
            accrue_staking(actor=SYSTEM, product_id=product.pk)
    with freeze(at("2025-01-20 09:00")):
        run_timers()
    columns = ("day", "principal", "rate", "amount", "remainder")
    found = [list(Accrual.objects.filter(stake=one).order_by("day").values_list(*columns)) for one in (daily, late)]
    assert found[0] == found[1]
    assert [row[0].day for row in found[0]] == list(range(2, 20))
    with freeze(at("2025-01-20 10:00")):
        unbond(customer, late)
    with freeze(at("2025-01-25 10:00")):
        run_timers()
    late.refresh_from_db()
    assert late.paid_out == D("3.123456789012345678") + sum(row[3] for row in found[1])
    check_books()


def test_without_unbonding_days_it_is_back_at_once(customer: Any) -> None:
    product = staking_product(("2025-01-01", "0.001"), compounds=True)
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "ETH", "1")
        position = stake(customer, product, "1")
    # No timer has run since: bonding, three rewards and the release happen together.
    with freeze(at("2025-01-05 12:00")):
        released = unbond(customer, position)
        assert (released.state, released.paid_out) == ("released", D("1.003003001"))
        run_timers()
    assert [day for day, _ in rewards(position)] == [2, 3, 4]
    assert free(customer, "ETH") == D("1.003003001")
    check_books()


def test_the_net_finds_lost_timers(customer: Any) -> None:
    from apps.core.models import Timer

    product = staking_product(("2025-01-01", "0.001"), unbonding_days=2)
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "ETH", "1")
        position = stake(customer, product, "1")
    Timer.objects.filter(state="waiting").update(state="cancelled")
    with freeze(at("2025-01-03 12:00")):
        assert rearm_earning(actor=SYSTEM) == 1
        run_timers()
        assert rewards(position) == [(2, D("0.001"))]
        unbond(customer, position)
    Timer.objects.filter(state="waiting").update(state="cancelled")
    with freeze(at("2025-01-06 12:00")):
        assert rearm_earning(actor=SYSTEM) == 1
        run_timers()
    position.refresh_from_db()
    assert position.state == "released"


def test_a_stake_is_its_owners_alone_and_shows_its_rewards(customer: Any, other_customer: Any) -> None:
    product = staking_product(("2025-01-01", "0.001"))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "ETH", "1")
        position = stake(customer, product, "1")
    with freeze(at("2025-01-04 00:05")):
        run_timers()
        view = get_stake(position.pk, owner_id=customer.pk)
        assert (view.principal, view.earned, view.rate, view.state) == (D(1), D("0.002"), D("0.001"), "bonded")
        assert [row.day.day for row in list_rewards(position.pk, owner_id=customer.pk)] == [3, 2]
    with nothing_changes():
        with pytest.raises(PositionMissing):
            unbond(other_customer, position)
        with pytest.raises(PositionMissing):
            get_stake(position.pk, owner_id=other_customer.pk)


def test_a_new_staking_product_takes_two_people() -> None:
    maker, checker = (
        make_staff("fin@example.test", role="finance"),
        make_staff("app@example.test", role="finance_approver"),
    )
    with freeze(at("2025-01-01 15:00")):
        terms = ProductTerms(name="DOT staking", asset="DOT", minimum=D(1))
        product = prepare_staking_product(actor=Actor.of(maker), terms=terms, unbonding_days=28, reason="new")
        wanted: dict[str, Any] = {"family": "staking", "product_id": product.pk, "valid_from": at("2025-01-02").date()}
        for tiers in ([Tier(D(0), D("0.2"))], [Tier(D(0), D("0.01")), Tier(D(5), D("0.02"))]):
            with nothing_changes(), pytest.raises(RatesInvalid):
                propose_rates(actor=Actor.of(maker), tiers=tiers, reason="test", **wanted)
        asked = propose_rates(actor=Actor.of(maker), tiers=[Tier(D(0), D("0.0004"))], reason="test", **wanted)
        approvals.decide(actor=Actor.of(checker), approval_id=asked.pk, agrees=True)
    assert StakingRate.objects.get(product=product).rate == D("0.0004")
    assert "DOT staking" not in [view.name for view in list_staking_products()]


def test_the_database_knows_the_moves(customer: Any) -> None:
    fund(customer, "ETH", "1")
    position = stake(customer, staking_product(), "1")
    for breach in (
        lambda: StakePosition.objects.filter(pk=position.pk).update(state="released"),
        lambda: StakePosition.objects.filter(pk=position.pk).update(state="unbonding"),
        lambda: StakePosition.objects.filter(pk=position.pk).update(releases_at=at("2025-01-01")),
        lambda: StakePosition.objects.filter(pk=position.pk).delete(),
        lambda: StakingProduct.objects.update(unbonding_days=1),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            breach()
