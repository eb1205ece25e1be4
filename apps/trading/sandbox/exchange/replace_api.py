"""Requests that change a standing order: cancel-replace, and amend that keeps the order's place in the queue."""

from collections.abc import Mapping
from typing import Any

from apps.trading.sandbox.exchange import payloads
from apps.trading.sandbox.exchange.account_api import AccountApi
from apps.trading.sandbox.exchange.admission import admit_amend, required
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.state import Account
from apps.trading.sandbox.exchange.venue import Venue

Params = Mapping[str, str]
_MODES = ("STOP_ON_FAILURE", "ALLOW_FAILURE")
_LIST_FACTS = ("orderListId", "contingencyType", "listOrderStatus", "listClientOrderId", "symbol", "orders")


class CancelReplaceError(ApiError):
    """-2022 when both parts failed (400), -2021 when one did (409); `data` holds both answers."""

    def __init__(self, cancelled: Any, placed: Any) -> None:
        self.data = {
            "cancelResult": _outcome(cancelled),
            "newOrderResult": _outcome(placed),
            "cancelResponse": _answer(cancelled),
            "newOrderResponse": _answer(placed),
        }
        if "SUCCESS" in self.data.values():
            super().__init__(-2021, "Order cancel-replace partially failed.", 409)
        else:
            super().__init__(-2022, "Order cancel-replace failed.")

    def body(self) -> dict[str, object]:
        """The protocol's error object with both answers."""
        return {**super().body(), "data": self.data}


class ReplaceApi:
    """Cancel-replace is one step of the event loop: nothing happens between the two parts."""

    def __init__(self, venue: Venue, private: AccountApi) -> None:
        self._venue = venue
        self._private = private

    def cancel_replace(self, account: Account, params: Params) -> Any:
        """Cancel one order and place another; raises CancelReplaceError when a part fails."""
        mode = required(params, "cancelReplaceMode")
        if mode not in _MODES:
            raise ApiError(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid.")
        cancelled: Any = self._attempt(self._private.cancel_order, account, _cancel_params(params))
        if isinstance(cancelled, ApiError) and mode == "STOP_ON_FAILURE":
            raise CancelReplaceError(cancelled, None)
        placed: Any = self._attempt(self._private.place_order, account, params)
        if isinstance(cancelled, ApiError) or isinstance(placed, ApiError):
            raise CancelReplaceError(cancelled, placed)
        return {
            "cancelResult": "SUCCESS",
            "newOrderResult": "SUCCESS",
            "cancelResponse": cancelled,
            "newOrderResponse": placed,
        }

    def amend(self, account: Account, params: Params) -> Any:
        """Reduce an order's quantity without losing its place."""
        record = admit_amend(self._venue.engine, account, params, self._venue.clock.now_ms())
        order = self._venue.amend_order(record)
        change = order.amendments[-1]
        spec = self._venue.state.markets[order.symbol].spec
        answer = {
            "transactTime": change.time,
            "executionId": change.execution_id,
            "amendedOrder": payloads.amended_order(spec, order, change.old_client_id),
        }
        if order.list_id in account.lists:
            view = self._private.list_view(account.lists[order.list_id])
            answer["listStatus"] = {name: view[name] for name in _LIST_FACTS}
        return answer

    @staticmethod
    def _attempt(handler: Any, account: Account, params: Params) -> Any:
        try:
            return handler(account, params)
        except ApiError as error:
            return error


def _cancel_params(params: Params) -> dict[str, str]:
    names = {
        "symbol": "symbol",
        "cancelOrderId": "orderId",
        "cancelOrigClientOrderId": "origClientOrderId",
        "cancelNewClientOrderId": "newClientOrderId",
        "cancelRestrictions": "cancelRestrictions",
    }
    found = {name: params[sent] for sent, name in names.items() if params.get(sent)}
    if "orderId" not in found and "origClientOrderId" not in found:
        text = "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!"
        raise ApiError(-1102, text)
    return found


def _outcome(answer: Any) -> str:
    if answer is None:
        return "NOT_ATTEMPTED"
    return "FAILURE" if isinstance(answer, ApiError) else "SUCCESS"


def _answer(answer: Any) -> Any:
    return answer.body() if isinstance(answer, ApiError) else answer
