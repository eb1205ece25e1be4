"""Reading the adapter library's unified answers: orders, fills, and what a refusal proves. Numbers are texts."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from apps.trading.exchanges.gateways.outcomes import LOCAL, in_words
from apps.trading.exchanges.gateways.port import (
    OrderKind,
    OrderRequest,
    Rejected,
    Unknown,
    VenueFill,
    VenueOrder,
    VenueStatus,
)
from kernel.instruments import Side

_ENDED = {
    "closed": VenueStatus.FILLED,
    "canceled": VenueStatus.CANCELLED,
    "expired": VenueStatus.CANCELLED,
    "rejected": VenueStatus.REJECTED,
}
_CODES = ("retCode", "err-code", "label", "code", "error")
_WORDS = ("retMsg", "err-msg", "message", "msg")
NO_CODE = ("None", "", "0", "00000", "200000")


def is_whole(found: Mapping[str, Any]) -> bool:
    """Return whether an answer tells how the order stands; the answer to sending often only says that it was taken."""
    return all(found.get(name) is not None for name in ("id", "status", "filled", "amount", "side"))


def read_order(found: Mapping[str, Any], *, symbol: str, client_id: str) -> VenueOrder:
    """Return a whole order; `symbol` and `client_id` are ours."""
    filled, amount = _decimal(found.get("filled")), _decimal(found["amount"])
    kind = OrderKind.MARKET if found.get("type") == "market" else OrderKind.LIMIT
    return VenueOrder(
        client_id=client_id,
        venue_order_id=str(found["id"]),
        symbol=symbol,
        side=Side(found["side"]),
        kind=kind,
        status=_status(str(found["status"]), filled, amount),
        quantity=amount,
        filled=filled,
        price=None if kind is OrderKind.MARKET else _decimal(found.get("price")),
        average_price=_average(found, filled),
        at_ms=_moment(found),
    )


def taken_order(request: OrderRequest, venue_order_id: str, at_ms: int) -> VenueOrder:
    """Return an order that was taken and of which nothing else is known yet."""
    return VenueOrder(
        client_id=request.client_id,
        venue_order_id=venue_order_id,
        symbol=request.symbol,
        side=request.side,
        kind=request.kind,
        status=VenueStatus.OPEN,
        quantity=request.quantity,
        filled=Decimal(0),
        price=request.price,
        average_price=None,
        at_ms=at_ms,
    )


def as_asked(order: VenueOrder, request: OrderRequest) -> VenueOrder:
    """Return an order with kind and price as asked for (a purchase at market may have been sent as a limit order)."""
    return replace(order, kind=request.kind, price=request.price)


def read_fill(found: Mapping[str, Any], *, symbol: str) -> VenueFill:
    """Return an execution out of a list; which order of ours it belongs to is told by the exchange's order id."""
    fees = found.get("fees") or []
    fee = found.get("fee") or (fees[0] if fees else {})
    return VenueFill(
        trade_id=str(found["id"]),
        client_id="",
        venue_order_id=str(found["order"]),
        symbol=symbol,
        side=Side(found["side"]),
        quantity=_decimal(found["amount"]),
        price=_decimal(found["price"]),
        fee=_decimal(fee.get("cost")),
        fee_asset=str(fee.get("currency") or ""),
        at_ms=int(found["timestamp"] or 0),
        is_maker=found.get("takerOrMaker") == "maker",
    )


def judge(error: Exception, answer: Any) -> Rejected | Unknown:
    """Return what an error of the library proves about an order; `answer` is the exchange's own (None: there was none).

    An answer that refuses in a way the library knows proves that the order was not taken. What it does not know, a
    server that failed, and "this id was used before" (it may be by us) prove nothing.
    """
    import ccxt

    if isinstance(error, ccxt.DuplicateOrderId):
        return Unknown("an order with this client id is at the venue")
    busy = isinstance(error, ccxt.RateLimitExceeded | ccxt.DDoSProtection | ccxt.InvalidNonce)
    if isinstance(error, ccxt.OperationFailed) and not busy:
        return Unknown(in_words(error))
    if answer is None and not busy:
        return Rejected(LOCAL, in_words(error))
    said_no = isinstance(answer, dict) and answer.get("success") is False and answer.get("error_response")
    if busy or said_no or type(error) not in (ccxt.ExchangeError, ccxt.BadResponse, ccxt.NullResponse):
        return refused(answer, error)
    return Unknown(in_words(error))


def refused(answer: Any, error: Exception | None = None) -> Rejected:
    """Return a refusal with the exchange's own code and words, where its answer has them."""
    told = answer if isinstance(answer, dict) else {}
    rows = told.get("data")
    detail = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    inner = told.get("error_response") or {}
    if detail.get("sCode") not in (None, "", "0"):
        return Rejected(str(detail["sCode"])[:32], str(detail.get("sMsg") or detail["sCode"])[:300])
    if inner:
        return Rejected(str(inner.get("error", ""))[:32], str(inner.get("message") or inner.get("error"))[:300])
    if isinstance(told.get("error"), list) and told["error"]:
        return Rejected(str(told["error"][0])[:32], str(told["error"][0])[:300])
    code = next((str(told.get(name)) for name in _CODES if str(told.get(name)) not in NO_CODE), "refused")
    words = next((str(told[name]) for name in _WORDS if told.get(name)), "")
    return Rejected(code[:32], (words or (in_words(error) if error is not None else code))[:300])


def _status(status: str, filled: Decimal, amount: Decimal) -> VenueStatus:
    if status == "closed" and filled < amount:  # the rest was taken back
        return VenueStatus.CANCELLED
    if status in _ENDED:
        return _ENDED[status]
    return VenueStatus.PARTLY_FILLED if filled else VenueStatus.OPEN


def _average(found: Mapping[str, Any], filled: Decimal) -> Decimal | None:
    if not filled:
        return None
    average, cost = _decimal(found.get("average")), _decimal(found.get("cost"))
    return average or (cost / filled if cost else None)


def _moment(found: Mapping[str, Any]) -> int:
    names = ("lastUpdateTimestamp", "lastTradeTimestamp", "timestamp")
    return next((int(found[name]) for name in names if found.get(name)), 0)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)
