"""One effect per key, the same bytes for each repetition."""

import threading
from typing import Any

import pytest
from django.db import connection

from apps.core.actors import Actor, ActorKind
from apps.core.clock import now
from apps.core.context import in_schema
from apps.core.errors import IdempotencyKeyMissing, IdempotencyKeyReused, Invalid
from apps.core.idempotency import Reply, execute_once
from apps.core.ids import uuid7
from apps.core.models import IdempotencyRecord, Timer
from apps.core.timers import schedule

ANN = Actor(ActorKind.CUSTOMER, uuid7(), "ann")


def effect(name: str = "tests.effect") -> Reply:
    timer = schedule(name=name, key=uuid7().hex, due_at=now())
    return Reply(201, f'{{"id":"{timer.pk}"}}')


def once(key: str, request: Any = None, actor: Actor = ANN) -> Reply:
    return execute_once(actor=actor, operation="tests.do", key=key, request=request or {"a": 1}, run=effect)


@pytest.mark.django_db
def test_a_repetition_gets_the_same_bytes_and_no_second_effect() -> None:
    first, second = once("k1"), once("k1")
    assert (first.status, first.body) == (second.status, second.body)
    assert (first.replayed, second.replayed) == (False, True)
    assert Timer.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_request_is_refused_and_changes_nothing() -> None:
    once("k1")
    with pytest.raises(IdempotencyKeyReused):
        once("k1", {"a": 2})
    assert Timer.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_two_people_do_not_meet() -> None:
    once("k1")
    assert not once("k1", actor=Actor(ActorKind.CUSTOMER, uuid7(), "bob")).replayed
    assert Timer.objects.count() == 2


@pytest.mark.django_db
def test_a_refusal_does_not_use_up_the_key() -> None:
    def refuse() -> Reply:
        raise Invalid

    with pytest.raises(Invalid):
        execute_once(actor=ANN, operation="tests.do", key="k1", request={}, run=refuse)
    assert not IdempotencyRecord.objects.exists()
    assert not execute_once(actor=ANN, operation="tests.do", key="k1", request={}, run=effect).replayed


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "line\nbreak"])
def test_a_key_is_printable_and_short(key: str) -> None:
    with pytest.raises(IdempotencyKeyMissing):
        once(key)


@pytest.mark.real_commit
def test_sixteen_at_once_have_one_effect(real_db: dict[str, str]) -> None:
    from apps.platform.tenants.queries import get_tenant

    schema = get_tenant("alpha").schema
    barrier = threading.Barrier(16)
    replies: list[Reply] = []

    def work() -> None:
        with in_schema(schema):
            barrier.wait()
            replies.append(once("k1"))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({reply.body for reply in replies}) == 1
    assert [reply.replayed for reply in replies].count(False) == 1
    with in_schema(schema):
        assert Timer.objects.count() == 1
