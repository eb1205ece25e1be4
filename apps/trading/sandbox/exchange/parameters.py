"""Names of all parameters that any request of the REST face reads; a request with another name is refused."""

from collections.abc import Mapping

from apps.trading.sandbox.exchange.errors import ApiError

_ANY = (
    "symbol symbols symbolStatus permissions showPermissionSets interval startTime endTime timeZone limit fromId"
    " windowSize type recvWindow timestamp signature listenKey"
)
_ORDER = (
    "side timeInForce quantity quoteOrderQty price newClientOrderId strategyId strategyType stopPrice trailingDelta"
    " icebergQty newOrderRespType selfTradePreventionMode computeCommissionRates"
    " pegPriceType pegOffsetType pegOffsetValue"
)
_OTHER_REQUESTS = (
    "orderId origClientOrderId orderListId listClientOrderId newQty omitZeroBalances cancelRestrictions"
    " cancelReplaceMode cancelNewClientOrderId cancelOrigClientOrderId cancelOrderId preventedMatchId"
    " fromPreventedMatchId fromAllocationId fromExecutionId limitClientOrderId limitStrategyId limitStrategyType"
    " limitIcebergQty stopClientOrderId stopStrategyId stopStrategyType stopIcebergQty stopLimitPrice"
    " stopLimitTimeInForce"
)
_LEG = (
    "Type Side ClientOrderId IcebergQty Price StopPrice TrailingDelta TimeInForce StrategyId StrategyType Quantity"
    " PegPriceType PegOffsetType PegOffsetValue"
)
_LEGS = ("above", "below", "working", "pending", "pendingAbove", "pendingBelow")
KNOWN = frozenset((*_ANY.split(), *_ORDER.split(), *_OTHER_REQUESTS.split())) | {
    f"{leg}{name}" for leg in _LEGS for name in _LEG.split()
}
WITHOUT_ANY = ("/api/v3/ping", "/api/v3/time")


def require_known(path: str, params: Mapping[str, str]) -> None:
    """ApiError -1101 where no parameter is read and one was sent, -1104 where a name is read by no request."""
    if path in WITHOUT_ANY:
        if params:
            raise ApiError(-1101, f"Too many parameters; expected '0' and received '{len(params)}'.")
        return
    read = sum(name in KNOWN for name in params)
    if path.startswith("/api/") and read < len(params):
        text = f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{len(params)}'."
        raise ApiError(-1104, text)
