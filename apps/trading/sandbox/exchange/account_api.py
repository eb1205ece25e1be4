"""Signed requests: shared by REST and the WS-API. Every method changes nothing when it raises ApiError."""

from collections.abc import Mapping
from typing import Any, TypeVar

from apps.trading.sandbox.exchange import errors, payloads
from apps.trading.sandbox.exchange.admission import admit_order, find_order, integer, market_of
from apps.trading.sandbox.exchange.public_api import page_limit
from apps.trading.sandbox.exchange.state import Account, MarketState, Order, PrivateTrade
from apps.trading.sandbox.exchange.venue import Venue

Params = Mapping[str, str]
Row = TypeVar("Row")


class AccountApi:
    """What one account may ask and order."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    def account(self, account: Account, _: Params) -> Any:
        """Balances and fee rates."""
        return payloads.account_view(account)

    def place_order(self, account: Account, params: Params) -> Any:
        """A new order."""
        record = admit_order(self._venue.engine, account, params, self._venue.clock.now_ms())
        order = self._venue.place_order(record)
        market = self._venue.engine.state.markets[order.symbol]
        response_type = params.get("newOrderRespType") or payloads.default_response_type(order.type)
        fills = [trade for trade in self._newest_trades(account, order) if trade.order_id == order.id]
        return payloads.order_result(market.spec, order, response_type, fills)

    def test_order(self, account: Account, params: Params) -> Any:
        """All checks of a new order, and nothing else."""
        admit_order(self._venue.engine, account, params, self._venue.clock.now_ms())
        return {}

    def order(self, account: Account, params: Params) -> Any:
        """One order by id or client id."""
        market, order = self._find(account, params)
        if order is None:
            raise errors.no_such_order()
        return payloads.order_view(market.spec, order)

    def cancel_order(self, account: Account, params: Params) -> Any:
        """Cancel one open order."""
        market, order = self._find(account, params)
        if order is None or not order.is_open:
            raise errors.unknown_order()
        return self._cancel(account, market, order, params.get("newClientOrderId", ""))

    def cancel_open_orders(self, account: Account, params: Params) -> Any:
        """Cancel every open order of a symbol."""
        market = market_of(self._venue.engine, params)
        orders = [order for order in account.open_orders.values() if order.symbol == market.spec.name]
        if not orders:
            raise errors.unknown_order()
        return [self._cancel(account, market, order, "") for order in orders]

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
            for order in account.orders.get(market.spec.name, ())
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
            for trade in account.trades.get(market.spec.name, ())
            if (order_id is None or trade.order_id == order_id)
            and (first is None or trade.id >= first)
            and (start is None or trade.time >= start)
            and (end is None or trade.time <= end)
        ]
        page = _page(found, params, from_start=first is not None or start is not None)
        return [payloads.my_trade(market.spec, trade) for trade in page]

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

    def nothing(self, _account: Account, _params: Params) -> Any:
        """An empty list: the exchange has no margin."""
        return []

    def _find(self, account: Account, params: Params) -> tuple[MarketState, Order | None]:
        market = market_of(self._venue.engine, params)
        return market, find_order(account, market, params)

    def _cancel(self, account: Account, market: MarketState, order: Order, client_id: str) -> Any:
        client_id = client_id or f"cancel-{order.id}"
        self._venue.cancel_order(account, order, client_id)
        return payloads.cancel_result(market.spec, order, client_id)

    @staticmethod
    def _newest_trades(account: Account, order: Order) -> list[PrivateTrade]:
        """Trades since the order was placed: they are the tail of the account's list."""
        trades = account.trades.get(order.symbol, [])
        first = len(trades)
        while first and trades[first - 1].time >= order.time:
            first -= 1
        return trades[first:]


def _page(rows: list[Row], params: Params, *, from_start: bool) -> list[Row]:
    limit = page_limit(params)
    return rows[:limit] if from_start else rows[-limit:]
