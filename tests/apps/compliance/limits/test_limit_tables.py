"""What the database holds by itself: uses stay as written, reversals fit, policy rows are whole."""

import pytest
from django.db import transaction
from django.db.utils import DatabaseError, IntegrityError

from apps.compliance.limits.models import CustomerTier, LimitRow, LimitUse, ScreeningThreshold, VelocityRow
from apps.compliance.limits.operations import give_back
from apps.core.clock import now
from apps.core.context import in_schema
from apps.core.schemas.grants import append_only_tables
from tests.apps.compliance.limits.limit_policy import SYSTEM, D, limit, most, use, verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def used(customer):
    """A use of 10 USDT."""
    verify(customer)
    limit("100")
    return use(customer, "10", "a")


def test_a_use_is_never_changed_or_deleted(used):
    assert "limits_limituse" in append_only_tables()
    with pytest.raises(DatabaseError), transaction.atomic():
        LimitUse.objects.filter(pk=used.pk).update(amount=D(1))
    with pytest.raises(DatabaseError), transaction.atomic():
        LimitUse.objects.filter(pk=used.pk).delete()
    assert list(LimitUse.objects.values_list("amount", flat=True)) == [D(10)]


@pytest.mark.parametrize("change", [{"amount": D(11)}, {"asset": "BTC"}, {"verb": "transfer"}])
def test_a_reversal_equals_what_it_reverses(used, change):
    facts = {"owner_id": used.owner_id, "verb": used.verb, "asset": used.asset, "amount": used.amount, **change}
    with pytest.raises(IntegrityError), transaction.atomic():
        LimitUse.objects.create(**facts, reverses=used, at=now())
    assert LimitUse.objects.count() == 1


def test_a_reversal_is_not_reversed_and_not_doubled(used):
    back = give_back(actor=SYSTEM, key="a")
    facts = {"owner_id": used.owner_id, "verb": used.verb, "asset": used.asset, "amount": used.amount, "at": now()}
    for target in (used, back):
        with pytest.raises(IntegrityError), transaction.atomic():
            LimitUse.objects.create(**facts, reverses=target)
    for key, target in (("k", used), (None, None)):
        with pytest.raises(IntegrityError), transaction.atomic():
            LimitUse.objects.create(**facts, key=key, reverses=target)
    assert LimitUse.objects.count() == 2


def test_policy_rows_are_whole_and_stay(used):
    most(3)
    ScreeningThreshold.objects.create(asset="USDT", amount=D(1))
    good = {"tier": 1, "verb": "withdraw", "asset": "USDT", "window": "day", "amount": D(1)}
    for bad in ({"tier": 4}, {"verb": "eat"}, {"asset": "usdt"}, {"window": "year"}, {"amount": D(-1)}, {"tier": 2}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LimitRow.objects.create(**{**good, **bad})
    with pytest.raises(IntegrityError), transaction.atomic():
        VelocityRow.objects.create(tier=1, verb="withdraw", window="single", max_count=1)
    for model in (LimitRow, VelocityRow, ScreeningThreshold, CustomerTier):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all().delete()
        assert model.objects.count() == 1


def test_another_tenant_has_its_own(used, tenant_b):
    with in_schema(tenant_b.schema):
        for model in (LimitRow, LimitUse, CustomerTier):
            assert not model.objects.exists()
