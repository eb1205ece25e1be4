"""States move along their table, by compare-and-set, and the database agrees."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from apps.core.actors import Actor
from apps.core.clock import freeze, from_ms, now, now_ms, to_ms, travel
from apps.core.errors import StateChanged
from apps.core.ids import uuid7
from apps.core.models import AuditEvent, Timer
from apps.core.transitions import MoveNotAllowed, StateTable, transition

TABLE = StateTable("state", {"finish": {"waiting": "done"}, "cancel": {"waiting": "cancelled"}})
SYSTEM = Actor.system("tests")


def waiting() -> Timer:
    return Timer.objects.create(name="tests.t", key=uuid7().hex, due_at=now())


@pytest.mark.django_db
def test_a_move_sets_state_and_facts_together() -> None:
    timer = waiting()
    moved = transition(timer, "finish", table=TABLE, expected="waiting", actor=SYSTEM, trail=True, attempts=3)
    assert (moved.state, moved.attempts) == ("done", 3)
    assert AuditEvent.objects.get(operation="core.finish").data == {"from": "waiting", "to": "done"}


@pytest.mark.django_db
def test_the_second_of_two_who_saw_the_same_state_is_refused() -> None:
    timer = waiting()
    other = Timer.objects.get(pk=timer.pk)
    transition(timer, "finish", table=TABLE, expected="waiting", actor=SYSTEM)
    with pytest.raises(StateChanged):
        transition(other, "cancel", table=TABLE, expected="waiting", actor=SYSTEM, attempts=9)
    assert (other.state, other.attempts) == ("done", 0)


@pytest.mark.django_db
def test_a_move_that_is_not_in_the_table_is_refused_by_python_and_by_the_database() -> None:
    timer = waiting()
    with pytest.raises(MoveNotAllowed):
        transition(timer, "finish", table=TABLE, expected="done", actor=SYSTEM)
    transition(timer, "cancel", table=TABLE, expected="waiting", actor=SYSTEM)
    with pytest.raises(DatabaseError), transaction.atomic():
        Timer.objects.filter(pk=timer.pk).update(state="done")
    timer.refresh_from_db()
    assert timer.state == "cancelled"


def test_the_clock_travels_freezes_and_comes_back() -> None:
    before = now()
    with travel(timedelta(days=1)):
        assert now() - before >= timedelta(days=1)
        with freeze(from_ms(1_700_000_000_123)):
            assert now_ms() == 1_700_000_000_123
    assert now() - before < timedelta(hours=1)
    assert to_ms(from_ms(42)) == 42


def test_keys_of_one_process_are_in_order_and_of_version_7() -> None:
    keys = [uuid7() for _ in range(10_000)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 10_000
    assert {key.version for key in keys} == {7}
