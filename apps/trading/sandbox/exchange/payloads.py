"""The protocol's JSON objects, built from the state."""

from typing import Any

from apps.trading.sandbox.exchange import filters
from apps.trading.sandbox.exchange.amounts import format_units
from apps.trading.sandbox.exchange.market import Candle
from apps.trading.sandbox.exchange.state import (
    Account,
    Amendment,
    MarketState,
    Order,
    OrderList,
    OrderType,
    PreventedMatch,
    PrivateTrade,
    TapeTrade,
)
from apps.trading.sandbox.exchange.symbols import TICK_UNITS, TICKS_PER_UNIT, SymbolSpec

Json = dict[str, Any]
_CENT_UNITS = 10**6
ZERO = "0.00000000"
STP_MODES = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT")


def price_text(ticks: int) -> str:
    """A price in the protocol's form."""
    if ticks < 0:
        return format_units(ticks * TICK_UNITS)
    return f"{ticks // TICKS_PER_UNIT}.{ticks % TICKS_PER_UNIT:02d}000000"


def lots_text(spec: SymbolSpec, lots: int) -> str:
    """A base quantity in the protocol's form."""
    return format_units(lots * spec.lot_units)


def rate_text(rate: int) -> str:
    """A fee rate in the protocol's form."""
    return format_units(rate)


def balances_of(account: Account, assets: list[str]) -> list[Json]:
    """Free and locked amounts of the named assets."""
    return [
        {
            "asset": asset,
            "free": format_units(account.free.get(asset, 0)),
            "locked": format_units(account.locked.get(asset, 0)),
        }
        for asset in assets
    ]


def account_view(account: Account) -> Json:
    """GET account."""
    maker, taker = rate_text(account.maker_fee), rate_text(account.taker_fee)
    return {
        "makerCommission": account.maker_fee // 10**4,
        "takerCommission": account.taker_fee // 10**4,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": maker, "taker": taker, "buyer": "0.00000000", "seller": "0.00000000"},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": account.updated,
        "accountType": "SPOT",
        "balances": balances_of(account, account.assets()),
        "permissions": ["SPOT"],
        "uid": account.id,
    }


def commission(account: Account, suffix: str) -> Json:
    """Fee rates: of GET account/commission, and with the suffix `ForOrder` of order/test."""
    rates = {"maker": rate_text(account.maker_fee), "taker": rate_text(account.taker_fee)}
    zero = dict.fromkeys(rates, ZERO)
    sides = {} if suffix else {"buyer": ZERO, "seller": ZERO}
    return {
        f"standardCommission{suffix}": rates | sides,
        f"specialCommission{suffix}": zero | sides,
        f"taxCommission{suffix}": zero | sides,
        "discount": {
            "enabledForAccount": bool(account.fee_asset),
            "enabledForSymbol": bool(account.fee_asset),
            "discountAsset": account.fee_asset or "BNB",
            "discount": rate_text(account.fee_discount),
        },
    }


def order_view(spec: SymbolSpec, order: Order) -> Json:
    """GET order, openOrders, allOrders."""
    view: Json = {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        "price": price_text(order.price),
        "origQty": lots_text(spec, order.lots),
        "executedQty": lots_text(spec, order.executed),
        "cummulativeQuoteQty": format_units(order.quote_executed),
        "status": order.status.value,
        "timeInForce": order.tif,
        "type": order.type.value,
        "side": order.side.value,
        "stopPrice": price_text(order.stop_price),
        "icebergQty": lots_text(spec, order.iceberg_lots),
        "time": order.time,
        "updateTime": order.updated,
        "isWorking": order.is_working,
        "workingTime": order.working_time,
        "origQuoteOrderQty": format_units(order.quote_quantity),
        "selfTradePreventionMode": order.stp_mode,
    }
    return view | _conditional(spec, order)


def _conditional(spec: SymbolSpec, order: Order) -> Json:
    """Fields that only some orders show."""
    extra: Json = {}
    if order.trailing_delta:
        extra |= {"trailingDelta": order.trailing_delta, "trailingTime": order.trailing_time}
    if order.strategy_id is not None:
        extra["strategyId"] = order.strategy_id
    if order.strategy_type is not None:
        extra["strategyType"] = order.strategy_type
    if order.prevented_match_id >= 0:
        extra["preventedMatchId"] = order.prevented_match_id
        extra["preventedQuantity"] = lots_text(spec, order.prevented_lots)
    if order.expiry_reason and order.expiry_reason != "STP":
        extra["expiryReason"] = order.expiry_reason
    return extra


_RESULT_FIELDS = (
    "price",
    "origQty",
    "executedQty",
    "origQuoteOrderQty",
    "cummulativeQuoteQty",
    "status",
    "timeInForce",
    "type",
    "side",
    "workingTime",
    "selfTradePreventionMode",
)


def order_result(spec: SymbolSpec, order: Order, response_type: str, trades: list[PrivateTrade]) -> Json:
    """POST order: ACK, RESULT or FULL."""
    result: Json = {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_id,
        "transactTime": order.time,
    }
    if response_type == "ACK":
        return result
    view = order_view(spec, order)
    result |= {name: view[name] for name in _RESULT_FIELDS} | _sent_conditions(order, view) | _conditional(spec, order)
    if response_type == "FULL":
        result["fills"] = [
            {
                "price": price_text(trade.price),
                "qty": lots_text(spec, trade.lots),
                "commission": format_units(trade.fee),
                "commissionAsset": trade.fee_asset,
                "tradeId": trade.id,
            }
            for trade in trades
        ]
    return result


def _sent_conditions(order: Order, view: Json) -> Json:
    """Stop price and iceberg quantity, in answers that show them only when they were sent."""
    extra: Json = {}
    if order.stop_price:
        extra["stopPrice"] = view["stopPrice"]
    if order.iceberg_lots:
        extra["icebergQty"] = view["icebergQty"]
    return extra


def default_response_type(order_type: OrderType) -> str:
    """What POST order answers when newOrderRespType is not sent."""
    return "FULL" if order_type in (OrderType.LIMIT, OrderType.MARKET) else "ACK"


def cancel_result(spec: SymbolSpec, order: Order, cancel_client_id: str) -> Json:
    """DELETE order."""
    view = order_view(spec, order)
    for name in ("time", "updateTime", "isWorking", "workingTime", "stopPrice", "icebergQty"):
        shown = view.pop(name)
        if name in ("stopPrice", "icebergQty") and shown != ZERO:
            view[name] = shown
    return view | {
        "origClientOrderId": order.client_id,
        "clientOrderId": cancel_client_id,
        "transactTime": order.updated,
    }


def amended_order(spec: SymbolSpec, order: Order, old_client_id: str) -> Json:
    """The order in the answer of PUT order/amend/keepPriority."""
    working = {"workingTime": order.working_time} if order.working_time >= 0 else {}
    return {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "origClientOrderId": old_client_id,
        "clientOrderId": order.client_id,
        "price": price_text(order.price),
        "qty": lots_text(spec, order.lots),
        "executedQty": lots_text(spec, order.executed),
        "preventedQty": lots_text(spec, order.prevented_lots),
        "quoteOrderQty": format_units(order.quote_quantity),
        "cumulativeQuoteQty": format_units(order.quote_executed),
        "status": order.status.value,
        "timeInForce": order.tif,
        "type": order.type.value,
        "side": order.side.value,
        **working,
        "selfTradePreventionMode": order.stp_mode,
    }


def amendment(spec: SymbolSpec, order: Order, change: Amendment) -> Json:
    """One row of GET order/amendments."""
    return {
        "symbol": order.symbol,
        "orderId": order.id,
        "executionId": change.execution_id,
        "origClientOrderId": change.old_client_id,
        "newClientOrderId": change.new_client_id,
        "origQty": lots_text(spec, change.old_lots),
        "newQty": lots_text(spec, change.new_lots),
        "time": change.time,
    }


def list_view(order_list: OrderList, orders: list[Order]) -> Json:
    """GET orderList."""
    return {
        "orderListId": order_list.id,
        "contingencyType": order_list.contingency,
        "listStatusType": order_list.status,
        "listOrderStatus": order_list.order_status,
        "listClientOrderId": order_list.client_id,
        "transactionTime": order_list.time,
        "symbol": order_list.symbol,
        "orders": [{"symbol": order.symbol, "orderId": order.id, "clientOrderId": order.client_id} for order in orders],
    }


def prevented_match(spec: SymbolSpec, match: PreventedMatch) -> Json:
    """One row of GET myPreventedMatches."""
    return {
        "symbol": match.symbol,
        "preventedMatchId": match.id,
        "takerOrderId": match.taker_order_id,
        "makerSymbol": match.symbol,
        "makerOrderId": match.maker_order_id,
        "tradeGroupId": match.trade_group_id,
        "selfTradePreventionMode": match.mode,
        "price": price_text(match.price),
        "makerPreventedQuantity": lots_text(spec, match.lots),
        "transactTime": match.time,
    }


def my_trade(spec: SymbolSpec, trade: PrivateTrade, list_id: int = -1) -> Json:
    """GET myTrades. `marketTime` is ours: the market clock at the trade."""
    return {
        "symbol": trade.symbol,
        "id": trade.id,
        "orderId": trade.order_id,
        "orderListId": list_id,
        "price": price_text(trade.price),
        "qty": lots_text(spec, trade.lots),
        "quoteQty": format_units(trade.quote),
        "commission": format_units(trade.fee),
        "commissionAsset": trade.fee_asset,
        "time": trade.time,
        "isBuyer": trade.side.value == "BUY",
        "isMaker": trade.is_maker,
        "isBestMatch": True,
        "marketTime": trade.market_time,
    }


def public_trade(market: MarketState, trade: TapeTrade) -> Json:
    """GET trades."""
    spec = market.spec
    return {
        "id": trade.id,
        "price": price_text(trade.price),
        "qty": lots_text(spec, trade.lots),
        "quoteQty": format_units(trade.price * trade.lots * spec.tick_lot_units),
        "time": trade.time,
        "isBuyerMaker": trade.buyer_is_maker,
        "isBestMatch": True,
    }


def aggregate_trade(market: MarketState, trade: TapeTrade) -> Json:
    """GET aggTrades and the body of @aggTrade: every trade is its own aggregate here."""
    return {
        "a": trade.id,
        "p": price_text(trade.price),
        "q": lots_text(market.spec, trade.lots),
        "f": trade.id,
        "l": trade.id,
        "T": trade.time,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def kline_row(candle: Candle) -> list[Any]:
    """One row of GET klines. Taker volumes are not recorded and shown as one half."""
    return [
        candle.open_time,
        price_text(candle.open),
        price_text(candle.high),
        price_text(candle.low),
        price_text(candle.close),
        format_units(candle.volume),
        candle.close_time,
        format_units(candle.quote_cents * _CENT_UNITS),
        candle.trades,
        format_units(candle.volume // 2),
        format_units(candle.quote_cents * _CENT_UNITS // 2),
        "0",
    ]


def kline_event(symbol: str, interval: str, candle: Candle, market_time: int) -> Json:
    """The @kline stream's event; `x` is true once, when the candle closes."""
    row = kline_row(candle)
    return {
        "e": "kline",
        "E": market_time,
        "s": symbol,
        "k": {
            "t": row[0],
            "T": row[6],
            "s": symbol,
            "i": interval,
            "f": -1,
            "L": -1,
            "o": row[1],
            "c": row[4],
            "h": row[2],
            "l": row[3],
            "v": row[5],
            "n": row[8],
            "x": candle.closed,
            "q": row[7],
            "V": row[9],
            "Q": row[10],
            "B": "0",
        },
    }


def execution_report(
    spec: SymbolSpec, order: Order, execution: str, trade: PrivateTrade | None, cancel_client_id: str
) -> Json:
    """The user stream's executionReport. `cancel_client_id` is also the old client id of a REPLACED order."""
    cancelled = execution == "CANCELED"
    report: Json = {
        "e": "executionReport",
        "E": order.updated,
        "s": order.symbol,
        "c": (cancel_client_id or f"cancel-{order.id}") if cancelled else order.client_id,
        "S": order.side.value,
        "o": order.type.value,
        "f": order.tif,
        "q": lots_text(spec, order.lots),
        "p": price_text(order.price),
        "P": price_text(order.stop_price),
        "F": lots_text(spec, order.iceberg_lots),
        "g": order.list_id,
        "C": order.client_id if cancelled else (cancel_client_id if execution == "REPLACED" else ""),
        "x": execution,
        "X": order.status.value,
        "r": "NONE",
        "i": order.id,
        "l": lots_text(spec, trade.lots if trade else 0),
        "z": lots_text(spec, order.executed),
        "L": price_text(trade.price if trade else 0),
        "n": format_units(trade.fee if trade else 0),
        "N": trade.fee_asset if trade else None,
        "T": order.updated,
        "t": trade.id if trade else -1,
        "v": max(order.prevented_match_id, 0),
        "I": order.id,
        "w": order.is_open and order.is_working,
        "m": trade.is_maker if trade else False,
        "M": False,
        "O": order.time,
        "Z": format_units(order.quote_executed),
        "Y": format_units(trade.quote if trade else 0),
        "Q": format_units(order.quote_quantity),
        "V": order.stp_mode,
    }
    return report | _conditional_report(spec, order)


def _conditional_report(spec: SymbolSpec, order: Order) -> Json:
    """Fields of an executionReport that only some orders show."""
    extra: Json = {}
    if order.working_time >= 0:
        extra["W"] = order.working_time
    if order.trailing_delta:
        extra |= {"d": order.trailing_delta, "D": order.trailing_time}
    if order.strategy_id is not None:
        extra["j"] = order.strategy_id
    if order.strategy_type is not None:
        extra["J"] = order.strategy_type
    if order.prevented_match_id >= 0:
        extra["A"] = lots_text(spec, order.prevented_lots)
    if order.expiry_reason and order.expiry_reason != "STP":
        extra["eR"] = order.expiry_reason
    return extra


def list_status(order_list: OrderList, orders: list[Order], *, is_update: bool = False) -> Json:
    """The user stream's listStatus; `is_update`: an order's client id has changed."""
    updated = max((order.updated for order in orders), default=order_list.time)
    return {
        "e": "listStatus",
        "E": updated,
        "s": order_list.symbol,
        "g": order_list.id,
        "c": order_list.contingency,
        "l": "UPDATED" if is_update else order_list.status,
        "L": order_list.order_status,
        "r": "NONE",
        "C": order_list.client_id,
        "T": updated,
        "O": [{"s": order.symbol, "i": order.id, "c": order.client_id} for order in orders],
    }


def balance_update(asset: str, delta_units: int, time: int) -> Json:
    """The user stream's balanceUpdate: funds that came or went without a trade."""
    return {"e": "balanceUpdate", "E": time, "a": asset, "d": format_units(delta_units), "T": time}


def account_position(account: Account, assets: tuple[str, ...]) -> Json:
    """The user stream's outboundAccountPosition."""
    balances = [{"a": row["asset"], "f": row["free"], "l": row["locked"]} for row in balances_of(account, list(assets))]
    return {"e": "outboundAccountPosition", "E": account.updated, "u": account.updated, "B": balances}


def exchange_symbol(spec: SymbolSpec, status: str = "TRADING") -> Json:
    """One symbol of exchangeInfo with the filters that are really enforced."""
    return {
        "symbol": spec.name,
        "status": status,
        "baseAsset": spec.base,
        "baseAssetPrecision": 8,
        "quoteAsset": spec.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [order_type.value for order_type in OrderType],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters.published(spec),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": list(STP_MODES),
    }
