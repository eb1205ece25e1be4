"""Real connections at the edge of a limit."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from apps.compliance.limits.errors import TooManyTimes, UseGivenBack, WindowUsedUp
from apps.compliance.limits.models import CustomerTier, LimitUse
from apps.compliance.limits.operations import give_back
from apps.core.context import in_schema
from apps.platform.tenants.queries import get_tenant
from tests.apps.compliance.limits.limit_policy import SYSTEM, D, limit, most, use, verify
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit
MANY = 16


def alpha() -> str:
    """Tenant A's schema."""
    return get_tenant("alpha").schema


@pytest.fixture
def ann(real_db):
    """A customer of tier 2, with real commits."""
    with in_schema(alpha()):
        user = make_customer("ann@example.test")
        verify(user)
    return user


def at_once(work: Callable[[int], Any]) -> list[BaseException]:
    """Run `work(number)` in sixteen threads with connections of their own; return what they raised."""
    gate, raised = threading.Barrier(MANY), []

    def run(number: int) -> None:
        try:
            with in_schema(alpha()):
                connection.ensure_connection()
                gate.wait(30)
                work(number)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def uses() -> list[Any]:
    with in_schema(alpha()):
        return list(LimitUse.objects.filter(reverses__isnull=True).values_list("amount", flat=True))


def test_sixteen_at_the_edge_never_pass_the_limit(ann):
    with in_schema(alpha()):
        limit("100")
    raised = at_once(lambda number: use(ann, "10", f"k{number}"))
    assert uses() == [D(10)] * 10
    assert {type(error) for error in raised} == {WindowUsedUp}
    assert len(raised) == 6


def test_sixteen_in_transactions_of_their_callers_never_pass_it(ann):
    """The lock lasts until the caller's commit, not until the operation's end."""
    with in_schema(alpha()):
        limit("100", asset="*")
        most(5)

    def withdraw(number: int) -> None:
        with transaction.atomic():
            use(ann, "1", f"k{number}", asset="BTC", value=D(10))
            assert LimitUse.objects.count() <= 5

    raised = at_once(withdraw)
    assert uses() == [D(1)] * 5
    assert {type(error) for error in raised} == {TooManyTimes}


def test_a_first_movement_by_sixteen_makes_one_row(real_db):
    with in_schema(alpha()):
        user = make_customer("new@example.test")
        limit("100", tier=0)
    raised = at_once(lambda number: use(user, "50", f"k{number}"))
    assert uses() == [D(50)] * 2
    assert {type(error) for error in raised} == {WindowUsedUp}
    with in_schema(alpha()):
        assert CustomerTier.objects.count() == 1


def test_one_key_by_sixteen_is_one_use(ann):
    with in_schema(alpha()):
        limit("100")
    assert at_once(lambda _number: use(ann, "60", "same")) == []
    assert uses() == [D(60)]


def test_giving_back_and_using_at_once_never_make_room_twice(ann):
    with in_schema(alpha()):
        limit("100")
        use(ann, "100", "first")

    def turn(number: int) -> None:
        if number % 2:
            give_back(actor=SYSTEM, key="first")
        else:
            use(ann, "100", f"k{number}")

    raised = at_once(turn)
    assert {type(error) for error in raised} <= {WindowUsedUp, UseGivenBack}
    with in_schema(alpha()):
        assert LimitUse.objects.filter(reverses__isnull=False).count() == 1
    assert len(uses()) <= 2
