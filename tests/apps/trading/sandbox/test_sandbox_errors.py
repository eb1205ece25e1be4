"""Golden error table: a bad request of unmodified ccxt -> HTTP status, code, English text, ccxt exception class."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from apps.trading.sandbox.client import AccountKey
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess, recording

Call = Callable[[Any], Any]
UNKNOWN_PLACE = 999_999


@pytest.fixture(scope="module")
def key(exchange: ExchangeProcess) -> AccountKey:
    return exchange.new_key()


@pytest.fixture
def venue(exchange: ExchangeProcess, key: AccountKey) -> Any:
    return recording(ccxt.binance(exchange.settings(key)))


def raw_order(**changes: str) -> dict[str, str]:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    return {name: value for name, value in ({**order, "price": "30000"} | changes).items() if value}


def mandatory(name: str) -> str:
    return f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."


def illegal(name: str, pattern: str) -> str:
    return f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'."


NUMBER = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
CLIENT_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
STOP = {"type": "STOP_LOSS_LIMIT", "stopPrice": "20000", "price": "19000", "side": "SELL"}
ICEBERG = {"quantity": "1", "price": "30000"}

# Changes of a sound limit order -> code, text, class. All are HTTP 400, sent to `order` and `order/test`.
ORDERS: list[tuple[dict[str, str], int, str, type[Exception]]] = [
    ({"quantity": "1000"}, -1013, "Filter failure: NOTIONAL", ccxt.BadRequest),
    ({"quantity": "99"}, -2010, "Account has insufficient balance for requested action.", ccxt.InsufficientFunds),
    ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE", ccxt.InvalidOrder),
    ({"quantity": "9000.00001"}, -1013, "Filter failure: LOT_SIZE", ccxt.InvalidOrder),
    ({"quantity": "0"}, -1013, "Invalid quantity.", ccxt.BadRequest),
    ({"quantity": "1e3"}, -1100, illegal("quantity", NUMBER), ccxt.BadRequest),
    ({"quantity": "0.123456789"}, -1111, "Parameter 'quantity' has too much precision.", ccxt.BadRequest),
    ({"quantity": ""}, -1102, mandatory("quantity"), ccxt.BadRequest),
    ({"price": "30000.001"}, -1013, "Filter failure: PRICE_FILTER", ccxt.InvalidOrder),
    ({"price": "2000000"}, -1013, "Filter failure: PRICE_FILTER", ccxt.InvalidOrder),
    ({"price": "0"}, -1013, "Invalid price.", ccxt.BadRequest),
    ({"price": "-1"}, -1100, illegal("price", NUMBER), ccxt.BadRequest),
    ({"price": "100"}, -1013, "Filter failure: NOTIONAL", ccxt.BadRequest),
    ({"price": "3000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE", ccxt.InvalidOrder),
    ({"price": "900000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE", ccxt.InvalidOrder),
    ({"symbol": "DOGEUSDT"}, -1121, "Invalid symbol.", ccxt.BadSymbol),
    ({"symbol": ""}, -1102, mandatory("symbol"), ccxt.BadRequest),
    ({"side": "HOLD"}, -1117, "Invalid side.", ccxt.BadRequest),
    ({"type": "STOP"}, -1116, "Invalid orderType.", ccxt.BadRequest),
    ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce.", ccxt.BadRequest),
    ({"timeInForce": ""}, -1102, mandatory("timeInForce"), ccxt.BadRequest),
    ({"newClientOrderId": "a b"}, -1100, illegal("newClientOrderId", CLIENT_ID), ccxt.BadRequest),
    ({"newOrderRespType": "ALL"}, -1130, "Data sent for parameter 'newOrderRespType' is not valid.", ccxt.BadRequest),
    ({"type": "MARKET"}, -1106, "Parameter 'timeInForce' sent when not required.", ccxt.BadRequest),
    (
        {"type": "MARKET", "timeInForce": ""},
        -1106,
        "Parameter 'price' sent when not required.",
        ccxt.BadRequest,
    ),
    (
        {"type": "MARKET", "timeInForce": "", "price": "", "quantity": "501"},
        -1013,
        "Filter failure: MARKET_LOT_SIZE",
        ccxt.InvalidOrder,
    ),
    (
        {"type": "MARKET", "timeInForce": "", "price": "", "quantity": "", "quoteOrderQty": "4"},
        -1013,
        "Filter failure: NOTIONAL",
        ccxt.BadRequest,
    ),
    (
        {"type": "LIMIT_MAKER", "timeInForce": "", "price": "150000"},
        -2010,
        "Order would immediately match and take.",
        ccxt.OrderImmediatelyFillable,
    ),
    (STOP | {"stopPrice": "150000"}, -2010, "Order would trigger immediately.", ccxt.OrderImmediatelyFillable),
    (STOP | {"stopPrice": ""}, -1102, "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!",
     ccxt.BadRequest),
    (STOP | {"stopPrice": "", "trailingDelta": "5"}, -1013, "Filter failure: TRAILING_DELTA", ccxt.BadRequest),
    (ICEBERG | {"icebergQty": "0.001"}, -1013, "Filter failure: ICEBERG_PARTS", ccxt.BadRequest),
    (ICEBERG | {"icebergQty": "0.000001"}, -1013, "Filter failure: LOT_SIZE", ccxt.InvalidOrder),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "text", "error"), ORDERS)
def test_refused_orders_change_nothing(
    venue: Any, changes: dict[str, str], code: int, text: str, error: type[Exception]
) -> None:
    before = (venue.privateGetAccount(), venue.privateGetAllOrders({"symbol": "BTCUSDT"}))
    order = raw_order(**changes)
    assert_refused(venue, lambda v: v.privatePostOrder(order), 400, code, text, error)
    assert_refused(venue, lambda v: v.privatePostOrderTest(order), 400, code, text, error)
    assert (venue.privateGetAccount(), venue.privateGetAllOrders({"symbol": "BTCUSDT"})) == before


def assert_refused(venue: Any, call: Call, status: int, code: int, text: str, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        call(venue)
    assert type(refused.value) is error
    body = venue.parse_json(venue.last_http_response)
    assert (venue.last_status, body["code"], body["msg"]) == (status, code, text)


BTC = {"symbol": "BTCUSDT"}
NO_ID = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
SYMBOLS = r'^\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\]$'

REQUESTS: list[tuple[str, Call, int, int, str, type[Exception]]] = [
    ("an unknown order is no order", lambda v: v.privateGetOrder(BTC | {"orderId": UNKNOWN_PLACE}),
     400, -2013, "Order does not exist.", ccxt.OrderNotFound),
    ("an unknown client id is no order", lambda v: v.privateGetOrder(BTC | {"origClientOrderId": "nobody"}),
     400, -2013, "Order does not exist.", ccxt.OrderNotFound),
    ("no id at all", lambda v: v.privateGetOrder(BTC), 400, -1102, NO_ID, ccxt.BadRequest),
    ("an id that is no number", lambda v: v.privateGetOrder(BTC | {"orderId": "12a"}),
     400, -1100, illegal("orderId", "^[0-9]{1,20}$"), ccxt.BadRequest),
    ("cancel an unknown order", lambda v: v.privateDeleteOrder(BTC | {"orderId": UNKNOWN_PLACE}),
     400, -2011, "Unknown order sent.", ccxt.OrderNotFound),
    ("cancel all of none", lambda v: v.privateDeleteOpenOrders({"symbol": "ETHUSDT"}),
     400, -2011, "Unknown order sent.", ccxt.OrderNotFound),
    ("an unknown list", lambda v: v.privateGetOrderList({"orderListId": UNKNOWN_PLACE}),
     400, -2013, "Order list does not exist.", ccxt.OrderNotFound),
    ("cancel an unknown list", lambda v: v.privateDeleteOrderList(BTC | {"orderListId": UNKNOWN_PLACE}),
     400, -2011, "Unknown order sent.", ccxt.OrderNotFound),
    ("amend an unknown order",
     lambda v: v.request("order/amend/keepPriority", ["private"], "PUT", BTC | {"orderId": 999_999, "newQty": "1"}),
     400, -2013, "Order does not exist.", ccxt.OrderNotFound),
    ("replace an unknown order",
     lambda v: v.privatePostOrderCancelReplace(
         raw_order(cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=str(UNKNOWN_PLACE))),
     400, -2022, "Order cancel-replace failed.", ccxt.ExchangeError),
    ("replace without saying how", lambda v: v.privatePostOrderCancelReplace(raw_order(cancelOrderId="1")),
     400, -1102, mandatory("cancelReplaceMode"), ccxt.BadRequest),
    ("an odd cancel restriction",
     lambda v: v.privateDeleteOrder(BTC | {"orderId": standing(v), "cancelRestrictions": "ONLY_OLD"}),
     400, -1145, "Invalid cancelRestrictions", ccxt.ExchangeError),
    ("a cancel restriction that does not hold",
     lambda v: v.privateDeleteOrder(BTC | {"orderId": standing(v), "cancelRestrictions": "ONLY_PARTIALLY_FILLED"}),
     400, -2011, "Order was not canceled due to cancel restrictions.", ccxt.OrderNotFound),
    ("an unknown symbol's book", lambda v: v.publicGetDepth({"symbol": "DOGEUSDT"}),
     400, -1121, "Invalid symbol.", ccxt.BadSymbol),
    ("a book without symbol", lambda v: v.publicGetDepth(), 400, -1102, mandatory("symbol"), ccxt.BadRequest),
    ("a parameter that no request reads", lambda v: v.publicGetDepth(BTC | {"depth": 5}),
     400, -1104, "Not all sent parameters were read; read '1' parameter(s) but was sent '2'.", ccxt.BadRequest),
    ("an order with a parameter that is not read", lambda v: v.privatePostOrder(raw_order(quantiy="1")),
     400, -1104, "Not all sent parameters were read; read '10' parameter(s) but was sent '11'.", ccxt.BadRequest),
    ("a pegged order", lambda v: v.privatePostOrder(raw_order(pegPriceType="MARKET_PEG")),
     400, -2010, "Pegged orders are not supported for this symbol.", ccxt.InvalidOrder),
    ("a parameter where none is read", lambda v: v.publicGetPing({"symbol": "BTCUSDT"}),
     400, -1101, "Too many parameters; expected '0' and received '1'.", ccxt.BadRequest),
    ("an order's id with another's client id",
     lambda v: v.privateGetOrder(BTC | {"orderId": standing(v), "origClientOrderId": "nobody"}),
     400, -2039, "Client order ID is not correct for this order ID.", ccxt.ExchangeError),
    ("a strategy type that is too small", lambda v: v.privatePostOrder(raw_order(strategyType="999999")),
     400, -1134, "strategyType was less than 1000000.", ccxt.ExchangeError),
    ("a time zone beyond the world", lambda v: v.publicGetKlines(BTC | {"interval": "1d", "timeZone": "14:01"}),
     400, -1130, "Data sent for parameter 'timeZone' is not valid.", ccxt.BadRequest),
    ("a limit of zero", lambda v: v.publicGetDepth(BTC | {"limit": 0}),
     400, -1130, "Data sent for parameter 'limit' is not valid.", ccxt.BadRequest),
    ("an unknown interval", lambda v: v.publicGetKlines(BTC | {"interval": "7m"}),
     400, -1120, "Invalid interval.", ccxt.BadRequest),
    ("candles without interval", lambda v: v.publicGetKlines(BTC), 400, -1102, mandatory("interval"), ccxt.BadRequest),
    ("a window nobody knows", lambda v: v.publicGetTicker(BTC | {"windowSize": "8d"}),
     400, -1130, "Data sent for parameter 'windowSize' is not valid.", ccxt.BadRequest),
    ("a ticker type nobody knows", lambda v: v.publicGetTicker(BTC | {"type": "TINY"}),
     400, -1139, "Invalid ticker type.", ccxt.ExchangeError),
    ("a symbol twice", lambda v: v.publicGetTickerPrice({"symbols": '["BTCUSDT","BTCUSDT"]'}),
     400, -1151, "Symbol is present multiple times in the list.", ccxt.ExchangeError),
    ("symbol and symbols", lambda v: v.publicGetTickerPrice(BTC | {"symbols": '["BTCUSDT"]'}),
     400, -1128, "Combination of optional parameters invalid.", ccxt.BadRequest),
    ("symbols that are no names", lambda v: v.publicGetTickerPrice({"symbols": '["BTC USDT"]'}),
     400, -1100, illegal("symbols", SYMBOLS), ccxt.BadRequest),
    ("a status nobody knows", lambda v: v.publicGetExchangeInfo({"symbolStatus": "ASLEEP"}),
     400, -1122, "Invalid symbolStatus.", ccxt.ExchangeError),
    ("a price nobody sets", lambda v: v.publicGetReferencePrice(BTC),
     400, -2043, "This symbol doesn't have a reference price.", ccxt.ExchangeError),
    ("prevented matches of nothing", lambda v: v.privateGetMyPreventedMatches(BTC),
     400, -1128, "Combination of optional parameters invalid.", ccxt.BadRequest),
    ("a window that is too long", lambda v: v.privateGetAccount({"recvWindow": 60_001}),
     400, -1131, "recvWindow must be less than 60000.", ccxt.ExchangeError),
    ("an unknown listen key", lambda v: v.publicPutUserDataStream({"listenKey": "nothing"}),
     400, -1125, "This listenKey does not exist.", ccxt.AuthenticationError),
    ("an unknown place", lambda v: v.sapiGetMarginAccount(),
     404, -1020, "This operation is not supported.", ccxt.BadRequest),
]  # fmt: skip


def standing(venue: Any) -> str:
    """An open order of the account."""
    for order in venue.privateGetOpenOrders(BTC):
        return str(order["orderId"])
    return str(venue.privatePostOrder(raw_order(price="20000"))["orderId"])


@pytest.mark.parametrize(
    ("call", "status", "code", "text", "error"), [pytest.param(*row[1:], id=row[0]) for row in REQUESTS]
)
def test_refused_requests(venue: Any, call: Call, status: int, code: int, text: str, error: type[Exception]) -> None:
    assert_refused(venue, call, status, code, text, error)


def test_the_table_is_long_enough() -> None:
    assert len(ORDERS) + len(REQUESTS) >= 40
    assert len({(code, text) for _, code, text, _ in ORDERS} | {row[3:5] for row in REQUESTS}) >= 40


def test_duplicate_client_ids(venue: Any) -> None:
    order = venue.privatePostOrder(raw_order(newClientOrderId="twin", price="20000"))
    call: Call = lambda v: v.privatePostOrder(raw_order(newClientOrderId="twin", price="20000"))  # noqa: E731
    assert_refused(venue, call, 400, -2010, "Duplicate order sent.", ccxt.InvalidOrder)
    venue.privateDeleteOrder(BTC | {"orderId": order["orderId"]})
    venue.privateDeleteOrder(BTC | {"orderId": call(venue)["orderId"]})


def test_credentials(exchange: ExchangeProcess, key: AccountKey) -> None:
    signature = "Signature for this request is not valid."
    rejected = "Invalid API-key, IP, or permissions for action."
    for changes, status, code, text in (
        ({"secret": "wrong"}, 400, -1022, signature),
        ({"apiKey": "unknown"}, 401, -2015, rejected),
    ):
        venue = recording(ccxt.binance(exchange.settings(key) | changes))
        assert_refused(venue, lambda v: v.privateGetAccount(), status, code, text, ccxt.AuthenticationError)


def test_times(exchange: ExchangeProcess, key: AccountKey) -> None:
    outside = "Timestamp for this request is outside of the recvWindow."
    ahead = "Timestamp for this request was 1000ms ahead of the server's time."
    for shift, text in ((-11_000, outside), (3_000, ahead)):
        venue = recording(ccxt.binance(exchange.settings(key)))
        venue.nonce = lambda shift=shift: int(time.time() * 1000) + shift
        assert_refused(venue, lambda v: v.privateGetAccount(), 400, -1021, text, ccxt.InvalidNonce)


def test_too_many_orders_of_a_symbol(exchange: ExchangeProcess) -> None:
    venue = recording(ccxt.binance(exchange.settings(exchange.new_key())))
    stop = raw_order(**STOP)
    for _ in range(5):
        venue.privatePostOrder(stop)
    text = "Filter failure: MAX_NUM_ALGO_ORDERS"
    assert_refused(venue, lambda v: v.privatePostOrder(stop), 400, -1013, text, ccxt.BadRequest)
    assert len(venue.privateGetOpenOrders(BTC)) == 5


def test_a_position_has_a_limit(exchange: ExchangeProcess) -> None:
    account = exchange.control.open_account(label="whale", funds={"USDT": Decimal(10**9), "BTC": Decimal(89_999)})
    venue = recording(ccxt.binance(exchange.settings(exchange.control.create_key(account["account_id"]))))
    venue.privatePostOrder(raw_order(quantity="1"))
    text = "Filter failure: MAX_POSITION"
    assert_refused(venue, lambda v: v.privatePostOrder(raw_order()), 400, -1013, text, ccxt.BadRequest)
    venue.privatePostOrder(raw_order(side="SELL", price="150000"))
