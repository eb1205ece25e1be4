"""Every request the exchange answers: its REST address, its WS-API method, weight, security and handler."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.trading.sandbox.exchange.account_api import AccountApi
from apps.trading.sandbox.exchange.keys import Access
from apps.trading.sandbox.exchange.order_list_api import OrderListApi
from apps.trading.sandbox.exchange.public_api import PublicApi
from apps.trading.sandbox.exchange.replace_api import ReplaceApi
from apps.trading.sandbox.exchange.state import Account
from apps.trading.sandbox.exchange.stubs import STUBS

Params = dict[str, str]
PublicHandler = Callable[[Params], Any]
SignedHandler = Callable[[Account, Params], Any]
Weight = int | Callable[[Params], int]
_MANY_SYMBOLS = 20
_DEPTH_WEIGHTS = ((100, 5), (500, 25), (1_000, 50))


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One request; exactly one of the handlers is set. `orders` is what it adds to the unfilled order count."""

    weight: Weight
    access: Access
    public: PublicHandler | None = None
    signed: SignedHandler | None = None
    orders: int = 0

    def weigh(self, params: Params) -> int:
        """Request weight with these parameters."""
        return self.weight if isinstance(self.weight, int) else self.weight(params)


@dataclass(frozen=True)
class Endpoints:
    """By REST (method, path) and by WS-API method name."""

    rest: dict[tuple[str, str], Endpoint]
    socket: dict[str, Endpoint]


def build_endpoints(public: PublicApi, private: AccountApi, lists: OrderListApi, replacing: ReplaceApi) -> Endpoints:
    """The whole table."""
    rest: dict[tuple[str, str], Endpoint] = {}
    socket: dict[str, Endpoint] = {}

    def add(endpoint: Endpoint, method: str, path: str, *names: str) -> None:
        rest[method, path if path.startswith("/") else f"/api/v3/{path}"] = endpoint
        socket.update(dict.fromkeys(names, endpoint))

    for weight, path, names, handler in _public(public):
        add(Endpoint(weight=weight, access=Access.NONE, public=handler), "GET", path, *names)
    for weight, method, path, name, read in _reads(private, lists):
        add(Endpoint(weight=weight, access=Access.READ, signed=read), method, path, *([name] if name else []))
    for orders, method, path, name, trade in _trades(private, lists, replacing):
        weight = 4 if path.startswith("order/amend") else 1
        add(Endpoint(weight=weight, access=Access.TRADE, signed=trade, orders=orders), method, path, name)
    for path, weight, stub in STUBS:
        add(Endpoint(weight=weight, access=Access.NONE, public=stub), "GET", path)
    socket["openOrders.cancelAll"] = rest["DELETE", "/api/v3/openOrders"]
    socket["order.amend.keepPriority"] = rest["PUT", "/api/v3/order/amend/keepPriority"]
    return Endpoints(rest, socket)


def _public(public: PublicApi) -> list[tuple[Weight, str, tuple[str, ...], PublicHandler]]:
    return [
        (1, "ping", ("ping",), public.ping),
        (1, "time", ("time",), public.time),
        (20, "exchangeInfo", ("exchangeInfo",), public.exchange_info),
        (_depth_weight, "depth", ("depth",), public.depth),
        (2, "klines", ("klines",), public.klines),
        (2, "uiKlines", ("uiKlines",), public.klines),
        (25, "trades", ("trades.recent",), public.trades),
        (25, "historicalTrades", ("trades.historical",), public.historical_trades),
        (25, "historicalBlockTrades", ("blockTrades.historical",), public.block_trades),
        (2, "executionRules", ("executionRules",), public.execution_rules),
        (2, "referencePrice", ("referencePrice",), public.reference_price),
        (4, "aggTrades", ("trades.aggregate",), public.aggregate_trades),
        (2, "avgPrice", ("avgPrice",), public.average_price),
        (_day_weight, "ticker/24hr", ("ticker.24hr",), public.ticker_day),
        (_window_weight, "ticker", ("ticker",), public.ticker_window),
        (_window_weight, "ticker/tradingDay", ("ticker.tradingDay",), public.ticker_trading_day),
        (_pair_weight, "ticker/price", ("ticker.price",), public.ticker_price),
        (_pair_weight, "ticker/bookTicker", ("ticker.book",), public.ticker_book),
    ]


def _reads(private: AccountApi, lists: OrderListApi) -> list[tuple[Weight, str, str, str, SignedHandler]]:
    return [
        (20, "GET", "account", "account.status", private.account),
        (20, "GET", "account/commission", "account.commission", private.commission),
        (4, "GET", "order", "order.status", private.order),
        (_open_orders_weight, "GET", "openOrders", "openOrders.status", private.open_orders),
        (20, "GET", "allOrders", "allOrders", private.all_orders),
        (_my_trades_weight, "GET", "myTrades", "myTrades", private.my_trades),
        (_prevented_weight, "GET", "myPreventedMatches", "myPreventedMatches", private.prevented_matches),
        (20, "GET", "myAllocations", "myAllocations", private.nothing),
        (40, "GET", "myFilters", "myFilters", private.my_filters),
        (40, "GET", "rateLimit/order", "account.rateLimits.orders", private.order_counts),
        (4, "GET", "order/amendments", "order.amendments", private.amendments),
        (4, "GET", "orderList", "orderList.status", lists.show),
        (20, "GET", "allOrderList", "allOrderLists", lists.show_all),
        (6, "GET", "openOrderList", "openOrderLists.status", lists.show_open),
        (1, "GET", "/sapi/v1/asset/tradeFee", "", private.trade_fees),
        (10, "GET", "/sapi/v1/capital/config/getall", "", private.coins),
        (1, "GET", "/sapi/v1/account/apiRestrictions", "", private.restrictions),
        (1, "GET", "/sapi/v1/account/status", "", lambda _account, _params: {"data": "Normal"}),
        (1, "GET", "/sapi/v1/account/apiTradingStatus", "", private.trading_status),
        (1, "GET", "/sapi/v1/margin/allPairs", "", private.nothing),
        (10, "GET", "/sapi/v1/margin/isolated/allPairs", "", private.nothing),
        (1, "POST", "/sapi/v3/asset/getUserAsset", "", private.user_assets),
    ]


def _trades(
    private: AccountApi, lists: OrderListApi, replacing: ReplaceApi
) -> list[tuple[int, str, str, str, SignedHandler]]:
    return [
        (1, "POST", "order", "order.place", private.place_order),
        (0, "POST", "order/test", "order.test", private.test_order),
        (0, "DELETE", "order", "order.cancel", private.cancel_order),
        (0, "DELETE", "openOrders", "openOrders.cancelAll", private.cancel_open_orders),
        (1, "POST", "order/cancelReplace", "order.cancelReplace", replacing.cancel_replace),
        (0, "PUT", "order/amend/keepPriority", "order.amend.keepPriority", replacing.amend),
        (2, "POST", "order/oco", "orderList.place", lists.place_old_oco),
        (2, "POST", "orderList/oco", "orderList.place.oco", lists.place_oco),
        (2, "POST", "orderList/oto", "orderList.place.oto", lists.place_oto),
        (3, "POST", "orderList/otoco", "orderList.place.otoco", lists.place_otoco),
        (0, "DELETE", "orderList", "orderList.cancel", lists.cancel),
    ]


def _listed(params: Params) -> int:
    """Number of symbols asked for; 0 means all."""
    if params.get("symbol"):
        return 1
    return params["symbols"].count(",") + 1 if params.get("symbols") else 0


def _depth_weight(params: Params) -> int:
    text = params.get("limit", "")
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 100
    return next((weight for bound, weight in _DEPTH_WEIGHTS if limit <= bound), 250)


def _day_weight(params: Params) -> int:
    return 2 if 0 < _listed(params) <= _MANY_SYMBOLS else (40 if 0 < _listed(params) <= 100 else 80)


def _window_weight(params: Params) -> int:
    return min(200, 4 * max(1, _listed(params)))


def _pair_weight(params: Params) -> int:
    return 2 if params.get("symbol") else 4


def _open_orders_weight(params: Params) -> int:
    return 6 if params.get("symbol") else 80


def _my_trades_weight(params: Params) -> int:
    return 5 if params.get("orderId") else 20


def _prevented_weight(params: Params) -> int:
    return 20 if params.get("orderId") else 2
