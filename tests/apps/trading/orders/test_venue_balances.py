"""What somebody else did on an account: told at once, taken over when it stands, and never mixed with our own fills."""

from datetime import timedelta
from typing import Any

import ccxt
import pytest

from apps.core.clock import travel
from apps.finance.ledger.choices import JournalKind
from apps.finance.ledger.models import Journal
from apps.finance.ledger.queries import list_mirrors
from apps.trading.exchanges.operations import close_venues, open_credentials
from apps.trading.exchanges.queries import get_connection, list_balances
from apps.trading.orders.models import Fill, ReconcileIncident
from apps.trading.orders.operations import claim_order, reconcile_connection, send_order
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.wishes import SYSTEM, D, place, wish

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=46)


def mirror_and_venue(connection_id: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    mirrors = list_mirrors(connection_id, get_connection(connection_id).owner_id)
    theirs = {row.asset: row.free + row.locked for row in list_balances(connection_id)}
    return {asset: row.natural for asset, row in mirrors.items()}, theirs


def deposit_there(connection_id: Any, amount: str = "0.01") -> None:
    """Another program buys with the same key: base comes, quote goes, and no order of ours did it."""
    close_venues()
    ccxt.binance(open_credentials(connection_id).settings).create_order("BTC/USDT", "market", "buy", amount)


def own(kind: JournalKind) -> int:
    return Journal.objects.filter(kind=kind).count()


def test_the_mirror_follows_our_trades_to_the_last_digit(market, customer, connection_id):
    for order in (wish(), wish("sell", "0.5"), wish(quantity="0.123")):
        send_order(order_id=place(customer, connection_id, order).pk)
        assert reconcile_connection(connection_id=connection_id).differences == []
        ours, theirs = mirror_and_venue(connection_id)
        assert ours == theirs
    assert (own(JournalKind.VENUE_BALANCE), own(JournalKind.FILL)) == (2, Fill.objects.count())
    assert faults() == {}


def test_a_movement_of_somebody_else_is_told_and_then_taken_over(market, customer, connection_id):
    reconcile_connection(connection_id=connection_id)
    deposit_there(connection_id)
    first = reconcile_connection(connection_id=connection_id)
    assert {item["subject"] for item in first.differences} == {"BTC", "USDT"}
    with travel(LATER):
        assert reconcile_connection(connection_id=connection_id).differences == []
    ours, theirs = mirror_and_venue(connection_id)
    assert ours == theirs
    incidents = list(ReconcileIncident.objects.all())
    assert all(row.resolved_at is not None for row in incidents)
    keys = {f"venue-balance:{row.pk}" for row in incidents}
    assert set(Journal.objects.filter(key__in=keys).values_list("kind", flat=True)) == {JournalKind.VENUE_BALANCE}
    assert not Fill.objects.exists()
    with travel(2 * LATER):
        reconcile_connection(connection_id=connection_id)
    assert own(JournalKind.VENUE_BALANCE) == 4
    assert faults() == {}


def test_a_difference_that_changes_begins_anew(market, customer, connection_id):
    reconcile_connection(connection_id=connection_id)
    deposit_there(connection_id)
    reconcile_connection(connection_id=connection_id)
    deposit_there(connection_id)
    with travel(LATER):
        assert len(reconcile_connection(connection_id=connection_id).differences) == 2
        assert own(JournalKind.VENUE_BALANCE) == 2
    with travel(2 * LATER):
        assert reconcile_connection(connection_id=connection_id).differences == []
    assert own(JournalKind.VENUE_BALANCE) == 4


def test_nothing_is_taken_over_while_an_order_of_ours_is_not_clear(market, customer, connection_id):
    reconcile_connection(connection_id=connection_id)
    deposit_there(connection_id)
    reconcile_connection(connection_id=connection_id)
    order = place(customer, connection_id, wish(price="30000"))
    with travel(LATER):
        assert claim_order(actor=SYSTEM, order_id=order.pk) is not None  # and its worker is gone
        report = reconcile_connection(connection_id=connection_id)
        assert (report.unsettled, own(JournalKind.VENUE_BALANCE)) == (1, 2)


def test_what_was_taken_over_can_be_spent_and_what_left_cannot(market, customer, connection_id):
    from apps.trading.orders.errors import InsufficientBalance

    reconcile_connection(connection_id=connection_id)
    deposit_there(connection_id, "1")
    with pytest.raises(InsufficientBalance):
        place(customer, connection_id, wish("sell", "1.5", "90000"))
    reconcile_connection(connection_id=connection_id)
    with travel(LATER):
        reconcile_connection(connection_id=connection_id)
        assert place(customer, connection_id, wish("sell", "1.5", "90000")).quantity == D("1.5")
        with pytest.raises(InsufficientBalance):
            place(customer, connection_id, wish(quantity="0.9"))
    assert faults() == {}
