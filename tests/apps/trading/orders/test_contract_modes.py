"""One-way and hedge mode of a contract account, switched by its owner at a running sandbox exchange."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from apps.core import relay
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.models import AuditEvent, OutboxEvent
from apps.platform.notifications.queries import list_inbox, message_of
from apps.trading.orders import operations as orders
from apps.trading.orders.checked_prices import CheckedPrice
from apps.trading.orders.choices import Kind
from apps.trading.orders.errors import ContractOrdersWait, ModePending, PositionSideNeeded
from apps.trading.orders.models import ReconcileIncident
from apps.trading.orders.operations import NewOrder
from apps.trading.orders.operations.triggering import look_at
from apps.trading.positions.errors import ContractsMissing
from apps.trading.positions.models import MarginAccount, Position
from apps.trading.positions.operations import choose_mode
from kernel.instruments import Side
from tests.apps.trading.orders.contract_desk import PERP, Desk
from tests.apps.trading.orders.funded import faults

pytestmark = pytest.mark.django_db
D = Decimal
OPEN_ORDERS = "Position side cannot be changed if there exists open orders."
OPEN_POSITION = "Position side cannot be changed if there exists position."


@pytest.fixture
def desk(market, customer, connection_id):
    return Desk(market, customer, connection_id)


def choose(desk, *, is_hedged):
    return choose_mode(**desk.who, account_id=desk.account.pk, is_hedged=is_hedged)


def is_hedged_there(desk):
    return desk.venue().fapiPrivateGetPositionSideDual()["dualSidePosition"] in (True, "true")


def test_the_switch_is_asked_for_once_and_long_and_short_then_stand_apart(desk):
    asked = choose(desk, is_hedged=True)
    assert (asked.is_hedged, asked.wanted_hedged) == (False, True)
    with pytest.raises(ModePending):
        desk.place("buy", "0.1")
    account = desk.advance()
    assert (account.is_hedged, account.wanted_hedged, account.mode_words) == (True, None, "")
    assert is_hedged_there(desk)
    with pytest.raises(PositionSideNeeded):
        desk.place("buy", "0.1")
    desk.trade("buy", "0.1", position_side="long")
    desk.trade("sell", "0.2", position_side="short")
    desk.advance()
    assert dict(Position.objects.values_list("position_side", "quantity")) == {"long": D("0.1"), "short": D("-0.2")}
    choose(desk, is_hedged=True)
    account = desk.advance()
    assert (account.is_hedged, account.wanted_hedged, account.mode_words) == (True, None, "")  # it holds already
    report = orders.reconcile_connection(connection_id=desk.connection_id)
    assert (report.error, report.differences, report.contracts_compared) == ("", [], True)
    assert AuditEvent.objects.filter(operation="positions.choose_mode").count() == 2
    assert faults() == {}


def test_the_exchange_refuses_in_its_words_while_orders_or_positions_are_open(desk):
    resting = desk.trade("buy", "0.1", "60000.00")
    choose(desk, is_hedged=True)
    account = desk.advance()
    assert (account.is_hedged, account.wanted_hedged, account.mode_words) == (False, None, OPEN_ORDERS)
    orders.cancel_order(actor=Actor.of(desk.customer), order_id=resting.pk, reason="by its owner")
    orders.transmit_cancel(order_id=resting.pk)
    desk.trade("buy", "0.1")
    choose(desk, is_hedged=True)
    account = desk.advance()
    assert (account.is_hedged, account.wanted_hedged, account.mode_words) == (False, None, OPEN_POSITION)
    desk.trade("sell", "0.1", reduce_only=True)
    choose(desk, is_hedged=True)
    account = desk.advance()
    assert (account.is_hedged, account.wanted_hedged, account.mode_words) == (True, None, "")
    desk.trade("buy", "0.1", position_side="long")
    desk.trade("sell", "0.1", position_side="long", reduce_only=True)
    choose(desk, is_hedged=False)
    assert desk.advance().is_hedged is False
    desk.trade("buy", "0.1")
    assert {(row.position_side, row.quantity) for row in Position.objects.all()} == {("", D("0.1")), ("long", D(0))}
    assert orders.reconcile_connection(connection_id=desk.connection_id).differences == []
    assert faults() == {}


def test_what_waits_here_for_its_trigger_keeps_the_mode(desk):
    low = NewOrder(symbol=PERP, side=Side.SELL, kind=Kind.STOP, quantity=D("0.1"), stop_price=D(50_000))
    held = orders.place_order(**desk.who, connection_id=desk.connection_id, order=low)
    assert held.state == "held"
    with pytest.raises(ContractOrdersWait) as refused:
        choose(desk, is_hedged=True)
    assert refused.value.text.startswith("1 contract orders wait or are worked off here")
    orders.cancel_order(actor=Actor.of(desk.customer), order_id=held.pk, reason="by its owner")
    choose(desk, is_hedged=True)
    assert MarginAccount.objects.get().wanted_hedged is True


def switch_there(desk, is_hedged):
    desk.venue().fapiPrivatePostPositionSideDual({"dualSidePosition": str(is_hedged).lower()})


def test_a_switch_made_at_the_exchange_while_triggers_wait_is_told_once_and_sends_nothing(desk):
    low = NewOrder(symbol=PERP, side=Side.SELL, kind=Kind.STOP, quantity=D("0.1"), stop_price=D(50_000))
    held = orders.place_order(**desk.who, connection_id=desk.connection_id, order=low)
    fallen = {PERP: CheckedPrice(PERP, D(49_000), now())}
    switch_there(desk, True)
    assert orders.reconcile_connection(connection_id=desk.connection_id).differences == [
        {
            "kind": "contract_mode", "subject": "one-way mode", "expected": "one-way mode: 1 order waits for it",
            "found": "hedge mode",
        }
    ]  # fmt: skip
    told = OutboxEvent.objects.filter(name="orders.reconcile_differed")
    assert told.count() == 1
    orders.reconcile_connection(connection_id=desk.connection_id)
    assert (told.count(), ReconcileIncident.objects.count()) == (1, 1)
    assert look_at(fallen) == 0
    held.refresh_from_db()
    assert (held.state, held.triggered_at) == ("held", None)
    with pytest.raises(ContractOrdersWait):  # it would leave the order where it is
        choose(desk, is_hedged=True)
    choose(desk, is_hedged=False)  # the way back
    assert desk.advance().is_hedged is False
    assert orders.reconcile_connection(connection_id=desk.connection_id).differences == []
    assert ReconcileIncident.objects.get().resolved_at is not None
    assert look_at(fallen) == 1
    held.refresh_from_db()
    assert held.state == "intent"
    switch_there(desk, True)
    desk.advance()
    sent = orders.send_order(order_id=held.pk)
    assert (sent.state, sent.reject_code) == ("rejected", "orders.position_side")
    assert orders.reconcile_connection(connection_id=desk.connection_id).differences == []
    assert desk.venue().fapiPrivateGetAllOrders({"symbol": "BTCUSDT"}) == []
    assert faults() == {}


def test_who_owns_the_account_is_told_the_way_out(desk):
    low = NewOrder(symbol=PERP, side=Side.SELL, kind=Kind.STOP, quantity=D("0.1"), stop_price=D(50_000))
    held = orders.place_order(**desk.who, connection_id=desk.connection_id, order=low)
    switch_there(desk, True)
    orders.reconcile_connection(connection_id=desk.connection_id)
    relay.drain()
    (item,) = list_inbox(desk.customer.pk).filter(topic="orders.differs")
    assert "cancel them, or choose that mode again under Positions" in message_of(item).text
    orders.cancel_order(actor=Actor.of(desk.customer), order_id=held.pk, reason="by its owner")
    assert orders.reconcile_connection(connection_id=desk.connection_id).differences == []


def test_a_switch_made_at_the_exchange_is_seen(desk):
    desk.venue().fapiPrivatePostPositionSideDual({"dualSidePosition": "true"})
    choose(desk, is_hedged=True)
    account = desk.advance()
    assert (account.is_hedged, account.wanted_hedged, account.mode_words) == (True, None, "")


def test_page_and_api_ask_for_it_and_only_its_owner_may(desk, customer, other_customer, web, api):
    page = reverse("contracts-mode", args=[desk.account.pk])
    given = {"mode": "hedge", "idempotency_key": "once"}
    for _ in range(2):
        assert web(customer).post(page, given).status_code == 302
    text = web(customer).get("/positions/").content.decode()
    assert "one-way mode; asked for hedge mode" in text
    assert web(customer).post(page, given | {"mode": "both", "idempotency_key": "2"}).status_code == 422
    desk.advance()
    assert "It is in hedge mode." in web(customer).get("/positions/").content.decode()
    path = f"/api/v1/contracts/{desk.account.pk}/mode"

    def put(person: Any, is_hedged: object) -> Any:
        headers = {"Idempotency-Key": uuid4().hex}
        return api(person).put(path, {"is_hedged": is_hedged}, format="json", headers=headers)

    shown = put(customer, False).json()
    assert (shown["is_hedged"], shown["wanted_hedged"], shown["mode_words"]) == (True, False, "")
    assert put(customer, "perhaps").status_code == 422
    assert put(other_customer, True).status_code == 404
    with pytest.raises(ContractsMissing):
        choose_mode(
            actor=Actor.of(other_customer), owner_id=other_customer.pk, account_id=desk.account.pk, is_hedged=True
        )
