"""Every order kind at a real exchange: watched by the exchange itself, or held by the platform on checked prices."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.actors import Actor
from apps.core.clock import now, travel
from apps.core.errors import DomainError
from apps.core.timers import fire_due
from apps.trading.exchanges.operations import close_venues, open_venue
from apps.trading.orders.checked_prices import CheckedPrice, read_checked
from apps.trading.orders.choices import Kind
from apps.trading.orders.models import Order
from apps.trading.orders.operations import (
    NewOrder,
    cancel_order,
    look_at,
    place_order,
    reconcile_connection,
    send_order,
    settle_order,
    trigger_order,
)
from kernel.instruments import Side
from tests.apps.trading.orders.funded import faults, hold_of, standing
from tests.apps.trading.orders.wishes import SYSTEM, D, wish
from tests.factories.prices import forget_price, say_price

pytestmark = pytest.mark.django_db


def kind_of(name: str, side: str = "sell", quantity: str = "0.01", **more: Any) -> NewOrder:
    given: dict[str, Any] = {key: D(value) if isinstance(value, str) and key.endswith(("price", "percent")) else value
                             for key, value in more.items()}  # fmt: skip
    return NewOrder(symbol="BTCUSDT", side=Side(side), kind=Kind(name), quantity=D(quantity), **given)


def price_now(market: Any) -> Decimal:
    return D(market.sandbox.control.status()["prices"]["BTCUSDT"])


def near(market: Any, percent: str) -> str:
    """A price on the grid so many percent from the market's."""
    return f"{(price_now(market) * (1 + D(percent) / 100)).quantize(D('0.01')):f}"


def placed(owner: Any, connection_id: Any, order: NewOrder) -> Order:
    made = place_order(actor=Actor.of(owner), owner_id=owner.pk, connection_id=connection_id, order=order)
    return send_order(order_id=made.pk)


def seen(price: str | Decimal) -> dict[str, CheckedPrice]:
    return {"BTCUSDT": CheckedPrice("BTCUSDT", D(price), now())}


VENUE_KINDS = [
    ("stop", "sell", {"stop": "-2"}),
    ("stop", "buy", {"stop": "2"}),
    ("stop_limit", "sell", {"stop": "-2", "limit": "-3"}),
    ("stop_limit", "buy", {"stop": "2", "limit": "3"}),
    ("take_profit", "sell", {"stop": "2"}),
    ("take_profit", "buy", {"stop": "-2"}),
    ("take_profit_limit", "sell", {"stop": "2", "limit": "1"}),
    ("take_profit_limit", "buy", {"stop": "-2", "limit": "-1"}),
    ("trailing_stop", "sell", {"trail": "1.5"}),
    ("trailing_stop", "buy", {"trail": "1.5"}),
]


def built(market: Any, kind: str, side: str, given: dict[str, str], **more: Any) -> NewOrder:
    facts: dict[str, Any] = dict(more)
    if "stop" in given:
        facts["stop_price"] = near(market, given["stop"])
    if "limit" in given:
        facts["price"] = near(market, given["limit"])
    if "trail" in given:
        facts["trail_percent"] = given["trail"]
    return kind_of(kind, side, **facts)


@pytest.mark.parametrize(("kind", "side", "given"), VENUE_KINDS)
def test_the_exchange_watches_every_kind_itself_and_gives_it_back(market, customer, connection_id, kind, side, given):
    order = placed(customer, connection_id, built(market, kind, side, given))
    assert (order.state, order.held_by, order.reject_message) == ("open", "venue", "")
    shown = open_venue(connection_id).query("BTCUSDT", order.client_id)
    assert shown is not None
    assert shown.venue_order_id == order.venue_order_id
    assert reconcile_connection(connection_id=connection_id).differences == []
    cancel_order(actor=Actor.of(customer), order_id=order.pk)
    from apps.trading.orders.operations import transmit_cancel

    assert transmit_cancel(order_id=order.pk).state == "cancelled"
    assert hold_of(order)[3] != "open"
    assert faults() == {}


@pytest.mark.parametrize(("kind", "side", "given"), VENUE_KINDS)
def test_the_platform_holds_every_kind_and_sets_it_off_once(market, customer, connection_id, kind, side, given):
    say_price("BTCUSDT", price_now(market))
    order = placed(customer, connection_id, built(market, kind, side, given, held_by="platform"))
    assert (order.state, order.held_by, order.venue_order_id) == ("held", "platform", "")
    assert look_at(seen(price_now(market))) == 0
    rises = (side == "buy") == kind.startswith(("stop", "trailing"))
    assert look_at(seen(near(market, "5" if rises else "-5"))) == 1
    assert look_at(seen(near(market, "5" if rises else "-5"))) == 0
    order = send_order(order_id=order.pk)
    assert order.triggered_at is not None
    assert order.state == ("open" if kind.endswith("limit") and order.filled == 0 else "filled")
    assert faults() == {}


def test_a_trailing_stop_of_the_platform_follows_the_best_price_and_sells_on_the_way_back(
    market, customer, connection_id
):
    say_price("BTCUSDT", price_now(market))
    start = price_now(market)
    order = placed(customer, connection_id, kind_of("trailing_stop", trail_percent="2", held_by="platform"))
    path = [start, start * D("1.01"), start * D("1.05"), start * D("1.035"), start * D("1.03")]
    assert [look_at(seen(price)) for price in path] == [0, 0, 0, 0, 0]
    order.refresh_from_db()
    assert order.extreme_price == start * D("1.05")
    assert look_at(seen(start * D("1.05") * D("0.98"))) == 1
    assert send_order(order_id=order.pk).state == "filled"


def test_what_nobody_can_rely_on_sets_nothing_off(market, customer, connection_id):
    order = placed(customer, connection_id, kind_of("stop", stop_price=near(market, "-2"), held_by="platform"))
    low = D(near(market, "-5"))
    say_price("BTCUSDT", low, age=timedelta(seconds=20))
    assert read_checked(["BTCUSDT"]) == {}
    say_price("BTCUSDT", D(near(market, "-30")))  # a spike far from every candle
    assert read_checked(["BTCUSDT"]) == {}
    forget_price("BTCUSDT")
    assert read_checked(["BTCUSDT"]) == {}
    from apps.trading.orders.operations import look_at_held

    assert look_at_held() == 0
    say_price("BTCUSDT", low)
    assert look_at_held() == 1
    order.refresh_from_db()
    assert (order.state, order.triggered_price) == ("intent", low)


def test_a_trigger_is_decided_by_one_row_however_many_look(market, customer, connection_id):
    order = placed(customer, connection_id, kind_of("stop", stop_price=near(market, "-2"), held_by="platform"))
    facts: dict[str, Any] = {"actor": SYSTEM, "order_id": order.pk, "price": D(near(market, "-3")), "at": now()}
    assert trigger_order(**facts) is not None
    assert trigger_order(**facts) is None
    assert cancel_order(actor=Actor.of(customer), order_id=order.pk).state == "cancelled"
    assert trigger_order(**facts) is None


def test_a_triggered_order_waits_for_an_exchange_that_is_away_without_end(market, customer, connection_id, settings):
    order = placed(customer, connection_id, kind_of("stop", stop_price=near(market, "-2"), held_by="platform"))
    assert look_at(seen(near(market, "-3"))) == 1
    close_venues()
    url, settings.SANDBOX_URL = settings.SANDBOX_URL, "http://127.0.0.1:9"
    with travel(timedelta(minutes=10)):
        assert send_order(order_id=order.pk).state == "intent"
    close_venues()
    settings.SANDBOX_URL = url
    assert send_order(order_id=order.pk).state == "filled"


@pytest.mark.parametrize("held_by", ["", "platform"])
def test_a_day_order_and_one_until_a_moment_end_by_our_timer(
    market, customer, connection_id, held_by, on_commit, settings
):
    until = now() + timedelta(minutes=5)
    orders = [
        placed(customer, connection_id, kind_of("stop_limit", stop_price=near(market, "-2"), price=near(market, "-3"),
               held_by=held_by, time_in_force=word, good_until=end))
        for word, end in (("DAY", None), ("GTD", until))
    ]  # fmt: skip
    assert {row.state for row in orders} == {"held" if held_by else "open"}
    with travel(timedelta(minutes=6)), on_commit():
        fire_due()
    assert Order.objects.get(pk=orders[1].pk).state == "cancelled"
    with travel(timedelta(days=1)), on_commit():
        fire_due()
    assert Order.objects.get(pk=orders[0].pk).state == "cancelled"
    assert faults() == {}


def test_post_only_rests_or_is_refused_and_never_takes(market, customer, connection_id):
    rests = placed(customer, connection_id, kind_of("limit", "buy", price=near(market, "-1"), post_only=True))
    assert rests.state == "open"
    takes = placed(customer, connection_id, kind_of("limit", "buy", price=near(market, "1"), post_only=True))
    assert (takes.state, takes.filled) == ("rejected", 0)
    assert takes.reject_message == "Order would immediately match and take."


def test_a_capped_market_order_fills_at_once_up_to_its_worst_price_and_no_further(market, customer, connection_id):
    say_price("BTCUSDT", price_now(market))
    order = placed(customer, connection_id, kind_of("market", "buy", max_slippage_bps=50))
    assert (order.state, order.time_in_force) == ("filled", "IOC")
    assert order.average_price <= order.price
    say_price("BTCUSDT", D(near(market, "-3")))
    far = placed(customer, connection_id, kind_of("market", "buy", max_slippage_bps=50))
    assert (far.state, far.filled) == ("cancelled", 0)
    assert faults() == {}


def test_reduce_only_never_sells_more_than_the_book_has(market, customer, connection_id):
    with pytest.raises(DomainError) as refused:
        placed(customer, connection_id, kind_of("market", reduce_only=True))
    assert refused.value.code == "orders.nothing_to_reduce"
    bought = placed(customer, connection_id, wish("buy", "0.05"))
    assert bought.state == "filled"
    resting = placed(customer, connection_id, kind_of("limit", quantity="0.03", price=near(market, "5")))
    order = placed(customer, connection_id, kind_of("market", quantity="0.05", reduce_only=True))
    # 0.05 less the fee in base, less the 0.03 that another sale may take, on the lot grid
    assert (order.state, order.quantity) == ("filled", D("0.01995"))
    assert resting.quantity == D("0.03")
    assert faults() == {}


REFUSED = [
    ({"kind": "stop"}, "orders.trigger_needed"),
    ({"kind": "limit", "price": "60000", "stop_price": "61000"}, "orders.trigger_not_wanted"),
    ({"kind": "trailing_stop"}, "orders.trigger_needed"),
    ({"kind": "trailing_stop", "trail_percent": "21"}, "orders.trigger_needed"),
    ({"kind": "trailing_stop", "trail_percent": "0.05"}, "orders.trigger_needed"),
    ({"kind": "trailing_stop", "trail_percent": "1.555"}, "orders.trigger_needed"),
    ({"kind": "stop", "stop_price": "60000.001"}, "orders.price_off_grid"),
    ({"kind": "stop", "stop_price": "60000", "price": "59000"}, "orders.price_not_wanted"),
    ({"kind": "stop_limit", "stop_price": "60000"}, "orders.price_needed"),
    ({"kind": "market", "post_only": True}, "orders.trigger_not_wanted"),
    ({"kind": "limit", "price": "60000", "post_only": True, "time_in_force": "IOC"}, "orders.trigger_not_wanted"),
    ({"kind": "limit", "price": "60000", "time_in_force": "GTD"}, "orders.end_not_ahead"),
    ({"kind": "limit", "price": "60000", "max_slippage_bps": 10}, "orders.trigger_not_wanted"),
    ({"kind": "market", "max_slippage_bps": 5001}, "orders.trigger_needed"),
    ({"kind": "market", "time_in_force": "IOC"}, "orders.price_not_wanted"),
    ({"kind": "stop", "side": "buy", "stop_price": "100"}, "orders.trigger_on_wrong_side"),
]


@pytest.mark.parametrize(("given", "code"), REFUSED)
def test_what_does_not_fit_its_kind_is_refused_before_anything_is_stored(market, customer, connection_id, given, code):
    say_price("BTCUSDT", price_now(market))
    facts = dict(given)
    with pytest.raises(DomainError) as refused:
        placed(customer, connection_id, kind_of(facts.pop("kind"), facts.pop("side", "sell"), **facts))
    assert refused.value.code == code
    assert not Order.objects.exists()


def test_a_held_purchase_reserves_what_it_may_cost_and_gives_it_back(market, customer, connection_id, on_commit):
    from apps.trading.exchanges.queries import get_connection

    connection = get_connection(connection_id)
    order = placed(customer, connection_id, kind_of("stop", "buy", stop_price=near(market, "2"), held_by="platform"))
    held = standing(connection)["USDT"][1]
    assert held >= order.quantity * order.stop_price
    cancel_order(actor=Actor.of(customer), order_id=order.pk)
    assert standing(connection)["USDT"][1] == 0
    assert settle_order(order_id=order.pk).state == "cancelled"
    assert faults() == {}
