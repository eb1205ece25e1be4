"""A table that is not as it was is seen, whatever was summed before."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.core.context import in_schema
from apps.core.models import IdempotencyRecord
from apps.finance.wallets.models import YieldProduct
from tests.contracts.digests import back_at_first, changed, digest, sums_of
from tests.contracts.money_ground import Person, prepare_tenant

TABLE = "wallets_yieldproduct"


@pytest.fixture
def product(db: None) -> YieldProduct:
    """Return a row of a watched table."""
    prepare_tenant()
    return YieldProduct.objects.earliest("id")


def rename(product: YieldProduct, name: str) -> None:
    """Change the row."""
    YieldProduct.objects.filter(pk=product.pk).update(name=name)


def add(product: YieldProduct) -> None:
    """Add another row like it."""
    YieldProduct.objects.bulk_create([YieldProduct(**{**_fields(product), "id": uuid4()})])


def _fields(product: YieldProduct) -> dict[str, Any]:
    return {field.attname: getattr(product, field.attname) for field in product._meta.concrete_fields}


def test_nothing_done_is_nothing_changed(product: YieldProduct) -> None:
    before = digest()
    assert changed(before) == []
    assert before[TABLE] != before["wallets_withdrawal"]
    assert before == sums_of(before)


def test_a_changed_row_is_seen_and_its_return_too(product: YieldProduct) -> None:
    before = digest()
    rename(product, "Another")
    assert changed(before) == [TABLE]
    assert changed(before) == [TABLE]
    rename(product, product.name)
    assert changed(before) == []


def test_an_inserted_row_is_seen(product: YieldProduct) -> None:
    before = digest()
    add(product)
    assert changed(before) == [TABLE]


def test_a_deleted_row_is_seen(product: YieldProduct) -> None:
    before = digest()
    row = IdempotencyRecord.objects.create(actor_id=uuid4(), operation="tests", key="k")
    with_it = digest()
    assert changed(before) == ["core_idempotencyrecord"]
    row.delete()
    assert (changed(before), changed(with_it)) == ([], ["core_idempotencyrecord"])


def test_a_row_changed_and_rolled_back_to_a_savepoint_is_as_it_was(product: YieldProduct) -> None:
    before = digest()
    with transaction.atomic():
        rename(product, "Another")
        assert changed(before) == [TABLE]
        with transaction.atomic():
            add(product)
            inside = digest()
            assert inside[TABLE] not in (before[TABLE], "")
            transaction.set_rollback(True)
        assert changed(before) == [TABLE]
        assert digest()[TABLE] != inside[TABLE]
        transaction.set_rollback(True)
    assert changed(before) == []
    rename(product, "Another")
    assert changed(before) == [TABLE]


def test_a_row_changed_before_a_savepoint_that_is_rolled_back_stays_changed(product: YieldProduct) -> None:
    before = digest()
    rename(product, "Another")
    with transaction.atomic():
        rename(product, product.name)
        assert changed(before) == []
        transaction.set_rollback(True)
    assert changed(before) == [TABLE]


def test_each_schema_has_its_own(product: YieldProduct, tenant_b: Any) -> None:
    before = digest()
    with in_schema(tenant_b.schema):
        there = digest()
        prepare_tenant()
        assert TABLE in changed(there)
    assert changed(before) == []


def test_what_was_summed_in_another_transaction_is_summed_anew(db: None) -> None:
    first = digest()
    assert YieldProduct.objects.count() == 0
    assert first == sums_of(first)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_people_of_a_module_begin_as_they_were_made(turn: int, db: None, ann: Person, bob: Person) -> None:
    before = digest()
    assert before == sums_of(before)
    rename(YieldProduct.objects.earliest("id"), f"Turn {turn}")
    assert changed(before) == [TABLE]
    assert not YieldProduct.objects.filter(name=f"Turn {turn - 1}").exists()


def test_going_back_says_nothing_of_a_schema_not_looked_at(tenant_b: Any, db: None) -> None:
    with in_schema(tenant_b.schema):
        back_at_first()
        found = digest()
        assert found == sums_of(found)
