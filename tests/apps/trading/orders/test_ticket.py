"""The ticket: what an order would come to is said before it is placed, and nothing typed is lost."""

from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import AuditEvent
from apps.finance.ledger.models import Hold
from apps.trading.orders.models import Order, OrderGroup
from apps.trading.orders.operations import send_order

pytestmark = pytest.mark.django_db
URL = "/orders/ticket/"


@pytest.fixture
def form(connection_id: Any) -> dict[str, str]:
    """What the ticket sends for a purchase of 0.01 BTC at 60,000."""
    return {
        "connection": str(connection_id), "symbol": "BTCUSDT", "side": "buy", "kind": "limit", "quantity": "0.01",
        "price": "60000", "time_in_force": "GTC", "action": "check",
    }  # fmt: skip


def facts_of(page: Any) -> dict[str, str]:
    return {fact.label: fact.text for fact in page.facts}


def test_the_page_of_a_market_offers_the_ticket(form: dict[str, str], customer: Any, web: Any) -> None:
    page = web(customer).get("/markets/BTCUSDT/").context["page"]
    (ticket,) = page.tickets
    assert [value for value, _ in ticket.form.fields["connection"].choices] == [form["connection"]]
    assert (ticket.base, ticket.quote, ticket.url) == ("BTC", "USDT", URL)


def test_a_customer_without_an_account_gets_no_ticket(market: Any, other_customer: Any, web: Any) -> None:
    assert web(other_customer).get("/markets/BTCUSDT/").context["page"].tickets == []


def test_the_check_says_what_it_comes_to_and_leaves_nothing(form: dict[str, str], customer: Any, web: Any) -> None:
    holds, rows = Hold.objects.count(), AuditEvent.objects.count()
    answer = web(customer).post(URL, form)
    page = answer.context["page"]
    assert (answer.status_code, page.sentence, page.mode) == (200, "Buy 0.01 BTC, limit", "paper")
    facts = facts_of(page)
    assert facts["Limit"] == "60,000.00 USDT (GTC)"
    assert facts["Reserved until it is over"] == "600 USDT"
    assert facts["Position by hand now"] == "0 BTC"
    assert not Order.objects.exists()
    assert (Hold.objects.count(), AuditEvent.objects.count()) == (holds, rows)


def test_what_was_checked_is_what_is_placed(form: dict[str, str], customer: Any, web: Any) -> None:
    client = web(customer)
    page = client.post(URL, {**form, "post_only": "on"}).context["page"]
    confirmed = {**dict(page.values), "action": "place", "idempotency_key": page.idempotency_key}
    places = {client.post(URL, confirmed)["Location"] for _ in range(2)}
    order = Order.objects.get()
    assert places == {f"/orders/{order.pk}/"}
    assert (order.side, order.kind, order.quantity, order.price) == ("buy", "limit", Decimal("0.01"), Decimal(60_000))
    assert order.post_only
    assert not order.reduce_only


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"quantity": "nonsense"}, "quantity", "Enter a number."),
        ({"quantity": "0.0100001"}, "quantity", "The quantity must be"),
        ({"price": "60000.001"}, "price", "0.01"),
        ({"take_profit": "70000"}, "stop_loss", "Give both, or neither"),
        ({"take_profit": "70000", "stop_loss": "50000", "stop_trail": "2"}, "stop_trail", "Give one of them"),
        ({"stop_trail": "2"}, "take_profit", "Give both, or neither"),
        ({"kind": "stop"}, "stop_price", "Stop needs a trigger price."),
        ({"kind": "limit", "time_in_force": "GTD"}, "good_until", "Choose an end"),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(
    changes: dict[str, str], field: str, words: str, form: dict[str, str], customer: Any, web: Any
) -> None:
    sent = {**form, **changes}
    answer = web(customer).post(URL, sent)
    shown = answer.context["page"].ticket.form
    assert answer.status_code == 422
    assert any(words in error for error in shown.errors[field]), shown.errors
    assert {name: shown[name].value() for name in changes} == changes
    assert shown["connection"].value() == form["connection"]
    assert not Order.objects.exists()


def test_too_much_is_refused_in_words(form: dict[str, str], customer: Any, web: Any) -> None:
    answer = web(customer).post(URL, {**form, "quantity": "100"})
    assert answer.status_code == 409
    assert "This order needs 6000000 USDT" in answer.context["page"].refusal.replace(",", "")
    assert not Order.objects.exists()


def test_exits_make_it_a_bracket(form: dict[str, str], customer: Any, web: Any) -> None:
    client = web(customer)
    sent = {**form, "take_profit": "90000", "stop_loss": "40000"}
    page = client.post(URL, sent).context["page"]
    assert facts_of(page)["Take profit at"] == "90,000.00 USDT, once the entry is filled"
    assert not OrderGroup.objects.exists()
    place = client.post(URL, {**dict(page.values), "action": "place", "idempotency_key": page.idempotency_key})
    group = OrderGroup.objects.get()
    legs = {order.leg: order for order in group.orders.all()}
    assert set(legs) == {"entry", "take_profit", "stop"}
    assert place["Location"] == f"/orders/{legs['entry'].pk}/"
    assert (legs["take_profit"].price, legs["stop"].stop_price) == (Decimal(90_000), Decimal(40_000))


def test_a_bracket_takes_a_stop_that_trails(form: dict[str, str], customer: Any, web: Any) -> None:
    client = web(customer)
    page = client.post(URL, {**form, "take_profit": "90000", "stop_trail": "2.5"}).context["page"]
    assert facts_of(page)["Stop behind the best price by"] == "2.5 %, once the entry is filled"
    client.post(URL, {**dict(page.values), "action": "place", "idempotency_key": page.idempotency_key})
    stop = Order.objects.get(leg="stop")
    assert (stop.kind, stop.trail_percent, stop.stop_price) == ("trailing_stop", Decimal("2.5"), None)


def test_anothers_account_is_no_account(form: dict[str, str], other_customer: Any, web: Any) -> None:
    for action in ("check", "place"):
        assert web(other_customer).post(URL, {**form, "action": action}).status_code == 404
    assert not Order.objects.exists()


def test_open_orders_are_lines_of_the_chart(form: dict[str, str], customer: Any, web: Any) -> None:
    client = web(customer)
    sent = {**form, "action": "place", "take_profit": "90000", "stop_loss": "40000"}
    assert client.post(URL, sent).status_code == 302
    lines = client.get("/markets/BTCUSDT/").context["page"].chart.lines
    fields = {row["price"]: row["field"] for row in lines if "url" in row}
    assert fields == {"40000": "stop_price", "90000": "stop_price"}  # the entry is on its way
    assert sorted((row["price"], row["label"], row["tone"]) for row in lines) == [
        ("40000", "Sell 0.01 if at", "down"),
        ("60000", "Buy 0.01 at", "up"),
        ("90000", "Sell 0.01 if at", "down"),
    ]


def resting(form: dict[str, str], client: Any) -> Order:
    """An order that stands in the book of the exchange."""
    assert client.post(URL, {**form, "action": "place", "price": "30000"}).status_code == 302
    return send_order(order_id=Order.objects.get().pk)


def test_an_order_is_changed_on_its_page_and_by_its_line(form: dict[str, str], customer: Any, web: Any) -> None:
    client = web(customer)
    order = resting(form, client)
    page = client.get(f"/orders/{order.pk}/").context["page"]
    assert {name: page.amend[name].value() for name in page.amend.fields} == {"quantity": "0.01", "price": "30000"}
    (line,) = client.get("/markets/BTCUSDT/").context["page"].chart.lines
    assert (line["price"], line["url"], line["field"]) == ("30000", page.amend_url, "price")
    sent = {"price": "31000", "back": "market", "idempotency_key": "a"}
    for _ in range(2):  # the same key is the same change
        assert client.post(page.amend_url, sent)["Location"] == "/markets/BTCUSDT/"
    new = Order.objects.get(replaces=order)
    assert (new.price, new.quantity) == (Decimal(31_000), Decimal("0.01"))
    order.refresh_from_db()
    assert (order.price, order.cancel_requested_at is None) == (Decimal(30_000), False)


def test_terms_that_cannot_be_are_refused_and_nothing_changes(form: dict[str, str], customer: Any, web: Any) -> None:
    client = web(customer)
    order = resting(form, client)
    url = f"/orders/{order.pk}/amend/"
    for terms in ({"price": "nonsense"}, {"price": "30000.001"}, {"quantity": "0"}):
        assert client.post(url, terms)["Location"] == f"/orders/{order.pk}/"
    assert [row.pk for row in Order.objects.all()] == [order.pk]
    order.refresh_from_db()
    assert (order.price, order.quantity, order.cancel_requested_at) == (Decimal(30_000), Decimal("0.01"), None)


def test_anothers_order_is_not_changed(form: dict[str, str], customer: Any, other_customer: Any, web: Any) -> None:
    order = resting(form, web(customer))
    assert web(other_customer).post(f"/orders/{order.pk}/amend/", {"price": "31000"}).status_code == 404
    assert Order.objects.count() == 1
