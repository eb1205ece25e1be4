"""The account's stream in the venue's form: ORDER_TRADE_UPDATE, ALGO_UPDATE, ACCOUNT_UPDATE, MARGIN_CALL, …"""

from dataclasses import dataclass
from typing import Any

from apps.trading.sandbox.exchange.amounts import format_units
from apps.trading.sandbox.exchange.usdm.contracts import QUOTE, TICK_LOT
from apps.trading.sandbox.exchange.usdm.margin import PriceOf, cross_wallet
from apps.trading.sandbox.exchange.usdm.state import AlgoOrder, FuturesAccount, FuturesOrder, FuturesTrade, Holding

Json = dict[str, Any]


@dataclass(slots=True)
class UsdmEvent:
    """A message for an account's futures stream."""

    account_id: int
    message: Json


def price_text(ticks: int) -> str:
    """A price in ticks as text."""
    return f"{ticks // 100}.{ticks % 100:02d}"


def lots_text(lots: int) -> str:
    """A quantity in lots as text, signed."""
    return f"{'-' if lots < 0 else ''}{abs(lots) // 1_000}.{abs(lots) % 1_000:03d}"


def average_text(quote: int, lots: int) -> str:
    """An average price, cut to 8 decimals; 0 without lots."""
    return format_units(abs(quote) * 10**6 // (abs(lots) * TICK_LOT)) if lots else "0.00000000"


def order_update(order: FuturesOrder, execution: str, trade: FuturesTrade | None, market_ms: int) -> Json:
    """What happened to an order."""
    body: Json = {
        "s": order.symbol,
        "c": order.client_id,
        "S": order.side,
        "o": order.type,
        "f": order.tif,
        "q": lots_text(order.lots),
        "p": price_text(order.price),
        "ap": average_text(order.quote, order.executed),
        "sp": price_text(order.trigger),
        "x": execution,
        "X": order.status,
        "i": order.id,
        "l": lots_text(trade.lots if trade else 0),
        "z": lots_text(order.executed),
        "L": price_text(trade.price if trade else 0),
        "n": format_units(trade.fee if trade else 0),
        "N": QUOTE,
        "T": order.updated,
        "t": trade.id if trade else 0,
        "b": "0",
        "a": "0",
        "m": bool(trade and trade.is_maker),
        "R": order.is_reducing,
        "wt": "CONTRACT_PRICE",
        "ot": order.original_type,
        "ps": order.position_side,
        "cp": order.is_closing_all,
        "rp": format_units(trade.realised if trade else 0),
        "pP": False,
        "V": "NONE",
        "pm": "NONE",
        "gtd": 0,
    }
    return {"e": "ORDER_TRADE_UPDATE", "E": order.updated, "T": order.updated, "M": market_ms, "o": body}


def algo_update(order: AlgoOrder) -> Json:
    """What happened to a conditional order."""
    body: Json = {
        "caid": order.client_id,
        "aid": order.id,
        "at": "CONDITIONAL",
        "o": order.type,
        "s": order.symbol,
        "S": order.side,
        "ps": order.position_side,
        "f": order.tif,
        "q": lots_text(order.lots),
        "X": order.status,
        "ai": str(order.order_id or ""),
        "tp": price_text(order.trigger or order.activation),
        "p": price_text(order.price),
        "wt": order.working_type,
        "pm": "NONE",
        "cp": order.is_closing_all,
        "pP": False,
        "R": order.is_reducing,
        "tt": order.updated if order.order_id else 0,
        "gtd": 0,
    }
    return {"e": "ALGO_UPDATE", "E": order.updated, "T": order.updated, "o": body}


def account_update(
    account: FuturesAccount, reason: str, touched: list[tuple[str, str]], price_of: PriceOf, change: int
) -> Json:
    """The wallet and the positions concerned; `change` is what came or went without a trade."""
    balance = {
        "a": QUOTE,
        "wb": format_units(account.wallet),
        "cw": format_units(cross_wallet(account)),
        "bc": format_units(change),
    }
    positions = [_position(account, symbol, side, account.holding(symbol, side), price_of) for symbol, side in touched]
    body = {"m": reason, "B": [balance], "P": positions}
    return {"e": "ACCOUNT_UPDATE", "E": account.updated, "T": account.updated, "a": body}


def _position(account: FuturesAccount, symbol: str, side: str, held: Holding, price_of: PriceOf) -> Json:
    is_isolated = account.setting(symbol).is_isolated
    realised = sum(trade.realised for trade in account.trades[-200:] if trade.symbol == symbol)
    return {
        "s": symbol,
        "pa": lots_text(held.lots),
        "ep": average_text(held.cost, held.lots),
        "bep": average_text(held.cost, held.lots),
        "cr": format_units(realised),
        "up": format_units(held.profit(price_of(symbol))),
        "mt": "isolated" if is_isolated else "cross",
        "iw": format_units(held.isolated),
        "ps": side,
    }


def margin_call(
    account: FuturesAccount, rows: list[tuple[str, str, Holding, int]], price_of: PriceOf, *, is_isolated: bool
) -> Json:
    """Positions whose pool is short of margin; each row has its maintenance margin."""
    message: Json = {"e": "MARGIN_CALL", "E": account.updated}
    if not is_isolated:
        message["cw"] = format_units(cross_wallet(account))
    message["p"] = [
        {
            "s": symbol,
            "ps": side,
            "pa": lots_text(held.lots),
            "mt": "ISOLATED" if is_isolated else "CROSSED",
            "iw": format_units(held.isolated),
            "mp": price_text(price_of(symbol)),
            "up": format_units(held.profit(price_of(symbol))),
            "mm": format_units(due),
        }
        for symbol, side, held, due in rows
    ]
    return message


def config_update(account: FuturesAccount, symbol: str, leverage: int) -> Json:
    """A changed leverage."""
    change = {"s": symbol, "l": leverage}
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": account.updated, "T": account.updated, "ac": change}
