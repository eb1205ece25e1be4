"""Answers about contracts in the venue's form. Amounts are texts."""

from decimal import Decimal
from typing import Any

from apps.trading.sandbox.exchange.amounts import format_units
from apps.trading.sandbox.exchange.symbols import SymbolSpec
from apps.trading.sandbox.exchange.usdm.admission import CONDITIONAL, PLAIN, TIMES
from apps.trading.sandbox.exchange.usdm.contracts import (
    BRACKETS,
    LIQUIDATION_FEE,
    MAX_ALGO_ORDERS,
    MAX_OPEN_ORDERS,
    MIN_NOTIONAL,
    QUOTE,
    maintenance_units,
)
from apps.trading.sandbox.exchange.usdm.events import average_text, lots_text, price_text
from apps.trading.sandbox.exchange.usdm.margin import PriceOf, liquidation_of, position_margin
from apps.trading.sandbox.exchange.usdm.state import (
    AlgoOrder,
    FuturesAccount,
    FuturesOrder,
    FuturesTrade,
    Income,
)

Json = dict[str, Any]
_LISTED_MS = 1_569_398_400_000
_DELIVERY_MS = 4_133_404_800_000


def symbol_row(spec: SymbolSpec) -> Json:
    """A contract in exchangeInfo."""
    most = format_units(spec.max_quantity)
    return {
        "symbol": spec.name,
        "pair": spec.name,
        "contractType": "PERPETUAL",
        "deliveryDate": _DELIVERY_MS,
        "onboardDate": _LISTED_MS,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": spec.base,
        "quoteAsset": spec.quote,
        "marginAsset": spec.quote,
        "pricePrecision": 2,
        "quantityPrecision": spec.lot_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": format_units(LIQUIDATION_FEE)[:8],
        "marketTakeBound": "0.05",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "10000000", "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": most, "stepSize": "0.001"},
            {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": most, "stepSize": "0.001"},
            {"filterType": "MAX_NUM_ORDERS", "limit": MAX_OPEN_ORDERS},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": MAX_ALGO_ORDERS},
            {"filterType": "MIN_NOTIONAL", "notional": str(MIN_NOTIONAL // 10**8)},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": "5.0000",
                "multiplierDown": "0.1000",
                "multiplierDecimal": "4",
            },
        ],
        "orderTypes": [*PLAIN, *CONDITIONAL],
        "timeInForce": list(TIMES),
    }


def bracket_rows(symbol: str) -> Json:
    """The tiers of a contract."""
    rows = [
        {
            "bracket": number,
            "initialLeverage": each.leverage,
            "notionalCap": int(each.cap or 0),
            "notionalFloor": int(each.floor),
            "maintMarginRatio": str(each.rate),
            "cum": str(each.amount),
        }
        for number, each in enumerate(BRACKETS[symbol], start=1)
    ]
    return {"symbol": symbol, "notionalCoef": 1, "brackets": rows}


def order_view(order: FuturesOrder) -> Json:
    """An order."""
    return {
        "orderId": order.id,
        "symbol": order.symbol,
        "status": order.status,
        "clientOrderId": order.client_id,
        "price": price_text(order.price),
        "avgPrice": average_text(order.quote, order.executed),
        "origQty": lots_text(order.lots),
        "executedQty": lots_text(order.executed),
        "cumQty": lots_text(order.executed),
        "cumQuote": format_units(order.quote),
        "timeInForce": order.tif,
        "type": order.type,
        "reduceOnly": order.is_reducing,
        "closePosition": order.is_closing_all,
        "side": order.side,
        "positionSide": order.position_side,
        "stopPrice": price_text(order.trigger),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": order.original_type,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
        "time": order.time,
        "updateTime": order.updated,
    }


def algo_view(order: AlgoOrder) -> Json:
    """A conditional order."""
    return {
        "algoId": order.id,
        "clientAlgoId": order.client_id,
        "algoType": "CONDITIONAL",
        "orderType": order.type,
        "symbol": order.symbol,
        "side": order.side,
        "positionSide": order.position_side,
        "timeInForce": order.tif,
        "quantity": lots_text(order.lots),
        "algoStatus": order.status,
        "triggerPrice": price_text(order.trigger),
        "price": price_text(order.price),
        "activatePrice": price_text(order.activation),
        "callbackRate": f"{order.callback // 100}.{order.callback % 100:02d}",
        "actualOrderId": str(order.order_id or ""),
        "icebergQuantity": None,
        "selfTradePreventionMode": "NONE",
        "workingType": order.working_type,
        "priceMatch": "NONE",
        "closePosition": order.is_closing_all,
        "priceProtect": False,
        "reduceOnly": order.is_reducing,
        "createTime": order.time,
        "updateTime": order.updated,
        "triggerTime": order.updated if order.order_id else 0,
        "goodTillDate": 0,
    }


def trade_view(trade: FuturesTrade) -> Json:
    """One of the account's trades."""
    return {
        "symbol": trade.symbol,
        "id": trade.id,
        "orderId": trade.order_id,
        "side": trade.side,
        "positionSide": trade.position_side,
        "price": price_text(trade.price),
        "qty": lots_text(trade.lots),
        "quoteQty": format_units(trade.quote),
        "realizedPnl": format_units(trade.realised),
        "commission": format_units(trade.fee),
        "commissionAsset": QUOTE,
        "marginAsset": QUOTE,
        "time": trade.time,
        "buyer": trade.side == "BUY",
        "maker": trade.is_maker,
    }


def income_view(row: Income) -> Json:
    """A change of the wallet."""
    return {
        "symbol": row.symbol,
        "incomeType": row.kind,
        "income": format_units(row.amount),
        "asset": QUOTE,
        "info": row.info,
        "time": row.time,
        "tranId": row.id,
        "tradeId": row.info if row.kind in ("COMMISSION", "REALIZED_PNL") else "",
    }


def risk_view(account: FuturesAccount, symbol: str, side: str, price_of: PriceOf) -> Json:
    """A position with its margin and liquidation price (positionRisk, v2 and v3 in one)."""
    held, setting, mark = account.holding(symbol, side), account.setting(symbol), price_of(symbol)
    value = held.value(mark)
    liquidation = liquidation_of(account, symbol, side, price_of)
    initial = position_margin(account, symbol, held, mark)
    maintenance = maintenance_units(symbol, abs(value))
    return {
        "symbol": symbol,
        "positionSide": side,
        "positionAmt": lots_text(held.lots),
        "entryPrice": average_text(held.cost, held.lots),
        "breakEvenPrice": average_text(held.cost, held.lots),
        "markPrice": f"{price_text(mark)}000000",
        "unRealizedProfit": format_units(held.profit(mark)),
        "liquidationPrice": quote_text(liquidation),
        "leverage": str(setting.leverage),
        "maxNotionalValue": format_units(0),
        "marginType": "isolated" if setting.is_isolated else "cross",
        "isolatedMargin": format_units(held.isolated + held.profit(mark) if held.isolated else 0),
        "isAutoAddMargin": "false",
        "notional": format_units(value),
        "isolatedWallet": format_units(held.isolated),
        "initialMargin": format_units(initial),
        "maintMargin": format_units(maintenance),
        "positionInitialMargin": format_units(initial),
        "openOrderInitialMargin": format_units(0),
        "adl": 0,
        "bidNotional": "0",
        "askNotional": "0",
        "marginAsset": QUOTE,
        "updateTime": held.updated,
    }


def account_position(account: FuturesAccount, symbol: str, side: str, price_of: PriceOf) -> Json:
    """A position as `account` lists it."""
    held, setting, mark = account.holding(symbol, side), account.setting(symbol), price_of(symbol)
    value = held.value(mark)
    initial = format_units(position_margin(account, symbol, held, mark))
    return {
        "symbol": symbol,
        "initialMargin": initial,
        "maintMargin": format_units(maintenance_units(symbol, abs(value))),
        "unrealizedProfit": format_units(held.profit(mark)),
        "positionInitialMargin": initial,
        "openOrderInitialMargin": "0",
        "leverage": str(setting.leverage),
        "isolated": setting.is_isolated,
        "entryPrice": average_text(held.cost, held.lots),
        "maxNotional": "0",
        "positionSide": side,
        "positionAmt": lots_text(held.lots),
        "notional": format_units(value),
        "isolatedWallet": format_units(held.isolated),
        "isolatedMargin": format_units(held.isolated + held.profit(mark) if held.isolated else 0),
        "updateTime": held.updated,
    }


def quote_text(price: Decimal | None) -> str:
    """A price in quote to 8 decimals; 0 where there is none."""
    return f"{price:.8f}" if price is not None else "0"


def sums_view(sums: dict[str, int]) -> Json:
    """Named amounts in units as texts."""
    return {name: format_units(units) for name, units in sums.items()}
