"""Staff steer the exchange on the platform's console: written down first, asked once, the outcome kept."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import transaction
from django.template.response import TemplateResponse
from django.test import RequestFactory
from django.urls import reverse

from apps.core.actors import Actor
from apps.core.context import PUBLIC, in_schema
from apps.core.models import AuditEvent
from apps.core.permissions import PermissionMissing
from apps.core.transitions import MoveNotAllowed
from apps.trading.exchanges.operations import seed_venues
from apps.trading.sandbox.admin import ExchangeCommandAdmin, SandboxAccountAdmin
from apps.trading.sandbox.choices import CommandState, Verb
from apps.trading.sandbox.errors import ExchangeRefused, NoSuchPaperAccount, OutcomeUnknown
from apps.trading.sandbox.models import ExchangeCommand, SandboxAccount
from apps.trading.sandbox.operations import ask_exchange, carry_out, open_paper_account
from apps.trading.sandbox.queries import get_exchange_facts
from config.admin import console
from tests.factories.people import make_staff
from tests.factories.sandbox_exchange import JUNE, running_sandbox

pytestmark = pytest.mark.django_db
STAFF = Actor.system("tests")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with running_sandbox(tmp_path_factory.mktemp("steering")) as running:
        yield running


@pytest.fixture
def here(exchange, settings):
    """Point the product at the running exchange."""
    seed_venues()
    settings.SANDBOX_URL, settings.SANDBOX_CONTROL_URL = exchange.url, exchange.control_url
    yield exchange
    exchange.control.clear_faults()


@pytest.fixture
def nowhere(settings):
    """Point the product at nothing."""
    settings.SANDBOX_URL = settings.SANDBOX_CONTROL_URL = "http://127.0.0.1:9"


def steer(verb, **facts):
    command = ask_exchange(actor=STAFF, verb=verb, facts=facts, reason="a drill")
    return carry_out(command_id=command.pk)


def test_the_clock_goes_where_staff_send_it_and_the_audit_names_the_reason(here):
    jumped = steer(Verb.JUMP, market_time=JUNE + 3_600_000)
    assert (jumped.state, here.control.status()["market_time"]) == (CommandState.DONE, JUNE + 3_600_000)
    steer(Verb.SPEED, speed=600)
    assert steer(Verb.RESUME).answer.endswith("running True")
    assert get_exchange_facts().position.speed == 600
    steer(Verb.PAUSE)
    assert not here.control.status()["running"]
    rows = AuditEvent.objects.filter(operation="sandbox.ask_exchange").order_by("id")
    assert [row.data["verb"] for row in rows] == ["jump", "speed", "resume", "pause"]
    assert {row.reason for row in rows} == {"a drill"}


def test_a_fault_for_a_paper_account_names_its_number_never_its_key(here, customer):
    made = open_paper_account(actor=Actor.of(customer), owner_id=customer.pk)
    account = SandboxAccount.objects.get(connection_id=made)
    put = steer(Verb.FAULT, kind="drop", account=account.account_id, count=2)
    [rule] = here.control.faults()
    assert (rule["kind"], rule["count"], rule["api_key"]) == ("drop", 2, account.key_name)
    assert account.key_name not in f"{put.facts} {put.answer}"
    [event] = AuditEvent.objects.filter(operation="sandbox.ask_exchange")
    assert account.key_name not in str(event.data)
    assert get_exchange_facts().faults[0]["account"] == account.account_id
    steer(Verb.CLEAR_FAULTS)
    assert here.control.faults() == []
    with pytest.raises(NoSuchPaperAccount, match="987654"):
        steer(Verb.FAULT, kind="drop", account="987654")
    assert ExchangeCommand.objects.count() == 2


def test_a_symbol_is_halted_and_trades_again(here):
    assert steer(Verb.HALT, symbol="ETHUSDT", cancel_orders=True).answer == "status BREAK, symbol ETHUSDT"
    assert get_exchange_facts().statuses["ETHUSDT"] == "BREAK"
    steer(Verb.TRADE, symbol="ETHUSDT")
    assert get_exchange_facts().statuses["ETHUSDT"] == "TRADING"
    assert steer(Verb.SNAPSHOT).state == CommandState.DONE


def test_what_the_exchange_refuses_is_kept_with_its_words(here):
    before = here.control.status()["market_time"]
    with pytest.raises(ExchangeRefused, match="outside the recording"):
        steer(Verb.JUMP, market_time=1)
    command = ExchangeCommand.objects.get()
    assert (command.state, command.answer) == (CommandState.REFUSED, "the time is outside the recording")
    assert here.control.status()["market_time"] == before


def test_without_an_answer_the_outcome_is_unknown_and_nobody_asks_twice(nowhere):
    with pytest.raises(OutcomeUnknown):
        steer(Verb.PAUSE)
    command = ExchangeCommand.objects.get()
    assert command.state == CommandState.UNKNOWN
    with pytest.raises(MoveNotAllowed):
        carry_out(command_id=command.pk)


def test_the_exchange_is_never_asked_inside_a_transaction(here):
    command = ask_exchange(actor=STAFF, verb=Verb.RESUME, facts={}, reason="a drill")
    with transaction.atomic(), pytest.raises(RuntimeError):
        carry_out(command_id=command.pk)
    command.refresh_from_db()
    assert command.state == CommandState.ASKED
    assert not here.control.status()["running"]


def test_only_the_platform_s_operators_may(here, customer, staff):
    for person in (customer, staff, make_staff("tara@example.test", role="trading_ops")):
        with pytest.raises(PermissionMissing):
            ask_exchange(actor=Actor.of(person), verb=Verb.PAUSE, facts={}, reason="mine")
    assert ExchangeCommand.objects.count() == 0
    with in_schema(PUBLIC):
        operator = Actor.of(make_staff("otto@example.test", role="operator"))
        assert ask_exchange(actor=operator, verb=Verb.PAUSE, facts={}, reason="mine").verb == "pause"


@pytest.fixture
def desk(settings):
    """The console as an operator sees it: its addresses and people belong to the public schema."""
    settings.ROOT_URLCONF = settings.PUBLIC_SCHEMA_URLCONF
    commands = console._registry[ExchangeCommand]
    assert isinstance(commands, ExchangeCommandAdmin)

    def ask(name=None, **posted):
        address = reverse("platform:sandbox_exchangecommand_changelist")
        factory = RequestFactory()
        request: Any = factory.post(address, posted) if posted else factory.get(address)
        request.user, request.session = operator, {}
        request._messages = FallbackStorage(request)
        answer = commands.table_operation_view(request, name) if name else commands.changelist_view(request)
        if isinstance(answer, TemplateResponse):
            answer.render()
        return answer, [str(message) for message in get_messages(request)]

    with in_schema(PUBLIC):
        operator = make_staff("otto@example.test", role="operator")
        yield ask


def test_the_desk_shows_the_exchange_and_its_verbs(here, desk):
    here.control.inject_fault("http_429", path="/api/v3/order", every=3)
    page = desk()[0].content.decode()
    for words in ("Market at 2024-06-01", "standing", "BTCUSDT", "TRADING", "http_429", "/api/v3/order"):
        assert words in page
    for verb in Verb:
        assert verb.label in page
        assert desk(verb.value)[0].status_code == 200


def test_the_desk_says_so_when_the_exchange_is_away(nowhere, desk):
    answer, _ = desk()
    assert answer.status_code == 200
    assert "The sandbox exchange does not answer at the moment." in answer.content.decode()


def test_buttons_run_the_operations_and_show_refusals(here, desk):
    answer, said = desk("jump", at="2024-06-03T10:00", reason="look at Monday")
    assert (answer.status_code, said) == (302, ["Jump to a date: done."])
    assert "Market at 2024-06-03 10:00" in desk()[0].content.decode()
    answer, said = desk("jump", at="1999-01-01T00:00", reason="too far")
    assert (answer.status_code, said) == (200, [])
    assert "outside the recording" in answer.content.decode()
    given = {"kind": "partial_fill", "count": "1", "every": "1", "delay_ms": "0", "skew_ms": "0", "percent": "25"}
    assert desk("fault", **given, account="", path="", reason="a drill")[0].status_code == 302
    assert here.control.faults()[0]["percent"] == 25
    assert desk("fault", **given | {"percent": "0"}, account="", path="", reason="a drill")[0].status_code == 200
    assert len(here.control.faults()) == 1


def test_keys_are_not_shown_among_the_accounts():
    assert {"key_name", "old_key_name"} <= set(SandboxAccountAdmin.exclude)
