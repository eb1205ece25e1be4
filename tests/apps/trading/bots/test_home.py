"""Home: of somebody new no invented figure and the next step; of somebody with bots each valued once."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.trading.bots.models import BotConfig
from apps.trading.bots.pages.home import page_of
from apps.trading.bots.queries import list_bots
from tests.apps.trading.bots.documents import make_bot
from tests.apps.trading.bots.test_bot_life import EAGER
from tests.factories.paper_market import PaperMarket

pytestmark = pytest.mark.django_db
MOST_PER_BOT = 9
"""Queries for one bot more: configuration, position, the price from candles (no quote is there), symbol, small line."""


def test_a_new_customer_sees_no_value_and_the_first_step(customer: Any, web: Any) -> None:
    answer = web(customer).get("/")
    assert answer.status_code == 200
    page = answer.context["page"]
    assert page.account.value.text == "–"
    assert page.account.curve is None
    assert page.next_step.title == "Next step: open a paper account"
    assert [step.state for step in page.steps] == ["done", "now", "later", "later"]
    assert list(page.limits) == []


def test_each_bot_is_valued_once_however_many_there_are(market: PaperMarket, customer: Any) -> None:
    connection_id = market.connect(customer)

    def read() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as found:
            page = page_of(customer.pk)
        assert len(page.bots) == list_bots(customer.pk).count()
        valued = [row["sql"] for row in found if BotConfig._meta.db_table in row["sql"]]
        return len(found), len(valued)

    for _ in range(3):
        make_bot(customer, connection_id, EAGER)
    with_three = read()
    for _ in range(3):
        make_bot(customer, connection_id, EAGER)
    with_six = read()
    assert (with_three[1], with_six[1]) == (3, 6)
    assert with_six[0] - with_three[0] <= 3 * MOST_PER_BOT
