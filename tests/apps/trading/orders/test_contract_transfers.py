"""Funds between the spot wallet and the one of contracts: each move counts once, whenever the mirror is opened."""

from typing import Any

import ccxt
import pytest

from apps.core.actors import Actor
from apps.finance.ledger.queries import list_mirrors
from apps.trading.exchanges.operations import open_credentials
from apps.trading.exchanges.queries import get_connection, list_balances
from apps.trading.orders import operations as orders
from apps.trading.orders.errors import BalancesUnknown
from apps.trading.orders.models import BalanceBaseline, ReconcileIncident
from apps.trading.positions.operations import advance_account, open_contracts, request_move
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.wishes import SYSTEM, D, place, wish

pytestmark = pytest.mark.django_db
FULL = {"BTC": D(1), "USDT": D(100_000)}


class Account:
    """A customer's account that is not one of our paper accounts: its first balances are what was seen of it."""

    def __init__(self, customer: Any, connection_id: Any) -> None:
        self.connection_id, self.who = connection_id, {"actor": Actor.of(customer), "owner_id": customer.pk}

    def open_contracts(self) -> Any:
        self.contracts = open_contracts(**self.who, connection_id=self.connection_id)
        return self.contracts

    def move(self, amount: str) -> None:
        request_move(**self.who, account_id=self.contracts.pk, amount=D(amount))
        self.read()

    def move_there(self, amount: int) -> None:
        """The customer moves funds on the exchange's own pages."""
        client = ccxt.binance(open_credentials(self.connection_id).settings)
        client.transfer("USDT", amount, "spot", "linear")

    def read(self) -> None:
        advance_account(account_id=self.contracts.pk)

    def open_mirror(self) -> bool:
        return orders.open_mirror(actor=SYSTEM, connection_id=self.connection_id)

    def standing(self, subject: Any) -> dict[str, Any]:
        owner_id = get_connection(self.connection_id).owner_id
        return {asset: row.natural for asset, row in list_mirrors(subject, owner_id).items()}

    def agrees(self) -> bool:
        """Reconcile twice; whether both mirrors are the venue's figures and nothing was ever told."""
        for _ in range(2):
            report = orders.reconcile_connection(connection_id=self.connection_id)
            assert (report.error, report.differences) == ("", [])
        theirs = {row.asset: row.free + row.locked for row in list_balances(self.connection_id)}
        assert self.standing(self.connection_id) == theirs
        assert faults() == {}
        return not ReconcileIncident.objects.exists()


@pytest.fixture
def account(market, customer, connection_id):
    return Account(customer, connection_id)


def test_a_move_that_was_read_before_the_spot_mirror_opened_counts_once(account):
    account.open_contracts()
    account.move("20000.01")
    assert account.standing(account.connection_id) == {"USDT": D("-20000.01")}
    assert account.agrees()
    assert account.standing(account.connection_id) == FULL | {"USDT": D("79999.99")}
    assert account.standing(account.contracts.pk) == {"USDT": D("20000.01")}
    assert {row.asset: row.amount for row in BalanceBaseline.objects.all()} == FULL
    account.move("-5000")
    assert account.agrees()
    assert account.standing(account.connection_id)["USDT"] == D("84999.99")


def test_a_move_that_the_first_balance_has_seen_is_not_counted_again_when_it_is_read_later(account):
    account.move_there(20_000)
    orders.reconcile_connection(connection_id=account.connection_id)
    assert account.standing(account.connection_id)["USDT"] == 80_000
    account.open_contracts()
    account.read()
    assert account.standing(account.contracts.pk) == {"USDT": D(20_000)}
    assert account.agrees()
    account.move_there(500)
    account.read()
    account.read()
    assert account.agrees()
    assert account.standing(account.connection_id)["USDT"] == 79_500


def test_figures_seen_before_a_move_open_nothing_until_they_are_compared(account, customer):
    account.open_contracts()
    account.move("30000")
    assert account.open_mirror() is False
    with pytest.raises(BalancesUnknown):
        place(customer, account.connection_id, wish(quantity="0.1"))
    assert not BalanceBaseline.objects.exists()
    assert account.agrees()
    assert account.open_mirror() is True
    assert account.standing(account.connection_id) == FULL | {"USDT": D(70_000)}
    orders.send_order(order_id=place(customer, account.connection_id, wish(quantity="0.1")).pk)
    assert account.agrees()
