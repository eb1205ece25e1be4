"""Order lists: OCO, OTO and OTOCO, placed, shown and cancelled."""

from collections.abc import Mapping
from typing import Any

from apps.trading.sandbox.exchange import errors, payloads
from apps.trading.sandbox.exchange.account_api import AccountApi
from apps.trading.sandbox.exchange.admission import admit_list, integer, market_of, required
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.public_api import page_limit
from apps.trading.sandbox.exchange.state import Account, OrderList
from apps.trading.sandbox.exchange.venue import Venue

Params = Mapping[str, str]
_LIMIT_LEG = {"limitClientOrderId": "ClientOrderId", "price": "Price", "limitIcebergQty": "IcebergQty"}
_LIMIT_LEG |= {"limitStrategyId": "StrategyId", "limitStrategyType": "StrategyType"}
_STOP_LEG = {"stopClientOrderId": "ClientOrderId", "stopPrice": "StopPrice", "stopLimitPrice": "Price"}
_STOP_LEG |= {"stopIcebergQty": "IcebergQty", "stopLimitTimeInForce": "TimeInForce", "trailingDelta": "TrailingDelta"}
_STOP_LEG |= {"stopStrategyId": "StrategyId", "stopStrategyType": "StrategyType"}
_SHARED = (
    "symbol",
    "side",
    "quantity",
    "listClientOrderId",
    "newOrderRespType",
    "selfTradePreventionMode",
)


class OrderListApi:
    """What one account may ask and order about its lists."""

    def __init__(self, venue: Venue, private: AccountApi) -> None:
        self._venue = venue
        self._private = private

    def place_oco(self, account: Account, params: Params) -> Any:
        """One cancels the other."""
        return self._place(account, params, "OCO")

    def place_oto(self, account: Account, params: Params) -> Any:
        """One triggers the other."""
        return self._place(account, params, "OTO")

    def place_otoco(self, account: Account, params: Params) -> Any:
        """One triggers an OCO pair."""
        return self._place(account, params, "OTOCO")

    def place_old_oco(self, account: Account, params: Params) -> Any:
        """The older form of OCO: a limit leg and a stop leg."""
        return self._place(account, _modern_oco(params), "OCO")

    def show(self, account: Account, params: Params) -> Any:
        """One list by orderListId or origClientOrderId."""
        found = self._find(account, params, "origClientOrderId")
        if found is None:
            raise ApiError(-2013, "Order list does not exist.")
        return self._private.list_view(found)

    def show_all(self, account: Account, params: Params) -> Any:
        """Lists from an id or a time on, else the newest."""
        first, start, end = integer(params, "fromId"), integer(params, "startTime"), integer(params, "endTime")
        if first is not None and (start is not None or end is not None):
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        found = [
            order_list
            for order_list in account.lists.values()
            if (first is None or order_list.id >= first)
            and (start is None or order_list.time >= start)
            and (end is None or order_list.time <= end)
        ]
        limit = page_limit(params)
        page = found[-limit:] if first is None and start is None else found[:limit]
        return [self._private.list_view(order_list) for order_list in page]

    def show_open(self, account: Account, _: Params) -> Any:
        """Lists that still work."""
        return [self._private.list_view(order_list) for order_list in account.lists.values() if order_list.is_open]

    def cancel(self, account: Account, params: Params) -> Any:
        """Cancel every order of a list."""
        market = market_of(self._venue.engine, params)
        found = self._find(account, params, "listClientOrderId")
        if found is None or not found.is_open or found.symbol != market.spec.name:
            raise errors.unknown_order()
        return self._private.cancel_list(account, found, params.get("newClientOrderId", ""))

    def _place(self, account: Account, params: Params, kind: str) -> Any:
        record = admit_list(self._venue.engine, account, params, kind, self._venue.clock.now_ms())
        placed = self._venue.place_list(record)
        market = self._venue.state.markets[placed.symbol]
        orders = [market.orders[order_id] for order_id in placed.order_ids]
        shape = params.get("newOrderRespType") or "RESULT"
        reports = [
            payloads.order_result(market.spec, order, shape, self._private.fills_of(account, order)) for order in orders
        ]
        return self._private.list_view(placed) | {"orderReports": reports}

    @staticmethod
    def _find(account: Account, params: Params, name: str) -> OrderList | None:
        list_id, client_id = integer(params, "orderListId"), params.get(name, "")
        if list_id is None and not client_id:
            raise ApiError(-1102, f"Param '{name}' or 'orderListId' must be sent, but both were empty/null!")
        if list_id is None:
            return account.lists_by_client_id.get(client_id)
        found = account.lists.get(list_id)
        return found if found is None or not client_id or found.client_id == client_id else None


def _modern_oco(params: Params) -> dict[str, str]:
    """The parameters of `order/oco` as those of `orderList/oco`: a sell's limit leg is above, a buy's below."""
    side = required(params, "side")
    required(params, "price")
    required(params, "stopPrice")
    limit, stop = ("below", "above") if side == "BUY" else ("above", "below")
    modern = {name: params[name] for name in _SHARED if params.get(name)}
    modern[f"{limit}Type"] = "LIMIT_MAKER"
    modern[f"{stop}Type"] = "STOP_LOSS_LIMIT" if params.get("stopLimitPrice") else "STOP_LOSS"
    modern |= {f"{limit}{new}": params[old] for old, new in _LIMIT_LEG.items() if params.get(old)}
    modern |= {f"{stop}{new}": params[old] for old, new in _STOP_LEG.items() if params.get(old)}
    return modern
