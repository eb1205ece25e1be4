"""Order types, self-trade prevention, amendments and fees, with exact lots and amounts. The market opens at 40,000.00.

The synthetic book's best bid is 39,998.00 and its best ask 40,002.00; a trade between two accounts inside that spread
sets the last price.
"""

from collections.abc import Callable
from typing import Any

import pytest

from apps.trading.sandbox.exchange.engine import Execution, OrderEvent
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.state import Order, OrderStatus
from kernel.matching import Side
from tests.apps.trading.sandbox.engine_bench import UNIT, Bench, check_books

MILLION = 10**6 * UNIT
LOT = 1_000  # units of 0.00001 BTC


def trade_at(bench: Bench, price: str) -> None:
    """Accounts 2 and 3 trade 0.001 BTC at a price, which becomes the last."""
    bench.limit(2, "SELL", "0.001", price)
    bench.limit(3, "BUY", "0.001", price)
    assert int(price.replace(".", "")) in [trade.price for trade in bench.engine.state.markets["BTCUSDT"].tape]


def stop(bench: Bench, side: str, kind: str, stop_price: str, **more: str) -> Order:
    params = {"symbol": "BTCUSDT", "side": side, "type": kind, "quantity": "0.2", "stopPrice": stop_price} | more
    order: Order = bench.order(1, **params)
    return order


def refused(bench: Bench, call: Callable[[], Any]) -> tuple[int, str]:
    """Code and text of a refusal that changes nothing."""
    before = bench.engine.digest()
    with pytest.raises(ApiError) as refusal:
        call()
    assert bench.engine.digest() == before
    return refusal.value.code, refusal.value.message


def facts(order: Order) -> tuple[str, int, int]:
    return order.status.value, order.executed, order.quote_executed


def test_the_market_the_tests_assume(bench: Bench) -> None:
    book = bench.engine.quote("BTCUSDT").book
    assert (book.best_bid(), book.best_ask(), book.last_price) == (3_999_800, 4_000_200, 4_000_000)


def test_a_stop_loss_waits_with_its_funds_locked_and_sells_at_market(bench: Bench) -> None:
    order = stop(bench, "SELL", "STOP_LOSS", "39999.00")
    account = bench.account()
    assert (order.is_working, order.working_time, order.status) == (False, -1, OrderStatus.NEW)
    assert (account.locked["BTC"], account.free["BTC"]) == (UNIT // 5, 99 * UNIT // 5)
    trade_at(bench, "39999.01")
    assert order.executed == 0
    trade_at(bench, "39999.00")
    assert facts(order) == ("FILLED", 20_000, 20_000 * 3_999_800 * 10)
    assert order.is_working
    fee = 20_000 * 3_999_800 * 10 // 1_000
    assert account.free == {"USDT": MILLION + order.quote_executed - fee, "BTC": 99 * UNIT // 5, "ETH": 20 * UNIT}
    assert account.locked == {"BTC": 0}
    check_books(bench.engine)


def test_a_stop_loss_that_buys_locks_105_percent_and_frees_what_it_does_not_spend(bench: Bench) -> None:
    order = stop(bench, "BUY", "STOP_LOSS", "40001.00")
    account = bench.account()
    assert account.locked["USDT"] == order.locked == 4_000_100 * 20_000 * 10 * 105 // 100
    trade_at(bench, "40001.00")
    assert facts(order) == ("FILLED", 20_000, 20_000 * 4_000_200 * 10)
    assert (account.locked["USDT"], account.free["USDT"]) == (0, MILLION - order.quote_executed)
    check_books(bench.engine)


def test_a_stop_loss_limit_rests_at_its_price_after_its_trigger(bench: Bench) -> None:
    events: list[tuple[Execution, bool]] = []
    bench.engine.listener = lambda event: (
        events.append((event.execution, event.order.is_working))
        if isinstance(event, OrderEvent) and event.account.id == 1
        else None
    )
    order = stop(bench, "BUY", "STOP_LOSS_LIMIT", "40001.00", price="40000.50", timeInForce="GTC")
    market = bench.engine.state.markets["BTCUSDT"]
    assert market.book.depth(Side.BUY, 1) == [(3_999_800, market.book.depth(Side.BUY, 1)[0][1])]
    assert order.locked == 4_000_050 * 20_000 * 10
    trade_at(bench, "40001.00")
    assert facts(order) == ("NEW", 0, 0)
    assert market.book.depth(Side.BUY, 1) == [(4_000_050, 20_000)]
    assert events == [(Execution.NEW, True), (Execution.NEW, True)]
    trade = bench.limit(2, "SELL", "0.2", "40000.50")
    assert facts(order) == facts(trade) == ("FILLED", 20_000, 20_000 * 4_000_050 * 10)
    check_books(bench.engine)


@pytest.mark.parametrize(("side", "kind", "price", "fill"), [("SELL", "TAKE_PROFIT", "40001.00", 3_999_800)])
def test_a_take_profit_acts_when_the_price_comes_its_way(
    bench: Bench, side: str, kind: str, price: str, fill: int
) -> None:
    order = stop(bench, side, kind, price)
    trade_at(bench, "40000.99")
    assert order.executed == 0
    trade_at(bench, price)
    assert facts(order) == ("FILLED", 20_000, 20_000 * fill * 10)


def test_a_take_profit_limit_buy_acts_on_a_fall(bench: Bench) -> None:
    order = stop(bench, "BUY", "TAKE_PROFIT_LIMIT", "39999.00", price="39999.50", timeInForce="GTC")
    trade_at(bench, "39999.00")
    assert facts(order) == ("NEW", 0, 0)
    assert bench.engine.quote("BTCUSDT").book.best_bid() == 3_999_950


def test_a_trailing_stop_follows_the_recorded_price_and_sells_where_it_turned_enough(bench: Bench) -> None:
    view = bench.engine.view
    params = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS", "quantity": "0.2", "trailingDelta": "50"}
    order = bench.order(1, **params)
    assert (order.trailing_time, order.is_working) == (order.time, False)
    best, at = 4_000_000, 0
    while view.price("BTCUSDT", at) > best * 9_950 // 10_000:
        best = max(best, view.price("BTCUSDT", at))
        at += 1
    bench.move(at - 1)
    assert (order.executed, order.is_open) == (0, True)
    bench.move(1)
    (trade,) = bench.account().trades["BTCUSDT"]
    assert (order.status, trade.market_time) == (OrderStatus.FILLED, view.time_of(at))
    assert trade.price < view.price("BTCUSDT", at)
    check_books(bench.engine)


def test_a_stop_is_reached_by_the_recorded_path_and_finds_the_synthetic_book(bench: Bench) -> None:
    view, stop_price = bench.engine.view, 0
    prices = [view.price("BTCUSDT", quantum) for quantum in range(500)]
    stop_price = min(prices) + 500
    at = next(number for number, price in enumerate(prices) if price <= stop_price)
    order = stop(bench, "SELL", "STOP_LOSS", f"{stop_price // 100}.{stop_price % 100:02d}")
    bench.move(499)
    assert order.status is OrderStatus.FILLED
    assert bench.account().trades["BTCUSDT"][0].market_time == view.time_of(at)
    assert prices[at] - 1_000 < order.quote_executed // (20_000 * 10) < prices[at]
    check_books(bench.engine)


def test_an_iceberg_shows_a_part_and_trades_whole(bench: Bench) -> None:
    order = bench.limit(1, "BUY", "1", "39999.00", icebergQty="0.25")
    book = bench.engine.quote("BTCUSDT").book
    assert book.depth(Side.BUY, 1) == [(3_999_900, 25_000)]
    assert order.locked == 3_999_900 * 100_000 * 10
    bench.limit(2, "SELL", "0.6", "39999.00")
    assert (order.executed, book.depth(Side.BUY, 1)) == (60_000, [(3_999_900, 15_000)])
    bench.limit(2, "SELL", "0.4", "39999.00")
    assert order.status is OrderStatus.FILLED
    check_books(bench.engine)


@pytest.mark.parametrize(
    ("mode", "maker", "taker"),
    [
        ("NONE", ("FILLED", 100, 0), ("PARTIALLY_FILLED", 100, 0)),
        ("EXPIRE_TAKER", ("NEW", 0, 0), ("EXPIRED_IN_MATCH", 0, 150)),
        ("EXPIRE_MAKER", ("EXPIRED_IN_MATCH", 0, 100), ("NEW", 0, 0)),
        ("EXPIRE_BOTH", ("EXPIRED_IN_MATCH", 0, 100), ("EXPIRED_IN_MATCH", 0, 150)),
        ("DECREMENT", ("EXPIRED_IN_MATCH", 0, 100), ("NEW", 0, 100)),
    ],
)
def test_self_trade_prevention(
    bench: Bench, mode: str, maker: tuple[str, int, int], taker: tuple[str, int, int]
) -> None:
    resting = bench.limit(1, "SELL", "0.001", "40000.00")
    coming = bench.limit(1, "BUY", "0.0015", "40000.00", selfTradePreventionMode=mode)
    found = [(order.status.value, order.executed, order.prevented_lots) for order in (resting, coming)]
    assert found == [maker, taker]
    assert coming.stp_mode == mode
    assert [(match.taker_order_id, match.maker_order_id) for match in bench.account().prevented] == (
        [] if mode == "NONE" else [(coming.id, resting.id)]
    )
    check_books(bench.engine)


def test_an_amendment_keeps_the_place_in_the_queue_and_frees_funds(bench: Bench) -> None:
    first = bench.limit(1, "BUY", "1", "39999.00")
    second = bench.limit(2, "BUY", "1", "39999.00")
    bench.amend(1, first, "0.4", newClientOrderId="smaller")
    assert (first.lots, first.locked, first.client_id) == (40_000, 3_999_900 * 40_000 * 10, "smaller")
    assert [change.new_lots for change in first.amendments] == [40_000]
    bench.limit(3, "SELL", "0.5", "39999.00")
    assert (facts(first)[:2], facts(second)[:2]) == (("FILLED", 40_000), ("PARTIALLY_FILLED", 10_000))
    check_books(bench.engine)


def test_an_amended_order_may_keep_its_client_id(bench: Bench) -> None:
    order = bench.limit(1, "BUY", "1", "39999.00", newClientOrderId="mine")
    other = bench.limit(1, "BUY", "1", "39998.00", newClientOrderId="another")
    bench.amend(1, order, "0.4", newClientOrderId="mine")
    assert (order.client_id, order.lots) == ("mine", 40_000)
    assert bench.account(1).desk("BTCUSDT").by_client_id == {"mine": order, "another": other}
    duplicate = (-2010, "Duplicate order sent.")
    assert refused(bench, lambda: bench.amend(1, order, "0.3", newClientOrderId="another")) == duplicate


def test_amendments_that_are_refused_change_nothing(bench: Bench) -> None:
    order = bench.limit(1, "BUY", "1", "39999.00")
    bench.limit(3, "SELL", "0.3", "39999.00")
    increase = (-2038, "Order amend (quantity increase) is not supported.")
    assert refused(bench, lambda: bench.amend(1, order, "1.1")) == increase
    same = (-2038, "The requested action would change no state; rejecting")
    assert refused(bench, lambda: bench.amend(1, order, "1")) == same
    nothing_left = (-2038, "Price * QTY is zero or less.")
    assert refused(bench, lambda: bench.amend(1, order, "0.3")) == nothing_left
    assert refused(bench, lambda: bench.amend(1, order, "0.000001")) == (-1013, "Filter failure: LOT_SIZE")
    assert refused(bench, lambda: bench.amend(2, order, "0.5")) == (-2013, "Order does not exist.")


def new(**changes: str) -> dict[str, str]:
    """A sound limit order with changes; an empty value takes a parameter out."""
    limit = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1"}
    return {name: value for name, value in (limit | {"price": "39000"} | changes).items() if value}


STOP_LIMIT = {"type": "STOP_LOSS_LIMIT", "stopPrice": "41000"}
MARKET = {"type": "MARKET", "timeInForce": "", "price": ""}
STOP_MARKET = MARKET | {"type": "STOP_LOSS", "stopPrice": "41000"}
MISSING = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
EITHER = "Param '{}' or '{}' must be sent, but both were empty/null!"
EXTRA = "Parameter '{}' sent when not required."


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        (new(price=""), -1102, MISSING.format("price")),
        (new(timeInForce=""), -1102, MISSING.format("timeInForce")),
        (new(**STOP_LIMIT, price=""), -1102, MISSING.format("price")),
        (new(**STOP_LIMIT | {"stopPrice": ""}), -1102, EITHER.format("stopPrice", "trailingDelta")),
        (new(**MARKET, quantity=""), -1102, EITHER.format("quantity", "quoteOrderQty")),
        (new(**STOP_MARKET, quantity=""), -1102, MISSING.format("quantity")),
        (new(stopPrice="41000"), -1106, EXTRA.format("stopPrice")),
        (new(trailingDelta="50"), -1106, EXTRA.format("trailingDelta")),
        (new(**MARKET | {"price": "1"}), -1106, EXTRA.format("price")),
        (new(**MARKET | {"timeInForce": "GTC"}), -1106, EXTRA.format("timeInForce")),
        (new(**STOP_MARKET | {"price": "1"}), -1106, EXTRA.format("price")),
        (new(**STOP_MARKET, quoteOrderQty="100"), -1106, EXTRA.format("quoteOrderQty")),
        (new(type="LIMIT_MAKER"), -1106, EXTRA.format("timeInForce")),
        (new(**MARKET, quoteOrderQty="100"), -1128, "Combination of optional parameters invalid."),
        (new(timeInForce="IOC", icebergQty="0.5"), -1128, "Combination of optional parameters invalid."),
        (new(type="WISH"), -1116, "Invalid orderType."),
        (new(timeInForce="GTX"), -1115, "Invalid timeInForce."),
        (new(selfTradePreventionMode="X"), -1130, "Data sent for parameter 'selfTradePreventionMode' is not valid."),
        (new(**STOP_LIMIT | {"stopPrice": "39000"}), -2010, "Order would trigger immediately."),
        (new(**STOP_MARKET | {"type": "TAKE_PROFIT"}), -2010, "Order would trigger immediately."),
        (new(type="LIMIT_MAKER", timeInForce="", price="40002"), -2010, "Order would immediately match and take."),
        (new(quantity="26"), -2010, "Account has insufficient balance for requested action."),
        (new(**STOP_MARKET, quantity="24"), -2010, "Account has insufficient balance for requested action."),
        (new(side="SELL", quantity="21"), -2010, "Account has insufficient balance for requested action."),
        (new(price="39000.001"), -1013, "Filter failure: PRICE_FILTER"),
        (new(quantity="0.000001"), -1013, "Filter failure: LOT_SIZE"),
        (new(quantity="0.0001"), -1013, "Filter failure: NOTIONAL"),
        (new(icebergQty="0.00001"), -1013, "Filter failure: ICEBERG_PARTS"),
        (new(**STOP_MARKET, trailingDelta="1"), -1013, "Filter failure: TRAILING_DELTA"),
    ],
)
def test_a_wrong_order_is_refused_with_the_venue_s_text(
    bench: Bench, params: dict[str, str], code: int, text: str
) -> None:
    assert refused(bench, lambda: bench.order(1, **params)) == (code, text)


def test_the_number_of_stop_orders_and_of_client_ids_is_limited(bench: Bench) -> None:
    for number in range(5):
        stop(bench, "BUY", "STOP_LOSS", "41000", newClientOrderId=f"mine-{number}", quantity="0.01")
    more = refused(bench, lambda: stop(bench, "BUY", "STOP_LOSS", "41000", quantity="0.01"))
    assert more == (-1013, "Filter failure: MAX_NUM_ALGO_ORDERS")
    twice = refused(bench, lambda: bench.limit(1, "BUY", "1", "39000", newClientOrderId="mine-1"))
    assert twice == (-2010, "Duplicate order sent.")


def test_fees_are_paid_from_the_fee_asset_with_a_discount_while_it_lasts(bench: Bench) -> None:
    fees = {"k": "fees", "account": 1, "maker": 100_000, "taker": 200_000, "asset": "ETH", "discount": UNIT // 4}
    bench.apply(fees)
    account = bench.account()
    ether = bench.price("ETHUSDT")
    order = bench.order(1, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="1")
    (trade,) = account.trades["BTCUSDT"][-1:]
    base_fee = trade.lots * LOT * 200_000 // UNIT
    value = base_fee * 3 // 4 * trade.price // 100
    assert (trade.fee_asset, trade.fee) == ("ETH", value * 100 // ether)
    assert account.free["BTC"] == 20 * UNIT + order.executed * LOT
    paid = sum(each.fee for each in account.trades["BTCUSDT"])
    assert account.free["ETH"] == 20 * UNIT - paid
    bench.limit(1, "SELL", "1", "40000.00")
    bench.limit(2, "BUY", "1", "40000.00")
    sold = account.trades["BTCUSDT"][-1]
    assert (sold.fee_asset, sold.fee) == ("ETH", (40_000 * UNIT * 100_000 // UNIT * 3 // 4) * 100 // ether)
    bench.apply({"k": "reset", "account": 1, "funds": {"BTC": UNIT, "ETH": 1}})
    bench.order(1, symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.1")
    last = account.trades["BTCUSDT"][-1]
    assert (last.fee_asset, last.fee) == ("USDT", last.quote * 200_000 // UNIT)
    assert bench.engine.imbalance() == {}


def test_a_reset_takes_waiting_orders_out_and_grants_anew(bench: Bench) -> None:
    order = stop(bench, "SELL", "STOP_LOSS", "39000")
    bench.apply({"k": "reset", "account": 1, "funds": {"USDT": 7}})
    account = bench.account()
    assert (order.status, account.free, account.locked) == (OrderStatus.CANCELED, {"USDT": 7}, {})
    assert not bench.engine.state.markets["BTCUSDT"].armed
    assert bench.engine.imbalance() == {}
