"""Every request about contracts: its address, weight, security and handler."""

from collections.abc import Callable
from typing import Any

from apps.trading.sandbox.exchange.endpoints import Endpoint
from apps.trading.sandbox.exchange.keys import Access
from apps.trading.sandbox.exchange.usdm.account_api import UsdmAccounts
from apps.trading.sandbox.exchange.usdm.order_api import UsdmOrders
from apps.trading.sandbox.exchange.usdm.public_api import UsdmPublic

Table = dict[tuple[str, str], Endpoint]
TRANSFER_PATH = "/sapi/v1/asset/transfer"


def usdm_endpoints(public: UsdmPublic, accounts: UsdmAccounts, orders: UsdmOrders) -> Table:
    """By REST method and path."""
    table: Table = {}
    for weight, path, handler in _public(public):
        table["GET", f"/fapi/{path}"] = Endpoint(weight=weight, access=Access.NONE, public=handler)
    for weight, path, read in _reads(accounts, orders):
        table["GET", f"/fapi/{path}"] = Endpoint(weight=weight, access=Access.READ, signed=read)
    for count, method, path, trade in _trades(accounts, orders):
        table[method, f"/fapi/{path}"] = Endpoint(weight=1, access=Access.TRADE, signed=trade, orders=count)
    stream = {"POST": accounts.open_stream, "PUT": accounts.prolong_stream, "DELETE": accounts.close_stream}
    for method, listen in stream.items():
        table[method, "/fapi/v1/listenKey"] = Endpoint(weight=1, access=Access.STREAM, signed=listen)
    table["POST", TRANSFER_PATH] = Endpoint(weight=1, access=Access.TRADE, signed=accounts.transfer)
    return table


def _public(public: UsdmPublic) -> list[tuple[int, str, Callable[..., Any]]]:
    return [
        (1, "v1/ping", public.nothing),
        (1, "v1/time", public.time),
        (1, "v1/exchangeInfo", public.exchange_info),
        (5, "v1/depth", public.depth),
        (5, "v1/rpiDepth", public.depth),
        (5, "v1/klines", public.klines),
        (5, "v1/markPriceKlines", public.klines),
        (5, "v1/indexPriceKlines", public.pair_klines),
        (1, "v1/premiumIndex", public.premium_index),
        (1, "v1/fundingRate", public.funding_rates),
        (1, "v1/fundingInfo", public.funding_info),
        (1, "v1/ticker/24hr", public.ticker_day),
        (1, "v1/ticker/price", public.ticker_price),
        (1, "v2/ticker/price", public.ticker_price),
        (2, "v1/ticker/bookTicker", public.ticker_book),
        (5, "v1/trades", public.trades),
        (20, "v1/aggTrades", public.aggregate_trades),
        (1, "v1/openInterest", public.open_interest),
    ]


def _reads(accounts: UsdmAccounts, orders: UsdmOrders) -> list[tuple[int, str, Callable[..., Any]]]:
    return [
        *((5, f"v{version}/balance", accounts.balance) for version in (2, 3)),
        *((5, f"v{version}/account", accounts.account) for version in (1, 2, 3)),
        *((5, f"v{version}/positionRisk", accounts.position_risk) for version in (1, 2)),
        (5, "v3/positionRisk", accounts.open_position_risk),
        (1, "v1/leverageBracket", accounts.brackets),
        (5, "v1/symbolConfig", accounts.symbol_config),
        (5, "v1/accountConfig", accounts.account_config),
        (20, "v1/commissionRate", accounts.commission_rate),
        (30, "v1/positionSide/dual", accounts.dual),
        (30, "v1/multiAssetsMargin", accounts.multi_assets),
        (30, "v1/income", accounts.income),
        (1, "v1/order", orders.show),
        (1, "v1/openOrder", orders.open_one),
        (1, "v1/openOrders", orders.open_ones),
        (5, "v1/allOrders", orders.all),
        (5, "v1/userTrades", orders.trades),
        (20, "v1/forceOrders", orders.forced),
        (1, "v1/algoOrder", orders.show_algo),
        (1, "v1/openAlgoOrders", orders.open_algos),
        (5, "v1/allAlgoOrders", orders.all_algos),
    ]


def _trades(accounts: UsdmAccounts, orders: UsdmOrders) -> list[tuple[int, str, str, Callable[..., Any]]]:
    return [
        (1, "POST", "v1/order", orders.place),
        (0, "POST", "v1/order/test", orders.test),
        (1, "POST", "v1/batchOrders", orders.place_batch),
        (0, "DELETE", "v1/order", orders.cancel),
        (0, "DELETE", "v1/batchOrders", orders.cancel_batch),
        (0, "DELETE", "v1/allOpenOrders", orders.cancel_all),
        (1, "POST", "v1/algoOrder", orders.place_algo),
        (0, "DELETE", "v1/algoOrder", orders.cancel_algo),
        (0, "DELETE", "v1/algoOpenOrders", orders.cancel_algos),
        (0, "POST", "v1/leverage", accounts.set_leverage),
        (0, "POST", "v1/marginType", accounts.set_margin_type),
        (0, "POST", "v1/positionMargin", accounts.move_margin),
        (0, "POST", "v1/positionSide/dual", accounts.set_dual),
    ]
