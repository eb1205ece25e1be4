"""Checks of order requests against rules, filters and funds, before anything is journalled. Changes nothing."""

import re
from collections.abc import Mapping

from apps.trading.sandbox.exchange import errors
from apps.trading.sandbox.exchange.amounts import TooPreciseError, parse_units
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.settlement import given_asset, lots_for_notional
from apps.trading.sandbox.exchange.state import Account, MarketState, Order, OrderType
from apps.trading.sandbox.exchange.symbols import TICK_UNITS, SymbolSpec
from kernel.matching import Side

Params = Mapping[str, str]
CLIENT_ID_PATTERN = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
_NUMBER_PATTERN = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_TIMES_IN_FORCE = ("GTC", "IOC", "FOK")


def required(params: Params, name: str) -> str:
    """A mandatory parameter's text; ApiError -1102 when absent."""
    value = params.get(name, "")
    if not value:
        raise errors.missing_parameter(name)
    return value


def integer(params: Params, name: str) -> int | None:
    """An optional integer parameter; ApiError -1100 when malformed."""
    value = params.get(name, "")
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{1,20}", value):
        raise errors.illegal_characters(name, "^[0-9]{1,20}$")
    return int(value)


def market_of(engine: Engine, params: Params) -> MarketState:
    """The market named by `symbol`."""
    market = engine.state.markets.get(required(params, "symbol"))
    if market is None:
        raise errors.invalid_symbol()
    return market


def find_order(account: Account, market: MarketState, params: Params) -> Order | None:
    """An account's order by `orderId` or, newest first, by `origClientOrderId`; -1102 when neither is given."""
    order_id, client_id = integer(params, "orderId"), params.get("origClientOrderId", "")
    if order_id is None and not client_id:
        raise ApiError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    if order_id is None:
        return account.by_client_id.get((market.spec.name, client_id))
    order = market.orders.get(order_id)
    if order is None or order.account_id != account.id or (client_id and order.client_id != client_id):
        return None
    return order


def admit_order(engine: Engine, account: Account, params: Params, now_ms: int) -> Record:
    """The journal record of a new order; raises ApiError when it breaks a rule, a filter or the account's funds."""
    market = market_of(engine, params)
    side, order_type = _side(params), _order_type(params)
    record: Record = {
        "k": "order",
        "t": now_ms,
        "account": account.id,
        "s": market.spec.name,
        "side": side.value,
        "type": order_type.value,
        "tif": _time_in_force(params, order_type),
        "price": 0,
        "lots": 0,
        "quote": 0,
        "cid": _client_id(account, market, params),
    }
    if order_type is OrderType.MARKET:
        _admit_market(engine, market, params, record)
    else:
        _admit_limit(market, params, record)
    if len([1 for symbol, _ in account.open_orders if symbol == market.spec.name]) >= market.spec.max_open_orders:
        raise errors.filter_failure("MAX_NUM_ORDERS")
    engine.quote(market.spec.name)
    if order_type is OrderType.LIMIT_MAKER and market.book.crosses(side, record["price"]):
        raise errors.would_match()
    if account.free.get(given_asset(market.spec, side), 0) < _needed(market, side, record):
        raise errors.insufficient_balance()
    return record


def _side(params: Params) -> Side:
    try:
        return Side(required(params, "side"))
    except ValueError as error:
        raise ApiError(-1117, "Invalid side.") from error


def _order_type(params: Params) -> OrderType:
    try:
        return OrderType(required(params, "type"))
    except ValueError as error:
        raise ApiError(-1116, "Invalid orderType.") from error


def _time_in_force(params: Params, order_type: OrderType) -> str:
    if order_type is not OrderType.LIMIT:
        if params.get("timeInForce"):
            raise ApiError(-1106, "Parameter 'timeInForce' sent when not required.")
        return "GTC"
    value = required(params, "timeInForce")
    if value not in _TIMES_IN_FORCE:
        raise ApiError(-1115, "Invalid timeInForce.")
    return value


def _client_id(account: Account, market: MarketState, params: Params) -> str:
    client_id = params.get("newClientOrderId", "")
    if not client_id:
        return ""
    if not re.fullmatch(CLIENT_ID_PATTERN, client_id):
        raise errors.illegal_characters("newClientOrderId", CLIENT_ID_PATTERN)
    known = account.by_client_id.get((market.spec.name, client_id))
    if known is not None and known.is_open:
        raise errors.duplicate_order()
    return client_id


def _amount(params: Params, name: str) -> int:
    text = required(params, name)
    try:
        return parse_units(text)
    except TooPreciseError as error:
        raise errors.too_precise(name) from error
    except ValueError as error:
        raise errors.illegal_characters(name, _NUMBER_PATTERN) from error


def _lots(spec: SymbolSpec, params: Params) -> int:
    quantity = _amount(params, "quantity")
    if not quantity:
        raise ApiError(-1013, "Invalid quantity.")
    lots, rest = divmod(quantity, spec.lot_units)
    if rest or not lots or quantity > spec.max_quantity:
        raise errors.filter_failure("LOT_SIZE")
    return lots


def _admit_limit(market: MarketState, params: Params, record: Record) -> None:
    spec = market.spec
    price = _amount(params, "price")
    if not price:
        raise ApiError(-1013, "Invalid price.")
    ticks, rest = divmod(price, TICK_UNITS)
    if rest or not ticks or price > spec.max_price:
        raise errors.filter_failure("PRICE_FILTER")
    lots = _lots(spec, params)
    if not spec.min_notional <= ticks * lots * spec.tick_lot_units <= spec.max_notional:
        raise errors.filter_failure("NOTIONAL")
    record.update(price=ticks, lots=lots)


def _admit_market(engine: Engine, market: MarketState, params: Params, record: Record) -> None:
    spec = market.spec
    if params.get("price"):
        raise ApiError(-1106, "Parameter 'price' sent when not required.")
    if params.get("quoteOrderQty"):
        if params.get("quantity"):
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        record["quote"] = notional = _amount(params, "quoteOrderQty")
    else:
        record["lots"] = _lots(spec, params)
        notional = engine.view.average_price(spec.name) * record["lots"] * spec.tick_lot_units
    if not spec.min_notional <= notional <= spec.max_notional:
        raise errors.filter_failure("NOTIONAL")


def _needed(market: MarketState, side: Side, record: Record) -> int:
    """Units of the given asset the order will lock."""
    spec = market.spec
    if side is Side.SELL:
        lots = record["lots"] or lots_for_notional(market, record["quote"] // spec.tick_lot_units)
        return int(lots * spec.lot_units)
    if record["type"] == OrderType.MARKET.value:
        if record["quote"]:
            return int(record["quote"])
        return sum(price * lots for price, lots in market.book.walk(side, None, record["lots"])) * spec.tick_lot_units
    return int(record["price"] * record["lots"] * spec.tick_lot_units)
