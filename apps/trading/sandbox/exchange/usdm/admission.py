"""Reads and checks requests about contracts. Every refusal raises ApiError and changes nothing."""

from collections.abc import Mapping

from apps.trading.sandbox.exchange import errors
from apps.trading.sandbox.exchange.amounts import TooPreciseError, parse_units
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.order_params import integer, require_client_id, required
from apps.trading.sandbox.exchange.symbols import TICK_UNITS
from apps.trading.sandbox.exchange.usdm.booking import closable
from apps.trading.sandbox.exchange.usdm.contracts import (
    CONTRACTS,
    LOT_UNITS,
    MAX_ALGO_ORDERS,
    MAX_OPEN_ORDERS,
    MIN_NOTIONAL,
    TICK_LOT,
    largest_leverage,
    largest_notional,
)
from apps.trading.sandbox.exchange.usdm.engine import UsdmEngine
from apps.trading.sandbox.exchange.usdm.margin import available
from apps.trading.sandbox.exchange.usdm.state import BOTH, LONG, SHORT, FuturesAccount, FuturesOrder
from apps.trading.sandbox.exchange.usdm.triggers import STOPS, TRAILING
from kernel.matching import NewOrder, OrderType, Side

Params = Mapping[str, str]
SIDES = ("BUY", "SELL")
PLAIN = ("LIMIT", "MARKET")
CONDITIONAL = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", TRAILING)
TIMES = ("GTC", "IOC", "FOK", "GTX")
_PERCENT_PRICE = (10, 500)
_WITH_PRICE = ("LIMIT", "STOP", "TAKE_PROFIT")


def symbol_of(engine: UsdmEngine, params: Params) -> str:
    """The contract asked for; ApiError -1102 or -1121."""
    symbol = required(params, "symbol")
    if symbol not in engine.markets:
        raise ApiError(-1121, "Invalid symbol.")
    return symbol


def choice(params: Params, name: str, allowed: tuple[str, ...], default: str = "") -> str:
    """One of a parameter's values; ApiError -1102 or -1116, -1117, -1115, -4015."""
    value = params.get(name, "") or default
    if not value:
        raise errors.missing_parameter(name)
    if value not in allowed:
        code = {"side": -1117, "timeInForce": -1115}.get(name, -1116)
        raise ApiError(code, f"Invalid {'orderType' if name == 'type' else name}.")
    return value


def flag(params: Params, name: str) -> bool:
    """A parameter that is true or false; absent is false."""
    return params.get(name, "").lower() == "true"


def units_of(params: Params, name: str) -> int:
    """A mandatory decimal in units of 10^-8."""
    try:
        return parse_units(required(params, name))
    except TooPreciseError as error:
        raise ApiError(-1111, "Precision is over the maximum defined for this asset.") from error
    except ValueError as error:
        raise errors.illegal_characters(name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$") from error


def ticks_of(params: Params, name: str) -> int:
    """A mandatory price on the tick grid, in ticks."""
    ticks, rest = divmod(units_of(params, name), TICK_UNITS)
    if rest:
        raise ApiError(-4014, "Price not increased by tick size.")
    if not ticks:
        raise ApiError(-4001, "Price less than 0.")
    return ticks


def lots_of(symbol: str, params: Params, name: str = "quantity") -> int:
    """A mandatory quantity on the lot grid, in lots."""
    units = units_of(params, name)
    lots, rest = divmod(units, LOT_UNITS)
    if rest:
        raise ApiError(-1111, "Precision is over the maximum defined for this asset.")
    if not lots:
        raise ApiError(-4003, "Quantity less than or equal to zero.")
    if units > CONTRACTS[symbol].max_quantity:
        raise ApiError(-4005, "Quantity greater than max quantity.")
    return lots


def position_side_of(account: FuturesAccount, params: Params) -> str:
    """The side of a request, fitting the account's mode; ApiError -4061."""
    side = choice(params, "positionSide", (BOTH, LONG, SHORT), BOTH)
    if (side == BOTH) == account.is_hedged:
        raise ApiError(-4061, "Order's position side does not match user's setting.")
    return side


def client_id(params: Params, name: str, taken: set[str]) -> str:
    """A new order's client id, or nothing; ApiError -4116 when an open order has it."""
    text = params.get(name, "")
    if text:
        require_client_id(name, text)
        if text in taken:
            raise ApiError(-4116, "ClientOrderId is duplicated.")
    return text


def admit_order(engine: UsdmEngine, account: FuturesAccount, params: Params, now_ms: int) -> Record:
    """The record of a market or limit order."""
    symbol, side = symbol_of(engine, params), choice(params, "side", SIDES)
    kind = choice(params, "type", PLAIN + CONDITIONAL)
    if kind in CONDITIONAL:
        raise ApiError(
            -4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
        )
    position_side = position_side_of(account, params)
    price = ticks_of(params, "price") if kind == "LIMIT" else 0
    tif = choice(params, "timeInForce", TIMES) if kind == "LIMIT" else "GTC"
    lots, is_reducing = lots_of(symbol, params), flag(params, "reduceOnly")
    if is_reducing and account.is_hedged:
        raise ApiError(-1106, "Parameter 'reduceonly' sent when not required.")
    closes = account.is_hedged and (side == "SELL") == (position_side == LONG)
    if is_reducing or closes:
        lots = _reducible(account, symbol, position_side, side, lots)
    if not is_reducing and not closes:
        _check_value(engine, symbol, price or engine.price_of(symbol), lots)
    if price:
        _check_band(engine, symbol, price)
    if len(account.open_orders) >= MAX_OPEN_ORDERS:
        raise ApiError(-2025, "Reach max open order limit.")
    record: Record = {
        "k": "um_order", "t": now_ms, "account": account.id, "s": symbol, "side": side, "ps": position_side,
        "type": kind, "tif": tif, "price": price, "lots": lots, "reduce": is_reducing or closes,
        "cid": client_id(params, "newClientOrderId", {order.client_id for order in account.open_orders.values()}),
    }  # fmt: skip
    _check_book(engine, record)
    _check_margin(engine, account, record)
    return record


def admit_algo(engine: UsdmEngine, account: FuturesAccount, params: Params, now_ms: int) -> Record:
    """The record of a conditional order."""
    symbol, side = symbol_of(engine, params), choice(params, "side", SIDES)
    kind = choice(params, "type", CONDITIONAL)
    position_side, is_closing_all = position_side_of(account, params), flag(params, "closePosition")
    callback, trigger, activation = 0, 0, 0
    if kind == TRAILING:
        callback = units_of(params, "callbackRate") // 10**6
        if not 10 <= callback <= 1_000:
            raise ApiError(-2007, "Invalid callBack rate.")
        activation = ticks_of(params, "activatePrice") if params.get("activatePrice") else 0
    else:
        trigger = ticks_of(params, "triggerPrice")
        rising, price = (kind in STOPS) == (side == "BUY"), engine.price_of(symbol)
        if price >= trigger if rising else price <= trigger:
            raise ApiError(-2021, "Order would immediately trigger.")
    price = ticks_of(params, "price") if kind in _WITH_PRICE else 0
    if is_closing_all and (price or params.get("quantity")):
        raise ApiError(-4136, "Target strategy invalid for orderType closePosition.")
    lots = 0 if is_closing_all else lots_of(symbol, params)
    if len(account.waiting) >= MAX_ALGO_ORDERS:
        raise ApiError(-4045, "Reach max stop order limit.")
    return {
        "k": "um_algo", "t": now_ms, "account": account.id, "s": symbol, "side": side, "ps": position_side,
        "type": kind, "tif": choice(params, "timeInForce", TIMES, "GTC"), "price": price, "lots": lots,
        "trigger": trigger, "activation": activation, "callback": callback,
        "working": choice(params, "workingType", ("CONTRACT_PRICE", "MARK_PRICE"), "CONTRACT_PRICE"),
        "reduce": flag(params, "reduceOnly"), "close": is_closing_all,
        "cid": client_id(params, "clientAlgoId", {order.client_id for order in account.open_algos()}),
    }  # fmt: skip


def admit_leverage(engine: UsdmEngine, account: FuturesAccount, params: Params, now_ms: int) -> Record:
    """The record of a leverage change: the present position must fit its tier and its margin."""
    symbol, leverage = symbol_of(engine, params), integer(params, "leverage")
    if leverage is None:
        raise errors.missing_parameter("leverage")
    if not 1 <= leverage <= largest_leverage(symbol):
        raise ApiError(-4028, f"Leverage {leverage} is not valid.")
    setting = account.setting(symbol)
    held = sum(abs(account.holding(symbol, side).value(engine.price_of(symbol))) for side in account.sides())
    if held > largest_notional(symbol, leverage):
        raise ApiError(-2027, "Exceeded the maximum allowable position at current leverage.")
    if held and setting.is_isolated and leverage < setting.leverage:
        raise ApiError(-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions.")
    before, setting.leverage = setting.leverage, leverage
    try:
        if held and leverage < before and available(account, engine.price_of) < 0:
            raise ApiError(-2019, "Margin is insufficient.")
    finally:
        setting.leverage = before
    return {"k": "um_leverage", "t": now_ms, "account": account.id, "s": symbol, "leverage": leverage}


def _reducible(account: FuturesAccount, symbol: str, position_side: str, side: str, lots: int) -> int:
    """What may still be closed, other closing orders counted; ApiError -2022 when nothing."""
    standing = sum(
        order.remaining
        for order in account.open_orders.values()
        if order.is_reducing and (order.symbol, order.position_side, order.side) == (symbol, position_side, side)
    )
    left = closable(account.holding(symbol, position_side), side) - standing
    if left <= 0:
        raise ApiError(-2022, "ReduceOnly Order is rejected.")
    return min(lots, left)


def _check_value(engine: UsdmEngine, symbol: str, price: int, lots: int) -> None:
    if price * lots * TICK_LOT < MIN_NOTIONAL:
        raise ApiError(-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only).")


def _check_band(engine: UsdmEngine, symbol: str, price: int) -> None:
    least, most = _PERCENT_PRICE
    mark = engine.price_of(symbol)
    if price * 100 > most * mark:
        raise ApiError(-4016, f"Limit price can't be higher than {most * mark // 10_000}.")
    if price * 100 < least * mark:
        raise ApiError(-4024, f"Limit price can't be lower than {least * mark // 10_000}.")


def _check_book(engine: UsdmEngine, record: Record) -> None:
    """Post-only orders must rest; a market that has no price takes nothing."""
    market = engine.quote(record["s"])
    if not engine.price_of(record["s"]):
        raise ApiError(-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit.")
    if record["tif"] == "GTX":
        new = NewOrder(1, 0, Side(record["side"]), OrderType.LIMIT_MAKER, record["price"], record["lots"])
        if market.book.would_take(new):
            raise ApiError(
                -5022,
                "Due to the order could not be executed as maker, the Post Only order will be rejected."
                " The order will not be recorded in the order history.",
            )


def _check_margin(engine: UsdmEngine, account: FuturesAccount, record: Record) -> None:
    """The order's margin, its fee and what it loses at once against the mark must be free."""
    if record["reduce"]:
        return
    symbol, lots = record["s"], record["lots"]
    mark = engine.price_of(symbol)
    draft = FuturesOrder(
        0, account.id, symbol, record["side"], record["ps"], record["type"], record["type"], record["tif"],
        record["price"], lots, False, "", 0, 0,
    )  # fmt: skip
    price = record["price"] or mark
    fee = max(price, mark) * lots * TICK_LOT // 2_000
    behind = max(0, price - mark if record["side"] == "BUY" else mark - price) * lots * TICK_LOT
    if available(account, engine.price_of, adding=(draft,)) < fee + behind:
        raise ApiError(-2019, "Margin is insufficient.")
    held = account.holding(symbol, record["ps"]).lots
    after = abs(held + (lots if record["side"] == "BUY" else -lots))
    if after * mark * TICK_LOT > largest_notional(symbol, account.setting(symbol).leverage):
        raise ApiError(-2027, "Exceeded the maximum allowable position at current leverage.")
