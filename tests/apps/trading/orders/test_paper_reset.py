"""A paper account set anew: another account at the exchange, the mirror begun again, nothing lost on the way."""

from datetime import timedelta
from typing import Any

import pytest

from apps.core.actors import Actor
from apps.core.clock import travel
from apps.core.relay import drain
from apps.core.timers import fire_due
from apps.finance.ledger.choices import JournalKind
from apps.finance.ledger.models import Journal
from apps.finance.ledger.queries import list_mirrors
from apps.trading.exchanges.errors import ConnectionMissing, ConnectionNotActive, VenueRefused
from apps.trading.exchanges.operations import open_venue, revoke_connection
from apps.trading.exchanges.queries import get_connection, list_balances
from apps.trading.orders.errors import OnlyPaperIsReset, ResetNotPossible, VenueNotActive
from apps.trading.orders.models import BalanceBaseline, Fill, Order
from apps.trading.orders.operations import (
    cancel_order,
    reconcile_connection,
    reset_paper_account,
    send_order,
)
from apps.trading.positions.models import Position
from apps.trading.sandbox.errors import SandboxAway
from apps.trading.sandbox.models import SandboxAccount
from apps.trading.sandbox.operations import finish_paper_account, open_paper_account
from tests.apps.trading.bots.documents import CROSS, make_bot
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.wishes import D, place, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(market: Any, customer: Any) -> Any:
    """A paper account of 1,000 USDT, opened as customers open theirs."""
    made = open_paper_account(actor=Actor.of(customer), owner_id=customer.pk, funds={"USDT": D(1_000)})
    drain()
    return made


def mirror(connection_id: Any) -> dict[str, Any]:
    owner_id = get_connection(connection_id).owner_id
    return {asset: row.natural for asset, row in list_mirrors(connection_id, owner_id).items()}


def reset(customer: Any, connection_id: Any) -> Any:
    return reset_paper_account(actor=Actor.of(customer), connection_id=connection_id)


def test_the_mirror_is_open_as_soon_as_the_account_is(paper):
    assert mirror(paper) == {"USDT": D(1_000)}
    assert BalanceBaseline.objects.get().amount == D(1_000)


def test_a_reset_gives_fresh_funds_and_keeps_history(customer, paper, on_commit):
    send_order(order_id=place(customer, paper, wish(quantity="0.01")).pk)
    assert reconcile_connection(connection_id=paper).differences == []
    old, before = SandboxAccount.objects.get(), open_venue(paper)
    with on_commit():
        assert reset(customer, paper).state == "opening"
        assert set(mirror(paper).values()) == {0}
        assert Position.objects.get().quantity == 0
        with pytest.raises(VenueNotActive):
            place(customer, paper)
        with pytest.raises(ConnectionNotActive):
            open_venue(paper)
    drain()
    fresh = SandboxAccount.objects.get()
    assert get_connection(paper).state == "active"
    assert (fresh.generation, fresh.old_key_name) == (1, "")
    assert fresh.account_id != old.account_id
    assert fresh.key_name != old.key_name
    assert mirror(paper) == {"BTC": 0, "USDT": D(50_000)}
    assert [(row.asset, row.free) for row in list_balances(paper)] == [("USDT", D(50_000))]
    assert Fill.objects.count() == Journal.objects.filter(kind=JournalKind.FILL).count() > 0
    with pytest.raises(VenueRefused):
        before.balances()
    report = reconcile_connection(connection_id=paper)
    assert (report.differences, report.balances_compared, report.error) == ([], True, "")
    send_order(order_id=place(customer, paper, wish(quantity="0.02")).pk)
    assert reconcile_connection(connection_id=paper).differences == []
    assert Position.objects.get().quantity == D("0.02") * D("0.999")
    assert faults() == {}


def test_a_position_is_written_off_at_its_average_and_its_result_stays(customer, paper, on_commit):
    for order in (wish(quantity="0.003"), wish(quantity="0.00407"), wish("sell", "0.002")):
        send_order(order_id=place(customer, paper, order).pk)
    position = Position.objects.get()
    before = position.realised_average
    with on_commit():
        reset(customer, paper)
    position.refresh_from_db()
    assert (position.quantity, position.cost) == (0, 0)
    assert abs(position.realised_average - before) < D("1e-6")
    assert not position.lots.filter(remaining__gt=0).exists()
    assert faults() == {}


def test_it_is_refused_while_something_goes_on_and_then_nothing_has_changed(market, customer, paper):
    order = send_order(order_id=place(customer, paper, wish(price="30000")).pk)
    account = SandboxAccount.objects.get()
    with pytest.raises(ResetNotPossible, match="1 order is open"):
        reset(customer, paper)
    bot = make_bot(customer, paper, CROSS, budget="500")
    from apps.trading.bots.operations import start_bot

    start_bot(actor=Actor.of(customer), bot_id=bot.pk)
    with pytest.raises(ResetNotPossible, match="1 bot runs"):
        reset(customer, paper)
    assert get_connection(paper).state == "active"
    assert SandboxAccount.objects.get().key_name == account.key_name
    assert mirror(paper) == {"USDT": D(1_000)}
    assert not Journal.objects.filter(kind=JournalKind.RESET).exists()
    assert Order.objects.get(pk=order.pk).state == "open"


def test_only_the_owner_resets_and_only_what_is_open(customer, other_customer, paper):
    with pytest.raises(ConnectionMissing):
        reset(other_customer, paper)
    assert get_connection(paper).state == "active"
    revoke_connection(actor=Actor.of(customer), connection_id=paper)
    with pytest.raises(OnlyPaperIsReset):
        reset(customer, paper)
    assert SandboxAccount.objects.get().generation == 0


def test_an_account_that_was_not_opened_here_is_not_reset(customer, connection_id):
    with pytest.raises(OnlyPaperIsReset):
        reset(customer, connection_id)
    assert get_connection(connection_id).state == "active"


def test_an_exchange_that_is_away_gets_the_wish_later(customer, paper, settings, on_commit):
    url, settings.SANDBOX_CONTROL_URL = settings.SANDBOX_CONTROL_URL, "http://127.0.0.1:9"
    with on_commit():
        reset(customer, paper)
    with pytest.raises(SandboxAway):
        finish_paper_account(connection_id=paper)
    assert get_connection(paper).state == "opening"
    settings.SANDBOX_CONTROL_URL = url
    with travel(timedelta(seconds=31)), on_commit():
        assert fire_due() >= 1
    drain()
    assert (get_connection(paper).state, mirror(paper)) == ("active", {"USDT": D(50_000)})
    assert faults() == {}


def test_a_worker_that_died_after_the_exchange_answered_finds_the_same_account(market, customer, paper):
    reset(customer, paper)
    account = SandboxAccount.objects.get()
    opened = market.sandbox.control.open_account(
        label="x", reference=account.reference, funds={"USDT": D(50_000)}
    )  # and here the worker died
    for _ in range(2):
        finish_paper_account(connection_id=paper)
    assert SandboxAccount.objects.get().account_id == str(opened["account_id"])


def test_twice_is_two_resets_over_the_api_but_one_with_the_same_key(api, customer, paper, on_commit):
    client = api(customer)
    url = f"/api/v1/connections/{paper}/reset"
    assert client.post(url).status_code == 422
    with on_commit():
        first = client.post(url, HTTP_IDEMPOTENCY_KEY="one")
    assert (first.status_code, first.json()) == (202, {"id": str(paper), "state": "opening"})
    drain()
    again = client.post(url, HTTP_IDEMPOTENCY_KEY="one")
    assert (again.status_code, again.content) == (202, first.content)
    assert SandboxAccount.objects.get().generation == 1
    order = send_order(order_id=place(customer, paper, wish(price="30000")).pk)
    refused = client.post(url, HTTP_IDEMPOTENCY_KEY="two")
    assert (refused.status_code, refused.json()["code"]) == (409, "orders.reset_not_possible")
    with on_commit():
        cancel_order(actor=Actor.of(customer), order_id=order.pk)
    with on_commit():
        assert client.post(url, HTTP_IDEMPOTENCY_KEY="two").status_code == 202
    assert SandboxAccount.objects.get().generation == 2


def test_the_page_offers_it_and_says_why_it_cannot(web, customer, paper, on_commit):
    client = web(customer)
    page = client.get("/exchanges/").content.decode()
    url = f"/exchanges/{paper}/reset/"
    assert url in page
    order = send_order(order_id=place(customer, paper, wish(price="30000")).pk)
    refused = client.post(url, {"idempotency_key": "a"}, follow=True).content.decode()
    assert "1 order is open on this account" in refused
    with on_commit():
        cancel_order(actor=Actor.of(customer), order_id=order.pk)
    with on_commit():
        client.post(url, {"idempotency_key": "a"})
    drain()
    assert SandboxAccount.objects.get().generation == 1
    assert mirror(paper) == {"USDT": D(50_000)}
