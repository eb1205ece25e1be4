"""Reads an order's parameters: which are mandatory, which must not be sent, their form and the symbol's filters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from apps.trading.sandbox.exchange import errors, filters
from apps.trading.sandbox.exchange.amounts import TooPreciseError, parse_units
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.state import MARKET_TYPES, STOP_TYPES, Account, MarketState, OrderType
from kernel.matching import SelfTrade, Side

Params = Mapping[str, str]
CLIENT_ID_PATTERN = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
_NUMBER_PATTERN = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_TIMES_IN_FORCE = ("GTC", "IOC", "FOK")
_WITH_TIME = (OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT)
_SELF_TRADES = {member.value for member in SelfTrade}
_MIN_STRATEGY_TYPE = 1_000_000
_PEG = ("pegPriceType", "pegOffsetType", "pegOffsetValue")


@dataclass(frozen=True)
class LegParams:
    """The parameters of one order; those of a list's leg are sent under names of their own (`abovePrice`)."""

    params: Params
    prefix: str = ""
    shared: tuple[str, ...] = ()  # names sent without the prefix
    client_id_name: str = "newClientOrderId"

    def name(self, plain: str) -> str:
        """The name under which a parameter is sent."""
        if not self.prefix or plain in self.shared:
            return plain
        return self.prefix + plain[0].upper() + plain[1:]

    def get(self, plain: str) -> str:
        """A parameter's text, empty when absent."""
        return self.params.get(self.name(plain), "")

    def required(self, plain: str) -> str:
        """A mandatory parameter's text; ApiError -1102 when absent."""
        return required(self.params, self.name(plain))

    def forbid(self, *plain_names: str) -> None:
        """ApiError -1106 when one of the parameters is sent."""
        for plain in plain_names:
            if self.get(plain):
                raise ApiError(-1106, f"Parameter '{self.name(plain)}' sent when not required.")

    def amount(self, plain: str) -> int:
        """A mandatory decimal in units of 10^-8."""
        return _amount(self.name(plain), self.required(plain))

    def number(self, plain: str) -> int | None:
        """An optional whole number."""
        return integer(self.params, self.name(plain))


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


def client_id_of(account: Account, market: MarketState, params: Params, name: str) -> str:
    """A new order's client id, or nothing; refused when malformed or in use by an open order."""
    client_id = params.get(name, "")
    if not client_id:
        return ""
    require_client_id(name, client_id)
    known = account.desk(market.spec.name).by_client_id.get(client_id)
    if known is not None and known.is_open:
        raise errors.duplicate_order()
    return client_id


def require_client_id(name: str, client_id: str) -> None:
    """ApiError -1100 when an id has other characters or is too long."""
    if not re.fullmatch(CLIENT_ID_PATTERN, client_id):
        raise errors.illegal_characters(name, CLIENT_ID_PATTERN)


def read_order(account: Account, market: MarketState, leg: LegParams, average: int) -> Record:
    """What the journal keeps of an order, after all checks that need neither the book nor the funds.

    `average` is the symbol's average price in ticks.
    """
    side, order_type = _side(leg), _order_type(leg)
    _refuse_pegs(leg)
    facts: Record = {
        "side": side.value,
        "type": order_type.value,
        "tif": _time_in_force(leg, order_type),
        "price": 0,
        "lots": 0,
        "quote": 0,
        "cid": client_id_of(account, market, leg.params, leg.client_id_name),
    }
    if order_type in MARKET_TYPES:
        leg.forbid("price", "icebergQty")
    if order_type is not OrderType.MARKET:
        leg.forbid("quoteOrderQty")
    if order_type not in STOP_TYPES:
        leg.forbid("stopPrice", "trailingDelta")
    extras: Record = {
        "stop": 0,
        "trail": 0,
        "iceberg": 0,
        "stp": _self_trade(leg),
        "strategy_id": leg.number("strategyId"),
        "strategy_type": _strategy_type(leg),
    }
    if order_type in STOP_TYPES:
        _read_trigger(market, leg, extras)
    _read_quantities(market, leg, order_type, facts)
    _check_value(market, order_type, facts | extras, average)
    if leg.get("icebergQty"):
        _read_iceberg(market, leg, facts, extras)
    if extras["trail"]:
        filters.check_trailing(market.spec, extras["trail"])
    if extras != {"stop": 0, "trail": 0, "iceberg": 0, "stp": "NONE", "strategy_id": None, "strategy_type": None}:
        facts |= extras
    return facts


def _refuse_pegs(leg: LegParams) -> None:
    if any(leg.get(name) for name in _PEG):
        raise ApiError(-2010, "Pegged orders are not supported for this symbol.")


def _side(leg: LegParams) -> Side:
    try:
        return Side(leg.required("side"))
    except ValueError as error:
        raise ApiError(-1117, "Invalid side.") from error


def _order_type(leg: LegParams) -> OrderType:
    try:
        return OrderType(leg.required("type"))
    except ValueError as error:
        raise ApiError(-1116, "Invalid orderType.") from error


def _time_in_force(leg: LegParams, order_type: OrderType) -> str:
    if order_type not in _WITH_TIME:
        leg.forbid("timeInForce")
        return "GTC"
    value = leg.required("timeInForce")
    if value not in _TIMES_IN_FORCE:
        raise ApiError(-1115, "Invalid timeInForce.")
    return value


def _self_trade(leg: LegParams) -> str:
    value = leg.params.get("selfTradePreventionMode", "") or SelfTrade.NONE.value
    if value not in _SELF_TRADES:
        raise ApiError(-1130, "Data sent for parameter 'selfTradePreventionMode' is not valid.")
    return value


def _strategy_type(leg: LegParams) -> int | None:
    value = leg.number("strategyType")
    if value is not None and value < _MIN_STRATEGY_TYPE:
        raise ApiError(-1134, f"{leg.name('strategyType')} was less than {_MIN_STRATEGY_TYPE}.")
    return value


def _read_trigger(market: MarketState, leg: LegParams, extras: Record) -> None:
    extras["trail"] = leg.number("trailingDelta") or 0
    if leg.get("stopPrice"):
        extras["stop"] = _ticks(market, leg, "stopPrice", "Invalid stop price.")
    elif not extras["trail"]:
        names = f"'{leg.name('stopPrice')}' or '{leg.name('trailingDelta')}'"
        raise ApiError(-1102, f"Param {names} must be sent, but both were empty/null!")


def _read_quantities(market: MarketState, leg: LegParams, order_type: OrderType, facts: Record) -> None:
    if order_type not in MARKET_TYPES:
        facts["price"] = _ticks(market, leg, "price", "Invalid price.")
    elif order_type is OrderType.MARKET:
        if leg.get("quoteOrderQty") and leg.get("quantity"):
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        if leg.get("quoteOrderQty"):
            facts["quote"] = leg.amount("quoteOrderQty")
            return
        if not leg.get("quantity"):
            text = f"Param '{leg.name('quantity')}' or '{leg.name('quoteOrderQty')}' must be sent, but both were"
            raise ApiError(-1102, f"{text} empty/null!")
    quantity = leg.amount("quantity")
    if not quantity:
        raise ApiError(-1013, "Invalid quantity.")
    facts["lots"] = filters.order_lots(market.spec, quantity, market=order_type in MARKET_TYPES)


def _check_value(market: MarketState, order_type: OrderType, facts: Record, average: int) -> None:
    """NOTIONAL and PERCENT_PRICE_BY_SIDE."""
    spec = market.spec
    price = facts["price"] or facts["stop"] or average
    filters.check_notional(spec, facts["quote"] or price * facts["lots"] * spec.tick_lot_units)
    for ticks in (facts["price"], facts["stop"]):
        if ticks:
            filters.check_percent_price(spec, ticks, average)


def _read_iceberg(market: MarketState, leg: LegParams, facts: Record, extras: Record) -> None:
    if facts["tif"] != "GTC":
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    shown = leg.amount("icebergQty")
    if not shown:
        return
    lots = filters.order_lots(market.spec, shown)
    filters.check_iceberg(market.spec, facts["lots"], lots)
    extras["iceberg"] = lots if lots < facts["lots"] else 0


def _ticks(market: MarketState, leg: LegParams, plain: str, zero: str) -> int:
    units = leg.amount(plain)
    if not units:
        raise ApiError(-1013, zero)
    return filters.price_ticks(market.spec, units)


def _amount(name: str, text: str) -> int:
    try:
        return parse_units(text)
    except TooPreciseError as error:
        raise errors.too_precise(name) from error
    except ValueError as error:
        raise errors.illegal_characters(name, _NUMBER_PATTERN) from error
