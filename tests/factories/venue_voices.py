"""What nine exchanges answer, written by us in the form that the adapter library's own parsers read (synthetic)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.factories.venue_desk import PRICE, Order, Voice

Given = dict[str, Any]


def _cost(order: Order) -> str:
    return f"{Decimal(order.filled) * Decimal(PRICE):f}"


def _left(order: Order) -> str:
    return f"{Decimal(order.amount) - Decimal(order.filled):f}"


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat().replace("+00:00", "Z")


class Bybit(Voice):
    """Bybit v5."""

    name = "bybit"
    envelope = {"retCode": 0}
    routes = {
        "GET /v5/market/time": "time",
        "GET /v5/user/query-api": "told_rights",
        "GET /v5/account/info": "account",
        "GET /v5/account/wallet-balance": "balance",
        "POST /v5/order/create": "create",
        "POST /v5/order/cancel": "take_back",
        "GET /v5/order/realtime": "lately",
        "GET /v5/order/history": "lately",
        "GET /v5/execution/list": "executions",
    }

    def _ok(self, result: Any) -> Given:
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": self.now}

    def _no(self, code: int, words: str) -> Given:
        return {"retCode": code, "retMsg": words, "result": {}, "retExtInfo": {}, "time": self.now}

    def time(self, given: Given, last: str) -> Any:
        return self._ok({"timeSecond": str(self.now // 1_000), "timeNano": str(self.now * 1_000_000)})

    def told_rights(self, given: Given, last: str) -> Any:
        told = {"readOnly": 0, "permissions": {"Spot": ["SpotTrade"], "Wallet": []}, "ips": ["*"]}
        return self._ok({"unified": 0, "uta": 1, **(self.rights or told)})

    def account(self, given: Given, last: str) -> Any:
        return self._ok({"unifiedMarginStatus": 6})

    def balance(self, given: Given, last: str) -> Any:
        coin = {"coin": "USDT", "equity": "1000", "walletBalance": "1000", "locked": "100"}
        return self._ok({"list": [{"accountType": "UNIFIED", "coin": [coin]}]})

    def create(self, given: Given, last: str) -> Any:
        if self.is_poor:
            return self._no(170131, "Balance insufficient.")
        at_once = given.get("timeInForce") == "IOC"
        made = self.take(given["orderLinkId"], given["side"], given["orderType"], given["qty"], given.get("price", ""),
                         at_once=at_once)  # fmt: skip
        return self._ok({"orderId": made.id, "orderLinkId": made.cid})

    def take_back(self, given: Given, last: str) -> Any:
        done = self.cancel(given.get("orderId") or given.get("orderLinkId"))
        if done is None:
            return self._no(170213, "Order does not exist.")
        return self._ok({"orderId": done.id, "orderLinkId": done.cid})

    def lately(self, given: Given, last: str) -> Any:
        wanted = given.get("orderId") or given.get("orderLinkId")
        found = self.find(wanted)
        rows = self.open() if not wanted else [] if found is None else [found]
        return self._ok({"category": "spot", "nextPageCursor": "", "list": [self._order(row) for row in rows]})

    def _order(self, order: Order) -> Given:
        state = {"open": "New", "filled": "Filled", "cancelled": "Cancelled"}[order.status]
        return {
            "orderId": order.id, "orderLinkId": order.cid, "symbol": "BTCUSDT", "price": order.price,
            "qty": order.amount, "side": order.side.capitalize(), "orderStatus": state, "leavesQty": _left(order),
            "avgPrice": PRICE if float(order.filled) else "", "cumExecQty": order.filled, "timeInForce": "GTC",
            "cumExecValue": _cost(order), "cumExecFee": "0", "orderType": order.kind.capitalize(),
            "createdTime": str(order.at_ms), "updatedTime": str(order.at_ms),
        }  # fmt: skip

    def executions(self, given: Given, last: str) -> Any:
        rows = [
            {"symbol": "BTCUSDT", "orderId": row.order.id, "orderLinkId": row.order.cid,
             "side": row.order.side.capitalize(), "execId": row.id, "execPrice": row.price, "execQty": row.amount,
             "execFee": row.fee, "feeCurrency": "BTC", "execTime": str(row.at_ms), "isMaker": False,
             "execType": "Trade"}
            for row in self.page(given.get("endTime"), int(given["limit"]))
        ]  # fmt: skip
        return self._ok({"category": "spot", "nextPageCursor": "", "list": rows})


class Okx(Voice):
    """OKX v5."""

    name = "okx"
    envelope = {"code": "0"}
    routes = {
        "GET /api/v5/public/time": "time",
        "GET /api/v5/account/config": "told_rights",
        "GET /api/v5/account/balance": "balance",
        "POST /api/v5/trade/batch-orders": "create",
        "POST /api/v5/trade/cancel-order": "take_back",
        "GET /api/v5/trade/order": "one",
        "GET /api/v5/trade/orders-pending": "pending",
        "GET /api/v5/trade/fills-history": "executions",
    }

    def _ok(self, rows: list[Any]) -> Given:
        return {"code": "0", "msg": "", "data": rows}

    def _no(self, code: str, words: str) -> Given:
        row = {"ordId": "", "clOrdId": "", "sCode": code, "sMsg": words}
        return {"code": "1", "msg": "All operations failed", "data": [row]}

    def time(self, given: Given, last: str) -> Any:
        return self._ok([{"ts": str(self.now)}])

    def told_rights(self, given: Given, last: str) -> Any:
        return self._ok([self.rights or {"perm": "read_only,trade", "ip": "203.0.113.7"}])

    def balance(self, given: Given, last: str) -> Any:
        row = {"ccy": "USDT", "eq": "1000", "availEq": "", "availBal": "900", "frozenBal": "100", "cashBal": "1000"}
        return self._ok([{"details": [row], "uTime": str(self.now)}])

    def create(self, given: Given, last: str) -> Any:
        (asked,) = given["rows"]
        if self.is_poor:
            return self._no("51008", "Order failed. Insufficient USDT balance in account.")
        if asked["ordType"] == "market":
            assert asked["tgtCcy"] == "base_ccy"
        made = self.take(asked["clOrdId"], asked["side"], asked["ordType"], asked["sz"], asked.get("px", ""))
        return self._ok([{"ordId": made.id, "clOrdId": made.cid, "sCode": "0", "sMsg": "Order placed"}])

    def take_back(self, given: Given, last: str) -> Any:
        done = self.cancel(given.get("ordId") or given.get("clOrdId"))
        if done is None:
            return self._no("51400", "Cancellation failed as the order does not exist.")
        return self._ok([{"ordId": done.id, "clOrdId": done.cid, "sCode": "0", "sMsg": ""}])

    def one(self, given: Given, last: str) -> Any:
        found = self.find(given.get("ordId") or given.get("clOrdId"))
        if found is None:
            return {"code": "51603", "msg": "Order does not exist", "data": []}
        return self._ok([self._order(found)])

    def pending(self, given: Given, last: str) -> Any:
        return self._ok([self._order(row) for row in self.open()])

    def _order(self, order: Order) -> Given:
        state = {"open": "live", "filled": "filled", "cancelled": "canceled"}[order.status]
        return {
            "instType": "SPOT", "instId": "BTC-USDT", "ordId": order.id, "clOrdId": order.cid, "state": state,
            "px": "" if order.kind == "market" else order.price, "sz": order.amount, "ordType": order.kind,
            "side": order.side, "accFillSz": order.filled, "avgPx": PRICE if float(order.filled) else "",
            "tgtCcy": "base_ccy" if order.kind == "market" else "", "fee": "0", "feeCcy": "BTC",
            "cTime": str(order.at_ms), "uTime": str(order.at_ms),
        }  # fmt: skip

    def executions(self, given: Given, last: str) -> Any:
        rows = self.page(given.get("end"), int(given.get("limit", 100)))
        return self._ok([
            {"instType": "SPOT", "instId": "BTC-USDT", "tradeId": row.id, "ordId": row.order.id,
             "clOrdId": row.order.cid, "fillPx": row.price, "fillSz": row.amount, "side": row.order.side,
             "execType": "T", "fee": f"-{row.fee}", "feeCcy": "BTC", "ts": str(row.at_ms)}
            for row in rows
        ])  # fmt: skip


class Kraken(Voice):
    """Kraken spot."""

    name = "kraken"
    envelope = {"error": []}
    routes = {
        "GET /0/public/Time": "time",
        "POST /0/private/GetApiKeyInfo": "told_rights",
        "POST /0/private/BalanceEx": "balance",
        "POST /0/private/Balance": "balance",
        "POST /0/private/AddOrder": "create",
        "POST /0/private/CancelOrder": "take_back",
        "POST /0/private/QueryOrders": "one",
        "POST /0/private/OpenOrders": "opened",
        "POST /0/private/ClosedOrders": "closed",
        "POST /0/private/TradesHistory": "executions",
    }

    def _ok(self, result: Any) -> Given:
        return {"error": [], "result": result}

    def time(self, given: Given, last: str) -> Any:
        return self._ok({"unixtime": self.now // 1_000, "rfc1123": ""})

    def told_rights(self, given: Given, last: str) -> Any:
        granted = ["query-funds", "query-open-trades", "query-closed-trades", "modify-trades", "close-trades"]
        return self._ok(self.rights or {"api_key_name": "k", "permissions": granted, "ip_allowlist": []})

    def balance(self, given: Given, last: str) -> Any:
        return self._ok({"USDT": {"balance": "1000", "hold_trade": "100"}})

    def create(self, given: Given, last: str) -> Any:
        if self.is_poor:
            return {"error": ["EOrder:Insufficient funds"]}
        assert given["deadline"].endswith("Z")
        made = self.take(given["cl_ord_id"], given["type"], given["ordertype"], given["volume"], given.get("price", ""))
        words = f"{made.side} {made.amount} XBTUSDT @ {made.kind} {made.price}"
        return self._ok({"descr": {"order": words}, "txid": [made.id]})

    def take_back(self, given: Given, last: str) -> Any:
        done = self.cancel(given.get("txid") or given.get("cl_ord_id"))
        return {"error": ["EOrder:Unknown order"]} if done is None else self._ok({"count": 1})

    def one(self, given: Given, last: str) -> Any:
        found = self.find(given["txid"])
        return self._ok({} if found is None else {found.id: self._order(found)})

    def _listed(self, given: Given, *, is_open: bool) -> Given:
        wanted = given.get("cl_ord_id")
        rows = [row for row in self.orders if (row.status == "open") == is_open and wanted in (None, row.cid)]
        return {row.id: self._order(row) for row in rows}

    def opened(self, given: Given, last: str) -> Any:
        return self._ok({"open": self._listed(given, is_open=True)})

    def closed(self, given: Given, last: str) -> Any:
        return self._ok({"closed": self._listed(given, is_open=False), "count": 1})

    def _order(self, order: Order) -> Given:
        state = {"open": "open", "filled": "closed", "cancelled": "canceled"}[order.status]
        return {
            "status": state, "opentm": order.at_ms / 1_000, "vol": order.amount, "vol_exec": order.filled,
            "cost": _cost(order), "fee": "0", "price": PRICE if float(order.filled) else "0", "cl_ord_id": order.cid,
            "descr": {"pair": "XBTUSDT", "type": order.side, "ordertype": order.kind, "price": order.price,
                      "price2": "0"},
            "oflags": "fciq", "userref": 0,
        }  # fmt: skip

    def executions(self, given: Given, last: str) -> Any:
        until = int(given["end"]) * 1_000 if "end" in given else None
        rows = {
            row.id: {"ordertxid": row.order.id, "pair": "XBTUSDT", "time": row.at_ms / 1_000, "type": row.order.side,
                     "ordertype": row.order.kind, "price": row.price, "cost": "10000", "fee": row.fee,
                     "vol": row.amount, "margin": "0", "maker": False}
            for row in self.page(until, 50)
        }  # fmt: skip
        return self._ok({"trades": rows, "count": len(self.trades)})


class Coinbase(Voice):
    """Coinbase Advanced Trade."""

    name, symbol = "coinbase", "BTCUSD"
    routes = {
        "GET /v2/time": "time",
        "GET /api/v3/brokerage/key_permissions": "told_rights",
        "GET /api/v3/brokerage/accounts": "balance",
        "GET /v2/accounts": "balance",
        "GET /api/v3/brokerage/transaction_summary": "fees",
        "GET /api/v3/brokerage/product_book": "book",
        "GET /api/v3/brokerage/market/product_book": "book",
        "POST /api/v3/brokerage/orders": "create",
        "POST /api/v3/brokerage/orders/batch_cancel": "take_back",
        "GET /api/v3/brokerage/orders/historical/": "one",
        "GET /api/v3/brokerage/orders/historical/batch": "listed",
        "GET /api/v3/brokerage/orders/historical/fills": "executions",
    }

    def time(self, given: Given, last: str) -> Any:
        return {"data": {"iso": _iso(self.now), "epoch": self.now // 1_000}}

    def told_rights(self, given: Given, last: str) -> Any:
        return self.rights or {"can_view": True, "can_trade": True, "can_transfer": False, "portfolio_uuid": "p"}

    def balance(self, given: Given, last: str) -> Any:
        row = {
            "uuid": "a",
            "name": "USD",
            "currency": "USD",
            "type": "ACCOUNT_TYPE_FIAT",
            "active": True,
            "available_balance": {"value": "900", "currency": "USD"},
            "hold": {"value": "100", "currency": "USD"},
        }
        return {"accounts": [row], "has_next": False, "cursor": ""}  # fmt: skip

    def fees(self, given: Given, last: str) -> Any:
        return {"fee_tier": {"taker_fee_rate": "0.006", "maker_fee_rate": "0.004"}}

    def book(self, given: Given, last: str) -> Any:
        return {"pricebook": {"product_id": "BTC-USD", "bids": [], "asks": [{"price": PRICE, "size": "9"}],
                              "time": _iso(self.now)}}  # fmt: skip

    def create(self, given: Given, last: str) -> Any:
        if self.is_poor:
            told = {
                "error": "INSUFFICIENT_FUND",
                "message": "Insufficient balance in source account",
                "preview_failure_reason": "PREVIEW_INSUFFICIENT_FUND",
            }
            return {"success": False, "failure_reason": "UNKNOWN_FAILURE_REASON", "error_response": told}  # fmt: skip
        ((form, sizes),) = given["order_configuration"].items()
        kind = "market" if form.startswith("market") else "limit"
        made = self.take(given["client_order_id"], given["side"], kind, sizes["base_size"],
                         sizes.get("limit_price", ""), at_once=form.endswith("ioc"))  # fmt: skip
        told = {"order_id": made.id, "product_id": "BTC-USD", "side": given["side"], "client_order_id": made.cid}
        return {"success": True, "success_response": told, "order_configuration": given["order_configuration"]}

    def take_back(self, given: Given, last: str) -> Any:
        done = self.cancel(given["order_ids"][0])
        return {"results": [{"success": done is not None, "failure_reason": "", "order_id": given["order_ids"][0]}]}

    def one(self, given: Given, last: str) -> Any:
        found = self.find(last)
        if found is None:
            return 404, {"error": "NOT_FOUND", "error_details": "order not found", "message": "order not found"}
        return {"order": self._order(found)}

    def listed(self, given: Given, last: str) -> Any:
        rows = self.open() if given.get("order_status") == "OPEN" else self.orders
        return {"orders": [self._order(row) for row in rows], "has_next": False, "cursor": ""}

    def _order(self, order: Order) -> Given:
        size = {"base_size": order.amount, "limit_price": order.price, "post_only": False}
        return {
            "order_id": order.id, "product_id": "BTC-USD", "side": order.side.upper(), "client_order_id": order.cid,
            "status": order.status.upper(), "time_in_force": "GOOD_UNTIL_CANCELLED", "created_time": _iso(order.at_ms),
            "filled_size": order.filled, "average_filled_price": PRICE if float(order.filled) else "0",
            "filled_value": _cost(order), "total_fees": "0", "order_type": order.kind.upper(),
            "order_configuration": {"limit_limit_gtc": size},
        }  # fmt: skip

    def executions(self, given: Given, last: str) -> Any:
        until = given.get("end_sequence_timestamp")
        moment = int(datetime.fromisoformat(until.replace("Z", "+00:00")).timestamp() * 1_000) if until else None
        rows = [
            {"entry_id": row.id, "trade_id": row.id, "order_id": row.order.id, "trade_time": _iso(row.at_ms),
             "trade_type": "FILL", "price": row.price, "size": row.amount, "commission": row.fee,
             "product_id": "BTC-USD", "sequence_timestamp": _iso(row.at_ms), "liquidity_indicator": "TAKER",
             "size_in_quote": False, "side": row.order.side.upper()}
            for row in self.page(moment, int(given["limit"]))
        ]  # fmt: skip
        return {"fills": rows, "cursor": ""}
