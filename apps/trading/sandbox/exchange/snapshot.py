"""The state as JSON and back: what a start loads before it replays the journal."""

from dataclasses import asdict, fields
from enum import Enum
from typing import Any

from apps.trading.sandbox.exchange.candles import Recording
from apps.trading.sandbox.exchange.ladder import Ladder
from apps.trading.sandbox.exchange.state import (
    Account,
    Amendment,
    ApiKey,
    ExchangeState,
    ListKind,
    MarketClock,
    MarketState,
    Order,
    OrderList,
    OrderStatus,
    OrderType,
    PreventedMatch,
    PrivateTrade,
    TapeTrade,
    Totals,
)
from apps.trading.sandbox.exchange.symbols import KNOWN_SYMBOLS
from apps.trading.sandbox.exchange.usdm import state as usdm
from kernel.matching import Market, NewOrder, Side

Json = dict[str, Any]
FORMAT = 2
OLD_FORMATS = (1,)  # loaded too: they lack what has a default
_FACT_FIELDS = (
    "id",
    "account_id",
    "symbol",
    "side",
    "type",
    "tif",
    "price",
    "lots",
    "quote_quantity",
    "client_id",
    "time",
    "updated",
)
_LATER_FIELDS = (
    "status",
    "executed",
    "quote_executed",
    "locked",
    "is_open",
    "stop_price",
    "trailing_delta",
    "trailing_time",
    "iceberg_lots",
    "stp_mode",
    "prevented_lots",
    "prevented_match_id",
    "list_id",
    "is_working",
    "working_time",
    "budget",
    "strategy_id",
    "strategy_type",
    "expiry_reason",
    "amendments",
)
_ORDER_FIELDS = _FACT_FIELDS + _LATER_FIELDS
_OLD_ORDER_FIELDS = _ORDER_FIELDS[: _ORDER_FIELDS.index("is_open")]
_ACCOUNT_FIELDS = (
    "id",
    "label",
    "reference",
    "maker_fee",
    "taker_fee",
    "initial",
    "free",
    "locked",
    "updated",
    "fee_asset",
    "fee_discount",
    "prevented",
)
_COUNTERS = ("last_order_id", "last_trade_id", "last_prevented_id", "last_amendment_id")
_SIDE_AT, _TYPE_AT, _STATUS_AT = (_ORDER_FIELDS.index(name) for name in ("side", "type", "status"))
_SIDES = {member.value: member for member in Side}
_TYPES = {member.value: member for member in OrderType}
_STATUSES = {member.value: member for member in OrderStatus}


class StateUnusableError(Exception):
    """The state folder belongs to another recording, seed or format."""


def _flat(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def dump_state(state: ExchangeState) -> Json:
    """The whole state; synthetic orders are left out, they follow from the clock."""
    return {
        "clock": asdict(state.clock),
        "last_account_id": state.last_account_id,
        "last_list_id": state.last_list_id,
        "totals": asdict(state.totals),
        "keys": [
            [key.key, key.secret, key.account_id, key.label, key.kind, key.permissions, key.ips]
            for key in state.keys.values()
        ],
        "lists": [[_flat(getattr(each, field.name)) for field in fields(OrderList)] for each in state.lists.values()],
        "markets": {name: _dump_market(market) for name, market in state.markets.items()},
        "accounts": [_dump_account(account) for account in state.accounts.values()],
        "usdm": usdm.dump(state.usdm),
    }


def _dump_market(market: MarketState) -> Json:
    return {name: getattr(market, name) for name in _COUNTERS} | {
        "orders": [[_flat(getattr(order, name)) for name in _ORDER_FIELDS] for order in market.orders.values()],
        "book": market.book.dump(),
        "halted": market.halted,
        "ahead": dict(market.ahead),
        "tape": list(market.tape),
    }


def _dump_account(account: Account) -> Json:
    dumped = {name: getattr(account, name) for name in _ACCOUNT_FIELDS}
    dumped["trades"] = [[_flat(part) for part in trade] for trades in account.trades.values() for trade in trades]
    return dumped


def new_state(recording: Recording, clock: MarketClock, seed: int) -> ExchangeState:
    """An exchange without accounts."""
    markets = {}
    for name in recording.symbols:
        spec = KNOWN_SYMBOLS[name]
        markets[name] = MarketState(spec, Market(), Ladder(spec, seed))
    contracts = usdm.UsdmState(markets=usdm.open_markets(seed, list(recording.symbols)))
    return ExchangeState(clock, markets, usdm=contracts)


def load_state(data: Json, recording: Recording, seed: int) -> ExchangeState:
    """The state that `dump_state` wrote, in this or the first format."""
    state = new_state(recording, MarketClock(**data["clock"]), seed)
    state.last_account_id, state.last_list_id = data["last_account_id"], data.get("last_list_id", 0)
    for row in data["keys"]:
        key = ApiKey(*row)
        key.permissions, key.ips = tuple(key.permissions), tuple(key.ips)
        state.keys[key.key] = key
    for row in data["accounts"]:
        _load_account(state, row)
    for row in data.get("lists", ()):
        order_list = OrderList(*row)
        order_list.kind, order_list.order_ids = ListKind(order_list.kind), tuple(order_list.order_ids)
        account = state.accounts[order_list.account_id]
        state.lists[order_list.id] = account.lists[order_list.id] = order_list
        account.lists_by_client_id[order_list.client_id] = order_list
    for name, dumped in data["markets"].items():
        _load_market(state, state.markets[name], dumped)
    usdm.load(state.usdm, data.get("usdm", {}))
    state.totals = Totals(**data["totals"]) if "totals" in data else _first_totals(state)
    return state


def _load_account(state: ExchangeState, row: Json) -> None:
    trades = [PrivateTrade._make([*values[:3], _SIDES[values[3]], *values[4:]]) for values in row.pop("trades")]
    account = state.accounts[row["id"]] = Account(**row)
    account.prevented = [PreventedMatch(*match) for match in account.prevented]
    for trade in trades:
        account.begin_desk(trade.symbol).trades.append(trade)


def _load_market(state: ExchangeState, market: MarketState, dumped: Json) -> None:
    for name in _COUNTERS:
        setattr(market, name, dumped.get(name, 0))
    market.halted, market.ahead = dumped.get("halted", False), dict(dumped.get("ahead", {}))
    market.tape.extend(TapeTrade(*row) for row in dumped["tape"])
    for row in dumped["orders"]:
        _load_order(state, market, row)
    if "book" in dumped:
        market.book = Market.load(dumped["book"])
    for order_id in dumped.get("resting", ()):
        order = market.orders[order_id]
        market.book.place(
            NewOrder(order.id, order.account_id, order.side, OrderType.LIMIT, order.price, order.remaining)
        )
    market.armed = {tracked.order.order_id: market.orders[tracked.order.order_id] for tracked in market.book.armed()}


def _load_order(state: ExchangeState, market: MarketState, row: list[Any]) -> None:
    row[_SIDE_AT], row[_TYPE_AT] = _SIDES[row[_SIDE_AT]], _TYPES[row[_TYPE_AT]]
    row[_STATUS_AT] = _STATUSES[row[_STATUS_AT]]
    order = Order(*row[: len(_FACT_FIELDS)])
    for name, value in zip(_LATER_FIELDS, row[len(_FACT_FIELDS) :], strict=False):
        if getattr(order, name) != value:
            setattr(order, name, value)
    if len(row) == len(_OLD_ORDER_FIELDS):
        order.is_open = order.status in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
        order.working_time = order.time
    order.amendments = tuple(Amendment(*values) for values in order.amendments)
    account = state.accounts[order.account_id]
    market.orders[order.id] = order
    desk = account.begin_desk(order.symbol)
    desk.add(order)
    if not order.is_open:
        del desk.open[order.id]


def _first_totals(state: ExchangeState) -> Totals:
    """Totals of a state that did not count them: what accounts hold now counts as granted."""
    totals = Totals()
    for account in state.accounts.values():
        for amounts in (account.free, account.locked):
            for asset, amount in amounts.items():
                totals.granted[asset] = totals.granted.get(asset, 0) + amount
    return totals
