"""Asked by many at the same moment, each thing happens once; every commit is real."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection

from apps.core.actors import Actor
from apps.core.clock import freeze
from apps.core.context import in_schema
from apps.core.errors import DomainError
from apps.finance.wallets.choices_earning import Every
from apps.finance.wallets.models import Accrual, AccrualRun, GoalContribution, YieldPosition
from apps.finance.wallets.operations import (
    GoalPlan,
    Schedule,
    accrue_yield,
    close_goal,
    contribute,
    create_goal,
    open_yield_position,
    redeem_yield_position,
)
from tests.apps.finance.wallets.earning_ground import SYSTEM, D, at, check_books, free, fund, run_timers, yield_product
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit


@pytest.fixture
def schema(real_db: Any) -> str:
    from apps.platform.tenants.queries import get_tenant

    return get_tenant("alpha").schema


def together(count: int, schema: str, moment: str, ask: Callable[[], Any]) -> list[Any]:
    """Ask `count` times at once, each in its own thread and connection; return answers and refusals."""
    found: list[Any] = []
    start = threading.Barrier(count)

    def run() -> None:
        start.wait()
        try:
            with in_schema(schema), freeze(at(moment)):
                try:
                    found.append(ask())
                except DomainError as refusal:
                    found.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == count
    return found


def test_eight_runs_of_one_product_are_one_run(schema: str) -> None:
    with in_schema(schema), freeze(at("2025-01-01 15:00")):
        user = make_customer("ann@example.test")
        fund(user, "USDT", "300")
        product = yield_product(("2025-01-01", (("0", "0.365"),)))
        for _ in range(3):
            open_yield_position(actor=Actor.of(user), product_id=product.pk, amount=D(100))
    written = together(8, schema, "2025-01-06 00:05", lambda: accrue_yield(actor=SYSTEM, product_id=product.pk))
    assert sum(written) == 12
    with in_schema(schema):
        assert Accrual.objects.count() == 12
        assert set(AccrualRun.objects.filter(product=product).values_list("positions", "amount")) == {(3, D("0.3"))}
        assert free(user, "USDT") == D("1.2")
        check_books()


def test_timers_of_eight_workers_accrue_once(schema: str) -> None:
    with in_schema(schema), freeze(at("2025-01-01 15:00")):
        user = make_customer("ann@example.test")
        fund(user, "USDT", "200")
        for _ in range(2):
            product = yield_product(("2025-01-01", (("0", "0.365"),)))
            open_yield_position(actor=Actor.of(user), product_id=product.pk, amount=D(100))
    together(8, schema, "2025-01-04 00:05", run_timers)
    with in_schema(schema):
        assert Accrual.objects.count() == 4
        assert free(user, "USDT") == D("0.4")
        check_books()


def test_redeeming_and_accruing_at_once_pays_each_day_once(schema: str) -> None:
    with in_schema(schema), freeze(at("2025-01-01 15:00")):
        user = make_customer("ann@example.test")
        fund(user, "USDT", "100")
        product = yield_product(("2025-01-01", (("0", "0.365"),)))
        position = open_yield_position(actor=Actor.of(user), product_id=product.pk, amount=D(100))
    turns = iter(range(16))

    def ask() -> Any:
        if next(turns) % 2:
            return accrue_yield(actor=SYSTEM, product_id=product.pk)
        return redeem_yield_position(actor=Actor.of(user), position_id=position.pk).state

    answers = together(16, schema, "2025-01-11 00:05", ask)
    assert answers.count("closed") == 8
    with in_schema(schema):
        assert Accrual.objects.count() == 9
        assert free(user, "USDT") == D("100.9")
        check_books()


def test_a_due_day_is_paid_once_and_a_goal_closed_once(schema: str) -> None:
    with in_schema(schema), freeze(at("2025-01-01 15:00")):
        user = make_customer("ann@example.test")
        fund(user, "USDT", "100")
        plan = GoalPlan(name="A boat", target=D(1000), schedule=Schedule(D(10), Every.DAY))
        goal = create_goal(actor=Actor.of(user), asset="USDT", plan=plan)
    answers = together(
        8,
        schema,
        "2025-01-02 00:05",
        lambda: contribute(actor=SYSTEM, goal_id=goal.pk, due_on=date(2025, 1, 2)),
    )
    assert sum(answer is not None for answer in answers) == 1
    closed = together(8, schema, "2025-01-02 10:00", lambda: close_goal(actor=Actor.of(user), goal_id=goal.pk))
    assert sum(not isinstance(answer, DomainError) for answer in closed) == 1
    with in_schema(schema):
        assert GoalContribution.objects.count() == 1
        assert free(user, "USDT") == D(100)
        check_books()


def test_the_last_room_of_a_product_goes_to_one(schema: str) -> None:
    with in_schema(schema):
        user = make_customer("ann@example.test")
        fund(user, "USDT", "1000")
        product = yield_product(capacity=D(100))
    answers = together(
        8,
        schema,
        "2025-01-02 00:05",
        lambda: open_yield_position(actor=Actor.of(user), product_id=product.pk, amount=D(60)),
    )
    assert sum(isinstance(answer, YieldPosition) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, DomainError)} == {"wallets.capacity_used_up"}
    with in_schema(schema):
        assert free(user, "USDT") == D(940)
        check_books()
