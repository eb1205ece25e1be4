"""Timers: due ones run once, failing ones wait longer, two workers share them, the index in public is kept."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from apps.core import timers
from apps.core.clock import now, travel
from apps.core.context import in_schema
from apps.core.models import TenantWork, Timer, TimerState
from apps.core.work import due_schemas

ran: list[str] = []


@timers.on_timer("tests.note")
def note(timer: Timer) -> None:
    ran.append(timer.key)


@timers.on_timer("tests.break")
def fail(_timer: Timer) -> None:
    raise ValueError("not today")


@pytest.fixture(autouse=True)
def _forget() -> None:
    ran.clear()


@pytest.mark.django_db
def test_only_due_timers_run_and_only_once() -> None:
    timers.schedule(name="tests.note", key="soon", due_at=now())
    timers.schedule(name="tests.note", key="later", due_at=now() + timedelta(hours=1))
    assert timers.fire_due() == 1
    assert timers.fire_due() == 0
    assert ran == ["soon"]
    with travel(timedelta(hours=2)):
        timers.fire_due()
    assert ran == ["soon", "later"]


@pytest.mark.django_db
def test_scheduling_twice_moves_the_one_timer() -> None:
    first = timers.schedule(name="tests.note", key="k", due_at=now())
    second = timers.schedule(name="tests.note", key="k", due_at=now() + timedelta(hours=1))
    assert first.pk == second.pk
    assert timers.fire_due() == 0


@pytest.mark.django_db
def test_a_cancelled_timer_never_runs() -> None:
    timers.schedule(name="tests.note", key="k", due_at=now())
    assert timers.cancel(name="tests.note", key="k")
    assert not timers.cancel(name="tests.note", key="k")
    assert timers.fire_due() == 0
    assert ran == []


@pytest.mark.django_db
def test_a_failing_timer_waits_longer_each_time_and_then_gives_up() -> None:
    timer = timers.schedule(name="tests.break", key="k", due_at=now())
    for attempt in range(1, timers.MAX_ATTEMPTS + 1):
        with travel(timedelta(hours=attempt)):
            timers.fire_due(limit=1)
        timer.refresh_from_db()
        assert timer.attempts == attempt
        assert "not today" in timer.last_error
    assert timer.state == TimerState.FAILED


@pytest.mark.django_db
def test_the_database_refuses_to_wake_a_finished_timer() -> None:
    timer = timers.schedule(name="tests.note", key="k", due_at=now())
    timers.fire_due()
    with pytest.raises(DatabaseError), transaction.atomic():
        Timer.objects.filter(pk=timer.pk).update(state=TimerState.WAITING)


@pytest.mark.real_commit
def test_two_workers_never_run_the_same_timer_and_the_index_follows(real_db: dict[str, str]) -> None:
    from apps.platform.tenants.queries import get_tenant

    schema = get_tenant("alpha").schema
    with in_schema(schema):
        for number in range(40):
            timers.schedule(name="tests.note", key=str(number), due_at=now())
    assert schema in due_schemas(timers.KIND)
    barrier = threading.Barrier(2)

    def work() -> None:
        with in_schema(schema):
            barrier.wait()
            timers.fire_due()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran, key=int) == [str(number) for number in range(40)]
    with in_schema("public"):
        assert TenantWork.objects.get(schema=schema, kind=timers.KIND).next_due_at is None
