"""Every exchange that ccxt knows, our sandbox included, behind VenuePort. Numbers are texts, then Decimals."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from threading import RLock
from typing import Any, Protocol, TypeVar

from apps.platform.rate_limiting.errors import LimitsUnavailable
from apps.trading.exchanges.choices import CallKind
from apps.trading.exchanges.errors import BudgetSpent, CircuitOpen, LaneFrozen, VenueRefused, VenueUnavailable
from apps.trading.exchanges.gateways.order_kinds import basic_type, extras, list_params, sorted_pair, text
from apps.trading.exchanges.gateways.outcomes import LOCAL, MISSING_ORDER, classify, code_of, in_words
from apps.trading.exchanges.gateways.port import (
    Balance,
    Confirmed,
    OrderKind,
    OrderRequest,
    Outcome,
    Rejected,
    Unknown,
    VenueFill,
    VenueOrder,
    VenueStatus,
)
from kernel.instruments import Side

R = TypeVar("R")
NOT_SENT = (BudgetSpent, LaneFrozen, CircuitOpen, LimitsUnavailable)
"""Refusals of our own, before anything left."""

RECEIVE_WINDOW_MS = 5_000
TIMEOUT_MS = 8_000
"""Below 10 s, so that an answer is given up before a bot's lease ends."""
CLOCK_SAMPLES = 3
PAGE = 1_000

_ENDED = {
    "closed": VenueStatus.FILLED,
    "canceled": VenueStatus.CANCELLED,
    "expired": VenueStatus.CANCELLED,
    "expired_in_match": VenueStatus.CANCELLED,
    "rejected": VenueStatus.REJECTED,
}


class CallMeter(Protocol):
    """What counts the requests of a client: `kind` is what the next ones are for."""

    kind: CallKind

    def clock(self, *, offset_ms: int, trip_ms: int) -> int:
        """Add a sample of the venue's clock and return the best offset known."""
        ...


class KeptMarkets(Protocol):
    """Where the markets of a venue are kept between processes."""

    def load(self) -> Mapping[str, Any] | None:
        """Return the markets by unified symbol while they are fresh, else None."""
        ...

    def keep(self, markets: Mapping[str, Any]) -> None:
        """Keep what was just read."""
        ...


class CcxtGateway:
    """One account at one venue through ccxt's synchronous client.

    `settings` are constructor settings that lead to the venue (addresses above all). Nothing is sent before the first
    call; that one also reads the venue's markets (unless they are kept) and its clock. Threads take turns.
    """

    def __init__(
        self,
        *,
        ccxt_id: str,
        settings: Mapping[str, Any],
        api_key: str,
        api_secret: str,
        passphrase: str = "",
        timeout_ms: int = TIMEOUT_MS,
    ) -> None:
        import ccxt  # imported on use: 0.7 s that web processes never need

        self._errors = ccxt
        keys = {"apiKey": api_key, "secret": api_secret, **({"password": passphrase} if passphrase else {})}
        self._client: Any = getattr(ccxt, ccxt_id)({**self._settings(settings), **keys, "timeout": timeout_ms})
        self._is_ready = False
        self._symbols: dict[str, str] = {}
        self._turn = RLock()
        self._kept: KeptMarkets | None = None
        self.meter: CallMeter | None = None
        self.may_trade = True
        self.id_param, self.longest_id = "clientOrderId", 36

    def use(
        self, *, meter: Callable[[Any], CallMeter], markets: KeptMarkets | None, ids: tuple[str, int] | None = None
    ) -> None:
        """Count requests with the meter that `meter` hangs on the client, keep markets, name orders by `ids`."""
        self.meter = meter(self._client)
        self._kept = markets
        if ids is not None:
            self.id_param, self.longest_id = ids

    @property
    def client(self) -> Any:
        """The adapter library's client, for questions the port does not have (rights of a key)."""
        return self._client

    def prepare(self) -> None:
        """Read markets and clock now; raises VenueUnavailable or VenueRefused."""
        with self._turn:
            self._prepare()

    def forget_clock(self) -> None:
        """Have the clock measured again before the next request."""
        self._is_ready = False

    def _settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return client_settings(settings)

    # ---- the port

    def submit(self, request: OrderRequest) -> Outcome:
        """Send an order once. See VenuePort."""
        with self._turn, self._of_kind(CallKind.ORDER):
            return self._submit(request)

    def _submit(self, request: OrderRequest) -> Outcome:
        symbol = self._symbol_for(request)
        if isinstance(symbol, Rejected):
            return symbol
        params = {self.id_param: request.client_id, **extras(request), **self._stamp(request)}
        price = None if request.price is None else text(request.price)
        return self._act(
            lambda: _confirmed(
                self._client.create_order(
                    symbol, basic_type(request.kind), request.side.value, text(request.quantity), price, params
                ),
                request.client_id,
            )
        )

    def submit_pair(self, take_profit: OrderRequest, stop: OrderRequest, list_id: str) -> tuple[Outcome, Outcome]:
        """Send two exits as one list, once. See VenuePort."""
        with self._turn, self._of_kind(CallKind.ORDER):
            symbol = self._symbol_for(take_profit)
            if isinstance(symbol, Rejected):
                return symbol, symbol
            params = list_params(*sorted_pair(take_profit, stop), list_id) | self._stamp(take_profit)
            market = self._client.market(symbol)
            answer = self._act(
                lambda: {
                    str(each["clientOrderId"]): _confirmed(
                        self._client.parse_order(each, market), each["clientOrderId"]
                    )
                    for each in self._client.privatePostOrderListOco(params)["orderReports"]
                }
            )
        if not isinstance(answer, dict):
            return answer, answer
        return answer[take_profit.client_id], answer[stop.client_id]

    def amend(self, symbol: str, client_id: str, quantity: Decimal) -> Outcome:
        """Make an order smaller where it stands. See VenuePort."""
        with self._turn, self._of_kind(CallKind.ORDER):
            self._prepare()
            market = self._client.market(self._unified(symbol))
            params = {"symbol": market["id"], "origClientOrderId": client_id, "newClientOrderId": client_id}
            params["newQty"] = text(quantity)
            return self._act(lambda: _confirmed(self._client.parse_order(self._amended(params), market), client_id))

    def _amended(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for the change, and return the order in the words that the adapter library reads."""
        found = self._client.request("order/amend/keepPriority", ["private"], "PUT", params)["amendedOrder"]
        return {**found, "origQty": found["qty"], "cummulativeQuoteQty": found["cumulativeQuoteQty"]}

    def _symbol_for(self, request: OrderRequest) -> str | Rejected:
        """Return the adapter's name of what is to be ordered, or why nothing is sent; raises VenueRefused."""
        if not self.may_trade:
            return Rejected(LOCAL, "the key of this connection can only read")
        if len(request.client_id) > self.longest_id:
            return Rejected(LOCAL, f"the exchange takes ids of at most {self.longest_id} characters, ours are longer")
        self._prepare()
        symbol = self._symbols.get(request.symbol)
        if symbol is None:
            raise VenueRefused(reason=f"it does not list {request.symbol}")
        return symbol

    def _stamp(self, request: OrderRequest) -> dict[str, int]:
        return {} if request.timestamp_ms is None else {"timestamp": request.timestamp_ms + self.clock_offset_ms}

    def cancel(self, symbol: str, client_id: str) -> Outcome:
        """Cancel an open order. See VenuePort."""
        with self._turn, self._of_kind(CallKind.CANCEL):
            self._prepare()
            params = {self.id_param: client_id}
            return self._act(
                lambda: _confirmed(self._client.cancel_order(None, self._unified(symbol), params), client_id)
            )

    def cancel_all(self, symbol: str) -> Mapping[str, VenueOrder]:
        """Cancel every open order of a symbol at once. See VenuePort."""
        with self._turn, self._of_kind(CallKind.CANCEL):
            self._prepare()
            found = self._act(lambda: self._client.cancel_all_orders(self._unified(symbol)))
        ended = {} if isinstance(found, Rejected | Unknown) else {_first_id(item): item for item in found}
        return {client_id: _order(item, client_id) for client_id, item in ended.items() if client_id}

    def query(self, symbol: str, client_id: str) -> VenueOrder | None:
        """Return an order by its client id, or None. See VenuePort."""
        params = {self.id_param: client_id}
        try:
            found = self._ask(lambda: self._client.fetch_order(None, self._unified(symbol), params))
        except VenueRefused as refusal:
            if refusal.params.get("code") == MISSING_ORDER:
                return None
            raise
        return _order(found)

    def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """Return open orders, ours and foreign. See VenuePort."""
        return [_order(item) for item in self._ask(lambda: self._client.fetch_open_orders(self._unified(symbol)))]

    def contract_orders(self) -> list[VenueOrder]:
        """Return open orders of contracts: none here. See VenuePort."""
        return []

    def fills(self, symbol: str, since_id: str | None = None) -> list[VenueFill]:
        """Return executions by trade id. See VenuePort."""
        params = {} if since_id is None else {"fromId": since_id}
        found = self._ask(lambda: self._client.fetch_my_trades(self._unified(symbol), None, PAGE, params))
        return sorted((_fill(item) for item in found), key=lambda fill: int(fill.trade_id))

    def balances(self) -> list[Balance]:
        """Return the assets of the account that are not zero. See VenuePort."""
        found = self._ask(self._client.fetch_balance)
        rows = (
            Balance(asset, Decimal(found["free"][asset]), Decimal(found["used"][asset])) for asset in found["total"]
        )
        return sorted((row for row in rows if row.free or row.locked), key=lambda row: row.asset)

    def close(self) -> None:
        """Give the connections back."""
        self._client.session.close()

    # ---- clock

    @property
    def clock_offset_ms(self) -> int:
        """The venue's clock minus ours, as last measured; added to the timestamp of every signed request."""
        return -int(self._client.options.get("timeDifference", 0))

    def measure_clock(self) -> int:
        """Measure the venue's clock and return its offset: of a few samples the one with the shortest trip counts."""
        best: tuple[int, int] | None = None
        for _ in range(CLOCK_SAMPLES):
            before = self._client.milliseconds()
            theirs = int(self._checked(self._client.fetch_time))
            after = self._client.milliseconds()
            sample = (after - before, theirs - (before + after) // 2)
            best = sample if best is None or sample[0] < best[0] else best
        assert best is not None
        offset = best[1] if self.meter is None else self.meter.clock(offset_ms=best[1], trip_ms=best[0])
        self._client.options["timeDifference"] = -offset
        return offset

    # ---- inside

    def _prepare(self) -> None:
        """Read markets and clock once; raises VenueUnavailable or VenueRefused with nothing sent."""
        if self._is_ready:
            return
        markets = self._markets()
        self._symbols = self._listed(markets)
        self.measure_clock()
        self._is_ready = True

    def _listed(self, markets: Mapping[str, Any]) -> dict[str, str]:
        return {market["id"]: name for name, market in markets.items() if market["spot"]}

    def _markets(self) -> Mapping[str, Any]:
        kept = self._kept.load() if self._kept is not None and not self._client.markets else None
        if kept is not None:
            found: Mapping[str, Any] = self._client.set_markets(list(kept.values()))
            return found
        read: Mapping[str, Any] = self._checked(self._client.load_markets)
        if self._kept is not None:
            self._kept.keep(read)
        return read

    @contextmanager
    def _of_kind(self, kind: CallKind) -> Iterator[None]:
        """Let the requests of a block count as `kind`."""
        if self.meter is not None:
            self.meter.kind = kind
        yield

    def _act(self, call: Callable[[], R]) -> R | Rejected | Unknown:
        """Run a call that changes something at the venue, and read its answer; any failure becomes an outcome."""
        self._client.last_json_response = None
        try:
            return call()
        except self._errors.BaseError as error:
            if isinstance(error, self._errors.InvalidNonce):
                self._is_ready = False  # our clock moved: measure again before the next call
            return classify(error, self._client.last_json_response, is_network=self._is_network(error))
        except NOT_SENT as error:
            raise VenueUnavailable(reason=error.text) from error
        except Exception as error:  # noqa: BLE001 - the request may have left: an answer we cannot read proves nothing
            return Unknown(in_words(error))

    def _ask(self, call: Callable[[], R]) -> R:
        with self._turn, self._of_kind(CallKind.RECONCILE):
            self._prepare()
            return self._checked(call)

    def _checked(self, call: Callable[[], R]) -> R:
        """Run a question; raises VenueUnavailable (no answer) or VenueRefused (an answer that says no)."""
        self._client.last_json_response = None
        try:
            return call()
        except NOT_SENT as error:
            raise VenueUnavailable(reason=error.text) from error
        except self._errors.BaseError as error:
            if isinstance(error, self._errors.InvalidNonce):
                self._is_ready = False
            answer = self._client.last_json_response
            code = code_of(answer)
            # The code before the class: ccxt calls a refused key an overload once the key has worked.
            if isinstance(classify(error, answer, is_network=self._is_network(error)), Rejected):
                raise VenueRefused(reason=in_words(error), code=code) from error
            raise VenueUnavailable(reason=in_words(error)) from error

    def _is_network(self, error: Exception) -> bool:
        return isinstance(error, self._errors.OperationFailed)

    def _unified(self, symbol: str | None) -> str | None:
        """Return ccxt's name of a symbol of ours; called after `_prepare`."""
        if symbol is None:
            return None
        try:
            return self._symbols[symbol]
        except KeyError:
            raise VenueRefused(reason=f"it does not list {symbol}") from None


def client_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return constructor settings for a spot client of ccxt or ccxt.pro: no floats, no resend, no detours."""
    return {
        **settings,
        "number": str,
        "enableRateLimit": False,
        "maxRetriesOnFailure": 0,
        "enableLastJsonResponse": True,
        "options": {
            "defaultType": "spot",
            "fetchCurrencies": False,
            "fetchMargins": False,
            "fetchMarkets": {"types": ["spot"]},
            "fetchOpenOrders": {"warnWithoutSymbol": False},
            "recvWindow": RECEIVE_WINDOW_MS,
            "adjustForTimeDifference": False,
            **settings.get("options", {}),
        },
    }


def _first_id(found: Mapping[str, Any]) -> str:
    """Return the client id that an order had before it was cancelled; a list of orders has none."""
    return str(found["info"].get("origClientOrderId") or "")


def _confirmed(found: Mapping[str, Any], client_id: str) -> Confirmed:
    order = _order(found, client_id)
    fills = tuple(_fill(item, order) for item in found.get("trades") or ())
    return Confirmed(order, fills)


def _order(found: Mapping[str, Any], client_id: str = "") -> VenueOrder:
    filled, cost = Decimal(found["filled"] or "0"), Decimal(found["cost"] or "0")
    kind = OrderKind.MARKET if found["type"] == "market" else OrderKind.LIMIT
    return VenueOrder(
        client_id=client_id or str(found["clientOrderId"] or ""),
        venue_order_id=str(found["id"]),
        symbol=str(found["info"]["symbol"]),
        side=Side(found["side"]),
        kind=kind,
        status=_status(str(found["status"]), filled),
        quantity=Decimal(found["amount"]),
        filled=filled,
        price=None if kind is OrderKind.MARKET else Decimal(found["price"]),
        average_price=cost / filled if filled else None,
        at_ms=int(found["lastUpdateTimestamp"] or found["timestamp"] or 0),
    )


def _status(status: str, filled: Decimal) -> VenueStatus:
    if status == "open":
        return VenueStatus.PARTLY_FILLED if filled else VenueStatus.OPEN
    return _ENDED[status]


def _fill(found: Mapping[str, Any], order: VenueOrder | None = None) -> VenueFill:
    """Return an execution; one that comes inside an order's answer takes side, time and ids from the order."""
    fee = found["fee"] or {"cost": "0", "currency": ""}
    return VenueFill(
        trade_id=str(found["id"]),
        client_id=order.client_id if order else "",
        venue_order_id=order.venue_order_id if order else str(found["order"]),
        symbol=order.symbol if order else str(found["info"]["symbol"]),
        side=order.side if order else Side(found["side"]),
        quantity=Decimal(found["amount"]),
        price=Decimal(found["price"]),
        fee=Decimal(fee["cost"] or "0"),
        fee_asset=str(fee["currency"] or ""),
        at_ms=int(found["timestamp"] or (order.at_ms if order else 0)),
        is_maker=found["takerOrMaker"] == "maker",
    )
