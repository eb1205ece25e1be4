"""A key is tried before it is kept: what the exchange says to it, each time in its own plain words (real ccxt)."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import KeyRingMissing
from apps.core.models import OutboxEvent, Timer
from apps.core.sealing import KeyRing, Ring, key_ring
from apps.platform.notifications.models import InboxItem
from apps.platform.rate_limiting.operations import limits_client
from apps.trading.exchanges import queries
from apps.trading.exchanges.errors import (
    ConnectionMissing,
    ExchangeUnknown,
    KeyIncomplete,
    KeyKnown,
    NotYourConnection,
    SecondFactorNeeded,
)
from apps.trading.exchanges.gateways.port import OrderKind, OrderRequest, Rejected
from apps.trading.exchanges.models import Connection, KeyActivity, VenueMarkets
from apps.trading.exchanges.operations import (
    NewKey,
    close_venues,
    open_venue,
    read_clock,
    replace_key,
    revoke_connection,
    seed_venues,
    submit_key,
    try_key,
)
from apps.trading.exchanges.operations.keys import ROTATION_TIMER, VERIFY_TIMER
from kernel.instruments import Side
from tests.factories.sandbox_exchange import RunningSandbox, running_sandbox

pytestmark = pytest.mark.django_db
D = Decimal
RESTRICTIONS = "/sapi/v1/account/apiRestrictions"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("keys"), weight_per_minute=6_000) as running:
        yield running


@pytest.fixture(autouse=True)
def _exchange(sandbox, monkeypatch):
    """Lead the exchange "binance" to the sandbox, which speaks its protocol."""
    sandbox.control.clear_faults()
    seed_venues()
    way = queries.VenueWay(sandbox.ccxt_settings)
    monkeypatch.setitem(queries._venues, "binance", way)
    yield
    close_venues()


@pytest.fixture
def owner(customer):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=customer, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
    return customer


def new_key(sandbox: RunningSandbox, **facts) -> NewKey:
    account = sandbox.control.open_account(label="keys", funds={"USDT": D(1_000)})
    made = sandbox.control.create_key(account["account_id"], **facts)
    return NewKey(made.api_key, made.secret)


def submit(owner, key: NewKey, venue: str = "binance") -> Connection:
    return submit_key(actor=Actor.of(owner), owner_id=owner.pk, venue=venue, label="Mine", key=key)


def tried(owner, key: NewKey) -> Connection:
    made = submit(owner, key)
    try_key(connection_id=made.pk)
    made.refresh_from_db()
    return made


def test_a_good_key_is_accepted_with_its_rights_and_balances(owner, sandbox):
    key = new_key(sandbox)
    row = submit(owner, key)
    assert (row.state, row.mode, bytes(row.api_key)) == ("opening", "live", b"")
    assert key.secret.encode() not in bytes(row.next_secret)
    assert Timer.objects.filter(name=VERIFY_TIMER, key__startswith=str(row.pk)).count() == 1
    try_key(connection_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.can_trade, row.is_ip_bound, row.problem) == ("active", True, False, "")
    assert (bytes(row.next_key), row.key_hint) == (b"", key.api_key[-4:])
    assert [(item.asset, item.free) for item in queries.list_balances(row.pk)] == [("USDT", D(1_000))]
    assert OutboxEvent.objects.filter(name="exchanges.connection_activated").count() == 1
    events = [(item.event, item.detail) for item in queries.list_activity(row.pk)]
    assert [event for event, _ in events] == ["accepted", "submitted"]
    assert "bind it to ours" in events[0][1]
    assert open_venue(row.pk).balances()[0].free == D(1_000)


def test_a_key_that_may_withdraw_is_refused_and_destroyed(owner, sandbox):
    row = tried(owner, new_key(sandbox, permissions=("read", "trade", "withdraw")))
    assert (row.state, row.problem) == ("refused", "key_may_withdraw")
    assert row.last_error.startswith(
        "This key may withdraw. We never keep such a key: switch withdrawals off at Binance"
    )
    assert [bytes(getattr(row, name)) for name in ("api_key", "next_key", "next_secret")] == [b"", b"", b""]
    assert queries.list_activity(row.pk)[0].event == "refused"


def test_a_wrong_secret_says_so(owner, sandbox):
    good = new_key(sandbox)
    row = tried(owner, NewKey(good.api_key, "not-the-secret"))
    assert (row.state, row.problem) == ("refused", "secret_wrong")
    assert row.last_error.startswith("Binance knows this key, but the secret does not fit it.")
    replace_key(actor=Actor.of(owner), connection_id=row.pk, key=good)
    assert try_key(connection_id=row.pk).state == "active"


def test_a_key_that_only_reads_is_kept_and_sends_no_order(owner, sandbox):
    row = tried(owner, new_key(sandbox, permissions=("read",)))
    assert (row.state, row.can_trade) == ("active", False)
    assert "It can only read: balances are shown, orders are refused." in queries.list_activity(row.pk)[0].detail
    port = open_venue(row.pk)
    assert port.balances()
    request = OrderRequest(
        client_id="m1", symbol="BTCUSDT", side=Side.BUY, kind=OrderKind.MARKET, quantity=D("0.001")
    )  # fmt: skip
    assert port.submit(request) == Rejected("local", "the key of this connection can only read")


def test_a_key_that_is_bound_to_other_addresses_says_so(owner, sandbox, settings):
    settings.EGRESS_ADDRESSES = ("203.0.113.7",)
    row = tried(owner, new_key(sandbox, ips=("198.51.100.0/24",)))
    assert (row.state, row.problem) == ("refused", "key_not_accepted")
    assert "its list of addresses does not hold ours. Our requests come from 203.0.113.7." in row.last_error
    assert tried(owner, new_key(sandbox, ips=("127.0.0.1",))).is_ip_bound is True


def test_a_banned_address_waits_and_says_for_how_long(owner, sandbox):
    row = submit(owner, new_key(sandbox))
    with running_sandbox(sandbox.state_dir.parent / "banning", weight_per_minute=60) as strict:
        key = new_key(strict)
        replace_key(actor=Actor.of(owner), connection_id=row.pk, key=key)
        queries._venues["binance"] = queries.VenueWay(strict.ccxt_settings)
        _be_banned(strict)
        assert try_key(connection_id=row.pk).state == "opening"
        row.refresh_from_db()
        assert row.problem == "address_banned"
        assert row.last_error.startswith("Binance has banned our address for 1")
        # The lane is frozen now: the next try does not even ask.
        assert try_key(connection_id=row.pk).problem == "exchange_silent"
        row.refresh_from_db()
        assert "Binance" in row.last_error or "binance" in row.last_error
    assert Timer.objects.filter(name=VERIFY_TIMER, key__startswith=str(row.pk)).count() >= 1


def _be_banned(sandbox: RunningSandbox) -> None:
    from urllib.parse import urlsplit

    from tests.apps.trading.exchanges.hammering import ping

    parts = urlsplit(sandbox.url)
    for _ in range(500):
        if ping((str(parts.hostname), int(parts.port or 0)))[0] == 418:
            return
    raise AssertionError("the exchange bans nobody")


def test_a_clock_that_is_off_is_measured_used_and_told(owner, sandbox):
    sandbox.control.inject_fault("clock_skew", skew_ms=5_000)
    row = tried(owner, new_key(sandbox))
    assert row.state == "active"
    assert "Our clock and the exchange's differ by 5.0 s" in queries.list_activity(row.pk)[0].detail
    skewed = read_clock("binance")
    assert skewed is not None
    assert skewed.offset_ms in range(4_900, 5_100)
    sandbox.control.clear_faults()
    # The clock went back: the old samples are forgotten with the first that they cannot explain.
    assert tried(owner, new_key(sandbox)).state == "active"
    corrected = read_clock("binance")
    assert corrected is not None
    assert abs(corrected.offset_ms) < 100


def test_a_clock_that_cannot_be_corrected_is_named_and_tried_again(owner, sandbox):
    key = new_key(sandbox)
    sandbox.control.inject_fault("clock_skew", skew_ms=60_000, api_key=key.api_key)
    row = tried(owner, key)
    assert (row.state, row.problem) == ("opening", "clock_off")
    assert row.last_error.startswith("Binance refuses the time of our requests")
    sandbox.control.clear_faults()
    assert try_key(connection_id=row.pk).state == "active"


def test_a_silent_exchange_keeps_the_key_waiting(owner, sandbox):
    row = submit(owner, new_key(sandbox))
    sandbox.control.inject_fault("error_5xx", count=50)
    assert try_key(connection_id=row.pk).problem == "exchange_silent"
    sandbox.control.clear_faults()
    limits_client().flushdb()
    assert try_key(connection_id=row.pk).state == "active"


def test_a_newer_key_takes_over_only_when_it_is_good(owner, sandbox):
    row = tried(owner, new_key(sandbox))
    old = open_venue(row.pk)
    replace_key(actor=Actor.of(owner), connection_id=row.pk, key=NewKey("nobody-knows-it", "x"))
    assert try_key(connection_id=row.pk).problem == "key_not_accepted"
    assert open_venue(row.pk) is old
    assert old.balances()
    newer = new_key(sandbox)
    replace_key(actor=Actor.of(owner), connection_id=row.pk, key=newer)
    assert try_key(connection_id=row.pk).key_hint == newer.api_key[-4:]
    assert open_venue(row.pk) is not old
    assert OutboxEvent.objects.filter(name="exchanges.key_replaced").count() == 1
    events = [item.event for item in queries.list_activity(row.pk)]
    assert events == ["replaced", "submitted", "refused", "submitted", "accepted", "submitted"]


def test_several_connections_of_one_person_but_each_key_once(owner, sandbox):
    key = new_key(sandbox)
    submit(owner, key)
    submit(owner, new_key(sandbox))
    with pytest.raises(KeyKnown):
        submit(owner, key)
    assert Connection.objects.filter(owner=owner, venue__code="binance").count() == 2
    revoke_connection(actor=Actor.of(owner), connection_id=Connection.objects.order_by("id")[0].pk)
    submit(owner, key)


def test_what_cannot_be_entered_is_said_at_once(owner, other_customer, sandbox):
    for venue, key, error, words in (
        ("okx", NewKey("a", "b"), KeyIncomplete, "OKX needs the passphrase of the key too."),
        ("binance", NewKey(" ", "b"), KeyIncomplete, "Binance needs the api key of the key too."),
        ("mtgox", NewKey("a", "b"), ExchangeUnknown, "There is no exchange “mtgox” here."),
    ):
        with pytest.raises(error) as refused:
            submit(owner, key, venue)
        assert refused.value.text.startswith(words)
    with pytest.raises(SecondFactorNeeded):
        submit(other_customer, NewKey("a", "b"))
    with pytest.raises(NotYourConnection):
        submit_key(
            actor=Actor.of(other_customer), owner_id=owner.pk, venue="binance", label="x", key=NewKey("a", "b")
        )  # fmt: skip
    row = submit(owner, new_key(sandbox))
    with pytest.raises(ConnectionMissing):
        replace_key(actor=Actor.of(other_customer), connection_id=row.pk, key=NewKey("a", "b"))


def test_an_exchange_outside_the_tested_ones_gets_its_row_when_it_is_used(owner):
    assert submit(owner, NewKey("a", "b"), "poloniex").venue.title == "Poloniex"


def test_without_the_ring_a_key_is_sealed_and_never_opened(owner, sandbox, settings, tmp_path):
    web_ring = tmp_path / "web.json"
    web_ring.write_text(KeyRing.from_json(key_ring().to_json()).without(Ring.TRADING).to_json())
    settings.KEY_RING_PATH = web_ring
    row = submit(owner, new_key(sandbox))
    with pytest.raises(KeyRingMissing):
        try_key(connection_id=row.pk)


def test_an_old_key_reminds_its_owner_every_two_weeks(owner, sandbox):
    from datetime import timedelta

    from apps.core import timers
    from apps.core.clock import travel

    row = tried(owner, new_key(sandbox))
    due = Timer.objects.get(name=ROTATION_TIMER, key=str(row.pk)).due_at
    assert 89 <= (due - now()).days <= 90
    for days, count in ((91, 1), (106, 2)):
        with travel(timedelta(days=days)):
            timers.fire_due()
        assert InboxItem.objects.filter(topic="exchanges.key_old", owner_id=owner.pk).count() == count
    revoke_connection(actor=Actor.of(owner), connection_id=row.pk)
    with travel(timedelta(days=130)):
        timers.fire_due()
    assert InboxItem.objects.filter(topic="exchanges.key_old").count() == 2


def test_markets_are_kept_for_all_processes_and_a_change_is_a_new_version(owner, sandbox):
    from apps.trading.exchanges.operations.markets import VenueMarketStore, record_markets
    from apps.trading.exchanges.queries import get_venue

    tried(owner, new_key(sandbox))
    store = VenueMarketStore(get_venue("binance"))
    loaded = store.load()
    assert loaded is not None
    markets = dict(loaded)
    assert markets["BTC/USDT"]["precision"]["price"] == "0.01000000"
    read_at = VenueMarkets.objects.get().checked_at
    tried(owner, new_key(sandbox))  # a new client reads no markets again
    assert VenueMarkets.objects.get().checked_at == read_at
    system = Actor.system("tests")
    assert record_markets(actor=system, venue=get_venue("binance"), markets=markets) == 1
    changed = {**markets, "BTC/USDT": {**markets["BTC/USDT"], "precision": {"amount": "0.1", "price": "1"}}}
    assert record_markets(actor=system, venue=get_venue("binance"), markets=changed) == 2
    assert VenueMarkets.objects.filter(venue__code="binance").count() == 2
    assert KeyActivity.objects.count() == 4
