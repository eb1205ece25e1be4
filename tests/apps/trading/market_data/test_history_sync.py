"""Historical syncs through real ccxt against the sandbox exchange: whole, resumed after a crash, cancelled, refused."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from django.conf import settings

from apps.core.actors import Actor
from apps.core.clock import travel
from apps.platform.rate_limiting.operations import limits_client
from apps.trading.exchanges.choices import Observed
from apps.trading.exchanges.operations import freeze_budget, read_seen, seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data import queries
from apps.trading.market_data.choices import SyncState
from apps.trading.market_data.errors import BadRange, HistoryUnavailable, SyncOpen, SyncOver
from apps.trading.market_data.gateways.history import HistoryRow
from apps.trading.market_data.models import HistorySync, KnownGap
from apps.trading.market_data.operations import SyncRequest, cancel_sync, start_sync
from apps.trading.market_data.operations.history import claim_sync, fetch_page, store_page, work_on
from apps.trading.market_data.tasks import connect
from tests.factories.candles import FIVE, START, make_bars, same
from tests.factories.paper_market import between, bundled
from tests.factories.sandbox_exchange import JUNE, RunningSandbox, running_sandbox

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")
COUNT = 2_500


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("history")) as running:
        yield running


@pytest.fixture(autouse=True)
def _market(sandbox):
    settings.SANDBOX_URL = sandbox.url
    settings.SANDBOX_CONTROL_URL = sandbox.control_url
    seed_venues()
    seed_instruments()


def ask(*, start: int = JUNE - COUNT * FIVE, end: int = JUNE, interval: str = "5m") -> HistorySync:
    request = SyncRequest("sandbox", "BTCUSDT", interval, start, end)
    return start_sync(actor=ACTOR, request=request, reason="test")


def again(sync: HistorySync) -> HistorySync:
    sync.refresh_from_db()
    return sync


def test_a_range_is_fetched_whole_and_exact():
    sync = ask()
    assert work_on(sync.pk, connect) is False
    sync = again(sync)
    assert (sync.state, sync.percent, sync.missing, sync.held) == (SyncState.DONE, 100, 0, 0)
    assert sync.fetched == sync.added == COUNT
    truth = between(bundled("BTCUSDT"), JUNE - COUNT * FIVE, JUNE)
    assert same(queries.load_bars("BTCUSDT", "5m"), truth)
    assert queries.map_gaps("BTCUSDT", "5m") == []
    assert work_on(sync.pk, connect) is False  # the same message twice


def test_the_forming_candle_is_no_history(sandbox):
    sync = ask(start=JUNE - 100 * FIVE, end=JUNE + 1_000 * FIVE)
    work_on(sync.pk, connect)
    newest = sandbox.control.status()["last_closed_bar"]
    assert queries.load_bars("BTCUSDT", "5m").ts[-1] == newest
    assert again(sync).state == SyncState.DONE
    assert not KnownGap.objects.exists()


def test_a_worker_that_died_is_followed_by_another_at_the_cursor():
    sync = ask()
    held = claim_sync(actor=ACTOR, sync_id=sync.pk)
    assert held is not None
    port = connect("sandbox")
    store_page(actor=ACTOR, sync=held, page=fetch_page(port, held))
    lost = fetch_page(port, again(held))
    port.close()
    assert (again(sync).state, sync.pages, sync.fetched) == (SyncState.RUNNING, 1, 999)
    assert 0 < sync.percent < 100
    assert work_on(sync.pk, connect) is False  # the dead worker's lease still stands
    assert again(sync).pages == 1
    until = sync.lease_until
    assert until is not None
    assert queries.list_abandoned_syncs(until) == []
    with travel(timedelta(seconds=61)):
        assert queries.list_abandoned_syncs(until + timedelta(seconds=1)) == [sync.pk]
        work_on(sync.pk, connect)
    assert (again(sync).state, sync.fetched, sync.lease_epoch) == (SyncState.DONE, COUNT, 2)
    truth = between(bundled("BTCUSDT"), JUNE - COUNT * FIVE, JUNE)
    assert same(queries.load_bars("BTCUSDT", "5m"), truth)
    store_page(actor=ACTOR, sync=held, page=lost)  # it was not dead after all: its lease is lost
    assert again(sync).fetched == COUNT


def test_a_turn_that_is_over_hands_the_sync_on():
    sync = ask()
    assert work_on(sync.pk, connect, seconds=0) is True
    assert (again(sync).state, sync.lease_until) == (SyncState.RUNNING, None)
    assert work_on(sync.pk, connect) is False
    assert again(sync).state == SyncState.DONE


def test_a_waiting_sync_is_cancelled_at_once_and_a_running_one_before_its_next_page():
    first = cancel_sync(actor=ACTOR, sync=ask(), reason="wrong range")
    assert first.state == SyncState.CANCELLED
    with pytest.raises(SyncOver):
        cancel_sync(actor=ACTOR, sync=first, reason="again")
    sync = ask()
    held = claim_sync(actor=ACTOR, sync_id=sync.pk)
    assert held is not None
    port = connect("sandbox")
    held = store_page(actor=ACTOR, sync=held, page=fetch_page(port, held))
    asked = cancel_sync(actor=ACTOR, sync=sync, reason="enough")
    assert (asked.state, asked.cancel_requested) == (SyncState.RUNNING, True)
    ended = store_page(actor=ACTOR, sync=held, page=fetch_page(port, held))
    port.close()
    assert (ended.state, ended.fetched) == (SyncState.CANCELLED, 999)
    assert len(queries.load_bars("BTCUSDT", "5m")) == 999  # what was stored stays


def test_what_cannot_be_asked_for_is_refused():
    ask()
    with pytest.raises(SyncOpen):
        ask()
    with pytest.raises(BadRange):
        ask(start=JUNE, end=JUNE)


class Scripted:
    """A venue that answers from a script: rows, or an error to raise."""

    def __init__(self, *answers: Sequence[HistoryRow] | Exception) -> None:
        self.answers = list(answers)

    def candles(self, _symbol: str, _interval: str, _start_ms: int, _count: int) -> Sequence[HistoryRow]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing is open."""


def told(count: int, *, leaving_out: range = range(0)) -> list[HistoryRow]:
    rows = list(make_bars(count).rows())
    figures = []
    for row in rows:
        open_, high, low, close = (f"{price / 100:.2f}" for price in row[1:5])
        figures.append(HistoryRow(row[0], open_, high, low, close, f"{row[5] / 10**8:.8f}"))
    return [row for place, row in enumerate(figures) if place not in leaving_out]


def test_a_venue_that_is_away_is_asked_again_later_and_given_up_after_a_while():
    sync = ask(start=START, end=START + 10 * FIVE)
    away = HistoryUnavailable(venue="sandbox", reason="timeout")
    work_on(sync.pk, lambda _venue: Scripted(away))
    assert (again(sync).state, sync.failures, sync.error_code) == (SyncState.RUNNING, 1, away.code)
    assert sync.retry_at is not None
    assert queries.list_abandoned_syncs(sync.retry_at - timedelta(seconds=1)) == []
    assert queries.list_abandoned_syncs(sync.retry_at) == [sync.pk]
    for _ in range(7):
        work_on(sync.pk, lambda _venue: Scripted(away))
    assert (again(sync).state, sync.error_text) == (SyncState.FAILED, away.text)


def test_a_sync_waits_its_turn_in_the_budget_that_all_processes_share():
    sync = ask(start=JUNE - 10 * FIVE, end=JUNE)
    freeze_budget("sandbox", seconds=60)
    work_on(sync.pk, connect)
    assert (again(sync).state, sync.failures, sync.error_code) == (SyncState.RUNNING, 1, HistoryUnavailable.code)
    assert re.search(r"\b(60|5\d) s", sync.error_text)
    limits_client().flushdb()
    work_on(sync.pk, connect)
    assert (again(sync).state, sync.fetched) == (SyncState.DONE, 10)
    assert read_seen("sandbox", Observed.REST).ok >= 1


def test_what_the_venue_does_not_have_is_known_and_not_a_gap_to_fill():
    sync = ask(start=START, end=START + 50 * FIVE)
    work_on(sync.pk, lambda _venue: Scripted(told(52, leaving_out=range(20, 24))))
    assert (again(sync).state, sync.fetched, sync.missing) == (SyncState.DONE, 46, 4)
    gaps = queries.map_gaps("BTCUSDT", "5m")
    assert gaps == [queries.Gap(START + 20 * FIVE, START + 23 * FIVE, 4, is_known=True)]


def test_the_gap_map_opens_only_what_is_not_complete(django_assert_num_queries):
    from tests.factories.candles import store

    bars = make_bars(5_000)
    store(bars[:2_010])
    store(bars[2_050:])
    with django_assert_num_queries(5):
        assert queries.map_gaps("BTCUSDT", "5m") == [queries.Gap(START + 2_010 * FIVE, START + 2_049 * FIVE, 40)]
