"""The outbox: delivered once per handler, in order, and a failing handler waits without holding up the others."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from django.db import transaction

from apps.core import outbox, relay
from apps.core.actors import Actor
from apps.core.clock import travel
from apps.core.errors import Defect
from apps.core.ids import uuid7
from apps.core.models import EventReceipt, OutboxEvent
from kernel.events import DomainEvent, event

SYSTEM = Actor.system("tests")


@event
@dataclass(frozen=True, kw_only=True)
class Rang(DomainEvent):
    """Made for these tests."""

    name: ClassVar[str] = "tests.rang"
    bell: UUID
    loud: bool = False


heard: list[UUID] = []


@outbox.handles(Rang, name="tests.listener")
def listen(item: Rang, _row: OutboxEvent) -> None:
    heard.append(item.bell)


@outbox.handles(Rang, name="tests.delicate")
def delicate(item: Rang, _row: OutboxEvent) -> None:
    if item.loud:
        raise ValueError("too loud")


@pytest.fixture(autouse=True)
def _silence() -> None:
    heard.clear()


def ring(**facts: object) -> UUID:
    bell = uuid7()
    with transaction.atomic():
        outbox.publish(Rang(bell=bell, **facts), actor=SYSTEM)  # type: ignore[arg-type]
    return bell


@pytest.mark.django_db
def test_events_reach_their_handlers_once_and_in_order() -> None:
    bells = [ring() for _ in range(5)]
    assert relay.drain() == 5
    assert relay.drain() == 0
    assert heard == bells
    assert EventReceipt.objects.count() == 10


@pytest.mark.django_db
def test_an_event_of_a_rolled_back_transaction_is_never_delivered() -> None:
    with transaction.atomic():
        outbox.publish(Rang(bell=uuid7()), actor=SYSTEM)
        transaction.set_rollback(True)
    assert relay.drain() == 0
    assert heard == []


@pytest.mark.django_db
def test_a_failing_handler_is_retried_later_and_alone() -> None:
    bell = ring(loud=True)
    assert relay.drain() == 0
    assert heard == [bell]
    row = OutboxEvent.objects.get()
    assert row.attempts == 1
    assert "too loud" in row.last_error
    assert relay.drain() == 0
    with travel(timedelta(seconds=3)):
        relay.drain()
    assert OutboxEvent.objects.get().attempts == 2
    assert heard == [bell]


@pytest.mark.django_db(transaction=False)
def test_an_unknown_event_is_a_defect() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Stray(DomainEvent):
        name: ClassVar[str] = "tests.stray"

    with pytest.raises(Defect), transaction.atomic():
        outbox.publish(Stray(), actor=SYSTEM)
    assert not OutboxEvent.objects.exists()
