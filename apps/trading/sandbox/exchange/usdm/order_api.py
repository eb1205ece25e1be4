"""Signed requests about orders of contracts, plain and conditional."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from apps.trading.sandbox.exchange import errors
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.order_params import integer
from apps.trading.sandbox.exchange.state import Account
from apps.trading.sandbox.exchange.usdm import payloads
from apps.trading.sandbox.exchange.usdm.account_api import UsdmAccounts
from apps.trading.sandbox.exchange.usdm.admission import admit_algo, admit_order, symbol_of
from apps.trading.sandbox.exchange.usdm.engine import UsdmEngine
from apps.trading.sandbox.exchange.usdm.state import AlgoOrder, FuturesAccount, FuturesOrder
from apps.trading.sandbox.exchange.venue import Venue

Params = Mapping[str, str]
Json = dict[str, Any]
MAX_BATCH = 5


class UsdmOrders:
    """Place, ask and cancel."""

    def __init__(self, venue: Venue, accounts: UsdmAccounts) -> None:
        self._venue = venue
        self._accounts = accounts

    @property
    def _usdm(self) -> UsdmEngine:
        return self._venue.engine.usdm

    def place(self, account: Account, params: Params) -> Json:
        """A market or limit order."""
        record = admit_order(self._usdm, self._known(account), params, self._venue.clock.now_ms())
        self._venue.counters["orders"] += 1
        return payloads.order_view(self._venue.submit(record))

    def test(self, account: Account, params: Params) -> Json:
        """All checks of a new order, and nothing else."""
        admit_order(self._usdm, self._known(account), params, self._venue.clock.now_ms())
        return {}

    def place_batch(self, account: Account, params: Params) -> list[Json]:
        """Up to five orders, each with its own answer."""
        return self._batch(params, "batchOrders", lambda each: self.place(account, each))

    def show(self, account: Account, params: Params) -> Json:
        """An order by id or client id."""
        return payloads.order_view(self._find(account, params, -2013, "Order does not exist."))

    def open_one(self, account: Account, params: Params) -> Json:
        """An order that is still open."""
        order = self._find(account, params, -2013, "Order does not exist.")
        if not order.is_open:
            raise ApiError(-2013, "Order does not exist.")
        return payloads.order_view(order)

    def open_ones(self, account: Account, params: Params) -> list[Json]:
        """Open orders of one or all contracts."""
        only = symbol_of(self._usdm, params) if params.get("symbol") else ""
        rows = self._accounts.of(account).open_orders.values()
        return [payloads.order_view(order) for order in rows if only in ("", order.symbol)]

    def all(self, account: Account, params: Params) -> list[Json]:
        """Orders of a contract: from an id or time on, else the newest."""
        symbol, first, limit = symbol_of(self._usdm, params), integer(params, "orderId"), _limit(params, 500)
        start, end = integer(params, "startTime"), integer(params, "endTime") or 1 << 62
        rows = [
            order
            for order in self._accounts.of(account).orders.values()
            if order.symbol == symbol and order.id >= (first or 0) and (start or 0) <= order.time <= end
        ]
        page = rows[:limit] if first is not None or start is not None else rows[-limit:]
        return [payloads.order_view(order) for order in page]

    def trades(self, account: Account, params: Params) -> list[Json]:
        """The account's trades of a contract (all without one): from an id or time on, else the newest."""
        symbol = symbol_of(self._usdm, params) if params.get("symbol") else ""
        first, order_id, limit = integer(params, "fromId"), integer(params, "orderId"), _limit(params, 500)
        start, end = integer(params, "startTime"), integer(params, "endTime") or 1 << 62
        rows = [
            trade
            for trade in self._accounts.of(account).trades
            if symbol in ("", trade.symbol)
            and trade.id >= (first or 0)
            and order_id in (None, trade.order_id)
            and (start or 0) <= trade.time <= end
        ]
        page = rows[:limit] if first is not None or start is not None else rows[-limit:]
        return [payloads.trade_view(trade) for trade in page]

    def forced(self, account: Account, params: Params) -> list[Json]:
        """Liquidations, newest first."""
        only = params.get("symbol", "")
        rows = [
            payloads.order_view(order)
            for order in self._accounts.of(account).orders.values()
            if order.original_type == "LIQUIDATION" and only in ("", order.symbol)
        ]
        return rows[::-1][: _limit(params, 50)]

    def cancel(self, account: Account, params: Params) -> Json:
        """Cancel one open order."""
        order = self._find(account, params, -2011, "Unknown order sent.")
        if not order.is_open:
            raise ApiError(-2011, "Unknown order sent.")
        self._venue.counters["cancels"] += 1
        return payloads.order_view(self._accounts.submit(account, "um_cancel", id=order.id))

    def cancel_batch(self, account: Account, params: Params) -> list[Json]:
        """Cancel several orders, each with its own answer."""
        name = "orderIdList" if params.get("orderIdList") else "origClientOrderIdList"
        key = "orderId" if name == "orderIdList" else "origClientOrderId"
        symbol = {"symbol": params.get("symbol", "")}
        return self._batch(params, name, lambda each: self.cancel(account, symbol | {key: each[""]}))

    def cancel_all(self, account: Account, params: Params) -> Json:
        """Cancel every open order of a contract."""
        symbol = symbol_of(self._usdm, params)
        for order in list(self._accounts.of(account).open_orders.values()):
            if order.symbol == symbol and order.is_open:
                self._accounts.submit(account, "um_cancel", id=order.id)
        return {"code": 200, "msg": "The operation of cancel all open order is done."}

    # ---- conditional orders

    def place_algo(self, account: Account, params: Params) -> Json:
        """An order that waits for its trigger."""
        record = admit_algo(self._usdm, self._known(account), params, self._venue.clock.now_ms())
        return payloads.algo_view(self._venue.submit(record))

    def show_algo(self, account: Account, params: Params) -> Json:
        """A conditional order by id or client id."""
        return payloads.algo_view(self._find_algo(account, params, -2013, "Order does not exist."))

    def open_algos(self, account: Account, params: Params) -> list[Json]:
        """Conditional orders that wait."""
        only = symbol_of(self._usdm, params) if params.get("symbol") else ""
        rows = self._accounts.of(account).waiting.values()
        return [payloads.algo_view(order) for order in rows if only in ("", order.symbol)]

    def all_algos(self, account: Account, params: Params) -> list[Json]:
        """Conditional orders of a contract."""
        symbol = symbol_of(self._usdm, params)
        rows = [order for order in self._accounts.of(account).algos.values() if order.symbol == symbol]
        return [payloads.algo_view(order) for order in rows[-_limit(params, 500) :]]

    def cancel_algo(self, account: Account, params: Params) -> Json:
        """Cancel a conditional order."""
        order = self._find_algo(account, params, -2011, "Unknown order sent.")
        if not order.is_open:
            raise ApiError(-2011, "Unknown order sent.")
        self._accounts.submit(account, "um_algo_cancel", id=order.id)
        return {"algoId": order.id, "clientAlgoId": order.client_id, "code": "200", "msg": "success"}

    def cancel_algos(self, account: Account, params: Params) -> Json:
        """Cancel every conditional order of a contract."""
        symbol = symbol_of(self._usdm, params)
        for order in list(self._accounts.of(account).waiting.values()):
            if order.symbol == symbol:
                self._accounts.submit(account, "um_algo_cancel", id=order.id)
        return {"code": 200, "msg": "The operation of cancel all open order is done."}

    # ---- inner

    def _known(self, account: Account) -> FuturesAccount:
        return self._accounts.of(account)

    def _find(self, account: Account, params: Params, code: int, words: str) -> FuturesOrder:
        symbol, orders = symbol_of(self._usdm, params), self._accounts.of(account).orders
        order_id, client_id = integer(params, "orderId"), params.get("origClientOrderId", "")
        if order_id is None and not client_id:
            raise ApiError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
        if order_id is not None:
            found = orders.get(order_id)
        else:
            found = next((each for each in reversed(orders.values()) if each.client_id == client_id), None)
        if found is None or found.symbol != symbol:
            raise ApiError(code, words)
        return found

    def _find_algo(self, account: Account, params: Params, code: int, words: str) -> AlgoOrder:
        orders = self._accounts.of(account).algos
        algo_id, client_id = integer(params, "algoId"), params.get("clientAlgoId", "")
        if algo_id is None and not client_id:
            raise errors.missing_parameter("algoId")
        if algo_id is not None:
            found = orders.get(algo_id)
        else:
            found = next((each for each in reversed(orders.values()) if each.client_id == client_id), None)
        if found is None:
            raise ApiError(code, words)
        return found

    def _batch(self, params: Params, name: str, run: Callable[[dict[str, str]], Json]) -> list[Json]:
        try:
            rows = json.loads(params.get(name, ""))
        except ValueError as error:
            raise errors.missing_parameter(name) from error
        if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_BATCH * 2:
            raise ApiError(-4082, "Invalid number of batch place orders.")
        answers: list[Json] = []
        for row in rows:
            texts = {key: _plain(value) for key, value in row.items()} if isinstance(row, dict) else {"": _plain(row)}
            try:
                answers.append(run(texts))
            except ApiError as error:
                answers.append(error.body())
        return answers


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _limit(params: Params, default: int) -> int:
    return min(integer(params, "limit") or default, 1_000)
