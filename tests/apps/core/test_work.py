"""The index of work: a schema with work stands in it whatever dies when, and an idle one leaves it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from apps.core import timers, work
from apps.core.clock import freeze, now
from apps.core.context import in_schema
from apps.core.errors import Defect
from apps.core.models import TenantWork
from apps.core.tasks import sweep_all
from config.runtime.processinfo import wait_until
from tests.factories.opened import opened_schemas

KIND = "tests.work"
busy: set[str] = set()


def has_work() -> bool:
    return str(connection.schema_name) in busy  # type: ignore[attr-defined]  # django-tenants adds it


work.register(KIND, has_work)


@pytest.fixture(autouse=True)
def _idle() -> None:
    busy.clear()


def entry(schema: str, kind: str = KIND) -> TenantWork:
    return TenantWork.objects.get(schema=schema, kind=kind)


def swept() -> set[str]:
    """Schemas that a sweep looks into."""
    seen: set[str] = set()
    work.sweep(KIND, lambda: seen.add(str(connection.schema_name)))  # type: ignore[attr-defined]
    return seen


@pytest.mark.django_db
def test_kinds_of_work_do_not_overwrite_each_other(tenant_a: Any) -> None:
    later = now() + timedelta(hours=1)
    work.note_due(tenant_a.schema, timers.KIND, later)
    work.keep(KIND)
    assert (entry(tenant_a.schema, timers.KIND).next_due_at, entry(tenant_a.schema, timers.KIND).seen_at) == (
        later,
        None,
    )
    assert tenant_a.schema not in work.due_schemas(timers.KIND)
    assert swept() == {tenant_a.schema}
    timers.fire_due()
    assert entry(tenant_a.schema, timers.KIND).next_due_at is None
    assert swept() == {tenant_a.schema}


@pytest.mark.django_db
def test_a_sweep_opens_only_tenants_with_work(tenant_a: Any, tenant_b: Any) -> None:
    with opened_schemas() as seen:
        assert swept() == set()
    assert seen.isdisjoint({tenant_a.schema, tenant_b.schema} - {str(connection.schema_name)})  # type: ignore[attr-defined]
    with in_schema(tenant_b.schema):
        work.keep(KIND)
    assert swept() == {tenant_b.schema}


@pytest.mark.django_db
def test_an_entry_that_was_confirmed_lately_costs_one_read(
    tenant_a: Any, django_assert_num_queries: Callable[[int], Any]
) -> None:
    work.keep(KIND)
    with django_assert_num_queries(1):
        work.keep(KIND)
    with freeze(now() + work.FRESH + timedelta(seconds=1)):
        work.keep(KIND)
        assert entry(tenant_a.schema).seen_at == now()


@pytest.mark.django_db
def test_work_keeps_its_tenant_in_the_index_and_its_end_takes_it_out_after_a_while(tenant_a: Any) -> None:
    work.keep(KIND)
    busy.add(tenant_a.schema)
    last_seen = now() + work.LINGER * 10
    with freeze(last_seen):
        assert swept() == {tenant_a.schema}
        assert entry(tenant_a.schema).seen_at == last_seen
    busy.clear()
    with freeze(last_seen + work.LINGER):
        assert swept() == {tenant_a.schema}
        assert swept() == {tenant_a.schema}, "a transaction that is still open may have made some"
    with freeze(last_seen + work.LINGER + timedelta(seconds=1)):
        assert swept() == {tenant_a.schema}
        assert entry(tenant_a.schema).next_due_at is None
        assert swept() == set()
        work.keep(KIND)
        assert swept() == {tenant_a.schema}


@pytest.mark.django_db
def test_the_full_sweep_enters_again_what_was_lost(tenant_a: Any, tenant_b: Any, settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path  # the full sweep anchors seals, which the test's rollback takes away
    busy.add(tenant_b.schema)
    assert swept() == set()
    sweep_all()
    assert swept() == {tenant_b.schema}


@pytest.mark.django_db
def test_a_tenant_that_is_not_active_is_left_alone(tenant_a: Any) -> None:
    work.keep(KIND)
    with in_schema("public"), connection.cursor() as cursor:
        cursor.execute("UPDATE tenants_tenant SET status = 'suspended' WHERE schema_name = %s", [tenant_a.schema])
    assert swept() == set()


@pytest.mark.django_db
def test_a_tenant_whose_sweep_fails_stops_no_other(tenant_a: Any, tenant_b: Any) -> None:
    looked: list[str] = []

    def look() -> None:
        looked.append(str(connection.schema_name))  # type: ignore[attr-defined]
        raise ValueError("not today")

    for tenant in (tenant_a, tenant_b):
        with in_schema(tenant.schema):
            work.keep(KIND)
    work.sweep(KIND, look)
    assert sorted(looked) == sorted([tenant_a.schema, tenant_b.schema])


def test_a_kind_has_one_answer() -> None:
    work.register(KIND, has_work)
    with pytest.raises(Defect):
        work.register(KIND, lambda: True)


# --- with real commits


def in_thread(function: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        function()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def alpha() -> str:
    from apps.platform.tenants.queries import get_tenant

    return get_tenant("alpha").schema


def waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # one transaction sees one picture otherwise
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def age(schema: str) -> None:
    """Let the entry be one that nobody confirmed for long."""
    TenantWork.objects.filter(schema=schema, kind=KIND).update(seen_at=now() - work.LINGER * 2)


@pytest.mark.real_commit
def test_an_entry_is_not_struck_off_under_an_open_transaction(real_db: dict[str, str]) -> None:
    schema = alpha()
    with in_schema(schema):
        work.keep(KIND)
    age(schema)
    entered, swept_once = threading.Event(), threading.Event()

    def make_work() -> None:
        with in_schema(schema), transaction.atomic():
            work.keep(KIND)
            entered.set()
            assert swept_once.wait(20)

    maker = in_thread(make_work)
    assert entered.wait(20)
    assert swept() == {schema}, "and it did not wait for the transaction"
    swept_once.set()
    maker.join()
    assert swept() == {schema}


@pytest.mark.real_commit
def test_who_makes_work_never_waits_for_the_entry(real_db: dict[str, str]) -> None:
    schema = alpha()
    with in_schema(schema):
        work.keep(KIND)
    TenantWork.objects.filter(schema=schema, kind=KIND).update(next_due_at=None)
    held, kept = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            TenantWork.objects.select_for_update().get(schema=schema, kind=KIND)
            held.set()
            assert kept.wait(20)

    holder = in_thread(hold)
    assert held.wait(20)
    with in_schema(schema), transaction.atomic():
        work.keep(KIND)
        kept.set()
    holder.join()
    assert swept() == {schema}


@pytest.mark.real_commit
def test_a_time_noted_while_the_entry_is_renewed_is_kept(real_db: dict[str, str]) -> None:
    schema, due = alpha(), now()
    work.note_due(schema, KIND, due + timedelta(hours=1))
    noters: list[threading.Thread] = []

    def nothing_left() -> None:
        noters.append(in_thread(lambda: work.note_due(schema, KIND, due)))
        assert wait_until(waiting_for_a_lock, seconds=20)

    work.renew(schema, KIND, nothing_left)
    noters[0].join()
    assert entry(schema).next_due_at == due
