"""Limits of live orders: whose they are, what of the day is used; tighter at once, looser with the second factor."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.trading.exchanges.models import Connection
from apps.trading.orders.models import OrderSafety
from apps.trading.orders.operations import set_limits
from tests.apps.platform.identity import enrol, recovery_code
from tests.apps.trading.orders.funded import connected
from tests.apps.trading.orders.wishes import place, wish
from tests.factories.people import api_client, web_client

pytestmark = pytest.mark.django_db
D = Decimal
URL, PAGE = "/api/v1/orders/limits", "/risk/live-limits/"


def put(client: Any, body: dict[str, Any], key: str = "") -> Any:
    return client.put(URL, body, format="json", headers={"Idempotency-Key": key or uuid4().hex})


def test_the_api_says_whose_a_limit_is_and_what_of_today_is_used(customer, other_customer):
    live = connected(customer, USDT="100000")
    Connection.objects.filter(pk=live.pk).update(mode="live")
    client = api_client(customer)
    assert put(client, {"most_per_order": "4000.50", "most_per_day": "9000"}).status_code == 200
    place(customer, live.pk, wish(quantity="0.01", price="50000"))
    told = client.get(URL).json()
    assert [(row["name"], row["value"], row["own"], row["set_by"]) for row in told["limits"]] == [
        ("confirm_above", "1000", None, "platform"),
        ("most_per_order", "4000.5", "4000.5", "own"),
        ("most_per_day", "9000", "9000", "own"),
    ]
    assert (told["used_today"], told["left_today"], told["self_match"]) == ("500", "8500", "refuse")
    assert api_client(other_customer).get(URL).json()["used_today"] == "0"


def test_looser_takes_a_code_for_exactly_these_limits_and_tighter_none(customer):
    enrol(customer)
    client, body = web_client(customer), {"most_per_day": "9000"}
    send: dict[str, Any] = {"content_type": "application/json"}
    headers = {"Idempotency-Key": "a"}
    assert client.put(URL, body, headers=headers, **send).status_code == 200
    wider, headers = {"most_per_day": "9500"}, {"Idempotency-Key": "b"}
    asked = client.put(URL, wider, headers=headers, **send)
    assert (asked.status_code, asked.json()["code"]) == (401, "security.step_up_required")
    where = asked.json()["params"]["api_url"]
    assert client.post(where, {"code": recovery_code(customer, 0)}, **send).status_code < 300
    other = client.put(URL, {"most_per_day": "9600"}, headers={"Idempotency-Key": "c"}, **send)
    assert other.status_code == 401, "the code was for other limits"
    assert OrderSafety.objects.get().most_per_day == 9000
    done = client.put(URL, wider, headers=headers, **send)
    assert done.status_code == 200
    assert client.put(URL, wider, headers=headers, **send).content == done.content
    again = client.put(URL, {"most_per_day": "9400"}, headers={"Idempotency-Key": "d"}, **send)
    assert again.status_code == 200, "tighter again takes none"
    with pytest.raises(DomainError) as refused:
        set_limits(actor=Actor.of(customer), owner_id=customer.pk, limits={"self_match": "allow"})
    assert refused.value.code == "orders.looser_needs_code", "no face can forget to ask"


def test_the_page_shows_sets_and_asks(customer):
    enrol(customer)
    client = web_client(customer)
    tight = {"confirm_above": "200", "most_per_order": "", "most_per_day": "5000", "self_match": "reduce"}
    assert client.post(PAGE, tight)["Location"] == PAGE
    page = client.get(PAGE).context["page"]
    assert [(line.value, line.set_by) for line in page.lines] == [
        ("200.00", "You"), ("1,000,000.00", "The platform"), ("5,000.00", "You"),
    ]  # fmt: skip
    assert (page.today.percent, page.left, page.self_match) == (0, "5,000.00", "Make it smaller")
    asked = client.post(PAGE, {**tight, "confirm_above": ""})
    assert asked.status_code == 302
    assert asked["Location"] != PAGE
    assert OrderSafety.objects.get().confirm_above == 200
    for bad in ("1_000", "١٢", "NaN", "-1", "0", "1e400", "5." + "1" * 40, "5.001"):
        assert client.post(PAGE, {**tight, "most_per_day": bad}).status_code == 422, bad
    assert PAGE.encode() in client.get("/risk/?mode=live").content
