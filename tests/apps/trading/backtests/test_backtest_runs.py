"""Runs: the kernel's numbers to the last digit, the same bytes twice, cancelled by chunk, taken over after a death."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import Error, connection, transaction

from apps.core import relay
from apps.core.actors import Actor
from apps.core.clock import now, to_ms, travel
from apps.core.models import OutboxEvent
from apps.platform.notifications.queries import count_unread
from apps.trading.backtests import queries, tasks
from apps.trading.backtests.choices import RunState
from apps.trading.backtests.errors import (
    AlreadyOver,
    BacktestMissing,
    BacktestNotDone,
    BadCosts,
    EmptySpan,
    NoCandles,
    SpanTooLong,
    TooFewCandles,
    TooManyOpen,
)
from apps.trading.backtests.execution import execute
from apps.trading.backtests.models import BacktestResult, BacktestRun
from apps.trading.backtests.operations import (
    LeaseLost,
    cancel_backtest,
    claim_run,
    fail_run,
    note_progress,
    start_backtest,
)
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import load_bars
from apps.trading.strategies.errors import VersionMissing
from kernel.simulation import Costs, simulate, statistics
from kernel.strategy import compile_strategy
from tests.apps.trading.backtests.prepared import make_version, request_for

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


def start(owner: Any, version: Any, **changed: Any) -> BacktestRun:
    return start_backtest(actor=SYSTEM, owner_id=owner.pk, request=request_for(version, **changed))


def fresh(run: BacktestRun) -> BacktestRun:
    return BacktestRun.objects.get(pk=run.pk)


def test_a_run_goes_from_the_request_to_the_result_by_celery(version: Any, customer: Any, on_commit: Any) -> None:
    relay.drain()
    unread = count_unread(customer.pk)
    with on_commit():
        run = start(customer, version)
    done = fresh(run)
    assert (done.state, done.error_code) == (RunState.DONE, "")
    assert done.bars_done == done.bars_total > 0
    assert done.finished_at is not None
    assert OutboxEvent.objects.filter(name="backtests.backtest_finished").count() == 1
    relay.drain()
    assert count_unread(customer.pk) == unread + 1
    stored = queries.get_outcome(done)
    assert stored.facts["bars"] == 60 * 24
    assert stored.facts["missing"] == 0
    assert len(stored.trades) > 10


def test_every_number_is_the_kernels(queued: Any) -> None:
    execute(queued.pk)
    stored = queries.get_outcome(queued)
    document = queued.version.parsed()
    spec = get_spec("BTCUSDT")
    compiled = compile_strategy(document, spec)
    first_ms = to_ms(queued.start)
    bars = load_bars("BTCUSDT", "1h", first_ms - compiled.memory * 3_600_000, to_ms(queued.end))
    first = int(np.searchsorted(bars.ts, first_ms))
    costs = Costs(taker_fee=Decimal("0.001"), slippage_bps=Decimal(2))
    expected = simulate(bars, compiled, spec, costs, Decimal(10_000), start_index=first)
    assert compiled.memory == first  # the history before the span was there
    assert np.array_equal(stored.series["equity"], expected.equity[first:])
    assert np.array_equal(stored.series["holding"], expected.holding[first:])
    assert np.array_equal(stored.series["ts"], bars.ts[first:])
    assert [trade.profit for trade in stored.trades] == [trade.profit for trade in expected.trades]
    assert [(fill.ts, fill.side, fill.quantity, fill.price, fill.fee, fill.reason) for fill in stored.fills] == [
        (fill.ts, fill.side, fill.quantity, fill.price, fill.fee, fill.reason) for fill in expected.fills
    ]
    assert [fill.bar + first for fill in stored.fills] == [fill.bar for fill in expected.fills]
    figures = statistics(expected, "1h", bars=bars, bitcoin=bars.close)
    for name, metric in figures.metrics.items():
        found = stored.figure(name)
        assert found == (None if metric.value is None else Decimal(str(metric.value))), name
    assert Decimal(stored.facts["final_equity"]) == expected.final_equity
    assert [item["month"] for item in stored.row.months] == [2, 3]


def test_the_same_request_gives_the_same_bytes(version: Any, customer: Any) -> None:
    runs = [start(customer, version) for _ in range(2)]
    execute(runs[0].pk)
    execute(runs[1].pk, chunk=100)
    first, second = (BacktestResult.objects.get(run=run) for run in runs)
    for name in ("data_hash", "result_hash", "facts", "statistics", "months"):
        assert getattr(first, name) == getattr(second, name)
    for name in ("series", "fills", "trades"):
        assert bytes(getattr(first, name)) == bytes(getattr(second, name))
    other = start(customer, version, slippage_bps=Decimal(3))
    execute(other.pk)
    changed = BacktestResult.objects.get(run=other)
    assert changed.data_hash == first.data_hash
    assert changed.result_hash != first.result_hash


def test_running_a_finished_run_again_changes_nothing(queued: Any) -> None:
    execute(queued.pk)
    before = BacktestResult.objects.get()
    execute(queued.pk)
    assert BacktestResult.objects.get().pk == before.pk
    assert fresh(queued).lease_epoch == 1


def test_a_waiting_run_is_cancelled_at_once(queued: Any, customer: Any) -> None:
    for _ in range(2):
        cancel_backtest(actor=SYSTEM, owner_id=customer.pk, run_id=queued.pk)
    execute(queued.pk)
    assert fresh(queued).state == RunState.CANCELLED
    assert not BacktestResult.objects.exists()


def test_a_running_one_stops_at_the_next_chunk_and_keeps_nothing(queued: Any, customer: Any) -> None:
    seen: list[tuple[int, int]] = []

    def watch(done: int, total: int) -> None:
        seen.append((done, total))
        if len(seen) == 3:
            cancel_backtest(actor=SYSTEM, owner_id=customer.pk, run_id=queued.pk)
            assert fresh(queued).state == RunState.RUNNING
            assert fresh(queued).bars_done == 100

    execute(queued.pk, chunk=100, watch=watch)
    total = seen[0][1]
    assert seen == [(0, total), (100, total), (200, total)]
    assert fresh(queued).state == RunState.CANCELLED
    assert not BacktestResult.objects.exists()
    with pytest.raises(BacktestNotDone):
        queries.get_outcome(queued)


def test_what_is_over_cannot_be_cancelled(queued: Any, customer: Any) -> None:
    execute(queued.pk)
    with pytest.raises(AlreadyOver):
        cancel_backtest(actor=SYSTEM, owner_id=customer.pk, run_id=queued.pk)
    assert fresh(queued).state == RunState.DONE


def test_a_run_whose_worker_died_is_taken_over_and_the_dead_one_writes_nothing(queued: Any, tenant_a: Any) -> None:
    dead = claim_run(actor=SYSTEM, run_id=queued.pk)
    assert dead is not None
    note_progress(dead, 500, 1440)
    assert queries.list_abandoned(now()) == []
    tasks.sweep()
    assert fresh(queued).state == RunState.RUNNING
    with travel(timedelta(seconds=61)):
        assert queries.list_abandoned(now()) == [queued.pk]
        tasks.sweep()
    done = fresh(queued)
    assert (done.state, done.lease_epoch) == (RunState.DONE, 2)
    with pytest.raises(LeaseLost):
        note_progress(dead, 600, 1440)
    with pytest.raises(LeaseLost):
        fail_run(actor=SYSTEM, run=dead, code="x", message="x")
    assert BacktestResult.objects.count() == 1


def test_a_run_whose_message_was_lost_is_handed_out_again(queued: Any) -> None:
    tasks.sweep()
    assert fresh(queued).state == RunState.QUEUED
    with travel(timedelta(seconds=61)):
        tasks.sweep()
    assert fresh(queued).state == RunState.DONE


def test_a_run_that_kills_its_workers_is_given_up(queued: Any) -> None:
    for attempt in range(3):
        with travel(timedelta(minutes=2 * attempt)):
            assert claim_run(actor=SYSTEM, run_id=queued.pk) is not None
    with travel(timedelta(minutes=10)):
        execute(queued.pk)
    failed = fresh(queued)
    assert (failed.state, failed.error_code) == (RunState.FAILED, "backtests.gave_up")


def test_a_run_that_turns_out_impossible_fails_with_its_reason(version: Any, customer: Any) -> None:
    run = start(customer, version)
    BacktestRun.objects.filter(pk=run.pk).update(cash=Decimal("0.5"))
    execute(run.pk)
    failed = fresh(run)
    assert (failed.state, failed.error_code) == (RunState.FAILED, "backtests.bad_amount")
    assert failed.error_message


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"symbol": "NOPEUSDT"}, UnknownSymbol),
        ({"symbol": "SOLUSDT"}, NoCandles),
        ({"start": datetime(2025, 1, 1, tzinfo=UTC), "end": datetime(2025, 2, 1, tzinfo=UTC)}, NoCandles),
        ({"end": datetime(2024, 2, 1, tzinfo=UTC)}, EmptySpan),
        ({"start": datetime(1800, 1, 1, tzinfo=UTC)}, SpanTooLong),
        ({"start": datetime(2024, 1, 1, tzinfo=UTC), "end": datetime(2024, 1, 2, tzinfo=UTC)}, TooFewCandles),
        ({"cash": Decimal("0")}, BadCosts),
        ({"cash": Decimal("1e20")}, BadCosts),
        ({"cash": Decimal("10.123456789")}, BadCosts),
        ({"taker_fee": Decimal("0.2")}, BadCosts),
        ({"slippage_bps": Decimal("-1")}, BadCosts),
    ],
)
def test_what_cannot_be_tested_is_refused_at_once(version: Any, customer: Any, changed: Any, error: Any) -> None:
    with pytest.raises(error) as refusal:
        start(customer, version, **changed)
    assert refusal.value.field
    assert not BacktestRun.objects.exists()


def test_nobody_waits_for_more_than_ten(queued: Any, version: Any, customer: Any) -> None:
    for _ in range(9):
        start(customer, version)
    with pytest.raises(TooManyOpen):
        start(customer, version)
    assert queries.count_open(customer.pk) == 10


def test_other_peoples_versions_and_runs_are_not_found(
    queued: Any, version: Any, customer: Any, other_customer: Any
) -> None:
    with pytest.raises(VersionMissing):
        start(other_customer, version)
    with pytest.raises(BacktestMissing):
        cancel_backtest(actor=SYSTEM, owner_id=other_customer.pk, run_id=queued.pk)
    with pytest.raises(BacktestMissing):
        queries.get_run(queued.pk, other_customer.pk)
    assert list(queries.list_runs(other_customer.pk)) == []
    assert queries.list_chosen_runs([queued.pk], other_customer.pk) == []
    assert fresh(queued).cancel_requested is False


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE backtests_backtestresult SET facts = '{}'",
        "DELETE FROM backtests_backtestresult",
        "UPDATE backtests_backtestrun SET state = 'queued'",
        "DELETE FROM backtests_backtestrun",
    ],
)
def test_the_database_keeps_results(queued: Any, statement: str) -> None:
    execute(queued.pk)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert fresh(queued).state == RunState.DONE


def test_costs_and_slippage_only_take(version: Any, customer: Any) -> None:
    free = start(customer, version, taker_fee=Decimal(0), slippage_bps=Decimal(0))
    paid = start(customer, version)
    for run in (free, paid):
        execute(run.pk)
    left, right = (queries.get_outcome(run) for run in (free, paid))
    assert left.figure("fees") == 0
    assert (right.figure("fees") or 0) > 0
    assert Decimal(left.facts["final_equity"]) > Decimal(right.facts["final_equity"])


def test_rules_that_name_a_price_are_compiled_for_the_instrument(candles: None, customer: Any) -> None:
    above = {
        "kind": "gt",
        "left": {"kind": "price", "field": "close"},
        "right": {"kind": "constant", "value": "60000.5"},
    }
    version = make_version(customer, entry=above)
    run = start(customer, version)
    execute(run.pk)
    assert all(fill.price > 59_000 for fill in queries.get_outcome(run).fills if fill.side == "buy")
