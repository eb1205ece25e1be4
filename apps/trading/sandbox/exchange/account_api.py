"""Signed requests: shared by REST and the WS-API. Every method changes nothing when it raises ApiError."""

from collections.abc import Mapping
from typing import Any, TypeVar

from apps.trading.sandbox.exchange import errors, payloads
from apps.trading.sandbox.exchange.admission import admit_order, find_order, integer, market_of
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.filters import published
from apps.trading.sandbox.exchange.keys import asking_key
from apps.trading.sandbox.exchange.limits import OrderLimit
from apps.trading.sandbox.exchange.public_api import page_limit
from apps.trading.sandbox.exchange.state import Account, MarketState, Order, OrderList, OrderStatus, PrivateTrade
from apps.trading.sandbox.exchange.venue import Venue

Params = Mapping[str, str]
Row = TypeVar("Row")
_RESPONSE_TYPES = ("ACK", "RESULT", "FULL")
_RESTRICTIONS = {
    "ONLY_NEW": OrderStatus.NEW,
    "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
}


class AccountApi:
    """What one account may ask and order."""

    def __init__(self, venue: Venue, order_limit: OrderLimit) -> None:
        self._venue = venue
        self._order_limit = order_limit

    def account(self, account: Account, params: Params) -> Any:
        """Balances and fee rates."""
        view = payloads.account_view(account)
        if params.get("omitZeroBalances", "").lower() == "true":
            zero = {"free": payloads.ZERO, "locked": payloads.ZERO}
            view["balances"] = [row for row in view["balances"] if not zero.items() <= row.items()]
        return view

    def commission(self, account: Account, params: Params) -> Any:
        """Fee rates of a symbol."""
        return {"symbol": market_of(self._venue.engine, params).spec.name} | payloads.commission(account, "")

    def my_filters(self, _account: Account, params: Params) -> Any:
        """Filters of a symbol; the account and its assets have none of their own."""
        spec = market_of(self._venue.engine, params).spec
        return {"exchangeFilters": [], "symbolFilters": published(spec), "assetFilters": []}

    def order_counts(self, account: Account, _: Params) -> Any:
        """Unfilled orders in the current intervals."""
        return self._order_limit.status(account.id, self._venue.clock.now_ms())

    def place_order(self, account: Account, params: Params) -> Any:
        """A new order."""
        shape = response_type(params)
        record = admit_order(self._venue.engine, account, params, self._venue.clock.now_ms())
        order = self._venue.place_order(record)
        market = self._venue.engine.state.markets[order.symbol]
        shape = shape or payloads.default_response_type(order.type)
        return payloads.order_result(market.spec, order, shape, self.fills_of(account, order))

    def test_order(self, account: Account, params: Params) -> Any:
        """All checks of a new order, and nothing else."""
        response_type(params)
        admit_order(self._venue.engine, account, params, self._venue.clock.now_ms())
        wants_rates = params.get("computeCommissionRates", "").lower() == "true"
        return payloads.commission(account, "ForOrder") if wants_rates else {}

    def order(self, account: Account, params: Params) -> Any:
        """One order by id or client id."""
        market, order = self._find(account, params)
        if order is None:
            known = market.orders.get(integer(params, "orderId") or 0)
            if known is not None and known.account_id == account.id:
                raise ApiError(-2039, "Client order ID is not correct for this order ID.")
            raise errors.no_such_order()
        return payloads.order_view(market.spec, order)

    def cancel_order(self, account: Account, params: Params) -> Any:
        """Cancel one open order."""
        market, order = self._find(account, params)
        if order is None or not order.is_open:
            raise errors.unknown_order()
        restriction = params.get("cancelRestrictions", "")
        if restriction and restriction not in _RESTRICTIONS:
            raise ApiError(-1145, "Invalid cancelRestrictions")
        if restriction and order.status is not _RESTRICTIONS[restriction]:
            raise ApiError(-2011, "Order was not canceled due to cancel restrictions.")
        return self._cancel(account, market, order, params.get("newClientOrderId", ""))

    def cancel_open_orders(self, account: Account, params: Params) -> Any:
        """Cancel every open order of a symbol; a list is cancelled, and answered, as one."""
        market = market_of(self._venue.engine, params)
        orders = list(account.desk(market.spec.name).open.values())
        if not orders:
            raise errors.unknown_order()
        answers = []
        for order in orders:
            if not order.is_open:
                continue  # went with its list
            order_list = account.lists.get(order.list_id)
            if order_list is None:
                answers.append(self._cancel(account, market, order, ""))
            else:
                answers.append(self.cancel_list(account, order_list, ""))
        return answers

    def open_orders(self, account: Account, params: Params) -> Any:
        """Open orders of one or all symbols."""
        only = market_of(self._venue.engine, params).spec.name if params.get("symbol") else None
        markets = self._venue.engine.state.markets
        return [
            payloads.order_view(markets[order.symbol].spec, order)
            for order in account.open_orders.values()
            if only in (None, order.symbol)
        ]

    def all_orders(self, account: Account, params: Params) -> Any:
        """Orders of a symbol: from an id or a time on, else the newest."""
        market = market_of(self._venue.engine, params)
        first, start, end = integer(params, "orderId"), integer(params, "startTime"), integer(params, "endTime")
        found = [
            order
            for order in account.desk(market.spec.name).orders
            if (first is None or order.id >= first)
            and (start is None or order.time >= start)
            and (end is None or order.time <= end)
        ]
        page = _page(found, params, from_start=first is not None or start is not None)
        return [payloads.order_view(market.spec, order) for order in page]

    def my_trades(self, account: Account, params: Params) -> Any:
        """Trades of a symbol: of an order, from an id or a time on, else the newest."""
        market = market_of(self._venue.engine, params)
        order_id, first = integer(params, "orderId"), integer(params, "fromId")
        start, end = integer(params, "startTime"), integer(params, "endTime")
        found = [
            trade
            for trade in account.desk(market.spec.name).trades
            if (order_id is None or trade.order_id == order_id)
            and (first is None or trade.id >= first)
            and (start is None or trade.time >= start)
            and (end is None or trade.time <= end)
        ]
        page = _page(found, params, from_start=first is not None or start is not None)
        return [payloads.my_trade(market.spec, trade, market.orders[trade.order_id].list_id) for trade in page]

    def prevented_matches(self, account: Account, params: Params) -> Any:
        """Trades that self-trade prevention stopped, of one order or by their own id."""
        market = market_of(self._venue.engine, params)
        match_id, order_id = integer(params, "preventedMatchId"), integer(params, "orderId")
        first = integer(params, "fromPreventedMatchId")
        if match_id is None and order_id is None:
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        found = [
            match
            for match in account.prevented
            if match.symbol == market.spec.name
            and (match_id is None or match.id == match_id)
            and (order_id is None or order_id in (match.taker_order_id, match.maker_order_id))
            and (first is None or match.id >= first)
        ]
        return [payloads.prevented_match(market.spec, match) for match in found[: page_limit(params)]]

    def amendments(self, account: Account, params: Params) -> Any:
        """Amendments of one order."""
        market, order = self._find(account, params)
        if order is None:
            raise errors.no_such_order()
        first = integer(params, "fromExecutionId") or 0
        found = [change for change in order.amendments if change.execution_id >= first]
        return [payloads.amendment(market.spec, order, change) for change in found[: page_limit(params)]]

    def trade_fees(self, account: Account, params: Params) -> Any:
        """sapi asset/tradeFee."""
        only = market_of(self._venue.engine, params).spec.name if params.get("symbol") else None
        maker, taker = payloads.rate_text(account.maker_fee), payloads.rate_text(account.taker_fee)
        return [
            {"symbol": name, "makerCommission": maker, "takerCommission": taker}
            for name in self._venue.engine.state.markets
            if only in (None, name)
        ]

    def coins(self, account: Account, _: Params) -> Any:
        """sapi capital/config/getall: the assets traded here, without networks."""
        specs = [market.spec for market in self._venue.engine.state.markets.values()]
        assets = sorted({spec.base for spec in specs} | {spec.quote for spec in specs})
        blank = {"freeze": "0", "withdrawing": "0", "ipoing": "0", "ipoable": "0", "storage": "0"}
        return [
            blank
            | {
                "coin": row["asset"],
                "name": row["asset"],
                "free": row["free"],
                "locked": row["locked"],
                "depositAllEnable": False,
                "withdrawAllEnable": False,
                "isLegalMoney": False,
                "trading": True,
                "networkList": [],
            }
            for row in payloads.balances_of(account, assets)
        ]

    def user_assets(self, account: Account, params: Params) -> Any:
        """sapi asset/getUserAsset: assets the account holds."""
        only = params.get("asset", "")
        rows = [row for row in payloads.balances_of(account, account.assets()) if only in ("", row["asset"])]
        rest = {"freeze": "0", "withdrawing": "0", "ipoable": "0", "btcValuation": "0"}
        return [row | rest for row in rows]

    def restrictions(self, account: Account, _: Params) -> Any:
        """sapi account/apiRestrictions: the rights of the key that asks."""
        key = asking_key.get()
        rights = key.permissions if key is not None else ()
        denied = ("enableInternalTransfer", "enableMargin", "enableFutures", "permitsUniversalTransfer")
        answer: dict[str, Any] = {
            "ipRestrict": bool(key is not None and key.ips),
            "createTime": account.updated,
            "enableReading": "read" in rights,
            "enableSpotAndMarginTrading": "trade" in rights,
            "enableWithdrawals": "withdraw" in rights,
        }
        return answer | dict.fromkeys(denied, False)

    def trading_status(self, _account: Account, _params: Params) -> Any:
        """sapi account/apiTradingStatus."""
        return {"data": {"isLocked": False, "plannedRecoverTime": 0, "triggerCondition": {}, "updateTime": 0}}

    def nothing(self, _account: Account, _params: Params) -> Any:
        """An empty list: the exchange has no margin and no allocations."""
        return []

    def list_view(self, order_list: OrderList) -> dict[str, Any]:
        """An order list with its orders' ids."""
        return payloads.list_view(order_list, self._orders_of(order_list))

    def cancel_list(self, account: Account, order_list: OrderList, client_id: str) -> dict[str, Any]:
        """Cancel an open list; answers with the reports of its orders."""
        standing = [order for order in self._orders_of(order_list) if order.is_open]
        client_id = client_id or f"cancel-list-{order_list.id}"
        self._venue.cancel_list(account, order_list, client_id)
        spec = self._venue.engine.state.markets[order_list.symbol].spec
        reports = [payloads.cancel_result(spec, order, client_id) for order in standing]
        return self.list_view(order_list) | {"orderReports": reports}

    def _orders_of(self, order_list: OrderList) -> list[Order]:
        orders = self._venue.engine.state.markets[order_list.symbol].orders
        return [orders[order_id] for order_id in order_list.order_ids]

    def _find(self, account: Account, params: Params) -> tuple[MarketState, Order | None]:
        market = market_of(self._venue.engine, params)
        return market, find_order(account, market, params)

    def _cancel(self, account: Account, market: MarketState, order: Order, client_id: str) -> Any:
        client_id = client_id or f"cancel-{order.id}"
        self._venue.cancel_order(account, order, client_id)
        return payloads.cancel_result(market.spec, order, client_id)

    @staticmethod
    def fills_of(account: Account, order: Order) -> list[PrivateTrade]:
        """Trades of a new order: they are at the tail of the account's list."""
        trades = account.desk(order.symbol).trades
        first = len(trades)
        while first and trades[first - 1].time >= order.time:
            first -= 1
        return [trade for trade in trades[first:] if trade.order_id == order.id]


def response_type(params: Params) -> str:
    """`newOrderRespType`, empty when not sent; ApiError -1130."""
    shape = params.get("newOrderRespType", "")
    if shape and shape not in _RESPONSE_TYPES:
        raise ApiError(-1130, "Data sent for parameter 'newOrderRespType' is not valid.")
    return shape


def _page(rows: list[Row], params: Params, *, from_start: bool) -> list[Row]:
    limit = page_limit(params)
    return rows[:limit] if from_start else rows[-limit:]
