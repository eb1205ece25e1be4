"""Twenty processes, one budget: never above what the exchange publishes, cancels first, a ban freezes one lane only."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from apps.platform.rate_limiting.operations import Lane, limits_client, take_lanes
from apps.trading.exchanges.choices import CallKind
from apps.trading.exchanges.errors import BudgetSpent, LaneFrozen
from apps.trading.exchanges.operations import (
    correct_budget,
    freeze_budget,
    publish_limit,
    read_gauge,
    take_budget,
    take_budget_async,
    units_of,
    wait_for_budget,
)
from tests.apps.trading.exchanges.hammering import in_processes, ping
from tests.factories.sandbox_exchange import RunningSandbox, running_sandbox

PROCESSES = 20
PUBLISHED = 400
KINDS = list(CallKind)


@pytest.fixture(autouse=True)
def _empty_counters():
    limits_client().flushdb()


@pytest.fixture(scope="module")
def limited(tmp_path_factory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("limited"), weight_per_minute=PUBLISHED) as running:
        yield running


def address_of(sandbox: RunningSandbox) -> tuple[str, int]:
    parts = urlsplit(sandbox.url)
    return str(parts.hostname), int(parts.port or 0)


def take_all(venue: str, kind: CallKind, key: str = "") -> int:
    """Take until the budget is spent; return how often it was granted."""
    for taken in range(200):
        try:
            take_budget(venue, priority=kind, key=key)
        except BudgetSpent:
            return taken
    raise AssertionError("the budget has no end")


def test_twenty_processes_never_pass_the_limit_that_the_exchange_publishes(limited):
    address = address_of(limited)
    publish_limit("sandbox", limit=PUBLISHED)

    def hammer(number: int) -> dict[str, Any]:
        kind = KINDS[number % 4]
        seen: dict[str, Any] = {"statuses": [], "used": 0, "sent": 0, "kind": kind.value}
        while True:
            try:
                granted = take_budget("sandbox", priority=kind)
            except BudgetSpent:
                return seen
            status, headers = ping(address)
            correct_budget("sandbox", status=status, headers=headers, granted=granted)
            seen["sent"] += 1
            seen["statuses"].append(status)
            seen["used"] = max(seen["used"], int(headers["x-mbx-used-weight-1m"]))

    found = in_processes(PROCESSES, hammer)
    sent = {kind: sum(row["sent"] for row in found if row["kind"] == kind.value) for kind in KINDS}
    assert {status for row in found for status in row["statuses"]} == {200}
    assert max(row["used"] for row in found) <= PUBLISHED
    assert sum(sent.values()) == PUBLISHED
    assert sent[CallKind.DATA] <= PUBLISHED * 3 // 4
    # What is left after market data, orders and questions belongs to cancels.
    assert sent[CallKind.CANCEL] >= PUBLISHED // 20


def test_no_stretch_of_a_window_ever_holds_more_than_the_limit():
    """A bucket would let twice the limit through around a full window; a lane is exact in every stretch."""
    lane = Lane("test:short", 100, 500)
    until = time.monotonic() + 2.5

    def hammer(_number: int) -> list[int]:
        moments = []
        while time.monotonic() < until:
            answer = take_lanes([(lane, 1)], rank=0, kept_back=0)
            if answer.granted:
                moments.append(answer.at_ms)
            else:
                time.sleep(answer.wait_ms / 1_000)
        return moments

    moments = sorted(moment for part in in_processes(PROCESSES, hammer) for moment in part)
    worst = max(bisect_left(moments, moment + 500) - place for place, moment in enumerate(moments))
    assert worst <= 100
    assert len(moments) >= 300


def test_a_ban_freezes_one_lane_and_nothing_else(limited):
    """The exchange itself bans this address: the answer's Retry-After closes the lane; others go on."""
    address = address_of(limited)
    granted = take_budget("sandbox", priority=CallKind.DATA)
    for _ in range(PUBLISHED * 2):
        status, headers = ping(address)
        if status == 418:
            break
    assert status == 418
    seconds = correct_budget("sandbox", status=status, headers=headers, granted=granted)
    assert seconds == int(headers["Retry-After"] if "Retry-After" in headers else headers["retry-after"]) > 60
    for kind in CallKind:
        with pytest.raises(LaneFrozen) as refused:
            wait_for_budget("sandbox", priority=kind)
        assert f"asked us to pause for {seconds} s" in refused.value.text
    assert take_budget("sandbox", priority=CallKind.DATA, egress="second").at_ms
    assert take_budget("binance", priority=CallKind.DATA).at_ms
    assert read_gauge("sandbox").frozen_ms > 60_000


def test_after_a_pause_a_cancel_goes_first():
    freeze_budget("sandbox", seconds=3)  # long enough that all of them wait when it ends

    def wait(number: int) -> tuple[int, str]:
        kind = CallKind.CANCEL if number == 7 else KINDS[1 + number % 3]
        return wait_for_budget("sandbox", priority=kind, patience_s=9).at_ms, kind.value

    found = sorted(in_processes(12, wait))
    assert found[0][1] == "cancel"


def test_each_kind_leaves_its_part_to_the_more_important():
    publish_limit("sandbox", limit=100)
    taken = {}
    for kind in (CallKind.DATA, CallKind.ORDER, CallKind.RECONCILE, CallKind.CANCEL):
        taken[kind] = take_all("sandbox", kind)
    assert taken == {CallKind.DATA: 75, CallKind.ORDER: 15, CallKind.RECONCILE: 5, CallKind.CANCEL: 5}
    assert read_gauge("sandbox").percent == 100


def test_an_answer_that_reports_more_than_we_counted_corrects_the_count():
    publish_limit("sandbox", limit=100)
    granted = take_budget("sandbox", priority=CallKind.DATA)
    correct_budget("sandbox", status=200, headers={"X-MBX-USED-WEIGHT-1M": "74"}, granted=granted)
    assert read_gauge("sandbox").used == 74
    correct_budget("sandbox", status=200, headers={"X-MBX-USED-WEIGHT-1M": "3"}, granted=granted)
    assert read_gauge("sandbox").used == 74
    assert take_budget("sandbox", priority=CallKind.DATA).used == 74
    with pytest.raises(BudgetSpent):
        take_budget("sandbox", priority=CallKind.DATA)
    assert take_budget("sandbox", priority=CallKind.ORDER).at_ms


def test_a_key_has_a_budget_of_its_own_besides_the_address():
    assert (
        take_all("binance", CallKind.ORDER, key="first") == 90
    )  # a hundred orders in ten seconds, less what cancels and questions keep
    assert take_budget("binance", priority=CallKind.ORDER, key="second").at_ms
    # The waiting owner of the first key holds nobody else up.
    assert take_all("binance", CallKind.RECONCILE, key="first") == 5
    with pytest.raises(BudgetSpent):
        wait_for_budget("binance", priority=CallKind.RECONCILE, key="first", patience_s=0)
    assert take_budget("binance", priority=CallKind.DATA).at_ms


def test_coroutines_share_the_same_lane_and_costs_are_whole_units():
    publish_limit("sandbox", limit=100)

    async def twice() -> list[int]:
        first = await take_budget_async("sandbox", cost=20, priority=CallKind.DATA)
        second = await take_budget_async("sandbox", cost=20, priority=CallKind.DATA)
        return [first.used, second.used]

    assert asyncio.run(twice()) == [0, 20]
    assert read_gauge("sandbox").used == 40
    assert (units_of("binance", 4), units_of("binance", 0.2), units_of("okx", 0.3)) == (20, 1, 1)
