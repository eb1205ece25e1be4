"""Threads, coroutines and tasks stay in the tenant they entered."""

import asyncio
import random
import threading
from typing import Any

import pytest
from django.db import connection, transaction

from apps.core.context import current_schema, current_tenant_schema, in_schema, in_tenant_thread
from apps.core.errors import NoTenant
from apps.core.tasks import drain_outbox


def where() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        row: Any = cursor.fetchone()
        return str(row[0])


@pytest.mark.django_db
def test_nested_contexts_return_to_where_they_were(tenant_a: Any, tenant_b: Any) -> None:
    assert where() == tenant_a.schema
    with in_schema(tenant_b.schema):
        assert (where(), current_schema()) == (tenant_b.schema, tenant_b.schema)
        with in_schema("public"):
            assert where() == "public"
            with pytest.raises(NoTenant):
                current_tenant_schema()
        with transaction.atomic():
            point = transaction.savepoint()
            with in_schema(tenant_a.schema):
                assert where() == tenant_a.schema
                transaction.savepoint_rollback(point)
                assert where() == tenant_a.schema
        assert where() == tenant_b.schema
    assert where() == tenant_a.schema


@pytest.mark.real_commit
def test_threads_never_answer_for_another_tenant(real_db: dict[str, str]) -> None:
    schemas = ["public", *_tenants()]
    wrong: list[tuple[str, str]] = []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(150):
            schema = dice.choice(schemas)
            try:
                with in_schema(schema), transaction.atomic():
                    if (found := where()) != schema:
                        wrong.append((schema, found))
                    if dice.random() < 0.3:
                        raise ValueError
            except ValueError:
                pass
        connection.close()

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.real_commit
async def test_coroutines_that_hop_to_the_shared_thread_get_their_own_tenant(real_db: dict[str, str]) -> None:
    schemas = await in_tenant_thread("public", _tenants)()
    wanted = [schemas[number % 2] for number in range(200)]
    assert await asyncio.gather(*[in_tenant_thread(schema, where)() for schema in wanted]) == wanted


@pytest.mark.django_db
def test_a_task_needs_a_tenant() -> None:
    with pytest.raises(TypeError, match="schema"):
        drain_outbox.delay()


def _tenants() -> list[str]:
    from apps.platform.tenants.queries import get_tenant

    return [get_tenant("alpha").schema, get_tenant("beta").schema]
