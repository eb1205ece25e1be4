"""Perpetual contracts through the one order path, at a running sandbox exchange and unmodified ccxt."""

from decimal import Decimal

import pytest

from apps.core.actors import Actor
from apps.core.relay import drain
from apps.finance.ledger.models import Hold
from apps.trading.orders import operations as orders
from apps.trading.orders.choices import Kind
from apps.trading.orders.errors import (
    ContractsNotOpen,
    InsufficientBalance,
    NothingToReduce,
    PositionSideNeeded,
    TermsPending,
)
from apps.trading.orders.models import Fill, Order, ReconcileIncident
from apps.trading.orders.operations import Exit, NewGroup, NewOrder
from apps.trading.orders.operations.previewing import preview_order
from apps.trading.orders.pages.context import order_page
from apps.trading.positions.models import ContractPosition, ContractTerms, Position
from apps.trading.positions.operations import choose_terms
from apps.trading.risk.models import RiskClaim
from apps.trading.risk.operations import engage_own_switch
from apps.trading.sandbox.operations import open_paper_account
from kernel.instruments import Side
from kernel.margin import Leg, liquidation_price
from kernel.margin.brackets import build_brackets
from tests.apps.trading.orders.contract_desk import PERP, Desk
from tests.apps.trading.orders.funded import faults
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def desk(market, customer, connection_id):
    return Desk(market, customer, connection_id)


def test_a_contract_is_bought_kept_and_sold_once_in_position_ledger_and_risk(desk):
    placed = desk.place("buy", "0.1")
    hold = Hold.objects.get(key=f"order:{placed.pk}")
    worth = D("0.1") * placed.wanted_price
    least = worth / 10 + worth * D("0.0005")
    assert hold.amount == least * D("1.01")
    claim = RiskClaim.objects.get(order_id=placed.pk)
    assert (claim.symbol, claim.margin_rate, claim.book_id) == ("BTCUSDT", D("0.1"), placed.book_id)
    bought = orders.send_order(order_id=placed.pk)
    assert bought.reject_message == ""
    assert (bought.state, bought.filled, bought.fees) == (
        "filled", D("0.1"), {"USDT": f"{(bought.average_price * D('0.1') * D('0.0005')).normalize():f}"},
    )  # fmt: skip
    hold.refresh_from_db()
    assert (hold.state, hold.settled) == ("released", 0)
    position = Position.objects.get()
    assert (position.symbol, position.is_contract, position.quantity) == ("BTCUSDT", True, D("0.1"))
    assert position.cost == D("0.1") * bought.average_price
    assert position.book_id == bought.book_id
    account = desk.advance()
    position.refresh_from_db()
    assert (position.version, Fill.objects.count()) == (1, 1)
    assert desk.mirror() == account.wallet == 20_000 - position.fees
    assert (account.error, ContractPosition.objects.get().leverage) == ("", 10)
    sold = desk.trade("sell", "0.1", reduce_only=True)
    assert (sold.state, Hold.objects.filter(key=f"order:{sold.pk}").exists()) == ("filled", False)
    account = desk.advance()
    position.refresh_from_db()
    assert (position.quantity, position.version) == (0, 2)
    assert position.realised_average == D("0.1") * (sold.average_price - bought.average_price)
    assert sold.realised == position.realised_fifo - D("0.1") * sold.average_price * D("0.0005")
    assert desk.mirror() == account.wallet == 20_000 + position.realised_average - position.fees
    assert faults() == {}


def test_a_limit_order_rests_is_cancelled_and_is_compared(desk):
    resting = desk.trade("buy", "0.1", "60000.00")
    assert resting.state == "open"
    assert desk.venue().fapiPrivateGetOpenOrders()[0]["clientOrderId"] == resting.client_id
    report = orders.reconcile_connection(connection_id=desk.connection_id)
    assert (report.error, report.differences, report.external, report.balances_compared) == ("", [], 0, True)
    orders.cancel_order(actor=Actor.of(desk.customer), order_id=resting.pk, reason="by its owner")
    orders.transmit_cancel(order_id=resting.pk)
    resting.refresh_from_db()
    assert (resting.state, Hold.objects.get(key=f"order:{resting.pk}").state) == ("cancelled", "released")
    assert faults() == {}


def test_what_is_refused_is_refused_before_anything_is_sent(desk, market, other_customer):
    with pytest.raises(InsufficientBalance) as refused:
        desk.place("buy", "5")
    assert refused.value.params["asset"] == "USDT"
    with pytest.raises(NothingToReduce):
        desk.place("sell", "0.1", reduce_only=True)
    exits = NewGroup(
        symbol=PERP,
        side=Side.SELL,
        quantity=D("0.1"),
        take_profit=Exit(price=D(90_000)),
        stop=Exit(stop_price=D(50_000)),
    )
    with pytest.raises(NothingToReduce):
        orders.place_group(**desk.who, connection_id=desk.connection_id, group=exits)
    choose_terms(**desk.who, account_id=desk.account.pk, symbol=PERP, leverage=5, is_isolated=True)
    with pytest.raises(TermsPending):
        desk.place("buy", "0.1")
    desk.advance()
    terms = ContractTerms.objects.get(symbol="BTCUSDT")
    assert (terms.leverage, terms.is_isolated, terms.wanted_leverage) == (5, True, None)
    other = market.connect(other_customer, {"USDT": D(1_000)})
    who = {"actor": Actor.of(other_customer), "owner_id": other_customer.pk}
    with pytest.raises(ContractsNotOpen):
        orders.place_order(**who, connection_id=other, order=desk.wish("buy", "0.1"))
    assert not Order.objects.exists()
    assert desk.venue().fapiPrivateGetAllOrders({"symbol": "BTCUSDT"}) == []


@pytest.mark.parametrize("is_isolated", [True, False])
def test_the_preview_says_margin_and_the_liquidation_price_that_the_exchange_shows_then(
    market, customer, connection_id, is_isolated
):
    desk = Desk(market, customer, connection_id, is_isolated=is_isolated)
    price = D(desk.venue().fapiPublicGetPremiumIndex({"symbol": "BTCUSDT"})["markPrice"]).quantize(D("0.01"))
    wanted = desk.wish("buy", "0.5", str(price + 10), time_in_force="IOC")
    found = preview_order(**desk.who, connection_id=connection_id, wanted=wanted)
    assert (found.leverage, found.is_isolated, found.reserved_asset) == (10, is_isolated, "USDT")
    assert found.margin == D("0.5") * (price + 10) / 10
    assert found.reserves == found.margin + D("0.5") * (price + 10) * D("0.0005")
    tiers = build_brackets([("300000", 125, "0.004"), ("800000", 100, "0.005")])
    wallet = found.margin if is_isolated else 20_000 - D("0.5") * (price + 10) * D("0.0005")
    expected = liquidation_price([Leg(D("0.5"), price + 10, tiers)], wallet=wallet, mark=price + 10)
    assert found.liquidation == expected
    assert not Order.objects.exists()
    filled = desk.trade("buy", "0.5", str(price + 10), time_in_force="IOC")
    assert filled.state == "filled"
    desk.advance()
    shown = ContractPosition.objects.get()
    # It fills at the exchange's price, a little better than the limit.
    assert shown.liquidation is None if found.liquidation is None else abs(shown.liquidation - found.liquidation) < 30
    assert shown.is_isolated is is_isolated
    assert not ReconcileIncident.objects.exists()


def test_a_difference_is_told_once_and_ends_with_its_cause(desk):
    desk.trade("buy", "0.1")
    desk.advance()
    Position.objects.update(quantity=D("0.3"))
    for _ in range(2):
        report = orders.reconcile_connection(connection_id=desk.connection_id)
        assert report.differences == [
            {"kind": "contract", "subject": "BTCUSDT", "expected": "0.3", "found": "0.1"}
        ]  # fmt: skip
    assert ReconcileIncident.objects.count() == 1
    Position.objects.update(quantity=D("0.1"))
    assert orders.reconcile_connection(connection_id=desk.connection_id).differences == []


def test_a_resting_order_that_fills_is_known_from_the_reading_of_the_account(desk, on_commit):
    price = D(desk.venue().fapiPublicGetPremiumIndex({"symbol": "BTCUSDT"})["markPrice"])
    resting = desk.trade("buy", "0.1", str((price * D("0.9995")).quantize(D("0.01"))))
    assert resting.state == "open"
    for _ in range(30):
        desk.market.step()
        if not desk.venue().fapiPrivateGetOpenOrders():
            break
    desk.advance()
    assert Position.objects.get().quantity == D("0.1")
    resting.refresh_from_db()
    assert resting.state == "open"
    assert orders.read_executions(connection_id=desk.connection_id, symbol=PERP) == 1
    resting.refresh_from_db()
    assert (resting.state, resting.average_price, Position.objects.get().version) == ("filled", resting.price, 1)
    assert Hold.objects.get(key=f"order:{resting.pk}").state == "released"
    assert faults() == {}


def test_in_hedge_mode_long_and_short_stand_apart(desk):
    desk.venue().fapiPrivatePostPositionSideDual({"dualSidePosition": "true"})
    desk.advance()
    with pytest.raises(PositionSideNeeded):
        desk.place("buy", "0.1")
    desk.trade("buy", "0.1", position_side="long")
    desk.trade("sell", "0.2", position_side="short")
    account = desk.advance()
    held = dict(Position.objects.values_list("position_side", "quantity"))
    assert held == {"long": D("0.1"), "short": D("-0.2")}
    assert account.is_hedged
    closing = desk.trade("sell", "0.5", position_side="long", reduce_only=True)
    assert (closing.quantity, closing.state) == (D("0.1"), "filled")
    assert not Hold.objects.filter(key=f"order:{closing.pk}").exists()
    desk.advance()
    assert dict(Position.objects.values_list("position_side", "quantity")) == {"long": 0, "short": D("-0.2")}
    assert orders.reconcile_connection(connection_id=desk.connection_id).differences == []
    assert faults() == {}


def test_the_page_of_the_market_has_a_ticket_for_the_contract_and_the_check_says_what_it_comes_to(desk, customer, web):
    client = web(customer)
    assert client.get("/markets/BTCUSDTPERP/")["Location"] == "/markets/BTCUSDT/"
    spot, contract = client.get("/markets/BTCUSDT/").context["page"].tickets
    assert (spot.title, contract.title) == ("New order", "New contract order")
    assert contract.terms == ["Paper: 10× cross"]
    given = {
        "connection": str(desk.connection_id), "symbol": PERP, "side": "buy", "kind": "limit", "quantity": "0.1",
        "price": "60000", "time_in_force": "GTC", "action": "check",
    }  # fmt: skip
    page = client.post("/orders/ticket/", given).context["page"]
    facts = {fact.label: fact.text for fact in page.facts}
    assert (facts["Leverage"], facts["Margin needed"]) == ("10×, cross margin", "600.00 USDT")
    assert facts["Reserved until it is over"] == "603 USDT"
    assert facts["Position then liquidated"] == "at no price"
    assert facts["Position now"] == "0 BTC"
    confirmed = {**dict(page.values), "action": "place", "idempotency_key": page.idempotency_key}
    for _ in range(2):
        assert client.post("/orders/ticket/", confirmed).status_code == 302
    assert Order.objects.get().symbol == PERP


def test_the_api_places_a_contract_order(desk, customer, api):
    given = {
        "connection_id": str(desk.connection_id), "symbol": PERP, "side": "sell", "kind": "limit", "quantity": "0.1",
        "price": "90000",
    }  # fmt: skip
    answer = api(customer).post("/api/v1/orders", given, format="json", headers={"Idempotency-Key": "one"})
    assert (answer.status_code, answer.json()["position_side"]) == (201, "")
    both = given | {"position_side": "long"}
    refused = api(customer).post("/api/v1/orders", both, format="json", headers={"Idempotency-Key": "two"})
    assert (refused.status_code, refused.json()["code"]) == (422, "orders.position_side")


def test_an_engaged_switch_closes_a_contract_by_one_order_that_only_reduces(desk, customer):
    desk.trade("buy", "0.1")
    actor = Actor.of(customer)
    switch = engage_own_switch(actor=actor, scope="customer", subject_id=customer.pk, reason="enough")
    for _ in range(2):
        orders.stop_scope(switch_id=switch.pk, scope="customer", subject_id=customer.pk, flatten=True)
    closing = Order.objects.get(origin_kind="guard")
    assert (closing.symbol, closing.side, closing.quantity, closing.reduce_only) == (PERP, "sell", D("0.1"), True)
    assert orders.send_order(order_id=closing.pk).state == "filled"
    assert Position.objects.get().quantity == 0


def test_a_stop_of_a_contract_is_held_here_and_set_off_by_the_price_of_its_market(desk, market):
    bought = desk.trade("buy", "0.1")
    below = (bought.average_price * D("0.99")).quantize(D("0.01"))
    stop = NewOrder(symbol=PERP, side=Side.SELL, kind=Kind.STOP, quantity=D("0.1"), stop_price=below, reduce_only=True)
    held = orders.place_order(**desk.who, connection_id=desk.connection_id, order=stop)
    facts = {fact.label: fact.text for fact in order_page(desk.customer.pk, held.pk).facts}
    assert facts["Goes by"] == "the last price of BTC/USDT at spot, not the contract's own"
    assert (held.state, held.held_by) == ("held", "platform")
    say_price("BTCUSDT", below - 1)
    assert orders.look_at_held() == 1
    held.refresh_from_db()
    assert (held.state, held.triggered_price) == ("intent", below - 1)
    assert orders.send_order(order_id=held.pk).state == "filled"
    assert Position.objects.get().quantity == 0


def test_a_reset_sets_the_contract_wallet_anew_too(market, customer, on_commit):
    paper = open_paper_account(actor=Actor.of(customer), owner_id=customer.pk, funds={"USDT": D(50_000)})
    drain()
    desk = Desk(market, customer, paper)
    desk.trade("buy", "0.1")
    desk.advance()
    with on_commit():
        orders.reset_paper_account(actor=Actor.of(customer), connection_id=paper)
        assert desk.mirror() == 0
        assert Position.objects.get().quantity == 0
    drain()
    assert desk.advance().wallet == desk.mirror() == 0
    report = orders.reconcile_connection(connection_id=paper)
    assert (report.error, report.differences) == ("", [])
    with pytest.raises(InsufficientBalance):
        desk.place("buy", "0.1")
    assert faults() == {}
