"""Two at once, with real commits: one worker takes a run, one version follows another."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.platform.tenants.queries import get_tenant
from apps.trading.backtests import tasks
from apps.trading.backtests.execution import execute
from apps.trading.backtests.models import BacktestResult, BacktestRun
from apps.trading.backtests.operations import claim_run, start_backtest
from apps.trading.backtests.operations.requests import on_queued
from apps.trading.strategies.errors import VersionChanged
from apps.trading.strategies.models import StrategyVersion
from apps.trading.strategies.operations import revise_strategy
from tests.apps.trading.backtests.prepared import make_version, request_for, store_real_candles
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit
SYSTEM = Actor.system("tests")
THREADS = 4


def together(work: Callable[[int], Any]) -> list[Any]:
    """Run `work(number)` in four threads of tenant A that start at the same moment; return what each came to."""
    schema = get_tenant("alpha").schema
    gate, found = threading.Barrier(THREADS), [None] * THREADS

    def run(number: int) -> None:
        with in_schema(schema):
            gate.wait()
            try:
                found[number] = work(number)
            except VersionChanged as refusal:
                found[number] = refusal  # type: ignore[call-overload]  # a list of anything
        connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture
def _away() -> Iterator[None]:
    """Let the broker be away, so that runs wait for these tests' own workers."""
    on_queued(lambda _schema, _run_id: None)
    yield
    tasks.register()


@pytest.mark.usefixtures("_away")
def test_one_worker_takes_a_run_and_one_version_follows(real_db: dict[str, str]) -> None:
    with in_schema(get_tenant("alpha").schema):
        store_real_candles("BTCUSDT")
        owner = make_customer("racer@example.test")
        version = make_version(owner)
        runs = [start_backtest(actor=SYSTEM, owner_id=owner.pk, request=request_for(version)) for _ in range(2)]
    claimed = together(lambda _: claim_run(actor=SYSTEM, run_id=runs[0].pk))
    assert sum(item is not None for item in claimed) == 1
    together(lambda _: execute(runs[1].pk, chunk=200))
    data = version.document

    def revise(number: int) -> Any:
        changed = {**data, "stop_loss_percent": str(number + 1)}
        return revise_strategy(
            actor=SYSTEM, owner_id=owner.pk, strategy_id=version.strategy_id, document=changed, expected=1
        )

    revised = together(revise)
    assert sum(isinstance(item, VersionChanged) for item in revised) == THREADS - 1
    with in_schema(get_tenant("alpha").schema):
        assert BacktestRun.objects.get(pk=runs[0].pk).lease_epoch == 1
        assert BacktestRun.objects.get(pk=runs[1].pk).lease_epoch == 1
        assert BacktestResult.objects.count() == 1
        assert sorted(StrategyVersion.objects.values_list("number", flat=True)) == [1, 2]
