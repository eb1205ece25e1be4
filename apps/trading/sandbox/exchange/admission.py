"""Checks of order requests against rules, filters, the book and the funds, before anything is journalled.

Changes nothing. What is returned is the journal's record; applying it cannot fail.
"""

from apps.trading.sandbox.exchange import errors, filters
from apps.trading.sandbox.exchange.engine import Engine, draft_order
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.filters import OrderCount
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.order_params import (
    CLIENT_ID_PATTERN,
    LegParams,
    Params,
    client_id_of,
    integer,
    read_order,
    require_client_id,
    required,
)
from apps.trading.sandbox.exchange.settlement import first_need, given_asset, matching_order, stop_budget
from apps.trading.sandbox.exchange.state import STOP_TYPES, Account, ListKind, MarketState, Order, OrderType
from kernel.matching import Side

__all__ = [
    "CLIENT_ID_PATTERN",
    "Params",
    "admit_amend",
    "admit_list",
    "admit_order",
    "find_order",
    "integer",
    "market_of",
    "required",
]

_GAINING = (OrderType.LIMIT_MAKER, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)
_LOSING = (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
_MISPLACED = {
    **{(OrderType.LIMIT_MAKER, side): (code, "limit") for side, code in ((Side.BUY, -1165), (Side.SELL, -1166))},
    **{(kind, Side.BUY): (-1196, "stop loss") for kind in _LOSING},
    **{(kind, Side.SELL): (-1197, "stop loss") for kind in _LOSING},
    **{(kind, Side.BUY): (-1198, "take profit") for kind in _GAINING[1:]},
    **{(kind, Side.SELL): (-1199, "take profit") for kind in _GAINING[1:]},
}
_WORKING_TYPES = (OrderType.LIMIT.value, OrderType.LIMIT_MAKER.value)
_OCO_SHARED = ("side", "quantity", "newOrderRespType")
_PREFIXES = {
    ListKind.OCO: ("above", "below"),
    ListKind.OTO: ("working", "pending"),
    ListKind.OTOCO: ("working", "pendingAbove", "pendingBelow"),
}


def market_of(engine: Engine, params: Params) -> MarketState:
    """The market named by `symbol`."""
    market = engine.state.markets.get(required(params, "symbol"))
    if market is None:
        raise errors.invalid_symbol()
    return market


def _trading_market(engine: Engine, params: Params) -> MarketState:
    """The market named by `symbol`, refused while it is halted."""
    market = market_of(engine, params)
    if market.halted:
        raise ApiError(-1013, "Market is closed.")
    return market


def find_order(account: Account, market: MarketState, params: Params) -> Order | None:
    """An account's order by `orderId` or, newest first, by `origClientOrderId`; -1102 when neither is given."""
    order_id, client_id = integer(params, "orderId"), params.get("origClientOrderId", "")
    if order_id is None and not client_id:
        raise ApiError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    if order_id is None:
        return account.desk(market.spec.name).by_client_id.get(client_id)
    order = market.orders.get(order_id)
    if order is None or order.account_id != account.id or (client_id and order.client_id != client_id):
        return None
    return order


def admit_order(engine: Engine, account: Account, params: Params, now_ms: int) -> Record:
    """The journal record of a new order; raises ApiError when it breaks a rule, a filter or the account's funds."""
    market = _trading_market(engine, params)
    facts = read_order(account, market, LegParams(params), engine.view.average_price(market.spec.name))
    record: Record = {"k": "order", "t": now_ms, "account": account.id, "s": market.spec.name} | facts
    draft = draft_order(account, market, facts)
    _check_room(account, market, [draft])
    engine.quote(market.spec.name)
    _check_entry(market, draft)
    _check_funds(account, market, [draft])
    return record


def admit_list(engine: Engine, account: Account, params: Params, kind: str, now_ms: int) -> Record:
    """The journal record of a new OCO, OTO or OTOCO list; raises ApiError as `admit_order`."""
    market, list_kind = _trading_market(engine, params), ListKind(kind)
    list_id = _list_client_id(account, params)
    average = engine.view.average_price(market.spec.name)
    legs = [read_order(account, market, leg, average) for leg in _legs(list_kind, params)]
    ids = [leg["cid"] for leg in legs if leg["cid"]]
    if len(set(ids)) < len(ids):
        raise errors.duplicate_order()
    drafts = [draft_order(account, market, leg) for leg in legs]
    _check_room(account, market, drafts, lists=1)
    engine.quote(market.spec.name)
    if list_kind is not ListKind.OTO:
        _check_pair(market, drafts[-2], drafts[-1], reference=_reference(market, list_kind, drafts[0]))
    entering = drafts if list_kind is ListKind.OCO else drafts[:1]
    for draft in entering:
        _check_entry(market, draft)
    _check_funds(account, market, entering)
    head: Record = {"k": "list", "t": now_ms, "account": account.id, "s": market.spec.name}
    return head | {"kind": list_kind.value, "cid": list_id, "orders": legs}


def admit_amend(engine: Engine, account: Account, params: Params, now_ms: int) -> Record:
    """The journal record of an amendment: a smaller quantity at the same place in the queue."""
    market = _trading_market(engine, params)
    order = find_order(account, market, params)
    leg = LegParams(params)
    units = leg.amount("newQty")
    client_id = params.get("newClientOrderId", "")
    if order is None or client_id != order.client_id:  # its own id may be kept
        client_id = client_id_of(account, market, params, "newClientOrderId")
    if order is None or not order.is_open:
        raise errors.no_such_order()
    if not units:
        raise ApiError(-1013, "Invalid quantity.")
    lots = filters.order_lots(market.spec, units)
    if lots == order.lots:
        raise ApiError(-2038, "The requested action would change no state; rejecting")
    if lots > order.lots:
        raise ApiError(-2038, "Order amend (quantity increase) is not supported.")
    if lots <= order.executed + order.prevented_lots:
        raise ApiError(-2038, "Price * QTY is zero or less.")  # of what would be left
    filters.check_amends(market.spec, len(order.amendments) + 1)
    head: Record = {"k": "amend", "t": now_ms, "account": account.id, "s": market.spec.name}
    return head | {"id": order.id, "lots": lots, "cid": client_id}


def _legs(kind: ListKind, params: Params) -> list[LegParams]:
    """The orders of a list, the working order first."""
    legs = []
    for prefix in _PREFIXES[kind]:
        client_id_name = f"{prefix}ClientOrderId"
        if kind is ListKind.OCO:
            legs.append(LegParams(params, prefix, _OCO_SHARED, client_id_name))
        elif prefix in ("pendingAbove", "pendingBelow"):
            shared = {"side": "pendingSide", "quantity": "pendingQuantity"}
            moved = {f"{prefix}{old.capitalize()}": params.get(new, "") for old, new in shared.items()}
            for new in shared.values():
                required(params, new)
            legs.append(LegParams({**params, **moved}, prefix, (), client_id_name))
        else:
            legs.append(LegParams(params, prefix, (), client_id_name))
    if kind is not ListKind.OCO and legs[0].required("type") not in _WORKING_TYPES:
        raise ApiError(-1116, "Invalid orderType.")
    return legs


def _list_client_id(account: Account, params: Params) -> str:
    client_id = params.get("listClientOrderId", "")
    if client_id:
        require_client_id("listClientOrderId", client_id)
        known = account.lists_by_client_id.get(client_id)
        if known is not None and known.is_open:
            raise errors.duplicate_order()
    return client_id


def _reference(market: MarketState, kind: ListKind, working: Order) -> int:
    """The price that a pair stands around: the last, or the working order's at which it will be released."""
    return market.book.last_price if kind is ListKind.OCO else working.price


def _check_pair(market: MarketState, above: Order, below: Order, *, reference: int) -> None:
    """One leg gains and one loses, on the right sides of the reference price."""
    _check_places(above, below)
    sound = True
    for order, sign in ((above, 1), (below, -1)):
        ticks = order.price if order.type is OrderType.LIMIT_MAKER else order.stop_price
        sound = sound and (not ticks or ticks * sign > reference * sign)
    if not sound:
        raise ApiError(-2010, "The relationship of the prices for the orders is not correct.")


def _check_places(above: Order, below: Order) -> None:
    """Which types may stand above and below the market: what gains on the better side, what loses on the other."""
    if above.type is below.type is OrderType.LIMIT_MAKER:
        raise ApiError(-1168, "At least one OCO order must be contingent.")
    buys, side = above.side is Side.BUY, above.side.value.lower()
    for order, is_above in ((above, True), (below, False)):
        if order.type not in _GAINING + _LOSING:
            raise ApiError(-1158, "Order type not supported in OCO.")
        belongs_above = buys is (order.type in _LOSING)
        if is_above is not belongs_above:
            code, name = _MISPLACED[order.type, order.side]
            raise ApiError(code, f"A {name} order in a {side} OCO must be {'above' if belongs_above else 'below'}.")


def _check_entry(market: MarketState, draft: Order) -> None:
    """A maker-only order must not take, a stop order must not trigger at once."""
    if draft.type is OrderType.LIMIT_MAKER and market.book.crosses(draft.side, draft.price):
        raise errors.would_match()
    if market.book.would_trigger(matching_order(draft, market)):
        raise ApiError(-2010, "Order would trigger immediately.")


def _check_room(account: Account, market: MarketState, drafts: list[Order], *, lists: int = 0) -> None:
    """MAX_NUM_* and MAX_POSITION."""
    name, spec = market.spec.name, market.spec
    standing = list(account.desk(name).open.values())
    open_lists = sum(1 for each in account.lists.values() if each.is_open and each.symbol == name) if lists else 0
    filters.check_counts(spec, _count(standing, open_lists), _count(drafts, lists))
    bought = sum(order.remaining for order in standing if order.side is Side.BUY)
    # Of a list at most one buy comes about.
    added = max((draft.lots for draft in drafts if draft.side is Side.BUY), default=0)
    held = account.free.get(spec.base, 0) + account.locked.get(spec.base, 0)
    filters.check_position(spec, drafts[0].side, held + (bought + added) * spec.lot_units)


def _count(orders: list[Order], lists: int) -> OrderCount:
    return OrderCount(
        orders=len(orders),
        algo=sum(order.type in STOP_TYPES for order in orders),
        iceberg=sum(order.iceberg_lots > 0 for order in orders),
        lists=lists,
    )


def _check_funds(account: Account, market: MarketState, drafts: list[Order]) -> None:
    """The account's free funds cover the dearest of the orders that enter now."""
    for draft in drafts:
        draft.budget = stop_budget(market, draft)
        if account.free.get(given_asset(market.spec, draft.side), 0) < first_need(market, draft):
            raise errors.insufficient_balance()
