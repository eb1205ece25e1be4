"""Changes of policy and the highest tier take two people; nothing gets around it."""

from typing import Any

import pytest

from apps.compliance.limits import errors
from apps.compliance.limits.choices import Tier
from apps.compliance.limits.models import CustomerTier, LimitRow, ScreeningThreshold, VelocityRow
from apps.compliance.limits.operations import change_limit, change_threshold, change_velocity, set_tier
from apps.compliance.limits.queries import get_threshold, get_tier
from apps.core import approvals
from apps.core.actors import Actor
from apps.core.assets import UnknownAsset
from apps.core.models import Approval, ApprovalState, AuditEvent
from apps.core.permissions import PermissionMissing
from apps.core.relay import drain
from apps.platform.notifications.models import InboxItem
from tests.apps.compliance.limits.limit_policy import D, limit, most
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db


def person(role: str, name: str = "") -> Actor:
    return Actor.of(make_staff(f"{name or role}@example.test", role=role))


@pytest.fixture
def maker(db):
    """Somebody of compliance."""
    return person("compliance")


@pytest.fixture
def checker(db):
    """Somebody who approves for finance."""
    return person("finance_approver")


def ask(actor: Actor, amount: str = "500", **more: Any) -> Approval:
    facts = {"tier": 2, "verb": "withdraw", "asset": "USDT", "window": "day", "reason": "season", **more}
    return change_limit(actor=actor, amount=D(amount), **facts)


def approve(actor: Actor, request: Approval) -> Approval:
    return approvals.decide(actor=actor, approval_id=request.pk, agrees=True)


def amounts() -> list[Any]:
    return list(LimitRow.objects.order_by("asset").values_list("asset", "amount"))


def test_a_limit_holds_once_another_person_approved(maker, checker):
    limit("100")
    request = ask(maker)
    assert amounts() == [("USDT", D(100))]
    assert approve(checker, request).state == ApprovalState.EXECUTED
    assert amounts() == [("USDT", D(500))]
    trail = AuditEvent.objects.filter(operation__in=["limits.change_limit", "core.approve"]).order_by("id")
    assert [(row.operation, row.actor_id, row.reason) for row in trail] == [
        ("limits.change_limit", maker.id, "season"),
        ("core.approve", checker.id, ""),
    ]
    assert trail[0].data["amount"] == "500"


def test_a_new_row_a_number_and_a_threshold_go_the_same_way(maker, checker):
    most(3)
    for request in (
        ask(maker, asset="*"),
        change_velocity(actor=maker, tier=2, verb="withdraw", window="day", max_count=9, reason="x"),
        change_threshold(actor=maker, asset="BTC", amount=D("0.5"), reason="x"),
    ):
        before = (amounts(), list(VelocityRow.objects.values_list("max_count")), get_threshold("BTC"))
        with pytest.raises(PermissionMissing):
            approve(maker, request)
        assert before == (amounts(), list(VelocityRow.objects.values_list("max_count")), get_threshold("BTC"))
        approve(checker, request)
    assert amounts() == [("*", D(500))]
    assert VelocityRow.objects.get().max_count == 9
    assert get_threshold("BTC") == D("0.5")


def test_the_same_person_cannot_do_both(staff):
    """The owner holds both permissions, and is still one person."""
    limit("100")
    owner = Actor.of(staff)
    request = ask(owner)
    with pytest.raises(approvals.MakerCannotCheck):
        approve(owner, request)
    with pytest.raises(approvals.MakerCannotCheck):
        approve(owner, request)
    assert amounts() == [("USDT", D(100))]
    request.refresh_from_db()
    assert request.state == ApprovalState.PENDING
    assert not request.votes.exists()


@pytest.mark.parametrize("role", ["finance_approver", "admin", "auditor", "support", "crm", "trading_ops", "mmn"])
def test_who_may_not_propose_is_refused(role):
    limit("100")
    with pytest.raises(PermissionMissing):
        ask(person(role))
    assert not Approval.objects.exists()
    assert amounts() == [("USDT", D(100))]


@pytest.mark.parametrize("role", ["finance", "compliance", "auditor", "support"])
def test_who_may_not_approve_is_refused(maker, role):
    limit("100")
    request = ask(maker)
    with pytest.raises(PermissionMissing):
        approve(person(role, "another"), request)
    assert amounts() == [("USDT", D(100))]


def test_a_newer_request_voids_the_older(maker, checker):
    limit("100")
    old, other = ask(maker, "500"), ask(maker, "70", window="week")
    new = ask(person("finance"), "600")
    assert [Approval.objects.get(pk=one.pk).state for one in (old, other, new)] == ["voided", "pending", "pending"]
    with pytest.raises(approvals.ApprovalClosed):
        approve(checker, old)
    approve(checker, new)
    assert LimitRow.objects.get(window="day").amount == D(600)


def test_a_request_about_another_present_does_not_take_effect(maker, checker):
    limit("100")
    request = ask(maker)
    LimitRow.objects.update(amount=D(50))
    with pytest.raises(errors.ChangedSinceAsked):
        approve(checker, request)
    assert amounts() == [("USDT", D(50))]
    assert not request.votes.exists()
    LimitRow.objects.update(amount=D("100.000"))
    approve(checker, request)
    assert amounts() == [("USDT", D(500))]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tier": 4}, {"verb": "eat"}, {"window": "year"}, {"asset": "usdt"}, {"amount": "-1"}, {"amount": "NaN"},
        {"amount": "1e-19"},
    ],
)  # fmt: skip
def test_what_is_no_limit_is_refused_at_once(maker, wrong):
    with pytest.raises((errors.PolicyInvalid, UnknownAsset)):
        ask(maker, **wrong)
    assert not Approval.objects.exists()


def test_what_changes_nothing_is_refused(maker):
    limit("500")
    with pytest.raises(errors.NothingToChange):
        ask(maker, "500.00")
    with pytest.raises(errors.PolicyInvalid):
        change_velocity(actor=maker, tier=2, verb="withdraw", window="single", max_count=1, reason="x")
    with pytest.raises(UnknownAsset):
        change_threshold(actor=maker, asset="*", amount=D(1), reason="x")
    assert not Approval.objects.exists()
    assert not ScreeningThreshold.objects.exists()


def tier(actor: Actor, user: Any, number: int) -> Any:
    return set_tier(actor=actor, owner_id=user.pk, tier=number, basis="evidence", reason="passport seen")


def test_tiers_below_the_highest_are_set_by_one_person_and_told(maker, customer, on_commit):
    with on_commit():
        row = tier(maker, customer, 2)
    assert (row.tier, row.basis, get_tier(customer.pk)) == (2, "evidence", Tier.VERIFIED)
    drain()
    drain()
    told = InboxItem.objects.get(owner_id=customer.pk, topic="limits.tier_changed")
    assert told.params == {"tier": "Verified", "number": 2}
    event = AuditEvent.objects.get(operation="limits.set_tier")
    assert (event.reason, event.actor_id) == ("passport seen", maker.id)
    assert event.data == {"owner_id": str(customer.pk), "tier": 2, "basis": "evidence"}
    with pytest.raises(errors.SameTier):
        tier(maker, customer, 2)


def test_the_highest_tier_takes_two(maker, checker, customer):
    request = tier(maker, customer, 3)
    assert isinstance(request, Approval)
    assert get_tier(customer.pk) is Tier.UNVERIFIED
    with pytest.raises(PermissionMissing):
        approve(maker, request)
    assert get_tier(customer.pk) is Tier.UNVERIFIED
    approve(checker, request)
    assert get_tier(customer.pk) is Tier.ENHANCED


def test_the_owner_alone_never_makes_a_tier_3(staff, customer):
    request = tier(Actor.of(staff), customer, 3)
    with pytest.raises(approvals.MakerCannotCheck):
        approve(Actor.of(staff), request)
    assert get_tier(customer.pk) is Tier.UNVERIFIED


def test_a_newer_decision_about_a_customer_voids_the_raise(maker, checker, customer):
    request = tier(maker, customer, 3)
    tier(maker, customer, 1)
    with pytest.raises(approvals.ApprovalClosed):
        approve(checker, request)
    assert get_tier(customer.pk) is Tier.BASIC


def test_a_raise_from_another_tier_than_asked_does_not_take_effect(maker, checker, customer):
    request = tier(maker, customer, 3)
    CustomerTier.objects.update(tier=1)
    with pytest.raises(errors.ChangedSinceAsked):
        approve(checker, request)
    assert get_tier(customer.pk) is Tier.BASIC


def test_nobody_decides_about_themselves(maker):
    from django.contrib.auth import get_user_model

    with pytest.raises(errors.OwnTier):
        tier(maker, get_user_model().objects.get(pk=maker.id), 2)
    approver = make_staff("second@example.test", role="finance_approver")
    request = tier(maker, approver, 3)
    with pytest.raises(errors.OwnTier):
        approve(Actor.of(approver), request)
    assert get_tier(approver.pk) is Tier.UNVERIFIED


@pytest.mark.parametrize("role", ["finance", "finance_approver", "admin", "auditor", "support"])
def test_others_set_no_tiers(role, customer):
    with pytest.raises(PermissionMissing):
        tier(person(role), customer, 2)
    assert get_tier(customer.pk) is Tier.UNVERIFIED


def test_a_customer_sets_no_tier(customer, other_customer):
    for target in (customer, other_customer):
        with pytest.raises(PermissionMissing):
            tier(Actor.of(customer), target, 2)
    assert not CustomerTier.objects.filter(tier__gt=0).exists()


def test_a_tier_that_does_not_exist_is_refused(maker, customer):
    for wrong in ({"tier": 4}, {"tier": -1}, {"basis": "whim"}):
        facts: dict[str, Any] = {"tier": 2, "basis": "evidence", **wrong}
        with pytest.raises(errors.PolicyInvalid):
            set_tier(actor=maker, owner_id=customer.pk, reason="x", **facts)
    assert not CustomerTier.objects.exists()
