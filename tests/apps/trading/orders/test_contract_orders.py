"""Perpetual contracts through the one order path, at a running sandbox exchange and unmodified ccxt."""

from decimal import Decimal

import ccxt
import pytest

from apps.core.actors import Actor
from apps.finance.ledger.models import Account, Hold
from apps.trading.exchanges.operations import open_credentials
from apps.trading.orders import operations as orders
from apps.trading.orders.choices import Kind
from apps.trading.orders.errors import (
    ContractsNotOpen,
    ContractsOnlyPlain,
    InsufficientBalance,
    NothingToReduce,
    TermsPending,
)
from apps.trading.orders.models import Fill, Order, ReconcileIncident
from apps.trading.orders.operations import Exit, NewGroup, NewOrder
from apps.trading.orders.operations.previewing import preview_order
from apps.trading.positions.models import ContractPosition, ContractTerms, MarginAccount, Position
from apps.trading.positions.operations import advance_account, choose_terms, open_contracts, request_move
from apps.trading.risk.models import RiskClaim
from kernel.instruments import Side
from kernel.margin import Leg, liquidation_price
from kernel.margin.brackets import build_brackets
from tests.apps.trading.orders.funded import faults

pytestmark = pytest.mark.django_db
D = Decimal
PERP = "BTCUSDTPERP"


class Desk:
    """A customer with a contract wallet of 20,000 USDT and ten times leverage."""

    def __init__(self, market, customer, connection_id, *, is_isolated=False):
        self.market, self.customer, self.connection_id = market, customer, connection_id
        self.who = {"actor": Actor.of(customer), "owner_id": customer.pk}
        orders.open_mirror(actor=Actor.system("test"), connection_id=connection_id)  # as its activation does
        self.account = open_contracts(**self.who, connection_id=connection_id)
        request_move(**self.who, account_id=self.account.pk, amount=D(20_000))
        self.advance()
        choose_terms(**self.who, account_id=self.account.pk, symbol=PERP, leverage=10, is_isolated=is_isolated)
        self.advance()

    def advance(self):
        advance_account(account_id=self.account.pk)
        return MarginAccount.objects.get(pk=self.account.pk)

    def wish(self, side, quantity, price=None, **more):
        kind = Kind.MARKET if price is None else Kind.LIMIT
        limit = None if price is None else D(price)
        return NewOrder(symbol=PERP, side=Side(side), kind=kind, quantity=D(quantity), price=limit, **more)

    def place(self, *given, **more):
        return orders.place_order(**self.who, connection_id=self.connection_id, order=self.wish(*given, **more))

    def trade(self, *given, **more):
        sent = orders.send_order(order_id=self.place(*given, **more).pk)
        assert sent.state != "rejected", f"{sent.reject_code} {sent.reject_message}"
        return sent

    def venue(self):
        return ccxt.binanceusdm({**open_credentials(self.connection_id).settings, "enableRateLimit": False})

    def mirror(self):
        return Account.objects.get(kind="mirror", subject_id=self.account.pk, asset_id="USDT").balance


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
    with pytest.raises(ContractsOnlyPlain):
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
