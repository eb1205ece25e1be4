"""The state as JSON and back: what a start loads before it replays the journal."""

from dataclasses import asdict, fields
from typing import Any

from apps.trading.sandbox.exchange.candles import Recording
from apps.trading.sandbox.exchange.ladder import Ladder
from apps.trading.sandbox.exchange.state import (
    Account,
    ApiKey,
    ExchangeState,
    MarketClock,
    MarketState,
    Order,
    OrderStatus,
    OrderType,
    PrivateTrade,
    TapeTrade,
)
from apps.trading.sandbox.exchange.symbols import KNOWN_SYMBOLS
from kernel.matching import OrderBook, Side

Json = dict[str, Any]
FORMAT = 1
_ORDER_FIELDS = tuple(field.name for field in fields(Order))
_TRADE_FIELDS = tuple(field.name for field in fields(PrivateTrade))
_TAPE_FIELDS = tuple(field.name for field in fields(TapeTrade))


class StateUnusableError(Exception):
    """The state folder belongs to another recording, seed or format."""


def _flat(value: Any) -> Any:
    return value.value if isinstance(value, Side | OrderType | OrderStatus) else value


def dump_state(state: ExchangeState) -> Json:
    """The whole state; the books must hold no synthetic orders."""
    return {
        "clock": asdict(state.clock),
        "last_account_id": state.last_account_id,
        "keys": [[key.key, key.secret, key.account_id, key.label] for key in state.keys.values()],
        "markets": {name: _dump_market(market) for name, market in state.markets.items()},
        "accounts": [_dump_account(account) for account in state.accounts.values()],
    }


def _dump_market(market: MarketState) -> Json:
    return {
        "last_order_id": market.last_order_id,
        "last_trade_id": market.last_trade_id,
        "orders": [[_flat(getattr(order, name)) for name in _ORDER_FIELDS] for order in market.orders.values()],
        "resting": [order_id for order_id, _, _, _ in market.book.resting()],
        "tape": [[getattr(trade, name) for name in _TAPE_FIELDS] for trade in market.tape],
    }


def _dump_account(account: Account) -> Json:
    names = ("id", "label", "reference", "maker_fee", "taker_fee", "initial", "free", "locked", "updated")
    dumped = {name: getattr(account, name) for name in names}
    dumped["trades"] = [
        [_flat(getattr(trade, name)) for name in _TRADE_FIELDS]
        for trades in account.trades.values()
        for trade in trades
    ]
    return dumped


def new_state(recording: Recording, clock: MarketClock, seed: int) -> ExchangeState:
    """An exchange without accounts."""
    markets = {}
    for name in recording.symbols:
        spec = KNOWN_SYMBOLS[name]
        markets[name] = MarketState(spec, OrderBook(), Ladder(spec, seed))
    return ExchangeState(clock, markets)


def load_state(data: Json, recording: Recording, seed: int) -> ExchangeState:
    """The state that `dump_state` wrote."""
    state = new_state(recording, MarketClock(**data["clock"]), seed)
    state.last_account_id = data["last_account_id"]
    state.keys = {row[0]: ApiKey(*row) for row in data["keys"]}
    for row in data["accounts"]:
        trades = [_trade(values) for values in row.pop("trades")]
        account = state.accounts[row["id"]] = Account(**row)
        for trade in trades:
            account.trades.setdefault(trade.symbol, []).append(trade)
    for name, dumped in data["markets"].items():
        _load_market(state, state.markets[name], dumped)
    return state


def _load_market(state: ExchangeState, market: MarketState, dumped: Json) -> None:
    market.last_order_id, market.last_trade_id = dumped["last_order_id"], dumped["last_trade_id"]
    market.tape.extend(TapeTrade(*row) for row in dumped["tape"])
    for row in dumped["orders"]:
        values = dict(zip(_ORDER_FIELDS, row, strict=True))
        values |= {
            "side": Side(values["side"]),
            "type": OrderType(values["type"]),
            "status": OrderStatus(values["status"]),
        }
        order = Order(**values)
        account = state.accounts[order.account_id]
        market.orders[order.id] = order
        account.orders.setdefault(order.symbol, []).append(order)
        account.by_client_id[order.symbol, order.client_id] = order
        if order.is_open:
            account.open_orders[order.symbol, order.id] = order
    for order_id in dumped["resting"]:
        order = market.orders[order_id]
        market.book.rest(order.id, order.side, order.price, order.remaining)


def _trade(row: list[Any]) -> PrivateTrade:
    values = dict(zip(_TRADE_FIELDS, row, strict=True))
    return PrivateTrade(**(values | {"side": Side(values["side"])}))
