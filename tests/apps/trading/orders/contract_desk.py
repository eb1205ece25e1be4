"""A customer who trades perpetual contracts at a running sandbox exchange, as pages and workers would."""

import ccxt

from apps.core.actors import Actor
from apps.finance.ledger.models import Account
from apps.trading.exchanges.operations import open_credentials
from apps.trading.orders import operations as orders
from apps.trading.orders.choices import Kind
from apps.trading.orders.operations import NewOrder
from apps.trading.positions.models import MarginAccount
from apps.trading.positions.operations import advance_account, choose_terms, open_contracts, request_move
from kernel.instruments import Side
from tests.apps.trading.orders.wishes import SYSTEM, D

PERP = "BTCUSDTPERP"


class Desk:
    """A customer with a contract wallet of 20,000 USDT and ten times leverage."""

    def __init__(self, market, customer, connection_id, *, is_isolated=False, funds="20000"):
        self.market, self.customer, self.connection_id = market, customer, connection_id
        self.who = {"actor": Actor.of(customer), "owner_id": customer.pk}
        orders.open_mirror(actor=SYSTEM, connection_id=connection_id)  # as its activation does
        self.account = open_contracts(**self.who, connection_id=connection_id)
        request_move(**self.who, account_id=self.account.pk, amount=D(funds))
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
