"""Lists of orders: what is read does not grow with the rows, and a page goes on where the last one ended."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.core.keyed_pages import page_of
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec, get_specs
from apps.trading.orders.queries import list_orders, show_orders
from tests.apps.trading.orders.funded import connected
from tests.apps.trading.orders.wishes import place, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(customer: Any) -> list[Any]:
    """The newest first."""
    account = connected(customer, USDT="10000")
    return [place(customer, account.pk, wish("buy", "0.01", price)) for price in ("60000", "60001", "60002")][::-1]


def test_a_table_reads_its_markets_and_bots_at_once(
    three: list[Any], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for rows in (three[:1], three):
        with django_assert_num_queries(1):
            assert [row.id for row in show_orders(rows)] == [str(order.pk) for order in rows]


def test_a_page_goes_on_where_the_last_one_ended_and_keeps_what_was_chosen(customer: Any, three: list[Any]) -> None:
    def at(after: Any) -> Any:
        return page_of(
            list_orders(customer.pk), after=after, size=2, base="/orders/", words="orders", kept={"state": "open"}
        )

    shown, page = at(None)
    assert (shown, page.summary, page.previous_url) == (three[:2], "2 orders", "")
    assert page.next_url == f"/orders/?state=open&after={three[1].pk}"
    shown, page = at(three[1].pk)
    assert (shown, page.previous_url, page.next_url) == (three[2:], "/orders/?state=open", "")


def test_markets_read_at_once_are_those_read_one_by_one(three: list[Any]) -> None:
    assert get_specs({"BTCUSDT", "ETHUSDT"}) == {name: get_spec(name) for name in ("BTCUSDT", "ETHUSDT")}
    with pytest.raises(UnknownSymbol):
        get_specs({"BTCUSDT", "NOPE"})
