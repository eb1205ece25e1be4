"""How an exchange is: observations, breaker with its probe, conditions with history, maintenance, the clock."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.actors import Actor
from apps.core.clock import now, now_ms
from apps.platform.rate_limiting.operations import limits_client
from apps.trading.exchanges import queries
from apps.trading.exchanges.choices import BreakerState, CallKind, Observed
from apps.trading.exchanges.errors import CircuitOpen, MaintenanceNotPossible, VenueUnavailable
from apps.trading.exchanges.gateways.ccxt_gateway import CcxtGateway
from apps.trading.exchanges.gateways.port import VenuePort
from apps.trading.exchanges.models import Connection, VenueState, VenueStateChange
from apps.trading.exchanges.operations import (
    ClockOffset,
    add_connection,
    admit,
    announce_maintenance,
    call_off_maintenance,
    close_venues,
    open_venue,
    read_breaker,
    read_clock,
    read_gauge,
    read_seen,
    record_clock,
    record_observation,
    record_states,
    seed_venues,
)
from apps.trading.exchanges.operations.health import FAILURES_TO_OPEN
from apps.trading.exchanges.operations.metering import Meter
from apps.trading.exchanges.operations.venues import host_of
from tests.factories.sandbox_exchange import RunningSandbox, running_sandbox

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")
D = Decimal


@pytest.fixture(autouse=True)
def _venues():
    limits_client().flushdb()
    seed_venues()
    yield
    close_venues()


def until(condition, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def clock_of(venue: str) -> ClockOffset:
    clock = read_clock(venue)
    assert clock is not None
    return clock


def health_of(venue: str) -> VenueState:
    health = queries.get_health(venue)
    assert health is not None
    return health


def test_latency_and_failures_are_added_up_over_processes():
    for latency in (10, 20, 30, 90, 5_000):
        record_observation("binance", Observed.REST, ok=True, latency_ms=latency)
    record_observation("binance", Observed.REST, ok=False)
    seen = read_seen("binance", Observed.REST)
    assert (seen.ok, seen.failed, seen.error_percent) == (5, 1, 16)
    assert (seen.p50_ms, seen.p95_ms) == (50, 6_400)
    assert seen.seen_ms is not None
    assert abs(seen.seen_ms - now_ms()) < 5_000
    assert read_seen("kraken", Observed.REST).total == 0


def test_the_breaker_opens_probes_once_and_closes():
    for _ in range(FAILURES_TO_OPEN - 1):
        record_observation("binance", Observed.REST, ok=False, host="one")
    admit("binance", host="one")
    record_observation("binance", Observed.REST, ok=False, host="one")
    assert read_breaker("binance", host="one").state is BreakerState.OPEN
    with pytest.raises(CircuitOpen) as refused:
        admit("binance", host="one", priority=CallKind.ORDER)
    assert refused.value.text == "binance failed several times in a row, so requests pause for 1 s. Nothing was sent."
    admit("binance", host="one", priority=CallKind.CANCEL)
    admit("binance", host="two")
    until(lambda: read_breaker("binance", host="one").state is BreakerState.HALF_OPEN)
    admit("binance", host="one")  # the probe
    with pytest.raises(CircuitOpen):
        admit("binance", host="one")
    record_observation("binance", Observed.REST, ok=False, host="one")
    assert 1_000 < read_breaker("binance", host="one").wait_ms <= 2_000  # the pause doubles
    until(lambda: read_breaker("binance", host="one").state is BreakerState.HALF_OPEN)
    admit("binance", host="one")
    record_observation("binance", Observed.REST, ok=True, latency_ms=5, host="one")
    assert read_breaker("binance", host="one").state is BreakerState.CLOSED
    admit("binance", host="one")


def test_the_clock_is_the_sample_of_the_shortest_trip_and_follows_a_step():
    for trip, offset in ((80, 30), (10, 4), (200, -60)):
        record_clock("binance", offset_ms=offset, trip_ms=trip)
    assert (clock_of("binance").offset_ms, clock_of("binance").trip_ms) == (4, 10)
    record_clock("binance", offset_ms=5_010, trip_ms=40)
    assert clock_of("binance").offset_ms == 5_010
    assert read_clock("kraken") is None


def test_conditions_are_judged_written_and_their_changes_kept(customer):
    record_states(actor=SYSTEM)
    assert health_of("binance").condition == "unknown"
    for _ in range(10):
        record_observation("binance", Observed.REST, ok=True, latency_ms=20)
    record_states(actor=SYSTEM)
    record_states(actor=SYSTEM)
    health = health_of("binance")
    assert (health.condition, health.p50_ms, health.error_percent) == ("operational", 25, 0)
    for _ in range(4):
        record_observation("binance", Observed.REST, ok=False)
    record_states(actor=SYSTEM)
    health = health_of("binance")
    assert (health.condition, health.reason) == ("degraded", "28 % of requests fail.")
    for _ in range(20):
        record_observation("binance", Observed.REST, ok=False)
    record_states(actor=SYSTEM)
    assert health_of("binance").condition == "down"
    changes = [row.condition for row in queries.list_changes("binance")]
    assert changes == ["down", "degraded", "operational", "unknown"]
    assert VenueStateChange.objects.filter(venue__code="kraken").count() == 1
    assert queries.list_incidents(customer.pk) == []


def test_a_maintenance_is_a_condition_and_customers_of_the_exchange_read_it(customer, other_customer, web):
    add_connection(
        actor=Actor.of(customer), owner_id=customer.pk, venue="sandbox", label="Mine", api_key="k-ab", api_secret="s"
    )  # fmt: skip
    begins = now() - timedelta(minutes=1)
    with pytest.raises(MaintenanceNotPossible):
        announce_maintenance(actor=SYSTEM, venue="sandbox", begins_at=begins, ends_at=begins, note="x")
    row = announce_maintenance(
        actor=SYSTEM, venue="sandbox", begins_at=begins, ends_at=begins + timedelta(hours=2), note="Engine upgrade."
    )  # fmt: skip
    record_states(actor=SYSTEM)
    page = web(customer).get("/exchanges/").content.decode()
    assert "Maintenance since" in page
    assert "Engine upgrade. Until" in page
    assert "Engine upgrade" not in web(other_customer).get("/exchanges/").content.decode()
    call_off_maintenance(actor=SYSTEM, maintenance_id=row.pk, reason="done")
    call_off_maintenance(actor=SYSTEM, maintenance_id=row.pk, reason="done")
    record_states(actor=SYSTEM)
    assert health_of("sandbox").condition == "unknown"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("health"), weight_per_minute=6_000) as running:
        yield running


@pytest.fixture
def connected(customer, sandbox, monkeypatch) -> Callable[..., VenuePort]:
    """Connect the customer to an account at the sandbox, reached with the settings given; return the port."""

    def connect(**settings: Any) -> VenuePort:
        way = queries.VenueWay(sandbox.ccxt_settings, **settings)
        monkeypatch.setitem(queries._venues, "sandbox", way)
        account = sandbox.open_account({"USDT": D(1_000)})
        row = add_connection(
            actor=Actor.of(customer), owner_id=customer.pk, venue="sandbox", label="Mine",
            api_key=account["api_key"], api_secret=account["secret"],
        )  # fmt: skip
        return open_venue(row.pk)

    return connect


def test_requests_of_a_connection_are_counted_observed_and_paused(connected, sandbox):
    """Real ccxt: the used weight equals the exchange's own count; failures open the breaker, an answer closes it."""
    port = connected()
    assert port is open_venue(Connection.objects.get().pk)
    assert isinstance(port, CcxtGateway)
    assert port.balances()
    told = port.client.last_response_headers
    assert read_gauge("sandbox").limit == 6_000
    assert read_gauge("sandbox").used == int(told["X-MBX-USED-WEIGHT-1M"])
    assert read_seen("sandbox", Observed.REST).failed == 0
    assert abs(clock_of("sandbox").offset_ms) < 100
    sandbox.control.inject_fault("error_5xx", count=100)
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(VenueUnavailable):
            port.balances()
    sandbox.control.clear_faults()
    with pytest.raises(VenueUnavailable) as paused:
        port.balances()
    assert "requests pause for 1 s. Nothing was sent." in paused.value.text
    record_states(actor=SYSTEM)
    assert health_of("sandbox").condition == "down"
    until(lambda: read_breaker("sandbox", host=host_of(port.client)).state is BreakerState.HALF_OPEN)
    assert port.balances()
    assert read_breaker("sandbox", host=host_of(port.client)).state is BreakerState.CLOSED


def test_another_host_is_asked_while_the_first_one_fails(connected, sandbox):
    port_number = sandbox.url.rpartition(":")[2]
    main, other = f"127.0.0.1:{port_number}", f"localhost:{port_number}"
    port = connected(other_hosts=(other,))
    assert isinstance(port, CcxtGateway)
    assert port.balances()
    assert host_of(port.client) == main
    for _ in range(FAILURES_TO_OPEN):
        record_observation("sandbox", Observed.REST, ok=False, host=main)
    assert port.balances()
    assert host_of(port.client) == other
    assert isinstance(port.meter, Meter)
    port.meter.kind = CallKind.CANCEL
    port.meter.before(1)
    assert host_of(port.client) == other, "taking back is led to where it is heard"
    record_states(actor=SYSTEM)
    assert read_breaker("sandbox", host=main).state is not BreakerState.CLOSED
    assert health_of("sandbox").condition in ("degraded", "down")
    until(lambda: read_breaker("sandbox", host=main).state is BreakerState.HALF_OPEN)
    assert port.balances()
    assert host_of(port.client) == main
    assert read_breaker("sandbox", host=main).state is BreakerState.CLOSED


def test_a_paper_account_never_leads_to_a_real_exchanges_hosts():
    assert queries.other_hosts("sandbox") == ()
    assert queries.other_hosts("binance") == ("api1.binance.com", "api2.binance.com", "api3.binance.com")
    assert queries.other_hosts("kraken") == ()
