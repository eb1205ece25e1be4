"""Opening a paper account: facts first, the exchange second, and the same account however often it is asked."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from apps.core.actors import Actor
from apps.core.clock import travel
from apps.core.models import Timer
from apps.core.relay import drain
from apps.core.sealing import Ring, SealBroken, open_field
from apps.core.timers import fire_due
from apps.trading.exchanges import queries
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.errors import AlreadyConnected, NotYourConnection, VenueRefused
from apps.trading.exchanges.models import Connection
from apps.trading.exchanges.operations import (
    check_connection,
    close_venues,
    open_venue,
    request_account,
    revoke_connection,
    seed_venues,
)
from apps.trading.sandbox.errors import FundsNotPossible, SandboxAway
from apps.trading.sandbox.models import SandboxAccount
from apps.trading.sandbox.operations import (
    finish_paper_account,
    open_paper_account,
    request_paper_account,
)
from apps.trading.sandbox.operations.accounts import OPENING_TIMER
from tests.factories.sandbox_exchange import running_sandbox

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with running_sandbox(tmp_path_factory.mktemp("paper")) as running:
        yield running


@pytest.fixture
def here(exchange, settings):
    """Point the product at the running exchange."""
    seed_venues()
    settings.SANDBOX_URL, settings.SANDBOX_CONTROL_URL = exchange.url, exchange.control_url
    yield exchange
    close_venues()


@pytest.fixture
def nowhere(settings):
    """Point the product at nothing."""
    seed_venues()
    settings.SANDBOX_URL = settings.SANDBOX_CONTROL_URL = "http://127.0.0.1:9"


def of(customer) -> Actor:
    return Actor.of(customer)


def test_an_account_is_opened_and_traded_on(here, customer, tenant_a):
    made = open_paper_account(actor=of(customer), owner_id=customer.pk, funds={"USDT": D("1234.5")})
    row = queries.get_connection(made, owner_id=customer.pk)
    account = SandboxAccount.objects.get(connection_id=made)
    assert (row.state, row.mode, row.key_hint) == ("active", "paper", account.key_name[-4:])
    assert account.tenant_id == tenant_a.id
    (balance,) = queries.list_balances(made)
    assert (balance.asset, balance.free, balance.locked) == ("USDT", D("1234.5"), D(0))
    assert [item.free for item in open_venue(made).balances()] == [D("1234.5")]
    assert here.control.account(int(account.account_id))["reference"] == str(made)


def test_asking_twice_gives_the_same_account(here, customer):
    first = open_paper_account(actor=of(customer), owner_id=customer.pk)
    accounts = len(here.control.accounts())
    assert open_paper_account(actor=of(customer), owner_id=customer.pk) == first
    finish_paper_account(connection_id=first)
    assert len(here.control.accounts()) == accounts
    assert SandboxAccount.objects.count() == Connection.objects.count() == 1


def test_a_crash_after_the_exchange_answered_adopts_its_account(here, customer, monkeypatch):
    made = request_paper_account(actor=of(customer), owner_id=customer.pk, funds={"USDT": D(10)})
    opened = here.control.open_account(label=str(made), reference=str(made), funds={"USDT": D(10)})
    here.control.create_key(opened["account_id"])  # and here the worker died
    finish_paper_account(connection_id=made)
    assert SandboxAccount.objects.get(connection_id=made).account_id == str(opened["account_id"])
    assert queries.get_connection(made).state == ConnectionState.ACTIVE


def test_the_request_is_kept_while_the_exchange_is_away(nowhere, exchange, settings, customer, on_commit):
    with on_commit():
        made = request_paper_account(actor=of(customer), owner_id=customer.pk)
    row = queries.get_connection(made)
    assert (row.state, row.last_error) == ("opening", "The sandbox exchange does not answer.")
    with pytest.raises(SandboxAway):
        finish_paper_account(connection_id=made)
    assert queries.list_balances(made) == []
    settings.SANDBOX_CONTROL_URL = exchange.control_url
    finish_paper_account(connection_id=made)
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("active", "")


def test_the_timer_opens_what_a_lost_task_left_behind(here, customer, on_commit):
    made = request_paper_account(actor=of(customer), owner_id=customer.pk)
    with travel(timedelta(seconds=31)), on_commit():
        assert fire_due() == 1
    assert queries.get_connection(made).state == ConnectionState.ACTIVE
    assert Timer.objects.filter(name=OPENING_TIMER, state="waiting").count() == 1
    with travel(timedelta(seconds=62)), on_commit():
        assert fire_due() == 1
    assert not Timer.objects.filter(name=OPENING_TIMER, state="waiting").exists()


def test_the_exchange_is_never_asked_inside_a_transaction(here, customer):
    made = request_paper_account(actor=of(customer), owner_id=customer.pk)
    with transaction.atomic(), pytest.raises(RuntimeError):
        finish_paper_account(connection_id=made)
    assert queries.get_connection(made).state == ConnectionState.OPENING


@pytest.mark.parametrize("funds", [{}, {"USDT": D(0)}, {"USDT": D(-1)}, {"USDT": D("NaN")}])
def test_impossible_funds_are_refused(here, customer, funds):
    with pytest.raises(FundsNotPossible):
        request_paper_account(actor=of(customer), owner_id=customer.pk, funds=funds)
    assert not Connection.objects.exists()


def test_funds_the_exchange_does_not_know_are_told(here, customer):
    with pytest.raises(FundsNotPossible):
        open_paper_account(actor=of(customer), owner_id=customer.pk, funds={"DOGE": D(1)})
    assert Connection.objects.get().state == ConnectionState.OPENING
    assert "DOGE" not in Connection.objects.get().label


def test_one_connection_for_each_customer(here, customer, other_customer):
    request_account(actor=of(customer), owner_id=customer.pk, venue="sandbox")
    with pytest.raises(AlreadyConnected):
        request_account(actor=of(customer), owner_id=customer.pk, venue="sandbox")
    with pytest.raises(NotYourConnection):
        request_account(actor=of(customer), owner_id=other_customer.pk, venue="sandbox")
    assert Connection.objects.count() == SandboxAccount.objects.count() == 1


def test_revoking_destroys_the_key_here_and_there(here, customer, on_commit):
    made = open_paper_account(actor=of(customer), owner_id=customer.pk)
    port = open_venue(made)
    port.balances()
    with on_commit():
        revoke_connection(actor=of(customer), connection_id=made, reason="test")
    with on_commit():
        drain()
    row = queries.get_connection(made)
    assert (row.state, bytes(row.api_key), bytes(row.api_secret)) == ("revoked", b"", b"")
    assert SandboxAccount.objects.get().key_name == ""
    with pytest.raises(VenueRefused):
        port.balances()
    assert open_paper_account(actor=of(customer), owner_id=customer.pk) != made


def test_the_key_is_sealed_to_its_place(here, customer, other_customer):
    made = open_paper_account(actor=of(customer), owner_id=customer.pk)
    row = queries.get_connection(made)
    name = SandboxAccount.objects.get().key_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key, api_secret FROM exchanges_connection WHERE id = %s", [made])
        stored = b"".join(bytes(cell) for cell in cursor.fetchone())
    assert name.encode() not in stored
    assert open_field(row, "api_key") == name
    assert Connection._meta.get_field("api_key").ring is Ring.TRADING
    row.api_key = row.api_secret
    with pytest.raises(SealBroken):
        open_field(row, "api_key")


def test_a_check_stores_balances_or_what_was_wrong(here, customer, settings):
    made = open_paper_account(actor=of(customer), owner_id=customer.pk, funds={"USDT": D(5), "BTC": D("0.1")})
    check_connection(connection_id=made)
    assert [(row.asset, row.free) for row in queries.list_balances(made)] == [("BTC", D("0.1")), ("USDT", D(5))]
    here.control.revoke_key(SandboxAccount.objects.get().key_name)
    check_connection(connection_id=made)
    assert "refused" in queries.get_connection(made).last_error
    assert len(queries.list_balances(made)) == 2
