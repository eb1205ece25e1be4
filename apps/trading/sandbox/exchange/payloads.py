"""The protocol's JSON objects, built from the state."""

from typing import Any

from apps.trading.sandbox.exchange.amounts import format_units
from apps.trading.sandbox.exchange.market import Candle
from apps.trading.sandbox.exchange.state import Account, MarketState, Order, OrderType, PrivateTrade, TapeTrade
from apps.trading.sandbox.exchange.symbols import TICK_UNITS, SymbolSpec

Json = dict[str, Any]
_CENT_UNITS = 10**6


def price_text(ticks: int) -> str:
    """A price in the protocol's form."""
    return format_units(ticks * TICK_UNITS)


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


def order_view(spec: SymbolSpec, order: Order) -> Json:
    """GET order, openOrders, allOrders."""
    return {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "price": price_text(order.price),
        "origQty": lots_text(spec, order.lots),
        "executedQty": lots_text(spec, order.executed),
        "cummulativeQuoteQty": format_units(order.quote_executed),
        "status": order.status.value,
        "timeInForce": order.tif,
        "type": order.type.value,
        "side": order.side.value,
        "stopPrice": "0.00000000",
        "icebergQty": "0.00000000",
        "time": order.time,
        "updateTime": order.updated,
        "isWorking": True,
        "workingTime": order.time,
        "origQuoteOrderQty": format_units(order.quote_quantity),
        "selfTradePreventionMode": "NONE",
    }


def order_result(spec: SymbolSpec, order: Order, response_type: str, trades: list[PrivateTrade]) -> Json:
    """POST order: ACK, RESULT or FULL."""
    result: Json = {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "transactTime": order.time,
    }
    if response_type == "ACK":
        return result
    view = order_view(spec, order)
    for name in (
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
    ):
        result[name] = view[name]
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


def default_response_type(order_type: OrderType) -> str:
    """What POST order answers when newOrderRespType is not sent."""
    return "ACK" if order_type is OrderType.LIMIT_MAKER else "FULL"


def cancel_result(spec: SymbolSpec, order: Order, cancel_client_id: str) -> Json:
    """DELETE order."""
    view = order_view(spec, order)
    for name in ("time", "updateTime", "isWorking", "workingTime", "stopPrice", "icebergQty"):
        del view[name]
    return view | {
        "origClientOrderId": order.client_id,
        "clientOrderId": cancel_client_id,
        "transactTime": order.updated,
    }


def my_trade(spec: SymbolSpec, trade: PrivateTrade) -> Json:
    """GET myTrades. `marketTime` is ours: the market clock at the trade."""
    return {
        "symbol": trade.symbol,
        "id": trade.id,
        "orderId": trade.order_id,
        "orderListId": -1,
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
    """The user stream's executionReport."""
    cancelled = execution == "CANCELED"
    return {
        "e": "executionReport",
        "E": order.updated,
        "s": order.symbol,
        "c": (cancel_client_id or f"cancel-{order.id}") if cancelled else order.client_id,
        "S": order.side.value,
        "o": order.type.value,
        "f": order.tif,
        "q": lots_text(spec, order.lots),
        "p": price_text(order.price),
        "P": "0.00000000",
        "F": "0.00000000",
        "g": -1,
        "C": order.client_id if cancelled else "",
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
        "v": 0,
        "I": order.id,
        "w": order.is_open,
        "m": trade.is_maker if trade else False,
        "M": False,
        "O": order.time,
        "Z": format_units(order.quote_executed),
        "Y": format_units(trade.quote if trade else 0),
        "Q": format_units(order.quote_quantity),
        "W": order.time,
        "V": "NONE",
    }


def account_position(account: Account, assets: tuple[str, ...]) -> Json:
    """The user stream's outboundAccountPosition."""
    balances = [{"a": row["asset"], "f": row["free"], "l": row["locked"]} for row in balances_of(account, list(assets))]
    return {"e": "outboundAccountPosition", "E": account.updated, "u": account.updated, "B": balances}


def exchange_symbol(spec: SymbolSpec) -> Json:
    """One symbol of exchangeInfo with the filters that are really enforced."""
    step, minimum = format_units(spec.lot_units), format_units(spec.lot_units)
    tick = price_text(1)
    return {
        "symbol": spec.name,
        "status": "TRADING",
        "baseAsset": spec.base,
        "baseAssetPrecision": 8,
        "quoteAsset": spec.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [order_type.value for order_type in OrderType],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": format_units(spec.max_price),
                "tickSize": tick,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": minimum,
                "maxQty": format_units(spec.max_quantity),
                "stepSize": step,
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": format_units(spec.min_notional),
                "applyMinToMarket": True,
                "maxNotional": format_units(spec.max_notional),
                "applyMaxToMarket": True,
                "avgPriceMins": 5,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": spec.max_open_orders},
        ],
        "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }
