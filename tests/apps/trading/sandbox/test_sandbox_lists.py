"""Order lists: what they lock, what ends what, and what is placed when. The market opens at 40,000.00."""

from typing import Any

import pytest

from apps.trading.sandbox.exchange import payloads
from apps.trading.sandbox.exchange.engine import ListEvent, OrderEvent
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.state import Order, OrderList
from tests.apps.trading.sandbox.engine_bench import UNIT, Bench, check_books

BITCOIN = 20 * UNIT
DOLLARS = 10**6 * UNIT
PAIR = {
    "side": "SELL",
    "quantity": "0.2",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "40001.00",
    "belowType": "STOP_LOSS",
    "belowStopPrice": "39999.00",
}
BUY_PAIR = {
    "side": "BUY",
    "quantity": "0.2",
    "aboveType": "STOP_LOSS_LIMIT",
    "aboveStopPrice": "40001.00",
    "abovePrice": "40010.00",
    "aboveTimeInForce": "GTC",
    "belowType": "LIMIT_MAKER",
    "belowPrice": "39999.00",
}
WORKING = {
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "39999.00",
    "workingQuantity": "0.2",
    "workingTimeInForce": "GTC",
}
PENDING = {
    "pendingType": "LIMIT",
    "pendingSide": "SELL",
    "pendingPrice": "40001.00",
    "pendingQuantity": "0.1",
    "pendingTimeInForce": "GTC",
}
PENDING_PAIR = {
    "pendingSide": "SELL",
    "pendingQuantity": "0.1",
    "pendingAboveType": "LIMIT_MAKER",
    "pendingAbovePrice": "40001.00",
    "pendingBelowType": "STOP_LOSS",
    "pendingBelowStopPrice": "39998.50",
}

RELATION = "The relationship of the prices for the orders is not correct."


def orders_of(bench: Bench, order_list: OrderList) -> list[Order]:
    return [bench.engine.state.markets["BTCUSDT"].orders[order_id] for order_id in order_list.order_ids]


def statuses(bench: Bench, order_list: OrderList) -> list[str]:
    check_books(bench.engine)
    return [order.status.value for order in orders_of(bench, order_list)]


def told(bench: Bench) -> list[Any]:
    events: list[Any] = []

    def listen(event: Any) -> None:
        if isinstance(event, OrderEvent) and event.account.id == 1:
            events.append((event.order.id, event.execution.value, event.order.status.value))
        elif isinstance(event, ListEvent):
            events.append((event.order_list.status, event.order_list.order_status))

    bench.engine.listener = listen
    return events


def test_an_oco_pair_locks_its_quantity_once_and_a_trade_of_one_leg_ends_the_other(bench: Bench) -> None:
    events = told(bench)
    pair = bench.place_list(1, "OCO", **PAIR, listClientOrderId="pair")
    above, below = orders_of(bench, pair)
    account = bench.account()
    assert (account.locked["BTC"], account.free["BTC"]) == (UNIT // 5, BITCOIN - UNIT // 5)
    assert (pair.contingency, pair.client_id, pair.is_open) == ("OCO", "pair", True)
    assert (above.is_working, below.is_working, below.list_id) == (True, False, pair.id)
    bench.limit(2, "BUY", "0.05", "40001.00")
    assert statuses(bench, pair) == ["PARTIALLY_FILLED", "EXPIRED"]
    assert account.locked["BTC"] == 3 * UNIT // 20
    bench.limit(2, "BUY", "0.15", "40001.00")
    assert statuses(bench, pair) == ["FILLED", "EXPIRED"]
    assert (account.locked["BTC"], pair.is_open) == (0, False)
    assert events == [
        ("EXEC_STARTED", "EXECUTING"),
        (above.id, "NEW", "NEW"),
        (below.id, "NEW", "NEW"),
        (above.id, "TRADE", "PARTIALLY_FILLED"),
        (below.id, "EXPIRED", "EXPIRED"),
        (above.id, "TRADE", "FILLED"),
        ("ALL_DONE", "ALL_DONE"),
    ]


def test_a_triggered_leg_ends_the_other_and_takes_over_the_lock(bench: Bench) -> None:
    pair = bench.place_list(1, "OCO", **BUY_PAIR)
    above, _ = orders_of(bench, pair)
    account = bench.account()
    assert account.locked["USDT"] == 4_001_000 * 20_000 * 10
    bench.limit(2, "SELL", "0.001", "40001.00")
    bench.limit(3, "BUY", "0.001", "40001.00")
    assert statuses(bench, pair) == ["FILLED", "EXPIRED"]
    assert account.free["USDT"] == DOLLARS - above.quote_executed
    assert above.quote_executed == 4_000_200 * 20_000 * 10
    assert not pair.is_open


def test_cancelling_one_leg_cancels_both_and_frees_the_lock(bench: Bench) -> None:
    pair = bench.place_list(1, "OCO", **BUY_PAIR)
    above, below = orders_of(bench, pair)
    bench.cancel(below)
    assert statuses(bench, pair) == ["CANCELED", "CANCELED"]
    assert (bench.account().free["USDT"], above.locked, below.locked) == (DOLLARS, 0, 0)
    assert not pair.is_open


def test_an_amendment_of_a_leg_changes_both_and_frees_funds(bench: Bench) -> None:
    pair = bench.place_list(1, "OCO", **BUY_PAIR)
    above, below = orders_of(bench, pair)
    bench.amend(1, below, "0.1")
    assert (above.lots, below.lots) == (10_000, 10_000)
    assert bench.account().locked["USDT"] == 4_001_000 * 10_000 * 10
    check_books(bench.engine)


def messages(bench: Bench) -> list[tuple[str, ...]]:
    """What the user stream says of orders and lists: execution type, new and old client id; list status and ids."""
    said: list[tuple[str, ...]] = []
    market = bench.engine.state.markets["BTCUSDT"]

    def listen(event: Any) -> None:
        if isinstance(event, OrderEvent):
            kind, old = event.execution.value, event.cancel_client_id
            report = payloads.execution_report(market.spec, event.order, kind, event.trade, old)
            said.append((report["x"], report["c"], report["C"], report["q"]))
        elif isinstance(event, ListEvent):
            orders = [market.orders[each] for each in event.order_list.order_ids]
            status = payloads.list_status(event.order_list, orders, is_update=event.is_update)
            said.append((status["l"], status["L"], *(each["c"] for each in status["O"])))

    bench.engine.listener = listen
    return said


def test_an_amended_leg_is_reported_with_its_other_leg_and_its_list_where_a_client_id_changed(bench: Bench) -> None:
    pair = bench.place_list(1, "OCO", **BUY_PAIR, aboveClientOrderId="up", belowClientOrderId="down")
    above, below = orders_of(bench, pair)
    said = messages(bench)
    bench.amend(1, above, "0.15", newClientOrderId="higher")
    assert said == [
        ("REPLACED", "higher", "up", "0.15000000"),
        ("REPLACED", "down", "down", "0.15000000"),
        ("UPDATED", "EXECUTING", "higher", "down"),
    ]
    said.clear()
    bench.amend(1, below, "0.1", newClientOrderId="down")
    assert said == [("REPLACED", "higher", "higher", "0.10000000"), ("REPLACED", "down", "down", "0.10000000")]


def test_an_amended_pending_leg_takes_its_pair_along(bench: Bench) -> None:
    three = bench.place_list(1, "OTOCO", **WORKING, **PENDING_PAIR, pendingBelowClientOrderId="stop")
    working, above, below = orders_of(bench, three)
    said = messages(bench)
    bench.amend(1, below, "0.05", newClientOrderId="stop-2")
    assert [order.lots for order in (working, above, below)] == [20_000, 5_000, 5_000]
    assert said == [
        ("REPLACED", "stop-2", "stop", "0.05000000"),
        ("REPLACED", above.client_id, above.client_id, "0.05000000"),
        ("UPDATED", "EXECUTING", working.client_id, above.client_id, "stop-2"),
    ]
    bench.limit(2, "SELL", "0.2", "39999.00")
    assert statuses(bench, three) == ["FILLED", "NEW", "NEW"]
    assert bench.account().locked["BTC"] == UNIT // 20


def test_a_pending_order_is_placed_and_locked_when_the_working_order_is_filled(bench: Bench) -> None:
    events = told(bench)
    both = bench.place_list(1, "OTO", **WORKING, **PENDING)
    working, pending = orders_of(bench, both)
    account = bench.account()
    assert statuses(bench, both) == ["NEW", "PENDING_NEW"]
    assert (account.locked.get("BTC", 0), account.locked["USDT"]) == (0, 3_999_900 * 20_000 * 10)
    bench.limit(2, "SELL", "0.1", "39999.00")
    assert statuses(bench, both) == ["PARTIALLY_FILLED", "PENDING_NEW"]
    bench.limit(2, "SELL", "0.1", "39999.00")
    assert statuses(bench, both) == ["FILLED", "NEW"]
    assert (account.locked["BTC"], pending.is_working, both.is_open) == (UNIT // 10, True, True)
    bench.limit(2, "BUY", "0.1", "40001.00")
    assert statuses(bench, both) == ["FILLED", "FILLED"]
    assert events == [
        ("EXEC_STARTED", "EXECUTING"),
        (pending.id, "NEW", "PENDING_NEW"),
        (working.id, "NEW", "NEW"),
        (working.id, "TRADE", "PARTIALLY_FILLED"),
        (working.id, "TRADE", "FILLED"),
        (pending.id, "NEW", "NEW"),
        (pending.id, "TRADE", "FILLED"),
        ("ALL_DONE", "ALL_DONE"),
    ]


def test_a_cancelled_working_order_takes_its_pending_order_along(bench: Bench) -> None:
    both = bench.place_list(1, "OTO", **WORKING, **PENDING)
    working, pending = orders_of(bench, both)
    bench.amend(1, pending, "0.05")
    assert pending.lots == 5_000
    bench.cancel(working)
    assert statuses(bench, both) == ["CANCELED", "CANCELED"]
    assert (bench.account().free, both.is_open) == ({"USDT": DOLLARS, "BTC": BITCOIN, "ETH": BITCOIN}, False)


def test_a_pending_order_without_funds_expires_when_it_is_due(bench: Bench) -> None:
    both = bench.place_list(1, "OTO", **WORKING, **(PENDING | {"pendingQuantity": "21"}))
    bench.limit(2, "SELL", "0.2", "39999.00")
    assert statuses(bench, both) == ["FILLED", "EXPIRED"]
    assert orders_of(bench, both)[1].expiry_reason == "NO_FUNDS"
    assert (bench.account().locked["USDT"], both.is_open) == (0, False)


def test_an_otoco_releases_a_pair(bench: Bench) -> None:
    three = bench.place_list(1, "OTOCO", **WORKING, **PENDING_PAIR)
    assert statuses(bench, three) == ["NEW", "PENDING_NEW", "PENDING_NEW"]
    bench.limit(2, "SELL", "0.2", "39999.00")
    assert statuses(bench, three) == ["FILLED", "NEW", "NEW"]
    assert bench.account().locked["BTC"] == UNIT // 10
    bench.limit(2, "BUY", "0.1", "40001.00")
    assert statuses(bench, three) == ["FILLED", "FILLED", "EXPIRED"]
    assert (bench.account().locked["BTC"], three.is_open) == (0, False)


def test_a_released_stop_whose_price_has_passed_acts_at_once_and_ends_the_other_leg(bench: Bench) -> None:
    pair = PENDING_PAIR | {"pendingAbovePrice": "40100.00", "pendingBelowStopPrice": "39998.90"}
    three = bench.place_list(1, "OTOCO", **WORKING, **pair)
    # The working order is filled together with a bid of 39,998.00, which is the last price when the pair is due.
    bench.limit(2, "SELL", "0.3", "39998.00")
    assert statuses(bench, three) == ["FILLED", "EXPIRED", "FILLED"]
    assert orders_of(bench, three)[2].quote_executed == 3_999_800 * 10_000 * 10


@pytest.mark.parametrize(
    ("kind", "params", "code", "text"),
    [
        (
            "OCO",
            PAIR | {"abovePrice": "39999.50"},
            -2010,
            RELATION,
        ),
        (
            "OCO",
            PAIR | {"belowStopPrice": "40000.50"},
            -2010,
            RELATION,
        ),
        (
            "OCO",
            BUY_PAIR | {"side": "SELL"},
            -1197,
            "A stop loss order in a sell OCO must be below.",
        ),
        ("OCO", PAIR | {"side": "BUY"}, -1165, "A limit order in a buy OCO must be below."),
        (
            "OCO",
            {name: value for name, value in PAIR.items() if name != "belowStopPrice"}
            | {"belowType": "LIMIT_MAKER", "belowPrice": "39000"},
            -1168,
            "At least one OCO order must be contingent.",
        ),
        (
            "OCO",
            PAIR | {"aboveType": "LIMIT", "aboveTimeInForce": "GTC"},
            -1158,
            "Order type not supported in OCO.",
        ),
        ("OCO", PAIR | {"quantity": "21"}, -2010, "Account has insufficient balance for requested action."),
        (
            "OCO",
            {name: value for name, value in PAIR.items() if name != "abovePrice"},
            -1102,
            "Mandatory parameter 'abovePrice' was not sent, was empty/null, or malformed.",
        ),
        ("OCO", PAIR | {"belowPrice": "39000"}, -1106, "Parameter 'belowPrice' sent when not required."),
        ("OTO", WORKING | PENDING | {"workingType": "MARKET"}, -1116, "Invalid orderType."),
        (
            "OTOCO",
            WORKING | PENDING_PAIR | {"pendingBelowStopPrice": "39999.50"},
            -2010,
            RELATION,
        ),
        (
            "OTO",
            WORKING | PENDING | {"workingClientOrderId": "a", "pendingClientOrderId": "a"},
            -2010,
            "Duplicate order sent.",
        ),
    ],
)
def test_a_wrong_list_is_refused_and_changes_nothing(
    bench: Bench, kind: str, params: dict[str, str], code: int, text: str
) -> None:
    before = bench.engine.digest()
    with pytest.raises(ApiError) as refusal:
        bench.place_list(1, kind, **params)
    assert (refusal.value.code, refusal.value.message) == (code, text)
    assert bench.engine.digest() == before
