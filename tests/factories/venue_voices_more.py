"""More exchanges' answers, written by us in the form that the adapter library's own parsers read (synthetic)."""

from typing import Any

from tests.factories.venue_desk import PRICE, Order, Voice
from tests.factories.venue_voices import Bybit, Coinbase, Given, Kraken, Okx, _cost, _left


class Kucoin(Voice):
    """KuCoin, high-frequency spot account."""

    name = "kucoin"
    routes = {
        "GET /api/v1/timestamp": "time",
        "GET /api/ua/v1/account/mode": "mode",
        "GET /api/v1/hf/accounts/opened": "opened_hf",
        "GET /api/v3/margin/symbols": "margin",
        "GET /api/v1/isolated/symbols": "margin",
        "GET /api/v1/user/api-key": "told_rights",
        "GET /api/v1/accounts": "balance",
        "POST /api/v1/hf/orders": "create",
        "DELETE /api/v1/hf/orders/client-order/": "take_back",
        "GET /api/v1/hf/orders/": "one",
        "GET /api/v1/hf/orders/client-order/": "one",
        "GET /api/v1/hf/orders/active": "pending",
        "GET /api/v1/hf/fills": "executions",
    }

    def _ok(self, data: Any) -> Given:
        return {"code": "200000", "data": data}

    def time(self, given: Given, last: str) -> Any:
        return self._ok(self.now)

    def mode(self, given: Given, last: str) -> Any:
        return self._ok({"selfAccountMode": "CLASSIC"})

    def margin(self, given: Given, last: str) -> Any:
        return self._ok({"items": []})

    def opened_hf(self, given: Given, last: str) -> Any:
        return self._ok(True)

    def told_rights(self, given: Given, last: str) -> Any:
        return self._ok(self.rights or {"permission": "General,Spot", "ipWhitelist": "", "apiVersion": 3})

    def balance(self, given: Given, last: str) -> Any:
        row = {
            "id": "1",
            "currency": "USDT",
            "type": given.get("type", "trade"),
            "balance": "1000",
            "available": "900",
            "holds": "100",
        }
        return self._ok([row])  # fmt: skip

    def create(self, given: Given, last: str) -> Any:
        if self.is_poor:
            return {"code": "200004", "msg": "Balance insufficient!"}
        made = self.take(given["clientOid"], given["side"], given["type"], given["size"], given.get("price", ""))
        return self._ok({"orderId": made.id, "clientOid": made.cid})

    def take_back(self, given: Given, last: str) -> Any:
        done = self.cancel(last)
        if done is None:
            return {"code": "400100", "msg": "order_not_exist_or_not_allow_to_cancel"}
        return self._ok({"clientOid": done.cid})

    def one(self, given: Given, last: str) -> Any:
        found = self.find(last)
        return self._ok(None if found is None else self._order(found))

    def pending(self, given: Given, last: str) -> Any:
        return self._ok([self._order(row) for row in self.open()])

    def _order(self, order: Order) -> Given:
        return {
            "id": order.id, "clientOid": order.cid, "symbol": "BTC-USDT", "opType": "DEAL", "type": order.kind,
            "side": order.side, "price": order.price, "size": order.amount, "dealSize": order.filled,
            "dealFunds": _cost(order), "fee": "0", "feeCurrency": "USDT", "active": order.status == "open",
            "inOrderBook": order.status == "open", "cancelExist": order.status == "cancelled",
            "createdAt": order.at_ms, "lastUpdatedAt": order.at_ms, "timeInForce": "GTC",
        }  # fmt: skip

    def executions(self, given: Given, last: str) -> Any:
        rows = [
            {"id": int(row.id), "symbol": "BTC-USDT", "tradeId": row.id, "orderId": row.order.id,
             "side": row.order.side, "liquidity": "taker", "price": row.price, "size": row.amount, "funds": "10000",
             "fee": row.fee, "feeCurrency": "BTC", "createdAt": row.at_ms}
            for row in self.page(given.get("endAt"), int(given["limit"]))
        ]  # fmt: skip
        return self._ok({"items": rows, "lastId": 1})


class Bitget(Voice):
    """Bitget v2 spot, a classic account."""

    name = "bitget"
    routes = {
        "GET /api/v2/public/time": "time",
        "GET /api/v3/account/settings": "settings",
        "GET /api/v2/spot/account/info": "told_rights",
        "GET /api/v2/spot/account/assets": "balance",
        "GET /api/v2/spot/market/orderbook": "book",
        "POST /api/v2/spot/trade/place-order": "create",
        "POST /api/v2/spot/trade/cancel-order": "take_back",
        "GET /api/v2/spot/trade/orderInfo": "one",
        "GET /api/v2/spot/trade/unfilled-orders": "pending",
        "GET /api/v2/spot/trade/fills": "executions",
    }

    def _ok(self, data: Any) -> Given:
        return {"code": "00000", "msg": "success", "requestTime": self.now, "data": data}

    def _no(self, code: str, words: str) -> Any:
        return 400, {"code": code, "msg": words, "requestTime": self.now, "data": None}

    def time(self, given: Given, last: str) -> Any:
        return self._ok({"serverTime": str(self.now)})

    def settings(self, given: Given, last: str) -> Any:
        return self._no("40085", "You are in Classic Account mode")

    def told_rights(self, given: Given, last: str) -> Any:
        return self._ok(self.rights or {"userId": "1", "ips": "203.0.113.7", "authorities": ["stor", "stow"]})

    def balance(self, given: Given, last: str) -> Any:
        return self._ok([{"coin": "USDT", "available": "900", "frozen": "100", "locked": "0", "limitAvailable": "0"}])

    def book(self, given: Given, last: str) -> Any:
        return self._ok({"asks": [[PRICE, "9"]], "bids": [], "ts": str(self.now)})

    def create(self, given: Given, last: str) -> Any:
        if self.is_poor:
            return self._no("43012", "Insufficient balance")
        assert given["receiveWindow"] == "5000"
        made = self.take(given["clientOid"], given["side"], given["orderType"], given["size"], given.get("price", ""),
                         at_once=given.get("force", "").lower() == "ioc")  # fmt: skip
        return self._ok({"orderId": made.id, "clientOid": made.cid})

    def take_back(self, given: Given, last: str) -> Any:
        done = self.cancel(given.get("orderId") or given.get("clientOid"))
        if done is None:
            return self._no("43001", "The order does not exist")
        return self._ok({"orderId": done.id, "clientOid": done.cid})

    def one(self, given: Given, last: str) -> Any:
        found = self.find(given.get("orderId") or given.get("clientOid"))
        return self._ok([] if found is None else [self._order(found)])

    def pending(self, given: Given, last: str) -> Any:
        return self._ok([self._order(row) for row in self.open()])

    def _order(self, order: Order) -> Given:
        state = {"open": "live", "filled": "filled", "cancelled": "cancelled"}[order.status]
        return {
            "userId": "1", "symbol": "BTCUSDT", "orderId": order.id, "clientOid": order.cid, "price": order.price,
            "size": order.amount, "orderType": order.kind, "side": order.side, "status": state,
            "priceAvg": PRICE if float(order.filled) else "0", "baseVolume": order.filled,
            "quoteVolume": _cost(order), "feeDetail": "", "cTime": str(order.at_ms), "uTime": str(order.at_ms),
        }  # fmt: skip

    def executions(self, given: Given, last: str) -> Any:
        return self._ok([
            {"symbol": "BTCUSDT", "orderId": row.order.id, "tradeId": row.id, "orderType": row.order.kind,
             "side": row.order.side, "priceAvg": row.price, "size": row.amount, "amount": "10000",
             "feeDetail": {"deduction": "no", "feeCoin": "BTC", "totalFee": f"-{row.fee}"}, "tradeScope": "taker",
             "cTime": str(row.at_ms), "uTime": str(row.at_ms)}
            for row in self.page(given.get("endTime"), int(given["limit"]))
        ])  # fmt: skip


class Gate(Voice):
    """Gate v4 spot."""

    name = "gate"
    routes = {
        "GET /api/v4/spot/time": "time",
        "GET /api/v4/account/detail": "detail",
        "GET /api/v4/account/main_keys": "told_rights",
        "GET /api/v4/spot/accounts": "balance",
        "GET /api/v4/spot/order_book": "book",
        "POST /api/v4/spot/orders": "create",
        "DELETE /api/v4/spot/orders/": "take_back",
        "GET /api/v4/spot/orders/": "one",
        "GET /api/v4/spot/open_orders": "pending",
        "GET /api/v4/spot/my_trades": "executions",
    }

    def time(self, given: Given, last: str) -> Any:
        return {"server_time": self.now}

    def detail(self, given: Given, last: str) -> Any:
        return {"user_id": 1, "key": {"mode": 1}}

    def told_rights(self, given: Given, last: str) -> Any:
        perms = [{"name": "spot", "read_only": False}, {"name": "account", "read_only": True}]
        return self.rights or [{"key": "key-text-1", "state": 1, "perms": perms, "ip_whitelist": ["203.0.113.7"]}]

    def balance(self, given: Given, last: str) -> Any:
        return [{"currency": "USDT", "available": "900", "locked": "100"}]

    def book(self, given: Given, last: str) -> Any:
        return {"current": self.now, "update": self.now, "asks": [[PRICE, "9"]], "bids": []}

    def create(self, given: Given, last: str) -> Any:
        if self.is_poor:
            return 400, {"label": "BALANCE_NOT_ENOUGH", "message": "Not enough balance"}
        made = self.take(given["text"], given["side"], given["type"], given["amount"], given.get("price", ""),
                         at_once=given.get("time_in_force") == "ioc")  # fmt: skip
        return 201, self._order(made)

    def take_back(self, given: Given, last: str) -> Any:
        done = self.cancel(last)
        return self._none() if done is None else self._order(done)

    def one(self, given: Given, last: str) -> Any:
        found = self.find(last)
        return self._none() if found is None else self._order(found)

    def _none(self) -> Any:
        return 404, {"label": "ORDER_NOT_FOUND", "message": "Order not found"}

    def pending(self, given: Given, last: str) -> Any:
        rows = [self._order(row) for row in self.open()]
        return [{"currency_pair": "BTC_USDT", "total": len(rows), "orders": rows}] if rows else []

    def _order(self, order: Order) -> Given:
        state = {"open": "open", "filled": "closed", "cancelled": "cancelled"}[order.status]
        return {
            "id": order.id, "text": order.cid, "create_time_ms": order.at_ms, "update_time_ms": order.at_ms,
            "status": state, "currency_pair": "BTC_USDT", "type": order.kind, "account": "spot", "side": order.side,
            "amount": order.amount, "price": order.price, "time_in_force": "gtc", "left": _left(order),
            "filled_total": _cost(order), "avg_deal_price": PRICE if float(order.filled) else "0", "fee": "0",
            "fee_currency": "BTC", "finish_as": {"closed": "filled"}.get(state, state),
        }  # fmt: skip

    def executions(self, given: Given, last: str) -> Any:
        until = (int(given["to"]) + 1) * 1_000 if "to" in given else None
        return [
            {"id": row.id, "create_time_ms": f"{row.at_ms}.000", "currency_pair": "BTC_USDT", "side": row.order.side,
             "role": "taker", "amount": row.amount, "price": row.price, "order_id": row.order.id, "fee": row.fee,
             "fee_currency": "BTC", "text": row.order.cid}
            for row in self.page(until, int(given["limit"]))
        ]  # fmt: skip


class Htx(Voice):
    """HTX spot."""

    name = "htx"
    routes = {
        "GET /v1/common/timestamp": "time",
        "GET /v2/user/uid": "uid",
        "GET /v2/user/api-key": "told_rights",
        "GET /v1/account/accounts": "accounts",
        "GET /v1/account/accounts/7/balance": "balance",
        "GET /market/depth": "book",
        "POST /v1/order/orders/place": "create",
        "POST /v1/order/orders/submitCancelClientOrder": "take_back",
        "GET /v1/order/orders/": "one",
        "GET /v1/order/orders/getClientOrder": "one",
        "GET /v1/order/openOrders": "pending",
        "GET /v1/order/matchresults": "executions",
    }

    def _ok(self, data: Any) -> Given:
        return {"status": "ok", "data": data}

    def _no(self, code: str, words: str) -> Given:
        return {"status": "error", "err-code": code, "err-msg": words, "data": None}

    def time(self, given: Given, last: str) -> Any:
        return self._ok(self.now)

    def uid(self, given: Given, last: str) -> Any:
        return {"code": 200, "data": 77}

    def told_rights(self, given: Given, last: str) -> Any:
        assert given["uid"] == "77"
        row = {"accessKey": "key-text-1", "status": "normal", "permission": "readOnly,trade", "ipAddresses": ""}
        return {"code": 200, "message": "success", "data": self.rights or [row]}

    def accounts(self, given: Given, last: str) -> Any:
        return self._ok([{"id": 7, "type": "spot", "subtype": "", "state": "working"}])

    def balance(self, given: Given, last: str) -> Any:
        rows = [
            {"currency": "usdt", "type": "trade", "balance": "900"},
            {"currency": "usdt", "type": "frozen", "balance": "100"},
        ]
        return self._ok({"id": 7, "type": "spot", "state": "working", "list": rows})  # fmt: skip

    def book(self, given: Given, last: str) -> Any:
        return {"status": "ok", "ch": "market.btcusdt.depth.step0", "ts": self.now,
                "tick": {"asks": [[float(PRICE), 9]], "bids": [], "ts": self.now, "version": 1}}  # fmt: skip

    def create(self, given: Given, last: str) -> Any:
        if self.is_poor:
            return self._no("account-frozen-balance-insufficient-error", "trade account balance is not enough")
        side, _, kind = given["type"].partition("-")
        made = self.take(given["client-order-id"], side, "market" if kind == "market" else "limit", given["amount"],
                         given.get("price", ""), at_once=kind == "ioc")  # fmt: skip
        return self._ok(made.id)

    def take_back(self, given: Given, last: str) -> Any:
        done = self.cancel(given["client-order-id"])
        return self._no("order-orderstate-error", "Incorrect order state") if done is None else self._ok(7)

    def one(self, given: Given, last: str) -> Any:
        found = self.find(given.get("clientOrderId") or last)
        return self._no("base-record-invalid", "record invalid") if found is None else self._ok(self._order(found))

    def pending(self, given: Given, last: str) -> Any:
        return self._ok([self._order(row) for row in self.open()])

    def _order(self, order: Order) -> Given:
        state = {"open": "submitted", "filled": "filled", "cancelled": "canceled"}[order.status]
        return {
            "id": int(order.id), "symbol": "btcusdt", "account-id": 7, "client-order-id": order.cid,
            "amount": order.amount, "price": order.price, "created-at": order.at_ms, "state": state,
            "type": f"{order.side}-{order.kind}", "filled-amount": order.filled, "filled-cash-amount": _cost(order),
            "filled-fees": "0", "finished-at": 0, "canceled-at": 0, "source": "spot-api",
        }  # fmt: skip

    def executions(self, given: Given, last: str) -> Any:
        return self._ok([
            {"symbol": "btcusdt", "order-id": int(row.order.id), "trade-id": int(row.id), "id": int(row.id),
             "price": row.price, "filled-amount": row.amount, "filled-fees": row.fee, "fee-currency": "btc",
             "role": "taker", "type": f"{row.order.side}-{row.order.kind}", "created-at": row.at_ms,
             "source": "spot-api"}
            for row in self.page(given.get("end-time"), int(given["size"]))
        ])  # fmt: skip


class Mexc(Voice):
    """MEXC v3 spot."""

    name = "mexc"
    routes = {
        "GET /api/v3/time": "time",
        "GET /api/v3/account": "balance",
        "POST /api/v3/order": "create",
        "DELETE /api/v3/order": "take_back",
        "GET /api/v3/order": "one",
        "GET /api/v3/openOrders": "pending",
        "GET /api/v3/myTrades": "executions",
    }

    def time(self, given: Given, last: str) -> Any:
        return {"serverTime": self.now}

    def balance(self, given: Given, last: str) -> Any:
        return {"canTrade": True, "balances": [{"asset": "USDT", "free": "900", "locked": "100"}]}

    def create(self, given: Given, last: str) -> Any:
        if self.is_poor:
            return 400, {"code": 30004, "msg": "Insufficient position"}
        made = self.take(given["newClientOrderId"], given["side"], given["type"], given["quantity"],
                         given.get("price", ""))  # fmt: skip
        return {"symbol": "BTCUSDT", "orderId": made.id, "orderListId": -1, "price": made.price,
                "origQty": made.amount, "type": given["type"], "side": given["side"],
                "transactTime": self.now}  # fmt: skip

    def take_back(self, given: Given, last: str) -> Any:
        done = self.cancel(given.get("orderId") or given.get("origClientOrderId"))
        return (400, {"code": -2011, "msg": "Unknown order sent."}) if done is None else self._order(done)

    def one(self, given: Given, last: str) -> Any:
        found = self.find(given.get("orderId") or given.get("origClientOrderId"))
        return (400, {"code": -2013, "msg": "Order does not exist."}) if found is None else self._order(found)

    def pending(self, given: Given, last: str) -> Any:
        return [self._order(row) for row in self.open()]

    def _order(self, order: Order) -> Given:
        state = {"open": "NEW", "filled": "FILLED", "cancelled": "CANCELED"}[order.status]
        return {
            "symbol": "BTCUSDT", "orderId": order.id, "orderListId": -1, "clientOrderId": order.cid,
            "price": order.price, "origQty": order.amount, "executedQty": order.filled,
            "cummulativeQuoteQty": _cost(order), "status": state, "timeInForce": None, "type": order.kind.upper(),
            "side": order.side.upper(), "time": order.at_ms, "updateTime": order.at_ms, "isWorking": True,
        }  # fmt: skip

    def executions(self, given: Given, last: str) -> Any:
        return [
            {"symbol": "BTCUSDT", "id": row.id, "orderId": row.order.id, "price": row.price, "qty": row.amount,
             "quoteQty": "10000", "commission": row.fee, "commissionAsset": "BTC", "time": row.at_ms,
             "isBuyer": row.order.side == "buy", "isMaker": False, "clientOrderId": row.order.cid}
            for row in self.page(given.get("endTime"), int(given["limit"]))
        ]  # fmt: skip


VOICES: dict[str, type[Voice]] = {
    voice.name: voice for voice in (Bybit, Okx, Kraken, Coinbase, Kucoin, Bitget, Gate, Htx, Mexc)
}
